//! Reading the record book: what is more than one answer of it, what another version left, and another book.

use crate::{
    figures::beside,
    stops::{leaves, place, sheet, told},
    world::{CONNECTION, COUNCIL, World},
};
use havengate::{
    consent::view::{Stop, StopScope},
    flow::Clause,
    ledger::{Change, Leaf, Ledger, Opening, Tx},
    panel::{
        access::Role,
        figures::{self, Period, stopped},
        stops,
    },
    verdict::Code,
};
use std::sync::{Arc, atomic::Ordering};

async fn counted(world: &World) -> u64 {
    let whole = Period::between("2026-01-01".parse().unwrap(), "2028-12-31".parse().unwrap());
    let total = move |db: &rusqlite::Connection| stopped::total(db, &whole, &stopped::Which::default());
    world.running.panel().store().read(total).await.unwrap()
}

/// The record book answers with about 1 MiB of details at once, and with one entry whatever it holds.
#[tokio::test]
async fn a_request_about_very_many_people_stops_no_figure() {
    let world = World::new().await;
    for _ in 0..2 {
        let mut leaf = world.about(CONNECTION, COUNCIL);
        leaf.decided = Some(havengate::ledger::leaf::Decided::Refused);
        leaf.code = Some(Code::ConsentMissing);
        leaf.clauses = vec![Clause::Data3];
        let detail = vec![world.hour(); 30_000];
        world.ledger.append(Tx { asserts: vec![], leaf, detail, changes: vec![] }).await.unwrap();
        figures::catch_up(world.running.panel()).await.unwrap();
    }
    let details = &world.ledger.entries(world.ledger.head().size - 1).await.unwrap()[0].detail;
    assert!(details.iter().map(String::len).sum::<usize>() > 1 << 20);
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data3).await;
    figures::catch_up(world.running.panel()).await.unwrap();
    assert_eq!(counted(&world).await, 3);
}

#[tokio::test]
async fn a_store_of_format_1_keeps_what_people_wrote_and_reads_the_rest_again() {
    let mut world = World::new().await;
    let code = sheet(&world).await;
    place(&mut world.anybody(), &code, "everything", "harm").await;
    world.refused(CONNECTION, COUNCIL, Code::Stopped, Clause::Tools1).await;
    let mut member = world.signed(Role::Panel).await;
    assert_eq!(member.get("/stops").await.status, 200);
    // As the first format had it: three places, each of its own.
    let db = rusqlite::Connection::open(world.store_path()).unwrap();
    db.execute_batch(
        "BEGIN IMMEDIATE;
         DROP INDEX concerns_state; DROP INDEX concern_texts_of; DROP INDEX concern_texts_unconfirmed;
         DROP INDEX breach_steps_of;
         ALTER TABLE concern_texts DROP COLUMN entry;
         ALTER TABLE concern_texts ADD COLUMN recorded INTEGER NOT NULL DEFAULT 1;
         ALTER TABLE breaches DROP COLUMN entry; ALTER TABLE breaches ADD COLUMN recorded INTEGER NOT NULL DEFAULT 1;
         ALTER TABLE demands DROP COLUMN entry; ALTER TABLE demands ADD COLUMN recorded INTEGER NOT NULL DEFAULT 1;
         ALTER TABLE demands ADD COLUMN answered TEXT NOT NULL DEFAULT '2026-11-20';
         DROP TABLE demand_answers;
         CREATE TABLE demand_answers (id TEXT PRIMARY KEY, demand TEXT NOT NULL, answer TEXT NOT NULL,
             day TEXT NOT NULL, sealed TEXT, recorded INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         INSERT INTO demand_answers VALUES ('b', 'd', 'refused', '2026-11-19', NULL, 1),
             ('a', 'd', 'advice', '2026-11-20', NULL, 1);
         DROP TABLE followed; DROP TABLE followed_days; DROP TABLE stops;
         CREATE TABLE figures_cursor (id INTEGER PRIMARY KEY CHECK (id = 0), next INTEGER NOT NULL, last BLOB NOT NULL,
             active TEXT NOT NULL) STRICT;
         CREATE TABLE followed (one INTEGER PRIMARY KEY CHECK (one = 1), entry INTEGER NOT NULL,
             notice INTEGER NOT NULL) STRICT;
         INSERT INTO followed VALUES (1, 2, 1);
         CREATE TABLE followed_days (day TEXT PRIMARY KEY, entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE stops_followed (only INTEGER PRIMARY KEY CHECK (only = 1), notice INTEGER NOT NULL) STRICT;
         CREATE TABLE stops (id TEXT PRIMARY KEY, what TEXT NOT NULL, reason TEXT NOT NULL, entry INTEGER NOT NULL,
             day TEXT NOT NULL, read INTEGER NOT NULL, requests INTEGER NOT NULL DEFAULT 0, lifted INTEGER,
             lifted_day TEXT, lifted_words TEXT, reminded INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
         PRAGMA user_version = 1; COMMIT;",
    )
    .unwrap();
    world.restart().await;
    figures::catch_up(world.running.panel()).await.unwrap();
    assert_eq!(counted(&world).await, 1, "counted once, not again");
    let words = world.signed(Role::Panel).await.get("/stops").await.words();
    assert!(words.contains("A client could come to harm 1 due by the end of"), "one request, not two: {words}");
    let accounts: i64 = db.query_row("SELECT count(*) FROM accounts", [], |row| row.get(0)).unwrap();
    assert!(accounts >= 3, "{accounts}");
    let mut answers = db.prepare("SELECT answer FROM demand_answers ORDER BY n").unwrap();
    let answers: Vec<String> = answers.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(answers, ["refused", "advice"], "in their order");
    let schema = |db: &rusqlite::Connection| {
        let mut tables = db.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' ORDER BY name").unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let columns = |table: &String| {
            let mut select =
                db.prepare(&format!("SELECT name, type, \"notnull\" FROM pragma_table_info('{table}') ORDER BY 1"));
            let rows = select
                .as_mut()
                .unwrap()
                .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?)));
            (table.clone(), rows.unwrap().map(Result::unwrap).collect::<Vec<_>>())
        };
        tables.iter().map(columns).collect::<Vec<_>>()
    };
    let fresh = World::new().await;
    assert_eq!(schema(&db), schema(&rusqlite::Connection::open(fresh.store_path()).unwrap()), "as a new one has it");
    assert_eq!(world.anybody().send("/stop", &[("code", &code)]).await.status, 200, "the sheet still works");
}

