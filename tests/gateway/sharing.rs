//! A host that others share, a host that gives out tokens, a certificate that says who is really there: each could
//! lead past the recipient that was judged.

use crate::{
    caller::{post, request},
    support::standin::Standin,
    world::{Around, HOSTS, Plan, World, connection},
};
use havengate::{consent::view::StopScope, verdict::Code};
use rcgen::{DnType, DnValue};

const NEED: &str = r#"{"beds":1}"#;

fn system(id: &str, host: &str, vetted: bool) -> String {
    let (organisation, _) = id.split_once('/').unwrap();
    let vetted = if vetted {
        format!(
            "assessed = {{ on = 2026-10-01, until = 2090-09-30, by = \"panel\", reason = \"Invented.\" }}\n\
             undertaking = {{ sha256 = \"{}\", role = \"Manager\", signed = 2026-10-01, expires = 2090-09-30, \
             except_required_by_law = true, tells_us_first = true }}\n",
            "b9d4163a4537b9a5".repeat(4)
        )
    } else {
        String::new()
    };
    format!(
        "\n[[organisation]]\nid = \"{organisation}\"\nname = \"{organisation}\"\n[[organisation.system]]\n\
         id = \"{id}\"\nkind = \"support\"\nhosts = [\"{host}\"]\n{vetted}"
    )
}

fn with(mut plan: Plan, systems: &[String]) -> Plan {
    plan.sources.0.get_mut("organisations.toml").unwrap().push_str(&systems.concat());
    plan
}

/// What a parameter says decides whose path it is, so the whole path is judged once more before anything is sent.
#[tokio::test]
async fn a_path_of_the_home_office_on_a_shared_host_is_the_home_office() {
    let plan = with(Plan::new(), &[system("pages/all", "www.gov.uk", true)]);
    let pages = r#"
[[operation]]
id = "page"
method = "GET"
path = "/{page}"
path_fields = { page = "hg:TemplateReference" }
[[operation]]
id = "part"
method = "GET"
path = "/{page}/{part}"
path_fields = { page = "hg:TemplateReference", part = "hg:TemplateReference" }
"#;
    let text = connection("govuk", "pages/all", "https://www.gov.uk", "") + pages;
    let world = plan.connect("govuk", &text).start().await;
    let get = async |target: &str| world.ask(request("GET", target, "Connection: close\r\n", "")).await;
    for target in [
        "/govuk/report-immigration-crime",
        "/govuk/Report-Immigration-CRIME",
        "/govuk/report-immigration%2Dcrime",
        "/govuk/report-immigration-crime/online",
        "/govuk/report-immigration%252dcrime",
    ] {
        let record = world.refused(&get(target).await, Code::DestinationLinked, Some("no-home-office")).await;
        assert_eq!(record.leaf["clauses"][0], "DATA-1", "{target}");
    }
    assert_eq!(world.around.recipient.requests().len(), 0);
    let (received, _) = world.forwarded(&get("/govuk/council-tax").await).await;
    assert_eq!(received.line(), "GET /council-tax HTTP/1.1");
    let (_, home) = world.stop().await;
    assert_eq!(home.rows("SELECT kind FROM outbox WHERE kind = 'attempt'").len(), 5);
}

/// The client secret is data that a recipient gets: whoever is not assessed does not get it.
#[tokio::test]
async fn a_token_host_is_judged_like_any_recipient() {
    let elsewhere = |vetted| {
        let mut plan = with(Plan::new(), &[system("elsewhere/login", "login.elsewhere.example", vetted)]);
        let crm = plan.sources.0.get_mut("integrations/salesforce-contact.toml").unwrap();
        *crm = crm.replace("login.crm.example", "login.elsewhere.example");
        plan
    };
    let create = || post("/crm/sobjects/Contact", r#"{"IsClient__c":true}"#);
    let world = elsewhere(false).start().await;
    world.refused(&world.ask(create()).await, Code::DestinationUnassessed, Some("assessed-only")).await;
    let (_, home) = world.stop().await;
    assert!(home.leaves().iter().all(|l| l["type"] != "contact"));

    let world = elsewhere(true).start().await;
    world.home.stop(StopScope::Destination("elsewhere/login".parse().unwrap())).await;
    world.refused(&world.ask(create()).await, Code::Stopped, Some("stopped")).await;
    let (_, home) = world.stop().await;
    assert!(home.leaves().iter().all(|l| l["type"] != "contact"));
}

/// Found only once the connection stands: nothing was sent, and the panel is told as of any other attempt (TRANS-2).
#[tokio::test]
async fn a_certificate_of_the_home_office_is_told_and_recorded_as_that() {
    let mut around = Around::new().await;
    let subject = [(DnType::OrganizationName, DnValue::from("Home Office"))];
    around.recipient = Standin::tls(&around.authority.issue_to(HOSTS, &subject)).await;
    let home = around.home(&Plan::new());
    let world = World::run(around, home).await;
    let answer = world.post("/riverside/needs", NEED).await;
    let record = world.failed(&answer, Code::DestinationLinked, "no-home-office", "no").await;
    assert!(world.around.recipient.requests().is_empty());
    let outcome = &record.outcomes[0];
    assert_eq!((&outcome["code"], &outcome["clauses"][0]), (&"destination-linked".into(), &"DATA-1".into()));
    assert_eq!(outcome["extra"]["rule"], "no-home-office");
    let (_, home) = world.stop().await;
    assert_eq!(home.rows("SELECT kind FROM outbox WHERE kind = 'attempt'").len(), 1);
}
