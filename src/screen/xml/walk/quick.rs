//! Elements that nearly all are like: a name, a plain text, no attributes, spelled as one of them was before.
//!
//! A record's elements come in the same order again and again. Where each led is remembered by how its tags are spelled,
//! and what came after it, so that most elements are read by comparing them with what is expected. Only what means itself
//! is read here; whatever is not exactly so goes the long way, from its first byte, and may be remembered then.

use super::{Turn, Walk, Walked, Zone, places::NAMES};
use crate::{
    policy::{
        integration::{Ns, Unlisted},
        selector::{DEAD, State},
    },
    screen::{
        place::{DEEPER, DEPENDANT, LISTED, Place, RECORD},
        xml::{
            bindings::Bindings,
            scan::{Partial, plain_text},
            tape::{Item, Leaf, Name},
        },
    },
};

/// How many spellings are remembered, and how long they may be.
const MOST: usize = 256;
const LONGEST: usize = 128;

/// Elements that were read before, and which came after which.
#[derive(Debug, Default)]
pub(super) struct Memory {
    all: Vec<Seen>,
    /// The one that was read last.
    last: usize,
}

/// What is known of an element of this spelling, in an element that led here.
#[derive(Debug)]
struct Seen {
    /// `<h:Name>` and `</h:Name>`.
    opens: Box<[u8]>,
    closes: Box<[u8]>,
    /// How long the prefix is, with its colon; 0 without one.
    prefix: usize,
    ns: Ns,
    /// When the prefix was last found to stand for the namespace.
    bound: u64,
    /// Where its parent leads, by the rules of this kind of record.
    above: State,
    kind: usize,
    place: Place,
    /// It would be written as it is spelled.
    ours: bool,
    /// The one that came after it.
    next: usize,
}

/// An element that the long way has read the start tag of.
pub(super) struct Opened<'t> {
    /// Its whole start tag.
    pub(super) tag: &'t str,
    /// How long its prefix is, with its colon.
    pub(super) prefix: usize,
    pub(super) ns: Ns,
    pub(super) place: Place,
}

impl Memory {
    /// The element of this spelling here, where it was seen before: the one that followed the last, or another.
    #[inline]
    fn recall(&mut self, bytes: &[u8], here: (State, usize), bindings: &Bindings) -> Option<(usize, &Seen)> {
        let followed = self.all.get(self.last).map_or(0, |last| last.next);
        let at = match self.all.get(followed) {
            Some(seen) if seen.is(bytes, here) => followed,
            _ => self.search(bytes, here, followed)?,
        };
        let now = bindings.changes();
        let seen = self.all.get_mut(at)?;
        if seen.bound != now {
            let prefix = seen.opens.get(1..seen.prefix.max(1)).and_then(|p| std::str::from_utf8(p).ok())?;
            if bindings.find(prefix)?.ns != seen.ns {
                return None;
            }
            seen.bound = now;
        }
        self.all.get(at).map(|seen| (at, seen))
    }

    /// Any that fits: where elements are left out it is one of the next. The last one will be followed by it.
    #[inline(never)]
    fn search(&mut self, bytes: &[u8], here: (State, usize), from: usize) -> Option<usize> {
        if !matches!(bytes, [b'<', b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.., ..]) {
            return None;
        }
        let (before, after) = self.all.split_at_checked(from)?;
        let at = match after.iter().position(|seen| seen.is(bytes, here)) {
            Some(at) => from + at,
            None => before.iter().position(|seen| seen.is(bytes, here))?,
        };
        if let Some(last) = self.all.get_mut(self.last) {
            last.next = at;
        }
        Some(at)
    }
}

impl Seen {
    /// Whether it is what the bytes begin with, here.
    #[inline(always)]
    fn is(&self, bytes: &[u8], here: (State, usize)) -> bool {
        (self.above, self.kind) == here && bytes.starts_with(&self.opens)
    }
}

