//! Query texts: the text must be the template's, each literal is judged by its own rule and written again by us.

use super::{Outcome, PersonId, Plain, Rules, Tally, Value, fault, one_of::same_words, refusals::with_reason};
use crate::{
    policy::integration::{Denied, FieldRule, Language, Piece, Template},
    screen::{Judge, Person},
    verdict::{Code, Refusal},
};
use std::sync::Arc;

impl Tally {
    /// Decides a query text. One that is not the template's is withheld, as its rule says.
    ///
    /// # Errors
    /// When a literal stops the request, or withholding the query does.
    pub(super) fn template(
        &mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        template: &Template,
        value: &Value<'_>,
    ) -> Result<Outcome<'_>, Box<Refusal>> {
        let rule = self.rules.get(who.1).map(Arc::clone);
        let (Some(rule), Some(person)) = (rule, self.people.get(who.0.0 as usize).cloned()) else {
            return Err(fault());
        };
        let Value::Text(text) = value else { return self.unread(who, &rule) };
        let Some(literals) = read(template, text) else { return self.unread(who, &rule) };
        let mut inner = Self::new(Rules::listed(template.rules.iter().cloned()), self.most);
        inner.within_record(self.as_outer());
        let about = inner.person(&person);
        if judge.detects() {
            for (number, said, _) in &literals {
                inner.learn((about, *number), judge, Plain(said))?;
            }
        }
        let mut written = Vec::new();
        for (number, said, was) in &literals {
            let said = match inner.decide((about, *number), judge, Plain(said))? {
                Outcome::Raw => said.clone(),
                Outcome::Text(text) => text,
                Outcome::Withheld(Denied::Const(text)) => text.to_string(),
                Outcome::Withheld(Denied::Empty) => String::new(),
                // A query without one of its literals is another query.
                Outcome::Withheld(_) => return self.unread(who, &rule),
            };
            let Some(literal) = template.language.write(&said, was) else { return self.unread(who, &rule) };
            written.push(literal);
        }
        self.absorb(inner.findings())?;
        self.sent(who);
        let mut written = written.into_iter();
        let pieces = template.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Literal(_) => written.next().unwrap_or_default(),
        });
        Ok(Outcome::Text(pieces.collect()))
    }
}

impl Tally {
    /// Takes note of the literals that do not leave. Of a query that is not the template's nothing leaves, and nobody
    /// knows what in it is somebody's.
    ///
    /// # Errors
    /// When more is withheld than can be looked for.
    pub(super) fn learn_template(
        &mut self,
        person: &Person,
        judge: &mut dyn Judge,
        template: &Template,
        value: &Value<'_>,
    ) -> Result<(), Box<Refusal>> {
        let Value::Text(text) = value else { return Ok(()) };
        let Some(literals) = read(template, text) else { return Ok(()) };
        let mut inner = Self::new(Rules::listed(template.rules.iter().cloned()), self.most);
        inner.within_record(None);
        let about = inner.person(person);
        for (number, said, _) in &literals {
            inner.learn((about, *number), judge, Plain(said))?;
        }
        self.learn_withheld(inner.withheld())
    }
}

/// The literals of a text that is the template's: the position of each one's rule, what it says, and how it was written.
fn read<'t>(template: &Template, text: &'t str) -> Option<Vec<(usize, String, &'t str)>> {
    let mut rest = text;
    let mut literals = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(fixed) => rest = after(template.language, fixed, rest)?,
            Piece::Literal(number) => {
                let (said, after) = template.language.read(rest)?;
                let was = rest.get(..rest.len() - after.len())?;
                literals.push((*number, said, was));
                rest = after;
            }
        }
    }
    rest.is_empty().then_some(literals)
}

/// What comes after a fixed text. White space between SOQL's words may differ: what leaves is the template's.
fn after<'t>(language: Language, fixed: &str, text: &'t str) -> Option<&'t str> {
    match language {
        Language::Fhir => text.strip_prefix(fixed),
        Language::Soql => same_words(fixed, text),
    }
}

/// Why a query that is not its rule's does not leave.
pub(super) fn other(rule: &FieldRule) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, "the query is not the one that its rule lists");
    let remedy = "send the listed query with its literals, or correct `template` in the connection's file";
    with_reason(refusal, "listed-query", None, Some(rule), remedy)
}
