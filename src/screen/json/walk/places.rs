//! What the rules say of each place, and the beginning and end of records.

use super::{Open, Shape, Turn, Walk, Walked};
use crate::{
    policy::{
        integration::{BodyRules, FieldRule, SubjectSource, Unlisted},
        selector::{DEAD, State, UNLISTED},
    },
    screen::{
        Judge,
        json::{
            choose,
            tape::{Hit, Item, Kind, Scalar},
            text,
            write::Writer,
        },
        place::{DEPENDANT, DEPENDANT_SUBJECT, LISTED, Place, RECORD, SUBJECT, may_name_somebody},
        tally::{self, GROUP, PersonId, Tally, UNKNOWN},
    },
    verdict::Refusal,
};
use std::sync::Arc;

/// So many bytes outside records are decided together, and a record ends them.
const TOGETHER: usize = 64 << 10;

impl Walk {
    /// The state of the value that begins, by the rules of the container it stands in.
    #[inline]
    pub(super) fn state(&self, turn: &Turn<'_>) -> State {
        match self.frame.shape {
            Shape::Object => self.name.state,
            Shape::Array => turn.automaton.element(self.frame.state, self.frame.count),
            Shape::Root => self.frame.state,
        }
    }

    /// Begins a record where the document's rules say that one is, and takes note of a value that names
    /// somebody. Gives the state and the place of the value that begins by the rules that hold for it, and
    /// whom it is about.
    pub(super) fn enter(
        &mut self,
        turn: &mut Turn<'_>,
        scalar: Option<(Scalar, usize)>,
    ) -> Walked<(State, Place, u32)> {
        let mut state = self.state(turn);
        let mut place = turn.place(state);
        let mut person = self.frame.person;
        if place.has(RECORD) {
            state = self.begin_record(turn, usize::from(place.index()))?;
            place = turn.place(state);
            person = 0;
        }
        if place.has(DEPENDANT) {
            person = self.tape.hits.len() as u32;
            self.tape.hits.push(Hit::Nothing);
        }
        if place.has(SUBJECT) {
            self.hit(0, scalar);
        }
        if place.has(DEPENDANT_SUBJECT) && person > 0 {
            self.hit(person, scalar);
        }
        Ok((state, place, person))
    }

    fn begin_record(&mut self, turn: &mut Turn<'_>, kind: usize) -> Walked<State> {
        self.write_outside(turn)?;
        let keep = if self.frame.shape == Shape::Object { self.name.from } else { self.pos };
        self.record = Some(Open { kind, depth: self.stack.len(), at: self.pos, keep });
        self.tape.hits.push(Hit::Nothing);
        let rules = turn.rules.records.get(kind);
        if self.frame.shape == Shape::Object {
            if rules.is_some_and(|r| r.subject == SubjectSource::Key) {
                let (from, to) = (self.name.from, self.name.to);
                if let Some(hit) = self.tape.hits.first_mut() {
                    hit.add(Some(Scalar::Text), from, to);
                }
            }
            match rules.and_then(|r| r.key) {
                Some(rule) => self.note_name(rule, 0),
                None if self.name.wild => self.note_wild(turn),
                None => {}
            }
        }
        let start = turn.by_record(kind);
        if self.followed.0 != kind {
            self.followed = (kind, vec![UNLISTED; turn.automaton.cells()]);
        }
        Ok(start)
    }

