//! From the tape to the output: what was judged is what is written, without white space.

use super::{
    said::Said,
    tape::{Item, Kind, Scalar},
    text,
};
use crate::{
    detect::Cue,
    policy::integration::Denied,
    screen::{
        Judge,
        dotted::dotted,
        tally::{Glimpse, Lying, Outcome, PersonId, Tally, Value},
    },
    verdict::Refusal,
};
use std::borrow::Cow;

/// Writes items to `out`. Bytes that stand together in the input are copied together.
pub(super) struct Writer<'a> {
    pub(super) buf: &'a [u8],
    pub(super) out: &'a mut Vec<u8>,
    /// A value stands before, in the same container.
    pub(super) comma: &'a mut bool,
    /// Input still to be copied.
    run: (usize, usize),
    /// Where the name stands that leaves as another, and that one.
    renamed: Option<(u32, String)>,
    said: &'a mut Said,
}

impl<'a> Writer<'a> {
    pub(super) fn new(buf: &'a [u8], out: &'a mut Vec<u8>, comma: &'a mut bool, said: &'a mut Said) -> Self {
        Self { buf, out, comma, run: (0, 0), renamed: None, said }
    }

    /// Decides and writes each item. `people` are the tape's persons, `rules` where its rules begin.
    ///
    /// # Errors
    /// When an item that may not leave stops the request.
    pub(super) fn items(
        &mut self,
        items: &[Item],
        (people, rules): (&[PersonId], usize),
        tally: &mut Tally,
        judge: &mut dyn Judge,
    ) -> Result<(), Box<Refusal>> {
        self.learn(items, (people, rules), tally, judge)?;
        let mut rest = items;
        loop {
            let (passed, is_read) = self.pass(rest, (people, rules), tally, judge)?;
            let Some((item, after)) = rest.get(passed..).and_then(<[Item]>::split_first) else { break };
            rest = after;
            match item.kind {
                Kind::Key => {
                    self.said.is_value();
                    let person = people.get(item.person as usize).copied().unwrap_or(crate::screen::tally::UNKNOWN);
                    let name = Written { buf: self.buf, item, scalar: Scalar::Text };
                    match tally.decide((person, rules + usize::from(item.rule)), judge, name)? {
                        Outcome::Raw => {}
                        Outcome::Text(text) => self.renamed = Some((item.value, text)),
                        Outcome::Withheld(_) => rest = beyond_member(item.value, rest),
                    }
                }
                Kind::Wild(in_record) => {
                    let name = self.buf.get(item.value as usize + 1..(item.end as usize).saturating_sub(1));
                    let name = text::decode(name.unwrap_or_default());
                    self.said.name(item.value, &name);
                    if in_record && tally.withholds_name(item.person as usize, &name) {
                        rest = beyond_member(item.value, rest);
                    }
                }
                Kind::Open => {
                    self.said.open(named(item));
                    self.raw(item);
                    *self.comma = false;
                }
                Kind::Close => {
                    self.said.close();
                    *self.comma = false;
                    self.copy(item.value, item.end);
                    *self.comma = true;
                }
                // Nobody chose: as if no rule listed it.
                Kind::Gap | Kind::Choice(_) => self.instead(item, b"null"),
                Kind::Field(scalar) => {
                    let person = people.get(item.person as usize).copied().unwrap_or(crate::screen::tally::UNKNOWN);
                    let written = Written { buf: self.buf, item, scalar };
                    let (rule, said) = (rules + usize::from(item.rule), self.said.of(named(item)));
                    let value = InPlace { written, said };
                    let outcome = match is_read {
                        true => tally.closely((person, rule), judge, value)?,
                        false => tally.decide((person, rule), judge, value)?,
                    };
                    match outcome {
                        Outcome::Raw => self.raw(item),
                        Outcome::Text(text) => self.text(item, &text),
                        Outcome::Withheld(denied) => self.withheld(item, denied),
                    }
                }
            }
        }
        self.flush();
        Ok(())
    }

