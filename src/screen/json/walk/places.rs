//! What the rules say of each place, and the beginning and end of records.

use super::{Open, Shape, Turn, Walk, Walked, Zone};
use crate::{
    policy::{
        integration::{BodyRules, RecordRules, RecordTarget, SubjectSource, Target, Unlisted},
        selector::State,
    },
    screen::{
        json::{
            tape::{Hit, Item, Kind, Scalar, Tape},
            text,
            write::Writer,
        },
        tally::{self, PersonId, Tally, UNKNOWN},
    },
};

impl Walk {
    /// Begins a record where the document's rules say that one is. Gives the rules for the value that begins.
    #[inline]
    pub(super) fn enter(&mut self, turn: &mut Turn<'_>) -> Walked<(Zone, State)> {
        let state = self.state(turn.rules);
        if self.frame.zone == Zone::Record {
            return Ok((Zone::Record, state));
        }
        let kind = turn.rules.matcher.accepts(state).iter().find_map(|target| match target {
            Target::Record(kind) => Some(usize::from(*kind)),
            Target::Envelope(_) => None,
        });
        let Some((kind, rules)) = kind.and_then(|k| Some((k, turn.rules.records.get(k)?))) else {
            return Ok((Zone::Outside, state));
        };
        self.write_outside(turn)?;
        let keep = if self.frame.shape == Shape::Object { self.name.from } else { self.pos };
        self.record = Some(Open { kind, depth: self.stack.len(), at: self.pos, keep });
        self.tape.hits.push(Hit::Nothing);
        Ok((Zone::Record, rules.matcher.start()))
    }

    /// What the rules say of the place of the value that begins. A scalar may name somebody.
    #[inline]
    pub(super) fn place(
        &mut self,
        rules: &BodyRules,
        zone: Zone,
        state: State,
        scalar: Option<(Scalar, usize)>,
    ) -> Place {
        if zone == Zone::Outside {
            return self.outside(rules, state);
        }
        let inside = self.frame.zone == Zone::Record;
        let Some(record) = self.record_rules(rules) else { return Place::new(false, 0) };
        let mut place = Place::new(!record.matcher.is_leaf(state), if inside { self.frame.person } else { 0 });
        let accepts = record.matcher.accepts(state);
        if accepts.contains(&RecordTarget::Dependant) {
            place.person = self.tape.hits.len() as u32;
            self.tape.hits.push(Hit::Nothing);
        }
        for target in accepts {
            match target {
                RecordTarget::Field(rule) => place.list(*rule),
                RecordTarget::Subject => place.names(0, &mut self.tape, scalar, self.pos),
                RecordTarget::DependantSubject if place.person > 0 => {
                    place.names(place.person, &mut self.tape, scalar, self.pos);
                }
                RecordTarget::DependantSubject | RecordTarget::Dependant => {}
            }
        }
        place
    }

    pub(super) fn outside(&self, rules: &BodyRules, state: State) -> Place {
        let mut place = Place::new(!rules.matcher.is_leaf(state), 0);
        for target in rules.matcher.accepts(state) {
            match target {
                Target::Envelope(rule) => place.list(*rule),
                Target::Record(_) => {}
            }
        }
        place
    }

    /// Puts the value that begins at `pos` on the tape.
    #[inline]
    pub(super) fn note(&mut self, kind: Kind, rule: u16, person: u32, end: usize) {
        let value = self.pos as u32;
        let (name, name_end) = match self.frame.shape {
            Shape::Object => (self.name.from as u32, self.name.to as u32),
            _ => (value, value),
        };
        self.tape.items.push(Item { name, name_end, value, end: end as u32, person, rule, kind });
    }

    /// The value that begins, and was read up to `end`, does not leave. `named`: it was read as somebody's id,
    /// which is not a surprise.
    #[inline]
    pub(super) fn leave_out(&mut self, turn: &mut Turn<'_>, named: bool, end: usize) -> Walked<()> {
        if turn.rules.unlisted == Unlisted::Block && !named {
            return self.unlisted(turn, end);
        }
        self.tally.unlisted += 1;
        if self.frame.shape != Shape::Object {
            self.note(Kind::Gap, 0, 0, self.pos);
        }
        Ok(())
    }