    fn hit(&mut self, person: u32, scalar: Option<(Scalar, usize)>) {
        if let Some(hit) = self.tape.hits.get_mut(person as usize) {
            hit.add(scalar.map(|(s, _)| s), self.pos, scalar.map_or(self.pos, |(_, end)| end));
        }
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

    /// Puts the name of the member that comes next on the tape: it says what is in it, and what its record withholds is
    /// looked for in it.
    #[cold]
    pub(super) fn note_wild(&mut self, turn: &Turn<'_>) {
        if turn.judge.detects() {
            let rule = self.rule_at(turn, self.name.state) as u32;
            let (from, to) = (self.name.from as u32, self.name.to as u32);
            let kind = Kind::Wild(self.record.is_some());
            self.tape.items.push(Item {
                name: from,
                name_end: from,
                value: from,
                end: to,
                person: rule,
                rule: 0,
                kind,
            });
        }
    }

    /// Puts the name of the member that comes next on the tape, as a value.
    pub(super) fn note_name(&mut self, rule: u16, person: u32) {
        let (from, to) = (self.name.from as u32, self.name.to as u32);
        self.tape.items.push(Item { name: from, name_end: from, value: from, end: to, person, rule, kind: Kind::Key });
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
        let refusal = self.unlisted_at(self.pos);
        self.give_up(turn, end - 1, refusal)
    }

    fn unlisted_at(&self, pos: usize) -> Refusal {
        let at = self.before + pos as u64;
        let detail =
            format!("the body holds something at byte {at} that no rule lists, and this operation stops on that");
        tally::unlisted(detail)
    }

    /// Whether a name that only a wildcard lets through stays, with its value: for whom it names or for what is in it.
    #[inline(never)]
    pub(super) fn objects_to(&mut self, turn: &mut Turn<'_>, state: State, name: &[u8]) -> bool {
        let named = if may_name_somebody(name) { turn.names(name) } else { None };
        if named.is_none() && !turn.judge.detects() {
            return false;
        }
        let rule = self.rule_at(turn, state);
        let against = || self.tally.against_name(rule, &String::from_utf8_lossy(name), turn.judge);
        match named.or_else(against) {
            Some(why) => {
                self.tally.object(rule, why);
                true
            }
            None => false,
        }
    }

    /// The rule, by the tally's count, under which something at a wildcard's place is recorded: the one that lists the
    /// place, or else the first that has a wildcard.
    #[cold]
    pub(super) fn rule_at(&self, turn: &Turn<'_>, state: State) -> usize {
        let place = turn.place(state);
        let record = self.record.map(|record| record.kind);
        if place.has(LISTED) {
            return record.map_or(0, |kind| self.first_rule(kind)) + usize::from(place.index());
        }
        let wild = |rules: &[Arc<FieldRule>]| rules.iter().position(|rule| rule.path.contains('*'));
        let kinds = turn.rules.records.iter().enumerate();
        let mut within = kinds.filter(|(kind, _)| record.is_none_or(|open| open == *kind));
        let in_document = || wild(&turn.rules.envelope).filter(|_| record.is_none());
        in_document()
            .or_else(|| within.find_map(|(kind, r)| wild(&r.fields).map(|rule| self.first_rule(kind) + rule)))
            .unwrap_or_else(|| record.map_or(0, |kind| self.first_rule(kind)))
    }

    fn first_rule(&self, kind: usize) -> usize {
        self.offsets.get(kind).copied().unwrap_or(usize::MAX / 2)
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
        let rules = self.first_rule(record.kind);
        self.cell(turn, record.kind)?;
        if let Some(kind) = turn.rules.records.get(record.kind)
            && let Some((gaps, first)) = choose::choose(&mut self.tape.items, kind, turn.buf, record.at)
        {
            if turn.rules.unlisted == Unlisted::Block {
                return Err(Box::new(self.unlisted_at(first)));
            }
            self.tally.unlisted += gaps;
        }
        self.tally.begin_record();
        let mut writer = Writer::new(turn.buf, &mut self.out, &mut self.comma, &mut self.said);
        writer.items(&self.tape.items, (&self.people, rules), &mut self.tally, turn.judge)?;
        self.tape.clear();
        turn.by_document();
        Ok(())
    }

    /// A cell of a table of counts is a group's, or empty.
    fn cell(&mut self, turn: &Turn<'_>, kind: usize) -> Walked<()> {
        let Some(aggregate) = turn.rules.records.get(kind).and_then(|r| r.aggregate.as_ref()) else { return Ok(()) };
        let is_count = |item: &&Item| matches!(item.kind, Kind::Field(_)) && aggregate.counts.contains(&item.rule);
        let texts = self.tape.items.iter().filter(is_count).map(|item| {
            let raw = turn.buf.get(item.value as usize..item.end as usize).unwrap_or_default();
            // A string's quotes make it no number.
            std::str::from_utf8(raw).unwrap_or_default()
        });
        if self.tally.is_group(aggregate, texts, turn.judge)? {
            self.people.fill(GROUP);
            return Ok(());
        }
        let first = self.first_rule(kind);
        let tally = &mut self.tally;
        self.tape.items.retain_mut(|item| {
            if !matches!(item.kind, Kind::Field(_)) {
                return true;
            }
            tally.suppress(first + usize::from(item.rule));
            item.kind = Kind::Gap;
            item.name_end == item.name
        });
        Ok(())
    }

    /// Decides and writes what stands outside records: what one value there withholds is looked for in all that are written
    /// with it, and in those after them. Within a record, nothing.
    pub(super) fn write_outside(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        if self.record.is_some() || self.tape.items.is_empty() {
            return Ok(());
        }
        self.tally.begin_outside();
        let mut writer = Writer::new(turn.buf, &mut self.out, &mut self.comma, &mut self.said);
        writer.items(&self.tape.items, (&[UNKNOWN], 0), &mut self.tally, turn.judge)?;
        self.tally.end_outside();
        self.tape.clear();
        Ok(())
    }

    /// Where what stands outside records and is not written yet begins.
    #[inline]
    pub(super) fn waiting(&self) -> Option<usize> {
        let first = self.tape.items.first().filter(|_| self.record.is_none());
        first.map(|item| item.name as usize)
    }

    /// Writes what stands outside records once there is much of it: before a token that begins so far behind its
    /// beginning, and not where the input happens to be cut.
    #[inline]
    pub(super) fn make_room(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        match self.waiting() {
            Some(first) if self.pos - first >= TOGETHER.min(self.limits.record) => self.write_outside(turn),
            _ => Ok(()),
        }
    }
}

impl<'a> Turn<'a> {
    /// A call's view of the rules: a record's where one is open, else the document's.
    pub(in crate::screen::json) fn new(
        rules: &'a BodyRules,
        buf: &'a [u8],
        judge: &'a mut dyn Judge,
        at_end: bool,
        walk: &Walk,
    ) -> Self {
        let automaton = rules.matcher.automaton();
        let mut turn = Self { rules, buf, judge, at_end, automaton, places: &[] };
        match walk.record {
            Some(record) => turn.by_record(record.kind),
            None => turn.by_document(),
        };
        turn
    }

    /// From here on places are the document's.
    fn by_document(&mut self) -> State {
        self.automaton = self.rules.matcher.automaton();
        self.places = self.rules.matcher.digest(Place::in_document);
        self.rules.matcher.start()
    }

    /// From here on places are the record's. A kind that does not exist has none.
    fn by_record(&mut self, kind: usize) -> State {
        let Some(record) = self.rules.records.get(kind) else {
            self.places = &[];
            return DEAD;
        };
        self.automaton = record.matcher.automaton();
        self.places = record.matcher.digest(Place::in_record);
        record.matcher.start()
    }

    /// What speaks against a member's name, for whom it names.
    #[cold]
    pub(super) fn names(&mut self, name: &[u8]) -> Option<Arc<Refusal>> {
        self.judge.names(None, &String::from_utf8_lossy(name))
    }

    #[inline]
    pub(super) fn place(&self, state: State) -> Place {
        Place(self.places.get(state.index()).copied().unwrap_or(0))
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
