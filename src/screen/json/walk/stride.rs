//! The quick way through a record: member after member as they came in the record before.
//!
//! It does what [`Walk::name`] does for the name that followed the last time and for one that no rule lists, and what
//! [`Walk::value`] does for a scalar that needs no second look. Everything else is left to them. Most of a batch is read
//! here.

use super::{Expect, Frame, Name, Turn, Walk, Zone};
use crate::{
    policy::{
        integration::Unlisted,
        selector::{DEAD, NameKey, UNLISTED},
    },
    screen::{
        json::{
            names::Names,
            scan,
            tape::{Item, Kind},
        },
        place::{CHOICE, LISTED, SPECIAL},
    },
};

impl Walk {
    /// Reads members from the opening quote of a name on. Afterwards a name is expected, its value, or a
    /// separator; or nothing has happened.
    pub(super) fn stride(&mut self, turn: &Turn<'_>) {
        if self.record.is_none()
            || self.frame.keys.is_some()
            || self.frame.zone != Zone::Judged
            || self.partial.has_begun()
        {
            return;
        }
        let names = turn.automaton.expected(self.frame.state);
        let first = turn.automaton.cell(self.frame.state, 0);
        let Some(followed) = self.followed.1.get(first..) else { return };
        let limit = self.limits.members as u64;
        let mut frame = self.frame;
        let mut at = self.pos;
        while frame.count < limit {
            let Some(ordinal) = followed.get(usize::from(frame.last)) else { break };
            let Some(name) = names.get(usize::from(*ordinal)) else { break };
            let Some((b'"', rest)) = turn.buf.get(at..).and_then(<[u8]>::split_first) else { break };
            if !name.begins(rest) {
                let Some(after) = unlisted(turn, &mut self.names, &mut frame, at) else { break };
                self.tally.unlisted += 1;
                at = after;
                continue;
            }
            let bit = 1u64.checked_shl(u32::from(*ordinal)).unwrap_or(0);
            if frame.seen & bit != 0 || bit == 0 {
                break;
            }
            let value = at + 1 + name.len();
            let place = turn.place(name.next);
            let quick = if place.has(LISTED) && !place.has(SPECIAL) { scan::quick(turn.buf, value) } else { None };
            frame.seen |= bit;
            frame.last = *ordinal + 1;
            frame.count += 1;
            let Some((end, scalar)) = quick else {
                self.name = Name { from: at, to: value - 1, state: name.next, wild: false };
                self.frame = frame;
                self.pos = value;
                self.expect = Expect::Value;
                return;
            };
            self.tape.items.push(Item {
                name: at as u32,
                name_end: value as u32 - 1,
                value: value as u32,
                end: end as u32,
                person: frame.person,
                rule: place.index(),
                kind: Kind::Field(scalar),
            });
            if turn.buf.get(end..end + 2) != Some(b",\"") {
                self.frame = frame;
                self.pos = end;
                self.expect = Expect::Separator;
                return;
            }
            at = end + 1;
        }
        if at > self.pos {
            self.frame = frame;
            self.pos = at;
            self.expect = Expect::Name;
        }
    }
}

/// Passes a member that no rule lists, of which nothing leaves and whose scalar needs no second look, and the comma
/// before the next one. `None` says nothing, and nothing has happened.
#[inline(never)]
fn unlisted(turn: &Turn<'_>, names: &mut Names, frame: &mut Frame, at: usize) -> Option<usize> {
    if turn.rules.unlisted == Unlisted::Block || turn.place(DEAD).has(LISTED | SPECIAL | CHOICE) {
        return None;
    }
    let (to, _) = scan::quick_text(turn.buf, at)?;
    let name = turn.buf.get(at + 1..to - 1)?;
    let (end, _) = turn.buf.get(to).filter(|b| **b == b':').and_then(|_| scan::quick(turn.buf, to + 1))?;
    let key = NameKey::new(name);
    let follows = turn.buf.get(end..end + 2) == Some(b",\"");
    // A name that came before is left for the grammar to refuse.
    if !follows
        || turn.automaton.member(frame.state, key, name) != (DEAD, UNLISTED)
        || !names.insert(&mut frame.scope, key, name)
    {
        return None;
    }
    frame.count += 1;
    Some(end + 1)
}
