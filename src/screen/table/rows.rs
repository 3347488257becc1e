//! Row after row: the header row first, then whom each row is about and what of it leaves.

use super::{
    header::{self, Asked, Column},
    row::{Cell, Fault, Row},
    write::{self, InCell},
};
use crate::{
    policy::integration::{BodyRules, Denied, Dialect, SubjectSource, Unlisted},
    screen::{
        Judge, Person,
        body::Limits,
        dotted::Lookout,
        tally::{self, Outcome, PersonId, Tally, UNKNOWN},
    },
    verdict::{Code, Refusal},
};
use std::{borrow::Cow, sync::Arc};

type Read<T> = Result<T, Box<Refusal>>;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug)]
pub(super) struct Rows {
    rules: Arc<BodyRules>,
    dialect: Dialect,
    limits: Limits,
    /// Whom rows are about that do not say so themselves.
    request_person: PersonId,
    /// Where in the body the row begins that is being read.
    at: u64,
    /// How many rows were read before it.
    number: u64,
    row: Row,
    names: Vec<String>,
    columns: Vec<Column>,
    /// What answers hold, by their questions.
    asked: Vec<Asked>,
    /// The column that names whom a row is about.
    subject: Option<usize>,
    pub(super) tally: Tally,
    pub(super) out: Vec<u8>,
}

impl Rows {
    pub(super) fn new(rules: Arc<BodyRules>, dialect: Dialect, limits: Limits, request_person: &Person) -> Self {
        let mut tally = Tally::of_body(&rules, limits);
        let request_person = match rules.records.first().map(|record| &record.subject) {
            Some(SubjectSource::Path(_) | SubjectSource::Query(_) | SubjectSource::Header(_)) => {
                tally.person(request_person)
            }
            _ => UNKNOWN,
        };
        let row = Row::new(&dialect);
        let (names, columns) = (Vec::new(), Vec::new());
        Self {
            rules,
            dialect,
            limits,
            request_person,
            at: 0,
            number: 0,
            row,
            names,
            columns,
            asked: Vec::new(),
            subject: None,
            tally,
            out: Vec::new(),
        }
    }

