//! Checking the record book from its rows alone: what anybody with a copy of the file can do.
//!
//! Found is any change, deletion, reordering or cutting off of entries that does not also rewrite everything
//! that follows, the head and the anchor. Somebody who rewrites all of these is found with a head held
//! elsewhere: keep the size and the root that the report prints.

use super::{
    canonical::Value,
    sqlite,
    standing::{Counts, Standing, StopRow},
    tree::{self, Hash, Tree},
};
use crate::flow::DecisionId;
use data_encoding::HEXLOWER;
use std::{
    collections::HashSet,
    fmt,
    path::{Path, PathBuf},
};

/// Findings beyond this many are only counted.
const MOST_FINDINGS: usize = 100;

/// Checks a record book that nobody has open, with its anchor beside it. Reads only.
///
/// # Errors
/// [`VerifyError`] when it cannot be checked at all. What is wrong with it is in the report.
pub fn verify(path: &Path) -> Result<Report, VerifyError> {
    sqlite::inspect(path)
}

/// Checks a record book against an anchor that is kept elsewhere.
///
/// # Errors
/// As [`verify`].
pub fn verify_against(path: &Path, anchor: &Path) -> Result<Report, VerifyError> {
    sqlite::inspect_at(path, anchor)
}

/// The record book could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No file.
    #[error("there is no record book at {0}")]
    Missing(PathBuf),
    /// A gateway runs.
    #[error("a running gateway holds {0}: ask it to verify, or stop it first")]
    Held(PathBuf),
    /// Some other file.
    #[error("{0} is not a Havengate record book")]
    Foreign(PathBuf),
    /// Made by another version.
    #[error(
        "{path} has format {found} and this Havengate knows format {known}: an earlier one is brought up to date when \
         a gateway of this version opens it"
    )]
    Version {
        /// Where.
        path: PathBuf,
        /// The file's.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It cannot be read.
    #[error(
        "{path} cannot be read: {reason}. Copy it, its -wal and its .anchor file to a directory you may write to, \
         and check the copy"
    )]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What was checked, and everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[must_use = "a report holds what is wrong: ask is_sound()"]
pub struct Report {
    /// Entries whose hash, form and order were checked.
    pub entries: u64,
    /// The root that they come to, in hexadecimal. Keep it elsewhere.
    pub root: String,
    /// Decisions among them.
    pub decisions: u64,
    /// Outcomes among them, each matched with its decision.
    pub outcomes: u64,
    /// Detail rows that were hashed.
    pub detail: u64,
    /// Detail rows of which only the hash is left.
    pub erased: u64,
    /// Entries that had detail rows and have none left.
    pub emptied: u64,
    /// How many entries the anchor vouches for.
    pub anchored: u64,
    /// What is wrong, at most a hundred of them.
    pub findings: Vec<Finding>,
    /// How many more findings there are.
    pub more: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "wrong: {finding}")?;
        }
        if self.more > 0 {
            writeln!(f, "wrong: and {} more", self.more)?;
        }
        let word =
            if self.is_sound() { "The record book holds together" } else { "THE RECORD BOOK DOES NOT HOLD TOGETHER" };
        writeln!(f, "{word}: {} entries, {} decisions, {} outcomes.", self.entries, self.decisions, self.outcomes)?;
        write!(f, "Keep elsewhere: size {} and root {}", self.entries, self.root)?;
        if self.is_sound() { Ok(()) } else { f.write_str("\nKeep the files as they are and tell the panel.") }
    }
}

