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
                Who::Signed(roles) => roles.contains(role),
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
