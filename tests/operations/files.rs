//! The shipped files, as their own tools read them.

use crate::{deploy, said, tool};
use serde_json::Value;
use std::{collections::BTreeSet, fs, process::Command};

#[test]
fn prometheus_takes_its_configuration_and_its_rules() {
    let Some(promtool) = tool(&["promtool"]) else { return };
    let text = said(Command::new(&promtool).args(["check", "config"]).arg(deploy("prometheus/prometheus.yml")));
    assert!(text.contains("rules found") && !text.contains("FAILED"), "{text}");
    said(Command::new(&promtool).args(["check", "rules"]).arg(deploy("prometheus/havengate.rules.yml")));
}

#[test]
fn every_alert_fires_when_it_should_and_only_then() {
    let Some(promtool) = tool(&["promtool"]) else { return };
    said(Command::new(&promtool).args(["test", "rules"]).arg(deploy("prometheus/havengate.tests.yml")));
    let rules = fs::read_to_string(deploy("prometheus/havengate.rules.yml")).unwrap();
    let tests = fs::read_to_string(deploy("prometheus/havengate.tests.yml")).unwrap();
    for alert in rules.lines().filter_map(|l| l.trim().strip_prefix("- alert: ")) {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} is not tried");
    }
}

#[test]
fn alertmanager_takes_its_routes_and_everybody_hears_what_is_theirs() {
    let Some(amtool) = tool(&["amtool"]) else { return };
    let file = deploy("alertmanager/alertmanager.yml");
    said(Command::new(&amtool).arg("check-config").arg(&file));
    for (labels, receiver) in [
        (&["alertname=HavengateHomeOfficeAttempt", "team=panel", "severity=critical"][..], "panel"),
        (&["alertname=HavengateStop", "team=panel", "severity=info"], "panel"),
        (&["alertname=HavengateDown", "team=it", "severity=critical"], "it"),
        (&["alertname=HavengateSlow", "team=it", "severity=warning"], "it"),
        (&["alertname=SomethingElse"], "it"),
    ] {
        let mut command = Command::new(&amtool);
        let text = said(
            command
                .arg("config")
                .arg("routes")
                .arg("test")
                .arg(format!("--config.file={}", file.display()))
                .args(labels),
        );
        // Besides the receiver it may warn that it asks no running Alertmanager.
        assert!(text.lines().any(|l| l == receiver), "{labels:?}: {text}");
    }
}

#[test]
fn dashboards_are_named_for_ever_and_name_no_machine() {
    let mut uids = BTreeSet::new();
    for entry in fs::read_dir(deploy("grafana/dashboards")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let board: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(uids.insert(board["uid"].as_str().unwrap().to_owned()), "{}", path.display());
        let panels = board["panels"].as_array().unwrap();
        assert!(panels.len() >= 8, "{}", path.display());
        let ids: BTreeSet<_> = panels.iter().map(|p| p["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "two panels with one id");
        for panel in panels {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
            assert!(panel["description"].as_str().is_some_and(|d| d.len() > 10), "{} says nothing", panel["title"]);
            let place = &panel["gridPos"];
            assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{}", panel["title"]);
        }
        for part in ["http://", "https://", "127.0.0.1", "localhost", ":9090", ":9464"] {
            assert!(!text.contains(part), "{} names {part}", path.display());
        }
    }
    assert_eq!(uids, BTreeSet::from(["havengate-health".to_owned(), "havengate-traffic".to_owned()]));
    let source = fs::read_to_string(deploy("grafana/provisioning/datasources/havengate.yml")).unwrap();
    assert!(source.contains("uid: havengate-prometheus") && source.contains("url: ${PROMETHEUS_URL}"), "{source}");
}
