//! The header row: which column is which, and which names may leave.

use super::{row::Fault, rows::stead};
use crate::policy::integration::{BodyRules, Dialect, RecordTarget, folded};
use std::collections::HashSet;

/// What the rules say of one column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Column {
    /// The rule that lists it: its place among the record's.
    pub(super) rule: Option<u16>,
    /// It names whom a row is about.
    pub(super) subject: bool,
    /// What it holds, another column of the same row says.
    pub(super) answers: bool,
    /// Whatever is decided of it, an empty cell of it stays one.
    pub(super) bare: bool,
}

/// What the rules say of a column of this name.
pub(super) fn column(rules: &BodyRules, name: &str) -> Column {
    let Some(record) = rules.records.first() else { return Column::default() };
    let mut column = Column::default();
    for target in record.matcher.accepts(record.matcher.member(record.matcher.start(), name)) {
        match target {
            RecordTarget::Field(rule) => column.rule = Some(*rule),
            RecordTarget::Subject => column.subject = true,
            RecordTarget::Choice(_)
            | RecordTarget::Keys(_)
            | RecordTarget::Dependant
            | RecordTarget::DependantSubject => {}
        }
    }
    column.answers = record.choices.iter().filter_map(|(_, place)| place.answered()).any(|(answer, ..)| answer == name);
    let rule = column.rule.and_then(|rule| record.fields.get(usize::from(rule)));
    column.bare = !column.answers && rule.is_none_or(|rule| stead(&rule.denied).is_empty());
    column
}

/// A question that a table may ask, and by which rule its answer is decided.
#[derive(Debug)]
pub(super) struct Asked {
    /// The column with the answers.
    pub(super) answer: usize,
    /// The column with the questions.
    pub(super) column: usize,
    pub(super) question: String,
    pub(super) rule: u16,
}

/// The questions of a table with these columns.
pub(super) fn asked(rules: &BodyRules, names: &[String]) -> Vec<Asked> {
    let at = |name: &str| names.iter().position(|known| known == name);
    let choices = rules.records.first().map_or(&[][..], |record| record.choices.as_slice());
    let asked = choices.iter().filter_map(|(rule, place)| {
        let (answer, column, question) = place.answered()?;
        Some(Asked { answer: at(answer)?, column: at(column)?, question: question.to_owned(), rule: *rule })
    });
    asked.collect()
}

/// Whether the names tell the columns apart, for forgiving readers too. The place in a fault is the column's.
pub(super) fn judge(names: &[String], dialect: &Dialect) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for (at, name) in names.iter().enumerate() {
        let name = folded(name);
        if name.is_empty() {
            return Err(Fault { at, what: "a column without a name" });
        }
        if !seen.insert(name) {
            let what = "a column's name for the second time, if only in other capitals or with spaces around it";
            return Err(Fault { at, what });
        }
    }
    if names.len() == 1 && dialect.quote.is_none() {
        let what = "a single column, in which a cell without quotes cannot be emptied; declare `quote` in its dialect";
        return Err(Fault { at: 0, what });
    }
    Ok(())
}

/// The names that leave. A name that the connection's file does not hold is the sender's data: something neutral stands
/// in its place, so that columns keep their places and names stay apart.
pub(super) fn leaving(names: &[String], columns: &[Column], dialect: &Dialect) -> Vec<Option<String>> {
    let known = |name: &str, column: &Column| {
        column.rule.is_some()
            || column.answers
            || column.subject
            || dialect.columns.iter().any(|known| **known == *name)
    };
    let kept: HashSet<String> =
        names.iter().zip(columns).filter(|(n, c)| known(n, c)).map(|(n, _)| folded(n)).collect();
    let neutral = |at: usize| {
        let mut name = format!("withheld_{}", at + 1);
        while kept.contains(&name) {
            name.push('_');
        }
        name
    };
    let all = names.iter().zip(columns).enumerate();
    all.map(|(at, (name, column))| (!known(name, column)).then(|| neutral(at))).collect()
}
