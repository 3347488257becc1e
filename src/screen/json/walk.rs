//! The walk: one pass over the bytes, the matcher's state beside each container, what is kept on the tape.
//!
//! The walk stops wherever the bytes stop and goes on with the next ones; where they were cut never shows.

mod bounds;
mod places;
mod stride;

use super::{
    Limits,
    names::{Names, Scope},
    said::Said,
    scan::{self, Fault, Partial},
    tape::{Item, Kind, Scalar, Tape},
};
use crate::{
    policy::{
        integration::BodyRules,
        selector::{Automaton, DEAD, NameKey, State, UNLISTED},
    },
    screen::{
        Judge, Person,
        place::{CHOICE, DEEPER, DEPENDANT_SUBJECT, KEYED, LISTED, SPECIAL, SUBJECT},
        tally::{PersonId, Tally},
    },
    verdict::Refusal,
};
use std::sync::Arc;

pub(super) type Walked<T> = Result<T, Box<Refusal>>;

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// A value or the end of the array.
    FirstElement,
    Name,
    /// A name or the end of the object.
    FirstName,
    Colon,
    /// A comma or the end of the container.
    Separator,
    /// Nothing: the document is complete.
    End,
}

/// Whether a container's places are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// Its places are the document's or the open record's.
    Judged,
    /// Nothing in it leaves.
    Dropped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Stands around the document's one value.
    Root,
    Object,
    Array,
}

/// An open container.
#[derive(Debug, Clone, Copy)]
struct Frame {
    shape: Shape,
    zone: Zone,
    state: State,
    /// Whom values are about, by the tape's count.
    person: u32,
    /// The index of the current element, or the number of members.
    count: u64,
    /// Which of the names the state lists have come.
    seen: u64,
    /// The last of them: its ordinal and one.
    last: u16,
    /// The rule that lists the names of its members, where they are values.
    keys: Option<u16>,
    scope: Scope,
}

/// The name whose value comes next.
#[derive(Debug, Clone, Copy)]
struct Name {
    from: usize,
    to: usize,
    state: State,
    /// Only a wildcard lets it through.
    wild: bool,
}

/// The record that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    kind: usize,
    /// How many containers were open around it.
    depth: usize,
    /// Where its value begins.
    at: usize,
    /// Where what must stay in the buffer begins: its name, where it has one.
    keep: usize,
}

/// What the walk was given for one call.
pub(super) struct Turn<'a> {
    rules: &'a BodyRules,
    buf: &'a [u8],
    judge: &'a mut dyn Judge,
    /// No more bytes come.
    at_end: bool,
    /// The rules that hold where the walk is: the document's or the open record's.
    automaton: &'a Automaton,
    places: &'a [u32],
}

#[derive(Debug)]
pub(super) struct Walk {
    limits: Limits,
    /// Where the next byte is in the buffer, and how many bytes were before the buffer.
    pos: usize,
    before: u64,
    expect: Expect,
    frame: Frame,
    stack: Vec<Frame>,
    name: Name,
    partial: Partial,
    names: Names,
    record: Option<Open>,
    /// For records of kind `followed.0`, which listed name came after which, by the automaton's cells.
    followed: (usize, Vec<u16>),
    tape: Tape,
    pub(super) tally: Tally,
    /// For each kind of record, where its rules begin in the tally.
    offsets: Vec<usize>,
    request_person: Person,
    people: Vec<PersonId>,
    pub(super) out: Vec<u8>,
    comma: bool,
    said: Said,
}

impl Walk {
    pub(super) fn new(rules: &Arc<BodyRules>, limits: Limits, request_person: Person) -> Self {
        let mut offsets = vec![rules.envelope.len()];
        for record in &rules.records {
            offsets.push(offsets.last().copied().unwrap_or(0) + record.fields.len());
        }
        let names = Names::default();
        let start = rules.matcher.start();
        let scope = names.open();
        Self {
            limits,
            pos: 0,
            before: 0,
            expect: Expect::Value,
            frame: Frame {
                shape: Shape::Root,
                zone: Zone::Judged,
                state: start,
                person: 0,
                count: 0,
                seen: 0,
                last: 0,
                keys: None,
                scope,
            },
            stack: Vec::new(),
            name: Name { from: 0, to: 0, state: start, wild: false },
            partial: Partial::default(),
            names,
            record: None,
            followed: (usize::MAX, Vec::new()),
            tape: Tape::default(),
            tally: Tally::of_body(rules, limits),
            offsets,
            request_person,
            people: Vec::new(),
            out: Vec::new(),
            comma: false,
            said: Said::default(),
        }
    }