/// Something wrong with the record book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Indices are not consecutive.
    #[error("entry {expected} is missing (the next one is {found})")]
    Gap {
        /// The one that should come.
        expected: u64,
        /// The one that comes.
        found: i64,
    },
    /// A leaf's text and its hash differ.
    #[error("entry {0} was changed: it is not what was hashed when it was recorded")]
    Changed(i64),
    /// Not canonical JSON of a leaf.
    #[error("entry {0} is not in the canonical form of an entry")]
    Form(i64),
    /// Detail rows do not come to the leaf's root.
    #[error("the detail rows of entry {0} are not the ones it was recorded with")]
    Detail(i64),
    /// Detail rows of no entry.
    #[error("there are detail rows for entry {0}, which has none")]
    StrayDetail(i64),
    /// An outcome of nothing.
    #[error("entry {0} is the outcome of a decision that was not allowed before it")]
    Outcome(i64),
    /// One decision allowed twice.
    #[error("entry {0} allows a decision that was allowed before")]
    Twice(i64),
    /// The look-up table does not lead to an entry.
    #[error("entry {0} cannot be found by its decision's id")]
    Lookup(i64),
    /// The look-up table leads elsewhere.
    #[error("the table of decisions has {0} rows that lead to no entry")]
    StrayLookup(i64),
    /// More or fewer entries than the head says.
    #[error("the head speaks of {head} entries and {found} are there")]
    Size {
        /// The head's.
        head: i64,
        /// Found.
        found: u64,
    },
    /// Another root than the head's.
    #[error("the entries do not come to the head's root")]
    Root,
    /// The active policy is not the one activated last.
    #[error("the active rules are not the ones that were activated last")]
    Policy,
    /// An entry of a stop that places or lifts nothing.
    #[error("entry {0} places a stop that is in force already, lifts one that is not, or does not say which")]
    StopEntry(i64),
    /// A stop that was placed and never lifted is not in the table, or stands there as lifted.
    #[error("the stop {0} was placed and never lifted, and was taken out of force behind the record book's back")]
    StopGone(String),
    /// The table says that a stop covers something else.
    #[error("the stop {0} was made to cover something other than what it was placed for")]
    StopChanged(String),
    /// The table has stops in force that entries do not.
    #[error("the table of stops has {0} in force that no entry placed, or that the panel has lifted")]
    StrayStop(u64),
    /// The table has more consents than entries give.
    #[error("the table of consents has at least {0} that no entry gives")]
    StrayConsent(u64),
    /// The table has more emergency grants than entries give.
    #[error("the table of emergency grants has at least {0} that no entry gives")]
    StrayEmergency(u64),
    /// The anchor is not there.
    #[error("the anchor {0}")]
    Anchor(String),
    /// Fewer entries than the anchor vouches for.
    #[error("the anchor speaks of {anchored} entries and {found} are there: this is an older copy, or it was cut off")]
    RolledBack {
        /// The anchor's.
        anchored: u64,
        /// Found.
        found: u64,
    },
    /// The anchor vouches for other entries.
    #[error("the first {0} entries are not the ones the anchor vouches for")]
    AnchorRoot(u64),
    /// SQLite cannot read all of it.
    #[error("the file itself is damaged: {0}")]
    Damaged(String),
}

impl serde::Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A detail row as it is stored: with its content, or only its hash.
#[derive(Debug)]
pub(super) enum Row {
    Kept { salt: Vec<u8>, row: Vec<u8> },
    Erased(Vec<u8>),
}

/// What the head row says, and the rows of stops in force.
#[derive(Debug)]
pub(super) struct HeadRow {
    pub size: i64,
    pub root: Vec<u8>,
    pub policy: Option<Vec<u8>>,
    pub stops: Vec<StopRow>,
    /// `None` where they are not asked of a running gateway.
    pub counts: Option<Counts>,
}

/// The check itself: entries go in one by one, in order; a report comes out. Touches no file.
#[derive(Debug)]
pub(super) struct Check {
    tree: Tree,
    expected: u64,
    anchor: Option<(u64, Hash)>,
    at_anchor: Option<Hash>,
    allowed: HashSet<DecisionId>,
    policy: Option<String>,
    standing: Standing,
    report: Report,
}

/// What an entry says that must be looked for in other tables.
#[derive(Debug, Default)]
pub(super) struct Says {
    /// The root over its detail rows.
    pub rc: Option<String>,
    /// Its decision.
    pub decision: Option<DecisionId>,
}

impl Check {
    /// Begins, with what the anchor says: size and root, or what is wrong with it.
    pub(super) fn new(anchor: Result<(u64, Hash), String>) -> Self {
        let report = Report {
            entries: 0,
            root: String::new(),
            decisions: 0,
            outcomes: 0,
            detail: 0,
            erased: 0,
            emptied: 0,
            anchored: anchor.as_ref().map_or(0, |(size, _)| *size),
            findings: Vec::new(),
            more: 0,
        };
        let tree = Tree::new();
        let at_anchor = matches!(anchor, Ok((0, _))).then(|| tree.root());
        let (anchor, broken) = match anchor {
            Ok(anchor) => (Some(anchor), None),
            Err(reason) => (None, Some(Finding::Anchor(reason))),
        };
        let (allowed, standing) = (HashSet::new(), Standing::default());
        let mut check = Self { tree, expected: 0, anchor, at_anchor, allowed, policy: None, standing, report };
        broken.into_iter().for_each(|finding| check.find(finding));
        check
    }

