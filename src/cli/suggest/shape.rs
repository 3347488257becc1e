//! What samples have in common: every place with what its values look like, and no value.

use super::{names, read::Document, xml};
use crate::{
    detect::{Cue, Kind, scan},
    screen::xml::outline,
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash, Hasher as _},
};

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// A member.
    Name(String),
    /// Every element, or every member of an object whose names are data.
    Each,
    /// Every element of an XML document that is called this.
    Element(outline::Name),
    /// An attribute.
    Attribute(outline::Name),
}

impl Step {
    /// What the place is called; in XML without what its namespace is, and an attribute `value` says only that its
    /// element has one (as in FHIR).
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Element(name) => Some(&name.local),
            Self::Attribute(name) if name.local != "value" => Some(&name.local),
            Self::Each | Self::Attribute(_) => None,
        }
    }
}

/// Where something stands.
pub(super) type Path = Vec<Step>;

/// What the values of one place look like.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many values there are that are not empty.
    pub(super) values: usize,
    pub(super) texts: usize,
    pub(super) numbers: usize,
    pub(super) bools: usize,
    /// Texts of several words.
    pub(super) prose: usize,
    /// Fingerprints of what was seen: how many differ, not what they are.
    distinct: HashSet<u64>,
    /// By kind, in how many values something was found.
    pub(super) found: BTreeMap<&'static str, (Kind, usize)>,
    /// Texts that are base64 of other bytes than JSON and XML.
    pub(super) base64: usize,
    /// Texts that hold documents, by what they are, how many, and what is in them.
    pub(super) within: BTreeMap<Holds, (usize, Box<Shape>)>,
    /// What a schema says of the values, where there is no value.
    pub(super) schema: Option<&'static str>,
}

/// A text that is a document: JSON or XML, in base64 or plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holds {
    pub(super) xml: bool,
    pub(super) base64: bool,
}

/// Every place of some documents.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) leaves: BTreeMap<Path, Seen>,
    /// The order in which places came.
    pub(super) order: Vec<Path>,
    /// Arrays of objects, or in XML the elements of several things that repeat, and how many there are at most in one.
    pub(super) lists: BTreeMap<Path, usize>,
    /// Pairs of question and answer: the array, the question's member, the answer's, and each question's text.
    pub(super) questions: BTreeMap<(Path, String, String), BTreeSet<String>>,
    pub(super) documents: usize,
    /// Objects whose members' names are data.
    pub(super) maps: BTreeSet<Path>,
    /// It has no places within places: each name is a column's or a pair's.
    pub(super) flat: bool,
    /// No name that is doubtful is a place's, however often it comes.
    pub(super) strict: bool,
    /// Places whose last name is doubtful, and how often it came.
    pub(super) doubtful: BTreeMap<Path, usize>,
    /// Fingerprints of places whose names look like somebody's data.
    pub(super) left_out: HashSet<u64>,
}

/// Containers within containers, and names within one object, beyond which nothing is looked at.
pub(super) const DEPTH: usize = 32;
const NAMES: usize = 64;

impl Shape {
    pub(super) fn add(&mut self, document: &Value) {
        self.documents += 1;
        self.value(&mut Vec::new(), document);
    }

    /// All documents came: what is doubtful and came but once is left out, and so is what stands somewhere as a value.
    pub(super) fn settle(&mut self) {
        let doubtful = std::mem::take(&mut self.doubtful);
        let is_value = |path: &Path| {
            let name = fingerprint(&last_name(path));
            self.leaves.values().any(|seen| seen.distinct.contains(&name))
        };
        let out = |(path, times): &(Path, usize)| self.strict || *times < 2 || is_value(path);
        let out: Vec<(Path, usize)> = doubtful.into_iter().filter(out).collect();
        for (path, _) in out {
            self.leave_out(&path);
            self.leaves.retain(|place, _| !place.starts_with(&path));
            self.order.retain(|place| !place.starts_with(&path));
            self.lists.retain(|list, _| !list.starts_with(&path));
            self.maps.retain(|map| !map.starts_with(&path));
            self.questions.retain(|(list, ..), _| !list.starts_with(&path));
        }
        self.leaves.values_mut().flat_map(|seen| seen.within.values_mut()).for_each(|(_, within)| within.settle());
    }