    /// Reads as far as the bytes go, writes what is decided, and says how many bytes are done with.
    pub(super) fn turn(&mut self, turn: &mut Turn<'_>) -> Walked<usize> {
        self.read(turn)?;
        if turn.at_end {
            self.write_outside(turn)?;
        }
        let bound = self.bound();
        if turn.buf.len() > bound {
            self.write_outside(turn)?;
            return Err(self.too_large(bound));
        }
        if turn.at_end && self.expect != Expect::End {
            return self.fail(turn, Fault::here(turn.buf.len(), "an end where more must come"));
        }
        Ok(self.record.map_or_else(|| self.waiting().unwrap_or(self.token()), |record| record.keep))
    }

    /// Whether a token of the document was read to its end.
    pub(super) const fn has_begun(&self) -> bool {
        !matches!((self.expect, self.frame.shape), (Expect::Value, Shape::Root))
    }

    /// The line has ended: the next document begins. Called when the buffer is empty.
    pub(super) fn next_line(&mut self, written: bool) {
        if written {
            self.out.push(b'\n');
        }
        self.tally.begin_document();
        self.before += 1;
        self.expect = Expect::Value;
        self.frame.count = 0;
        self.comma = false;
    }

    /// Follows the buffer when its first `by` bytes go.
    pub(super) fn shift(&mut self, by: usize) {
        self.pos -= by;
        self.before += by as u64;
        self.name.from = self.name.from.saturating_sub(by);
        self.name.to = self.name.to.saturating_sub(by);
        if let Some(record) = &mut self.record {
            record.at -= by;
            record.keep -= by;
        }
        self.tape.shift(by);
        self.said.shift(by as u32);
    }

    /// Where what is being read begins: a name belongs to the value it waits for.
    #[inline]
    fn token(&self) -> usize {
        match (self.expect, self.frame.shape) {
            (Expect::Colon, _) | (Expect::Value, Shape::Object) => self.name.from,
            _ => self.pos,
        }
    }

