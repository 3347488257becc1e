//! What a place holds, as far as its name and its values say, and why; never a value.

use super::{
    names,
    shape::{Path, Seen, Step, last_name},
};
use crate::policy::Categories;

/// What is proposed for one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guess {
    /// `None`: could not tell, so it stays unlisted.
    pub(super) category: Option<String>,
    pub(super) why: String,
}

/// Attributes that are what their element is called after.
const IDS: [&str; 7] = ["id", "ref", "key", "number", "no", "code", "value"];

/// What a place holds.
pub(super) fn guess(path: &Path, seen: &Seen, categories: &Categories) -> Guess {
    let named: Vec<&str> = path.iter().filter_map(Step::name).collect();
    let parents = match (path.last(), named.split_last()) {
        // `<Phone type="…">` holds no number, but `<Client id="…">` a client's.
        (Some(Step::Attribute(name)), _) if !IDS.contains(&name.local.to_lowercase().as_str()) => &[][..],
        (_, Some((_, parents))) => parents,
        (_, None) => &[],
    };
    let name = names::says(parents, last_name(path));
    let found = seen.found.values().max_by_key(|(_, n)| *n);
    let label = |category: &str| {
        let facts = categories.0.get(category).map(|f| f.label.clone());
        facts.unwrap_or_else(|| category.to_owned())
    };
    let detector = |kind: &crate::detect::Kind, n: usize| {
        format!("detector: {} in {n} of {}", label(kind.category()), many(seen.values))
    };
    let of = |category: &str, why: String| Guess { category: Some(category.to_owned()), why };
    if seen.base64 * 2 > seen.values {
        return of("hg:Document", "long base64: a document".to_owned());
    }
    match (name, found) {
        (Some(name), Some((kind, n))) => {
            let (listed, held) = (name.category.parse(), kind.category().parse());
            let holds = listed.and_then(|l| held.map(|h| categories.holds(&l, &h))).unwrap_or(false);
            let why = format!("key name says {}", name.words);
            let free = ["hg:FreeText", "hg:CaseNote"].contains(&name.category);
            match () {
                () if holds || free => of(name.category, format!("{why}; {}", detector(kind, *n))),
                () if *n * 2 > seen.values => of(kind.category(), format!("{}; {why}", detector(kind, *n))),
                // Some values hold more than the name says: those are found and withheld one by one.
                () if is_operational(name.category, categories) => {
                    Guess { category: None, why: format!("{why}, but {}", detector(kind, *n)) }
                }
                () => of(name.category, format!("{why}; also {}", detector(kind, *n))),
            }
        }
        (Some(name), None) => of(name.category, format!("key name says {}", name.words)),
        (None, Some((kind, n))) if *n * 2 > seen.values && seen.prose * 2 <= seen.values => {
            of(kind.category(), detector(kind, *n))
        }
        (None, _) if seen.prose * 3 > seen.values && seen.values > 0 => {
            of("hg:FreeText", format!("several words in {} of {}", seen.prose, many(seen.values)))
        }
        (None, Some((kind, n))) => Guess { category: None, why: detector(kind, *n) },
        (None, None) => Guess { category: None, why: looks(seen) },
    }
}

fn is_operational(category: &str, categories: &Categories) -> bool {
    category.parse().is_ok_and(|c| categories.group(&c) == Some(crate::flow::Group::Operational))
}

/// What somebody who decides can go by.
fn looks(seen: &Seen) -> String {
    let different = seen.different();
    match () {
        () if seen.values == 0 => seen.schema.map_or("always empty".to_owned(), |s| format!("the schema says {s}")),
        () if seen.bools == seen.values => "always true or false".to_owned(),
        () if seen.values >= 3 && different == 1 => "always the same".to_owned(),
        () if seen.values >= 5 && different <= 6 && different * 2 <= seen.values => {
            format!("all {} are one of {different} words: a code", many(seen.values))
        }
        () if seen.numbers == seen.values => format!("{}: a number", many(seen.values)),
        () => many(seen.values),
    }
}

fn many(values: usize) -> String {
    if values == 1 { "1 value".to_owned() } else { format!("{values} values") }
}

/// The rougher form that is useful where the exact one may not leave.
pub(super) fn rougher(category: &str) -> Option<&'static str> {
    Some(match category {
        "pd:BirthDate" | "hg:ArrivalDate" => "year",
        "pd:AgeExact" => "age-band",
        "pd:PostalCode" => "postcode-area",
        "pd:Identifier" | "hg:CaseReference" | "hg:HouseholdReference" => "pseudonym",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::suggest::shape::Shape,
        policy::{Policy, shipped},
    };
    use serde_json::json;

    fn of(documents: &[serde_json::Value]) -> Vec<(Option<String>, String)> {
        let policy = Policy::compile(&shipped::sources()).unwrap();
        let mut shape = Shape::default();
        documents.iter().for_each(|d| shape.add(d));
        let each = shape.order.iter().map(|path| guess(path, &shape.leaves[path], &policy.categories));
        each.map(|g| (g.category, g.why)).collect()
    }

    #[test]
    fn names_values_and_neither() {
        let told = of(&[
            json!({"dob": "1987-04-02", "x1": "9434765919", "q": "red", "note": "call 07700 900123 about it today", "priority": "high"}),
            json!({"dob": "1990-01-01", "x1": "9434765870", "q": "red", "note": "fine", "priority": "07700 900123"}),
        ]);
        let said: Vec<_> = told.iter().map(|(c, w)| (c.as_deref(), w.as_str())).collect();
        assert_eq!(said[0].0, Some("pd:BirthDate"));
        assert!(said[0].1.starts_with("key name says date of birth"), "{said:?}");
        assert_eq!(said[1], (Some("hg:NhsNumber"), "detector: NHS number in 2 of 2 values"));
        assert_eq!(said[2], (None, "2 values"));
        assert_eq!(said[3].0, Some("hg:FreeText"));
        assert!(said[4].0.is_none() && said[4].1.contains("but detector: Telephone number in 1 of 2"), "{said:?}");
    }
}
