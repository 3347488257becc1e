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
        let mut next = Vec::new();
        for node in nodes {
            if segment.descendant {
                descend(node, &mut |below| step(&segment.steps, below, root, &mut next));
            } else {
                step(&segment.steps, node, root, &mut next);
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

fn step<'n, 'b>(steps: &[Step], node: &'n Node<'b>, root: &Node<'_>, found: &mut Vec<&'n Node<'b>>) {
    for step in steps {
        match step {
            Step::Name(name) => found.extend(node.member(name)),
            Step::Wildcard => found.extend(node.children()),
            Step::Elements(from, to) => {
                let index = |i: u64| usize::try_from(i).unwrap_or(usize::MAX);
                let elements = node.elements().iter().take(index(*to)).skip(index(*from));
                found.extend(elements);
            }
            Step::Filter(filter) => found.extend(node.children().filter(|child| holds(filter, child, root))),
        }
    }
}

fn holds(filter: &Filter, here: &Node<'_>, root: &Node<'_>) -> bool {
    match filter {
        Filter::All(all) => all.iter().all(|f| holds(f, here, root)),
        Filter::Any(any) => any.iter().any(|f| holds(f, here, root)),
        Filter::Not(not) => !holds(not, here, root),
        Filter::Exists(operand) => find(operand, here, root).is_some(),
        Filter::Compare(left, how, right) => {
            let (left, right) = (value(left, here, root), value(right, here, root));
            let less = |a, b| order(a, b) == Some(Ordering::Less);
            match how {
                Comparison::Equal => equal(&left, &right),
                Comparison::NotEqual => !equal(&left, &right),
                Comparison::Less => less(&left, &right),
                Comparison::Greater => less(&right, &left),
                Comparison::LessOrEqual => less(&left, &right) || equal(&left, &right),
                Comparison::GreaterOrEqual => less(&right, &left) || equal(&left, &right),
            }
        }
    }
}

/// What an operand says.
enum Said<'n, 'b> {
    /// There is nothing at its place.
    Nothing,
    Here(&'n Node<'b>),
    Literal(&'n Scalar),
}

fn find<'n, 'b>(operand: &Operand, here: &'n Node<'b>, root: &'n Node<'b>) -> Option<&'n Node<'b>> {
    let (from, ways) = match operand {
        Operand::Literal(_) => return None,
        Operand::Here(ways) => (here, ways),
        Operand::Record(ways) => (root, ways),
    };
    ways.iter().try_fold(from, |node, way| match way {
        Way::Name(name) => node.member(name),
        Way::Index(index) => node.elements().get(usize::try_from(*index).ok()?),
    })
}

fn value<'n, 'b>(operand: &'n Operand, here: &'n Node<'b>, root: &'n Node<'b>) -> Said<'n, 'b> {
    match operand {
        Operand::Literal(literal) => Said::Literal(literal),
        place => find(place, here, root).map_or(Said::Nothing, Said::Here),
    }
}

/// RFC 9535 section 2.3.5.2.2, of scalars. A container equals nothing here, not even itself: no rule should hang on it.
fn equal(left: &Said<'_, '_>, right: &Said<'_, '_>) -> bool {
    match (left, right) {
        (Said::Nothing, Said::Nothing) => true,
        (Said::Nothing, _) | (_, Said::Nothing) => false,
        (left, right) => match (plain(left), plain(right)) {
            (Some(Plain::Number(a)), Some(Plain::Number(b))) => number(&a) == number(&b),
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
    }
}

fn order(left: &Said<'_, '_>, right: &Said<'_, '_>) -> Option<Ordering> {
    match (plain(left)?, plain(right)?) {
        (Plain::Text(a), Plain::Text(b)) => Some(a.cmp(&b)),
        (Plain::Number(a), Plain::Number(b)) => number(&a).partial_cmp(&number(&b)),
        _ => None,
    }
}

/// A scalar, read.
#[derive(PartialEq)]
enum Plain {
    Text(String),
    Number(String),
    Bool(bool),
    Null,
}

fn plain(said: &Said<'_, '_>) -> Option<Plain> {
    match said {
        Said::Nothing => None,
        Said::Literal(Scalar::Text(text)) => Some(Plain::Text(text.to_string())),
        Said::Literal(Scalar::Number(number)) => Some(Plain::Number(number.to_string())),
        Said::Literal(Scalar::Bool(value)) => Some(Plain::Bool(*value)),
        Said::Literal(Scalar::Null) => Some(Plain::Null),
        Said::Here(node) => match &node.value {
            Value::Scalar(Shape::Text, raw) => Some(Plain::Text(text::decode(raw).into_owned())),
            Value::Scalar(Shape::Number, raw) => Some(Plain::Number(String::from_utf8_lossy(raw).into_owned())),
            Value::Scalar(Shape::Bool, raw) => Some(Plain::Bool(*raw == b"true")),
            Value::Scalar(Shape::Null, _) => Some(Plain::Null),
            Value::Array(_) | Value::Object(_) => None,
        },
    }
}

/// Numbers are compared as machines that read JSON keep them (RFC 8259 section 6).
fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
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
