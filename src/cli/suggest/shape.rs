//! What samples have in common: every place with what its values look like, and no value.

use super::{names, read::Document, xml};
use crate::{
    detect::{Cue, Kind, scan},
    screen::xml::outline,
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
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
    /// Fingerprints of the words in it, but for documents.
    words: HashSet<u64>,
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
    /// Fingerprints of questions that somebody is named in.
    pub(super) unasked: HashSet<u64>,
    /// Fingerprints of words that name somebody and are no place's value: in names that are data, and in answers.
    pub(super) named: HashSet<u64>,
    /// What names say of themselves, and whether they are known.
    pub(super) weighed: HashMap<String, (Name, bool)>,
}

/// Fingerprints of words that some documents' values hold, in small letters.
#[derive(Default)]
struct Said {
    all: HashSet<u64>,
    /// Those in which somebody is named.
    people: HashSet<u64>,
}

/// What says who somebody is.
const WHO: [&str; 9] = [
    "pd:Name",
    "hg:Alias",
    "pd:Identifier",
    "hg:CaseReference",
    "hg:ContactPerson",
    "hg:StaffContact",
    "pd:EmailAddress",
    "pd:TelephoneNumber",
    "pd:SocialMedia",
];

/// Containers within containers, and names within one object, beyond which nothing is looked at.
pub(super) const DEPTH: usize = 32;
const NAMES: usize = 64;

impl Shape {
    pub(super) fn add(&mut self, document: &Value) {
        self.documents += 1;
        self.value(&mut Vec::new(), document);
    }

    /// All documents came: what is doubtful and came but once is left out, and so is what stands somewhere in a value.
    pub(super) fn settle(&mut self) {
        let mut said = Said::default();
        self.say(&mut said);
        self.settle_by(&said);
    }

    fn settle_by(&mut self, said: &Said) {
        let doubtful = std::mem::take(&mut self.doubtful);
        let is_out =
            |(path, times): &(Path, usize)| self.strict || *times < 2 || holds_one_of(last_name(path), &said.all);
        let out: BTreeSet<Path> = doubtful.into_iter().filter(is_out).map(|(path, _)| path).collect();
        let stays = |place: &Path| !(1..=place.len()).any(|n| place.get(..n).is_some_and(|above| out.contains(above)));
        self.leaves.retain(|place, _| stays(place));
        self.order.retain(stays);
        self.lists.retain(|list, _| stays(list));
        self.maps.retain(stays);
        self.questions.retain(|(list, ..), _| stays(list));
        out.iter().for_each(|path| self.leave_out(path));
        for ((list, ..), asked) in &mut self.questions {
            let about: Vec<String> = asked.iter().filter(|text| holds_one_of(text, &said.people)).cloned().collect();
            for text in about {
                asked.remove(&text);
                self.unasked.insert(fingerprint(&(list, text)));
            }
        }
        self.leaves
            .values_mut()
            .flat_map(|seen| seen.within.values_mut())
            .for_each(|(_, within)| within.settle_by(said));
    }

    /// Notes the words of all values. Of a list of questions the answers' are noted by what is asked, as it came.
    fn say(&self, said: &mut Said) {
        said.all.extend(&self.named);
        said.people.extend(&self.named);
        for (path, seen) in &self.leaves {
            said.all.extend(&seen.words);
            let named: Vec<&str> = path.iter().filter_map(Step::name).collect();
            let parents = named.split_last().map_or(&[][..], |(_, parents)| parents);
            let says_who = || names::says(parents, last_name(path)).is_some_and(|s| WHO.contains(&s.category));
            if !self.questions.keys().any(|(list, ..)| path.starts_with(list)) && says_who() {
                said.people.extend(&seen.words);
            }
            seen.within.values().for_each(|(_, within)| within.say(said));
        }
    }

