//! Every page: no barrier that axe-core knows, on a phone and a desktop, light and dark, with and without scripts.

use crate::{
    chromium::{Chromium, DESKTOP, NO_SCRIPTS, PHONE, Seat, available},
    world::{CONNECTION, COUNCIL, World},
};
use fantoccini::Locator;
use havengate::{
    flow::{Act, Clause, Group},
    panel::{
        access::Role,
        routes::{self, Who},
    },
    verdict::Code,
};

/// Some traffic, so that pages show something.
async fn lively() -> World {
    let world = World::browsed().await;
    for day in 1..20 {
        world.at(&format!("2026-12-{day:02}T11:00:00Z"));
        for n in 0..day {
            let values =
                [(Group::Identity, "raw", Act::Sent, 3), (Group::Location, "generalised", Act::Generalised, 1)];
            world.sent(CONNECTION, COUNCIL, &values).await;
            if n % 3 == 0 {
                world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
            }
        }
    }
    world.refused(CONNECTION, "riverside-council/nrpf", Code::DestinationLinked, Clause::Data1).await;
    world.at("2026-12-20T10:00:00Z");
    world
}

/// A panel member who has come through the door, in front of a browser.
async fn seated(world: &World, seat: Seat) -> Chromium {
    let chromium = Chromium::open(seat).await;
    let person = world.person(Role::Panel, "Rosa").await;
    // The code that opened the account was used; the next one is another.
    world.later(30);
    let code = person.secret.code(world.running.panel().now());
    chromium.client.goto(&format!("{}/sign-in", world.url())).await.unwrap();
    for (field, text) in [("name", person.name.as_str()), ("passphrase", &person.passphrase), ("code", &code)] {
        chromium.client.find(Locator::Id(field)).await.unwrap().send_keys(text).await.unwrap();
    }
    chromium.client.find(Locator::Css("main button")).await.unwrap().click().await.unwrap();
    chromium.client.wait().for_element(Locator::Css(".who")).await.unwrap();
    chromium
}

/// Every page that a panel member or anybody can open without knowing more than its address.
fn pages() -> Vec<&'static str> {
    let for_members = |who: Who| match who {
        Who::Anybody => true,
        Who::Signed(roles) | Who::Token(roles) => roles.contains(&Role::Panel),
    };
    let page = |path: &&str| {
        !path.contains('{')
            && !path.ends_with(".css")
            && !path.ends_with(".svg")
            && !path.contains("ndjson")
            && !path.starts_with("/api/")
    };
    routes::all().iter().filter(|r| r.method == "GET" && for_members(r.who)).map(|r| r.path).filter(page).collect()
}

async fn no_barriers(seat: Seat, name: &str) {
    if !available() {
        return;
    }
    let world = lively().await;
    let chromium = seated(&world, seat).await;
    let mut found = Vec::new();
    let more = ["/recipients/riverside-council/nrpf", "/recipients/riverside-council/housing-referrals"];
    for path in pages().into_iter().chain(more) {
        chromium.client.goto(&format!("{}{path}", world.url())).await.unwrap();
        let heading = chromium.client.find(Locator::Css("h1")).await.unwrap().text().await.unwrap();
        assert!(!heading.is_empty(), "{path}");
        chromium.picture(&format!("{name}{}", path.replace('/', "-"))).await;
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let wider = chromium.client.execute(wide, vec![]).await.unwrap().as_i64().unwrap();
        if wider > 0 {
            found.push(format!("{path}: scrolls sideways by {wider} px"));
        }
        found.extend(chromium.barriers().await.into_iter().map(|b| format!("{path}: {b}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn on_a_desktop_in_light_no_page_has_a_barrier() {
    no_barriers(DESKTOP, "desktop").await;
}

#[tokio::test]
async fn on_a_phone_in_the_dark_no_page_has_a_barrier() {
    no_barriers(PHONE, "phone").await;
}

#[tokio::test]
async fn without_scripts_every_page_says_the_same() {
    if !available() {
        return;
    }
    let world = lively().await;
    let chromium = seated(&world, NO_SCRIPTS).await;
    let mut member = world.signed(Role::Panel).await;
    for path in pages() {
        chromium.client.goto(&format!("{}{path}", world.url())).await.unwrap();
        let shown = chromium.client.find(Locator::Css("main h1")).await.unwrap().text().await.unwrap();
        let sent = member.get(path).await;
        assert!(sent.text.contains("</h1>") && sent.words().contains(&shown), "{path}: {shown}");
        assert!(
            !sent.text.contains("<script") && !sent.text.contains("style=\"") && !sent.text.contains("onclick"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn with_the_keyboard_alone_one_skips_to_the_page_and_reaches_every_link() {
    use fantoccini::key::Key;
    if !available() {
        return;
    }
    let world = lively().await;
    let chromium = seated(&world, DESKTOP).await;
    chromium.client.goto(&format!("{}/recipients", world.url())).await.unwrap();
    let press = async |key: Key| {
        chromium.client.active_element().await.unwrap().send_keys(&key.to_string()).await.unwrap();
        let seen = "const e = document.activeElement; const o = getComputedStyle(e); \
                    return [e.getAttribute('href') || e.tagName, o.outlineStyle]";
        let seen = chromium.client.execute(seen, vec![]).await.unwrap();
        (seen[0].as_str().unwrap().to_owned(), seen[1].as_str().unwrap().to_owned())
    };
    assert_eq!(press(Key::Tab).await.0, "#main", "the first thing that the keyboard reaches skips to the page");
    let mut reached = Vec::new();
    for _ in 0..40 {
        let (at, outline) = press(Key::Tab).await;
        assert!(at == "BODY" || outline != "none", "{at} does not show that it is focused");
        reached.push(at);
    }
    for link in ["/", "/record", "/not-covered", "/recipients/riverside-council/housing-referrals"] {
        assert!(reached.iter().any(|at| at == link), "{link} is not among {reached:?}");
    }
}
