//! A gateway, a Prometheus and an Alertmanager, all real: a stop is placed, an alert fires, and the panel's route has it.

use crate::{deploy, said, tool};
use serde_json::Value;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A program that ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command, log: &Path) -> Program {
    let log = fs::File::create(log).unwrap();
    Program(command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap())
}

/// A port that was free a moment ago.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[expect(clippy::disallowed_methods, reason = "the test is the caller")]
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

/// Asks until the answer is what was waited for.
fn until<T>(what: &str, logs: &Path, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let logs = fs::read_dir(logs).unwrap().flatten().filter(|e| e.path().extension().is_some_and(|e| e == "log"));
    let said: Vec<_> = logs.map(|e| fs::read_to_string(e.path()).unwrap_or_default()).collect();
    panic!("it did not come: {what}\n{}", said.join("\n---\n"));
}

fn havengate(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_havengate"));
    command.arg("--config").arg(home.join("havengate.toml"));
    command
}

/// A gateway that monitoring can ask at this port.
fn gateway(home: &Path, port: u16) -> Program {
    said(Command::new(env!("CARGO_BIN_EXE_havengate")).args(["init", "--name", "test"]).arg(home));
    let file = home.join("havengate.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("listen = [\"127.0.0.1:8080\"]", "listen = [\"127.0.0.1:0\"]");
    let text = text.replace("# listen = \"127.0.0.1:9464\"", &format!("listen = \"127.0.0.1:{port}\""));
    assert!(text.contains(&format!(":{port}\"")), "{text}");
    fs::write(&file, text).unwrap();
    start(havengate(home).arg("run"), &home.join("gateway.log"))
}

/// What is shipped, quicker, and with these addresses.
fn prometheus(program: &Path, home: &Path, port: u16, gateway: u16, alertmanager: u16) -> Program {
    let text = fs::read_to_string(deploy("prometheus/prometheus.yml")).unwrap();
    let text = text.replace("_interval: 15s", "_interval: 1s").replace("_timeout: 10s", "_timeout: 1s");
    fs::write(home.join("prometheus.yml"), text).unwrap();
    fs::copy(deploy("prometheus/havengate.rules.yml"), home.join("havengate.rules.yml")).unwrap();
    for (name, port) in [("havengate.targets.yml", gateway), ("alertmanagers.yml", alertmanager)] {
        fs::write(home.join(name), format!("- targets: [\"127.0.0.1:{port}\"]\n")).unwrap();
    }
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", home.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", home.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    start(&mut command, &home.join("prometheus.log"))
}

fn alertmanager(program: &Path, home: &Path, port: u16) -> Program {
    // The shipped routes; there is no mail server here, and what is asked is who would be told.
    let text = fs::read_to_string(deploy("alertmanager/alertmanager.yml")).unwrap();
    let text = text.replace("mail.charity.example:587", "127.0.0.1:1");
    fs::write(home.join("alertmanager.yml"), text).unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", home.join("alertmanager.yml").display()))
        .arg(format!("--storage.path={}", home.join("alerts").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=");
    start(&mut command, &home.join("alertmanager.log"))
}

#[test]
fn a_stop_fires_an_alert_and_the_panels_route_has_it() {
    let (Some(prom), Some(manager)) = (tool(&["prometheus"]), tool(&["prometheus-alertmanager", "alertmanager"]))
    else {
        return;
    };
    let home = TempDir::new().unwrap();
    let gateway_home = home.path().join("gateway");
    let (metrics, alerts, web) = (free(), free(), free());
    let _gateway = gateway(&gateway_home, metrics);
    let figures = until("the gateway", &gateway_home, || get(metrics, "/metrics"));
    for figure in [
        "havengate_ready 1",
        "havengate_policy_rejected 0",
        "havengate_stops 0",
        "havengate_ledger_checkpoint_age_seconds ",
    ] {
        assert!(figures.lines().any(|l| l.starts_with(figure)), "{figure}\n{figures}");
    }
    let _manager = alertmanager(&manager, home.path(), alerts);
    let _prometheus = prometheus(&prom, home.path(), web, metrics, alerts);
    // Prometheus sees the gateway, and nothing is wrong.
    until("a scrape", home.path(), || {
        let answer: Value = serde_json::from_str(&get(web, "/api/v1/query?query=havengate_ready")?).ok()?;
        (answer["data"]["result"][0]["value"][1] == "1").then_some(())
    });
    let fired = |name: &str| -> Option<Value> {
        let list: Value = serde_json::from_str(&get(alerts, "/api/v2/alerts")?).ok()?;
        list.as_array()?.iter().find(|a| a["labels"]["alertname"] == name).cloned()
    };
    assert!(fired("HavengateStop").is_none());
    said(havengate(&gateway_home).args(["stop", "place", "--everything"]));
    // The entry of the stop is sealed within a second or so.
    until("the seal", &gateway_home, || {
        get(metrics, "/metrics")?.lines().find(|l| *l == "havengate_ledger_checkpoint_age_seconds 0").map(drop)
    });
    let alert = until("the alert", home.path(), || fired("HavengateStop"));
    assert_eq!((&alert["labels"]["team"], &alert["labels"]["severity"]), (&"panel".into(), &"info".into()));
    assert_eq!(alert["receivers"][0]["name"], "panel");
    assert_eq!(alert["annotations"]["summary"], "A stop is in force");
    assert!(fired("HavengateClock").is_none() && fired("HavengateDown").is_none());
}
