//! Who may receive, and the emergency that a stop does not hold back.

use crate::world::{Agreed, COUNCIL, Plan, Record, SAFEGUARDING, World};
use havengate::{consent::view::StopScope, gate::control::Reply, verdict::Code};

/// They have no undertaking either.
const LINKED: &[&str] = &["DATA-1", "DATA-4"];
const NEED: &str = r#"{"beds":1}"#;

/// Refused before anything was asked of the recipient: no connection, though its name leads to the stand-in.
async fn not_contacted(world: &World, id: &str, code: Code, rule: &str, clauses: &[&str]) -> (String, Record) {
    let answer = world.post(&format!("/{id}/needs"), NEED).await;
    let record = world.refused(&answer, code, Some(rule)).await;
    assert_eq!(record.leaf["clauses"], serde_json::json!(clauses), "{record:?}");
    assert_eq!(record.leaf["integration"], id);
    assert_eq!(world.around.recipient.connections(), 0);
    (answer.detail(), record)
}

#[tokio::test]
async fn a_chain_to_the_home_office_is_shown_and_told_to_the_panel() {
    let world = World::start().await;
    let (said, _) = not_contacted(&world, "linked", Code::DestinationLinked, "associated-only-by-data-2", LINKED).await;
    assert!(said.contains("Riverside Council (example) shares with NRPF Connect since 2014-01-01"), "{said}");
    assert!(said.contains("NRPF Connect shares with Home Office"), "{said}");
    assert!(said.contains("Camden Council's page"), "the evidence is named: {said}");
    let (_, home) = world.stop().await;
    let told = home.rows("SELECT kind FROM outbox WHERE kind = 'attempt'");
    assert_eq!(told.len(), 1, "the panel is told at once");
}

#[tokio::test]
async fn the_home_office_itself_is_never_contacted() {
    let world = World::start().await;
    let (said, _) = not_contacted(&world, "rooted", Code::DestinationLinked, "no-home-office", LINKED).await;
    assert!(said.contains("The recipient is the Home Office"), "{said}");
}

#[tokio::test]
async fn an_unassessed_recipient_is_not_contacted() {
    let world = World::start().await;
    not_contacted(&world, "unassessed", Code::DestinationUnassessed, "assessed-only", &["DATA-1"]).await;
}

#[tokio::test]
async fn a_recipient_whose_undertaking_lapsed_is_not_contacted() {
    let world = World::start().await;
    not_contacted(&world, "lapsed", Code::DestinationUncommitted, "undertaking-required", &["DATA-4"]).await;
}

#[tokio::test]
async fn a_stop_holds_what_it_covers_and_nothing_else() {
    let world = World::start().await;
    let urgent = r#"{"ref":"R-1","need":{"beds":1}}"#;
    world.home.stop(StopScope::Integration("inform-riverside".parse().unwrap())).await;
    let record = world.refused(&world.post("/riverside/needs", urgent).await, Code::Stopped, Some("stopped")).await;
    assert_eq!(record.leaf["clauses"], serde_json::json!(["TOOLS-1"]));
    world.forwarded(&world.ask(clinics()).await).await;
    world.home.stop(StopScope::Destination("street-health/outreach".parse().unwrap())).await;
    world.refused(&world.ask(clinics()).await, Code::Stopped, Some("stopped")).await;
    assert_eq!(world.home.status().await["stops"], 2);
}

fn clinics() -> &'static str {
    "GET /street-health/clinics?area=Riverside HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"
}

#[tokio::test]
async fn a_stop_of_everything_survives_a_restart() {
    let world = World::start().await;
    world.home.stop(StopScope::Everything).await;
    let (around, home) = world.stop().await;
    let world = World::run(around, home).await;
    world.refused(&world.ask(clinics()).await, Code::Stopped, Some("stopped")).await;
}

const CONCERN: &str = r#"{"adult":{"ref":"R-1","name":"Jan Novak","dob":"1970-03-03","nationality":"Czech","status":"refused"},"concern":{"risk":"hypothermia","where":"underpass, Mill Lane","urgency":"now"}}"#;

#[tokio::test]
async fn an_emergency_passes_a_stop_and_carries_no_immigration_data() {
    let world = World::start().await;
    world.home.stop(StopScope::Everything).await;
    assert!(matches!(world.home.emergency("R-1", SAFEGUARDING).await, Reply::Done { .. }));
    let answer = world.post("/westbridge-safeguarding/concerns", CONCERN).await;
    let (received, record) = world.forwarded(&answer).await;
    assert_eq!(
        received.body_text(),
        r#"{"adult":{"ref":"R-1","name":"Jan Novak","dob":"1970-03-03"},"concern":{"risk":"hypothermia","where":"underpass, Mill Lane","urgency":"now"}}"#
    );
    assert_eq!(record.leaf["destination"], SAFEGUARDING);
    let (_, home) = world.stop().await;
    assert!(!home.rows("SELECT kind FROM outbox WHERE kind = 'safeguarding'").is_empty(), "the panel is told");
    assert_eq!(home.leaves().iter().filter(|l| l["type"] == "safeguarding").count(), 1);
}

