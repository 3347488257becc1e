//! What leaves with consent, without it, and with one that does not hold.

use crate::world::{Agreed, COUNCIL, Plan, World};
use havengate::{
    gate::control::{ClientRef, Command, End},
    verdict::Code,
};
use jiff::{SignedDuration, Timestamp};

/// A referral with everything in it that a case system might send.
pub(crate) const REFERRAL: &str = r#"{"firstName":"Amina","lastName":"Tesfay","dob":"1991-04-02","phone":"07700 900123","ni":"QQ123456C","nationality":"Eritrean","need":{"type":"hostel","beds":1}}"#;
/// What of it leaves with [`Agreed::referral`].
pub(crate) const AGREED: &str = r#"{"firstName":"Amina","lastName":"Tesfay","dob":"1991","phone":"07700 900123","need":{"type":"hostel","beds":1}}"#;

const NEEDS_CONSENT: Option<&str> = Some("personal-needs-consent");

#[tokio::test]
async fn without_consent_the_need_leaves_and_the_person_stays() {
    let world = World::start().await;
    let body = r#"{"ref":"R-1","firstName":"Amina","dob":"1991-04-02","nationality":"Eritrean","lastPostcode":"SE15 4QN","sleepingRoughSince":"2026-08","offersDeclined":2,"need":{"type":"hostel","beds":1},"priority":"high","bedded_down":"the canal","made_up":"x"}"#;
    let answer = world.post("/riverside/needs?area=Riverside&extra=Amina", body).await;
    let (received, record) = world.forwarded(&answer).await;
    assert_eq!(received.line(), "POST /v2/needs HTTP/1.1");
    assert_eq!(received.body_text(), r#"{"need":{"type":"hostel","beds":1},"priority":"high"}"#);
    let mut names = received.names();
    names.sort();
    assert_eq!(names, ["content-length", "content-type", "host", "x-api-key"]);
    assert_eq!(received.header("host").as_deref(), Some("refer.riverside.example"));
    assert_eq!(received.header("x-api-key").as_deref(), Some("an-upstream-secret"));

    let removed = answer.header("havengate-removed").unwrap();
    assert!(removed.starts_with("9;paths=\""), "{removed}");
    assert!(removed.contains("$.firstName") && removed.ends_with(";unlisted=2"), "{removed}");
    assert_eq!(record.leaf["integration"], "inform-riverside");
    assert_eq!((&record.leaf["operation"], &record.leaf["destination"]), (&"need".into(), &COUNCIL.into()));
    for clause in ["DATA-2ii", "DATA-3"] {
        assert!(record.leaf["clauses"].as_array().unwrap().contains(&clause.into()), "{record:?}");
    }
    assert_eq!(
        record.leaf["counts"],
        serde_json::json!([
            ["identity", "raw", "stripped", 3],
            ["location", "generalised", "stripped", 1],
            ["location", "raw", "stripped", 2],
            ["immigration", "raw", "stripped", 3],
            ["operational", "raw", "sent", 3]
        ])
    );
    assert!(record.detail.iter().any(|row| row["path"] == "$.firstName" && row["act"] == "stripped"));
    assert!(record.detail.iter().all(|row| row.get("consent").is_none()), "{record:?}");
}

#[tokio::test]
async fn what_she_agreed_to_leaves_item_by_item_and_nothing_else() {
    let world = World::start().await;
    let consent = world.home.consent(&Agreed::referral("R-1")).await;
    let answer = world.post("/riverside/referrals/R-1", REFERRAL).await;
    let (received, record) = world.forwarded(&answer).await;
    assert_eq!(received.line(), "POST /v2/referrals/R-1 HTTP/1.1");
    assert_eq!(received.body_text(), AGREED);
    let under = |path: &str| record.detail.iter().find(|row| row["path"] == path).unwrap();
    assert_eq!((&under("$.dob")["form"], &under("$.dob")["act"]), (&"generalised:year".into(), &"generalised".into()));
    assert_eq!(under("$.firstName")["consent"], consent.as_str());
    assert_eq!((&under("$.ni")["act"], under("$.ni").get("consent")), (&"stripped".into(), None));
    assert_eq!(record.leaf["extra"]["basis"], "identity:consent:4 contact:consent:1", "the need is operational");
    assert!(!record.leaf.to_string().contains(consent.as_str()), "a leaf, which stays for ever, names no consent");
}

#[tokio::test]
async fn a_query_parameter_leaves_by_consent_like_any_field() {
    let world = World::start().await;
    let items: &[_] = &[("hg:LocalAuthority", "raw")];
    world.home.consent(&Agreed { items, ..Agreed::referral("R-1") }).await;
    let target = "/riverside/needs?made=up&area=Riverside%20North&area2=x";
    let (received, _) = world.forwarded(&world.post(target, r#"{"ref":"R-1","need":{"beds":1}}"#).await).await;
    assert_eq!(received.line(), "POST /v2/needs?area=Riverside%20North HTTP/1.1");
    let (received, _) = world.forwarded(&world.post(target, r#"{"ref":"R-2","need":{"beds":1}}"#).await).await;
    assert_eq!(received.line(), "POST /v2/needs HTTP/1.1", "another client's");
}

#[tokio::test]
async fn a_referral_that_would_be_hollow_is_not_sent() {
    let world = World::start().await;
    let answer = world.post("/riverside/referrals/R-1", REFERRAL).await;
    let record = world.refused(&answer, Code::ConsentMissing, NEEDS_CONSENT).await;
    assert_eq!(record.leaf["clauses"], serde_json::json!(["DATA-2ii"]));
    assert_eq!(answer.json()["reasons"][0]["clause"], "DATA-2ii");
    assert!(answer.json()["reasons"][0]["remedy"].as_str().unwrap().contains("Ask the client"));
    assert_eq!(world.around.recipient.connections(), 0, "not even a connection was made");
}

#[tokio::test]
async fn consent_for_something_else_serves_nothing() {
    let world = World::start().await;
    let agreed = Agreed::referral;
    for (client, other) in [
        ("R-1", Agreed { client: "R-99", ..agreed("R-1") }),
        ("R-2", Agreed { to: "street-health/outreach", ..agreed("R-2") }),
        ("R-3", Agreed { purpose: "support", ..agreed("R-3") }),
        ("R-4", Agreed { items: &[("pd:Identifier", "raw"), ("pd:Name", "pseudonym")], ..agreed("R-4") }),
        ("R-5", Agreed { items: &[("pd:Identifier", "raw"), ("pd:BirthDate", "raw")], ..agreed("R-5") }),
    ] {
        world.home.consent(&other).await;
        let answer = world.post(&format!("/riverside/referrals/{client}"), REFERRAL).await;
        world.refused(&answer, Code::ConsentMissing, NEEDS_CONSENT).await;
    }
}

#[tokio::test]
async fn consent_that_was_ended_serves_nothing_from_then_on() {
    let world = World::start().await;
    let consent = world.home.consent(&Agreed { uses: 5, ..Agreed::referral("R-1") }).await;
    world.forwarded(&world.post("/riverside/referrals/R-1", REFERRAL).await).await;
    world.home.end(&consent).await;
    let again = world.post("/riverside/referrals/R-1", REFERRAL).await;
    world.refused(&again, Code::ConsentEnded, NEEDS_CONSENT.map(|_| "live-consent")).await;
    let by_id = world.post_with("/riverside/referrals/R-1", &format!("Consent-Ref: {consent}\r\n"), REFERRAL).await;
    world.refused(&by_id, Code::ConsentEnded, Some("live-consent")).await;
}

#[tokio::test]
async fn every_consent_of_somebody_who_died_ends() {
    let world = World::start().await;
    world.home.consent(&Agreed::referral("R-1")).await;
    world.home.consent(&Agreed::referral("R-1")).await;
    let client = ClientRef::new("R-1").unwrap();
    let end = End::Client { app: "inform".parse().unwrap(), client, died: true };
    world.home.done(&Command::ConsentEnd(end)).await;
    let answer = world.post("/riverside/referrals/R-1", REFERRAL).await;
    world.refused(&answer, Code::ConsentEnded, Some("live-consent")).await;
    // A token that was signed before and is seen only now is hers too.
    let token = world.home.token(&Agreed::referral("R-1"));
    let answer = world.post_with("/riverside/referrals/R-1", &format!("Consent-Token: {token}\r\n"), REFERRAL).await;
    assert_eq!(answer.sent().as_deref(), Some("no"), "{answer:?}");
    assert!(world.around.arrived().is_empty());
}

#[tokio::test]
async fn consent_in_the_record_book_expires_by_itself() {
    let world = World::start().await;
    let from = SignedDuration::from_hours(-1);
    // Whole seconds are kept: between one and two from now.
    let lasts = SignedDuration::from_hours(1) + SignedDuration::from_secs(2);
    let expires = Timestamp::now() + from + lasts;
    world.home.consent(&Agreed { from, lasts, uses: 5, ..Agreed::referral("R-1") }).await;
    // Only the clock brings this about: it is asked, and never guessed at.
    while Timestamp::now() < expires {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let answer = world.post("/riverside/referrals/R-1", REFERRAL).await;
    world.refused(&answer, Code::ConsentExpired, Some("live-consent")).await;
}

#[tokio::test]
async fn consent_that_begins_later_serves_nothing_yet() {
    let world = World::start().await;
    let tomorrow = Agreed { from: SignedDuration::from_hours(24), ..Agreed::referral("R-1") };
    world.home.consent(&tomorrow).await;
    let answer = world.post("/riverside/referrals/R-1", REFERRAL).await;
    world.refused(&answer, Code::ConsentInvalid, Some("live-consent")).await;
    let token = world.home.token(&Agreed { client: "R-2", ..tomorrow });
    let answer = world.post_with("/riverside/referrals/R-2", &format!("Consent-Token: {token}\r\n"), REFERRAL).await;
    world.refused(&answer, Code::ConsentInvalid, Some("active-and-this-person")).await;
}

#[tokio::test]
async fn a_signed_consent_travels_along_and_stays_here() {
    let world = World::start().await;
    let token = world.home.token(&Agreed::referral("R-1"));
    let answer = world.post_with("/riverside/referrals/R-1", &format!("Consent-Token: {token}\r\n"), REFERRAL).await;
    let (received, _) = world.forwarded(&answer).await;
    assert_eq!(received.body_text(), AGREED);
    assert!(received.names().iter().all(|n| !n.starts_with("consent-")), "{received:?}");
    // Seen once, it can be spent: another use of it is one too many.
    let other = REFERRAL.replace("Amina", "Aminah");
    let answer = world.post_with("/riverside/referrals/R-1", &format!("Consent-Token: {token}\r\n"), &other).await;
    world.refused(&answer, Code::ConsentSpent, Some("live-consent")).await;
}

#[tokio::test]
async fn a_signed_consent_that_does_not_hold_refuses_the_request() {
    let world = World::start().await;
    let month = SignedDuration::from_hours(24 * 40);
    let expired = world.home.token(&Agreed { from: -month, ..Agreed::referral("R-1") });
    let borrowed = world.home.token(&Agreed::referral("R-99"));
    let sound = world.home.token(&Agreed::referral("R-1"));
    let changed = |at: usize| {
        let other = |(i, c): (usize, char)| if i == at { if c == 'A' { 'B' } else { 'A' } } else { c };
        sound.chars().enumerate().map(other).collect::<String>()
    };
    let elsewhere = Plan::new().start().await.home.token(&Agreed::referral("R-1"));
    for (token, code, rule) in [
        (&expired, Code::ConsentExpired, "live-consent"),
        (&borrowed, Code::ConsentInvalid, "active-and-this-person"),
        (&changed(sound.len() / 2), Code::ConsentInvalid, "active-and-this-person"),
        (&changed(sound.len() - 20), Code::ConsentInvalid, "active-and-this-person"),
        (&elsewhere, Code::ConsentInvalid, "active-and-this-person"),
        (&"not-a-token".to_owned(), Code::ConsentInvalid, "active-and-this-person"),
    ] {
        // `needs` asks for no consent: it is refused all the same, since its sender believes something untrue.
        for target in ["/riverside/referrals/R-1", "/riverside/needs"] {
            let answer = world.post_with(target, &format!("Consent-Token: {token}\r\n"), REFERRAL).await;
            world.refused(&answer, code, Some(rule)).await;
            assert!(!answer.text().contains(&token[..8.min(token.len())]), "the token is not repeated");
        }
    }
    let both = format!("Consent-Token: {sound}\r\nConsent-Token: {borrowed}\r\n");
    let answer = world.post_with("/riverside/referrals/R-1", &both, REFERRAL).await;
    world.refused(&answer, Code::ConsentInvalid, Some("active-and-this-person")).await;
}

#[tokio::test]
async fn in_a_batch_each_person_leaves_by_their_own_consent() {
    let world = World::start().await;
    let items: &[_] = &[("pd:Name", "raw"), ("pd:BirthDate", "generalised:year")];
    world.home.consent(&Agreed { items, ..Agreed::referral("R-1") }).await;
    let body = r#"{"batchId":"B-7","clients":[{"ref":"R-1","firstName":"Leyla","dob":"1990-01-15","beds":2,"children":[{"ref":"R-2","firstName":"Sami","dob":"2019-06-01"}]},{"ref":"R-3","firstName":"Tomasz","dob":"1984-11-30","beds":1}]}"#;
    let (received, record) = world.forwarded(&world.post("/riverside/batches", body).await).await;
    assert_eq!(
        received.body_text(),
        r#"{"batchId":"B-7","clients":[{"firstName":"Leyla","dob":"1990","beds":2,"children":[{}]},{"beds":1}]}"#
    );
    let subjects: std::collections::BTreeSet<_> =
        record.detail.iter().filter_map(|row| row["subject"].as_str()).collect();
    assert_eq!(subjects.len(), 3, "{record:?}");
}
