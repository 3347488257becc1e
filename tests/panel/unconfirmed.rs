//! What the record book was too slow to confirm, or what the gateway's end came between.

use crate::{breaches, browser::Browser, concerns, demands, stops::leaves, webhook::until, world::World};
use havengate::panel::access::Role;
use std::sync::atomic::Ordering;

const NOT_YET: &str = "Not confirmed in the record book yet.";

async fn said(browser: &mut Browser, page: &str, words: &str) -> bool {
    browser.get(page).await.words().contains(words)
}

async fn hidden(browser: &mut Browser, page: &str) -> [(String, String); 2] {
    let form = browser.get(page).await;
    ["csrf", "once"].map(|name| (name.to_owned(), form.value(name)))
}

fn both<'a>(hidden: &'a [(String, String)], fields: Vec<(&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    fields.into_iter().chain(hidden.iter().map(|(n, v)| (n.as_str(), v.as_str()))).collect()
}

#[tokio::test]
async fn what_may_be_recorded_is_listed_marked_and_confirmed_later() {
    let world = World::new().await;
    let (mut member, mut worker) = (world.signed(Role::Panel).await, world.signed(Role::Worker).await);
    let (breach, demand) = (hidden(&mut worker, "/breaches/new").await, hidden(&mut worker, "/demands/new").await);
    let concern = world.anybody().get("/concern").await;
    let (code, once) = (concern.value("code"), concern.value("once"));
    let size = world.ledger.head().size;
    world.slow.store(true, Ordering::SeqCst);
    let concern = [("code", code.as_str()), ("once", once.as_str()), ("text", "They mail the list. Quokka.")];
    for seen in [
        worker.send("/breaches/new", &both(&breach, breaches::report(&[]))).await,
        worker.send("/demands/new", &both(&demand, demands::demand(&[]))).await,
        world.anybody().send("/concern", &concern).await,
    ] {
        assert_eq!(seen.status, 503, "{}", seen.words());
        assert!(seen.words().contains("The record book has not confirmed it yet"), "{}", seen.words());
    }
    for list in ["/breaches", "/demands"] {
        assert!(said(&mut member, list, NOT_YET).await, "{list}");
    }
    let page = breaches::page(&mut member).await;
    let one = member.get(&page).await;
    assert!(one.words().contains(NOT_YET) && one.text.contains("Bilby"), "{}", one.words());
    world.slow.store(false, Ordering::SeqCst);
    until("recorded after all", || async { world.ledger.head().size >= size + 3 }).await;
    assert!(said(&mut member, "/concerns", "Concern 1").await);
    for list in ["/breaches", "/demands"] {
        until("confirmed", || {
            let mut member = member.clone();
            async move { !said(&mut member, list, NOT_YET).await }
        })
        .await;
    }
    // The same form again finds out that it is done.
    let again = worker.send("/breaches/new", &both(&breach, breaches::report(&[]))).await;
    assert!(again.status == 200 && again.words().contains("breach 1"), "{}", again.words());
    assert_eq!(leaves(&world, "breach.reported").await.len(), 1);
}

#[tokio::test]
async fn what_the_gateways_end_came_between_is_confirmed_at_the_next_start() {
    let mut world = World::new().await;
    let (mut member, mut worker) = (world.signed(Role::Panel).await, world.signed(Role::Worker).await);
    breaches::send(&mut worker, &breaches::report(&[])).await;
    demands::send(&mut worker, &demands::demand(&[])).await;
    let page = demands::page(&mut member).await;
    let answers = [("answer", "refused"), ("words", "No order. Bettong.")];
    let to = format!("{page}/answer");
    crate::stops::fill_hidden(&mut member, &page, &to, &["csrf", "once"], &answers).await;
    concerns::give(&mut world.anybody(), "They mail the list.").await;
    let ended = "UPDATE breaches SET entry = NULL; UPDATE demands SET entry = NULL; \
                 UPDATE demand_answers SET entry = NULL; UPDATE concern_texts SET entry = NULL;";
    world.running.panel().store().write(move |db| db.execute_batch(ended)).await.unwrap();
    world.restart().await;
    let panel = world.running.panel();
    until("confirmed", || async {
        let ask = "SELECT (SELECT entry FROM breaches) NOT NULL AND (SELECT entry FROM demands) NOT NULL \
                   AND (SELECT entry FROM demand_answers) NOT NULL AND (SELECT entry FROM concern_texts) NOT NULL";
        panel.store().read(move |db| db.query_row(ask, [], |row| row.get(0))).await.unwrap()
    })
    .await;
    let mut member = world.signed(Role::Panel).await;
    for list in ["/breaches", "/demands"] {
        assert!(!said(&mut member, list, NOT_YET).await, "{list}");
    }
    assert!(said(&mut member, "/demands", "We refused").await);
}

#[tokio::test]
async fn what_a_closed_record_book_may_hold_is_not_dropped() {
    let world = World::new().await;
    let (mut member, mut worker) = (world.signed(Role::Panel).await, world.signed(Role::Worker).await);
    let breach = hidden(&mut worker, "/breaches/new").await;
    world.ledger.close().await.unwrap();
    let seen = worker.send("/breaches/new", &both(&breach, breaches::report(&[]))).await;
    assert_eq!(seen.status, 503, "{}", seen.words());
    let page = breaches::page(&mut member).await;
    assert!(member.get(&page).await.text.contains("Bilby"));
}
