//! Questions and answers: the same place holds a nationality or the wish for a window, and the question says which.
//!
//! Each question of the table becomes a field whose selector has a filter: `$.questions[*]` with its question at `$.id`
//! and its answer at `$.answer` lists `$.questions[?@.id == "nationality"].answer`. A question that the table does not
//! know has an answer that no rule lists.
//!
//! In a table each row is a pair, and question and answer are columns: `AssessmentAnswer where AssessmentQuestion is
//! "nationality"` is what such a place is called.

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
    if matches!(format, Format::Table(_)) {
        return columns(file, written, meaning, problems);
    }
    if !matches!(format, Format::Json | Format::JsonLines) {
        let mend = "list the places by name; only JSON bodies and tables have questions and answers";
        problems.error(place(file, text.span()), "this format has no questions and answers", mend);
        return Vec::new();
    }
    let Some(select) = &written.select else {
        let mend = "add `select = \"$.answers[*]\"`, or where they are";
        problems.error(place(file, text.span()), "nothing says where questions and answers are", mend);
        return Vec::new();
    };
    let mut selector = |text: &At<String>| parse(file, text.span(), text.get_ref(), format, problems);
    let (pairs, question, answer) = (selector(select), selector(&written.question), selector(&written.answer));
    let rules = fields::compile(file, &written.table, Site::Body, meaning, problems);
    let (Some(pairs), Some(question), Some(answer)) = (pairs, question, answer) else { return Vec::new() };
    for (at, selector) in [(select, &pairs), (&written.question, &question), (&written.answer, &answer)] {
        selectors::no_filter(file, &at.span(), selector, problems);
    }
    let of_question = |text: &str| pairs.only_where(&question, text).map(|pair: Selector| pair.join(&answer));
    let listed = rules.into_iter().map(|(key, rule)| match of_question(key.get_ref()) {
        Ok(selector) => {
            let rule = called(rule, key.get_ref(), &selector);
            Ok((Placed::new(key.span(), selector, ()), rule))
        }
        Err(error) => Err(error),
    });
    match listed.collect() {
        Ok(rules) => rules,
        Err(error) => {
            problems.error(place(file, select.span()), error.message, error.mend);
            Vec::new()
        }
    }
}

/// Of a table: every row is a pair. Whether there are such columns is known where the table's columns are.
fn columns(
    file: &str,
    written: &Answers,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Vec<(Placed<()>, FieldRule)> {
    let (question, answer) = (written.question.get_ref(), written.answer.get_ref());
    let rules = fields::compile(file, &written.table, Site::Cell, meaning, problems);
    let listed = rules.into_iter().map(|(key, rule)| {
        let selector = Selector::answer_where(answer, question, key.get_ref());
        let rule = called(rule, key.get_ref(), &selector);
        (Placed::new(key.span(), selector, ()), rule)
    });
    listed.collect()
}

/// The rule of a question, by the name of its answer's place: so are the places called that are within the answer.
fn called(rule: FieldRule, question: &str, place: &Selector) -> FieldRule {
    fields::moved_rule(rule, &|path| format!("{place}{}", path.strip_prefix(question).unwrap_or_default()))
}
