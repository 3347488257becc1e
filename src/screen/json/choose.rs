//! Which rule lists a place that only some records' rule lists: filters, decided once the record is there.

mod asked;
mod passed;

use super::{
    tape::{Item, Kind},
    tree::Node,
};
use crate::{
    policy::{
        integration::RecordRules,
        selector::{Selector, Step},
    },
    screen::place::NO_RULE,
};
use asked::Asked;
use std::collections::{HashMap, hash_map::Entry};

/// Gives every item whose rule depends on what stands beside it that rule: the one whose filter holds, else the one
/// without a filter. Items that no rule lists after all, and those that two filters claim, become gaps or go, and so do
/// members in which nothing is listed and whose names only such rules let through; how many, and where the first of
/// them is.
pub(super) fn choose(items: &mut Vec<Item>, rules: &RecordRules, buf: &[u8], record: usize) -> Option<(u64, usize)> {
    if rules.choices.is_empty() {
        return None;
    }
    let choices = items.iter().any(|item| matches!(item.kind, Kind::Choice(_)));
    let values = if choices { values(items, rules, buf, record) } else { None };
    match (values, passed::drop_members(items, rules, buf)) {
        (Some((values, first)), Some((members, at))) => Some((values + members, first.min(at))),
        (values, members) => values.or(members),
    }
}

fn values(items: &mut Vec<Item>, rules: &RecordRules, buf: &[u8], record: usize) -> Option<(u64, usize)> {
    let chosen = chosen(rules, buf, record);
    let (mut unlisted, mut first) = (0, None);
    items.retain_mut(|item| {
        let Kind::Choice(scalar) = item.kind else { return true };
        let rule = match chosen.as_ref().map(|chosen| chosen.get(&(item.value as usize))) {
            Some(Some(claimed)) => *claimed,
            Some(None) => Some(item.rule).filter(|rule| *rule != NO_RULE),
            // No filter was asked, and one might have claimed it.
            None => None,
        };
        if let Some(rule) = rule {
            (item.rule, item.kind) = (rule, Kind::Field(scalar));
            return true;
        }
        unlisted += 1;
        first.get_or_insert(item.value as usize);
        item.kind = Kind::Gap;
        item.name_end == item.name
    });
    first.map(|at| (unlisted, at))
}

/// For each place that a filter selects, its rule; `None` where two do. Nothing at all where the record cannot be read
/// again, which cannot be.
fn chosen(rules: &RecordRules, buf: &[u8], record: usize) -> Option<HashMap<usize, Option<u16>>> {
    let mut chosen = HashMap::new();
    let root = Node::read(buf, record)?;
    for (rule, selector) in &rules.choices {
        for node in select(selector, &root) {
            match chosen.entry(node.at) {
                Entry::Vacant(entry) => drop(entry.insert(Some(*rule))),
                Entry::Occupied(mut entry) => drop(entry.insert(None)),
            }
        }
    }
    Some(chosen)
}

/// RFC 9535, for the selectors that policies may hold. A place counts once.
fn select<'n, 'b>(selector: &Selector, root: &'n Node<'b>) -> Vec<&'n Node<'b>> {
    let mut nodes = vec![root];
    for segment in selector.segments() {
        let steps: Vec<_> = segment.steps.iter().map(|step| Ready::of(step, root)).collect();
        let mut next = Vec::new();
        for node in nodes {
            if segment.descendant {
                descend(node, &mut |below| follow(&steps, below, &mut next));
            } else {
                follow(&steps, node, &mut next);
            }
        }
        next.sort_unstable_by_key(|node| node.at);
        next.dedup_by_key(|node| node.at);
        nodes = next;
    }
    nodes
}

fn descend<'n, 'b>(node: &'n Node<'b>, see: &mut dyn FnMut(&'n Node<'b>)) {
    see(node);
    for child in node.children() {
        descend(child, see);
    }
}