    fn read(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        while let Some(byte) = scan::significant(turn.buf, &mut self.pos) {
            let more = match self.expect {
                Expect::Value => self.value(turn, byte)?,
                Expect::Separator => self.separator(turn, byte)?,
                Expect::Name | Expect::FirstName if byte == b'"' => self.members(turn)?,
                Expect::Colon if byte == b':' => {
                    self.within(turn, self.pos + 1)?;
                    self.step(Expect::Value)
                }
                Expect::FirstName if byte == b'}' => self.close(turn)?,
                Expect::FirstElement if byte == b']' => self.close(turn)?,
                Expect::FirstElement => self.value(turn, byte)?,
                Expect::Name | Expect::FirstName => {
                    return self.expected(turn, "something where a member's name must stand");
                }
                Expect::Colon => return self.expected(turn, "something where a colon must stand"),
                Expect::End => return self.expected(turn, "something after the end of the document"),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    #[inline]
    fn step(&mut self, expect: Expect) -> bool {
        self.pos += 1;
        self.expect = expect;
        true
    }

    #[inline]
    fn separator(&mut self, turn: &mut Turn<'_>, byte: u8) -> Walked<bool> {
        match (byte, self.frame.shape) {
            (b',', Shape::Object) => Ok(self.step(Expect::Name)),
            (b',', _) => {
                self.frame.count += 1;
                Ok(self.step(Expect::Value))
            }
            (b'}', Shape::Object) | (b']', Shape::Array) => self.close(turn),
            _ => self.expected(turn, "something where a comma or the end of the container must stand"),
        }
    }

    /// Reads members as long as they follow each other without white space, which is how machines write them.
    /// Everything else goes back to the grammar in [`Walk::read`].
    fn members(&mut self, turn: &mut Turn<'_>) -> Walked<bool> {
        loop {
            self.stride(turn);
            match self.expect {
                Expect::Separator => return Ok(true),
                Expect::Value => {}
                _ => {
                    if !self.name(turn)? {
                        return Ok(false);
                    }
                }
            }
            match turn.buf.get(self.pos) {
                Some(byte) if self.expect == Expect::Value && *byte > b' ' => {
                    if !self.value(turn, *byte)? {
                        return Ok(false);
                    }
                }
                _ => return Ok(true),
            }
            if self.expect != Expect::Separator || turn.buf.get(self.pos..self.pos + 2) != Some(b",\"") {
                return Ok(true);
            }
            self.step(Expect::Name);
        }
    }

    /// Remembers that a listed name came.
    fn follow(&mut self, turn: &Turn<'_>, ordinal: u16) {
        if self.record.is_some() {
            let cell = turn.automaton.cell(self.frame.state, self.frame.last);
            if let Some(followed) = self.followed.1.get_mut(cell) {
                *followed = ordinal;
            }
            self.frame.last = ordinal + 1;
        }
    }

    /// Reads a member's name and finds the state it leads to. `false`: it goes on.
    fn name(&mut self, turn: &mut Turn<'_>) -> Walked<bool> {
        self.make_room(turn)?;
        let from = self.pos;
        let text = match scan::text(turn.buf, from, &mut self.partial) {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(false),
            Err(fault) => return self.fail(turn, fault),
        };
        let raw = turn.buf.get(from + 1..text.end - 1).unwrap_or_default();
        let decoded;
        let name = if text.escaped {
            decoded = super::text::decode(raw);
            decoded.as_bytes()
        } else {
            raw
        };
        let key = NameKey::new(name);
        let (mut state, ordinal) = match self.frame.zone {
            Zone::Judged => turn.automaton.member(self.frame.state, key, name),
            Zone::Dropped => (DEAD, UNLISTED),
        };
        // A name that a wildcard lets through leaves too.
        if ordinal == UNLISTED && state != DEAD && self.objects_to(turn, state, name) {
            state = DEAD;
        }
        let new = match 1u64.checked_shl(ordinal.into()) {
            Some(bit) => {
                let new = self.frame.seen & bit == 0;
                self.frame.seen |= bit;
                new
            }
            None => self.names.insert(&mut self.frame.scope, key, name),
        };
        if !new {
            return self
                .fail(turn, Fault { at: from, seen: text.end - 1, what: "a member's name for the second time" });
        }
        self.frame.count += 1;
        if self.frame.count > self.limits.members as u64 {
            let fault = Fault { at: from, seen: text.end - 1, what: "an object with more members than the limit" };
            return self.fail(turn, fault);
        }
        self.within(turn, text.end)?;
        if ordinal != UNLISTED {
            self.follow(turn, ordinal);
        }
        let wild = ordinal == UNLISTED && state != DEAD;
        self.name = Name { from, to: text.end, state, wild };
        if wild && self.frame.keys.is_none() {
            self.note_wild(turn);
        }
        if let Some(rule) = self.frame.keys {
            self.note_name(rule, self.frame.person);
        }
        self.pos = text.end;
        self.expect = Expect::Colon;
        if turn.buf.get(self.pos) == Some(&b':') {
            self.step(Expect::Value);
        }
        Ok(true)
    }

    /// Reads a value, or the beginning of a container. `false`: it goes on.
    #[inline]
    fn value(&mut self, turn: &mut Turn<'_>, byte: u8) -> Walked<bool> {
        // A member's name has made room.
        if self.frame.shape != Shape::Object {
            self.make_room(turn)?;
        }
        let from = self.pos;
        let end = match byte {
            b'"' => scan::text(turn.buf, from, &mut self.partial).map(|t| t.map(|t| (t.end, t.scalar))),
            b'{' => return self.open(turn, Shape::Object),
            b'[' => return self.open(turn, Shape::Array),
            b'-' | b'0'..=b'9' => scan::number(turn.buf, from, turn.at_end).map(|e| e.map(|e| (e, Scalar::Number))),
            b't' => scan::literal(turn.buf, from, b"true").map(|e| e.map(|e| (e, Scalar::Bool))),
            b'f' => scan::literal(turn.buf, from, b"false").map(|e| e.map(|e| (e, Scalar::Bool))),
            b'n' => scan::literal(turn.buf, from, b"null").map(|e| e.map(|e| (e, Scalar::Null))),
            0xef if self.before + from as u64 == 0 => {
                Err(Fault::here(from, "a byte order mark, which JSON does not allow"))
            }
            _ => Err(Fault::here(from, "something where a value must stand")),
        };
        match end {
            Ok(Some((end, scalar))) => self.scalar(turn, end, scalar),
            Ok(None) => Ok(false),
            Err(fault) => self.fail(turn, fault),
        }
    }

    #[inline]
    fn scalar(&mut self, turn: &mut Turn<'_>, end: usize, scalar: Scalar) -> Walked<bool> {
        self.within(turn, end)?;
        if self.frame.zone == Zone::Judged {
            let place = turn.place(self.state(turn));
            if place.has(SPECIAL) {
                self.special(turn, end, scalar)?;
            } else if place.has(LISTED) {
                self.note(Kind::Field(scalar), place.index(), self.frame.person, end);
            } else if place.has(CHOICE) {
                self.note(Kind::Choice(scalar), place.index(), self.frame.person, end);
            } else {
                self.leave_out(turn, false, end)?;
            }
        }
        self.pos = end;
        self.expect = self.after();
        Ok(true)
    }

    /// A scalar that is a record, a dependant, or names somebody.
    #[inline(never)]
    fn special(&mut self, turn: &mut Turn<'_>, end: usize, scalar: Scalar) -> Walked<()> {
        let (_, place, person) = self.enter(turn, Some((scalar, end)))?;
        if place.has(LISTED) {
            self.note(Kind::Field(scalar), place.index(), person, end);
        } else if place.has(CHOICE) {
            self.note(Kind::Choice(scalar), place.index(), person, end);
        } else {
            self.leave_out(turn, place.has(SUBJECT | DEPENDANT_SUBJECT), end)?;
        }
        self.pos = end;
        self.end_of_record(turn)
    }

    /// Ends the record where the value that was read is its root.
    #[inline]
    fn end_of_record(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        match self.record {
            Some(record) if record.depth == self.stack.len() => self.end_record(turn),
            _ => Ok(()),
        }
    }

    fn after(&self) -> Expect {
        if self.stack.is_empty() { Expect::End } else { Expect::Separator }
    }

    fn open(&mut self, turn: &mut Turn<'_>, shape: Shape) -> Walked<bool> {
        self.within(turn, self.pos + 1)?;
        if self.stack.len() >= self.limits.depth {
            return self.fail(turn, Fault::here(self.pos, "more nesting than the limit"));
        }
        let (mut zone, mut state, mut person, mut keys) = (Zone::Dropped, DEAD, 0, None);
        if self.frame.zone == Zone::Judged {
            let place;
            (state, place, person) = self.enter(turn, None)?;
            if place.has(DEEPER) {
                zone = Zone::Judged;
                keys = (shape == Shape::Object && place.has(KEYED)).then(|| place.index());
                self.note(Kind::Open, 0, person, self.pos + 1);
            } else {
                self.leave_out(turn, false, self.pos + 1)?;
            }
        }
        let frame = Frame { shape, zone, state, person, count: 0, seen: 0, last: 0, keys, scope: self.names.open() };
        self.stack.push(std::mem::replace(&mut self.frame, frame));
        Ok(self.step(if shape == Shape::Object { Expect::FirstName } else { Expect::FirstElement }))
    }

    fn close(&mut self, turn: &mut Turn<'_>) -> Walked<bool> {
        let end = self.pos + 1;
        if self.frame.zone == Zone::Judged {
            let (from, to) = (self.pos as u32, end as u32);
            let item = Item { name: from, name_end: from, value: from, end: to, person: 0, rule: 0, kind: Kind::Close };
            self.tape.items.push(item);
        }
        self.names.close(&self.frame.scope);
        if let Some(outer) = self.stack.pop() {
            self.frame = outer;
        }
        self.pos = end;
        self.expect = self.after();
        self.end_of_record(turn)?;
        Ok(true)
    }
}
