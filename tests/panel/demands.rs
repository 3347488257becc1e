//! Demands: who asked, by what power, what was answered. A request is not an order.

use crate::{
    browser::{Browser, Seen},
    stops::{big, fill_hidden, leaves, told},
    world::World,
};
use havengate::panel::access::Role;
use hyper::header;

const WORDS: &str = "An officer <img src=x> wants the bed list. Quoll.";

pub(crate) fn demand<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("who", "home-office"),
        ("power", "dpa-exemption"),
        ("seen", "no"),
        ("sha256", ""),
        ("answer", "asked-for-writing"),
        ("words", WORDS),
    ];
    for (name, value) in more {
        fields.retain(|(n, _)| n != name);
        fields.push((name, value));
    }
    fields
}

pub(crate) async fn send(browser: &mut Browser, fields: &[(&str, &str)]) -> Seen {
    fill_hidden(browser, "/demands/new", "/demands/new", &["csrf", "once"], fields).await
}

pub(crate) async fn page(member: &mut Browser) -> String {
    let list = member.get("/demands").await;
    let mut links = list.text.split("href=\"/demands/").skip(1).map(|l| l.split('"').next().unwrap());
    format!("/demands/{}", links.find(|l| *l != "new").unwrap_or_else(|| panic!("{}", list.text)))
}

#[tokio::test]
async fn a_demand_is_recorded_in_closed_words_and_its_power_explained() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let mut worker = world.signed(Role::Worker).await;
    let form = worker.get("/demands/new").await;
    assert!(form.words().contains("A request is not an order."), "{}", form.words());
    let kept = send(&mut worker, &demand(&[])).await.words();
    assert!(kept.contains("Recorded as demand 1.") && kept.contains("Permits, never obliges."), "{kept}");
    let leaf = &leaves(&world, "demand.recorded").await[0];
    let extra = leaf["extra"].as_object().unwrap();
    assert_eq!(extra.keys().map(String::as_str).collect::<Vec<_>>(), ["answer", "demand", "power", "seen", "who"]);
    assert_eq!(
        (&extra["who"], &extra["power"], &extra["seen"]),
        (&"home-office".into(), &"dpa-exemption".into(), &"no".into())
    );
    assert_eq!(told(&world, "demand").await, 1);
    let list = member.get("/demands").await;
    assert!(list.words().contains("A request is not an order.") && !list.text.contains("Quoll"), "{}", list.words());
    let at = page(&mut member).await;
    let one = member.get(&at).await;
    assert!(one.text.contains("An officer &#60;img src=x&#62; wants the bed list. Quoll."), "{}", one.text);
    for name in ["panel.db", "panel.db-wal", "ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(world.home.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(5).any(|w| w == b"Quoll"), "{name}");
    }
}

#[tokio::test]
async fn nobody_complies_with_an_order_that_nobody_saw() {
    let world = World::new().await;
    let mut worker = world.signed(Role::Worker).await;
    let hash = "AB".repeat(32);
    for (more, said) in [
        (vec![("answer", "complied-by-order")], "A request is not an order."),
        (vec![("answer", "complied-by-order"), ("seen", "yes"), ("power", "none")], "A request is not an order."),
        (vec![("who", "<script>")], "Choose who asked."),
        (vec![("power", "")], "Choose by what power"),
        (vec![("seen", "perhaps")], "Say whether you saw a document."),
        (vec![("sha256", "abc"), ("seen", "yes")], "SHA-256 has 64 characters"),
        (vec![("sha256", hash.as_str())], "belongs to one that was seen"),
        (vec![("answer", "")], "Choose what was answered"),
    ] {
        let seen = send(&mut worker, &demand(&more)).await;
        assert!(seen.status == 400 && seen.words().contains(said), "{said}\n{}", seen.words());
        assert!(
            seen.text.contains("Quoll") && !seen.text.contains("<script>") && !seen.text.contains("<img"),
            "{}",
            seen.text
        );
    }
    assert!(leaves(&world, "demand.recorded").await.is_empty());
    let order =
        demand(&[("answer", "complied-by-order"), ("seen", "yes"), ("power", "court-order"), ("sha256", &hash)]);
    assert_eq!(send(&mut worker, &order).await.status, 200);
    let leaf = &leaves(&world, "demand.recorded").await[0];
    assert_eq!(leaf["extra"]["sha256"].as_str(), Some(hash.to_lowercase().as_str()));
    let request =
        worker.request("POST", "/demands/new").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(worker.ask(big(request)).await.status, 413);
    assert_eq!(send(&mut worker, &demand(&[("words", &"x".repeat(10_001))])).await.status, 413);
}