/// A step whose filter is ready to be asked of one node after another.
enum Ready<'s> {
    Plain(&'s Step),
    Filter(Asked<'s>),
}

impl<'s> Ready<'s> {
    fn of(step: &'s Step, root: &'s Node<'_>) -> Self {
        match step {
            Step::Filter(filter) => Self::Filter(Asked::of(filter, root)),
            plain => Self::Plain(plain),
        }
    }
}

fn follow<'n, 'b>(steps: &[Ready<'_>], node: &'n Node<'b>, found: &mut Vec<&'n Node<'b>>) {
    for step in steps {
        match step {
            Ready::Filter(asked) => found.extend(node.children().filter(|child| asked.holds(child))),
            Ready::Plain(Step::Name(name)) => found.extend(node.member(name)),
            Ready::Plain(Step::Wildcard) => found.extend(node.children()),
            Ready::Plain(Step::Elements(from, to)) => {
                let index = |i: u64| usize::try_from(i).unwrap_or(usize::MAX);
                let elements = node.elements().iter().take(index(*to)).skip(index(*from));
                found.extend(elements);
            }
            // Every filter is made ready; if one were not, it would hold nowhere.
            Ready::Plain(Step::Filter(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tree::Value, *};
    use proptest::prelude::*;
    use serde_json_path::JsonPath;
    use std::collections::{BTreeMap, BTreeSet};

    fn document() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            (-2i64..4).prop_map(Into::into),
            proptest::sample::select(&["a", "b", "é'\"\\", "", "ab", "ba€"][..]).prop_map(Into::into),
            proptest::sample::select(&[1.0, 1.5, -0.5][..]).prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 60, 5, |inner| {
            let name = proptest::sample::select(&["a", "b", "id", "é'\"\\"][..]);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::vec((name, inner), 0..5)
                    .prop_map(|m| serde_json::Value::Object(m.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())),
            ]
        })
    }

    fn condition() -> impl Strategy<Value = String> {
        let place = proptest::sample::select(
            &["@", "@.a", "@.b", "@['id']", "@[0]", "@.a.b", "$.a", "$[1]", "@[\"é'\\\"\\\\\"]"][..],
        );
        // The oracle finds nothing from the end of an array where it compares (RFC 9535 section 2.3.3 does).
        let there = prop_oneof![3 => place.clone(), 1 => proptest::sample::select(&["@[-1]", "@.a[-2]"][..])];
        let literal = proptest::sample::select(
            &["1", "-1", "1.5", "-5e-1", "'a'", "\"b\"", "true", "false", "null", "'é\\'\"\\\\'"][..],
        );
        // Several places.
        let places = proptest::sample::select(
            &[
                "@[*]",
                "@.a[*]",
                "@.*.*",
                "@[0:2]",
                "@.b[1:]",
                "$[*]",
                "$.a[*].b",
                "@[?@.a]",
                "@[?@ == 1 || @.b]",
                "@.a[?length(@) > 1]",
                "@[?@[?@.id]]",
                "@[?@.a == $.b]",
                "@[?count($[*]) > 1]",
            ][..],
        );
        let value = prop_oneof![
            place.clone().prop_map(|p| format!("length({p})")),
            places.clone().prop_map(|p| format!("count({p})")),
            places.clone().prop_map(|p| format!("length(value({p}))")),
            place.clone().prop_map(|p| format!("length(value({p}))")),
        ];
        let text = prop_oneof![
            2 => place.clone().prop_map(str::to_owned),
            1 => places.clone().prop_map(|p| format!("value({p})")),
        ];
        let pattern = proptest::sample::select(
            &["a", "b|a.*", "[ab]{1,2}", "", ".", "[^a]+", "\\\\p{Ll}+€?", "(a|b)*", ".*\"\\\\\\\\"][..],
        );
        let how = proptest::sample::select(&["==", "!=", "<", "<=", ">", ">="][..]);
        // Implementations differ on the order of what has none (RFC 9535 section 2.3.5.2.2 says that it has none).
        let plain = proptest::sample::select(&["1", "-1", "'a'", "\"b\""][..]);
        let same = proptest::sample::select(&["==", "!="][..]);
        let atom = prop_oneof![
            1 => there.clone().prop_map(str::to_owned),
            1 => there.prop_map(|p| format!("!{p}")),
            2 => (place.clone(), same.clone(), literal.clone()).prop_map(|(p, how, l)| format!("{p} {how} {l}")),
            2 => (place, how.clone(), plain).prop_map(|(p, how, l)| format!("{p} {how} {l}")),
            1 => places.clone().prop_map(str::to_owned),
            1 => places.clone().prop_map(|p| format!("!{p}")),
            2 => (value.clone(), how, 0..4).prop_map(|(v, how, n)| format!("{v} {how} {n}")),
            1 => (value.clone(), value).prop_map(|(a, b)| format!("{a} == {b}")),
            1 => (places, same, literal).prop_map(|(p, how, l)| format!("value({p}) {how} {l}")),
            2 => (text.clone(), pattern.clone()).prop_map(|(t, p)| format!("match({t}, '{p}')")),
            2 => (text, pattern).prop_map(|(t, p)| format!("!search({t}, '{p}')")),
        ];
        atom.prop_recursive(2, 6, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
                inner.prop_map(|a| format!("!({a})")),
            ]
        })
    }

    fn pointers(node: &Node<'_>, path: &str, all: &mut BTreeMap<usize, String>) {
        all.insert(node.at, path.to_owned());
        match &node.value {
            Value::Scalar(..) => {}
            Value::Array(elements) => {
                elements.iter().enumerate().for_each(|(i, e)| pointers(e, &format!("{path}/{i}"), all));
            }
            Value::Object(members) => members
                .iter()
                .for_each(|(n, m)| pointers(m, &format!("{path}/{}", n.replace('~', "~0").replace('/', "~1")), all)),
        }
    }

    #[test]
    fn what_a_filter_asks_of_the_record_is_looked_up_once() {
        let cost = |n: usize| {
            let members: String = (0..n).map(|i| format!("\"m{i}\":{i},")).collect();
            let elements = vec!["{\"a\":7}"; n].join(",");
            let record = format!("{{{members}\"x\":7,\"all\":[{elements}]}}");
            let root = Node::read(record.as_bytes(), 0).unwrap();
            let filter = "@.a == $.x && $.x && !$.y && $.x <= @.a && count($[*]) > 1 && $.all[?@.a] \
                          && length(value($.all[0:1])) == 1 && !match($.x, '7') && count(@[?@ == $.x]) == 1";
            let selector = Selector::parse(&format!("$.all[?{filter}].a")).unwrap();
            super::super::tree::LOOKED_AT.set(0);
            assert_eq!(select(&selector, &root).len(), n);
            super::super::tree::LOOKED_AT.get()
        };
        // The record's members a few times, each element's one a few times: no product of the two.
        for n in [100, 1000] {
            assert!(cost(n) <= 30 * (n + 2), "{} for {n}", cost(n));
        }
    }

    #[test]
    fn where_no_filter_can_be_asked_nothing_lists_what_one_might_have_claimed() {
        use crate::{
            policy::{
                integration::{RecordTarget, SubjectSource},
                selector::Matcher,
            },
            screen::json::tape::Scalar,
        };
        let filtered = Selector::parse("$.a[?@ > 1]").unwrap();
        let plain = (Selector::parse("$.a[*]").unwrap(), RecordTarget::Field(1));
        let rules = RecordRules {
            subject: SubjectSource::None,
            fields: Vec::new(),
            choices: vec![(0, filtered.clone())],
            aggregate: None,
            key: None,
            dependants: None,
            matcher: Matcher::compile(&[(filtered, RecordTarget::Choice(0)), plain]).unwrap(),
        };
        // The first could have been its plain rule's.
        for (buf, kinds, unlisted) in
            [("[1,2]", [Kind::Field(Scalar::Number); 2], None), ("[1,2", [Kind::Gap; 2], Some((2, 1)))]
        {
            let item = |value: u32| {
                let kind = Kind::Choice(Scalar::Number);
                Item { name: value, name_end: value, value, end: value + 1, person: 0, rule: 1, kind }
            };
            let mut items = vec![item(1), item(3)];
            assert_eq!(choose(&mut items, &rules, buf.as_bytes(), 0), unlisted);
            assert_eq!(items.iter().map(|item| item.kind).collect::<Vec<_>>(), kinds, "{buf}");
        }
    }

    fn selected(record: &str, selector: &str) -> Vec<String> {
        let root = Node::read(record.as_bytes(), 0).unwrap();
        let mut all = BTreeMap::new();
        pointers(&root, "", &mut all);
        select(&Selector::parse(selector).unwrap(), &root).iter().map(|node| all[&node.at].clone()).collect()
    }

    #[test]
    fn functions_say_what_rfc_9535_says() {
        let record = r#"{"t":"Kilgore \ud83d\ude00","o":{"j":1,"k":[]},"l":[3,"b",null],"n":12,"z":null,"c":"1974-05-01","m":"a\nb"}"#;
        let holds = |filter: &str| !selected(&format!("[{record}]"), &format!("$[?{filter}]")).is_empty();
        for filter in [
            // Section 2.4.4: characters, elements, members; nothing of anything else.
            "length(@.t) == 9",
            "length('abc') == 3",
            "length(@.o) == 2",
            "length(@.l) == 3",
            "length(@.n) == @.nosuch",
            "length(@.z) == length(@.nosuch)",
            "!(length(@.n) >= 0)",
            // Section 2.4.5.
            "count(@.*) == 7",
            "count(@.l[1:]) == 2",
            "count(@.nosuch[*]) == 0",
            "count(@.nosuch) == 0 && count(@.z) == 1",
            "count(@.l[?@]) == 3",
            // Sections 2.4.6 and 2.4.7.
            "match(@.c, '1974-05-..')",
            "!match(@.c, '1974')",
            "search(@.c, '-0[0-9]-')",
            "!match(@.n, '12') && !search(@.z, 'null') && !match(@.nosuch, '.*') && !search(@.o, '')",
            "search(@.t, '') && match(@.t, 'K[a-z]+ .')",
            "!match(@.m, 'a.b') && match(@.m, 'a\\\\nb')",
            "match(value(@.l[?@ == 'b']), '[a-c]')",
            // Section 2.4.8.
            "value(@.l[1:2]) == 'b'",
            "value(@.l[*]) == @.nosuch",
            "value(@.nosuch) == value(@.l[*])",
            "length(value(@.l[1:2])) == 1",
            "value(@.l[2:]) == null",
            "@.l[-1] == null && !@.l[-4] && @.l[-3] == 3.0",
            "@.n > 11.5 && @.n <= 1.2e1",
        ] {
            assert!(holds(filter), "{filter}");
        }
    }

    proptest! {
        #[test]
        fn filters_select_what_a_conforming_implementation_selects(
            document in document(),
            before in proptest::sample::select(&["$", "$.a", "$[*]", "$.."][..]),
            condition in condition(),
            after in proptest::sample::select(&["", ".a", "[*]", "['id','b']"][..]),
        ) {
            let text = format!("{before}[?{condition}]{after}");
            let oracle = JsonPath::parse(&text).unwrap();
            let expected: BTreeSet<String> = oracle.query_located(&document).locations().map(|l| l.to_json_pointer()).collect();
            let spelled = document.to_string();
            let root = Node::read(spelled.as_bytes(), 0).unwrap();
            let mut all = BTreeMap::new();
            pointers(&root, "", &mut all);
            let found = select(&Selector::parse(&text).unwrap(), &root);
            let found: BTreeSet<String> = found.iter().map(|n| all[&n.at].clone()).collect();
            prop_assert_eq!(found, expected, "{}", text);
        }
    }
}
