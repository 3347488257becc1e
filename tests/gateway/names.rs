//! A recipient whose name is asked of DNS, through the whole gateway: what DNS shows is judged before anything is
//! dialled, what is refused is recorded, and others are served meanwhile.

use crate::{
    support::{
        dns::{Dns, Question},
        standin::Standin,
    },
    world::{Around, Plan, World, connection},
};
use havengate::verdict::Code;

const PARTNER: &str = "intake.partner.example";
const NEED: &str = r#"{"beds":1}"#;

const REGISTRY: &str = r#"
[[organisation]]
id = "partner"
name = "Partner"
[[organisation.system]]
id = "partner/intake"
kind = "housing"
hosts = ["intake.partner.example"]
addresses = ["127.0.0.1"]
assessed = { on = 2026-10-01, until = 2090-09-30, by = "panel", reason = "Keeps its referrals to itself." }
undertaking = { sha256 = "b9d4163a4537b9a5e93cb8e57e9d0ee6baa3e87f6de8a30a8a2ab5e8bb9c5f9c", role = "Manager", signed = 2026-10-01, expires = 2090-09-30, except_required_by_law = true, tells_us_first = true }
[[organisation.system]]
id = "partner/unknown"
kind = "housing"
hosts = ["new.partner.example"]
"#;

/// A world in which the partner's name is asked of this server, and the partner's machine.
async fn world(react: impl Fn(&Question) -> Vec<Vec<u8>> + Send + Sync + 'static) -> (World, Standin, Dns) {
    let (around, dns) = (Around::new().await, Dns::new(react).await);
    let partner = Standin::tls(&around.authority.identity(&[PARTNER])).await;
    let url = format!("https://{PARTNER}:{}", partner.address().port());
    let mut plan = Plan::new().connect("partner", &connection("partner", "partner/intake", &url, ""));
    for (id, destination, host) in [
        ("rooted-name", "home-office/network", "apply.homeoffice.gov.uk"),
        ("police", "police/forces", "www.police.uk"),
        ("new", "partner/unknown", "new.partner.example"),
    ] {
        plan = plan.connect(id, &connection(id, destination, &format!("https://{host}"), ""));
    }
    plan.sources.0.get_mut("organisations.toml").unwrap().push_str(REGISTRY);
    plan.gateway = format!("dns = [\"{}\"]", dns.address);
    let home = around.home(&plan);
    (World::run(around, home).await, partner, dns)
}

#[tokio::test]
async fn a_name_is_asked_once_for_many_requests() {
    let (world, partner, dns) = world(|q| q.from(&[(PARTNER, "A 127.0.0.1")]).only()).await;
    for _ in 0..3 {
        assert_eq!(world.post("/partner/needs", NEED).await.status, 200);
    }
    assert_eq!((partner.requests().len(), partner.connections(), dns.asked().len()), (3, 1, 2));
}

#[tokio::test]
async fn what_dns_shows_is_refused_and_recorded_without_a_connection() {
    for (says, code, rule) in [
        ("CNAME apply.homeoffice.gov.uk", Code::DestinationLinked, "no-home-office"),
        ("CNAME nrpf.riverside.example", Code::DestinationLinked, "associated-only-by-data-2"),
        ("A 10.0.0.1", Code::DestinationMismatch, "special-use-address"),
        ("A 169.254.169.254", Code::DestinationMismatch, "special-use-address"),
        ("CNAME intake.partner.example", Code::DestinationUnreachable, "name-alias-chain"),
        ("TXT nothing", Code::DestinationUnreachable, "name-answer-unclear"),
    ] {
        let (world, partner, dns) = world(move |q| q.empty().with(PARTNER, 60, says).only()).await;
        let answer = world.post("/partner/needs", NEED).await;
        let record = world.refused(&answer, code, Some(rule)).await;
        assert_eq!(record.leaf["integration"], "partner", "{says}");
        assert_eq!(partner.connections(), 0, "{says}");
        assert!(dns.asked().iter().all(|q| q.ends_with(PARTNER)), "{says}: {:?}", dns.asked());
    }
}

#[tokio::test]
async fn a_denied_recipient_is_not_asked_about() {
    let (world, _, dns) = world(|q| q.empty().only()).await;
    for (path, code, rule) in [
        ("/rooted-name/needs", Code::DestinationLinked, "no-home-office"),
        ("/police/needs", Code::DestinationLinked, "associated-only-by-data-2"),
        ("/new/needs", Code::DestinationUnassessed, "assessed-only"),
    ] {
        let answer = world.post(path, NEED).await;
        world.refused(&answer, code, Some(rule)).await;
    }
    assert!(dns.asked().is_empty(), "{:?}", dns.asked());
}

#[tokio::test]
async fn others_are_served_while_a_name_is_in_trouble() {
    let (world, partner, _dns) = world(|_| Vec::new()).await;
    let troubled = world.post("/partner/needs", NEED);
    let others = async {
        let begun = tokio::time::Instant::now();
        for _ in 0..5 {
            assert_eq!(world.post("/riverside/needs", r#"{"need":{"beds":1}}"#).await.status, 200);
        }
        begun.elapsed()
    };
    let (troubled, others) = tokio::join!(troubled, others);
    troubled.assert_problem(Code::DestinationUnreachable, Some("name-server-silent"));
    assert!(others.as_millis() < 1900, "they waited behind it");
    assert_eq!((partner.connections(), world.around.arrived().len()), (0, 5));
}

#[tokio::test]
async fn a_policy_that_denies_what_dns_showed_before_is_obeyed_at_once() {
    let (world, partner, dns) =
        world(|q| q.from(&[(PARTNER, "CNAME farm.host.example"), ("farm.host.example", "A 127.0.0.1")]).only()).await;
    assert_eq!(world.post("/partner/needs", NEED).await.status, 200);
    let asked = dns.asked().len();
    // Somebody finds out who runs the farm: the answer that is kept is judged by the new rules.
    let registry = world.home.policies("organisations.toml");
    let text = std::fs::read_to_string(&registry).unwrap();
    let found = r#"
[[organisation]]
id = "farm"
name = "Farm"
[[organisation.system]]
id = "farm/hosting"
kind = "supplier"
hosts = ["*.host.example"]
[[link]]
from = "farm"
to = "home-office"
kind = "processor-for"
status = "in-force"
confidence = "high"
evidence = ["invented"]
"#;
    std::fs::write(&registry, text + found).unwrap();
    world.home.done(&havengate::gate::control::Command::Reload).await;
    partner.ended(1).await;
    let answer = world.post("/partner/needs", NEED).await;
    world.refused(&answer, Code::DestinationLinked, Some("no-home-office")).await;
    assert_eq!((partner.connections(), dns.asked().len()), (1, asked));
}
