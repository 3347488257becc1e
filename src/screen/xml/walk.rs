//! The walk: token after token, the matcher's state beside each open element, what is kept on the tape.
//!
//! A token is looked at once it is whole, so where the bytes are cut never shows.

mod bounds;
mod elements;
mod places;
mod quick;

use super::{
    Limits,
    bindings::{Bindings, Mark},
    fault::{CUT, Fault, OUTSIDE, UTF8, UTF16},
    scan::{self, Partial, Token},
    tag,
    tape::Tape,
    text::{self, Reading, is_white},
    write::Written,
};
use crate::{
    policy::{
        integration::{BodyRules, Ns, XmlFormat},
        selector::{DEAD, State},
    },
    screen::{
        Judge, Person,
        place::Place,
        tally::{PersonId, Tally},
    },
    verdict::Refusal,
};
use std::sync::Arc;

pub(super) type Walked<T> = Result<T, Box<Refusal>>;

/// Where in the document the walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing was read, not even a byte order mark.
    Beginning,
    /// The next token is the first.
    First,
    /// Before the document's element.
    Prolog,
    /// Within it.
    Content,
    /// After it.
    Epilog,
}

/// Whether an element's places are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// Its places are the document's or the open record's.
    Judged,
    /// Nothing in it leaves.
    Dropped,
}

/// An open element; the outermost stands for the document.
#[derive(Debug, Clone, Copy)]
struct Frame {
    zone: Zone,
    /// What the rules say of the element itself.
    place: Place,
    /// Its text is kept as long as it holds no element: a rule lists it, or it may name somebody.
    collects: bool,
    /// It leads to the element's children.
    below: State,
    /// Whom values are about, by the tape's count.
    person: u32,
    /// Its place among the tape's items, where it is kept.
    item: Option<usize>,
    /// Where its text begins on the tape.
    text: u32,
    /// It holds an element.
    children: bool,
    /// It holds text that no rule can list.
    stray: bool,
    /// Where its name begins in [`Walk::names`].
    name: usize,
    bindings: Mark,
    /// Its first byte in the body.
    at: u64,
}

/// The record that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    kind: usize,
    /// How many elements were open around it.
    depth: usize,
    /// Its first byte in the body.
    at: u64,
}

/// What the walk was given for one call.
pub(super) struct Turn<'a> {
    pub(super) rules: &'a BodyRules,
    pub(super) xml: &'a XmlFormat,
    pub(super) buf: &'a [u8],
    pub(super) judge: &'a mut dyn Judge,
    /// No more bytes come.
    pub(super) at_end: bool,
}

#[derive(Debug)]
pub(super) struct Walk {
    limits: Limits,
    /// The bytes are what somebody made of another encoding, which the XML declaration may still name.
    pub(super) transcoded: bool,
    /// How many bytes were before the buffer, and how many lines.
    before: u64,
    lines: u64,
    /// Where the current token begins in the body.
    at: u64,
    phase: Phase,
    partial: Partial,
    frame: Frame,
    stack: Vec<Frame>,
    /// The names of the open elements as they came, end to end.
    names: String,
    bindings: Bindings,
    /// What stands before local names, by namespace.
    marks: Vec<Box<[u8]>>,
    record: Option<Open>,
    tape: Tape,
    written: Written,
    pub(super) tally: Tally,
    /// For each kind of record, where its rules begin in the tally.
    offsets: Vec<usize>,
    request_person: Person,
    people: Vec<PersonId>,
    pub(super) out: Vec<u8>,
    /// Of the tag that is being read.
    attributes: Vec<tag::Attribute>,
    resolved: Vec<Ns>,
    /// For what is only looked at.
    scratch: String,
    key: Vec<u8>,
    memory: quick::Memory,
}

impl Walk {
    pub(super) fn new(rules: &Arc<BodyRules>, xml: &XmlFormat, limits: Limits, request_person: Person) -> Self {
        let mut offsets = vec![rules.envelope.len()];
        for record in &rules.records {
            offsets.push(offsets.last().copied().unwrap_or(0) + record.fields.len());
        }
        let document = Frame {
            zone: Zone::Judged,
            place: Place::NOTHING,
            collects: false,
            below: DEAD,
            person: 0,
            item: None,
            text: 0,
            children: false,
            stray: false,
            name: 0,
            bindings: Mark::default(),
            at: 0,
        };
        Self {
            limits,
            transcoded: false,
            before: 0,
            lines: 0,
            at: 0,
            phase: Phase::Beginning,
            partial: Partial::default(),
            frame: document,
            stack: Vec::new(),
            names: String::new(),
            bindings: Bindings::default(),
            marks: xml.namespaces.marks(),
            record: None,
            tape: Tape::default(),
            written: Written::default(),
            tally: Tally::of_body(rules, limits),
            offsets,
            request_person,
            people: Vec::new(),
            out: Vec::new(),
            attributes: Vec::new(),
            resolved: Vec::new(),
            scratch: String::new(),
            key: Vec::new(),
            memory: quick::Memory::default(),
        }
    }