    #[cold]
    pub(super) fn unlisted(&mut self, turn: &mut Turn<'_>, end: usize) -> Walked<()> {
        let at = self.before + self.pos as u64;
        let detail =
            format!("the body holds something at byte {at} that no rule lists, and this operation stops on that");
        self.give_up(turn, end - 1, tally::unlisted(detail))
    }

    /// Finds out whom the record was about, decides it and writes it.
    pub(super) fn end_record(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        let Some(record) = self.record.take() else { return Ok(()) };
        if self.pos > record.at + self.limits.record {
            return Err(self.too_large(record.at + self.limits.record));
        }
        self.people.clear();
        for (place, hit) in self.tape.hits.iter().enumerate() {
            let source = turn.rules.records.get(record.kind).map(|r| &r.subject);
            let person = match (place, source) {
                (0, Some(SubjectSource::Path(_) | SubjectSource::Query(_) | SubjectSource::Header(_))) => {
                    self.tally.person(&self.request_person)
                }
                (0, None | Some(SubjectSource::None)) => UNKNOWN,
                _ => person(hit, turn.buf, &mut self.tally),
            };
            self.people.push(person);
        }
        let rules = self.offsets.get(record.kind).copied().unwrap_or(usize::MAX / 2);
        let mut writer = Writer::new(turn.buf, &mut self.out, &mut self.comma);
        writer.items(&self.tape.items, (&self.people, rules), &mut self.tally, turn.judge)?;
        self.tape.clear();
        Ok(())
    }

    /// Decides and writes what stands outside records. Within a record, nothing.
    pub(super) fn write_outside(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        if self.record.is_some() || self.tape.items.is_empty() {
            return Ok(());
        }
        let mut writer = Writer::new(turn.buf, &mut self.out, &mut self.comma);
        writer.items(&self.tape.items, (&[UNKNOWN], 0), &mut self.tally, turn.judge)?;
        self.tape.clear();
        Ok(())
    }

    /// The state of the value that begins, by the rules of the container it stands in.
    #[inline]
    pub(super) fn state(&self, rules: &BodyRules) -> State {
        match (self.frame.shape, self.frame.zone) {
            (Shape::Object, _) => self.name.state,
            (Shape::Root, _) | (_, Zone::Dropped) => self.frame.state,
            (Shape::Array, Zone::Outside) => rules.matcher.element(self.frame.state, self.frame.count),
            (Shape::Array, Zone::Record) => self
                .record_rules(rules)
                .map_or(self.frame.state, |r| r.matcher.element(self.frame.state, self.frame.count)),
        }
    }

    pub(super) fn record_rules<'r>(&self, rules: &'r BodyRules) -> Option<&'r RecordRules> {
        rules.records.get(self.record?.kind)
    }
}

/// What the rules say of one place.
pub(super) struct Place {
    /// The rule that lists it, and how many do.
    rule: u16,
    rules: u32,
    /// It names the subject or a dependant.
    pub(super) named: bool,
    /// Something below it may be listed.
    pub(super) deeper: bool,
    /// Whom it is about.
    pub(super) person: u32,
}

impl Place {
    const fn new(deeper: bool, person: u32) -> Self {
        Self { rule: 0, rules: 0, named: false, deeper, person }
    }

    fn list(&mut self, rule: u16) {
        self.rule = rule;
        self.rules += 1;
    }

    /// The rule that lists the place. Two rules for one place are refused when policies are loaded; if they
    /// came here, neither would count.
    pub(super) fn field(&self) -> Option<u16> {
        (self.rules == 1).then_some(self.rule)
    }

    fn names(&mut self, person: u32, tape: &mut Tape, scalar: Option<(Scalar, usize)>, from: usize) {
        self.named = true;
        if let Some(hit) = tape.hits.get_mut(person as usize) {
            hit.add(scalar.map(|(s, _)| s), from, scalar.map_or(from, |(_, end)| end));
        }
    }
}

fn person(hit: &Hit, buf: &[u8], tally: &mut Tally) -> PersonId {
    match hit {
        Hit::Nothing | Hit::Nobody => UNKNOWN,
        Hit::Several => tally::AMBIGUOUS,
        Hit::Id { from, to } => {
            let raw = buf.get(*from as usize..*to as usize).unwrap_or_default();
            tally.one(&text::decode(raw))
        }
    }
}
