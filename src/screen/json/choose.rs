//! Which rule lists a place that only some records' rule lists: filters, decided once the record is there.

use super::{
    tape::{Item, Kind, Scalar as Shape},
    text,
    tree::{Node, Value},
};
use crate::{
    policy::{
        integration::RecordRules,
        selector::{Comparison, Filter, Operand, Scalar, Selector, Step, Way},
    },
    screen::place::NO_RULE,
};
use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{HashMap, hash_map::Entry},
};

/// Gives every item whose rule depends on what stands beside it that rule: the one whose filter holds, else the one
/// without a filter. Items that no rule lists after all, and those that two filters claim, become gaps or go; how
/// many, and where the first of them is.
pub(super) fn choose(items: &mut Vec<Item>, rules: &RecordRules, buf: &[u8], record: usize) -> Option<(u64, usize)> {
    if rules.choices.is_empty() || !items.iter().any(|item| matches!(item.kind, Kind::Choice(_))) {
        return None;
    }
    let chosen = chosen(rules, buf, record);
    let (mut unlisted, mut first) = (0, None);
    items.retain_mut(|item| {
        let Kind::Choice(scalar) = item.kind else { return true };
        let rule = match chosen.get(&(item.value as usize)) {
            Some(claimed) => *claimed,
            None => Some(item.rule).filter(|rule| *rule != NO_RULE),
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

/// For each place that a filter selects, its rule; `None` where two do.
fn chosen(rules: &RecordRules, buf: &[u8], record: usize) -> HashMap<usize, Option<u16>> {
    let mut chosen = HashMap::new();
    let Some(root) = Node::read(buf, record) else { return chosen };
    for (rule, selector) in &rules.choices {
        for node in select(selector, &root) {
            match chosen.entry(node.at) {
                Entry::Vacant(entry) => drop(entry.insert(Some(*rule))),
                Entry::Occupied(mut entry) => drop(entry.insert(None)),
            }
        }
    }
    chosen
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

/// A filter in which everything that it asks of the record is answered: looked up and read once, however many nodes the
/// filter is asked of, so that no body costs more than its length.
enum Asked<'s> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The same of every node.
    Known(bool),
    Exists(&'s [Way]),
    Compare(Side<'s>, Comparison, Side<'s>),
}

/// One side of a comparison.
enum Side<'s> {
    /// What stands at this place of the node.
    Here(&'s [Way]),
    /// The same for every node.
    Known(Said<'s>),
}

/// What an operand says.
enum Said<'s> {
    /// There is nothing at its place.
    Nothing,
    /// An array or object.
    Container,
    Text(Cow<'s, str>),
    /// As machines that read JSON keep it (RFC 8259 section 6).
    Number(f64),
    Bool(bool),
    Null,
}

impl<'s> Asked<'s> {
    fn of(filter: &'s Filter, root: &'s Node<'_>) -> Self {
        let each = |filters: &'s [Filter]| filters.iter().map(|filter| Self::of(filter, root)).collect();
        match filter {
            Filter::All(all) => Self::All(each(all)),
            Filter::Any(any) => Self::Any(each(any)),
            Filter::Not(not) => Self::Not(Box::new(Self::of(not, root))),
            Filter::Exists(Operand::Literal(_)) => Self::Known(false),
            Filter::Exists(Operand::Here(ways)) => Self::Exists(ways),
            Filter::Exists(Operand::Record(ways)) => Self::Known(find(ways, root).is_some()),
            Filter::Compare(left, how, right) => Self::Compare(Side::of(left, root), *how, Side::of(right, root)),
        }
    }

    fn holds(&self, here: &Node<'_>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|asked| asked.holds(here)),
            Self::Any(any) => any.iter().any(|asked| asked.holds(here)),
            Self::Not(not) => !not.holds(here),
            Self::Known(answer) => *answer,
            Self::Exists(ways) => find(ways, here).is_some(),
            Self::Compare(left, how, right) => {
                let (mut of_left, mut of_right) = (Said::Nothing, Said::Nothing);
                let (left, right) = (left.said(here, &mut of_left), right.said(here, &mut of_right));
                let less = |a, b| order(a, b) == Some(Ordering::Less);
                match how {
                    Comparison::Equal => equal(left, right),
                    Comparison::NotEqual => !equal(left, right),
                    Comparison::Less => less(left, right),
                    Comparison::Greater => less(right, left),
                    Comparison::LessOrEqual => less(left, right) || equal(left, right),
                    Comparison::GreaterOrEqual => less(right, left) || equal(left, right),
                }
            }
        }
    }
}

impl<'s> Side<'s> {
    fn of(operand: &'s Operand, root: &'s Node<'_>) -> Self {
        match operand {
            Operand::Literal(Scalar::Text(text)) => Self::Known(Said::Text(Cow::Borrowed(text))),
            Operand::Literal(Scalar::Number(number)) => Self::Known(Said::Number(*number as f64)),
            Operand::Literal(Scalar::Bool(value)) => Self::Known(Said::Bool(*value)),
            Operand::Literal(Scalar::Null) => Self::Known(Said::Null),
            Operand::Here(ways) => Self::Here(ways),
            Operand::Record(ways) => Self::Known(Said::at(ways, root)),
        }
    }

    /// What it says of this node, read into `room` where it is not known already.
    fn said<'r, 'n: 'r>(&'r self, here: &'n Node<'_>, room: &'r mut Said<'n>) -> &'r Said<'r>
    where
        's: 'r,
    {
        match self {
            Self::Known(said) => said,
            Self::Here(ways) => {
                *room = Said::at(ways, here);
                room
            }
        }
    }
}

impl<'n> Said<'n> {
    fn at(ways: &[Way], from: &'n Node<'_>) -> Self {
        match find(ways, from).map(|node| &node.value) {
            None => Self::Nothing,
            Some(Value::Array(_) | Value::Object(_)) => Self::Container,
            Some(Value::Scalar(Shape::Text | Shape::Simple, raw)) => Self::Text(text::decode(raw)),
            Some(Value::Scalar(Shape::Number, raw)) => Self::Number(number(raw)),
            Some(Value::Scalar(Shape::Bool, raw)) => Self::Bool(*raw == b"true"),
            Some(Value::Scalar(Shape::Null, _)) => Self::Null,
        }
    }
}

fn find<'n, 'b>(ways: &[Way], from: &'n Node<'b>) -> Option<&'n Node<'b>> {
    ways.iter().try_fold(from, |node, way| match way {
        Way::Name(name) => node.member(name),
        Way::Index(index) => node.elements().get(usize::try_from(*index).ok()?),
    })
}

/// RFC 9535 section 2.3.5.2.2, of scalars. A container equals nothing here, not even itself: no rule should hang on it.
fn equal(left: &Said<'_>, right: &Said<'_>) -> bool {
    match (left, right) {
        (Said::Nothing, Said::Nothing) | (Said::Null, Said::Null) => true,
        (Said::Text(a), Said::Text(b)) => a == b,
        (Said::Number(a), Said::Number(b)) => a == b,
        (Said::Bool(a), Said::Bool(b)) => a == b,
        _ => false,
    }
}

fn order(left: &Said<'_>, right: &Said<'_>) -> Option<Ordering> {
    match (left, right) {
        (Said::Text(a), Said::Text(b)) => Some(a.cmp(b)),
        (Said::Number(a), Said::Number(b)) => a.partial_cmp(b),
        _ => None,
    }
}

fn number(raw: &[u8]) -> f64 {
    std::str::from_utf8(raw).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json_path::JsonPath;
    use std::collections::{BTreeMap, BTreeSet};

    fn document() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            (-2i64..4).prop_map(Into::into),
            proptest::sample::select(&["a", "b", "é'\"\\", ""][..]).prop_map(Into::into),
            Just(1.0.into()),
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
        let literal =
            proptest::sample::select(&["1", "-1", "'a'", "\"b\"", "true", "false", "null", "'é\\'\"\\\\'"][..]);
        let how = proptest::sample::select(&["==", "!=", "<", "<=", ">", ">="][..]);
        // Implementations differ on the order of what has none (RFC 9535 section 2.3.5.2.2 says that it has none).
        let plain = proptest::sample::select(&["1", "-1", "'a'", "\"b\""][..]);
        let same = proptest::sample::select(&["==", "!="][..]);
        let atom = prop_oneof![
            1 => place.clone().prop_map(str::to_owned),
            1 => place.clone().prop_map(|p| format!("!{p}")),
            2 => (place.clone(), same, literal).prop_map(|(p, how, l)| format!("{p} {how} {l}")),
            2 => (place, how, plain).prop_map(|(p, how, l)| format!("{p} {how} {l}")),
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
            let selector = Selector::parse("$.all[?@.a == $.x && $.x && !$.y && $.x <= @.a].a").unwrap();
            super::super::tree::LOOKED_AT.set(0);
            assert_eq!(select(&selector, &root).len(), n);
            super::super::tree::LOOKED_AT.get()
        };
        // The record's members a few times, each element's one a few times: no product of the two.
        for n in [100, 1000] {
            assert!(cost(n) <= 10 * (n + 2), "{} for {n}", cost(n));
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
