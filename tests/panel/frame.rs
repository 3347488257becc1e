//! What holds for every page: who may see it, what a form needs, what the answer tells the browser.

use crate::world::World;
use havengate::panel::{
    access::Role,
    routes::{self, Who},
};

#[tokio::test]
async fn a_page_for_people_with_an_account_leads_to_the_door() {
    let world = World::new().await;
    let seen = world.anybody().get("/").await;
    assert_eq!((seen.status, seen.location()), (303, "/sign-in?next=%2F"));
}

#[tokio::test]
async fn every_page_holds_to_its_list_of_roles() {
    let world = World::new().await;
    for route in routes::all().iter().filter(|r| r.method == "GET" && !r.path.contains('{')) {
        for role in Role::ALL {
            let seen = world.signed(*role).await.get(route.path).await;
            let may = match route.who {
                Who::Anybody => true,
                Who::Signed(roles) | Who::Token(roles) => roles.contains(role),
            };
            assert_eq!(seen.status == 403, !may, "{} for {role}: {}", route.path, seen.text);
            assert!(seen.status != 500, "{}: {}", route.path, seen.text);
        }
    }
}

#[tokio::test]
async fn every_answer_forbids_what_is_not_ours() {
    let world = World::new().await;
    for path in ["/", "/panel.css", "/nowhere", "/..%2f..%2fetc/passwd"] {
        let seen = world.anybody().get(path).await;
        let policy = seen.headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(seen.headers.get("referrer-policy").unwrap(), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn what_the_router_cannot_read_is_not_repeated() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    for path in ["/reports/%ff", "/concerns/%ff", "/stopped?month=xyzzy", "/reports/2026?public=1&public=xyzzy"] {
        let seen = member.get(path).await;
        assert!(seen.status >= 400 && seen.status < 500, "{path}: {}", seen.status);
        assert!(seen.text.contains("<h1>") && !seen.text.contains("xyzzy"), "{path}: {}", seen.text);
    }
    let token = member.get("/account").await.value("csrf");
    let seen = member.send("/api-tokens/%3Cb%3Exyzzy/end", &[("csrf", &token)]).await;
    assert!(seen.text.contains("<h1>") && !seen.text.contains("xyzzy"), "{}", seen.text);
}

#[tokio::test]
async fn no_hour_of_a_stop_and_no_exact_count_is_given_to_operators() {
    let world = World::new().await;
    let stop = havengate::consent::view::StopScope::Everything;
    world.office().handle(havengate::gate::control::Command::StopPlace { scope: stop }).await;
    let mut operator = world.signed(Role::Operator).await;
    let stops = operator.get("/api/v1/stops").await;
    assert!(stops.text.contains("\"since\":\"2026-11-20\""), "{}", stops.text);
    assert_eq!(operator.get("/record/entries.ndjson").await.status, 403);
}