    /// Reads as far as whole tokens go, writes what is decided, and says how many bytes are done with.
    pub(super) fn turn(&mut self, turn: &mut Turn<'_>) -> Walked<usize> {
        let Some(mut pos) = self.begin(turn)? else { return Ok(0) };
        let mut valid = "";
        loop {
            self.at = self.before + pos as u64;
            match scan::token(turn.buf, pos, &mut self.partial, turn.at_end) {
                Ok(Some((kind, end))) => {
                    self.within(self.before + end as u64)?;
                    // Read once for all tokens of a turn, and not before one is whole: tokens come in many pieces.
                    if end > valid.len() {
                        valid = valid_start(turn.buf);
                    }
                    let Some(token) = valid.get(pos..end) else {
                        return self.fail(turn, Fault::here(valid.len(), UTF8));
                    };
                    self.token(turn, kind, token, pos)?;
                    pos = self.quickly(turn, valid, end)?;
                }
                Ok(None) => break,
                Err(fault) => {
                    self.within(self.before + fault.seen as u64)?;
                    return self.fail(turn, fault);
                }
            }
        }
        self.within(self.before + turn.buf.len() as u64)?;
        if turn.at_end && (pos < turn.buf.len() || self.phase != Phase::Epilog) {
            let end = Fault::here(turn.buf.len(), CUT);
            return self.fail(turn, end);
        }
        self.lines += newlines(turn.buf.get(..pos).unwrap_or_default());
        self.before += pos as u64;
        Ok(pos)
    }

    /// Leaves a byte order mark out, which says only what is required anyway and which many writers put first. `None`:
    /// whether it is one is not known yet.
    fn begin(&mut self, turn: &Turn<'_>) -> Walked<Option<usize>> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if self.phase != Phase::Beginning {
            return Ok(Some(0));
        }
        match turn.buf {
            [] if !turn.at_end => return Ok(None),
            [0 | 0xfe | 0xff, ..] => return self.fail(turn, Fault::here(0, UTF16)),
            short if !turn.at_end && short.len() < MARK.len() && MARK.starts_with(short) => return Ok(None),
            _ => {}
        }
        self.phase = Phase::First;
        Ok(Some(if turn.buf.starts_with(MARK) { MARK.len() } else { 0 }))
    }

    fn token(&mut self, turn: &mut Turn<'_>, kind: Token, token: &str, from: usize) -> Walked<()> {
        let first = self.phase == Phase::First;
        if first {
            self.phase = Phase::Prolog;
        }
        let done = match kind {
            Token::Text => self.text(turn, token, Reading::Text),
            Token::Start => self.start(turn, token),
            Token::End => self.end(turn, token),
            Token::Comment => self.verbatim(token, "<!--".len()),
            Token::CData if self.phase == Phase::Content => {
                let mark = "<![CDATA[".len();
                let text = token.get(mark..token.len() - "]]>".len()).unwrap_or_default();
                self.text(turn, text, Reading::Verbatim).map_err(|stop| stop.after(mark))
            }
            Token::CData => Err(Fault::here(0, OUTSIDE).into()),
            Token::Instruction if first && tag::is_declaration(token) => self.declaration(token),
            Token::Instruction => {
                tag::instruction(token).map_err(Stop::from).and_then(|()| self.verbatim(token, "<?".len()))
            }
        };
        done.or_else(|stop| match stop {
            Stop::Fault(fault) => self.fail(turn, fault.after(from)),
            Stop::Refused(refusal) => Err(refusal),
        })
    }

    /// What leaves nothing behind: a comment's or an instruction's text, after its mark of so many bytes.
    fn verbatim(&mut self, token: &str, mark: usize) -> Stopped<()> {
        let text = token.get(mark..).unwrap_or_default();
        if !text::plain(text.as_bytes(), Reading::Verbatim) {
            self.scratch.clear();
            text::decode(text, Reading::Verbatim, &mut self.scratch).map_err(|fault| fault.after(mark))?;
        }
        Ok(())
    }

    /// The XML declaration: ours leaves where the sender's was.
    fn declaration(&mut self, token: &str) -> Stopped<()> {
        tag::declaration(token, self.transcoded)?;
        self.out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        Ok(())
    }

    fn text(&mut self, turn: &mut Turn<'_>, raw: &str, reading: Reading) -> Stopped<()> {
        if self.phase != Phase::Content {
            let white = raw.bytes().take_while(|b| is_white(&[*b])).count();
            return if white == raw.len() { Ok(()) } else { Err(Fault::here(white, OUTSIDE).into()) };
        }
        if self.frame.collects && !self.frame.children {
            if text::plain(raw.as_bytes(), reading) {
                self.tape.text.push_str(raw);
            } else {
                text::decode(raw, reading, &mut self.tape.text)?;
            }
            return Ok(());
        }
        if is_white(raw.as_bytes()) {
            return Ok(());
        }
        let mut white = false;
        if !text::plain(raw.as_bytes(), reading) {
            self.scratch.clear();
            text::decode(raw, reading, &mut self.scratch)?;
            white = is_white(self.scratch.as_bytes());
        }
        if !white {
            self.stray(turn)?;
        }
        Ok(())
    }
}

/// Why a token stops the body.
enum Stop {
    /// Where in the token something is wrong.
    Fault(Fault),
    Refused(Box<Refusal>),
}

impl Stop {
    /// The same, where so many bytes of the token stand before.
    fn after(self, by: usize) -> Self {
        match self {
            Self::Fault(fault) => Self::Fault(fault.after(by)),
            refused @ Self::Refused(_) => refused,
        }
    }
}

type Stopped<T> = Result<T, Stop>;

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Box<Refusal>> for Stop {
    fn from(refusal: Box<Refusal>) -> Self {
        Self::Refused(refusal)
    }
}

/// The part of the buffer before the first byte that is not UTF-8.
fn valid_start(buf: &[u8]) -> &str {
    std::str::from_utf8(buf).unwrap_or_else(|error| {
        let valid = buf.get(..error.valid_up_to()).unwrap_or_default();
        std::str::from_utf8(valid).unwrap_or_default()
    })
}

fn newlines(bytes: &[u8]) -> u64 {
    // So few that they are counted in a byte, many at once.
    let few = |some: &[u8]| some.iter().fold(0u8, |n, b| n.wrapping_add(u8::from(*b == b'\n')));
    bytes.chunks(240).map(|some| u64::from(few(some))).sum()
}
