//! A connection that fetches its own token: the token host is a destination like any other.

use crate::{
    caller::{post, request},
    support::standin::Behaviour,
    world::{Agreed, World},
};
use havengate::verdict::Code;

const TOKEN: &str = r#"{"access_token":"tok-1","token_type":"Bearer","expires_in":3600}"#;
const CONTACT: &str = r#"{"FirstName":"Amina","LastName":"Tesfay","MailingStreet":"Mill Lane 1","Description":"met by the canal","LastServiceDate__c":"2026-08-01","IsClient__c":true}"#;

/// Something of nobody.
const NOBODY: &str = r#"{"IsClient__c":true}"#;

fn patch() -> Vec<u8> {
    request("PATCH", "/crm/sobjects/Contact/003A", "Connection: close\r\n", CONTACT)
}

fn create() -> Vec<u8> {
    post("/crm/sobjects/Contact", NOBODY)
}

#[tokio::test]
async fn the_token_host_is_recorded_before_it_is_dialled() {
    let world = World::start().await;
    world.around.token_host.script([Behaviour::json(200, TOKEN)]);
    let items = &[("hg:RecipientReference", "raw"), ("pd:Name", "raw")];
    world
        .home
        .consent(&Agreed {
            client: "003A",
            to: "harbour-crm/contacts",
            purpose: "support",
            items,
            ..Agreed::referral("")
        })
        .await;
    let (received, decision) = world.forwarded(&world.ask(patch()).await).await;
    assert_eq!(received.line(), "PATCH /services/data/v60.0/sobjects/Contact/003A HTTP/1.1");
    assert_eq!(received.header("authorization").as_deref(), Some("Bearer tok-1"));
    assert_eq!(
        received.body_text(),
        r#"{"FirstName":"Amina","LastName":"Tesfay","Description":null,"IsClient__c":true}"#
    );
    let asked = world.around.token_host.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line(), "POST /services/oauth2/token HTTP/1.1");
    assert!(!String::from_utf8_lossy(&world.around.token_host.bytes()).contains("Amina"));

    // The token is kept: a second request dials the recipient only.
    world.forwarded(&world.ask(patch()).await).await;
    assert_eq!(world.around.token_host.requests().len(), 1);
    let (_, home) = world.stop().await;
    let leaves = home.leaves();
    let contacts: Vec<_> = leaves.iter().enumerate().filter(|(_, l)| l["type"] == "contact").collect();
    assert_eq!(contacts.len(), 1);
    let (at, contact) = contacts[0];
    assert!((at as u64) < decision.index, "a token is fetched before anything is spent");
    assert_eq!((&contact["decided"], &contact["integration"]), (&"allowed".into(), &"salesforce-contact".into()));
    assert_eq!(contact["destination"], "harbour-crm/contacts");
}

#[tokio::test]
async fn without_a_token_nothing_is_spent_and_nothing_leaves() {
    let world = World::start().await;
    for (behaviour, rule) in [
        (Behaviour::json(401, r#"{"error":"invalid_client"}"#), "token"),
        (Behaviour::RawThenClose(Vec::new()), "token"),
        (Behaviour::garbage(), "token"),
    ] {
        world.around.token_host.script([behaviour]);
        let answer = world.ask(create()).await;
        let rule = answer.json()["reasons"][0]["rule"].as_str().map_or(rule.to_owned(), str::to_owned);
        world.refused(&answer, Code::DestinationUnreachable, Some(&rule)).await;
    }
    assert_eq!(world.around.recipient.connections(), 0);
    world.around.token_host.script([Behaviour::json(200, TOKEN)]);
    world.forwarded(&world.ask(create()).await).await;
    let (_, home) = world.stop().await;
    let contacts = home.leaves().iter().filter(|l| l["type"] == "contact").count();
    assert_eq!(contacts, 4, "each dial has its record");
}

#[tokio::test]
async fn a_token_the_recipient_no_longer_takes_is_fetched_anew() {
    let world = World::start().await;
    let token = |n: u8| Behaviour::json(200, &TOKEN.replace("tok-1", &format!("tok-{n}")));
    world.around.token_host.script([token(1), token(2)]);
    world.script([Behaviour::json(401, "{}")]);
    let answer = world.ask(create()).await;
    assert_eq!((answer.status, answer.sent().as_deref()), (401, Some("yes")));
    assert_eq!(world.around.arrived_one().header("authorization").as_deref(), Some("Bearer tok-1"));
    let (received, _) = world.forwarded(&world.ask(create()).await).await;
    assert_eq!(received.header("authorization").as_deref(), Some("Bearer tok-2"));
}

#[tokio::test]
async fn without_a_record_book_the_token_host_is_not_dialled() {
    let world = World::start().await;
    std::fs::remove_file(&world.home.config.ledger).unwrap();
    let answer = world.ask(create()).await;
    answer.assert_problem(Code::LedgerUnavailable, None);
    assert_eq!((world.around.token_host.connections(), world.around.recipient.connections()), (0, 0));
}
