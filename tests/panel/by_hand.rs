//! The whole way by hand: the real program, its commands, TLS, and a browser.

use crate::{
    browser::{Browser, Seen},
    concerns::give,
    people::{PASSPHRASE, joined},
    support::authority::Authority,
};
use havengate::ledger::{Ledger, Opening};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};
use tempfile::TempDir;

/// A home made by `init`, with the panel's pages over TLS.
struct Home {
    directory: TempDir,
    authority: Authority,
}

/// `havengate run`, killed when it is dropped.
struct Gateway {
    child: Child,
    log: BufReader<ChildStderr>,
    said: String,
}

impl Home {
    fn new() -> Self {
        let home = Self { directory: tempfile::tempdir().unwrap(), authority: Authority::new() };
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let (exit, _) = home.command(&["init", "--name", "charity.example", "home"], home.directory.path());
        assert_eq!(exit, Some(0));
        let identity = home.authority.identity(&["localhost"]);
        for (name, text) in [("panel.pem", &identity.pem.0), ("panel-key.pem", &identity.pem.1)] {
            fs::write(home.path().join(name), text).unwrap();
            fs::set_permissions(home.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        home
    }

    fn path(&self) -> std::path::PathBuf {
        let home = self.directory.path().join("home");
        if home.exists() { home } else { self.directory.path().to_owned() }
    }

    fn havengate(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_havengate"));
        command.env_clear().args(arguments).stdin(Stdio::null());
        for (key, value) in [
            ("GATEWAY__LISTEN", "127.0.0.1:0"),
            ("PANEL__LISTEN", "127.0.0.1:0"),
            ("PANEL__URL", "https://localhost"),
            ("PANEL__ORGANISATION", "Riverside Outreach"),
            ("PANEL__CLIENTS", "400"),
            ("PANEL__CERTIFICATE", "panel.pem"),
            ("PANEL__KEY", "panel-key.pem"),
        ] {
            command.env(format!("HAVENGATE__{key}"), value);
        }
        command
    }

    fn command(&self, arguments: &[&str], here: &Path) -> (Option<i32>, String) {
        let output = self.havengate(arguments).current_dir(here).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    /// What a command answers a machine.
    #[track_caller]
    fn asked(&self, arguments: &[&str]) -> Value {
        let (exit, said) = self.command(&[&["--json"], arguments].concat(), &self.path());
        assert_eq!(exit, Some(0), "{said}");
        serde_json::from_str(&said).unwrap()
    }

    fn run(&self) -> (Gateway, Browser) {
        let mut run = self.havengate(&["run"]);
        let mut child = run.current_dir(self.path()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut gateway = Gateway { child, log, said: String::new() };
        let line: Value = serde_json::from_str(&gateway.wait_for("the panel's pages")).unwrap();
        let address: SocketAddr = line["address"].as_str().unwrap().parse().unwrap();
        (gateway, Browser::new(address).over_tls("localhost", self.authority.root()))
    }
}

impl Gateway {
    fn wait_for(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.log.read_line(&mut line).unwrap(), 0, "it ended: {}", self.said);
            self.said.push_str(&line);
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Asks it to end, and gives everything it logged.
    fn ended(mut self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.log.read_to_string(&mut self.said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{}", self.said);
        std::mem::take(&mut self.said)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn signed_in(browser: &mut Browser, name: &str, code: &str) -> Seen {
    browser.send("/sign-in", &[("name", name), ("passphrase", PASSPHRASE), ("code", code)]).await
}

#[tokio::test]
async fn from_an_empty_home_to_the_first_member_and_back() {
    let home = Home::new();
    // Before the gateway runs for the first time.
    let invited = home.asked(&["panel", "invite", "--role", "panel"]);
    assert_eq!((&invited["usable"], &invited["address"]), (&true.into(), &"https://localhost/invitation".into()));
    let (gateway, browser) = home.run();
    assert!(gateway.said.contains("havengate panel invite --role panel"), "it says how to begin: {}", gateway.said);

    let mut amina = browser.clone();
    let code = invited["code"].as_str().unwrap();
    let (person, seen) = joined(&mut amina, code, "Amina Okafor", jiff::Timestamp::now).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    // The code that opened the account is used; a recovery code need not wait for the next.
    let recovery = person.recovery.first().unwrap();
    let seen = signed_in(&mut amina, "amina okafor", recovery).await;
    assert_eq!((seen.status, seen.location()), (303, "/"), "{}", seen.text);
    assert!(amina.cookie().unwrap().starts_with("__Host-havengate="));
    let today = amina.get("/").await;
    assert!(today.status == 200 && today.words().contains("Amina Okafor (panel member)"), "{}", today.text);

    // While it runs, whoever runs the machine cannot join the panel by a command.
    let second = home.asked(&["panel", "invite", "--role", "panel"]);
    assert_eq!(second["usable"], false);
    let refused = browser.clone().send("/invitation", &[("invitation", second["code"].as_str().unwrap())]).await;
    assert!(refused.status == 400 && refused.text.contains("A panel member must confirm"), "{}", refused.text);
    assert!(amina.get("/members").await.words().contains("by command, by whoever runs the machine"));

    let out = amina.fill("/", "/sign-out", &[]).await;
    assert_eq!((out.status, amina.get("/").await.status), (303, 303));
    let again = signed_in(&mut amina, "Amina Okafor", person.recovery.get(1).unwrap()).await;
    assert_eq!(again.status, 303, "{}", again.text);
    let accounts = home.asked(&["panel", "accounts"]);
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 1);
    let id = accounts["accounts"][0]["id"].as_str().unwrap();
    // Whoever runs the machine does not lose a concern unawares.
    assert_eq!(give(&mut browser.clone(), "Somebody mails the list. Quokka.").await.status, 200);
    let (exit, said) = home.command(&["panel", "close", id], &home.path());
    assert!(exit == Some(1) && said.contains("nobody else can open 1 of the panel's sealed texts"), "{said}");
    assert_eq!(amina.get("/").await.status, 200, "nothing was closed");
    assert_eq!(home.asked(&["panel", "close", "--even-if-texts-are-lost", id])["role"], "panel");
    assert_eq!(amina.get("/").await.status, 303, "closed while it runs");
    let (exit, said) = home.command(&["panel", "close", id], &home.path());
    assert!(exit == Some(1) && said.contains("no open account"), "{said}");

    let log = gateway.ended();
    for secret in ["Amina", "Okafor", PASSPHRASE, code, recovery] {
        assert!(!log.contains(secret), "{secret} stands in the log: {log}");
    }
    assert_eq!(recorded(&home).await, ["invited", "opened", "signed-in", "invited", "signed-in", "closed"]);
    assert_eq!(home.asked(&["ledger", "verify"])["sound"], true);
}

/// What the record book says happened to accounts.
async fn recorded(home: &Home) -> Vec<String> {
    let ledger = Ledger::open(&home.path().join("ledger.db"), Opening::new("charity.example")).unwrap();
    let entries = ledger.entries(0).await.unwrap();
    ledger.close().await.unwrap();
    let leaves = entries.iter().map(|e| serde_json::from_str::<Value>(&e.leaf).unwrap());
    leaves.filter(|l| l["type"] == "account").map(|l| l["extra"]["did"].as_str().unwrap().to_owned()).collect()
}
