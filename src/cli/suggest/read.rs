//! Samples into documents: JSON, JSON Lines, tables and forms as trees of names and values, XML as elements.

use super::{
    names,
    recording::Sent,
    shape::{Name, Shape},
    xml,
};
use crate::{
    policy::integration::Format,
    screen::{charset::Charset, xml::outline::Element},
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What one kind of body looks like.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) media: String,
    pub(super) format: Format,
    /// A document a sample, or a row.
    pub(super) documents: Vec<Document>,
    /// As they came, in UTF-8.
    pub(super) bodies: Vec<Vec<u8>>,
    /// A table whose first column says what its rows are, so that its header row may name people.
    pub(super) sideways: bool,
    /// The encodings that are not UTF-8 and that samples say they are in.
    pub(super) charsets: BTreeSet<&'static str>,
    /// The SOAP actions that they were sent with; `None` where nothing says with which.
    pub(super) actions: BTreeSet<Option<String>>,
}

/// One document.
#[derive(Debug)]
pub(super) enum Document {
    Tree(Value),
    Xml(Element),
}

impl Document {
    pub(super) fn add_to(&self, shape: &mut Shape) {
        match self {
            Self::Tree(value) => shape.add(value),
            Self::Xml(root) => shape.add_xml(root),
        }
    }
}

impl Samples {
    /// Takes those of another sample of the same kind.
    pub(super) fn extend(&mut self, more: Self) {
        self.sideways |= more.sideways;
        self.documents.extend(more.documents);
        self.bodies.extend(more.bodies);
        self.charsets.extend(more.charsets);
        self.actions.extend(more.actions);
    }
}

