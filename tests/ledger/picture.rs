//! Everybody's picture is what the tables say, whatever happened; and no label is in any leaf.

use crate::book::*;
use havengate::{
    consent::{Ground, Safeguarding, view::Stop, view::StopScope},
    flow::{ConsentId, DecisionId},
    ledger::{Change, Ledger, leaf::Kind, leaf::Leaf},
};
use proptest::prelude::*;

/// Something that happens, to one of a few people and consents.
#[derive(Debug, Clone)]
enum Event {
    Issue(u8, u8),
    Token(u8, u8, u8),
    Spend(u8, u8, u8),
    End(u8),
    EndAll(u8),
    NotSent,
    Sent,
    Emergency(u8, u8),
    Stop(u8),
    Lift(u8),
    Pass(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let few = 0..4_u8;
    prop_oneof![
        3 => (few.clone(), few.clone()).prop_map(|(c, p)| Event::Issue(c, p)),
        3 => (few.clone(), few.clone(), few.clone()).prop_map(|(c, p, d)| Event::Token(c, p, d)),
        6 => (few.clone(), few.clone(), few.clone()).prop_map(|(c, p, d)| Event::Spend(c, p, d)),
        1 => few.clone().prop_map(Event::End),
        1 => few.clone().prop_map(Event::EndAll),
        2 => Just(Event::NotSent),
        2 => Just(Event::Sent),
        1 => (few.clone(), few.clone()).prop_map(|(e, p)| Event::Emergency(e, p)),
        1 => few.clone().prop_map(Event::Stop),
        1 => few.prop_map(Event::Lift),
        1 => (-30..30_i64).prop_map(Event::Pass),
    ]
}

/// Makes it happen; many cannot, which is part of it.
async fn happen(book: &Book, ledger: &Ledger, last: &mut Option<DecisionId>, event: Event) {
    let of = |c: u8, p: u8| {
        let mut grant = grant(book, &format!("c{c}"), &format!("p{p}"), 2);
        // The same consent each time, whenever it is shown.
        grant.consent.at = "2026-10-24T08:00:00Z".parse().unwrap();
        (grant.not_before, grant.expires) = (grant.consent.at, grant.consent.at + hours(100));
        grant
    };
    let append = |tx| async { _ = ledger.append(tx).await };
    match event {
        Event::Issue(c, p) => append(issue(&of(c, p))).await,
        Event::Token(c, p, d) => {
            let mut tx = consented(fresh(), &of(c + 4, p), d);
            tx.changes.push(Change::Remember(of(c + 4, p)));
            *last = permit(ledger, tx).await.ok().map(|r| r.decision());
        }
        Event::Spend(c, p, d) => {
            *last = permit(ledger, consented(fresh(), &of(c, p), d)).await.ok().map(|r| r.decision());
        }
        Event::End(c) => append(end(&of(c, 0).jti)).await,
        Event::EndAll(p) => {
            append(tx(Leaf::new(Kind::ConsentEnded), vec![Change::EndAll(subject(&format!("p{p}")))])).await;
        }
        Event::NotSent => {
            if let Some(id) = last.take() {
                ledger.append(outcome(id, "no")).await.unwrap();
            }
        }
        Event::Sent => {
            if let Some(id) = last.take() {
                ledger.append(outcome(id, "yes")).await.unwrap();
            }
        }
        Event::Emergency(e, p) => {
            let grant = Safeguarding {
                id: ConsentId::parse(&format!("emergency-{e}")).unwrap(),
                subject: subject(&format!("p{p}")),
                destination: destination(),
                ground: Ground::Life,
                at: book.now(),
                expires: book.now() + hours(4),
            };
            append(tx(Leaf::new(Kind::Safeguarding), vec![Change::Safeguard(grant)])).await;
        }
        Event::Stop(s) => {
            let stop = Stop { id: format!("s{s}"), scope: StopScope::Integration(integration()), at: book.now() };
            append(tx(Leaf::placing(&stop), vec![Change::PlaceStop(stop)])).await;
        }
        Event::Lift(s) => {
            let id = format!("s{s}");
            append(tx(Leaf::lifting(&id), vec![Change::LiftStop(id)])).await;
        }
        Event::Pass(h) => book.pass(hours(h)),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn play(events: Vec<Event>) -> Result<(), TestCaseError> {
    let book = Book::new();
    let ledger = book.ready().await;
    let mut last = None;
    for event in events {
        happen(&book, &ledger, &mut last, event).await;
        prop_assert_eq!(ledger.health(), Ok(()));
    }
    let (shown, head) = (ledger.view(), ledger.head());
    drop(ledger);
    let rows: i64 = book
        .raw()
        .query_row(
            "SELECT count(*) FROM leaves WHERE leaf LIKE '%subject-%' OR leaf LIKE '%agreed-%' \
             OR leaf LIKE '%emergency-%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    prop_assert_eq!(rows, 0, "a label in a leaf");
    // Emergency grants that are over are no longer shown after a restart: open at a time before all of them.
    let ledger = Ledger::open(&book.path(), book.opening()).unwrap();
    let read = ledger.view();
    for who in 0..4 {
        let who = subject(&format!("p{who}"));
        prop_assert_eq!(shown.grants(&who), read.grants(&who));
        let now = ledger.now();
        prop_assert_eq!(shown.safeguarding(&who, &destination(), now), read.safeguarding(&who, &destination(), now));
    }
    for c in 0..8 {
        let id = jti(&format!("c{c}"));
        prop_assert_eq!(shown.state(&id), read.state(&id));
        prop_assert_eq!(shown.by_id(&id), read.by_id(&id));
    }
    prop_assert!(shown.stops().eq(read.stops()));
    prop_assert_eq!(shown.active_policy(), read.active_policy());
    prop_assert_eq!(head.root, ledger.head().root);
    prop_assert!(ledger.verify_live().await.unwrap().is_sound());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn the_picture_is_what_the_tables_say(events in prop::collection::vec(event(), 1..60)) {
        play(events)?;
    }
}