    /// How many places are left out because their names look like somebody's data.
    pub(super) fn left_out(&self) -> usize {
        self.left_out.len()
            + self.leaves.values().flat_map(|s| s.within.values()).map(|(_, within)| within.left_out()).sum::<usize>()
    }

    /// Whether a place stands in an object whose members' names are data.
    pub(super) fn is_named_by_data(&self, path: &[Step]) -> bool {
        self.maps.iter().any(|map| path.len() > map.len() && path.starts_with(map))
    }

    fn value(&mut self, path: &mut Path, value: &Value) {
        if path.len() > DEPTH {
            return;
        }
        match value {
            Value::Object(members) => {
                let mapped = !self.flat && is_map(members);
                if mapped {
                    self.maps.insert(path.clone());
                }
                for (name, inner) in members {
                    path.push(if mapped { Step::Each } else { Step::Name(name.clone()) });
                    match Name::of(name) {
                        _ if mapped => self.value(path, inner),
                        Name::Place => self.value(path, inner),
                        Name::Doubtful => {
                            *self.doubtful.entry(path.clone()).or_default() += 1;
                            self.value(path, inner);
                        }
                        // A single name that says somebody is no place, and is not written down.
                        Name::Data => self.leave_out(path),
                    }
                    path.pop();
                }
            }
            Value::Array(elements) => {
                let objects = elements.iter().filter(|e| e.is_object()).count();
                if objects > 0 {
                    self.pairs(path, elements);
                    let most = self.lists.entry(path.clone()).or_default();
                    *most = objects.max(*most);
                }
                path.push(Step::Each);
                elements.iter().for_each(|e| self.value(path, e));
                path.pop();
            }
            leaf => {
                self.see(path, leaf);
            }
        }
    }

    /// A value at a place.
    pub(super) fn see(&mut self, path: &Path, value: &Value) {
        let name = last_name(path).to_owned();
        self.leaf(path).see(&name, value);
    }

    /// A place whose name looks like somebody's data.
    pub(super) fn leave_out(&mut self, path: &Path) {
        self.left_out.insert(fingerprint(path));
    }

    /// The place, known from now on.
    pub(super) fn leaf(&mut self, path: &Path) -> &mut Seen {
        if !self.leaves.contains_key(path) {
            self.order.push(path.clone());
        }
        self.leaves.entry(path.clone()).or_default()
    }

    /// Elements that are all a question and its answer.
    fn pairs(&mut self, path: &Path, elements: &[Value]) {
        const QUESTION: [&str; 8] =
            ["question", "questiontext", "question_text", "linkid", "prompt", "label", "questionid", "id"];
        const ANSWER: [&str; 7] =
            ["answer", "answertext", "answer_text", "response", "answers", "value", "assessmentanswer"];
        let member = |names: &[&str]| -> Option<String> {
            let first = elements.first()?.as_object()?;
            names.iter().find_map(|n| first.keys().find(|k| k.to_lowercase() == *n)).cloned()
        };
        let (Some(question), Some(answer)) = (member(&QUESTION), member(&ANSWER)) else { return };
        // `id` and `value` stand in many things that are no question.
        if question.eq_ignore_ascii_case("id") && answer.eq_ignore_ascii_case("value") {
            return;
        }
        let asked: Option<Vec<&str>> =
            elements.iter().map(|e| e.get(&answer).and(e.get(&question)?.as_str())).collect();
        let Some(asked) = asked else { return };
        let known = self.questions.entry((path.clone(), question, answer)).or_default();
        // A question somebody is named in is no key.
        let plain = |q: &&str| {
            let mut found = Vec::new();
            scan(q, Cue::NONE, None, &mut found);
            found.is_empty() && q.len() <= 120 && !q.chars().any(char::is_control)
        };
        known.extend(asked.into_iter().filter(plain).map(str::to_owned));
    }
}