#[tokio::test]
async fn an_emergency_needs_no_consent_and_spends_none() {
    let world = World::start().await;
    let items = &[("pd:Identifier", "raw"), ("pd:Name", "raw"), ("pd:BirthDate", "raw"), ("hg:SleepSite", "raw")];
    let agreed = Agreed { to: SAFEGUARDING, purpose: "safeguarding", items, ..Agreed::referral("R-1") };
    let consent = world.home.consent(&agreed).await;
    assert!(matches!(world.home.emergency("R-1", SAFEGUARDING).await, Reply::Done { .. }));
    // Her own consent beside it changes nothing: the stop does not hold it, and its end does not end the emergency.
    world.home.stop(StopScope::Everything).await;
    for urgency in ["now", "today"] {
        let concern = CONCERN.replace("now", urgency);
        let (received, record) =
            world.forwarded(&world.post("/westbridge-safeguarding/concerns", &concern).await).await;
        assert!(received.body_text().contains("Jan Novak"), "{received:?}");
        assert!(record.detail.iter().all(|row| row["consent"] != consent.as_str()), "{record:?}");
        world.home.end(&consent).await;
    }
}

#[tokio::test]
async fn an_emergency_of_another_client_or_recipient_serves_nobody() {
    let world = World::start().await;
    let refused = async |said: &str| {
        let answer = world.post("/westbridge-safeguarding/concerns", CONCERN).await;
        world.refused(&answer, Code::ConsentMissing, Some("personal-needs-consent")).await;
        assert!(!answer.text().contains("Jan"), "{said}");
    };
    refused("without an emergency").await;
    assert!(matches!(world.home.emergency("R-2", SAFEGUARDING).await, Reply::Done { .. }));
    refused("another client's").await;
    // The panel approved only one recipient; for others nothing can be recorded.
    let Reply::Refused { text } = world.home.emergency("R-1", COUNCIL).await else { panic!("it was recorded") };
    assert!(text.contains("not approved"), "{text}");
    refused("another recipient's").await;
    // It serves its own purpose only, and no other connection to anybody.
    assert!(matches!(world.home.emergency("R-1", SAFEGUARDING).await, Reply::Done { .. }));
    let answer = world.post("/riverside/referrals/R-1", crate::consent::REFERRAL).await;
    world.refused(&answer, Code::ConsentMissing, Some("personal-needs-consent")).await;
}

#[tokio::test]
async fn consent_opens_no_linked_recipient() {
    let world = World::start().await;
    world.home.consent(&Agreed { to: "riverside-council/nrpf", ..Agreed::referral("R-1") }).await;
    not_contacted(&world, "linked", Code::DestinationLinked, "associated-only-by-data-2", LINKED).await;
    let answer = world.post("/linked/needs", NEED).await;
    world.refused(&answer, Code::DestinationLinked, Some("associated-only-by-data-2")).await;
}

/// A person who agreed to it would believe that something can be sent there.
#[tokio::test]
async fn no_consent_is_taken_for_the_home_office() {
    let world = World::start().await;
    let agreed = Agreed { to: "home-office/network", ..Agreed::referral("R-1") };
    let Reply::Refused { text } = world.home.control(&agreed.command()).await else { panic!("it was taken") };
    assert!(text.contains("No consent opens it (DATA-1)"), "{text}");
    let (_, home) = world.stop().await;
    assert!(home.leaves().iter().all(|l| l["type"] != "consent.issued"));
}

/// It was assessed; what is missing is an answer to the path.
#[tokio::test]
async fn a_path_in_question_is_said_and_not_a_missing_assessment() {
    let mut plan = Plan::new();
    plan.sources.0.get_mut("organisations.toml").unwrap().push_str(
        "\n[[link]]\nfrom = \"riverside-council/housing-referrals\"\nto = \"home-office\"\nkind = \"shares-with\"\n\
         status = \"contested\"\nconfidence = \"low\"\nevidence = [\"a page\"]\nnote = \"to be confirmed\"\n",
    );
    let world = plan.start().await;
    let answer = world.post("/riverside/needs", NEED).await;
    world.refused(&answer, Code::DestinationUnassessed, Some("assessed-only")).await;
    let said = answer.detail();
    assert!(said.contains("is spoken of and not certain") && said.contains("shares with Home Office"), "{said}");
}
