//! From the tape to the output: what was judged is what is written, in our spelling.
//!
//! Prefixes and declarations are data that the sender chooses, so only the connection's own leave: an element that came
//! with a prefix gets the table's, one that came without keeps none. A declaration stands where the sender put it, or
//! where it is first needed.

use super::{
    tape::{Attribute, Element, Item, Leaf, Name, Part, Shape, Tape},
    text::{is_white, write_text, write_value},
};
use crate::{
    detect::Cue,
    policy::integration::{Denied, Namespaces, Ns},
    screen::{
        Judge,
        dotted::Lookout,
        tally::{self, Glimpse, Lying, Outcome, PersonId, Tally, UNKNOWN, Value},
    },
    verdict::Refusal,
};
use std::borrow::Cow;

/// What was written and is still open.
#[derive(Debug, Default)]
pub(super) struct Written {
    open: Vec<Tag>,
    /// The names of the open elements as they were written, end to end.
    names: Vec<u8>,
    /// The innermost start tag has not ended yet: it may hold nothing.
    unended: bool,
    /// The container that ends next was left out.
    gone: bool,
    /// How many containers are open of one that was left out with everything in it.
    left_out: usize,
    /// Room for an element's attributes.
    room: Vec<u8>,
}

/// An open element.
#[derive(Debug, Clone, Copy)]
struct Tag {
    name: usize,
    scope: Scope,
    /// What the names say that a wildcard let through, its own or the nearest around it.
    said: Cue,
}

/// What is declared where the writer is.
#[derive(Debug, Clone, Copy)]
struct Scope {
    /// Namespaces whose prefixes are, by their numbers.
    prefixes: u64,
    default: Ns,
}

/// Nothing but what needs no declaration.
const NOTHING: Scope = Scope { prefixes: bit(Ns::NONE) | bit(Ns::XML), default: Ns::NONE };

/// Writes a tape.
pub(super) struct Writer<'a> {
    pub(super) tape: &'a Tape,
    pub(super) namespaces: &'a Namespaces,
    pub(super) written: &'a mut Written,
    pub(super) out: &'a mut Vec<u8>,
    /// The tape's persons, and where its rules begin in the tally.
    pub(super) people: &'a [PersonId],
    pub(super) rules: usize,
    pub(super) tally: &'a mut Tally,
    pub(super) judge: &'a mut dyn Judge,
    /// Of the tape's text.
    pub(super) lookout: Lookout,
}

/// The attributes of one element that leave.
struct Attributes {
    bytes: Vec<u8>,
    /// Prefixes they need.
    needs: u64,
}

const NO_ATTRIBUTES: Attributes = Attributes { bytes: Vec::new(), needs: 0 };

