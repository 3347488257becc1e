//! What one part withholds does not leave in another, as in the fields of one record.
//!
//! Parts that hold others are held like texts, within the bound of one record, and read twice: once for what each
//! withholds, then to be decided beside what all the others withhold. What is larger is read as it comes, beside what came
//! before it; if it, or what comes after it, withholds anything that a part which left already was not searched for, the
//! body is refused.

use super::{Item, MultipartScreener, Open, head::Head, in_part};
use crate::{
    policy::integration::{BodyRules, Holding, Parts},
    screen::{
        Judge,
        tally::{Outer, Plain, Taught},
        whole,
    },
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// What parts withhold that were decided already, and whether any of them could hold what others withhold.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// A part holds others and is not alone: it is held to what the others withhold.
    pub(super) documents: bool,
    /// By parts that are one value, and by documents.
    texts: Vec<Taught>,
    held: Vec<Taught>,
    /// Something left that would have been searched.
    pub(super) left: bool,
}

impl Together {
    pub(super) fn of(parts: &Parts) -> Self {
        let document = |holds: &Holding| matches!(holds, Holding::Document(_));
        let several = |many: bool| if many { 2 } else { 1 };
        let of_part = parts.list.iter().map(|part| match &part.holds {
            Holding::Bytes(_) => usize::from(part.filename.is_some()),
            Holding::Text(_) => 1,
            Holding::Document(_) => several(part.repeated || part.filename.is_some()),
        });
        let documents = parts.list.iter().any(|part| document(&part.holds)) && of_part.sum::<usize>() > 1;
        Self { documents, ..Self::default() }
    }
}

impl Together {
    /// What the parts that were decided withhold.
    pub(super) fn withheld(self) -> Vec<Taught> {
        [self.texts, self.held].concat()
    }
}

/// What each of the parts withholds that are about to be decided, in their order, and what their files are called that is
/// withheld.
pub(super) struct Withheld {
    lists: Vec<Vec<Taught>>,
    names: Vec<Taught>,
}

impl MultipartScreener {
    /// What each part withholds. Nothing is decided by that.
    pub(super) fn learn(&mut self, items: &[Item], judge: &mut dyn Judge) -> Result<Withheld, Refusal> {
        let (mut lists, mut names) = (Vec::new(), Vec::new());
        for item in items {
            let (Item::Value { rule, head, .. } | Item::Held { rule, head, .. } | Item::Document { rule, head, .. }) =
                item;
            names.append(&mut self.of_name(*rule, head, judge)?);
            lists.push(match item {
                Item::Value { rule, bytes, count, .. } => self.of_value(*rule, bytes, *count, judge)?,
                // What stops it does so when it is decided.
                Item::Held { rules, bytes, .. } => self.of_document(rules, bytes, judge).unwrap_or_default(),
                Item::Document { .. } => Vec::new(),
            });
        }
        if self.together.left && lists.iter().chain([&names]).any(|list| !list.is_empty()) {
            return Err(self.too_late());
        }
        let documents = items.iter().zip(&lists).filter(|(item, _)| matches!(item, Item::Held { .. }));
        let around = Outer::of(self.together.held.iter().chain(documents.flat_map(|(_, list)| list)))?;
        self.tally.within_record(around);
        Ok(Withheld { lists, names })
    }

    /// A file's name that does not leave stands in no part either, its own included.
    pub(super) fn of_name(&mut self, rule: usize, head: &Head, judge: &mut dyn Judge) -> Result<Vec<Taught>, Refusal> {
        let number = self.parts.list.get(rule).and_then(|part| part.filename);
        let (Some(number), Some(name)) = (number, &head.filename) else { return Ok(Vec::new()) };
        let who = (self.person()?, usize::from(number));
        self.tally.learn(who, judge, Plain(&whose(name))).map_err(|refusal| *refusal)?;
        Ok(self.tally.take_withheld())
    }

    fn of_value(
        &mut self,
        rule: usize,
        bytes: &[u8],
        count: usize,
        judge: &mut dyn Judge,
    ) -> Result<Vec<Taught>, Refusal> {
        let parts = Arc::clone(&self.parts);
        let Some(Holding::Text(number)) = parts.list.get(rule).map(|part| &part.holds) else { return Ok(Vec::new()) };
        let text = whole::text(bytes).map_err(|refusal| in_part(count, refusal))?;
        let who = (self.person()?, usize::from(*number));
        self.tally.learn(who, judge, Plain(text)).map_err(|refusal| *refusal)?;
        Ok(self.tally.take_withheld())
    }

    fn of_document(&self, rules: &Arc<BodyRules>, bytes: &[u8], judge: &mut dyn Judge) -> Result<Vec<Taught>, Refusal> {
        let mut screener = self.screener(rules)?;
        screener.within_record(None)?;
        screener.push(bytes, judge)?;
        screener.take();
        Ok(screener.finish(judge)?.tally.withheld())
    }