impl Seen {
    fn see(&mut self, name: &str, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::Bool(_) => {
                self.bools += 1;
                value.to_string()
            }
            Value::Number(_) => {
                self.numbers += 1;
                value.to_string()
            }
            Value::String(text) if text.trim().is_empty() => return,
            Value::String(text) => {
                self.texts += 1;
                self.prose += usize::from(text.split_whitespace().count() >= 4);
                self.look_within(text);
                text.clone()
            }
            _ => return,
        };
        self.values += 1;
        self.distinct.insert(fingerprint(&text));
        let mut found = Vec::new();
        scan(&text, Cue::of_key(name), None, &mut found);
        let kinds: BTreeMap<&'static str, Kind> = found.iter().map(|f| (f.category.name(), f.category)).collect();
        for (id, kind) in kinds {
            self.found.entry(id).or_insert((kind, 0)).1 += 1;
        }
    }

    fn look_within(&mut self, text: &str) {
        if text.starts_with(['{', '[', '<']) {
            self.hold(text, false);
            return;
        }
        if text.len() < 16 || text.contains(char::is_whitespace) {
            return;
        }
        let bytes = BASE64.decode(text.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(text.as_bytes()));
        // Words and numbers are base64 too; long text, or bytes that begin as JSON or XML, are meant to be.
        match bytes.ok().map(String::from_utf8) {
            Some(Ok(inner)) if inner.starts_with(['{', '[', '<']) => self.hold(&inner, true),
            Some(_) if text.len() >= 128 => self.base64 += 1,
            _ => {}
        }
    }

    /// Takes a text that may be a document.
    fn hold(&mut self, text: &str, base64: bool) {
        let document = if text.starts_with('<') {
            xml::within(text)
        } else {
            let container = |v: &Value| v.is_object() || v.is_array();
            serde_json::from_str::<Value>(text).ok().filter(container).map(Document::Tree)
        };
        if let Some(document) = document {
            let holds = Holds { xml: matches!(document, Document::Xml(_)), base64 };
            let (times, shape) = self.within.entry(holds).or_default();
            *times += 1;
            document.add_to(shape);
        }
    }

    /// What every value is a document of, if all are of one kind.
    pub(super) fn all_within(&self) -> Option<(Holds, &Shape)> {
        let (holds, (_, shape)) = self.within.iter().find(|(_, (times, _))| *times == self.values)?;
        Some((*holds, shape))
    }

    /// How many different values there are.
    pub(super) fn different(&self) -> usize {
        self.distinct.len()
    }
}

fn fingerprint(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// An object whose names are data: many of them, all of one shape, or names that say who or where.
fn is_map(members: &serde_json::Map<String, Value>) -> bool {
    let data = members.keys().filter(|name| Name::of(name) == Name::Data).count();
    if members.len() > NAMES * 8 || data * 2 > members.len() {
        return true;
    }
    let keys = |v: &Value| v.as_object().map(|o| o.keys().cloned().collect::<BTreeSet<_>>());
    let mut shapes = members.values().map(keys);
    let Some(first) = shapes.next().flatten().filter(|first| !first.is_empty()) else { return false };
    // Two are a coincidence where their names are known: an applicant and a partner.
    let enough = members.len() >= 3 || (members.len() == 2 && members.keys().any(|name| !is_known(name)));
    enough && shapes.all(|s| s.as_ref() == Some(&first))
}

/// Whether a member's name may be written down: what samples name may be people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// It names a place.
    Place,
    /// It may: if it comes again, in another record, it does.
    Doubtful,
    /// It is itself data: somebody's name or address, a reference, a sentence.
    Data,
}

impl Name {
    pub(super) fn of(name: &str) -> Self {
        if says_somebody(name) {
            return Self::Data;
        }
        if is_known(name) {
            return Self::Place;
        }
        // Words that are parted by spaces or the like are people's own, or a sentence.
        if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '$' | ':')) {
            return Self::Data;
        }
        let words = names::words(name);
        let parted = name.contains(['_', '-', '.', ':']);
        let small = name.trim_start_matches(['@', '$', '_']).starts_with(char::is_lowercase);
        // `frobnication`, `careNeed`, `Widget_type`; but `Amina`, `AminaWarsame` and `amina_warsame` may be anybody.
        if (small && !parted) || (words.len() > 1 && words.iter().any(|word| names::is_of_names(word))) {
            return Self::Place;
        }
        Self::Doubtful
    }
}

/// Whether a name is made of words that names of places are made of.
pub(super) fn is_known(name: &str) -> bool {
    let words = names::words(name);
    words.iter().all(|word| names::is_of_names(word)) || (words.len() == 1 && names::says(&[], name).is_some())
}