    fn weigh(&mut self, name: &str) -> (Name, bool) {
        if let Some(known) = self.weighed.get(name) {
            return *known;
        }
        let weighed = (Name::of(name), is_known(name));
        self.weighed.insert(name.to_owned(), weighed);
        weighed
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
                let weighed: Vec<(Name, bool)> = members.keys().map(|name| self.weigh(name)).collect();
                let alone = members.len() > 1 && weighed.iter().filter(|(_, known)| !known).count() == 1;
                for ((name, inner), (is, known)) in members.iter().zip(weighed) {
                    path.push(if mapped { Step::Each } else { Step::Name(name.clone()) });
                    match is {
                        _ if mapped => {
                            self.named.extend(folded(name));
                            self.value(path, inner);
                        }
                        Name::Place if known => self.value(path, inner),
                        Name::Place | Name::Doubtful => {
                            let times = if is == Name::Place && alone && is_usual(name) { 2 } else { 1 };
                            *self.doubtful.entry(path.clone()).or_default() += times;
                            self.value(path, inner);
                        }
                        // A single name that says somebody is no place, and is not written down.
                        Name::Data => {
                            self.named.extend(folded(name));
                            self.leave_out(path);
                        }
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
        for element in elements {
            let text = |member: &str| element.get(member).and_then(Value::as_str).unwrap_or_default();
            if names::asks(text(&question)).is_some_and(|says| WHO.contains(&says.category)) {
                self.named.extend(folded(text(&answer)));
            }
        }
        let known = self.questions.entry((path.clone(), question, answer)).or_default();
        // A question somebody is named in is no key.
        let plain = |q: &&str| {
            let mut found = Vec::new();
            scan(q, Cue::NONE, None, &mut found);
            found.is_empty() && q.len() <= 120 && !q.chars().any(char::is_control)
        };
        for text in asked {
            if plain(&text) {
                known.insert(text.to_owned());
            } else {
                self.unasked.insert(fingerprint(&(path.as_slice(), text)));
            }
        }
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
                if !self.look_within(text) {
                    self.words.extend(folded(text));
                }
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

    /// Whether it is a document, in which is looked.
    fn look_within(&mut self, text: &str) -> bool {
        if text.starts_with(['{', '[', '<']) {
            return self.hold(text, false);
        }
        if text.len() < 16 || text.contains(char::is_whitespace) {
            return false;
        }
        let bytes = BASE64.decode(text.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(text.as_bytes()));
        // Words and numbers are base64 too; long text, or bytes that begin as JSON or XML, are meant to be.
        match bytes.ok().map(String::from_utf8) {
            Some(Ok(inner)) if inner.starts_with(['{', '[', '<']) => return self.hold(&inner, true),
            Some(_) if text.len() >= 128 => self.base64 += 1,
            _ => {}
        }
        false
    }

    /// Takes a text that may be a document.
    fn hold(&mut self, text: &str, base64: bool) -> bool {
        let document = if text.starts_with('<') {
            xml::within(text)
        } else {
            let container = |v: &Value| v.is_object() || v.is_array();
            serde_json::from_str::<Value>(text).ok().filter(container).map(Document::Tree)
        };
        let Some(document) = document else { return false };
        let holds = Holds { xml: matches!(document, Document::Xml(_)), base64 };
        let (times, shape) = self.within.entry(holds).or_default();
        *times += 1;
        document.add_to(shape);
        true
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

/// A text's words in small letters, with or without humps.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    let tokens = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase);
    names::words(text).into_iter().chain(tokens)
}

/// Fingerprints of a text's words, and of them together where they are few: `Amina Warsame` is `aminawarsame` too.
fn folded(text: &str) -> HashSet<u64> {
    let mut found: HashSet<u64> = words_of(text).map(|word| fingerprint(&word)).collect();
    let words = names::words(text);
    if (2..=8).contains(&words.len()) {
        found.insert(fingerprint(&words.concat()));
    }
    found
}

/// Whether a name's or question's words that are not known, or all of them together, are among these.
fn holds_one_of(text: &str, words: &HashSet<u64>) -> bool {
    let joined = names::words(text).concat();
    let unknown: String = names::words(text).into_iter().filter(|word| !names::is_of_names(word)).collect();
    words_of(text)
        .chain([joined, unknown])
        .any(|word| !word.is_empty() && !names::is_of_names(&word) && words.contains(&fingerprint(&word)))
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
    /// It names a place; one that is not known only where it comes again, or stands alone among known ones.
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
        // `frobnication`, `careNeed`, `Widget_type`; but `Amina`, `AminaWarsame` and `amina_warsame` may be anybody.
        if is_usual(name) || (words.len() > 1 && words.iter().any(|word| names::is_of_names(word))) {
            return Self::Place;
        }
        Self::Doubtful
    }
}

/// Whether a name is written as programmers usually write those of places: `frobnication`.
pub(super) fn is_usual(name: &str) -> bool {
    let small = name.trim_start_matches(['@', '$', '_']).starts_with(char::is_lowercase);
    small && !name.contains(['_', '-', '.', ':'])
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
    fn names_that_are_not_known_have_to_come_again_and_to_stand_in_no_value() {
        let order = |documents: &[Value]| {
            let mut shape = Shape::default();
            documents.iter().for_each(|document| shape.add(document));
            shape.settle();
            let last: Vec<&str> = shape.order.iter().map(|path| last_name(path)).collect();
            (last.join(" "), shape.left_out())
        };
        for (document, places) in [
            (json!({"a": {"zedquux": {"dob": 1}}, "b": "zedquux"}), "b"),
            (json!({"beds": {"amina": 1, "jon": 2}, "dob": 1}), "dob"),
            (json!({"AminaAddress": "x", "dob": 1}), "dob"),
            (json!({"amina_warsame_notes": "x", "dob": 1}), "dob"),
            (json!({"zed": 1, "name": "Zed Quux"}), "name"),
            (json!({"zedNotes": 1, "name": "ZED"}), "name"),
            (json!({"zedQuux": 1, "name": "Zedquux"}), "name"),
            (json!({"frobnication": "x", "dob": 1}), "dob frobnication"),
            (json!([{"AminaAddress": "x"}, {"AminaAddress": "amina"}]), ""),
            (json!([{"HostelWing": "x"}, {"HostelWing": "y"}]), "HostelWing"),
            (json!({"text": "{\"zed\":1,\"dob\":2}", "name": "zed"}), "name text"),
        ] {
            let mut words: Vec<String> =
                order(std::slice::from_ref(&document)).0.split(' ').map(str::to_owned).collect();
            words.sort();
            assert_eq!(words.join(" "), places, "{document}");
        }
        assert_eq!(order(&[json!({"beds": {"amina": 1, "jon": 2}})]).1, 2);
        assert_eq!(order(&[json!({"text": "{\"zed\":1,\"dob\":2}", "name": "zed"})]).1, 1);
        let xml = |text: &str| {
            let mut shape = Shape::default();
            xml::within(text).unwrap().add_to(&mut shape);
            shape.settle();
            shape.order.iter().map(|path| last_name(path).to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(xml("<person><zed>1</zed><name>Zed Quux</name></person>"), "name");
        assert_eq!(xml("<case><ClientZedQuux>1</ClientZedQuux><dob>1</dob></case>"), "dob");
        assert_eq!(xml("<case><frobnication>1</frobnication><dob>1</dob></case>"), "frobnication dob");
        assert_eq!(xml("<case><amina>1</amina><jon>2</jon><dob>1</dob></case>"), "dob");
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
