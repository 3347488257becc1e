//! One row: where its cells are, and whether it is written so that every reader reads it alike (RFC 4180 section 2).
//!
//! Reading stops wherever the bytes stop and goes on with the next ones. Places are relative to the row's first byte.

use super::scan::{Marks, is_wide};
use crate::policy::integration::Dialect;

/// What is wrong with the bytes, and at which byte of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// A cell as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// With its quotes.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) quoted: bool,
    /// A quote stands in it, twice.
    pub(super) doubled: bool,
}

impl Cell {
    /// Whether nothing stands in it.
    pub(super) const fn is_empty(self) -> bool {
        let (from, to) = self.inside();
        from == to
    }

    /// Where its text is, without the quotes around it.
    pub(super) const fn inside(self) -> (usize, usize) {
        if self.quoted { (self.from + 1, self.to - 1) } else { (self.from, self.to) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Before a cell.
    Start,
    /// In a cell without quotes.
    Plain,
    Quoted,
    /// After a quote in a quoted cell: its end, or the first of two.
    Quote,
    /// After a carriage return that ends a row, if a line feed follows.
    Return,
}

/// The row that is being read.
#[derive(Debug)]
pub(super) struct Row {
    delimiter: u8,
    quote: Option<u8>,
    marks: Marks,
    pub(super) cells: Vec<Cell>,
    /// How far it was read.
    at: usize,
    from: usize,
    quoted: bool,
    doubled: bool,
    mode: Mode,
    /// A byte outside ASCII may have come.
    wide: bool,
}

const CONTROL: &str = "a control character in a cell";
const BARE_RETURN: &str = "a carriage return without a line feed";

impl Row {
    pub(super) fn new(dialect: &Dialect) -> Self {
        Self {
            delimiter: dialect.delimiter,
            quote: dialect.quote,
            marks: Marks::new(dialect.delimiter, dialect.quote),
            cells: Vec::new(),
            at: 0,
            from: 0,
            quoted: false,
            doubled: false,
            mode: Mode::Start,
            wide: false,
        }
    }

    /// Forgets the row for the next one.
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        (self.at, self.from, self.mode, self.wide) = (0, 0, Mode::Start, false);
        (self.quoted, self.doubled) = (false, false);
    }

    /// Reads on in `bytes`, which begin with the row: its length with its line end, once that has come.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        while let Some(byte) = bytes.get(self.at).copied() {
            match self.mode {
                Mode::Start => {
                    if self.quickly(bytes) {
                        return self.end(bytes).map(Some);
                    }
                    match bytes.get(self.at) {
                        Some(byte) => self.start(*byte)?,
                        None => break,
                    }
                }
                Mode::Plain => {
                    self.at = self.marks.next(bytes, self.at, &mut self.wide);
                    if let Some(byte) = bytes.get(self.at).copied()
                        && self.plain(byte)?
                    {
                        return self.end(bytes).map(Some);
                    }
                }
                Mode::Quoted => {
                    self.at = self.marks.next(bytes, self.at, &mut self.wide);
                    if let Some(byte) = bytes.get(self.at).copied() {
                        self.quoted(byte)?;
                    }
                }
                Mode::Quote => {
                    if self.after_quote(byte)? {
                        return self.end(bytes).map(Some);
                    }
                }
                Mode::Return if byte == b'\n' => {
                    self.at += 1;
                    return self.end(bytes).map(Some);
                }
                Mode::Return => return Err(Fault { at: self.at - 1, what: BARE_RETURN }),
            }
        }
        Ok(None)
    }

    /// No more bytes come: the length of a last row without a line end.
    pub(super) fn read_end(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        match self.mode {
            Mode::Quoted => return Err(Fault { at: self.from, what: "a quoted cell that does not end" }),
            Mode::Return => return Err(Fault { at: self.at - 1, what: BARE_RETURN }),
            Mode::Start | Mode::Plain | Mode::Quote => self.cell(self.at),
        }
        self.end(bytes)
    }

    /// Reads as many cells as have nothing in them but what they say, several with each look. Whether the row ended with
    /// them; if not, it goes on with a cell that is read step by step.
    fn quickly(&mut self, bytes: &[u8]) -> bool {
        let (mut from, mut at) = (self.at, self.at);
        let (mut wide, mut ends) = (false, None);
        let (marks_of, delimiter, unquoted) = (self.marks, self.delimiter, self.quote.is_none());
        'words: while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_le_bytes(*chunk);
            wide |= is_wide(word);
            let mut marks = marks_of.all(word);
            while marks != 0 {
                let to = at + (marks.trailing_zeros() / 8) as usize;
                marks &= marks - 1;
                let cell = Cell { from, to, quoted: false, doubled: false };
                // A quote where no cell is quoted is no mark.
                if unquoted && bytes.get(from) == Some(&b'"') {
                    break 'words;
                }
                match bytes.get(to) {
                    Some(byte) if *byte == delimiter => self.cells.push(cell),
                    Some(b'\n') if to > 0 => {
                        self.cells.push(cell);
                        ends = Some(to + 1);
                        break 'words;
                    }
                    Some(b'\r') if to > 0 && bytes.get(to + 1) == Some(&b'\n') => {
                        self.cells.push(cell);
                        ends = Some(to + 2);
                        break 'words;
                    }
                    _ => break 'words,
                }
                from = to + 1;
            }
            at += 8;
        }
        self.wide |= wide;
        self.at = ends.unwrap_or(from);
        ends.is_some()
    }

    #[inline]
    fn start(&mut self, byte: u8) -> Result<(), Fault> {
        (self.from, self.quoted, self.doubled) = (self.at, Some(byte) == self.quote, false);
        if self.quoted {
            self.at += 1;
            self.mode = Mode::Quoted;
        } else if self.quote.is_none() && byte == b'"' {
            return Err(Fault {
                at: self.at,
                what: "a quoted cell, and this table has none; declare `quote` in its dialect",
            });
        } else {
            self.mode = Mode::Plain;
        }
        Ok(())
    }

    /// A byte that means something outside quotes. `true`: it ends the row.
    #[inline]
    fn plain(&mut self, byte: u8) -> Result<bool, Fault> {
        if byte == self.delimiter {
            self.cell(self.at);
            self.at += 1;
            self.mode = Mode::Start;
            return Ok(false);
        }
        match byte {
            b'\n' if self.at == 0 => Err(Fault { at: 0, what: "an empty line" }),
            b'\n' => {
                self.cell(self.at);
                self.at += 1;
                Ok(true)
            }
            b'\r' => {
                self.cell(self.at);
                self.at += 1;
                self.mode = Mode::Return;
                Ok(false)
            }
            b'\t' => {
                self.at += 1;
                Ok(false)
            }
            _ if Some(byte) == self.quote => {
                Err(Fault { at: self.at, what: "a quote in a cell that does not begin with one" })
            }
            _ => Err(Fault { at: self.at, what: CONTROL }),
        }
    }

    /// A byte that could mean something within quotes.
    #[inline]
    fn quoted(&mut self, byte: u8) -> Result<(), Fault> {
        if Some(byte) == self.quote {
            self.mode = Mode::Quote;
        } else if byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | b'\n') {
            return Err(Fault { at: self.at, what: CONTROL });
        }
        self.at += 1;
        Ok(())
    }

    /// The byte after a quote within quotes. `true`: it ends the row.
    #[inline]
    fn after_quote(&mut self, byte: u8) -> Result<bool, Fault> {
        if Some(byte) == self.quote {
            self.doubled = true;
            self.mode = Mode::Quoted;
            self.at += 1;
            return Ok(false);
        }
        if byte == self.delimiter || matches!(byte, b'\n' | b'\r') {
            return self.plain(byte);
        }
        Err(Fault { at: self.at, what: "something between a closing quote and the end of its cell" })
    }

    #[inline]
    fn cell(&mut self, to: usize) {
        // After a delimiter at the very end of the body a cell begins that no byte has begun.
        if self.mode == Mode::Start {
            (self.from, self.quoted, self.doubled) = (to, false, false);
        }
        self.cells.push(Cell { from: self.from, to, quoted: self.quoted, doubled: self.doubled });
    }

    /// The row is whole: what only shows then.
    #[inline]
    fn end(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        if self.at == 2 && bytes.starts_with(b"\r\n") {
            return Err(Fault { at: 0, what: "an empty line" });
        }
        if self.wide {
            let row = bytes.get(..self.at).unwrap_or_default();
            std::str::from_utf8(row).map_err(|e| Fault { at: e.valid_up_to(), what: "invalid UTF-8" })?;
        }
        Ok(self.at)
    }
}
