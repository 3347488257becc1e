//! From a request to its one connection and operation.

use havengate::{
    flow::{App, Flow, Host},
    policy::{Policy, Route, shipped},
    verdict::{Code, Refusal},
};

/// The shipped set, and a connection that is recognised by its host and another app's.
fn policy() -> Policy {
    let mut sources = shipped::sources();
    let text = sources.get("integrations/street-health.toml").unwrap().to_owned();
    let by_host = text
        .replace("\"street-health\"", "\"by-host\"")
        .replace("{ prefix = \"/street-health\" }", "{ host = \"health.gateway.local\" }")
        .replace("app         = \"inform\"", "app = \"other\"");
    sources.insert("integrations/by-host.toml", by_host);
    Policy::compile(&sources).unwrap()
}

fn flow(app: &str, method: &str, host: &str, path: &str) -> Flow {
    Flow {
        app: App::parse(app).unwrap(),
        method: method.parse().unwrap(),
        host: Host::parse(host).unwrap(),
        path: path.strip_prefix('/').unwrap().split('/').map(str::to_owned).collect(),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
    }
}

fn said(found: Result<Route, Refusal>) -> String {
    match found {
        Ok(route) => format!("{}/{} {:?}", route.integration.id, route.operation.id, route.path_params),
        Err(refusal) => {
            assert_eq!(refusal.reasons.len(), 1);
            assert_eq!(refusal.reasons[0].rule.as_str(), refusal.code.as_str());
            refusal.code.to_string()
        }
    }
}

#[test]
fn one_request_one_operation() {
    let policy = policy();
    for (app, method, host, path, expected) in [
        ("inform", "POST", "gw", "/riverside/needs", "inform-riverside/need {}"),
        ("inform", "POST", "gw", "/riverside/referrals/R-1", "inform-riverside/refer {\"reference\": \"R-1\"}"),
        ("inform", "GET", "gw", "/riverside/needs", "operation-unknown"),
        ("inform", "POST", "gw", "/riverside/needs/", "operation-unknown"),
        ("inform", "POST", "gw", "/riverside/referrals/", "operation-unknown"),
        ("inform", "POST", "gw", "/riverside/referrals/R-1/x", "operation-unknown"),
        ("inform", "POST", "gw", "/riverside", "operation-unknown"),
        ("inform", "POST", "gw", "/riversides/needs", "route-unknown"),
        ("inform", "POST", "gw", "/needs", "route-unknown"),
        ("inform", "POST", "gw", "/Riverside/needs", "route-unknown"),
        ("other", "POST", "gw", "/riverside/needs", "route-unknown"),
        ("other", "POST", "health.gateway.local", "/referrals", "by-host/refer {}"),
        ("other", "POST", "health.gateway.local", "/riverside/needs", "operation-unknown"),
        // A host that a connection is named by is never a way to a prefix.
        ("inform", "POST", "health.gateway.local", "/riverside/needs", "route-unknown"),
    ] {
        assert_eq!(said(policy.route(&flow(app, method, host, path))), expected, "{app} {method} {host} {path}");
    }
}

#[test]
fn the_longest_prefix_and_the_narrowest_path_win() {
    let mut sources =
        super::with("integrations/salesforce-contact.toml", "prefix = \"/crm\"", "prefix = \"/riverside/crm\"");
    let text = sources.get("integrations/inform-riverside.toml").unwrap();
    let text = text.replace("path   = \"/batches\"", "path   = \"/referrals/batch\"");
    sources.insert("integrations/inform-riverside.toml", text);
    let policy = Policy::compile(&sources).unwrap();
    let route = |path| said(policy.route(&flow("inform", "POST", "gw", path)));
    assert_eq!(route("/riverside/crm/sobjects/Contact"), "salesforce-contact/create-contact {}");
    assert_eq!(route("/riverside/referrals/batch"), "inform-riverside/refer-batch {}");
    assert_eq!(route("/riverside/referrals/other"), "inform-riverside/refer {\"reference\": \"other\"}");
}

#[test]
fn a_refusal_repeats_nothing_of_the_request() {
    let refusal = policy().route(&flow("inform", "POST", "gw", "/riverside/referrals/Amina/Warsame")).unwrap_err();
    assert_eq!(refusal.code, Code::OperationUnknown);
    assert!(!format!("{refusal:?}").contains("Amina"));
}
