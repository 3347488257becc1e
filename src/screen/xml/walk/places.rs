//! What the rules say of each place, and the beginning and end of records.

use super::{Frame, Open, Stopped, Turn, Walk, Walked, Zone, quick::Opened};
use crate::{
    policy::{
        integration::{FieldRule, Ns, SubjectSource, Unlisted},
        selector::{ATTRIBUTE, Automaton, CHILD, DEAD, NameKey, State, UNLISTED},
    },
    screen::{
        dotted::Lookout,
        place::{DEEPER, DEPENDANT, DEPENDANT_SUBJECT, LISTED, Place, RECORD, SUBJECT, may_name_somebody},
        tally::{self, UNKNOWN},
        xml::{
            tag::{self, declared},
            tape::{Attribute, Element, Hit, Item, Name, Part, Shape},
            text::{self, Reading, is_white},
            write::Writer,
        },
    },
};
use std::sync::Arc;

/// It says whom something is about.
pub(super) const NAMES: u32 = SUBJECT | DEPENDANT_SUBJECT;

impl Walk {
    /// Before the document's element: the document itself may be the record.
    pub(super) fn begin_document(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        let mut state = turn.rules.matcher.start();
        let place = self.place(turn, state);
        if place.has(RECORD) {
            state = self.begin_record(turn, usize::from(place.index()), 0);
        }
        self.frame.below = below(self.automaton(turn), state, CHILD);
        Ok(())
    }

    /// Decides what an element is that begins in a judged one: kept, dropped, or read for whom it names.
    pub(super) fn enter(
        &mut self,
        turn: &mut Turn<'_>,
        token: &str,
        (ns, local, prefix): (Ns, &str, usize),
        attributes: &[tag::Attribute],
    ) -> Stopped<()> {
        // The frame is the element's; what it inherited is whom its parent is about.
        let above = self.stack.last().map_or(DEAD, |outer| outer.below);
        let (mut state, mut place, wild) = self.look_up(turn, above, ns, local);
        let alike = self.record.is_some() && !wild;
        if place.has(RECORD) && self.record.is_none() {
            self.write_outside(turn)?;
            state = self.begin_record(turn, usize::from(place.index()), self.stack.len() - 1);
            place = self.place(turn, state);
            self.frame.person = 0;
        }
        if place.has(DEPENDANT) {
            self.frame.person = self.tape.hits.len() as u32;
            self.tape.hits.push(Hit::Nothing);
        }
        self.frame.place = place;
        self.frame.collects = place.has(LISTED | NAMES);
        if alike {
            self.remember(turn, &Opened { tag: token, prefix, ns, place });
        }
        if !place.has(LISTED | DEEPER) {
            if self.stack.len() == 1 {
                return Err(self.no_document(turn).into());
            }
            return Ok(self.leave_out(turn, self.at, place.has(NAMES))?);
        }
        self.frame.zone = Zone::Judged;
        self.frame.below = below(self.automaton(turn), state, CHILD);
        let name = Name { ns, local: self.tape.keep(local), prefixed: prefix > 0, wild: self.wild(turn, place, wild) };
        self.keep(turn, token, name, (state, attributes))?;
        self.frame.text = self.tape.here();
        Ok(())
    }

    /// Puts an element on the tape, with those of its attributes that are listed.
    fn keep(
        &mut self,
        turn: &mut Turn<'_>,
        token: &str,
        name: Name,
        (state, attributes): (State, &[tag::Attribute]),
    ) -> Stopped<()> {
        let declared = self.tape.declared.len() as u32;
        self.tape.declared.extend(self.bindings.since(self.frame.bindings).filter(|(ns, _)| *ns != Ns::UNKNOWN));
        let first = self.tape.attributes.len() as u32;
        if !attributes.is_empty() {
            let within = below(self.automaton(turn), state, ATTRIBUTE);
            self.attributes(turn, token, attributes, within)?;
        }
        let element = Element {
            shape: Shape::Container,
            name,
            declared: declared..self.tape.declared.len() as u32,
            attributes: first..self.tape.attributes.len() as u32,
            rule: self.frame.place.has(LISTED).then_some(self.frame.place.index()),
            text: 0..0,
            person: self.frame.person,
            childless: self.frame.below == DEAD,
            root: self.stack.len() == 1,
        };
        self.frame.item = Some(self.tape.items.len());
        self.tape.items.push(Item::Open(element));
        Ok(())
    }

