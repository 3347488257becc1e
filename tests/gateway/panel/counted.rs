//! Every figure again, counted naively from the downloaded entries and from nothing else.

use serde_json::Value;
use std::collections::BTreeMap;

/// The rules that speak of the Home Office or of a path there.
const LINKED: [&str; 5] = [
    "no-home-office",
    "no-home-office-forum",
    "associated-only-by-data-2",
    "no-home-office-address",
    "no-linked-address",
];

/// The downloaded entries of a span of days.
pub(super) struct Book {
    pub(super) entries: Vec<Value>,
}

pub(super) fn text<'v>(leaf: &'v Value, name: &str) -> &'v str {
    leaf[name].as_str().unwrap_or("")
}

fn extra<'v>(leaf: &'v Value, name: &str) -> &'v str {
    leaf["extra"][name].as_str().unwrap_or("")
}

fn tally<K: Ord>(found: impl IntoIterator<Item = (K, u64)>) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for (key, n) in found {
        *sums.entry(key).or_default() += n;
    }
    sums.retain(|_, n| *n > 0);
    sums
}

/// A number of people's values, as it may be shown.
pub(super) fn shown(n: u64) -> String {
    match n {
        0 => "none".to_owned(),
        1..10 => "fewer than 10".to_owned(),
        n => format!("{} or more", n / 10 * 10),
    }
}

fn least(n: u64) -> u64 {
    if n < 10 { n.min(1) } else { n / 10 * 10 }
}

/// A total that tells no more than its parts.
pub(super) fn total(parts: &[u64]) -> String {
    match parts.iter().copied().filter(|n| *n > 0).collect::<Vec<_>>()[..] {
        [] => shown(0),
        [one] => shown(one),
        // How many are fewer than 10 does not say that they are together.
        ref parts => match parts.iter().map(|n| least(*n)).sum() {
            few @ 0..10 => format!("{few} or more"),
            n => shown(n),
        },
    }
}

fn left(act: &str) -> bool {
    matches!(act, "sent" | "generalised" | "pseudonymised")
}

impl Book {
    pub(super) fn read(ndjson: &str) -> Self {
        Self { entries: ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect() }
    }

    /// Whether every request that was let through has an end on record.
    pub(super) fn at_rest(&self) -> bool {
        self.allowed().count() == self.of("outcome").count()
    }

    pub(super) fn of<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Value> {
        self.entries.iter().filter(move |leaf| leaf["type"] == kind)
    }

    /// What entries of a kind come to, apart by recipient, connection and why.
    pub(super) fn parts(&self, kind: &str, of: impl Fn(&Value) -> u64) -> Vec<u64> {
        let key = |leaf: &Value| {
            [text(leaf, "destination"), text(leaf, "integration"), extra(leaf, "because")].map(str::to_owned)
        };
        tally(self.of(kind).map(|leaf| (key(leaf), of(leaf)))).into_values().collect()
    }

    pub(super) fn refused(&self) -> impl Iterator<Item = &Value> {
        self.of("decision").filter(|leaf| leaf["decided"] == "refused")
    }

    pub(super) fn allowed(&self) -> impl Iterator<Item = &Value> {
        self.of("decision").filter(|leaf| leaf["decided"] == "allowed")
    }

    fn unsent(&self, decision: &Value) -> bool {
        self.of("outcome").any(|o| o["decision"] == decision["decision"] && extra(o, "ended") == "unsent")
    }

    pub(super) fn sent(&self) -> impl Iterator<Item = &Value> {
        self.allowed().filter(|leaf| !self.unsent(leaf))
    }

    pub(super) fn attempts(&self) -> u64 {
        let attempt = |leaf: &&Value| {
            matches!(text(leaf, "code"), "destination-linked" | "forum")
                || !extra(leaf, "attempt").is_empty()
                || LINKED.contains(&extra(leaf, "rule"))
        };
        self.of("decision").chain(self.of("outcome")).filter(attempt).count() as u64
    }

    /// Refusals by a member of the entry.
    pub(super) fn stopped_by(&self, name: &str) -> BTreeMap<String, u64> {
        tally(self.refused().map(|leaf| (text(leaf, name).to_owned(), 1)))
    }

