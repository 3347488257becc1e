//! Consent as the panel sees it: who can say no, and never who.

use crate::world::{CONNECTION, COUNCIL, World};
use havengate::{
    consent::{
        ActOfConsent, AdviceRecord, AdviceState, Capacity, ConsentAct, Explained, Interpreter, Register,
        issue::{Draft, DraftItem},
    },
    flow::{ConsentId, Form, Purpose, Transform},
    gate::control::{ClientRef, Command, Declined, End, IssueGrant, Reply},
    ledger::{Change, Leaf, Tx, leaf::Kind},
    panel::access::Role,
};
use jiff::SignedDuration;

const ASKED: [&str; 5] = ["pd:Name", "pd:BirthDate", "pd:TelephoneNumber", "pd:Identifier", "pd:Nationality"];

/// Somebody is asked for five items, and declines so many of them.
fn asked(world: &World, client: &str, declined: usize, advice: Option<AdviceState>) -> Command {
    let now = world.ledger.now();
    let item = |c: &&str| DraftItem { category: c.parse().unwrap(), form: Form::Raw, path: None };
    let told = now - SignedDuration::from_mins(20);
    let draft = Draft {
        destination: COUNCIL.parse().unwrap(),
        purpose: Purpose::Accommodation,
        items: ASKED[declined..].iter().map(item).collect(),
        declined: ASKED[..declined].iter().map(item).collect(),
        not_before: now,
        expires: now + SignedDuration::from_hours(24 * 10),
        max_uses: 1,
        consent: ConsentAct {
            act: ActOfConsent::SignedOnDevice,
            at: now - SignedDuration::from_mins(5),
            explained: Explained { purpose: told, necessity: told, risks: told, alternatives: told },
            capacity: Capacity::Presumed,
            interpreter: Interpreter::NotNeeded,
            spoke_alone: true,
            own_language: true,
        },
        advice: advice.map(|state| AdviceRecord {
            at: now - SignedDuration::from_hours(48),
            state,
            register: Register::Iaa,
            independent: true,
        }),
    };
    Command::ConsentIssue(Box::new(IssueGrant {
        app: "inform".parse().unwrap(),
        client: ClientRef::new(client).unwrap(),
        draft,
    }))
}

