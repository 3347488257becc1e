//! The draft as TOML: what is proposed and why, and as a comment what could not be told. No value stands in it.

use super::{
    guess::{Guess, guess, rougher},
    names,
    places::{Notation, Prefixes, selector},
    shape::{Holds, Path, Seen, Shape, Step, last_name},
};
use crate::{
    flow::{Group, Purpose},
    policy::{Categories, integration::Format},
};
use std::fmt::Write as _;

/// The connection's head.
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) app: &'a str,
    pub(super) destination: &'a str,
    pub(super) upstream: &'a str,
    /// Which requests are this connection's; no other has it.
    pub(super) prefix: &'a str,
    /// What it was drafted from, for people: counts and kinds, no names.
    pub(super) from: &'a str,
    /// To put into `organisations.toml`, where the recipient is not there yet.
    pub(super) proposal: Option<&'a str>,
}

/// One operation and the bodies it takes.
pub(super) struct OperationDraft {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) path_known: bool,
    pub(super) media: String,
    pub(super) format: Format,
    pub(super) shape: Shape,
    /// The one SOAP action that the samples were sent with.
    pub(super) action: Option<String>,
    /// What samples in a `Content-Type` have to say that they are in, where that is not UTF-8.
    pub(super) charset: Option<&'static str>,
    /// What else somebody has to settle of the body, a line each.
    pub(super) todo: Vec<String>,
}

/// One proposal, for a machine.
pub(super) struct Proposed {
    pub(super) operation: String,
    pub(super) path: String,
    pub(super) guess: Guess,
}

/// The draft's text and every proposal in it.
pub(super) fn write(
    head: &Head<'_>,
    operations: &[OperationDraft],
    categories: &Categories,
) -> (String, Vec<Proposed>) {
    let mut text = String::new();
    let purposes: Vec<&str> = Purpose::ALL.iter().map(|p| p.as_str()).collect();
    let _ = writeln!(
        text,
        "# Drafted by `havengate suggest` from {}. Read every line: what is listed here may leave, personal data with\n\
         # consent, operational data without. What is not listed does not leave. No value of a sample stands in this file.\n",
        head.from
    );
    if let Some(proposal) = head.proposal {
        text.push_str(
            "# TODO: the recipient is not in organisations.toml yet. Put this there, then assess it and ask for its\n",
        );
        text.push_str(
            "# undertaking (`havengate destinations assess | undertake --help`); until then nothing is sent.\n#\n",
        );
        for line in proposal.lines() {
            let _ = writeln!(text, "{}", format!("# {line}").trim_end());
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "id          = {}\napp         = {}\ndestination = {}\nupstream    = {}  # TODO: the recipient's address\n\
         route       = {{ prefix = {} }}\npurpose     = \"support\"  # TODO: one of {}\n\
         # TODO: how the recipient knows you, such as\n# auth      = {{ header = \"x-api-key\", secret = \"file:{}.key\" }}",
        quoted(head.id),
        quoted(head.app),
        quoted(head.destination),
        quoted(head.upstream),
        quoted(head.prefix),
        purposes.join(", "),
        head.id,
    );
    let mut proposed = Vec::new();
    for operation in operations {
        write_operation(&mut text, operation, categories, &mut proposed);
    }
    (text, proposed)
}

fn write_operation(text: &mut String, operation: &OperationDraft, categories: &Categories, all: &mut Vec<Proposed>) {
    let todo = if operation.path_known { "" } else { "  # TODO: as your case system sends it, below the route" };
    let _ = writeln!(
        text,
        "\n[[operation]]\nid     = {}\nmethod = {}{todo}\npath   = {}{todo}",
        quoted(&operation.id),
        quoted(&operation.method),
        quoted(&operation.path)
    );
    // One that stands twice is one.
    let mut named: Vec<&str> = Vec::new();
    for name in operation.path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
        if !named.contains(&name) {
            named.push(name);
        }
    }
    let params: Vec<String> = named
        .into_iter()
        .map(|name| {
            let says = names::says(&[], name).map_or("pd:Identifier", |s| s.category);
            format!("{} = {}", quoted(name), quoted(says))
        })
        .collect();
    if !params.is_empty() {
        let _ = writeln!(text, "path_fields = {{ {} }}  # TODO: whose ids are these?", params.join(", "));
    }
    let notation = Notation::of(&operation.format, &operation.shape);
    write_body(text, operation, &notation);
    let root = record_root(&operation.shape, categories, &notation);
    let mut writer = Writer { text, operation, categories, all, notation };
    let guesses = writer.guesses();
    if !root.is_empty() {
        writer.fields("[operation.body.envelope]", &guesses, |path| !path.starts_with(&root), 0);
    }
    let _ = writeln!(writer.text, "\n[[operation.body.record]]");
    if !root.is_empty() {
        let _ = writeln!(writer.text, "select  = {}", quoted(&writer.notation.in_document(&root)));
    }
    writer.subject(&root, &guesses);
    writer.fields("[operation.body.record.fields]", &guesses, |path| path.starts_with(&root), root.len());
    writer.keys(&root, &guesses);
    writer.answers(&root);
}