    fn clauses(leaf: &Value) -> Vec<String> {
        leaf["clauses"].as_array().into_iter().flatten().map(|c| c.as_str().unwrap().to_owned()).collect()
    }

    pub(super) fn stopped_by_clause(&self) -> BTreeMap<String, u64> {
        tally(self.refused().flat_map(|leaf| {
            let clauses = Self::clauses(leaf);
            if clauses.is_empty() { vec![(String::new(), 1)] } else { clauses.into_iter().map(|c| (c, 1)).collect() }
        }))
    }

    /// Requests that went with something left out, by clause.
    pub(super) fn cut(&self) -> BTreeMap<String, u64> {
        tally(self.allowed().flat_map(|leaf| Self::clauses(leaf).into_iter().map(|c| (c, 1))))
    }

    pub(super) fn flows(&self) -> BTreeMap<[String; 2], u64> {
        tally(self.sent().map(|leaf| ([text(leaf, "destination"), text(leaf, "integration")].map(str::to_owned), 1)))
    }

    /// Values that left, by recipient, group and what was done.
    pub(super) fn values(&self) -> BTreeMap<[String; 3], u64> {
        tally(self.sent().flat_map(|leaf| {
            let counts = leaf["counts"].as_array().into_iter().flatten().filter(|c| left(c[2].as_str().unwrap()));
            counts.map(|c| {
                let key = [text(leaf, "destination"), c[0].as_str().unwrap(), c[2].as_str().unwrap()];
                (key.map(str::to_owned), c[3].as_u64().unwrap())
            })
        }))
    }

    /// Values that were held back, by group and connection.
    pub(super) fn held_back(&self) -> BTreeMap<[String; 2], u64> {
        tally(self.of("decision").flat_map(|leaf| {
            let counts = leaf["counts"].as_array().into_iter().flatten().filter(|c| c[2] == "stripped");
            counts.map(|c| {
                let key = [c[0].as_str().unwrap(), text(leaf, "integration")];
                (key.map(str::to_owned), c[3].as_u64().unwrap())
            })
        }))
    }

    /// Values that left, by recipient, group and ground.
    pub(super) fn grounds(&self) -> BTreeMap<[String; 3], u64> {
        let mut found = Vec::new();
        for leaf in self.sent() {
            let to = text(leaf, "destination");
            let counts = leaf["counts"].as_array().into_iter().flatten().filter(|c| left(c[2].as_str().unwrap()));
            let mut rest = tally(counts.map(|c| (c[0].as_str().unwrap().to_owned(), c[3].as_u64().unwrap())));
            for one in extra(leaf, "basis").split_whitespace() {
                let [group, ground, n] = one.split(':').collect::<Vec<_>>()[..] else { panic!("{one}") };
                let n: u64 = n.parse().unwrap();
                *rest.get_mut(group).unwrap() -= n;
                found.push(([to, group, ground].map(str::to_owned), n));
            }
            for (group, n) in rest {
                let ground = if group == "operational" { "operational" } else { "unknown" };
                found.push(([to, &group, ground].map(str::to_owned), n));
            }
        }
        tally(found)
    }

    /// Requests that each stop stopped, by its id.
    pub(super) fn stops(&self) -> BTreeMap<String, u64> {
        let at = |kind: &str, id: &str| self.entries.iter().position(|l| l["type"] == kind && extra(l, "stop") == id);
        let mut found = BTreeMap::new();
        for stop in self.of("stop.placed") {
            let id = extra(stop, "stop");
            let (from, to) = (at("stop.placed", id).unwrap(), at("stop.lifted", id).unwrap_or(self.entries.len()));
            let covers = |name: &str, leaf: &Value| text(stop, name).is_empty() || stop[name] == leaf[name];
            let mine = self.entries[from..to].iter().filter(|leaf| {
                leaf["decided"] == "refused"
                    && leaf["code"] == "stopped"
                    && covers("integration", leaf)
                    && covers("destination", leaf)
            });
            found.insert(id.to_owned(), mine.count() as u64);
        }
        found
    }

    pub(super) fn by_emergency(&self) -> usize {
        self.allowed().filter(|leaf| extra(leaf, "basis").contains(":emergency:")).count()
    }
}