/// A stop of the new book is shown with its reason although its notice has a number that was read in the old one.
#[tokio::test]
async fn stops_of_another_record_book_are_read_from_its_beginning() {
    let world = World::new().await;
    let stop = |id: u8| Stop {
        id: havengate::flow::DecisionId::from_bytes([id; 16]).to_string(),
        scope: StopScope::Everything,
        at: world.ledger.now(),
    };
    let placing = |stop: &Stop| {
        let mut leaf = Leaf::placing(stop);
        leaf.extra.insert("reason", "harm".to_owned());
        let changes = vec![Change::PlaceStop(stop.clone()), Change::Notify { kind: "stop" }];
        Tx { asserts: vec![], leaf, detail: vec![], changes }
    };
    world.ledger.append(placing(&stop(1))).await.unwrap();
    let panel = beside(&world, &world.ledger, "moved.db");
    stops::turn(&panel).await.unwrap();
    let path = world.home.path().join("other.db");
    let opening = || {
        let (mut opening, at) = (Opening::new("test"), world.ledger.now());
        opening.clock = Arc::new(move || at);
        opening
    };
    Ledger::create(&path, &opening()).unwrap();
    let other = Arc::new(Ledger::open(&path, opening()).unwrap());
    other.append(placing(&stop(2))).await.unwrap();
    let moved = beside(&world, &other, "moved.db");
    figures::catch_up(&moved).await.unwrap();
    let kept = moved.store().read(|db| {
        let mut select = db.prepare("SELECT id, reason FROM stops")?;
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<(String, String)>, _>>()
    });
    assert_eq!(kept.await.unwrap(), [(stop(2).id, "harm".to_owned())]);
}

#[tokio::test]
async fn a_reminder_that_could_not_be_recorded_is_made_the_next_time() {
    let world = World::new().await;
    let code = sheet(&world).await;
    place(&mut world.anybody(), &code, "everything", "").await;
    world.at("2026-11-25T10:00:00Z");
    world.slow.store(true, Ordering::SeqCst);
    stops::turn(world.running.panel()).await.unwrap_err();
    world.slow.store(false, Ordering::SeqCst);
    // Whatever waited is recorded by then, or never.
    world.refused(CONNECTION, COUNCIL, Code::Stopped, Clause::Tools1).await;
    for _ in 0..2 {
        stops::turn(world.running.panel()).await.unwrap();
        assert_eq!((told(&world, "stop-overdue").await, leaves(&world, "stop.overdue").await.len()), (1, 1));
    }
}
