//! Adding up: from entries to rows by day. A row is there for each day, connection, recipient and word that occurred, so
//! that the tables grow with days and connections and not with decisions.

use super::fact::{self, Fact};
use crate::verdict::destination::london;
use crate::{
    flow::Act,
    ledger::{Entry, exposure, leaf::Kind},
};
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension as _, Transaction, params_from_iter};
use std::collections::{BTreeMap, HashMap};

macro_rules! placeholder {
    ($column:literal) => {
        "?, "
    };
}

macro_rules! grains {
    ($($(#[$doc:meta])* $grain:ident = $table:literal [$first:literal $(, $column:literal)*];)+) => {
        /// What is added up by what.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Grain { $($(#[$doc])* $grain),+ }

        impl Grain {
            /// Adds to a row, or makes it.
            const fn add(self) -> &'static str {
                match self { $(Self::$grain => concat!(
                    "INSERT INTO ", $table, " (", $first, ", ", $($column, ", ",)* "n) VALUES (",
                    placeholder!($first), $(placeholder!($column),)* "?) ON CONFLICT DO UPDATE SET n = n + excluded.n"
                )),+ }
            }
        }

        /// The tables of sums.
        pub(in crate::panel) const SUMS: &str = concat!($(
            "CREATE TABLE ", $table, " (", $first, " TEXT NOT NULL, ", $($column, " TEXT NOT NULL, ",)*
            "n INTEGER NOT NULL, PRIMARY KEY (", $first, $(", ", $column,)* ")) STRICT, WITHOUT ROWID;\n"
        ),+);

        /// Empties them, and what is kept entry by entry.
        pub(in crate::panel) const FORGET: &str = concat!(
            $("DELETE FROM ", $table, ";",)+ "DELETE FROM figures_open; DELETE FROM figures_marks;"
        );
    };
}

grains! {
    /// Requests decided.
    Decisions = "figures_decisions" ["decided", "day", "connection", "operation", "recipient", "code"];
    /// Requests by each clause that decided: one with two clauses counts under both, one with none under "".
    Clauses = "figures_clauses" ["decided", "clause", "day", "connection", "recipient", "code"];
    /// Values that left or did not.
    Values = "figures_values" ["day", "connection", "recipient", "grp", "form", "act"];
    /// Values that left, by ground.
    Grounds = "figures_grounds" ["day", "connection", "recipient", "grp", "ground"];
    /// The same by month, so that a month and a year are as quick as a day.
    DecisionsByMonth = "figures_decisions_months" ["decided", "day", "connection", "operation", "recipient", "code"];
    /// The same by month.
    ClausesByMonth = "figures_clauses_months" ["decided", "clause", "day", "connection", "recipient", "code"];
    /// The same by month.
    ValuesByMonth = "figures_values_months" ["day", "connection", "recipient", "grp", "form", "act"];
    /// The same by month.
    GroundsByMonth = "figures_grounds_months" ["day", "connection", "recipient", "grp", "ground"];
    /// The same by month.
    OutcomesByMonth = "figures_outcomes_months" ["day", "connection", "recipient", "ended"];
    /// Attempts to reach the Home Office or a linked recipient.
    Attempts = "figures_attempts" ["day", "connection", "recipient", "code", "rule"];
    /// How allowed requests ended, by the day they were allowed.
    Outcomes = "figures_outcomes" ["day", "connection", "recipient", "ended"];
    /// Everything else that happened, by its kind and a word about it.
    Events = "figures_events" ["kind", "day", "connection", "recipient", "word"];
    /// Requests by month, London's weekday and hour; weekday and hour are "" where no detail says them.
    Hours = "figures_hours" ["month", "decided", "weekday", "hour"];
    /// The days on which an operation was used.
    Used = "figures_used" ["connection", "operation"];
}

impl Grain {
    /// The table that has the same by month, and where the day stands in a row.
    const fn months(self) -> Option<(Self, usize)> {
        match self {
            Self::Decisions => Some((Self::DecisionsByMonth, 1)),
            Self::Clauses => Some((Self::ClausesByMonth, 2)),
            Self::Values => Some((Self::ValuesByMonth, 0)),
            Self::Grounds => Some((Self::GroundsByMonth, 0)),
            Self::Outcomes => Some((Self::OutcomesByMonth, 0)),
            _ => None,
        }
    }
}

/// What is kept entry by entry.
pub(in crate::panel) const KEPT: &str = "
CREATE TABLE figures_open (decision TEXT PRIMARY KEY, leaf TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE figures_marks (entry INTEGER PRIMARY KEY, day TEXT NOT NULL, kind TEXT NOT NULL, connection TEXT NOT NULL,
    recipient TEXT NOT NULL, policy TEXT NOT NULL, extra TEXT NOT NULL) STRICT;
CREATE INDEX figures_marks_by_kind ON figures_marks (kind, day);
";

/// An event's kind for something that left under rules that were no longer, or never, the active ones.
pub const OTHER_POLICY: &str = "other-policy";

/// Figures being made of a batch of entries. They reach the tables with [`Making::finish`].
#[derive(Debug)]
pub struct Making<'t> {
    db: &'t Transaction<'t>,
    london: TimeZone,
    active: String,
    sums: BTreeMap<(Grain, Vec<String>), i64>,
    open: HashMap<String, String>,
}

impl<'t> Making<'t> {
    /// Begins. `active` is the hash of the set of rules that was active before the first entry; empty at the beginning.
    #[must_use]
    pub fn new(db: &'t Transaction<'t>, active: String) -> Self {
        let london = london();
        Self { db, london, active, sums: BTreeMap::new(), open: HashMap::new() }
    }

    /// Takes in an entry. They come in the record book's order.
    ///
    /// # Errors
    /// When the store fails.
    pub fn add(&mut self, entry: &Entry) -> Result<(), rusqlite::Error> {
        let Some(fact) = Fact::read(&entry.leaf) else { return Ok(()) };
        match fact.kind {
            Some(Kind::Decision) => self.decision(&fact, entry),
            Some(Kind::Outcome) => self.outcome(&fact)?,
            Some(Kind::Contact) => self.event(&fact, &fact.decided, 1),
            Some(Kind::RefusedSummary) => self.event(&fact, "", fact.extra("count").parse().unwrap_or(1)),
            Some(Kind::ConsentIssued) => self.event(&fact, "", 1),
            // Somebody asked to end one that was not there: nothing was ended.
            Some(Kind::ConsentEnded) if fact.extra("ended") == "0" => {}
            Some(Kind::ConsentEnded) => self.event(&fact, fact.extra("because"), 1),
            Some(Kind::Account) => self.event(&fact, "", 1),
            Some(kind) => self.mark(kind, &fact, entry)?,
            None => {}
        }
        Ok(())
    }

    /// Writes what was added up; gives the hash of the set of rules that is active after the last entry.
    ///
    /// # Errors
    /// When the store fails.
    pub fn finish(self) -> Result<String, rusqlite::Error> {
        for ((grain, key), n) in self.sums {
            let values = key.into_iter().map(rusqlite::types::Value::Text);
            let values = values.chain([rusqlite::types::Value::Integer(n)]);
            self.db.prepare_cached(grain.add())?.execute(params_from_iter(values))?;
        }
        let mut keep = self.db.prepare_cached("INSERT OR REPLACE INTO figures_open VALUES (?1, ?2)")?;
        for (decision, leaf) in self.open {
            keep.execute((decision, leaf))?;
        }
        Ok(self.active)
    }

    fn sum<const N: usize>(&mut self, grain: Grain, mut key: [&str; N], n: i64) {
        *self.sums.entry((grain, key.map(str::to_owned).to_vec())).or_default() += n;
        let Some((months, at)) = grain.months() else { return };
        if let Some(day) = key.get_mut(at) {
            *day = day.get(..7).unwrap_or_default();
        }
        *self.sums.entry((months, key.map(str::to_owned).to_vec())).or_default() += n;
    }

    fn decision(&mut self, fact: &Fact, entry: &Entry) {
        let (day, connection, recipient) = (fact.day.as_str(), fact.integration.as_str(), fact.destination.as_str());
        let (decided, code) = (fact.decided.as_str(), fact.code.as_str());
        self.sum(Grain::Decisions, [decided, day, connection, &fact.operation, recipient, code], 1);
        for clause in &fact.clauses {
            self.sum(Grain::Clauses, [decided, clause, day, connection, recipient, code], 1);
        }
        if fact.clauses.is_empty() && decided == "refused" {
            self.sum(Grain::Clauses, [decided, "", day, connection, recipient, code], 1);
        }
        let (weekday, hour) = match fact::hour(entry, &self.london) {
            Some((weekday, hour)) => (weekday.to_string(), hour.to_string()),
            None => Default::default(),
        };
        let month = day.get(..7).unwrap_or_default();
        self.sum(Grain::Hours, [month, decided, &weekday, &hour], 1);
        if !connection.is_empty() && !fact.operation.is_empty() {
            self.sum(Grain::Used, [connection, &fact.operation], 1);
        }
        for (group, form, act, n) in fact.counts.iter().filter(|(_, _, act, _)| !exposure::left(*act)) {
            self.value(fact, (group.as_str(), form, *act), *n);
        }
        if fact.is_attempt() {
            self.attempt(fact, fact);
        }
        if decided == "allowed" {
            self.left(fact, 1);
            if fact.policy != self.active {
                self.sum(Grain::Events, [OTHER_POLICY, day, connection, recipient, ""], 1);
            }
            self.open.insert(fact.decision.clone(), entry.leaf.clone());
        }
    }

    /// What left with a request; `times` is -1 where it turns out that nothing did.
    fn left(&mut self, fact: &Fact, times: i64) {
        for (group, form, act, n) in fact.left() {
            self.value(fact, (group.as_str(), form, *act), n * times);
        }
        for ((group, ground), n) in fact.grounds() {
            let key = [fact.day.as_str(), &fact.integration, &fact.destination, group.as_str(), &ground];
            self.sum(Grain::Grounds, key, n * times);
        }
    }

    fn value(&mut self, fact: &Fact, (group, form, act): (&str, &str, Act), n: i64) {
        self.sum(Grain::Values, [&fact.day, &fact.integration, &fact.destination, group, form, act.as_str()], n);
    }

    fn outcome(&mut self, fact: &Fact) -> Result<(), rusqlite::Error> {
        let Some(of) = self.ended(&fact.decision)? else { return Ok(()) };
        let ended = fact.ended();
        self.sum(Grain::Outcomes, [&of.day, &of.integration, &of.destination, ended], 1);
        if ended == "unsent" {
            self.left(&of, -1);
        }
        if fact.is_attempt() {
            self.attempt(fact, &of);
        }
        Ok(())
    }

    /// The allowed decision that now ended, where it is known and had not ended before.
    fn ended(&mut self, decision: &str) -> Result<Option<Fact>, rusqlite::Error> {
        if let Some(leaf) = self.open.remove(decision) {
            return Ok(Fact::read(&leaf));
        }
        let mut take = self.db.prepare_cached("DELETE FROM figures_open WHERE decision = ?1 RETURNING leaf")?;
        let leaf: Option<String> = take.query_row([decision], |row| row.get(0)).optional()?;
        Ok(leaf.and_then(|leaf| Fact::read(&leaf)))
    }

    fn attempt(&mut self, fact: &Fact, of: &Fact) {
        let key = [&fact.day, &of.integration, &of.destination, &fact.code, fact.rule()];
        self.sum(Grain::Attempts, key, 1);
    }

    fn event(&mut self, fact: &Fact, word: &str, n: i64) {
        let kind = fact.kind.map_or("", Kind::as_str);
        self.sum(Grain::Events, [kind, &fact.day, &fact.integration, &fact.destination, word], n);
    }

    /// Rare and worth a look each: kept one by one.
    fn mark(&mut self, kind: Kind, fact: &Fact, entry: &Entry) -> Result<(), rusqlite::Error> {
        if kind == Kind::PolicyActivated {
            fact.policy.clone_into(&mut self.active);
        }
        let word = match kind {
            Kind::Safeguarding => fact.extra("ground"),
            Kind::RecipientClosed => fact.extra("why"),
            _ => "",
        };
        self.event(fact, word, 1);
        let extra = serde_json::to_string(&fact.extra).unwrap_or_default();
        let mut keep = self.db.prepare_cached("INSERT INTO figures_marks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        let index = i64::try_from(entry.index).unwrap_or(i64::MAX);
        keep.execute((index, &fact.day, kind.as_str(), &fact.integration, &fact.destination, &fact.policy, extra))?;
        Ok(())
    }
}