    fn attributes(
        &mut self,
        turn: &mut Turn<'_>,
        token: &str,
        attributes: &[tag::Attribute],
        within: State,
    ) -> Stopped<()> {
        for (i, attribute) in attributes.iter().enumerate() {
            if declared(token, attribute).is_some() {
                continue;
            }
            let ns = self.resolved.get(i).copied().unwrap_or(Ns::UNKNOWN);
            let local = token.get(attribute.local..attribute.name.end).unwrap_or_default();
            // Without a prefix of the table's it could not be written.
            let writable = ns == Ns::NONE || turn.xml.namespaces.get(ns).is_some_and(|(prefix, _)| !prefix.is_empty());
            let found = if writable { self.look_up(turn, within, ns, local) } else { (DEAD, Place::NOTHING, false) };
            let (_, place, wild) = found;
            if place.has(LISTED | NAMES) {
                let raw = token.get(attribute.value.clone()).unwrap_or_default();
                let from = self.tape.here();
                text::decode(raw, Reading::Attribute, &mut self.tape.text)?;
                let value = from..self.tape.here();
                self.names_somebody(place, Some(value.clone()));
                if place.has(LISTED) {
                    let (local, wild) = (self.tape.keep(local), self.wild(turn, place, wild));
                    let name = Name { ns, local, prefixed: ns != Ns::NONE, wild };
                    self.tape.attributes.push(Attribute { name, value, rule: place.index() });
                    continue;
                }
            }
            self.leave_out(turn, self.at + attribute.name.start as u64, place.has(NAMES))?;
        }
        Ok(())
    }

    /// Where a name leads, and whether only a wildcard lets it through: then it leaves too, so it may name nobody.
    fn look_up(&mut self, turn: &mut Turn<'_>, from: State, ns: Ns, local: &str) -> (State, Place, bool) {
        let automaton = self.automaton(turn);
        let (state, ordinal) = self.step(automaton, from, ns, local);
        let place = self.place(turn, state);
        let wild = ordinal == UNLISTED && state != DEAD;
        if wild && self.objects_to(turn, place, local) {
            return (DEAD, Place::NOTHING, true);
        }
        (state, place, wild)
    }

    /// The rule under which a name is recorded in which something may stand that its record withholds.
    fn wild(&self, turn: &Turn<'_>, place: Place, wild: bool) -> Option<u32> {
        if wild && turn.judge.detects() { u32::try_from(self.rule_at(turn, place)).ok() } else { None }
    }

    /// Whether a name that only a wildcard lets through stays, for whom it names or for what is in it.
    fn objects_to(&mut self, turn: &mut Turn<'_>, place: Place, local: &str) -> bool {
        let named = if may_name_somebody(local.as_bytes()) { turn.judge.names(None, local) } else { None };
        if named.is_none() && !turn.judge.detects() {
            return false;
        }
        let rule = self.rule_at(turn, place);
        match named.or_else(|| self.tally.against_name(rule, local, turn.judge)) {
            Some(why) => {
                self.tally.object(rule, why);
                true
            }
            None => false,
        }
    }

    /// The first element in the open one: its text is nobody's value, and without places below it goes whole.
    pub(super) fn holds_an_element(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        if self.frame.children || self.stack.is_empty() {
            return Ok(());
        }
        self.frame.children = true;
        let Frame { collects, text, place, item, at, .. } = self.frame;
        if collects {
            let text = self.tape.get(&(text..self.tape.here()));
            let stray = item.is_some() && place.has(DEEPER) && !is_white(text.as_bytes());
            self.tape.text.truncate(self.frame.text as usize);
            self.names_somebody(place, None);
            if stray {
                self.stray(turn)?;
            }
        }
        match item {
            Some(item) if !place.has(DEEPER) => {
                if self.stack.len() == 1 {
                    return Err(self.no_document(turn));
                }
                self.tape.items.truncate(item);
                self.frame.item = None;
                self.frame.zone = Zone::Dropped;
                self.leave_out(turn, at, false)
            }
            // It was let pass as somebody's id, and is none.
            None if place.has(NAMES) && turn.rules.unlisted == Unlisted::Block => self.leave_out(turn, at, false),
            _ if self.record.is_none() => self.write_outside(turn),
            _ => Ok(()),
        }
    }

    /// The open element ends: now it is known whether its text was its value.
    pub(super) fn leave(&mut self) {
        let Frame { collects, children, text, item, place, .. } = self.frame;
        let value = text..self.tape.here();
        if collects && !children {
            self.names_somebody(place, Some(value.clone()));
        }
        if item.is_none() {
            return;
        }
        if children {
            self.tape.items.push(Item::Close);
        } else if let Some(Item::Open(element)) = item.and_then(|i| self.tape.items.get_mut(i)) {
            element.shape = Shape::Leaf;
            element.text = value;
        }
    }

    pub(super) fn names_somebody(&mut self, place: Place, value: Option<Part>) {
        let person = self.frame.person;
        if place.has(SUBJECT)
            && let Some(hit) = self.tape.hits.first_mut()
        {
            hit.add(value.clone());
        }
        if place.has(DEPENDANT_SUBJECT)
            && person > 0
            && let Some(hit) = self.tape.hits.get_mut(person as usize)
        {
            hit.add(value);
        }
    }

    /// Text beside elements, or where no rule lists any.
    pub(super) fn stray(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        if self.frame.zone == Zone::Dropped || std::mem::replace(&mut self.frame.stray, true) {
            return Ok(());
        }
        self.leave_out(turn, self.at, false)
    }