/// What is left of an element's text.
enum Left<'a> {
    /// It had none to judge.
    Nothing,
    Same(&'a str),
    Other(Cow<'a, str>),
    Stripped,
}

impl<'a> Writer<'a> {
    /// Decides and writes each item.
    ///
    /// # Errors
    /// When an item that may not leave stops the request.
    pub(super) fn items(&mut self) -> Result<(), Box<Refusal>> {
        self.learn()?;
        for item in &self.tape.items {
            match item {
                Item::Open(element) if self.written.left_out > 0 => {
                    self.written.left_out += usize::from(element.shape == Shape::Container);
                }
                Item::Leaf(_) if self.written.left_out > 0 => {}
                Item::Leaf(leaf) => self.leaf(leaf)?,
                Item::Close if self.written.left_out > 0 => self.written.left_out -= 1,
                Item::Open(element) if self.withholds(&element.name) => self.leave_out(element)?,
                Item::Open(element) => self.element(element)?,
                Item::Close if std::mem::take(&mut self.written.gone) => {}
                Item::Close => self.close(),
            }
        }
        Ok(())
    }

    /// What one value withholds must not leave in another.
    fn learn(&mut self) -> Result<(), Box<Refusal>> {
        if !self.judge.detects() {
            return Ok(());
        }
        let tape = self.tape;
        for item in &tape.items {
            if let Item::Leaf(leaf) = item {
                let who = (self.person(leaf.person), self.rules + usize::from(leaf.rule));
                let value = Read::new((tape, &leaf.text), (&leaf.name, Cue::NONE), &mut self.lookout);
                self.tally.learn(who, self.judge, value)?;
            }
            let Item::Open(element) = item else { continue };
            let person = self.person(element.person);
            if let Some(rule) = element.rule.filter(|_| element.shape == Shape::Leaf) {
                let who = (person, self.rules + usize::from(rule));
                let value = Read::new((tape, &element.text), (&element.name, Cue::NONE), &mut self.lookout);
                self.tally.learn(who, self.judge, value)?;
            }
            for attribute in tape.of(element).1 {
                let who = (person, self.rules + usize::from(attribute.rule));
                let value = Read::new((tape, &attribute.value), (&attribute.name, Cue::NONE), &mut self.lookout);
                self.tally.learn(who, self.judge, value)?;
            }
        }
        Ok(())
    }

    /// Whether a name that only a wildcard lets through holds what its record withholds.
    fn withholds(&mut self, name: &Name) -> bool {
        name.wild.is_some_and(|rule| self.tally.withholds_name(rule as usize, self.tape.get(&name.local)))
    }

    /// Leaves out an element whose name does not leave, and everything in it.
    fn leave_out(&mut self, element: &Element) -> Result<(), Box<Refusal>> {
        if element.root {
            let detail = "the name of the document's element holds something that the document withholds, and without \
                          its element there is no document";
            return Err(Box::new(tally::unlisted(detail.to_owned())));
        }
        self.written.left_out = usize::from(element.shape == Shape::Container);
        Ok(())
    }

    fn element(&mut self, element: &'a Element) -> Result<(), Box<Refusal>> {
        let mut attributes = Attributes { bytes: std::mem::take(&mut self.written.room), needs: 0 };
        attributes.bytes.clear();
        let said = self.said(&element.name, self.around());
        self.attributes(element, said, &mut attributes)?;
        self.with(element, said, &attributes)?;
        self.written.room = attributes.bytes;
        Ok(())
    }

    /// Writes an element whose attributes were decided.
    fn with(&mut self, element: &'a Element, said: Cue, attributes: &Attributes) -> Result<(), Box<Refusal>> {
        let left = match element.rule {
            Some(rule) if element.shape == Shape::Leaf => {
                self.text((element.person, rule), &element.text, (&element.name, said))?
            }
            _ => Left::Nothing,
        };
        let hollow = match left {
            Left::Stripped => true,
            // A value in an attribute is the element's value, as FHIR writes it: an empty shell would be another.
            Left::Nothing => element.childless,
            Left::Same(_) | Left::Other(_) => false,
        };
        if hollow && attributes.bytes.is_empty() && !element.root {
            self.written.gone = element.shape == Shape::Container;
            return Ok(());
        }
        if element.shape == Shape::Container {
            self.open(element, said, attributes);
            return Ok(());
        }
        self.open(element, said, attributes);
        self.hold(&left);
        self.close();
        Ok(())
    }

    /// [`Writer::element`], of a plain one.
    fn leaf(&mut self, leaf: &'a Leaf) -> Result<(), Box<Refusal>> {
        let said = self.said(&leaf.name, self.around());
        let left = self.text((leaf.person, leaf.rule), &leaf.text, (&leaf.name, said))?;
        if let Left::Stripped = left {
            return Ok(());
        }
        let scope = self.written.open.last().map_or(NOTHING, |tag| tag.scope);
        let Name { ns, prefixed, .. } = leaf.name;
        let declared = if prefixed { scope.prefixes & bit(ns) != 0 } else { scope.default == ns };
        if let Left::Same(_) = left
            && declared
            && !leaf.spelled.is_empty()
        {
            self.end_tag_of_parent();
            self.out.extend_from_slice(self.tape.get(&leaf.spelled).as_bytes());
            return Ok(());
        }
        self.open_tag((&leaf.name, said), &[], &NO_ATTRIBUTES);
        self.hold(&left);
        self.close();
        Ok(())
    }

    /// Writes what is left of the open element's text.
    fn hold(&mut self, left: &Left<'_>) {
        let text: &str = match left {
            Left::Same(text) => text,
            Left::Other(text) => text,
            Left::Nothing | Left::Stripped => "",
        };
        if !text.is_empty() {
            self.end_tag_of_parent();
            write_text(text, self.out);
        }
    }

    fn text(
        &mut self,
        (person, rule): (u32, u16),
        part: &'a Part,
        name: (&Name, Cue),
    ) -> Result<Left<'a>, Box<Refusal>> {
        let tape = self.tape;
        let text = tape.get(part);
        let who = (self.person(person), self.rules + usize::from(rule));
        let value = Read::new((tape, part), name, &mut self.lookout);
        Ok(match self.tally.decide(who, self.judge, value)? {
            Outcome::Raw => Left::Same(text),
            Outcome::Text(text) => Left::Other(Cow::Owned(text)),
            Outcome::Withheld(Denied::Empty) => Left::Other(Cow::Borrowed("")),
            Outcome::Withheld(Denied::Const(text)) => Left::Other(Cow::Owned(text.to_string())),
            // Blocking never comes here, and XML has no null; if they did, nothing would leave.
            Outcome::Withheld(Denied::Strip | Denied::Null | Denied::Block) => Left::Stripped,
        })
    }

    /// Decides an element's attributes and puts those that leave into `all`.
    fn attributes(&mut self, element: &Element, around: Cue, all: &mut Attributes) -> Result<(), Box<Refusal>> {
        let tape = self.tape;
        for attribute in tape.of(element).1 {
            if self.withholds(&attribute.name) {
                continue;
            }
            let value = tape.get(&attribute.value);
            let who = (self.person(element.person), self.rules + usize::from(attribute.rule));
            let name = (&attribute.name, self.said(&attribute.name, around));
            let read = Read::new((tape, &attribute.value), name, &mut self.lookout);
            let outcome = self.tally.decide(who, self.judge, read)?;
            let left = match &outcome {
                Outcome::Raw => value,
                Outcome::Text(text) => text,
                Outcome::Withheld(Denied::Empty) => "",
                Outcome::Withheld(Denied::Const(text)) => text,
                Outcome::Withheld(Denied::Strip | Denied::Null | Denied::Block) => continue,
            };
            write_attribute(attribute, left, (tape, self.namespaces), all);
        }
        Ok(())
    }

    fn open(&mut self, element: &Element, said: Cue, attributes: &Attributes) {
        let tape = self.tape;
        self.open_tag((&element.name, said), tape.of(element).0, attributes);
    }

    fn open_tag(&mut self, (of, said): (&Name, Cue), declared: &[(Ns, bool)], attributes: &Attributes) {
        self.end_tag_of_parent();
        let outer = self.written.open.last().map_or(NOTHING, |tag| tag.scope);
        let name = self.written.names.len();
        let prefixed = self.name(of);
        self.out.push(b'<');
        self.out.extend_from_slice(self.written.names.get(name..).unwrap_or_default());
        let scope = self.declare((of.ns, prefixed), declared, attributes.needs, outer);
        self.out.extend_from_slice(&attributes.bytes);
        self.written.open.push(Tag { name, scope, said });
        self.written.unended = true;
    }

    /// What the names say that a wildcard let through, of what is in the open element.
    fn around(&self) -> Cue {
        self.written.open.last().map_or(Cue::NONE, |tag| tag.said)
    }

    /// What they say of what has this name in the open element. Where it says nothing, what is around it says what it
    /// did.
    fn said(&self, name: &Name, around: Cue) -> Cue {
        match name.wild {
            None => around,
            Some(_) => Some(Cue::of_key(self.tape.get(&name.local))).filter(|own| *own != Cue::NONE).unwrap_or(around),
        }
    }

    /// Notes how an element's name is written; says whether with a prefix.
    fn name(&mut self, name: &Name) -> bool {
        let prefix = if name.prefixed { self.prefix(name.ns) } else { "" };
        let (prefix, local) = (prefix.as_bytes(), self.tape.get(&name.local).as_bytes());
        let names = &mut self.written.names;
        names.extend_from_slice(prefix);
        if !prefix.is_empty() {
            names.push(b':');
        }
        names.extend_from_slice(local);
        !prefix.is_empty()
    }

    fn prefix(&self, ns: Ns) -> &'a str {
        self.namespaces.get(ns).map_or("", |(prefix, _)| prefix)
    }

    /// Writes the declarations that the sender made here, of namespaces that the connection knows, and those that the
    /// element's own names need.
    fn declare(&mut self, (own, prefixed): (Ns, bool), declared: &[(Ns, bool)], needs: u64, outer: Scope) -> Scope {
        let mut scope = outer;
        let mut needs = needs;
        for (ns, default) in declared {
            if !default && !self.prefix(*ns).is_empty() {
                self.declare_prefix(*ns, &mut scope);
            }
        }
        if prefixed {
            needs |= bit(own);
        } else if scope.default != own {
            let uri = self.namespaces.get(own).map_or("", |(_, uri)| uri);
            declaration("", uri, self.out);
            scope.default = own;
        }
        let mut missing = needs & !scope.prefixes;
        while missing != 0 {
            self.declare_prefix(Ns::numbered(missing.trailing_zeros() as u8), &mut scope);
            missing &= missing - 1;
        }
        scope
    }

    fn declare_prefix(&mut self, ns: Ns, scope: &mut Scope) {
        let known = self.namespaces.get(ns).filter(|_| scope.prefixes & bit(ns) == 0);
        if let Some((prefix, uri)) = known {
            declaration(prefix, uri, self.out);
            scope.prefixes |= bit(ns);
        }
    }

    fn close(&mut self) {
        let Some(tag) = self.written.open.pop() else { return };
        if self.written.unended {
            self.out.extend_from_slice(b"/>");
        } else {
            self.out.extend_from_slice(b"</");
            self.out.extend_from_slice(self.written.names.get(tag.name..).unwrap_or_default());
            self.out.push(b'>');
        }
        self.written.names.truncate(tag.name);
        self.written.unended = false;
    }

    fn end_tag_of_parent(&mut self) {
        if self.written.unended {
            self.out.push(b'>');
            self.written.unended = false;
        }
    }

    fn person(&self, person: u32) -> PersonId {
        self.people.get(person as usize).copied().unwrap_or(UNKNOWN)
    }
}