    /// Passes values that leave as they are and stand side by side, behind one that does: they are copied together. Says
    /// how many, and whether the next one is a value that must be read or does not leave.
    #[inline(never)]
    fn pass(
        &mut self,
        items: &[Item],
        (people, rules): (&[PersonId], usize),
        tally: &mut Tally,
        judge: &mut dyn Judge,
    ) -> Result<(usize, bool), Box<Refusal>> {
        let (start, mut end) = self.run;
        if !*self.comma || start == end || self.renamed.is_some() {
            return Ok((0, false));
        }
        let (mut passed, mut is_read) = (0, false);
        for item in items {
            let Kind::Field(scalar) = item.kind else { break };
            let follows = item.name as usize == end + 1 && self.buf.get(end) == Some(&b',');
            if !follows || !item.is_tight() {
                break;
            }
            let Some(person) = people.get(item.person as usize) else { break };
            let who = (*person, rules + usize::from(item.rule));
            let written = Written { buf: self.buf, item, scalar };
            let mut value = InPlace { written, said: self.said.of(named(item)) };
            if !tally.passes(who, judge, &mut value)? {
                is_read = true;
                break;
            }
            end = item.end as usize;
            passed += 1;
        }
        self.run.1 = end;
        Ok((passed, is_read))
    }

    /// What these items withhold must not leave in another of them.
    fn learn(
        &self,
        items: &[Item],
        (people, rules): (&[PersonId], usize),
        tally: &mut Tally,
        judge: &mut dyn Judge,
    ) -> Result<(), Box<Refusal>> {
        if !judge.detects() {
            return Ok(());
        }
        for item in items {
            let scalar = match item.kind {
                Kind::Field(scalar) => scalar,
                Kind::Key => Scalar::Text,
                _ => continue,
            };
            let person = people.get(item.person as usize).copied().unwrap_or(crate::screen::tally::UNKNOWN);
            let rule = rules + usize::from(item.rule);
            tally.learn((person, rule), judge, Written { buf: self.buf, item, scalar })?;
        }
        Ok(())
    }

    fn withheld(&mut self, item: &Item, denied: &Denied) {
        let member = item.name_end > item.name;
        match denied {
            // Blocking never comes here; if it did, nothing would leave.
            Denied::Strip | Denied::Block if member => {}
            Denied::Strip | Denied::Block | Denied::Null => self.instead(item, b"null"),
            Denied::Empty => self.instead(item, b"\"\""),
            Denied::Const(text) => self.text(item, text),
        }
    }

    /// The item as it came.
    #[inline(always)]
    fn raw(&mut self, item: &Item) {
        let renamed = self.renamed.as_ref().is_some_and(|(at, _)| *at == item.name);
        if !renamed && item.is_tight() {
            self.copy(item.name, item.end);
        } else {
            self.name(item);
            self.run = (item.value as usize, item.end as usize);
        }
        *self.comma = true;
    }

    /// Something else at the item's place.
    fn instead(&mut self, item: &Item, bytes: &[u8]) {
        self.name(item);
        self.out.extend_from_slice(bytes);
        *self.comma = true;
    }

    fn text(&mut self, item: &Item, text: &str) {
        self.name(item);
        text::encode(text, self.out);
        *self.comma = true;
    }

    /// Everything before the value, with nothing left to copy.
    fn name(&mut self, item: &Item) {
        if let Some((_, name)) = self.renamed.take_if(|(at, _)| *at == item.name && item.name_end > item.name) {
            self.flush();
            if *self.comma {
                self.out.push(b',');
            }
            text::encode(&name, self.out);
            self.out.push(b':');
        } else if item.name_end > item.name {
            self.copy(item.name, item.name_end);
            self.flush();
            self.out.push(b':');
        } else {
            self.flush();
            if *self.comma {
                self.out.push(b',');
            }
        }
    }