/// Whether a name is itself data: somebody's address, a reference.
fn says_somebody(name: &str) -> bool {
    let mut found = Vec::new();
    scan(name, Cue::NONE, None, &mut found);
    !found.is_empty() || name.len() > 100 || (name.len() > 2 && name.chars().all(|c| c.is_ascii_digit() || c == '-'))
}

/// The nearest name.
pub(super) fn last_name(path: &[Step]) -> &str {
    path.iter().rev().find_map(Step::name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_are_one_place_and_names_that_are_data_are_none() {
        let mut shape = Shape::default();
        shape.add(&json!({"a": [{"b": 1}, {"b": 2, "c": "x"}], "m": {"k1": {"x": 1}, "k2": {"x": 2}, "k3": {"x": 3}}}));
        let name = |n: &str| Step::Name(n.into());
        assert_eq!(
            shape.order,
            [
                vec![name("a"), Step::Each, name("b")],
                vec![name("a"), Step::Each, name("c")],
                vec![name("m"), Step::Each, name("x")]
            ]
        );
        assert_eq!(shape.leaves[&shape.order[0]].different(), 2);
        assert_eq!(shape.lists[&vec![name("a")]], 2);
    }

    #[test]
    fn only_what_names_places_is_written_down() {
        for place in [
            "dob",
            "frobnication",
            "careNeed",
            "Date of birth",
            "First name",
            "Client Reference",
            "DOB",
            "Postcode",
            "PersonalID",
            "LastServiceDate__c",
            "@odata.type",
            "Name of next of kin (if any)",
            "What is your date of birth?",
            "x1",
            "Address 2",
        ] {
            assert_eq!(Name::of(place), Name::Place, "{place}");
        }
        for doubtful in ["Amina", "Wobble", "AMINA", "AminaWarsame", "amina_warsame", "amina.warsame", "Zoë"] {
            assert_eq!(Name::of(doubtful), Name::Doubtful, "{doubtful}");
        }
        for data in [
            "Amina Warsame",
            "amina warsame",
            "Amina Warsame (client)",
            "Notes about Amina",
            "O'Brien",
            "a@b.example",
            "4711-1",
        ] {
            assert_eq!(Name::of(data), Name::Data, "{data}");
        }
    }

    #[test]
    fn doubtful_names_are_places_where_they_come_again() {
        let order = |documents: &[Value]| {
            let mut shape = Shape::default();
            documents.iter().for_each(|document| shape.add(document));
            shape.settle();
            let named = |path: &Path| {
                path.iter().map(|s| if let Step::Name(n) = s { n.as_str() } else { "*" }).collect::<Vec<_>>().join(".")
            };
            (shape.order.iter().map(named).collect::<Vec<_>>().join(" "), shape.left_out(), shape.maps.len())
        };
        let said = |said: &str, left_out, maps| (said.to_owned(), left_out, maps);
        assert_eq!(order(&[json!({"contacts": {"Amina": {"note": "x"}}, "dob": 1})]), said("dob", 1, 0));
        assert_eq!(
            order(&[json!({"a": [{"Widget": {"note": "x"}}, {"Widget": 2}]})]),
            said("a.*.Widget.note a.*.Widget", 0, 0)
        );
        assert_eq!(order(&[json!({"contacts": {"Amina Warsame": "x"}})]), said("contacts.*", 0, 1));
        let two = json!({"clients": {"Amina": {"dob": 1}, "Bob": {"dob": 2}}});
        assert_eq!(order(&[two]), said("clients.*.dob", 0, 1));
        let known = json!({"applicant": {"dob": 1}, "partner": {"dob": 2}});
        assert_eq!(order(&[known]), said("applicant.dob partner.dob", 0, 0));
        let within = json!({"payload": "{\"Amina\":1,\"dob\":2}"});
        assert_eq!(order(&[within]), said("payload", 1, 0));
    }

    #[test]
    fn what_is_found_within_is_counted_and_not_kept() {
        let mut seen = Seen::default();
        for text in ["9434765919", "9434765870"] {
            seen.see("nhs", &json!(text));
        }
        assert_eq!(seen.found["detect-nhs-number"].1, 2);
        seen.see("payload", &json!("{\"a\":1}"));
        let held: Vec<_> = seen.within.iter().map(|(holds, (n, shape))| (holds.xml, *n, shape.order.len())).collect();
        assert_eq!(held, [(false, 1, 1)]);
    }
}
