//! Every figure beside the same one counted from the exported entries, naively; and what disturbs the counting.

use crate::world::{CONNECTION, COUNCIL, World};
use havengate::{
    flow::{Act, Clause, Group},
    ledger::{
        Assert, Change, Entry, Leaf, Ledger, Opening, Tx,
        leaf::{Decided, Kind},
    },
    panel::{
        Panel,
        figures::{self, Period, events, left, stopped},
        store::Store,
    },
    verdict::Code,
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

const HOME_OFFICE: &str = "home-office/asylum";
const CONNECTIONS: [&str; 3] = [CONNECTION, "inform-elsewhere", "case-system"];
const RECIPIENTS: [&str; 3] = [COUNCIL, "elsewhere/outreach", HOME_OFFICE];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// Traffic of every kind over some weeks, in which the clocks change.
async fn traffic(world: &World, seed: u64, entries: u64) {
    let mut dice = Dice(seed);
    let mut at: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    for _ in 0..entries {
        at += jiff::SignedDuration::from_mins(i64::try_from(dice.below(900)).unwrap());
        world.at(&at.to_string());
        let (connection, recipient) = (dice.of(&CONNECTIONS), dice.of(&RECIPIENTS));
        match dice.below(10) {
            0..4 => {
                let code = dice.of(&[Code::DestinationLinked, Code::ConsentMissing, Code::FieldBlocked, Code::Forum]);
                world.refused(connection, recipient, code, dice.of(Clause::ALL)).await;
            }
            4..7 => {
                let values: Vec<_> = (0..dice.below(4))
                    .map(|_| (dice.of(Group::ALL), dice.of(&["raw", "pseudonym"]), dice.of(Act::ALL), dice.below(40)))
                    .collect();
                world.sent(connection, recipient, &values).await;
            }
            7 => ended(world, connection, recipient, dice.of(&["unsent", "unknown", ""])).await,
            8 => {
                let mut leaf = Leaf::new(dice.of(&[Kind::Boot, Kind::RecipientClosed, Kind::PolicyRejected]));
                leaf.extra.insert("why", "linked".to_owned());
                append(world, leaf).await;
            }
            _ => {
                let mut leaf = Leaf::new(Kind::RefusedSummary);
                leaf.extra.insert("count", dice.below(90).to_string());
                append(world, leaf).await;
            }
        }
    }
}

/// A request that was allowed and did not end well; "" is still under way.
async fn ended(world: &World, connection: &str, recipient: &str, how: &str) {
    let mut leaf = world.about(connection, recipient);
    leaf.decided = Some(Decided::Allowed);
    leaf.counts =
        BTreeMap::from([((Group::Identity, "raw", Act::Sent), 7), ((Group::Contact, "raw", Act::Stripped), 3)]);
    leaf.extra.insert("basis", "identity:consent:4 identity:emergency:2".to_owned());
    let decision = leaf.decision.unwrap();
    let asserts = vec![Assert::PolicyActive(world.policy.hash)];
    let _ = world.ledger.permit(Tx { asserts, leaf, detail: vec![], changes: vec![] }).await.unwrap();
    if !how.is_empty() {
        let mut leaf = Leaf::new(Kind::Outcome);
        leaf.decision = Some(decision);
        leaf.extra.insert("ended", how.to_owned());
        if how == "unknown" {
            leaf.code = Some(Code::DestinationLinked);
            leaf.extra.insert("attempt", "no-home-office".to_owned());
        }
        append(world, leaf).await;
    }
}

async fn append(world: &World, leaf: Leaf) {
    world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
}

/// Every entry, as an export has it.
async fn exported(ledger: &Ledger) -> Vec<(Value, Vec<Value>)> {
    let mut found: Vec<Entry> = Vec::new();
    loop {
        let more = ledger.entries(found.len() as u64).await.unwrap();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    let read = |text: &String| serde_json::from_str(text).unwrap();
    found.iter().map(|e| (read(&e.leaf), e.detail.iter().map(read).collect())).collect()
}

fn text<'v>(leaf: &'v Value, name: &str) -> &'v str {
    leaf[name].as_str().unwrap_or("")
}

