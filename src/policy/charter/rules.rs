//! The Cedar files, read strictly: every rule named, the floor only forbids, nothing misspelt.

use super::{CHARTER_ERROR, CedarSources, NOT_PERMITTED, fault};
use crate::{
    flow::{Clause, RuleId},
    policy::{Categories, Diagnostic, Severity},
};
use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use std::{collections::HashMap, ops::Range};

pub(super) const FLOOR_FILE: &str = "floor.cedar";
pub(super) const LOCAL_FILE: &str = "local.cedar";
pub(super) const SCHEMA_FILE: &str = "schema.cedarschema";

/// What a rule does where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Allows, unless something forbids.
    Permit,
    /// Forbids, whatever permits.
    Forbid,
}

/// One rule, as pages and `explain` show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its `@id`.
    pub id: RuleId,
    /// What it does.
    pub effect: Effect,
    /// The clause it holds (`@clause`).
    pub clause: Option<Clause>,
    /// Other clauses it serves (`@also`).
    pub also: Vec<Clause>,
    /// `floor.cedar` or `local.cedar`.
    pub file: &'static str,
    /// Where in the file, in bytes, with its annotations.
    pub span: Range<usize>,
}

/// What a local rule names that another file must define.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mentioned {
    /// `HG::Integration::"…"`: a file in `integrations/`.
    Integration,
    /// `HG::System::"…"`: a system in `organisations.toml`.
    System,
}

/// One such name. A rule about a connection that does not exist silently never applies, so it is worth asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Of what.
    pub of: Mentioned,
    /// The name, as written.
    pub id: String,
    /// The file.
    pub file: &'static str,
    /// Where, in bytes.
    pub span: Range<usize>,
}

/// Both files, joined.
pub(super) struct Rulebook {
    pub(super) rules: Vec<Rule>,
    pub(super) policies: PolicySet,
    pub(super) mentions: Vec<Mention>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Reads floor and local rules. All findings of both files are told at once.
pub(super) fn read(
    sources: &CedarSources<'_>,
    schema: &Schema,
    categories: &Categories,
) -> Result<Rulebook, Vec<Diagnostic>> {
    let mut reader = Reader { schema, categories, seen: HashMap::new(), found: Vec::new(), book: Rulebook::empty() };
    reader.file(FLOOR_FILE, sources.floor);
    reader.file(LOCAL_FILE, sources.local);
    if reader.found.is_empty() { Ok(reader.book) } else { Err(reader.found) }
}

/// The schema.
pub(super) fn schema(text: &str) -> Result<Schema, Vec<Diagnostic>> {
    let mend = "restore the schema of this build: `havengate init` writes it into a new home";
    Schema::from_cedarschema_str(text).map(|(s, _)| s).map_err(|e| fault::from_cedar(SCHEMA_FILE, &e, mend))
}

/// A finding where `text` is not `ours`, at the first byte that differs.
pub(super) fn differs(file: &str, text: &str, ours: &str) -> Option<Diagnostic> {
    if text == ours {
        return None;
    }
    let same = text.bytes().zip(ours.bytes()).take_while(|(a, b)| a == b).count();
    Some(Diagnostic {
        severity: Severity::Error,
        file: file.to_owned(),
        span: Some(same..text.len().min(same.saturating_add(1))),
        message: "differs from what this build of the gateway enforces".to_owned(),
        mend: "restore the shipped file; put rules of your own, which may only be stricter, in local.cedar".to_owned(),
    })
}

/// A rule name that the gateway uses itself.
pub(super) fn reserved(id: &'static str) -> Result<RuleId, Vec<Diagnostic>> {
    RuleId::parse(id).map_err(|e| {
        vec![error(FLOOR_FILE, None, format!("the name {id} {e}"), "report this: a built-in name is not a name")]
    })
}

impl Rulebook {
    fn empty() -> Self {
        Self { rules: Vec::new(), policies: PolicySet::new(), mentions: Vec::new(), warnings: Vec::new() }
    }
}

struct Reader<'a> {
    schema: &'a Schema,
    categories: &'a Categories,
    /// Each id, and the file that has it.
    seen: HashMap<RuleId, &'static str>,
    found: Vec<Diagnostic>,
    book: Rulebook,
}

