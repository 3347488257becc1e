//! A panel beside a gateway, in one process, and a member in front of it who joined as people do.

use crate::{
    browser::{Browser, Seen},
    process::Process,
    world::{Around, Home, Plan},
};
use havengate::panel::{
    access::{Role, invitation, totp::Secret},
    store::Store,
};
use jiff::{SignedDuration, Timestamp};
use std::{net::SocketAddr, path::PathBuf};

pub(super) const PASSPHRASE: &str = "nine herons under a lamp";

/// The real binary with its home, the recipient it sends to, and where its pages are.
pub(super) struct Beside {
    pub(super) around: Around,
    pub(super) home: Home,
    pub(super) process: Process,
    pub(super) pages: SocketAddr,
}

/// Somebody of the panel, signed in.
pub(super) struct Member {
    pub(super) browser: Browser,
    pub(super) secret: Secret,
    recovery: Vec<String>,
}

impl Beside {
    pub(super) async fn start() -> Self {
        let around = Around::new().await;
        let mut plan = Plan::new().limits("upstream_time = \"2s\"");
        plan.sections += "[log]\nfilter = \"trace\"\n[panel]\nlisten = \"127.0.0.1:0\"\nurl = \"http://127.0.0.1\"\n\
                          organisation = \"Riverside Outreach\"\nclients = 400\n";
        let home = around.home(&plan);
        let process = Process::start(&home);
        let line: serde_json::Value = serde_json::from_str(&process.wait_for_log("the panel's pages")).unwrap();
        let pages = line["address"].as_str().unwrap().parse().unwrap();
        Self { around, home, process, pages }
    }

    pub(super) fn anybody(&self) -> Browser {
        Browser::new(self.pages)
    }

    pub(super) fn store(&self) -> PathBuf {
        self.home.directory.path().join("panel.db")
    }

    /// The first member: invited by command, joined on the page, signed in at the door.
    pub(super) async fn member(&self) -> Member {
        let store = Store::open(&self.store()).unwrap();
        let invited = invitation::invite(&store, Role::Panel, None, Timestamp::now()).await.unwrap();
        let mut browser = self.anybody();
        let seen = browser.send("/invitation", &[("invitation", &invited.code)]).await;
        let secret = Secret::parse(&seen.value("secret")).unwrap();
        let (text, code) = (secret.text(), secret.code(Timestamp::now()));
        let fields = [
            ("invitation", invited.code.as_str()),
            ("secret", text.as_str()),
            ("name", "Amina"),
            ("passphrase", PASSPHRASE),
            ("again", PASSPHRASE),
            ("code", &code),
        ];
        let seen = browser.send("/invitation", &fields).await;
        assert_eq!(seen.status, 200, "{}", seen.words());
        let codes = seen.text.split("<li class=\"code\">").skip(1).map(|code| code.split('<').next().unwrap());
        let mut recovery: Vec<_> = codes.map(str::to_owned).collect();
        let code = recovery.pop().unwrap();
        let seen = browser.send("/sign-in", &[("name", "Amina"), ("passphrase", PASSPHRASE), ("code", &code)]).await;
        assert_eq!((seen.status, seen.location()), (303, "/"), "{}", seen.words());
        Member { browser, secret, recovery }
    }

    /// Downs tools as a worker with the printed sheet does. Gives the stop's number.
    pub(super) async fn down_tools(&self, code: &str, what: &str, reason: &str) -> String {
        let mut worker = self.anybody();
        let asked = worker.send("/stop", &[("code", code)]).await;
        assert_eq!(asked.status, 200, "{}", asked.words());
        let (code, once) = (asked.value("code"), asked.value("once"));
        let fields = [("code", code.as_str()), ("once", once.as_str()), ("what", what), ("reason", reason)];
        let placed = worker.send("/stop/place", &fields).await;
        assert!(placed.status == 200 && placed.words().contains("Stopped:"), "{}", placed.words());
        once
    }
}

impl Member {
    /// The page, which is there.
    pub(super) async fn page(&mut self, path: &str) -> Seen {
        let seen = self.browser.get(path).await;
        assert_eq!(seen.status, 200, "{path}: {}", seen.words());
        seen
    }

    /// The code that a new sheet shows.
    pub(super) async fn sheet(&mut self) -> String {
        let page = self.page("/stops/sheets").await;
        let (csrf, once) = (page.value("csrf"), page.value("once"));
        let fields = [("csrf", csrf.as_str()), ("once", once.as_str()), ("before", "at-once"), ("until", "")];
        let made = self.browser.send("/stops/sheets", &fields).await;
        let (_, rest) = made.text.split_once("class=\"code figure\">").unwrap_or_else(|| panic!("{}", made.words()));
        rest.split('<').next().unwrap().to_owned()
    }

    /// Lifts a stop with a code that was never used.
    pub(super) async fn lift(&mut self, stop: &str, factor: &str) -> Seen {
        let page = format!("/stops/{stop}");
        self.browser
            .fill(&page, &format!("{page}/lift"), &[("reason", "The form was mended."), ("factor", factor)])
            .await
    }

    /// What the app shows in half a minute, which is taken now already: the one of now was used.
    pub(super) fn next_code(&self) -> String {
        self.secret.code(Timestamp::now() + SignedDuration::from_secs(30))
    }

    pub(super) fn recovery_code(&mut self) -> String {
        self.recovery.pop().unwrap()
    }
}