#[tokio::test]
async fn what_was_answered_later_stands_in_the_record_book_too() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let form = member.get("/demands/new").await;
    let (csrf, once) = (form.value("csrf"), form.value("once"));
    let fields = demand(&[("csrf", &csrf), ("once", &once)]);
    for _ in 0..2 {
        assert_eq!(member.send("/demands/new", &fields).await.status, 200);
    }
    assert_eq!(leaves(&world, "demand.recorded").await.len(), 1, "the same form twice is one demand");
    let page = page(&mut member).await;
    let to = format!("{page}/answer");
    let one = member.get(&page).await;
    let once = one.value("once");
    let refused = [
        ("csrf", csrf.as_str()),
        ("once", once.as_str()),
        ("answer", "refused"),
        ("words", "No <b>order</b>. Bettong."),
    ];
    assert_eq!(member.send(&to, &refused).await.location(), page);
    assert_eq!(member.send(&to, &refused).await.status, 409);
    let complied = [("answer", "complied-by-order"), ("words", "")];
    let seen = fill_hidden(&mut member, &page, &to, &["csrf", "once"], &complied).await;
    assert!(seen.words().contains("a request is not an order"), "{}", seen.words());
    let answers: Vec<_> =
        leaves(&world, "demand.recorded").await.iter().map(|l| l["extra"]["answer"].clone()).collect();
    assert_eq!(answers, ["asked-for-writing", "refused"]);
    let one = member.get(&page).await;
    assert!(one.text.contains("Bettong") && !one.text.contains("<b>order"), "{}", one.text);
    assert!(member.get("/demands").await.words().contains("not seen We refused"));
    let mut later = world.signed(Role::Panel).await;
    assert!(later.get(&page).await.words().contains("before you had an account"));
    assert_eq!(member.fill(&page, &format!("{page}/share"), &[]).await.location(), page);
    let words = later.get(&page).await.text;
    assert!(words.contains("Quoll") && words.contains("Bettong"));
}

#[tokio::test]
async fn later_answers_stand_in_the_order_they_were_written_and_a_used_form_holds_its_own() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let form = member.get("/demands/new").await;
    let (csrf, once) = (form.value("csrf"), form.value("once"));
    let first = demand(&[("csrf", &csrf), ("once", &once)]);
    assert_eq!(member.send("/demands/new", &first).await.status, 200);
    let again = member.send("/demands/new", &first).await;
    assert!(again.status == 200 && again.words().contains("You had sent this form before."), "{}", again.words());
    for change in [("who", "police"), ("power", "none"), ("seen", "yes"), ("answer", "refused"), ("words", "")] {
        let other = demand(&[("csrf", &csrf), ("once", &once), change]);
        let seen = member.send("/demands/new", &other).await;
        assert!(seen.status == 409 && seen.words().contains("sent before with something else"), "{}", seen.words());
    }
    assert_eq!(leaves(&world, "demand.recorded").await.len(), 1);
    let page = page(&mut member).await;
    let to = format!("{page}/answer");
    // Ids in the other order than the answers.
    for (letter, answer, words) in
        [("z", "advice-taken", "Kowari."), ("m", "refused", "Mulgara."), ("a", "refused", "Dunnart.")]
    {
        let fields = [("csrf", csrf.as_str()), ("once", &letter.repeat(32)), ("answer", answer), ("words", words)];
        assert_eq!(member.send(&to, &fields).await.location(), page);
    }
    let used = "z".repeat(32);
    let other = [("csrf", csrf.as_str()), ("once", &used), ("answer", "refused"), ("words", "Kowari.")];
    assert!(member.send(&to, &other).await.words().contains("sent before with something else"));
    let one = member.get(&page).await.words();
    let at = |word: &str| one.find(word).unwrap_or_else(|| panic!("{word}: {one}"));
    assert!(at("Kowari") < at("Mulgara") && at("Mulgara") < at("Dunnart"), "{one}");
    assert!(member.get("/demands").await.words().contains("not seen We refused"));
}

#[tokio::test]
async fn only_members_see_the_register() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    send(&mut member, &demand(&[])).await;
    let page = page(&mut member).await;
    for role in [Role::Worker, Role::Operator] {
        let mut other = world.signed(role).await;
        assert_eq!(other.get("/demands/new").await.status, 200, "{role} may record one");
        for path in ["/demands", page.as_str()] {
            assert_eq!(other.get(path).await.status, 403, "{role} {path}");
        }
        for to in ["answer", "share"] {
            assert_eq!(other.send(&format!("{page}/{to}"), &[("answer", "refused")]).await.status, 403, "{role} {to}");
        }
    }
    assert_eq!(member.get("/demands/nothing").await.status, 404);
}
