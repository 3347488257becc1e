//! A live copy: what a mirroring proxy is told, and what stands at the end.

use super::{
    home::{Home, REFERRAL, nothing_personal},
    running::send,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Stdio},
};

/// A rehearsal that listens; its address, and what it prints at its end.
struct Copy {
    child: Child,
    address: String,
    err: BufReader<std::process::ChildStderr>,
}

impl Copy {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command();
        command.args(arguments).args(["rehearse", "--app", "inform", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        let address = line.split_whitespace().nth(2).unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address, err }
    }

    fn ask(&self, request: &str) -> Value {
        let answer = send(&self.address, request);
        nothing_personal(&answer);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("havengate-sent: no"), "{answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Ctrl-C, and then how it ended and what it printed.
    fn end(mut self) -> (i32, String) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.err.read_to_string(&mut err).unwrap();
        nothing_personal(&out);
        nothing_personal(&err);
        (self.child.wait().unwrap().code().unwrap(), out)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_live_copy_is_judged_and_answered_and_goes_nowhere() {
    let home = Home::new();
    home.consent();
    let copy = Copy::start(&home, &[]);
    let report = copy.ask(REFERRAL);
    assert_eq!((&report["number"], &report["result"]), (&json!(1), &json!("stripped")));
    let direct = REFERRAL.replace("/riverside", "/v2").replace("gateway.charity.example", "refer.riverside.example");
    let report = copy.ask(&direct);
    assert_eq!((&report["direct"], &report["operation"]), (&json!(true), &json!("refer")));
    let report = copy.ask(&REFERRAL.replace("{\"firstName\"", "{\"firstname\""));
    assert_eq!((&report["result"], &report["unlisted"]), (&json!("stripped"), &json!(2)), "{report}");
    let report = copy.ask(&REFERRAL.replace("application/json", "text/plain"));
    assert_eq!((&report["result"], &report["code"]), (&json!("refused"), &json!("body-unsupported")));

    let (exit, out) = copy.end();
    assert_eq!(exit, 1);
    assert!(out.contains("   1  POST inform-riverside/refer: would leave, 2 stripped"), "{out}");
    assert!(out.contains("REFUSED  body-unsupported") && out.contains("Nothing was sent."), "{out}");
    home.nobody_was_sent_anything();
}

#[test]
fn a_machine_gets_one_document_at_the_end() {
    let home = Home::new();
    home.consent();
    let copy = Copy::start(&home, &["--json"]);
    copy.ask(REFERRAL);
    // A head that never becomes a request counts as one that the gateway would refuse.
    let answer = send(&copy.address, &REFERRAL.replace("Host:", "Host: Amina\nHost:"));
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let (exit, out) = copy.end();
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(exit, 1);
    assert_eq!(report["operations"][1]["stripped"], 1, "{report}");
    assert_eq!(report["operations"][0]["refused"], json!({ "request-malformed": 1 }));
    home.nobody_was_sent_anything();
}

#[test]
fn a_gateway_may_start_while_a_copy_is_judged() {
    let home = Home::new();
    let copy = Copy::start(&home, &[]);
    let gateway = super::running::Gateway::start(&home);
    assert_eq!(copy.ask(REFERRAL)["code"], "consent-missing");
    gateway.stop();
    assert_eq!(copy.end().0, 1);
}
