//! Parts that are whole: decided together, and written in the order they came.

use super::{About, MultipartScreener, head::Head, in_part, write::neutral};
use crate::{
    policy::integration::{BodyRules, Denied, Document, Holding},
    screen::{
        Bytes, Judge,
        tally::{Outcome, PersonId, Plain},
        whole,
    },
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// A part that came and is not written yet. `rule` is the position of its rules.
#[derive(Debug)]
pub(super) enum Item {
    /// One value, not decided. It was the part of this number.
    Value { rule: usize, head: Head, bytes: Vec<u8>, count: usize },
    /// A document that is not decided.
    Held { rule: usize, rules: Arc<BodyRules>, head: Head, bytes: Vec<u8>, count: usize },
    /// What may leave of a document.
    Document { rule: usize, head: Head, bytes: Vec<u8> },
}

/// What is written of a part that is one value.
enum Written {
    Bytes(Vec<u8>),
    Instead(String),
    Nothing,
}

impl MultipartScreener {
    /// Decides and writes everything that is held.
    pub(super) fn write(&mut self, judge: &mut dyn Judge) -> Result<(), Refusal> {
        let items = std::mem::take(&mut self.pending);
        self.held = 0;
        if items.is_empty() {
            return Ok(());
        }
        let withheld = if judge.detects() { Some(self.learn(&items, judge)?) } else { None };
        for (at, item) in items.iter().enumerate() {
            match item {
                Item::Value { rule, head, bytes, count } => match self.decide(*rule, bytes, *count, judge)? {
                    Written::Bytes(bytes) => {
                        self.head(*rule, head, judge)?;
                        self.writer.content(&bytes)?;
                    }
                    Written::Instead(text) => {
                        self.head(*rule, head, judge)?;
                        self.writer.content(text.as_bytes())?;
                    }
                    Written::Nothing => {}
                },
                Item::Held { rule, rules, head, bytes, count } => {
                    let Some(withheld) = &withheld else {
                        return Err(Refusal::plain(Code::Internal, "a part was held to what nobody looked for"));
                    };
                    let leaves = self.beside((rules, bytes), (at, withheld), judge);
                    let leaves = leaves.map_err(|refusal| in_part(*count, refusal))?;
                    self.head(*rule, head, judge)?;
                    self.writer.content(&leaves)?;
                }
                Item::Document { rule, head, bytes } => {
                    self.head(*rule, head, judge)?;
                    self.writer.content(bytes)?;
                }
            }
        }
        if let Some(withheld) = withheld {
            self.decided(&items, withheld);
        }
        Ok(())
    }

    pub(super) fn person(&mut self) -> Result<PersonId, Refusal> {
        match &self.about {
            About::Known(person) => Ok(self.tally.person(person)),
            About::Awaited => Err(self.awaited()),
        }
    }

    fn decide(&mut self, rule: usize, bytes: &[u8], count: usize, judge: &mut dyn Judge) -> Result<Written, Refusal> {
        let person = self.person()?;
        let parts = Arc::clone(&self.parts);
        let (number, is_text) = match parts.list.get(rule).map(|part| &part.holds) {
            Some(Holding::Text(number)) => (usize::from(*number), true),
            Some(Holding::Bytes(number)) => (usize::from(*number), false),
            _ => return Err(Refusal::plain(Code::Internal, "a part was decided as a value that is none")),
        };
        let listed = self.rules.records.first().and_then(|record| record.fields.get(number)).cloned();
        let who = (person, number);
        if !is_text {
            let Some(listed) = listed else {
                return Err(Refusal::plain(Code::Internal, "a part was decided that no rule lists"));
            };
            let held = judge.bytes(&listed);
            if held != Bytes::Document && judge.reads_every(&listed) {
                let detail = "a part is of a category whose values must be read, and nobody reads its bytes";
                return Err(Refusal::plain(Code::FieldBlocked, detail));
            }
            if self.tally.decide(who, judge, whole::Unread).map_err(|refusal| *refusal)? != Outcome::Raw {
                return Ok(Written::Nothing);
            }
            let said = parts.list.get(rule).and_then(|part| Document::of(&part.media));
            let cleaned = whole::leaving(said, bytes.to_vec(), held);
            return cleaned.map(Written::Bytes).map_err(|stay| in_part(count, stay.of_body(&listed)));
        }
        let text = whole::text(bytes).map_err(|refusal| in_part(count, refusal))?;
        if text.is_empty() {
            let permitted = self.tally.permits(who, judge).map_err(|refusal| *refusal)?;
            let stead = listed.map_or(Written::Nothing, |listed| stead(&listed.denied));
            return Ok(if permitted { Written::Instead(String::new()) } else { stead });
        }
        Ok(match self.tally.decide(who, judge, Plain(text)).map_err(|refusal| *refusal)? {
            // Without the byte order mark, which was not judged.
            Outcome::Raw => Written::Instead(text.to_owned()),
            Outcome::Text(text) => Written::Instead(text),
            Outcome::Withheld(denied) => stead(denied),
        })
    }

    /// Begins a part that leaves, with the name its file may have.
    pub(super) fn head(&mut self, rule: usize, head: &Head, judge: &mut dyn Judge) -> Result<(), Refusal> {
        let parts = Arc::clone(&self.parts);
        let Some(part) = parts.list.get(rule) else {
            return Err(Refusal::plain(Code::Internal, "a part was written that no rule lists"));
        };
        let filename = match &head.filename {
            None => None,
            Some(name) => {
                self.files += 1;
                Some(self.filename(part.filename, name, judge)?.unwrap_or_else(|| neutral(&part.media, self.files)))
            }
        };
        let media = head.media.as_ref().map(|_| match part.media.as_str() {
            "text/plain" => "text/plain; charset=utf-8",
            media => media,
        });
        self.writer.head(&part.name, filename.as_deref(), media)
    }

    /// What a file may be called; `None` where that says something that may not leave.
    fn filename(&mut self, rule: Option<u16>, name: &str, judge: &mut dyn Judge) -> Result<Option<String>, Refusal> {
        let Some(rule) = rule else { return Ok(None) };
        let who = (self.person()?, usize::from(rule));
        Ok(match self.tally.decide(who, judge, Plain(name)).map_err(|refusal| *refusal)? {
            Outcome::Raw => Some(name.to_owned()),
            Outcome::Text(text) => Some(text),
            Outcome::Withheld(Denied::Const(text)) => Some(text.to_string()),
            Outcome::Withheld(_) => None,
        })
    }
}

fn stead(denied: &Denied) -> Written {
    match denied {
        Denied::Empty => Written::Instead(String::new()),
        Denied::Const(text) => Written::Instead(text.to_string()),
        // Blocking only comes here for an empty value, which holds nothing to stop for.
        Denied::Strip | Denied::Null | Denied::Block => Written::Nothing,
    }
}
