//! Questions and answers: the same place holds a nationality or the wish for a window, and the question says which.
//!
//! Each question of the table becomes a field whose selector has a filter: `$.questions[*]` with its question at `$.id`
//! and its answer at `$.answer` lists `$.questions[?@.id == "nationality"].answer`. A question that the table does not
//! know has an answer that no rule lists.

use super::{
    Meaning, Problems, fields, parse, place,
    selectors::{self, Placed},
};
use crate::policy::{
    compile::fields::Site,
    integration::{FieldRule, Format},
    selector::Selector,
    source::{At, integration::Answers},
};

/// The rules of one table, each with its selector, in the order they are written.
pub(super) fn compile(
    file: &str,
    text: &At<Answers>,
    format: &Format,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Vec<(Placed<()>, FieldRule)> {
    let written = text.get_ref();
    if !matches!(format, Format::Json | Format::JsonLines) {
        let mend = "list the places by name; only JSON bodies have questions and answers";
        problems.error(place(file, text.span()), "this format has no questions and answers", mend);
        return Vec::new();
    }
    let mut selector = |text: &At<String>| parse(file, text.span(), text.get_ref(), format, problems);
    let (pairs, question, answer) = (selector(&written.select), selector(&written.question), selector(&written.answer));
    let rules = fields::compile(file, &written.table, Site::Body, meaning, problems);
    let (Some(pairs), Some(question), Some(answer)) = (pairs, question, answer) else { return Vec::new() };
    for (at, selector) in [(&written.select, &pairs), (&written.question, &question), (&written.answer, &answer)] {
        selectors::no_filter(file, &at.span(), selector, problems);
    }
    let of_question = |text: &str| pairs.only_where(&question, text).map(|pair: Selector| pair.join(&answer));
    let listed = rules.into_iter().map(|(key, rule)| match of_question(key.get_ref()) {
        Ok(selector) => {
            let rule = FieldRule { path: selector.as_str().into(), ..rule };
            Ok((Placed::new(key.span(), selector, ()), rule))
        }
        Err(error) => Err(error),
    });
    match listed.collect() {
        Ok(rules) => rules,
        Err(error) => {
            problems.error(place(file, written.select.span()), error.message, error.mend);
            Vec::new()
        }
    }
}
