//! The same beside a running gateway, which alone holds the record book and is asked over its control socket.

use super::home::{Home, REFERRAL, fixture, nothing_personal};
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
};

/// A gateway for as long as a test needs it.
pub(crate) struct Gateway(Child);

impl Gateway {
    pub(crate) fn start(home: &Home) -> Self {
        let mut child = home.command().arg("run").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let sender = sender.clone();
            // Read to the end, so that a full pipe never holds the gateway up.
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).for_each(|l| {
                    let _ = sender.send(l);
                })
            });
        }
        drop(sender);
        assert!(lines.iter().any(|line| line.contains("listening")), "the gateway did not start");
        Self(child)
    }

    pub(crate) fn stop(mut self) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a request with a body to where somebody listens on this machine, and reads the whole answer.
pub(crate) fn send(address: &str, request: &str) -> String {
    let (head, body) = request.split_once("\n\n").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = head.replace('\n', "\r\n");
    write!(stream, "{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_running_gateway_judges_with_what_it_holds() {
    let home = Home::new();
    let gateway = Gateway::start(&home);
    let file = home.file("referral.http", REFERRAL);
    let (exit, report) = home.rehearse(&[&file]);
    assert_eq!((exit, &report["judged_by"], &report["same_rules"]), (1, &json!("gateway"), &json!(true)));
    assert_eq!(report["requests"][0]["code"], "consent-missing");

    home.consent();
    let (_, report) = home.rehearse(&[&fixture("referrals.har")]);
    let results: Vec<_> = report["requests"].as_array().unwrap().iter().map(|r| &r["result"]).collect();
    assert_eq!(results, ["stripped", "stripped", "not-covered", "not-judged"]);

    let long = REFERRAL.replace("\"ni\":", &format!("\"worker\":\"{}\",\"ni\":", "x".repeat(70_000)));
    let long = home.file("long.http", &long);
    let (exit, report) = home.rehearse(&[&long]);
    assert_eq!((exit, &report["requests"][0]["result"]), (1, &json!("not-judged")));
    assert!(report["requests"][0]["why"].as_str().unwrap().contains("64 KiB"), "{report}");
    let (exit, report) = home.rehearse(&["--without-consents", &long]);
    assert_eq!((exit, &report["requests"][0]["code"]), (1, &json!("consent-missing")));

    home.edit("policies/local.cedar", |text| text + "\n");
    let (_, report) = home.rehearse(&[&file]);
    assert_eq!(report["same_rules"], false);

    gateway.stop();
    let (_, report) = home.rehearse(&[&long]);
    assert_eq!(report["requests"][0]["result"], "stripped");
    assert_eq!(home.run(&["ledger", "verify"]).exit, 0);
}

#[test]
fn a_stopped_request_is_explained_in_words() {
    let home = Home::new();
    let gateway = Gateway::start(&home);
    let answer = send(&home.gateway(), REFERRAL);
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("havengate-sent: no"), "{answer}");
    let id = answer.lines().find_map(|l| l.strip_prefix("havengate-decision: ")).unwrap();

    let while_running = home.run(&["explain", id]);
    assert_eq!(while_running.exit, 0, "{}", while_running.err);
    for part in [
        &format!("Decision {id} of 20"),
        "STOPPED (consent-missing)",
        "connection  inform-riverside, operation refer",
        "recipient   riverside-council/housing-referrals (",
        "DATA-2ii  The person agrees, actively",
        "rule        personal-needs-consent: The client has not consented",
        "what would change it: Ask the client.",
        "$.firstName",
        "the set of now",
        "nothing was sent",
    ] {
        assert!(while_running.out.contains(part), "{part}\n{}", while_running.out);
    }
    nothing_personal(&while_running.out);
    let data: serde_json::Value = serde_json::from_str(&home.run(&["--json", "explain", id]).out).unwrap();
    assert_eq!((&data["record"]["decided"], &data["record"]["decision"]), (&json!("refused"), &json!(id)));
    gateway.stop();
    assert_eq!(home.run(&["explain", id]).out, while_running.out, "the record book says the same by itself");
    home.nobody_was_sent_anything();
}
