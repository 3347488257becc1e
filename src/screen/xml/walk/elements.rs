//! Elements: they open and close as the grammar says, their names and attributes are expanded.

use super::{Frame, Phase, Stopped, Turn, Walk, Zone};
use crate::{
    policy::{
        integration::Ns,
        selector::{Automaton, DEAD, NameKey, State, UNLISTED},
    },
    screen::{
        place::Place,
        xml::{
            bindings::{Bound, Mark, TWICE, UNDECLARED},
            fault::{DEEP, Fault, NO_START, OTHER_END, SECOND},
            tag::{self, Attribute, Tag, declared, prefix},
            text::{self, Reading},
        },
    },
};
use std::collections::BTreeSet;

/// So few attributes are compared with each other; more go into an ordered set.
const FEW: usize = 12;

impl Walk {
    pub(super) fn start(&mut self, turn: &mut Turn<'_>, token: &str) -> Stopped<()> {
        if self.phase == Phase::Epilog {
            return Err(Fault::here(0, SECOND).into());
        }
        if self.stack.len() >= self.limits.depth {
            return Err(Fault::here(0, DEEP).into());
        }
        let mut attributes = std::mem::take(&mut self.attributes);
        let begun = self.begin_element(turn, token, &mut attributes);
        self.attributes = attributes;
        if begun?.empty {
            self.close(turn)?;
        }
        Ok(())
    }

    fn begin_element(&mut self, turn: &mut Turn<'_>, token: &str, attributes: &mut Vec<Attribute>) -> Stopped<Tag> {
        let tag = tag::start(token, attributes, self.limits.members)?;
        let bindings = self.bindings.mark();
        if !attributes.is_empty() {
            self.declarations(turn, token, attributes, bindings)?;
        }
        let prefix = prefix(token, tag.name.start, tag.local);
        let bound = self.bindings.find(prefix).ok_or_else(|| Fault::here(tag.name.start, UNDECLARED))?;
        let ns = bound.ns;
        if !attributes.is_empty() {
            let mut resolved = std::mem::take(&mut self.resolved);
            resolved.clear();
            let sound = self.resolve(token, attributes, &mut resolved);
            self.resolved = resolved;
            sound?;
        }
        if self.phase == Phase::Prolog {
            self.phase = Phase::Content;
            self.begin_document(turn)?;
        }
        self.holds_an_element(turn)?;
        let name = self.names.len();
        self.names.push_str(token.get(tag.name.clone()).unwrap_or_default());
        let outer = self.frame;
        self.frame = Frame {
            zone: Zone::Dropped,
            place: Place::NOTHING,
            collects: false,
            below: DEAD,
            item: None,
            text: self.tape.here(),
            children: false,
            stray: false,
            name,
            bindings,
            at: self.at,
            ..outer
        };
        self.stack.push(outer);
        if outer.zone == Zone::Judged {
            let local = token.get(tag.local..tag.name.end).unwrap_or_default();
            self.enter(turn, token, (ns, local, tag.local - tag.name.start), attributes)?;
        }
        Ok(tag)
    }

    pub(super) fn end(&mut self, turn: &mut Turn<'_>, token: &str) -> Stopped<()> {
        let open = self.names.get(self.frame.name..).unwrap_or_default();
        let quick = token.strip_prefix("</").and_then(|rest| rest.strip_suffix('>')) == Some(open);
        if quick && !self.stack.is_empty() {
            return self.close(turn);
        }
        let name = tag::end(token)?;
        if self.stack.is_empty() {
            return Err(Fault::here(0, NO_START).into());
        }
        if self.names.get(self.frame.name..) != Some(name) {
            return Err(Fault::here(0, OTHER_END).into());
        }
        self.close(turn)
    }

    fn close(&mut self, turn: &mut Turn<'_>) -> Stopped<()> {
        self.leave();
        self.bindings.reset(self.frame.bindings);
        self.names.truncate(self.frame.name);
        if let Some(outer) = self.stack.pop() {
            self.frame = outer;
        }
        if self.stack.is_empty() {
            self.phase = Phase::Epilog;
        }
        match self.record {
            Some(record) if record.depth == self.stack.len() => self.end_record(turn)?,
            Some(_) => {}
            None => self.write_outside(turn)?,
        }
        Ok(())
    }

    /// Takes the tag's namespace declarations.
    fn declarations(&mut self, turn: &Turn<'_>, token: &str, attributes: &[Attribute], since: Mark) -> Stopped<()> {
        for attribute in attributes {
            let value = token.get(attribute.value.clone()).unwrap_or_default();
            let declared = declared(token, attribute);
            if declared.is_none() && text::plain(value.as_bytes(), Reading::Attribute) {
                continue;
            }
            self.scratch.clear();
            let read = text::decode(value, Reading::Attribute, &mut self.scratch);
            read.map_err(|fault| fault.after(attribute.value.start))?;
            if let Some(prefix) = declared {
                let taken = self.bindings.declare(prefix, &self.scratch, since, &turn.xml.namespaces);
                taken.map_err(|said| Fault::here(attribute.name.start, said))?;
            }
        }
        Ok(())
    }

    /// Finds out what the attributes are in, and that none of them stands twice.
    fn resolve(&self, token: &str, attributes: &[Attribute], resolved: &mut Vec<Ns>) -> Stopped<()> {
        let mut set = BTreeSet::new();
        for (i, attribute) in attributes.iter().enumerate() {
            if declared(token, attribute).is_some() {
                resolved.push(Ns::UNKNOWN);
                continue;
            }
            let undeclared = || Fault::here(attribute.name.start, UNDECLARED);
            let (bound, local) = self.expanded(token, attribute).ok_or_else(undeclared)?;
            let twice = if attributes.len() > FEW {
                !set.insert((bound, local))
            } else {
                let same = |other: &Attribute| {
                    local == token.get(other.local..other.name.end).unwrap_or_default()
                        && declared(token, other).is_none()
                        && self.expanded(token, other) == Some((bound, local))
                };
                attributes.iter().take(i).any(same)
            };
            if twice {
                return Err(Fault::here(attribute.name.start, TWICE).into());
            }
            resolved.push(bound.ns);
        }
        Ok(())
    }

    fn expanded<'t>(&'t self, token: &'t str, attribute: &Attribute) -> Option<(Bound<'t>, &'t str)> {
        let local = token.get(attribute.local..attribute.name.end).unwrap_or_default();
        if attribute.local == attribute.name.start {
            return Some((Bound::NONE, local));
        }
        Some((self.bindings.find(prefix(token, attribute.name.start, attribute.local))?, local))
    }

    /// The state after a step, and the name's ordinal among those that the state lists.
    #[inline]
    pub(super) fn step(&mut self, automaton: &Automaton, state: State, ns: Ns, local: &str) -> (State, u16) {
        let Some(mark) = self.marks.get(ns.index()) else { return (DEAD, UNLISTED) };
        if state == DEAD {
            return (DEAD, UNLISTED);
        }
        if mark.is_empty() {
            return automaton.member(state, NameKey::new(local.as_bytes()), local.as_bytes());
        }
        self.key.clear();
        self.key.extend_from_slice(mark);
        self.key.extend_from_slice(local.as_bytes());
        automaton.member(state, NameKey::new(&self.key), &self.key)
    }
}