    /// Reads and writes the rows that are whole. `bytes` begin with the row that is being read; says how many of them
    /// are done with.
    pub(super) fn read(&mut self, bytes: &[u8], at_end: bool, judge: &mut dyn Judge) -> Read<usize> {
        self.out.reserve(bytes.len());
        let mut done = 0;
        if self.at == 0 {
            if bytes.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(bytes) && !at_end {
                return Ok(0);
            }
            if bytes.starts_with(BYTE_ORDER_MARK) {
                done = BYTE_ORDER_MARK.len();
                self.at = done as u64;
            }
        }
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let within = rest.get(..self.limits.record).unwrap_or(rest);
            let whole = match self.row.read(within) {
                Ok(None) if rest.len() > within.len() => return Err(self.too_large()),
                Ok(None) if at_end => self.row.read_end(within).map(Some),
                read => read,
            };
            let Some(length) = whole.map_err(|fault| self.malformed(fault))? else { break };
            self.end(rest.get(..length).unwrap_or_default(), judge)?;
            done += length;
            self.at += length as u64;
            self.number += 1;
            self.row.clear();
        }
        if at_end && self.number == 0 && self.dialect.header {
            return Err(self.malformed(Fault { at: 0, what: "no header row" }));
        }
        Ok(done)
    }

    /// A row is whole.
    fn end(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Read<()> {
        if self.number == 0 {
            self.first(bytes).map_err(|fault| self.malformed(fault))?;
            if self.dialect.header {
                return Ok(());
            }
        }
        if self.row.cells.len() != self.columns.len() {
            return Err(self.ragged());
        }
        self.no_header(bytes).map_err(|fault| self.malformed(fault))?;
        self.write(bytes, judge)
    }

    /// The first row: names the columns or stands below names that are known. A header row is written.
    fn first(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if bytes.starts_with(BYTE_ORDER_MARK) {
            return Err(Fault { at: 0, what: "a second byte order mark" });
        }
        if is_separator_line(bytes) {
            let what = "Excel's `sep=` line; send the table without it, and declare `delimiter` in its dialect";
            return Err(Fault { at: 0, what });
        }
        if self.row.cells.len() > self.limits.members {
            return Err(Fault { at: 0, what: "more columns than the limit" });
        }
        if self.dialect.header {
            self.names = self.row.cells.iter().map(|c| write::text(bytes, *c, &self.dialect).into_owned()).collect();
        } else {
            self.names = self.dialect.columns.iter().map(|name| (**name).to_owned()).collect();
        }
        header::judge(&self.names, &self.dialect).map_err(|fault| {
            let at = self.row.cells.get(fault.at).map_or(0, |cell| cell.from);
            Fault { at, ..fault }
        })?;
        self.columns = self.names.iter().map(|name| header::column(&self.rules, name)).collect();
        self.subject = self.columns.iter().position(|column| column.subject);
        self.asked = header::asked(&self.rules, &self.names);
        if self.dialect.header {
            let mut copied = 0;
            let leaving = header::leaving(&self.names, &self.columns, &self.dialect);
            for (cell, neutral) in self.row.cells.iter().zip(leaving) {
                if let Some(name) = neutral {
                    self.out.extend_from_slice(bytes.get(copied..cell.from).unwrap_or_default());
                    self.out.extend_from_slice(name.as_bytes());
                    copied = cell.to;
                }
            }
            self.out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        }
        Ok(())
    }

    /// Refuses a row that repeats the columns' names.
    fn no_header(&self, bytes: &[u8]) -> Result<(), Fault> {
        let mut both = self.row.cells.iter().zip(&self.names);
        if !both.all(|(cell, name)| write::text(bytes, *cell, &self.dialect) == **name) {
            return Ok(());
        }
        let what = if self.dialect.header {
            "the header row once more; send each table by itself"
        } else {
            "a header row, which the dialect says there is none of"
        };
        Err(Fault { at: 0, what })
    }

    fn write(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Read<()> {
        let rules = Arc::clone(&self.rules);
        let Some(person) = self.whom(bytes, judge)? else { return self.suppress(bytes) };
        let fields = rules.records.first().map_or(&[][..], |record| record.fields.as_slice());
        self.learn(person, bytes, judge)?;
        let mut lookout = Lookout::new(bytes.len());
        let mut copied = 0;
        let mut asked = false;
        let alone = self.columns.len() == 1;
        let first = rules.envelope.len();
        for (at, (cell, column)) in self.row.cells.iter().zip(&self.columns).enumerate() {
            // Whatever the judge says, nothing stands there and nothing is to. It is asked of one cell of each row, for a
            // row about one person too many is refused.
            if cell.from == cell.to && column.bare && (asked || column.rule.is_none()) {
                continue;
            }
            let rule = if column.answers { self.answered(at, bytes) } else { column.rule };
            let instead = match rule {
                Some(rule) if cell.is_empty() => {
                    asked = true;
                    let permitted = self.tally.permits((person, first + usize::from(rule)), judge)?;
                    // A rule that is not there lets nothing stand there.
                    if permitted {
                        None
                    } else {
                        Some(fields.get(usize::from(rule)).map_or(Cow::Borrowed(""), |r| stead(&r.denied)))
                    }
                }
                Some(rule) => {
                    asked = true;
                    let value = InCell { bytes, cell: *cell, dialect: &self.dialect, lookout: &mut lookout };
                    decide(&mut self.tally, (person, first + usize::from(rule)), judge, value)?
                }
                None if cell.is_empty() => Some(Cow::Borrowed("")),
                None if rules.unlisted == Unlisted::Block && !column.subject => return Err(self.blocked(at, *cell)),
                None => {
                    self.tally.unlisted += 1;
                    Some(Cow::Borrowed(""))
                }
            };
            match instead {
                None => continue,
                // Nothing was there and nothing is to be.
                Some(text) if text.is_empty() && cell.from == cell.to => continue,
                Some(text) => {
                    self.out.extend_from_slice(bytes.get(copied..cell.from).unwrap_or_default());
                    if alone || !text.is_empty() {
                        write::cell(&text, &self.dialect, alone, &mut self.out)?;
                    }
                    copied = cell.to;
                }
            }
        }
        self.out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        Ok(())
    }

    /// What one cell withholds must not leave in another.
    fn learn(&mut self, person: PersonId, bytes: &[u8], judge: &mut dyn Judge) -> Read<()> {
        self.tally.begin_record();
        if !judge.detects() {
            return Ok(());
        }
        let mut lookout = Lookout::new(0);
        for at in 0..self.columns.len() {
            let Some(cell) = self.row.cells.get(at).copied().filter(|cell| !cell.is_empty()) else { continue };
            let Some(rule) = self.rule_of(at, bytes) else { continue };
            let who = (person, self.rules.envelope.len() + usize::from(rule));
            let value = InCell { bytes, cell, dialect: &self.dialect, lookout: &mut lookout };
            self.tally.learn(who, judge, value)?;
        }
        Ok(())
    }

    /// Whom the row is about; `None` for a cell of a table of counts with too few people.
    fn whom(&mut self, bytes: &[u8], judge: &dyn Judge) -> Read<Option<PersonId>> {
        let rules = Arc::clone(&self.rules);
        let Some(aggregate) = rules.records.first().and_then(|record| record.aggregate.as_ref()) else {
            return Ok(Some(self.person(bytes)));
        };
        let both = self.row.cells.iter().zip(&self.columns);
        let counts = both.filter(|(_, column)| column.rule.is_some_and(|rule| aggregate.counts.contains(&rule)));
        let texts: Vec<_> = counts.map(|(cell, _)| write::text(bytes, *cell, &self.dialect)).collect();
        let group = self.tally.is_group(aggregate, texts.iter().map(AsRef::as_ref), judge)?;
        Ok(group.then_some(tally::GROUP))
    }

    /// Writes a row of empty cells.
    fn suppress(&mut self, bytes: &[u8]) -> Read<()> {
        let mut copied = 0;
        for (cell, column) in self.row.cells.iter().zip(&self.columns) {
            self.out.extend_from_slice(bytes.get(copied..cell.from).unwrap_or_default());
            if cell.from < cell.to {
                write::cell("", &self.dialect, self.columns.len() == 1, &mut self.out)?;
            }
            copied = cell.to;
            match column.rule {
                Some(rule) => self.tally.suppress(self.rules.envelope.len() + usize::from(rule)),
                None => self.tally.unlisted += u64::from(!cell.is_empty()),
            }
        }
        self.out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        Ok(())
    }

    /// The rule that lists a cell: its column's or, where another column asks, the one that the question has. Two that
    /// both have it let nothing out.
    #[inline]
    fn rule_of(&self, at: usize, bytes: &[u8]) -> Option<u16> {
        let column = self.columns.get(at)?;
        if column.answers { self.answered(at, bytes) } else { column.rule }
    }

    fn answered(&self, at: usize, bytes: &[u8]) -> Option<u16> {
        let mut found = self.asked.iter().filter(|asked| {
            let question = self.row.cells.get(asked.column);
            asked.answer == at
                && question.is_some_and(|cell| write::text(bytes, *cell, &self.dialect) == *asked.question)
        });
        let rule = found.next()?.rule;
        found.next().is_none().then_some(rule)
    }

    /// Whom the row is about.
    fn person(&mut self, bytes: &[u8]) -> PersonId {
        let Some(SubjectSource::Body(_)) = self.rules.records.first().map(|record| &record.subject) else {
            return self.request_person;
        };
        match self.subject.and_then(|at| self.row.cells.get(at).copied()) {
            Some(cell) if !cell.is_empty() => self.tally.one(&write::text(bytes, cell, &self.dialect)),
            _ => UNKNOWN,
        }
    }

    /// A cell of a column that no rule lists, where that stops the request.
    #[cold]
    fn blocked(&self, at: usize, cell: Cell) -> Box<Refusal> {
        let (row, column, byte) = (self.number + 1, at + 1, self.at + cell.from as u64);
        Box::new(tally::unlisted(format!(
            "the table holds something in row {row}, column {column}, at byte {byte} that no rule lists, and this \
             operation stops on that"
        )))
    }

    #[cold]
    fn malformed(&self, fault: Fault) -> Box<Refusal> {
        let (row, byte) = (self.number + 1, self.at + fault.at as u64);
        let detail = format!(
            "the body is not a table that can be read in one way only: {} in row {row}, at byte {byte}",
            fault.what
        );
        Box::new(Refusal::plain(Code::BodyMalformed, detail))
    }

    #[cold]
    fn ragged(&self) -> Box<Refusal> {
        let (row, cells, columns) = (self.number + 1, self.row.cells.len(), self.columns.len());
        let detail = format!(
            "the body is not a table that can be read in one way only: {cells} cells under {columns} columns in row \
             {row}, at byte {}",
            self.at
        );
        Box::new(Refusal::plain(Code::BodyMalformed, detail))
    }

    #[cold]
    fn too_large(&self) -> Box<Refusal> {
        let (row, limit) = (self.number + 1, self.limits.record);
        let detail = format!("row {row}, at byte {}, has more than {limit} bytes, which is the limit", self.at);
        Box::new(Refusal::plain(Code::BodyTooLarge, detail))
    }
}

/// What stands in the place of a listed cell with something in it; `None` where it leaves as it is.
#[inline]
fn decide<'t>(
    tally: &'t mut Tally,
    who: (PersonId, usize),
    judge: &mut dyn Judge,
    value: InCell<'_, '_>,
) -> Read<Option<Cow<'t, str>>> {
    Ok(match tally.decide(who, judge, value)? {
        Outcome::Raw => None,
        Outcome::Text(text) => Some(Cow::Owned(text)),
        Outcome::Withheld(denied) => Some(stead(denied)),
    })
}

pub(super) fn stead(denied: &Denied) -> Cow<'_, str> {
    match denied {
        Denied::Const(text) => Cow::Borrowed(text),
        // Blocking only comes here for an empty cell, which holds nothing to stop for.
        Denied::Strip | Denied::Null | Denied::Empty | Denied::Block => Cow::Borrowed(""),
    }
}

/// `sep=;`, with which Excel is told the delimiter, and other readers a row.
fn is_separator_line(row: &[u8]) -> bool {
    let line: Vec<u8> = row.iter().filter(|b| !matches!(b, b'\r' | b'\n' | b'"' | b'\'')).copied().collect();
    line.len() <= 5 && line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep="))
}