    pub(super) fn find(&mut self, finding: Finding) {
        if self.report.findings.len() < MOST_FINDINGS {
            self.report.findings.push(finding);
        } else {
            self.report.more += 1;
        }
    }

    /// The next entry: its index, its text and the hash stored beside it.
    pub(super) fn entry(&mut self, index: i64, text: &[u8], stored: &[u8]) -> Says {
        if u64::try_from(index) != Ok(self.expected) {
            self.find(Finding::Gap { expected: self.expected, found: index });
        }
        self.expected = u64::try_from(index).unwrap_or(0).saturating_add(1);
        self.report.entries += 1;
        let hash = tree::leaf_hash(text);
        if hash != stored {
            self.find(Finding::Changed(index));
        }
        self.tree.push(hash);
        if self.anchor.is_some_and(|(size, _)| size == self.tree.size()) {
            self.at_anchor = Some(self.tree.root());
        }
        match canonical(text) {
            Some(json) => self.meaning(index, &json),
            None => {
                self.find(Finding::Form(index));
                Says::default()
            }
        }
    }

    fn meaning(&mut self, index: i64, json: &serde_json::Value) -> Says {
        let says = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
        let decision = says("decision").and_then(|d| d.parse::<DecisionId>().ok());
        let allowed = says("decided") == Some("allowed");
        self.standing.entry(index, json).unwrap_or_else(|finding| self.find(finding));
        match (says("type"), decision) {
            (Some("outcome"), decision) => {
                self.report.outcomes += 1;
                if !decision.is_some_and(|d| self.allowed.contains(&d)) {
                    self.find(Finding::Outcome(index));
                }
            }
            (Some("policy.activated"), _) => self.policy = says("policy").map(str::to_owned),
            (Some("decision" | "contact"), decision) => {
                self.report.decisions += 1;
                if let Some(decision) = decision.filter(|_| allowed)
                    && !self.allowed.insert(decision)
                {
                    self.find(Finding::Twice(index));
                }
            }
            (Some(_), _) => {}
            (None, _) => self.find(Finding::Form(index)),
        }
        Says { rc: says("rc").map(str::to_owned), decision }
    }

    /// The detail rows of the entry, in order.
    pub(super) fn detail(&mut self, index: i64, rc: Option<&str>, rows: &[Row]) {
        let Some(rc) = rc else {
            if !rows.is_empty() {
                self.find(Finding::StrayDetail(index));
            }
            return;
        };
        if rows.is_empty() {
            self.report.emptied += 1;
            return;
        }
        let mut tree = Tree::new();
        for row in rows {
            match row {
                Row::Kept { salt, row } => {
                    self.report.detail += 1;
                    tree.push(tree::leaf_hash_of(salt, row));
                }
                Row::Erased(hash) => {
                    self.report.erased += 1;
                    tree.push(hash.as_slice().try_into().unwrap_or([0; 32]));
                }
            }
        }
        if HEXLOWER.encode(&tree.root()) != rc {
            self.find(Finding::Detail(index));
        }
    }

    /// After the last entry: the head and the anchor.
    pub(super) fn finish(&mut self, head: &HeadRow) {
        let (found, root) = (self.tree.size(), self.tree.root());
        self.report.root = HEXLOWER.encode(&root);
        if u64::try_from(head.size) != Ok(found) {
            self.find(Finding::Size { head: head.size, found });
        }
        if head.root != root {
            self.find(Finding::Root);
        }
        if head.policy.as_ref().map(|p| HEXLOWER.encode(p)) != self.policy {
            self.find(Finding::Policy);
        }
        let mut standing = self.standing.stops(&head.stops);
        standing.extend(head.counts.into_iter().flat_map(|counts| self.standing.counts(counts)));
        standing.into_iter().for_each(|finding| self.find(finding));
        match (self.anchor, self.at_anchor) {
            (Some((anchored, _)), None) => self.find(Finding::RolledBack { anchored, found }),
            (Some((anchored, root)), Some(at)) if at != root => self.find(Finding::AnchorRoot(anchored)),
            _ => {}
        }
    }

    pub(super) fn report(self) -> Report {
        self.report
    }
}

/// The entry as JSON, when writing it canonically gives the same bytes.
fn canonical(text: &[u8]) -> Option<serde_json::Value> {
    let json: serde_json::Value = serde_json::from_slice(text).ok()?;
    let same = json.is_object() && Value::from_json(&json)?.canonical().as_bytes() == text;
    same.then_some(json)
}