/// Counts what a function names of each entry.
fn tally<K: Ord>(book: &[(Value, Vec<Value>)], of: impl Fn(&Value) -> Vec<(K, u64)>) -> BTreeMap<K, u64> {
    let mut found = BTreeMap::new();
    for (key, n) in book.iter().flat_map(|(leaf, _)| of(leaf)) {
        *found.entry(key).or_default() += n;
    }
    found.retain(|_, n| *n > 0);
    found
}

fn refused(leaf: &Value) -> bool {
    leaf["type"] == "decision" && leaf["decided"] == "refused"
}

fn whole() -> Period {
    Period::between("2026-01-01".parse().unwrap(), "2028-12-31".parse().unwrap())
}

#[tokio::test]
async fn every_figure_of_what_was_stopped_is_that_of_the_export() {
    let world = World::new().await;
    traffic(&world, 7, 500).await;
    let panel = world.running.panel();
    figures::catch_up(panel).await.unwrap();
    let book = exported(&world.ledger).await;
    let year: Period = "2027".parse().unwrap();
    for period in [whole(), "2026-12".parse().unwrap(), "2027-03".parse().unwrap(), "2026-Q4".parse().unwrap(), year] {
        let within = |leaf: &Value| {
            let day: jiff::civil::Date = text(leaf, "day").parse().unwrap();
            refused(leaf) && period.from() <= day && day <= period.to()
        };
        let one = |leaf: &Value, name: &str| vec![(text(leaf, name).to_owned(), u64::from(within(leaf)))];
        let clauses = |leaf: &Value| {
            let all = leaf["clauses"].as_array().unwrap().iter();
            all.map(|c| (c.as_str().unwrap().to_owned(), 1)).collect::<Vec<_>>()
        };
        let expected = [
            (stopped::By::Connection, tally(&book, |l| one(l, "integration"))),
            (stopped::By::Recipient, tally(&book, |l| one(l, "destination"))),
            (stopped::By::Code, tally(&book, |l| one(l, "code"))),
            (stopped::By::Clause, tally(&book, |l| if within(l) { clauses(l) } else { Vec::new() })),
        ];
        let days = tally(&book, |l| one(l, "day"));
        let (asked, total) = (period, days.values().sum::<u64>());
        let (found, found_days, found_total) = panel
            .store()
            .read(move |db| {
                let all = stopped::Which::default();
                let found = stopped::By::ALL.iter().map(|by| stopped::by(db, &asked, *by, &all));
                let found = found.collect::<Result<Vec<_>, _>>()?;
                Ok((found, stopped::daily(db, &asked, stopped::By::Code, &all)?, stopped::total(db, &asked, &all)?))
            })
            .await
            .unwrap();
        for (by, expected) in expected {
            let at = stopped::By::ALL.iter().position(|b| *b == by).unwrap();
            assert_eq!(found[at].iter().cloned().collect::<BTreeMap<_, _>>(), expected, "{period} {by}");
        }
        assert_eq!(found_total, total, "{period}");
        let found_days: BTreeMap<_, u64> =
            found_days.into_iter().map(|(day, codes)| (day.to_string(), codes.values().sum())).collect();
        // A year is told by month.
        let days = days.into_iter().fold(BTreeMap::new(), |mut found: BTreeMap<String, u64>, (day, n)| {
            let day = if period == year { format!("{}-01", &day[..7]) } else { day };
            *found.entry(day).or_default() += n;
            found
        });
        assert_eq!(found_days, days, "{period}");
    }
}

#[tokio::test]
async fn one_clause_at_one_recipient_is_that_of_the_export() {
    let world = World::new().await;
    traffic(&world, 11, 300).await;
    figures::catch_up(world.running.panel()).await.unwrap();
    let book = exported(&world.ledger).await;
    let which = stopped::Which {
        clause: Some(Clause::Data1),
        recipient: Some(COUNCIL.parse().unwrap()),
        connection: Some(CONNECTION.parse().unwrap()),
        ..stopped::Which::default()
    };
    let clause = |leaf: &Value| leaf["clauses"].as_array().is_some_and(|c| c.contains(&"DATA-1".into()));
    let expected = book
        .iter()
        .filter(|(l, _)| refused(l) && clause(l) && l["destination"] == COUNCIL && l["integration"] == CONNECTION)
        .count();
    let found = world.running.panel().store().read(move |db| stopped::total(db, &whole(), &which)).await.unwrap();
    assert_eq!(found, expected as u64);
}