fn write_body(text: &mut String, operation: &OperationDraft, notation: &Notation) {
    let _ = writeln!(text, "\n[operation.body]\nmedia    = {}\nunlisted = \"strip\"", quoted(&operation.media));
    if let Some(action) = &operation.action {
        let _ = writeln!(text, "action   = {}", quoted(action));
    }
    for todo in &operation.todo {
        let _ = writeln!(text, "# TODO: {todo}");
    }
    // A document's own prefixes may be anybody's names: these are the draft's.
    if let [_, ..] = notation.namespaces() {
        let _ = writeln!(text, "\n[operation.body.namespaces]");
    }
    for (uri, prefix) in notation.namespaces() {
        let says = if prefix.is_empty() { "  # of names without a prefix" } else { "" };
        let _ = writeln!(text, "{} = {}{says}", key(prefix), quoted(uri));
    }
}

/// A place and what is proposed for it.
type Guessed<'s> = (&'s Path, &'s Seen, Guess);

struct Writer<'t, 's> {
    text: &'t mut String,
    operation: &'s OperationDraft,
    categories: &'s Categories,
    all: &'t mut Vec<Proposed>,
    notation: Notation,
}

impl<'s> Writer<'_, 's> {
    /// Each place in the order of the samples, but for what a table of questions lists.
    fn guesses(&self) -> Vec<Guessed<'s>> {
        let shape = &self.operation.shape;
        let answered = |path: &Path| {
            shape.questions.keys().any(|(list, _, answer)| {
                path.strip_prefix(list.as_slice()).is_some_and(|rest| rest.get(1) == Some(&Step::Name(answer.clone())))
            })
        };
        let places = shape.order.iter().filter(|path| !answered(path) && self.notation.writes(path));
        let asked = |path: &Path| {
            shape.questions.keys().any(|(list, question, _)| {
                path.strip_prefix(list.as_slice())
                    .is_some_and(|rest| *rest == [Step::Each, Step::Name(question.clone())])
            })
        };
        let guess = |p: &Path, seen: &Seen| match asked(p) {
            true => Guess { category: Some("hg:TemplateReference".to_owned()), why: "which question it is".to_owned() },
            false => guess(p, seen, self.categories),
        };
        places.filter_map(|p| shape.leaves.get(p).map(|seen| (p, seen, guess(p, seen)))).collect()
    }

    fn subject(&mut self, root: &Path, guesses: &[Guessed<'_>]) {
        let shape = &self.operation.shape;
        let repeats = |path: &Path| {
            let within = |list: &Path| list.len() > root.len() && path.starts_with(list);
            path.iter().skip(root.len()).any(|s| *s == Step::Each) || shape.lists.keys().any(within)
        };
        let here = |path: &Path| path.starts_with(root) && !repeats(path);
        let rank = |(path, seen, guess): &&Guessed<'_>| {
            let name = names::words(last_name(path)).join(" ");
            let exact = ["client id", "client ref", "client reference", "person id", "personal id", "service user id"];
            let usual = ["ref", "reference", "external id", "contact id", "applicant id", "patient id"];
            let is_id = guess.category.as_deref() == Some("pd:Identifier");
            let names = if exact.contains(&name.as_str()) { 3 } else { i32::from(usual.contains(&name.as_str())) * 2 };
            let apart = i32::from(seen.values > 1 && seen.different() == seen.values);
            is_id.then_some((names, apart, -(path.len() as i32)))
        };
        let found = guesses.iter().filter(|(path, ..)| here(path)).filter(|g| rank(g).is_some()).max_by_key(rank);
        match found {
            Some((path, ..)) => {
                let place = self.notation.below(path, root.len());
                let _ = writeln!(self.text, "subject = {}  # TODO: is this the client's own reference?", quoted(&format!("body:{place}")));
            }
            None if self.operation.path.contains('{') => {
                let name = self.operation.path.split('{').nth(1).and_then(|s| s.split('}').next()).unwrap_or_default();
                let _ = writeln!(
                    self.text,
                    "subject = {}  # TODO: is this the client's own reference?",
                    quoted(&format!("path:{name}"))
                );
            }
            None => self.text.push_str(
                "# TODO: where the client's reference stands, as `subject = \"body:…\"` or \"path:…\". Without one nothing\n\
                 # personal leaves.\n",
            ),
        }
        let people = shape.lists.keys().filter(|list| list.starts_with(root) && list.len() > root.len());
        for list in people.filter(|list| self.notation.writes(list)) {
            let named = guesses.iter().any(|(path, _, g)| {
                path.starts_with(list)
                    && ["pd:Name", "pd:BirthDate"].contains(&g.category.as_deref().unwrap_or_default())
            });
            if named {
                let list = self.notation.below(&self.notation.each(list), root.len());
                let begins = if matches!(self.notation, Notation::Xml(_)) { "" } else { "$." };
                let _ = writeln!(
                    self.text,
                    "# TODO: other people stand in {list}: give them consents of their own with\n# dependants = {{ select = {}, subject = \"{begins}…\" }}",
                    quoted(&list)
                );
            }
        }
    }

    /// One table of fields. A table of nothing is not written.
    fn fields(&mut self, table: &str, guesses: &[Guessed<'_>], fits: impl Fn(&Path) -> bool, root: usize) {
        let here: Vec<_> = guesses.iter().filter(|(path, ..)| fits(path)).collect();
        if here.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "\n{table}");
        let in_envelope = table.ends_with("envelope]");
        for (path, seen, guess) in here {
            let place = if in_envelope { self.notation.in_document(path) } else { self.notation.below(path, root) };
            let line = match (seen.all_within(), &guess.category) {
                // Outside records no rule could say what becomes of the names.
                _ if in_envelope && self.operation.shape.is_named_by_data(path) => {
                    format!("# {} = \"…\"  # TODO: {NAMED_BY_DATA}; make it part of a record", quoted(&place))
                }
                (Some((holds, within)), _) => self.within(&place, holds, within),
                (_, Some(category)) => format!("{} = {}  # {}", quoted(&place), rule(category), guess.why),
                (_, None) => format!("# {} = \"…\"  # TODO: could not tell: {}", quoted(&place), guess.why),
            };
            let _ = writeln!(self.text, "{line}");
            self.all.push(Proposed { operation: self.operation.id.clone(), path: place, guess: guess.clone() });
        }
    }

    /// Objects whose members' names are data: what becomes of the names themselves.
    fn keys(&mut self, root: &Path, guesses: &[Guessed<'_>]) {
        let listed = |map: &Path| {
            guesses
                .iter()
                .any(|(path, _, guess)| guess.category.is_some() && path.len() > map.len() && path.starts_with(map))
        };
        let maps: Vec<&Path> = self.operation.shape.maps.iter().filter(|map| map.starts_with(root)).collect();
        if self.operation.format.is_flat() || maps.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "\n[operation.body.record.keys]  # {NAMED_BY_DATA}");
        for map in maps.into_iter().filter(|map| self.notation.writes(map)) {
            let place = quoted(&selector(map.get(root.len()..).unwrap_or_default()));
            let out = if listed(map) { "" } else { "# " };
            let _ = writeln!(
                self.text,
                "{out}{place} = {}  # TODO: whose names or references are these?",
                rule("pd:Identifier")
            );
        }
    }

    /// A document within a text.
    fn within(&self, place: &str, holds: Holds, within: &Shape) -> String {
        let (format, says, notation) = match holds.xml {
            true => ("xml", "XML", Notation::Xml(Prefixes::of(within))),
            false => ("json", "JSON", Notation::Json),
        };
        let (encoding, says) = match holds.base64 {
            true => (format!("[\"base64\", \"{format}\"]"), format!("base64 of {says}")),
            false => (format!("\"{format}\""), format!("{says} in a text")),
        };
        let (mut listed, mut why) = (Vec::new(), format!("# {}: {says}; within it\n", quoted(place)));
        let places = within.order.iter().filter(|p| notation.writes(p));
        for (path, seen) in places.filter_map(|p| Some((p, within.leaves.get(p)?))) {
            let guess = guess(path, seen, self.categories);
            let inner = quoted(&notation.below(path, 0));
            match guess.category {
                _ if within.is_named_by_data(path) => {
                    let _ = writeln!(why, "#   TODO: {inner}: {NAMED_BY_DATA}");
                }
                Some(category) => {
                    let _ = writeln!(why, "#   {inner}: {}", guess.why);
                    listed.push(format!("{inner} = {}", rule(&category)));
                }
                None => {
                    let _ = writeln!(why, "#   TODO: {inner}: could not tell: {}", guess.why);
                }
            }
        }
        let table = notation.namespaces().iter();
        let table: Vec<String> = table.map(|(uri, prefix)| format!("{} = {}", key(prefix), quoted(uri))).collect();
        let namespaces =
            if table.is_empty() { String::new() } else { format!(" namespaces = {{ {} }},", table.join(", ")) };
        let begins = format!("{} = {{ encoding = {encoding},{namespaces} fields = {{", quoted(place));
        match listed.as_slice() {
            [] => format!("{why}# {begins} }} }}  # TODO: list what is within"),
            listed => format!("{why}{begins} {} }} }}", listed.join(", ")),
        }
    }

    /// Questions and answers, where the question says what the answer holds.
    fn answers(&mut self, root: &Path) {
        if self.operation.format.is_flat() {
            return;
        }
        let shape = &self.operation.shape;
        for ((list, question, answer), asked) in
            shape.questions.iter().filter(|((l, ..), _)| l.starts_with(root) && self.notation.writes(l))
        {
            let each = selector(&[list.get(root.len()..).unwrap_or_default(), &[Step::Each]].concat());
            let place = |name: &str| quoted(&selector(&[Step::Name(name.to_owned())]));
            let mut lines: Vec<(bool, String)> = Vec::new();
            for text in asked {
                let guess = match names::asks(text) {
                    Some(says) => Guess {
                        category: Some(says.category.to_owned()),
                        why: format!("question text: {}", says.words),
                    },
                    None => Guess { category: None, why: "the question's text says nothing".to_owned() },
                };
                lines.push((
                    guess.category.is_some(),
                    match &guess.category {
                        Some(category) => format!("{} = {}  # {}", quoted(text), rule(category), guess.why),
                        None => format!("# {} = \"…\"  # TODO: could not tell: {}", quoted(text), guess.why),
                    },
                ));
                self.all.push(Proposed { operation: self.operation.id.clone(), path: format!("{each} {text}"), guess });
            }
            // A table that lists nothing is not one.
            let out = if lines.iter().any(|(listed, _)| *listed) { "" } else { "# " };
            let _ = writeln!(
                self.text,
                "\n{out}[[operation.body.record.answers]]  # the question says what the answer holds\n{out}select   = {}\n\
                 {out}question = {}\n{out}answer   = {}\n\n{out}[operation.body.record.answers.table]",
                quoted(&each),
                place(question),
                place(answer)
            );
            for (_, line) in lines {
                let _ = writeln!(self.text, "{line}");
            }
        }
    }
}