async fn done(world: &World, command: Command) -> String {
    match world.office().handle(command).await {
        Reply::Done { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

fn nobody_wanted(items: u16) -> Command {
    let (destination, purpose) = (COUNCIL.parse().unwrap(), Purpose::Accommodation);
    Command::ConsentDeclined(Declined { destination, purpose, items })
}

#[tokio::test]
async fn what_was_asked_given_and_declined_shows_in_tens_and_names_nobody() {
    let world = World::new().await;
    for n in 0..5 {
        let advice = if n == 0 { Some(AdviceState::Obtained) } else { None };
        done(&world, asked(&world, &format!("R-{n}"), 1, advice)).await;
    }
    done(&world, asked(&world, "R-7", 0, Some(AdviceState::DeclinedAfterOffer))).await;
    done(&world, nobody_wanted(20)).await;
    let client = ClientRef::new("R-7").unwrap();
    done(&world, Command::ConsentEnd(End::Client { app: "inform".parse().unwrap(), client, died: false })).await;

    let entries = world.entries().await;
    let first = entries.iter().find(|e| e.contains("consent.issued")).unwrap();
    let extra = r#""extra":{"advice":"obtained","asked":"5","declined":"1","purpose":"accommodation"}"#;
    assert!(first.contains(extra) && first.contains(CONNECTION), "{first}");
    let no = entries.iter().find(|e| e.contains("consent.declined")).unwrap();
    assert!(no.contains(r#""extra":{"asked":"20","declined":"20","purpose":"accommodation"}"#), "{no}");
    let label = world.office().keys.subjects.label(&"inform".parse().unwrap(), "R-7");
    assert!(!entries.concat().contains(label.as_str()) && !entries.concat().contains("R-7"));
    let ended = entries.iter().find(|e| e.contains("consent.ended")).unwrap();
    assert!(ended.contains(COUNCIL) && ended.contains(r#""extra":{"ended":"1"}"#), "{ended}");
    // A reference that nothing is under ends nothing, and counts as nothing.
    let said = done(&world, Command::ConsentEnd(End::Consent(ConsentId::from_bytes([9; 16])))).await;
    assert!(said.contains("NOTHING LIVE WAS FOUND"), "{said}");
    let ended = world.entries().await.into_iter().rfind(|e| e.contains("consent.ended")).unwrap();
    assert!(ended.contains(r#""extra":{"ended":"0"}"#), "{ended}");

    let page = world.signed(Role::Operator).await.get("/consent").await.words();
    assert!(page.contains("50 or more items asked for 20 or more items agreed to 20 or more items declined"), "{page}");
    assert!(page.contains("fewer than 10 times somebody ended consent"), "{page}");
    let row = "Riverside Council (example) – housing referrals (connection inform-riverside) 50 or more 20 or more";
    assert!(page.contains(row), "{page}");
    assert!(!page.contains("may have become ritual") && !page.contains("was not recorded how many"), "{page}");
    let gone = world.signed(Role::Panel).await.get("/consent?month=2026-10").await.words();
    assert!(gone.contains("Nobody was asked in this month") && gone.contains("The month after"), "{gone}");
}

/// A total rounded from the true sum would say, beside its parts, what these hide.
#[tokio::test]
async fn a_total_of_recipients_is_made_of_what_is_shown_of_them() {
    let world = World::new().await;
    for to in (0..10).map(|n| format!("riverside-council/part-{n}")) {
        let mut leaf = Leaf { destination: Some(to.parse().unwrap()), ..Leaf::new(Kind::ConsentDeclined) };
        leaf.extra.insert("asked", "9".to_owned());
        leaf.extra.insert("declined", "9".to_owned());
        world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
    }
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/consent").await.words();
    assert!(page.contains("10 or more items asked for none items agreed to 10 or more items declined"), "{page}");
    assert!(page.contains("riverside-council – part 3 fewer than 10 none fewer than 10 none"), "{page}");
    assert!(page.contains("November 2026 10 or more none 10 or more none") && !page.contains("90 or more"), "{page}");
}

#[tokio::test]
async fn what_ran_out_while_nobody_counted_is_put_to_no_month() {
    let world = World::new().await;
    let days = [("2027-09-01", 1), ("2027-10-01", 2), ("2027-10-19", 9), ("2027-12-15", 60)];
    for (day, expired) in days {
        let kept = world
            .running
            .panel()
            .store()
            .write(move |db| db.execute("INSERT INTO consent_states VALUES (?1, 0, 0, ?2)", (day, expired)));
        kept.await.unwrap();
    }
    world.at("2027-12-20T10:00:00Z");
    let mut member = world.signed(Role::Panel).await;
    for (month, said) in [
        ("2027-09", "Consents that ran out: fewer than 10."),
        ("2027-10", "Consents that ran out: not counted in this month."),
        ("2027-11", "Consents that ran out: not counted in this month."),
        ("2027-12", "Consents that ran out: none, counted from 15 December 2027 on."),
    ] {
        let page = member.get(&format!("/consent?month={month}")).await.words();
        assert!(page.contains(said), "{month}: {page}");
    }
}

#[tokio::test]
async fn where_nearly_nobody_declines_the_panel_is_warned() {
    let world = World::new().await;
    for n in 0..9 {
        done(&world, asked(&world, &format!("R-{n}"), 0, None)).await;
    }
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/consent").await.words();
    assert!(!page.contains("Consent may have become ritual"), "45 are too few to tell: {page}");
    done(&world, asked(&world, "R-9", 0, None)).await;
    let page = member.get("/consent").await.words();
    assert!(page.contains("Consent may have become ritual"), "{page}");
    world.at("2026-12-20T10:00:00Z");
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/consent").await.words();
    assert!(page.contains("Consent may have become ritual"), "three months count together: {page}");
    done(&world, nobody_wanted(1)).await;
    let page = member.get("/consent").await.words();
    assert!(page.contains("Consent may have become ritual"), "1 of 51 is under 2 %: {page}");
    done(&world, nobody_wanted(1)).await;
    let page = member.get("/consent").await.words();
    assert!(!page.contains("Consent may have become ritual"), "{page}");
}

#[tokio::test]
async fn an_older_entry_reads_as_not_recorded() {
    let world = World::new().await;
    let Command::ConsentIssue(issue) = asked(&world, "R-1", 0, None) else { unreachable!() };
    let label = world.office().keys.subjects.label(&issue.app, "R-1");
    let grant = havengate::consent::issue::grant(&issue.draft, label, [3; 16], world.ledger.now()).unwrap();
    let leaf = Leaf { destination: Some(COUNCIL.parse().unwrap()), ..Leaf::new(Kind::ConsentIssued) };
    let tx = Tx { asserts: vec![], leaf, detail: vec![], changes: vec![Change::Issue(grant)] };
    world.ledger.append(tx).await.unwrap();
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/consent").await.words();
    assert!(page.contains("it was not recorded how many items were asked for"), "{page}");
    assert!(page.contains("Consents in force fewer than 10"), "{page}");
    // Ten days later it has run out, which no entry says.
    world.at("2026-12-05T10:00:00Z");
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/consent?month=2026-12").await.words();
    assert!(page.contains("Consents that ran out:"), "{page}");
    for wrong in ["2026-13", "november", "2026-1", "9999-99", "%3Cb%3E"] {
        let seen = member.get(&format!("/consent?month={wrong}")).await;
        assert!(seen.status == 400 && !seen.text.contains("<b>"), "{wrong}: {}", seen.text);
    }
}

#[tokio::test]
async fn a_small_charity_sees_yes_and_no_by_quarter() {
    let world = World::of(49, "").await;
    for n in 0..12 {
        done(&world, asked(&world, &format!("R-{n}"), 0, None)).await;
    }
    let page = world.signed(Role::Panel).await.get("/consent").await.words();
    assert!(page.contains("October 2026 to December 2026 yes no no"), "{page}");
    assert!(!page.contains("or more") || page.contains("50 or more items were asked for"), "{page}");
    assert!(!page.contains("By recipient"), "{page}");
    assert!(!page.contains("may have become ritual"), "on that day it would say how many were asked: {page}");
    world.at("2027-01-10T10:00:00Z");
    let page = world.signed(Role::Panel).await.get("/consent").await.words();
    let said = "In October to December 2026, many items were asked for, and hardly any were declined.";
    assert!(page.contains(said) && !page.contains("50 or more"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_meant_is_not_recorded() {
    let world = World::new().await;
    let size = world.ledger.head().size;
    let refused = |reply: Reply| match reply {
        Reply::Refused { text } => text,
        other => panic!("{other:?}"),
    };
    let Command::ConsentIssue(mut issue) = asked(&world, "R-1", 1, None) else { unreachable!() };
    issue.draft.declined = vec![issue.draft.items[0].clone()];
    let both = refused(world.office().handle(Command::ConsentIssue(issue.clone())).await);
    assert!(both.contains("agreed to and declined"), "{both}");
    // The exact date was declined and the year agreed to: that is two items.
    issue.draft.declined = vec![DraftItem {
        category: issue.draft.items[0].category.clone(),
        form: Form::Generalised(Transform::Year),
        path: None,
    }];
    issue.draft.declined[0].category = "hg:Nothing".parse().unwrap();
    assert!(
        refused(world.office().handle(Command::ConsentIssue(issue)).await).contains("hg:Nothing is not a category")
    );
    for items in [0, 101] {
        assert!(refused(world.office().handle(nobody_wanted(items)).await).contains("1 to 100"));
    }
    assert_eq!(world.ledger.head().size, size);
}