/// Reads one sample; what it is shows from its text, and of what encoding from who sent it or from itself.
///
/// # Errors
/// What is wrong, without a value.
pub(super) fn read(sent: Sent) -> Result<Samples, String> {
    if xml::begins(&sent.body) {
        return xml::read(sent);
    }
    let (bytes, charset) = match sent.charset.filter(|_| !sent.is_text) {
        Some(label) => xml::in_utf8(sent.body, &label)?,
        None => (sent.body, Charset::Utf8),
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err("it is not UTF-8 text; a document that leaves whole is listed as `content`".to_owned());
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (media, documents, sideways) = documents(text)?;
    let format = Format::of(media).ok_or("its format is not known here")?;
    let documents = documents.into_iter().map(Document::Tree).collect();
    let charsets = xml::label(charset).into_iter().collect();
    let media = media.to_owned();
    Ok(Samples { media, format, documents, bodies: vec![bytes], sideways, charsets, actions: BTreeSet::new() })
}

/// Of which type a text is, what is in it, and whether it is a table on its side.
fn documents(text: &str) -> Result<(&'static str, Vec<Value>, bool), String> {
    let trimmed = text.trim();
    if let Ok(value) = serde_json::from_str::<Value>(trimmed) {
        if value.is_object() || value.is_array() {
            return Ok(("application/json", vec![value], false));
        }
        return Err("it is one bare JSON value: there is no name to go by".to_owned());
    }
    let lines: Vec<&str> = trimmed.lines().filter(|l| !l.trim().is_empty()).collect();
    if trimmed.starts_with(['{', '[']) {
        let read: Result<Vec<Value>, _> = lines.iter().map(|l| serde_json::from_str(l)).collect();
        return read.map(|all| ("application/x-ndjson", all, false)).map_err(|e| {
            // The reader's own words may repeat a value.
            format!("it begins as JSON does and is not: something is wrong at column {} of a line", e.column())
        });
    }
    let first = lines.first().copied().unwrap_or_default();
    if first.contains('\t') {
        let (rows, sideways) = table(trimmed, '\t')?;
        return Ok(("text/tab-separated-values", rows, sideways));
    }
    if lines.len() == 1 && first.contains('=') {
        let pairs = url::form_urlencoded::parse(first.as_bytes());
        let pairs: Map<String, Value> = pairs.map(|(n, v)| (n.into_owned(), Value::String(v.into_owned()))).collect();
        return Ok(("application/x-www-form-urlencoded", vec![Value::Object(pairs)], false));
    }
    if first.contains(',') {
        let (rows, sideways) = table(trimmed, ',')?;
        return Ok(("text/csv", rows, sideways));
    }
    Err("it is no JSON, JSON Lines, table with a header row, or form".to_owned())
}

/// Rows as objects, and whether the table lies on its side.
fn table(text: &str, delimiter: char) -> Result<(Vec<Value>, bool), String> {
    let rows = rows(text, delimiter);
    let sideways = is_on_its_side(&rows);
    let mut rows = rows.into_iter();
    let header = rows.next().unwrap_or_default();
    let named = rows.enumerate().map(|(i, row)| {
        if row.len() != header.len() {
            return Err(format!("row {} has {} cells and the header {}", i + 2, row.len(), header.len()));
        }
        Ok(Value::Object(header.iter().cloned().zip(row.into_iter().map(Value::String)).collect()))
    });
    let found: Result<Vec<Value>, String> = named.collect();
    found.and_then(
        |rows| if rows.is_empty() { Err("it has a header and no row".to_owned()) } else { Ok((rows, sideways)) },
    )
}

/// Whether the first column holds names of places, and the header row, but for that column, none.
fn is_on_its_side(rows: &[Vec<String>]) -> bool {
    let Some((header, rows)) = rows.split_first() else { return false };
    let first = |row: &&Vec<String>| {
        row.first().is_some_and(|text| Name::of(text) == Name::Place && names::says(&[], text).is_some())
    };
    rows.len() > 1
        && header.len() > 1
        && header.iter().skip(1).all(|name| Name::of(name) != Name::Place)
        && rows.iter().filter(first).count() * 2 > rows.len()
}

/// RFC 4180: quotes around a cell, doubled within it.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c if c == delimiter && !quoted => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    row.push(cell);
    rows.push(row);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_on_its_side_is_known_by_its_first_column() {
        let sideways = |text: &str| read(Sent::alone(text.into())).unwrap().sideways;
        assert!(sideways("Field,Amina,Bob\nDate of birth,1987-04-02,x\nPostcode,x,y\n"));
        assert!(sideways(",Amina Warsame,Bob Kroll\nDOB,x,y\nfirst_name,x,y\nother,x,y"));
        for table in
            ["Question,Answer\nDate of birth,x\nPostcode,y\n", "Name,Wobble\nAmina,x\nBob,y\n", "DOB,Amina\nx,y\n"]
        {
            assert!(!sideways(table), "{table}");
        }
    }

    #[test]
    fn what_a_sample_is_shows_from_its_text() {
        for (text, media, documents) in [
            ("{\"a\":1}", "application/json", 1),
            ("{\"a\":1}\n{\"a\":2}\n", "application/x-ndjson", 2),
            ("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n", "text/csv", 1),
            ("a\tb\n1\t2\n3\t4\n", "text/tab-separated-values", 2),
            ("name=A+B&dob=1", "application/x-www-form-urlencoded", 1),
        ] {
            let read = read(Sent::alone(text.into())).unwrap();
            assert_eq!((read.media.as_str(), read.documents.len()), (media, documents), "{text}");
        }
        assert_eq!(documents("a,b\n1,\"x, \"\"y\"\"\nz\"").unwrap().1[0]["b"], "x, \"y\"\nz");
        for (text, part) in [
            ("{\"secret\":", "begins as JSON"),
            ("<secret", "an end where more must come"),
            ("a,b\nsecret\n", "row 2 has 1 cells"),
        ] {
            let error = read(Sent::alone(text.into())).unwrap_err();
            assert!(error.contains(part) && !error.contains("secret"), "{error}");
        }
    }
}