    /// Adds input to the run, with a comma where one is due.
    #[inline(always)]
    fn copy(&mut self, from: u32, to: u32) {
        let (from, to) = (from as usize, to as usize);
        let (start, end) = self.run;
        let follows = if *self.comma { from == end + 1 && self.buf.get(end) == Some(&b',') } else { from == end };
        if follows && end > start {
            self.run.1 = to;
            return;
        }
        self.flush();
        if *self.comma {
            self.out.push(b',');
        }
        self.run = (from, to);
    }

    fn flush(&mut self) {
        let (start, end) = self.run;
        self.out.extend_from_slice(self.buf.get(start..end).unwrap_or_default());
        self.run = (0, 0);
    }
}

/// Where the name of a member stands.
#[inline]
fn named(item: &Item) -> Option<u32> {
    (item.name_end > item.name).then_some(item.name)
}

/// The items after the member whose name begins at `name`. A member of which nothing leaves has none.
fn beyond_member(name: u32, items: &[Item]) -> &[Item] {
    let Some((first, mut rest)) = items.split_first() else { return items };
    if first.name != name || first.name_end == first.name {
        return items;
    }
    let mut open = u32::from(first.kind == Kind::Open);
    while open > 0 {
        let Some((item, after)) = rest.split_first() else { return rest };
        match item.kind {
            Kind::Open => open += 1,
            Kind::Close => open -= 1,
            _ => {}
        }
        rest = after;
    }
    rest
}

/// A scalar in the buffer.
struct Written<'a, 'i> {
    buf: &'a [u8],
    item: &'i Item,
    scalar: Scalar,
}

impl<'a> Written<'a, '_> {
    #[inline(always)]
    fn raw(&self) -> &'a [u8] {
        let quote = usize::from(matches!(self.scalar, Scalar::Text | Scalar::Simple));
        let (from, to) = (self.item.value as usize + quote, self.item.end as usize - quote);
        self.buf.get(from..to).unwrap_or_default()
    }
}

impl<'a> Lying<'a> for Written<'a, '_> {
    #[inline(always)]
    fn is_dotted(&mut self) -> bool {
        self.scalar == Scalar::Text && dotted(self.raw())
    }

    #[inline(always)]
    fn glimpse(&self) -> Glimpse<'a> {
        match self.scalar {
            Scalar::Text | Scalar::Simple => Glimpse::Text(self.raw()),
            Scalar::Number => Glimpse::Number(self.raw()),
            Scalar::Null | Scalar::Bool => Glimpse::Word,
        }
    }

    fn key(&self) -> Cue {
        let (from, to) = (self.item.name as usize + 1, (self.item.name_end as usize).saturating_sub(1));
        match self.buf.get(from..to) {
            Some(name) => Cue::of_key(&text::decode(name)),
            // An element of an array has no name of its own.
            None => Cue::of_element(self.buf, self.item.value as usize),
        }
    }

    fn read(self) -> Value<'a> {
        match self.scalar {
            Scalar::Null => Value::Null,
            Scalar::Text | Scalar::Simple => Value::Text(text::decode(self.raw())),
            Scalar::Number => Value::Number(String::from_utf8_lossy(self.raw())),
            Scalar::Bool => Value::Bool(match self.raw() {
                b"true" => Cow::Borrowed("true"),
                _ => Cow::Borrowed("false"),
            }),
        }
    }
}

/// A scalar of which names around it say something.
struct InPlace<'a, 'i> {
    written: Written<'a, 'i>,
    said: Cue,
}

impl<'a> Lying<'a> for InPlace<'a, '_> {
    #[inline(always)]
    fn is_dotted(&mut self) -> bool {
        self.written.is_dotted()
    }

    #[inline(always)]
    fn glimpse(&self) -> Glimpse<'a> {
        self.written.glimpse()
    }

    fn key(&self) -> Cue {
        self.written.key()
    }

    #[inline(always)]
    fn said(&self) -> Cue {
        self.said
    }

    fn read(self) -> Value<'a> {
        self.written.read()
    }
}