/// An export, with how each allowed request ended.
struct Export {
    book: Vec<(Value, Vec<Value>)>,
    outcomes: BTreeMap<String, String>,
}

fn left_act(act: &str) -> bool {
    matches!(act, "sent" | "generalised" | "pseudonymised")
}

impl Export {
    async fn of(ledger: &Ledger) -> Self {
        let book = exported(ledger).await;
        let ended = book.iter().filter(|(l, _)| l["type"] == "outcome");
        let outcomes =
            ended.map(|(l, _)| (text(l, "decision").to_owned(), l["extra"]["ended"].as_str().unwrap().to_owned()));
        let outcomes = outcomes.collect();
        Self { book, outcomes }
    }

    fn unsent(&self, leaf: &Value) -> bool {
        self.outcomes.get(text(leaf, "decision")).is_some_and(|ended| ended == "unsent")
    }

    fn requests(&self) -> left::Requests {
        let allowed = self.book.iter().filter(|(l, _)| l["type"] == "decision" && l["decided"] == "allowed").count();
        let ended = |how: &str| self.outcomes.values().filter(|e| *e == how).count() as u64;
        let (answered, unsent, unknown) = (ended("answered"), ended("unsent"), ended("unknown"));
        left::Requests { allowed: allowed as u64, answered, unsent, unknown }
    }

    /// By recipient, group and act.
    fn values(&self) -> BTreeMap<[String; 3], u64> {
        tally(&self.book, |leaf| {
            let counts = leaf["counts"].as_array().into_iter().flatten();
            counts
                .filter(|c| !(left_act(c[2].as_str().unwrap()) && self.unsent(leaf)))
                .map(|c| {
                    let key = [text(leaf, "destination"), c[0].as_str().unwrap(), c[2].as_str().unwrap()];
                    (key.map(str::to_owned), c[3].as_u64().unwrap())
                })
                .collect()
        })
    }

    /// By group and ground.
    fn grounds(&self) -> BTreeMap<[String; 2], u64> {
        tally(&self.book, |leaf| {
            if leaf["decided"] != "allowed" || self.unsent(leaf) {
                return Vec::new();
            }
            let mut rest: BTreeMap<String, u64> = BTreeMap::new();
            for c in leaf["counts"].as_array().into_iter().flatten().filter(|c| left_act(c[2].as_str().unwrap())) {
                *rest.entry(c[0].as_str().unwrap().to_owned()).or_default() += c[3].as_u64().unwrap();
            }
            let mut found = Vec::new();
            for one in leaf["extra"]["basis"].as_str().unwrap_or("").split_whitespace() {
                let [group, ground, n] = one.split(':').collect::<Vec<_>>()[..] else { panic!("{one}") };
                *rest.get_mut(group).unwrap() -= n.parse::<u64>().unwrap();
                found.push(([group.to_owned(), ground.to_owned()], n.parse().unwrap()));
            }
            let ground = |group: &str| if group == "operational" { "operational" } else { "unknown" };
            found.extend(rest.into_iter().map(|(group, n)| ([group.clone(), ground(&group).to_owned()], n)));
            found
        })
    }
}