impl Walk {
    /// Reads on as long as elements are plain. Says where the first begins that is not.
    pub(super) fn quickly(&mut self, turn: &mut Turn<'_>, valid: &str, from: usize) -> Walked<usize> {
        let Some(record) = self.record.filter(|record| record.depth < self.stack.len()) else { return Ok(from) };
        if self.frame.zone != Zone::Judged
            || turn.rules.unlisted != Unlisted::Strip
            || self.stack.len() >= self.limits.depth
        {
            return Ok(from);
        }
        let here = (self.frame.below, record.kind);
        let mut memory = std::mem::take(&mut self.memory);
        let mut at = from;
        loop {
            let rest = valid.as_bytes().get(at..).unwrap_or_default();
            let white = rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\t')).count();
            let rest = rest.get(white..).unwrap_or_default();
            let Some((number, seen)) = memory.recall(rest, here, &self.bindings) else { break };
            let open = seen.opens.len();
            let Some(text) = rest.get(open..).and_then(plain_text) else { break };
            let Some(after) = rest.get(open + text..) else { break };
            let whole = open + text + seen.closes.len();
            let end = self.before + (at + white + whole) as u64;
            if !after.starts_with(&seen.closes) || end - record.at > self.limits.record as u64 {
                break;
            }
            if !self.frame.children {
                self.holds_an_element(turn)?;
                if self.frame.zone != Zone::Judged {
                    break;
                }
            }
            // The tags are UTF-8 by themselves, so the text between them is.
            let Some(spelled) = valid.get(at + white..at + white + whole) else { break };
            self.take(seen, spelled, text);
            memory.last = number;
            self.partial = Partial::default();
            at += white + whole;
        }
        self.memory = memory;
        Ok(at)
    }

    /// Takes a plain element: what the long way does for one.
    #[inline]
    fn take(&mut self, seen: &Seen, spelled: &str, text: usize) {
        let place = seen.place;
        let from = self.tape.here();
        let open = seen.opens.len() as u32;
        let value = from + open..from + open + text as u32;
        if place.has(LISTED) {
            self.tape.text.push_str(spelled);
            let name = Name {
                ns: seen.ns,
                local: from + 1 + seen.prefix as u32..from + open - 1,
                prefixed: seen.prefix > 0,
                wild: None,
            };
            let (person, rule) = (self.frame.person, place.index());
            let spelled = if seen.ours && text > 0 { from..self.tape.here() } else { 0..0 };
            let leaf = Leaf { name, rule, person, text: value.clone(), spelled };
            self.tape.items.push(Item::Leaf(leaf));
        } else {
            if place.has(NAMES) {
                self.tape.text.push_str(spelled);
            }
            self.tally.unlisted += 1;
        }
        if place.has(NAMES) {
            self.names_somebody(place, Some(value));
        }
    }

    /// Remembers an element that is read the long way, if others may be read quickly because of it.
    pub(super) fn remember(&mut self, turn: &Turn<'_>, opened: &Opened<'_>) {
        let Opened { tag, prefix, ns, place } = *opened;
        let Some(record) = self.record else { return };
        let is_plain = tag.len() <= LONGEST && !tag.ends_with("/>") && !tag.contains([' ', '\t', '\n', '\r']);
        let container = place.has(DEEPER) && !place.has(LISTED);
        if !is_plain || container || place.has(RECORD | DEPENDANT) || self.memory.all.len() >= MOST {
            return;
        }
        let above = self.stack.last().map_or(DEAD, |outer| outer.below);
        let here = (above, record.kind);
        let known = self.memory.all.iter().position(|seen| seen.is(tag.as_bytes(), here));
        let number = known.unwrap_or(self.memory.all.len());
        if let Some(last) = self.memory.all.get_mut(self.memory.last) {
            last.next = number;
        }
        self.memory.last = number;
        if known.is_some() {
            return;
        }
        let name = tag.get(1..tag.len() - 1).unwrap_or_default();
        let opens: Box<[u8]> = tag.as_bytes().into();
        let closes = format!("</{name}>").into_bytes().into();
        let ours = match turn.xml.namespaces.get(ns) {
            Some((table, _)) if prefix > 0 => tag.get(1..prefix) == Some(table),
            _ => prefix == 0,
        };
        let (bound, kind) = (self.bindings.changes(), record.kind);
        let seen = Seen { opens, closes, prefix, ns, bound, above, kind, place, ours, next: 0 };
        self.memory.all.push(seen);
    }
}
