//! Values of which the policy lists every one: a query's document, the words of an enumeration.

use super::{Outcome, PersonId, Tally, Value, fault, refusals::with_reason};
use crate::{
    policy::integration::FieldRule,
    screen::Judge,
    verdict::{Code, Refusal},
};
use std::sync::Arc;

impl Tally {
    /// Decides a value that is one of those its rule lists, or none. What leaves is what the policy says, which somebody
    /// has read, so it is not searched; a recipient that it names is judged.
    ///
    /// # Errors
    /// When withholding it stops the request.
    pub(super) fn one_of(
        &mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        value: &Value<'_>,
    ) -> Result<Outcome<'_>, Box<Refusal>> {
        let Some(rule) = self.rules.get(who.1).map(Arc::clone) else { return Err(fault()) };
        let text = match value {
            Value::Null => {
                self.sent(who);
                return Ok(Outcome::Raw);
            }
            Value::Text(text) | Value::Number(text) | Value::Bool(text) => text,
        };
        let mut listed = rule.one_of.iter().flat_map(|listed| listed.iter());
        let Some(listed) = listed.find(|listed| is_same(listed, text)) else { return self.unread(who, &rule) };
        if let Some(why) = judge.names(Some(&rule), listed) {
            return self.named((who.0.0 as usize * self.count + who.1, who.1), why);
        }
        self.sent(who);
        Ok(if **listed == **text { Outcome::Raw } else { Outcome::Text(listed.to_string()) })
    }
}

/// What comes after `fixed` at the beginning of `text`, where they differ at most in how much white space stands where.
pub(super) fn same_words<'t>(fixed: &str, text: &'t str) -> Option<&'t str> {
    let (mut fixed, mut rest) = (fixed, text);
    while let Some(first) = fixed.chars().next() {
        if first.is_ascii_whitespace() {
            if !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
                return None;
            }
            (fixed, rest) = (fixed.trim_ascii_start(), rest.trim_ascii_start());
        } else {
            rest = rest.strip_prefix(first)?;
            fixed = fixed.get(first.len_utf8()..)?;
        }
    }
    Some(rest)
}

/// Whether two texts are the same but for white space, of which programs that write documents put in more or less.
fn is_same(listed: &str, text: &str) -> bool {
    listed == text || listed.split_ascii_whitespace().eq(text.split_ascii_whitespace())
}

/// Why a value that is none of those that are listed does not leave.
pub(super) fn unlisted(rule: &FieldRule) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, "the value is none of those that its rule lists");
    let remedy = "send one of them, or add this one to `one_of` in the connection's file";
    with_reason(refusal, "listed-value", None, Some(rule), remedy)
}