impl Reader<'_> {
    fn file(&mut self, file: &'static str, text: &str) {
        let parsed = match text.parse::<PolicySet>() {
            Ok(parsed) => parsed,
            Err(e) => return self.found.extend(fault::from_parse(file, &e)),
        };
        if let Some(template) = parsed.templates().next() {
            let (message, mend) = ("a template is no rule: nothing fills its slot", "write it without ?principal");
            let span = template.as_ref().loc().map(|l| l.start()..l.end());
            self.found.push(error(file, span, message, mend));
        }
        let mut policies: Vec<_> = parsed.policies().map(|p| (span(p), p)).collect();
        policies.sort_by_key(|(s, _)| s.start);
        let mut named = PolicySet::new();
        for (span, policy) in policies {
            let Some(rule) = self.rule(file, span, policy) else { continue };
            self.literals(&rule, text, policy);
            let renamed = policy.new_id(PolicyId::new(rule.id.as_str()));
            let joined = [self.book.policies.add(renamed.clone()), named.add(renamed)];
            for e in joined.into_iter().filter_map(Result::err) {
                self.found.extend(fault::from_cedar(file, &e, "give every rule an @id of its own"));
            }
            self.book.rules.push(rule);
        }
        self.validate(file, &named);
    }

    /// The rule's annotations. Problems are noted; `None` where it has no name to go by.
    fn rule(&mut self, file: &'static str, span: Range<usize>, policy: &Policy) -> Option<Rule> {
        let floor = file == FLOOR_FILE;
        let mut note = |message: String, mend: &str| self.found.push(error(file, Some(span.clone()), message, mend));
        let effect = match policy.effect() {
            cedar_policy::Effect::Permit => Effect::Permit,
            cedar_policy::Effect::Forbid => Effect::Forbid,
        };
        if floor && effect == Effect::Permit {
            note("the floor may only forbid".to_owned(), "move this permit to local.cedar");
        }
        for (key, _) in policy.annotations().filter(|(k, _)| !matches!(*k, "id" | "clause" | "also" | "note")) {
            note(format!("@{key} means nothing here"), "use @id, @clause, @also or @note");
        }
        let clause = clauses("clause", policy, &mut note);
        let also = clauses("also", policy, &mut note);
        let words = policy.annotation("clause").map(|c| c.split_ascii_whitespace().count());
        if !(words == Some(1) || (words.is_none() && !floor)) {
            note("has not exactly one clause".to_owned(), "add @clause(\"DATA-3\"), and others with @also");
        }
        let id = name(policy, &mut note)?;
        if let Some(other) = self.seen.insert(id.clone(), file) {
            let message = format!("a second rule named {id}; the first is in {other}");
            self.found.push(error(file, Some(span), message, "give every rule an @id of its own"));
            return None;
        }
        Some(Rule { id, effect, clause: clause.first().copied(), also, file, span })
    }

    /// Names within a rule: categories must exist, connections and recipients are handed on.
    fn literals(&mut self, rule: &Rule, text: &str, policy: &Policy) {
        if rule.file == FLOOR_FILE {
            return; // A category the floor names and nobody defines is unknown, and unknown never leaves.
        }
        for uid in policy.entity_literals() {
            let id: &str = uid.id().as_ref();
            let within = text.get(rule.span.clone()).and_then(|t| t.find(&format!("\"{id}\"")));
            let span = within.map_or_else(
                || rule.span.clone(),
                |at| {
                    let start = rule.span.start.saturating_add(at);
                    start..start.saturating_add(id.len()).saturating_add(2)
                },
            );
            let mention = |of| Mention { of, id: id.to_owned(), file: rule.file, span: span.clone() };
            match uid.type_name().basename() {
                "Category" if !self.categories.0.contains_key(id) => {
                    let mend = "use a category of categories.toml, or a group such as HG::Group::\"identity\"";
                    self.found.push(error(rule.file, Some(span), format!("no category is named {id}"), mend));
                }
                "Integration" => self.book.mentions.push(mention(Mentioned::Integration)),
                "System" => self.book.mentions.push(mention(Mentioned::System)),
                _ => {}
            }
        }
    }

    fn validate(&mut self, file: &'static str, policies: &PolicySet) {
        let result = Validator::new(self.schema.clone()).validate(policies, ValidationMode::Strict);
        let mend = "use the words of schema.cedarschema";
        for finding in result.validation_errors().flat_map(|e| fault::from_cedar(file, e, mend)) {
            // The same words fail once for each action; once is enough to mend them.
            let told = |d: &Diagnostic| d.file == file && d.span == finding.span && d.mend == finding.mend;
            if finding.span.is_none() || !self.found.iter().any(told) {
                self.found.push(finding);
            }
        }
        if file == FLOOR_FILE {
            return; // facts-complete can never apply to a valid request; that is its purpose.
        }
        for w in result.validation_warnings() {
            let warnings = fault::from_cedar(file, w, "change the rule, or remove it if it is not needed");
            self.book.warnings.extend(warnings.into_iter().map(|d| Diagnostic { severity: Severity::Warning, ..d }));
        }
    }
}

/// The rule's `@id`, unless it is missing, no name, or one of the gateway's own.
fn name(policy: &Policy, note: &mut impl FnMut(String, &str)) -> Option<RuleId> {
    match policy.annotation("id").map(RuleId::parse) {
        Some(Ok(id)) if matches!(id.as_str(), NOT_PERMITTED | CHARTER_ERROR) => {
            note(format!("the name {id} is the gateway's own"), "name the rule otherwise");
        }
        Some(Ok(id)) => return Some(id),
        Some(Err(e)) => note(format!("@id {e}"), "name the rule like no-sleep-site"),
        None => note("a rule without @id".to_owned(), "add @id(\"…\") before it, so that a refusal can name it"),
    }
    None
}

/// The clauses an annotation names, those that exist.
fn clauses(key: &str, policy: &Policy, note: &mut impl FnMut(String, &str)) -> Vec<Clause> {
    let mut read = Vec::new();
    for word in policy.annotation(key).unwrap_or_default().split_ascii_whitespace() {
        match word.parse() {
            Ok(clause) => read.push(clause),
            Err(e) => note(format!("@{key} {e}"), "name a clause of charter.toml, such as DATA-3"),
        }
    }
    read
}

fn span(policy: &Policy) -> Range<usize> {
    policy.as_ref().loc().map_or(0..0, |l| l.start()..l.end())
}

fn error(file: &str, span: Option<Range<usize>>, message: impl Into<String>, mend: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        file: file.to_owned(),
        span,
        message: message.into(),
        mend: mend.to_owned(),
    }
}