    /// Decides a document that was held, beside what all parts but itself withhold. `place` is its place among these.
    pub(super) fn beside(
        &mut self,
        (rules, bytes): (&Arc<BodyRules>, &[u8]),
        (place, withheld): (usize, &Withheld),
        judge: &mut dyn Judge,
    ) -> Result<Vec<u8>, Refusal> {
        let others = withheld.lists.iter().enumerate().filter(|(at, _)| *at != place).flat_map(|(_, list)| list);
        let others = others.chain(&withheld.names);
        let known = self.together.texts.iter().chain(&self.together.held);
        let mut screener = self.screener(rules)?;
        screener.within_record(Outer::of(known.chain(others))?)?;
        screener.push(bytes, judge)?;
        let mut out = screener.take();
        let mut screened = screener.finish(judge)?;
        out.append(&mut screened.bytes);
        self.tally.absorb(screened.findings()).map_err(|refusal| *refusal)?;
        Ok(out)
    }

    /// These were decided; what comes is held to what they withhold.
    pub(super) fn decided(&mut self, items: &[Item], withheld: Withheld) {
        self.together.texts.extend(withheld.names);
        for (item, list) in items.iter().zip(withheld.lists) {
            match item {
                Item::Held { .. } => self.together.held.extend(list),
                _ => self.together.texts.extend(list),
            }
            self.together.left |= self.is_searched(item);
        }
    }

    /// Whether what others withhold is looked for in it, or in its file's name.
    fn is_searched(&self, item: &Item) -> bool {
        let (Item::Value { rule, .. } | Item::Held { rule, .. } | Item::Document { rule, .. }) = item;
        let Some(part) = self.parts.list.get(*rule) else { return true };
        let open = |number: u16| self.tally.is_open(usize::from(number));
        part.filename.is_some_and(open)
            || match &part.holds {
                Holding::Text(number) => open(*number),
                Holding::Bytes(_) => false,
                Holding::Document(_) => true,
            }
    }

    /// A document is too large to be held: it is read as it comes from here on.
    pub(super) fn stream(&mut self, judge: &mut dyn Judge) -> Result<(), Refusal> {
        self.write(judge)?;
        let Open::Held { bytes, .. } = &self.open else { return Ok(()) };
        if bytes.len() <= self.limits.record {
            return Ok(());
        }
        let Open::Held { rule, rules, head, bytes } = std::mem::replace(&mut self.open, Open::Skipped) else {
            return Ok(());
        };
        if judge.detects() {
            let named = self.of_name(rule, &head, judge)?;
            if self.together.left && !named.is_empty() {
                return Err(self.too_late());
            }
            self.together.texts.extend(named);
        }
        let mut screener = self.screener(&rules)?;
        screener.within_record(Outer::of(self.together.texts.iter().chain(&self.together.held))?)?;
        self.open = Open::Document { rule, head, screener, bytes: Vec::new(), written: false };
        self.content(&bytes, judge)
    }

    /// A document that was read as it came withholds this.
    pub(super) fn streamed(&mut self, withheld: Vec<Taught>) -> Result<(), Refusal> {
        if self.together.left && !withheld.is_empty() {
            return Err(self.too_late());
        }
        self.together.held.extend(withheld);
        self.together.left = true;
        Ok(())
    }

    #[cold]
    fn too_late(&self) -> Refusal {
        let (count, limit) = (self.count, self.limits.record);
        let detail = format!(
            "the form has more than {limit} bytes, and by part {count} something is withheld for which the parts before \
             it were not searched; send what is small before what is large, or in a form of its own"
        );
        Refusal::plain(Code::BodyTooLarge, detail)
    }

    /// Whether a part of these rules is held to what others withhold.
    pub(super) fn holds(&self, judge: &dyn Judge) -> bool {
        self.together.documents && judge.detects()
    }
}

/// What files are usually called besides whose they are: looked for elsewhere, these words would be found in anything.
const OF_FILES: [&str; 58] = [
    "address",
    "agreement",
    "application",
    "assessment",
    "award",
    "back",
    "bank",
    "benefit",
    "birth",
    "card",
    "certificate",
    "consent",
    "contract",
    "copy",
    "doc",
    "document",
    "documents",
    "docx",
    "draft",
    "driving",
    "email",
    "evidence",
    "file",
    "final",
    "form",
    "front",
    "housing",
    "image",
    "img",
    "jpeg",
    "jpg",
    "letter",
    "licence",
    "license",
    "list",
    "medical",
    "new",
    "page",
    "passport",
    "pdf",
    "permit",
    "photo",
    "picture",
    "plan",
    "png",
    "proof",
    "referral",
    "rent",
    "report",
    "risk",
    "scan",
    "scanned",
    "screenshot",
    "signed",
    "statement",
    "tenancy",
    "upload",
    "visa",
];

/// The words of a file's name that may say whose it is.
fn whose(name: &str) -> String {
    let said = |word: &&str| {
        let small = word.to_lowercase();
        word.chars().any(char::is_alphabetic) && !OF_FILES.contains(&small.as_str())
    };
    // Signs that keep a word or a number together: `O'Brien`, `c-4711`.
    let within = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}' | '-');
    name.split(|c: char| !within(c)).filter(said).collect::<Vec<_>>().join(" ")
}
