//! Tables and forms: one kind of record, nothing outside it and nobody within it.

use super::{Problems, place};
use crate::policy::{
    integration::{Dialect, Format},
    source::{
        At,
        integration::{Answers, Body, Denied, Record},
        read::hint,
    },
};

/// Whether nothing is said of the body that its format does not have. Of other formats everything may be said.
pub(super) fn check(file: &str, text: &Body, format: &Format, problems: &mut Problems) -> bool {
    let what = match format {
        Format::Table(_) => "every row of a table is a record",
        Format::Form => "a form is one record",
        _ => return true,
    };
    let mut fine = true;
    let mut wrong = |span, message: String, mend: &str| {
        problems.error(place(file, span), message, mend);
        fine = false;
    };
    if let Some(key) = text.envelope.keys().next() {
        let mend = "list it under `[operation.body.record.fields]`";
        wrong(key.span(), format!("{what}, and nothing stands outside records"), mend);
    }
    if let Some(second) = text.record.get(1) {
        let mend = "keep one `[[operation.body.record]]`";
        wrong(second.span(), format!("{what}, all of one kind"), mend);
    }
    for record in text.record.iter().map(|r| r.get_ref()) {
        if let Some(select) = &record.select {
            wrong(select.span(), format!("{what} already"), "take `select` out");
        }
        if let Some(dependants) = &record.dependants {
            let mend = "take `dependants` out, and give each person a record of their own";
            wrong(dependants.span(), format!("{what} about one person"), mend);
        }
        if let Format::Table(dialect) = format {
            fits(record, dialect, &mut wrong);
            record.answers.iter().for_each(|pairs| asks(record, pairs.get_ref(), &mut wrong));
        }
    }
    fine
}

/// What is named is a column where columns are known beforehand, and what is written can stand in a cell.
fn fits(record: &Record, dialect: &Dialect, wrong: &mut impl FnMut(std::ops::Range<usize>, String, &str)) {
    let known = |name: &str| dialect.header || dialect.columns.iter().any(|c| **c == *name);
    let subject = record.subject.as_ref().and_then(|s| Some((s.span(), s.get_ref().strip_prefix("body:")?)));
    let fields = record.fields.keys().map(|key| (key.span(), key.get_ref().as_str()));
    let answers = record.answers.iter().flat_map(|pairs| [&pairs.get_ref().question, &pairs.get_ref().answer]);
    let answers = answers.map(|column| (column.span(), column.get_ref().as_str()));
    for (span, name) in fields.chain(subject).chain(answers).filter(|(_, name)| !known(name)) {
        let names = dialect.columns.iter().map(|c| &**c);
        let mend = format!("{}list every column under `dialect.columns`, in their order", hint(name, names));
        wrong(span, format!("there is no column `{name}`"), &mend);
    }
    let asked = record.answers.iter().flat_map(|pairs| pairs.get_ref().table.values());
    let denied = record.fields.values().chain(asked).filter_map(|field| field.get_ref().denied.as_ref());
    for text in denied.filter(|d: &&At<Denied>| matches!(d.get_ref(), Denied::Const(t) if !dialect.can_hold(t))) {
        let mend =
            "write it without control characters and, where cells are not quoted, in one line without delimiters";
        wrong(text.span(), "this cannot stand in a cell".to_owned(), mend);
    }
}

/// Questions and answers of a table: two columns, of which the answer's is what the question says and nothing else.
fn asks(record: &Record, pairs: &Answers, wrong: &mut impl FnMut(std::ops::Range<usize>, String, &str)) {
    if let Some(select) = &pairs.select {
        wrong(select.span(), "every row of a table is one question with its answer".to_owned(), "take `select` out");
    }
    let (question, answer) = (pairs.question.get_ref(), &pairs.answer);
    if question == answer.get_ref() {
        let mend = "name the column that holds the answers";
        wrong(answer.span(), format!("`{question}` is the question's own column"), mend);
    }
    if let Some(key) = record.fields.keys().find(|key| key.get_ref() == answer.get_ref()) {
        let mend = "take it out of `fields`: the question says what the answer holds";
        wrong(key.span(), format!("`{}` is the column of answers", key.get_ref()), mend);
    }
    let subject = record.subject.as_ref().and_then(|s| s.get_ref().strip_prefix("body:"));
    if subject == Some(answer.get_ref().as_str()) {
        let mend = "name another column";
        wrong(answer.span(), "the column that says whom a row is about holds no answers".to_owned(), mend);
    }
}
