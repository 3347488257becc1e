//! The page *Messages*, and what holds for everybody who is told.

use crate::world::World;
use havengate::panel::access::Role;

#[tokio::test]
async fn without_anybody_to_tell_the_page_says_so() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/messages").await;
    assert!(page.words().contains("Nobody is told yet."), "{}", page.text);
    let token = page.value("csrf");
    let answer = member.send("/messages/test", &[("csrf", &token)]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.words().contains("Nobody is told anything yet."), "{}", answer.text);
}

#[tokio::test]
async fn a_form_needs_its_token() {
    let world = World::new().await;
    for path in ["/messages/test", "/messages/again"] {
        let answer = world.signed(Role::Operator).await.send(path, &[("csrf", "guessed")]).await;
        assert_eq!(answer.status, 400, "{path}");
    }
}