#[tokio::test]
async fn every_figure_of_what_left_is_that_of_the_export() {
    let world = World::new().await;
    traffic(&world, 23, 500).await;
    let panel = world.running.panel();
    figures::catch_up(panel).await.unwrap();
    let export = Export::of(&world.ledger).await;
    let expected = export.requests();
    assert!(expected.unsent > 0 && expected.unknown > 0, "{expected:?}");
    let (requests, daily, flows, found, found_grounds) = panel
        .store()
        .read(|db| {
            let period = whole();
            let lists = (left::daily(db, &period)?, left::flows(db, &period)?);
            Ok((
                left::requests(db, &period)?,
                lists.0,
                lists.1,
                left::values(db, &period)?,
                left::grounds(db, &period)?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(requests, expected);
    assert_eq!(daily.values().sum::<u64>(), expected.left());
    assert_eq!(flows.iter().map(|(_, _, n)| n).sum::<u64>(), expected.left());
    let mut shown = BTreeMap::new();
    for v in found {
        *shown.entry([v.recipient, v.group.to_string(), v.act.to_string()]).or_default() += v.count;
    }
    assert_eq!(shown, export.values());
    let mut shown = BTreeMap::new();
    for ((_, group, ground), n) in found_grounds {
        *shown.entry([group.to_string(), ground.to_string()]).or_default() += n;
    }
    assert_eq!(shown, export.grounds());
}

#[tokio::test]
async fn years_are_counted_by_month_and_come_to_the_same() {
    let world = World::new().await;
    traffic(&world, 29, 300).await;
    let panel = world.running.panel();
    figures::catch_up(panel).await.unwrap();
    let export = Export::of(&world.ledger).await;
    let found = panel
        .store()
        .read(|db| {
            let mut requests = left::Requests::default();
            let mut values = 0;
            for year in ["2026", "2027", "2028"] {
                let year: Period = year.parse().unwrap();
                let of = left::requests(db, &year)?;
                requests.allowed += of.allowed;
                requests.answered += of.answered;
                requests.unsent += of.unsent;
                requests.unknown += of.unknown;
                values += left::values(db, &year)?.iter().map(|v| v.count).sum::<u64>();
                assert_eq!(left::daily(db, &year)?.values().sum::<u64>(), of.left());
            }
            Ok((requests, values))
        })
        .await
        .unwrap();
    assert_eq!(found, (export.requests(), export.values().values().sum()));
}

#[tokio::test]
async fn hours_attempts_and_events_are_those_of_the_export() {
    let world = World::new().await;
    traffic(&world, 31, 400).await;
    let panel = world.running.panel();
    figures::catch_up(panel).await.unwrap();
    let book = exported(&world.ledger).await;
    let london = jiff::tz::TimeZone::get("Europe/London").unwrap();
    let mut expected: BTreeMap<(u8, u8), u64> = BTreeMap::new();
    for (_, detail) in book.iter().filter(|(l, _)| refused(l)) {
        let at: jiff::Timestamp = detail[0]["at"].as_str().unwrap().parse().unwrap();
        let at = at.to_zoned(london.clone());
        let weekday = u8::try_from(at.weekday().to_monday_zero_offset()).unwrap();
        *expected.entry((weekday, u8::try_from(at.hour()).unwrap())).or_default() += 1;
    }
    let attempts = book
        .iter()
        .filter(|(l, _)| matches!(text(l, "code"), "destination-linked" | "forum") || l["extra"]["attempt"].is_string())
        .count() as u64;
    let probes = tally(&book, |l| {
        let count = l["extra"]["count"].as_str().and_then(|n| n.parse().ok());
        vec![((), count.filter(|_| l["type"] == "refused.summary").unwrap_or(0))]
    });
    let boots = book.iter().filter(|(l, _)| l["type"] == "boot").count();
    let (hours, found, found_probes, marks) = panel
        .store()
        .read(|db| {
            let period = whole();
            let probes = events::count(db, Kind::RefusedSummary, &period)?;
            let marks = events::marks(db, &[Kind::Boot], &period)?;
            Ok((stopped::hours(db, &period)?, events::attempts(db, &period)?, probes, marks))
        })
        .await
        .unwrap();
    assert_eq!((hours.counts, hours.unknown), (expected, 0));
    assert_eq!(found.iter().map(|a| a.count).sum::<u64>(), attempts);
    assert!(found.iter().any(|a| a.rule == "no-home-office" && a.recipient == HOME_OFFICE), "one found out on the way");
    assert_eq!(found_probes, probes[&()]);
    assert_eq!(marks.len(), boots);
}

#[tokio::test]
async fn an_hour_of_the_night_on_which_the_clocks_change_is_an_hour() {
    let world = World::new().await;
    // 01:30 comes twice in London on the last Sunday of October, and not at all on the last of March.
    for at in ["2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z", "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"] {
        world.at(at);
        world.refused(CONNECTION, COUNCIL, Code::FieldBlocked, Clause::Data3).await;
    }
    let panel = world.running.panel();
    figures::catch_up(panel).await.unwrap();
    let hours = |month: &'static str| async move {
        let period: Period = month.parse().unwrap();
        let hours = panel.store().read(move |db| stopped::hours(db, &period)).await.unwrap();
        (hours.at(6, 0), hours.at(6, 1), hours.at(6, 2), hours.unknown)
    };
    assert_eq!(hours("2027-03").await, (1, 0, 1, 0), "00:30 and 02:30");
    assert_eq!(hours("2027-10").await, (0, 2, 0, 0), "01:30 twice");
}

/// Everything that is counted, table by table.
async fn dump(store: &Store) -> Vec<String> {
    store
        .read(|db| {
            let mut tables =
                db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'figures%' AND type = 'table'")?;
            let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut found = Vec::new();
            for table in tables {
                let mut select = db.prepare(&format!("SELECT * FROM {table}"))?;
                let columns = select.column_count();
                let mut rows = select.query([])?;
                while let Some(row) = rows.next()? {
                    let cells = (0..columns).map(|i| format!("{:?}", row.get_ref(i).unwrap())).collect::<Vec<_>>();
                    found.push(format!("{table}: {}", cells.join("|")));
                }
            }
            found.retain(|row| !row.ends_with("Integer(0)"));
            found.sort();
            Ok(found)
        })
        .await
        .unwrap()
}

/// Another panel over a record book, with a store of its own.
pub(crate) fn beside(world: &World, ledger: &Arc<Ledger>, store: &str) -> Arc<Panel> {
    let known = world.running.panel();
    let store = Store::open(&world.home.path().join(store)).unwrap();
    let policy = Arc::clone(&world.policy);
    let parts = (known.config().clone(), "test".to_owned(), world.home.path().join("keys"));
    Panel::new(parts, store, Arc::clone(ledger), Arc::new(move || Arc::clone(&policy)), Arc::clone(known.metrics()))
}

#[tokio::test]
async fn ended_in_the_middle_it_goes_on_and_counts_the_same() {
    let world = World::new().await;
    for part in 0..4 {
        traffic(&world, part, 60).await;
        figures::catch_up(&beside(&world, &world.ledger, "second.db")).await.unwrap();
    }
    let once = beside(&world, &world.ledger, "once.db");
    figures::catch_up(&once).await.unwrap();
    figures::catch_up(world.running.panel()).await.unwrap();
    let counted = dump(once.store()).await;
    assert!(counted.len() > 100, "{counted:#?}");
    assert_eq!(dump(beside(&world, &world.ledger, "second.db").store()).await, counted);
    assert_eq!(dump(world.running.panel().store()).await, counted, "the one that keeps up by itself");
    figures::rebuild(&once).await.unwrap();
    assert_eq!(dump(once.store()).await, counted, "made again");
}

#[tokio::test]
async fn another_record_book_is_noticed_and_counted_from_its_beginning() {
    let world = World::new().await;
    traffic(&world, 3, 40).await;
    let panel = beside(&world, &world.ledger, "moved.db");
    figures::catch_up(&panel).await.unwrap();
    let size = world.ledger.head().size;
    for entries in [3, size + 5] {
        let path = world.home.path().join(format!("other-{entries}.db"));
        let opening = || Opening::new("test");
        Ledger::create(&path, &opening()).unwrap();
        let other = Arc::new(Ledger::open(&path, opening()).unwrap());
        for _ in 0..entries {
            let tx = Tx { asserts: vec![], leaf: Leaf::new(Kind::Boot), detail: vec![], changes: Vec::<Change>::new() };
            other.append(tx).await.unwrap();
        }
        let moved = beside(&world, &other, "moved.db");
        figures::catch_up(&moved).await.unwrap();
        let (state, boots) =
            moved.store().read(|db| Ok((figures::state(db)?, events::count(db, Kind::Boot, &whole())?))).await.unwrap();
        assert_eq!((state.entries, boots), (entries, entries));
        let counted = moved.store().read(|db| stopped::total(db, &whole(), &stopped::Which::default())).await.unwrap();
        assert_eq!(counted, 0, "nothing of the other is left");
    }
}