/// A prefix as a key of a table.
fn key(prefix: &str) -> String {
    if prefix.is_empty() { quoted("") } else { prefix.to_owned() }
}

/// Why a member of an object is no place of its own.
const NAMED_BY_DATA: &str = "the names of an object's members look like somebody's data";

/// A rule for a category, with its rougher form where that is of use.
fn rule(category: &str) -> String {
    match rougher(category) {
        Some(form) => format!("{{ category = {}, otherwise = \"{form}\" }}", quoted(category)),
        None => quoted(category),
    }
}

/// Where the records begin: the shallowest list of objects that holds somebody, where nobody stands outside it. Without
/// such a list, in XML the innermost element that holds everybody, which is one record or many without another word.
fn record_root(shape: &Shape, categories: &Categories, notation: &Notation) -> Path {
    let of_somebody = |(path, seen): (&Path, &Seen)| {
        // Which council it is for stands in many a header, and says nobody.
        let category = guess(path, seen, categories).category.filter(|c| c != "hg:LocalAuthority");
        let group = category.and_then(|c| c.parse().ok()).and_then(|c| categories.group(&c));
        matches!(group, Some(Group::Identity | Group::Contact | Group::Location | Group::Special | Group::Immigration))
    };
    let personal = |path: &Path| {
        shape.leaves.get(path).is_some_and(|seen| match seen.all_within() {
            Some((_, within)) => within.leaves.iter().any(of_somebody),
            None => of_somebody((path, seen)),
        })
    };
    let people: Vec<&Path> = shape.order.iter().filter(|p| notation.writes(p) && personal(p)).collect();
    // Above records nothing could be said of names that are data.
    let mut lists: Vec<&Path> =
        shape.lists.keys().filter(|l| notation.writes(l) && !shape.is_named_by_data(l)).collect();
    lists.sort_by_key(|l| l.len());
    let holds_all = |list: &&&Path| !people.is_empty() && people.iter().all(|p| p.starts_with(list));
    match (lists.iter().find(holds_all), notation) {
        (Some(list), _) => notation.each(list),
        (None, Notation::Xml(_)) => around(&people),
        (None, Notation::Json | Notation::Flat) => Path::new(),
    }
}

/// The innermost element that all of these are in; none where there are none.
fn around(people: &[&Path]) -> Path {
    let Some((first, rest)) = people.split_first() else { return Path::new() };
    let common = |other: &Path, most: usize| first.iter().zip(other).take(most).take_while(|(a, b)| a == b).count();
    let length = rest.iter().fold(first.len(), |most, other| common(other, most));
    let mut root: Path = first.iter().take(length).cloned().collect();
    // A single value is no record, nor is an element that has only its `value`.
    while people.iter().any(|p| **p == root || (p.starts_with(&root) && p.len() == root.len() + 1 && is_value(p))) {
        root.pop();
    }
    root
}

fn is_value(path: &Path) -> bool {
    matches!(path.last(), Some(Step::Attribute(name)) if name.local == "value")
}

/// A TOML basic string: JSON's is one, where there is no control character.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default().replace('\u{7f}', "\\u007f")
}
