//! Requests that were really screened: nothing else can be sent.

use crate::ways::{AUDIENCE, HOST};
use havengate::{
    config::Limits,
    consent::{keys::Keys, view::View},
    flow::{App, DecisionId},
    gate::{
        keys,
        rehearsal::{Situation, judge},
    },
    policy::{Policy, shipped},
    screen::Screened,
    verdict::Refusal,
};
use std::sync::{Arc, LazyLock};

/// A connection whose every value is operational: what is screened here is not what is tested.
const CONNECTION: &str = r#"
id = "inform-riverside"
app = "inform"
destination = "riverside-council/housing-referrals"
upstream = "http://refer.riverside.example/v2"
plain_http = "a test on loopback"
route = { prefix = "/riverside" }
purpose = "accommodation"
[[operation]]
id = "list"
method = "GET"
path = "/referrals"
query = { area = "hg:Operational" }
headers = { Idempotency-Key = "hg:Operational", X-Hop = "hg:Operational" }
[[operation]]
id = "look"
method = "HEAD"
path = "/referrals"
[[operation]]
id = "withdraw"
method = "DELETE"
path = "/referrals"
[[operation]]
id = "close"
method = "POST"
path = "/close"
[[operation]]
id = "refer"
method = "POST"
path = "/referrals"
query = { area = "hg:Operational" }
headers = { Idempotency-Key = "hg:Operational", X-Hop = "hg:Operational" }
[operation.body]
media = "application/json"
unlisted = "strip"
[operation.body.envelope]
[[operation.body.record]]
[operation.body.record.fields]
"$.need" = "hg:HousingNeed"
"#;

struct Fixed {
    policy: Arc<Policy>,
    keys: Arc<Keys>,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let mut sources = shipped::sources();
    sources.0.retain(|name, _| !name.starts_with("integrations/"));
    sources.insert("integrations/inform-riverside.toml", CONNECTION);
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("keys");
    keys::create_dir(&directory).unwrap();
    Fixed {
        policy: Arc::new(Policy::compile(&sources).map_err(|p| format!("{p:?}")).unwrap()),
        keys: Arc::new(keys::load_dir(&directory).unwrap()),
    }
});

/// Screens a request below `/riverside`. `head` is its method, target and headers, line by line.
pub(crate) fn screen(decision: DecisionId, head: &[String], body: &str) -> Result<Screened, Refusal> {
    let (first, rest) = head.split_first().unwrap();
    let (method, target) = first.split_once(' ').unwrap();
    let mut text = format!("{method} /riverside{target} HTTP/1.1\r\nHost: {HOST}\r\n");
    for line in rest {
        text.push_str(line);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    let limits = Limits { body: 32 << 20, record: 32 << 20, ..Limits::default() };
    let situation = Situation {
        policy: &FIXED.policy,
        view: &View::default(),
        keys: &FIXED.keys,
        limits: &limits,
        audience: AUDIENCE,
        now: "2026-11-22T12:00:00Z".parse().unwrap(),
    };
    let app = App::parse("inform").unwrap();
    judge(&situation, decision, app, text.as_bytes()).outcome.map_err(|(_, refusal)| refusal)
}