fn write_attribute(attribute: &Attribute, value: &str, (tape, namespaces): (&Tape, &Namespaces), all: &mut Attributes) {
    let ns = attribute.name.ns;
    all.bytes.push(b' ');
    if let Some((prefix, _)) = namespaces.get(ns) {
        all.bytes.extend_from_slice(prefix.as_bytes());
        all.bytes.push(b':');
        all.needs |= bit(ns);
    }
    all.bytes.extend_from_slice(tape.get(&attribute.name.local).as_bytes());
    all.bytes.extend_from_slice(b"=\"");
    write_value(value, &mut all.bytes);
    all.bytes.push(b'"');
}

const fn bit(ns: Ns) -> u64 {
    // Namespaces that are not known are never written.
    if ns.index() < 64 { 1 << ns.index() } else { 0 }
}

fn declaration(prefix: &str, uri: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b" xmlns");
    if !prefix.is_empty() {
        out.push(b':');
        out.extend_from_slice(prefix.as_bytes());
    }
    out.extend_from_slice(b"=\"");
    write_value(uri, out);
    out.push(b'"');
}

/// A value that was read: its references, line ends, comments and CDATA are gone.
struct Read<'a, 'l> {
    tape: &'a Tape,
    part: &'a Part,
    /// Its element's or attribute's name.
    local: &'l Part,
    said: Cue,
    lookout: &'l mut Lookout,
}

impl<'a, 'l> Read<'a, 'l> {
    fn new((tape, part): (&'a Tape, &'a Part), (name, said): (&'l Name, Cue), lookout: &'l mut Lookout) -> Self {
        Self { tape, part, local: &name.local, said, lookout }
    }

    fn text(&self) -> &'a str {
        self.tape.get(self.part)
    }
}

impl<'a> Lying<'a> for Read<'a, '_> {
    fn is_dotted(&mut self) -> bool {
        self.lookout.is_dotted(self.tape.text.as_bytes(), self.part.start as usize, self.part.end as usize)
    }

    fn glimpse(&self) -> Glimpse<'a> {
        Glimpse::Text(self.text().as_bytes())
    }

    fn key(&self) -> Cue {
        Cue::of_key(self.tape.get(self.local))
    }

    fn said(&self) -> Cue {
        self.said
    }

    /// An empty element or attribute says nothing that could be made rougher.
    fn read(self) -> Value<'a> {
        let text = self.text();
        if is_white(text.as_bytes()) { Value::Null } else { Value::Text(Cow::Borrowed(text)) }
    }
}