    /// Something does not leave that no rule lists. `named`: it was read as somebody's id, which is not a surprise.
    fn leave_out(&mut self, turn: &mut Turn<'_>, at: u64, named: bool) -> Walked<()> {
        if turn.rules.unlisted == Unlisted::Block && !named {
            let detail =
                format!("the body holds something at byte {at} that no rule lists, and this operation stops on that");
            return Err(Box::new(tally::unlisted(detail)));
        }
        self.tally.unlisted += 1;
        Ok(())
    }

    /// Without its element there is no document to send.
    fn no_document(&self, turn: &Turn<'_>) -> Box<crate::verdict::Refusal> {
        let detail = format!(
            "no rule lists anything in the document's element at byte {}, so nothing of it may leave; look at its name \
             and at `namespaces` in the connection's file",
            self.frame.at
        );
        let stops = turn.rules.unlisted == Unlisted::Block;
        Box::new(if stops { tally::unlisted(detail) } else { tally::no_document(detail) })
    }

    /// The rule, by the tally's count, under which a name that a wildcard let through is recorded: the one that lists
    /// the place, or else the first that has a wildcard.
    #[cold]
    fn rule_at(&self, turn: &Turn<'_>, place: Place) -> usize {
        let kind = self.record.map(|record| record.kind);
        let first = kind.map_or(0, |kind| self.first_rule(kind));
        let rules = match kind {
            Some(kind) => turn.rules.records.get(kind).map(|r| r.fields.as_slice()),
            None => Some(turn.rules.envelope.as_slice()),
        };
        let wild = |rule: &Arc<FieldRule>| rule.path.contains('*') || rule.path.contains("//");
        if place.has(LISTED) {
            return first + usize::from(place.index());
        }
        first + rules.unwrap_or_default().iter().position(wild).unwrap_or(0)
    }

    fn first_rule(&self, kind: usize) -> usize {
        self.offsets.get(kind).copied().unwrap_or(usize::MAX / 2)
    }

    fn begin_record(&mut self, turn: &Turn<'_>, kind: usize, depth: usize) -> State {
        self.record = Some(Open { kind, depth, at: self.at });
        self.tape.hits.push(Hit::Nothing);
        turn.rules.records.get(kind).map_or(DEAD, |record| record.matcher.start())
    }

    /// Finds out whom the record was about, decides it and writes it.
    pub(super) fn end_record(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        let Some(record) = self.record.take() else { return Ok(()) };
        let mut people = std::mem::take(&mut self.people);
        people.clear();
        let source = turn.rules.records.get(record.kind).map(|r| &r.subject);
        for (place, hit) in self.tape.hits.iter().enumerate() {
            people.push(match (place, source) {
                (0, Some(source)) if source.is_of_request() => self.tally.person(&self.request_person),
                (0, None | Some(SubjectSource::None)) => UNKNOWN,
                _ => match hit {
                    Hit::Nothing | Hit::Nobody => UNKNOWN,
                    Hit::Several => tally::AMBIGUOUS,
                    Hit::Id(id) => self.tally.one(self.tape.get(id)),
                },
            });
        }
        self.people = people;
        self.tally.begin_record();
        self.write(turn, self.first_rule(record.kind))
    }

    /// Decides and writes what stands outside records, where what was withheld before is looked for. Within a record,
    /// nothing.
    pub(super) fn write_outside(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        if self.record.is_some() || self.tape.items.is_empty() {
            return Ok(());
        }
        self.people.clear();
        self.tally.begin_outside();
        self.write(turn, 0)?;
        self.tally.end_outside();
        Ok(())
    }

    fn write(&mut self, turn: &mut Turn<'_>, rules: usize) -> Walked<()> {
        let mut writer = Writer {
            tape: &self.tape,
            namespaces: &turn.xml.namespaces,
            written: &mut self.written,
            out: &mut self.out,
            people: &self.people,
            rules,
            tally: &mut self.tally,
            judge: &mut *turn.judge,
            lookout: Lookout::new(self.tape.text.len()),
        };
        writer.items()?;
        self.tape.clear();
        Ok(())
    }

    /// The rules that hold where the walk is: the document's or the open record's.
    fn automaton<'t>(&self, turn: &Turn<'t>) -> &'t Automaton {
        match self.record.and_then(|record| turn.rules.records.get(record.kind)) {
            Some(record) => record.matcher.automaton(),
            None => turn.rules.matcher.automaton(),
        }
    }

    fn place(&self, turn: &Turn<'_>, state: State) -> Place {
        let words = match self.record.and_then(|record| turn.rules.records.get(record.kind)) {
            Some(record) => record.matcher.digest(Place::in_record),
            None => turn.rules.matcher.digest(Place::in_document),
        };
        Place(words.get(state.index()).copied().unwrap_or(0))
    }
}

/// The state after the mark that leads to children or to attributes.
fn below(automaton: &Automaton, state: State, mark: &'static str) -> State {
    if state == DEAD { DEAD } else { automaton.member(state, NameKey::new(mark.as_bytes()), mark.as_bytes()).0 }
}
