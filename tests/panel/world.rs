//! A panel with a record book, the shipped policies and no gateway: what the pages show is what stands in the book.

use crate::browser::Browser;
use havengate::{
    cli::services,
    config::{Config, Limits},
    flow::{Act, Clause, DecisionId, Group},
    gate::{keys, office::Office, services::Services},
    ledger::{
        Assert, Change, Detail, Leaf, Ledger, Opening, Permission, Tx, exposure,
        leaf::{BASIS, Decided, Kind},
    },
    metrics::Metrics,
    panel::{
        access::{Role, keys::Unlocked, session, totp},
        sealed,
        start::{Given, Running, start},
    },
    policy::{Policy, PolicyHash, Sources, shipped},
    verdict::Code,
};
use jiff::Timestamp;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tempfile::TempDir;

pub(crate) const CONNECTION: &str = "inform-riverside";
pub(crate) const COUNCIL: &str = "riverside-council/housing-referrals";

/// The secret of every authenticator app of people who came through [`World::signed`].
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Somebody who is told by mail, and whose server is away.
#[allow(dead_code, reason = "not for the tests in a browser, which share this file")]
pub(crate) const TELLING: &str = "[gateway.resolve]\n\"mail.union.example\" = \"127.0.0.1:1\"\n\
    [notify]\nsmtp = \"smtp://mail.union.example\"\nfrom = \"havengate@charity.example\"\n\
    to = [\"panel@union.example\"]\n";

/// A running panel and what is behind it.
pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) home: TempDir,
    clock: Arc<Mutex<Timestamp>>,
    config: Config,
    decisions: AtomicU64,
    /// While set, the disk is so slow that nothing is recorded.
    pub(crate) slow: Arc<AtomicBool>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// Of an organisation that works with few people.
    pub(crate) async fn few() -> Self {
        Self::made(("", ""), 20, shipped::sources(), |_| {}).await
    }

    /// With another name for the council in the record of recipients.
    pub(crate) async fn named(council: &str) -> Self {
        let mut sources = shipped::sources();
        let name = toml_text(council);
        let text = sources.0.get_mut("organisations.toml").unwrap();
        let at = text.find("id = \"riverside-council\"").or_else(|| text.find("\"riverside-council\"")).unwrap();
        let from = at + text[at..].find("name").unwrap();
        let end = from + text[from..].find('\n').unwrap();
        text.replace_range(from..end, &format!("name = {name}"));
        Self::made(("", ""), 400, sources, |_| {}).await
    }

    /// With more of the configuration, such as `[notify]`.
    pub(crate) async fn with(more: &str) -> Self {
        Self::made(("", more), 400, shipped::sources(), |_| {}).await
    }

    /// Of an organisation in which somebody is told by mail, whose server is away.
    #[allow(dead_code, reason = "not for the tests in a browser, which share this file")]
    pub(crate) async fn telling() -> Self {
        Self::with(TELLING).await
    }

    /// Of an organisation with so many clients a year.
    pub(crate) async fn of(clients: u32, more: &str) -> Self {
        Self::made(("", more), clients, shipped::sources(), |_| {}).await
    }

    /// The same with lines of `[gateway]`, and with files in the home before anything starts.
    pub(crate) async fn prepared(gateway: &str, more: &str, prepare: impl FnOnce(&Path)) -> Self {
        Self::made((gateway, more), 400, shipped::sources(), prepare).await
    }

    async fn made((gateway, more): (&str, &str), clients: u32, sources: Sources, prepare: impl FnOnce(&Path)) -> Self {
        let home = tempfile::tempdir().unwrap();
        keys::create_dir(&home.path().join("keys")).unwrap();
        prepare(home.path());
        let text = format!(
            "[gateway]\nname = \"test\"\n{gateway}\n[panel]\nlisten = \"127.0.0.1:0\"\nurl = \"http://127.0.0.1\"\n\
             organisation = \"Riverside Outreach\"\nclients = {clients}\n{more}"
        );
        Self::configured(home, &text, sources).await
    }

    /// At an address that a real browser can name as where its forms come from.
    #[allow(dead_code, reason = "for the tests in a browser, which share this file")]
    pub(crate) async fn browsed() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let home = tempfile::tempdir().unwrap();
        keys::create_dir(&home.path().join("keys")).unwrap();
        let text = format!(
            "[gateway]\nname = \"test\"\n[panel]\nlisten = \"127.0.0.1:{port}\"\nurl = \"http://127.0.0.1:{port}\"\n\
             organisation = \"Riverside Outreach\"\nclients = 400\n"
        );
        Self::configured(home, &text, shipped::sources()).await
    }

    async fn configured(home: TempDir, text: &str, sources: Sources) -> Self {
        let config = Config::parse(text, &home.path().join("havengate.toml"), []).unwrap_or_else(|e| panic!("{e}"));
        let clock = Arc::new(Mutex::new("2026-11-20T10:00:00Z".parse::<Timestamp>().unwrap()));
        let mut opening = Opening::new("test");
        let shown = Arc::clone(&clock);
        let slow = Arc::new(AtomicBool::new(false));
        let waits = Arc::clone(&slow);
        let own = std::thread::current().id();
        opening.clock = Arc::new(move || {
            // The record book's writer looks at the clock before it writes.
            while waits.load(Ordering::SeqCst) && std::thread::current().id() != own {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            *shown.lock().unwrap()
        });
        Ledger::create(&config.ledger, &opening).unwrap();
        let ledger = Arc::new(Ledger::open(&config.ledger, opening).unwrap());
        let policy = Arc::new(Policy::compile(&sources).unwrap_or_else(|e| panic!("{e:?}")));
        activate(&ledger, &policy, &sources).await;
        let metrics = Arc::new(Metrics::new().unwrap());
        metrics.policy(&policy);
        let running = start(&config, given(&config, &ledger, &policy, metrics)).await.unwrap().unwrap();
        Self { running, ledger, policy, home, clock, config, decisions: AtomicU64::new(1), slow }
    }

    /// Stopped, and started again after somebody wrote other lines into the configuration.
    #[allow(dead_code, reason = "not for the tests in a browser, which share this file")]
    pub(crate) async fn restarted_with(self, more: &str) -> Self {
        let Self { running, ledger, policy, home, clock, decisions, slow, .. } = self;
        let metrics = Arc::clone(running.panel().metrics());
        running.stop().await;
        let text = format!(
            "[gateway]\nname = \"test\"\n[panel]\nlisten = \"127.0.0.1:0\"\nurl = \"http://127.0.0.1\"\n\
             organisation = \"Riverside Outreach\"\nclients = 400\n{more}"
        );
        let config = Config::parse(&text, &home.path().join("havengate.toml"), []).unwrap();
        let running = start(&config, given(&config, &ledger, &policy, metrics)).await.unwrap().unwrap();
        Self { running, ledger, policy, home, clock, config, decisions, slow }
    }

    /// Cuts the panel off and starts another one on what it left.
    pub(crate) async fn restart(&mut self) {
        let metrics = Arc::clone(self.running.panel().metrics());
        let given = given(&self.config, &self.ledger, &self.policy, metrics);
        self.running = start(&self.config, given).await.unwrap().unwrap();
    }

    /// The address that a browser types.
    #[allow(dead_code, reason = "the tests in a real browser type it")]
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.address())
    }

    pub(crate) fn at(&self, when: &str) {
        *self.clock.lock().unwrap() = when.parse().unwrap();
    }

    /// So many seconds go by.
    pub(crate) fn later(&self, seconds: i64) {
        *self.clock.lock().unwrap() += jiff::SignedDuration::from_secs(seconds);
    }

    /// Somebody without an account.
    pub(crate) fn anybody(&self) -> Browser {
        let mut browser = Browser::new(self.running.address());
        browser.origin = Some(self.running.panel().config().url.origin().ascii_serialization());
        browser
    }

    /// Somebody signed in with this role, without the way through the door. Their second factor is [`World::code`].
    pub(crate) async fn signed(&self, role: Role) -> Browser {
        let panel = self.running.panel();
        let id = format!("{role}-{}", self.decisions.fetch_add(1, Ordering::SeqCst));
        let (account, name) = (id.clone(), format!("A {role}, {id}"));
        let (public, private) = sealed::generate().unwrap();
        panel
            .store()
            .write(move |db| {
                db.execute(
                    "INSERT INTO accounts (id, name, role, created, public) VALUES (?1, ?2, ?3, 0, ?4)",
                    (&account, name, role.as_str(), public.as_bytes()),
                )
            })
            .await
            .unwrap();
        let unlocked = Unlocked { private: Arc::new(private), secret: totp::Secret::parse(SECRET).unwrap() };
        let cookie = session::open_with(panel, id, unlocked).await.unwrap();
        Browser::new(self.running.address()).with_cookie(&cookie)
    }

    /// What the app of everybody from [`World::signed`] shows now. Each code is taken once: move the clock by 30 s for
    /// the next.
    pub(crate) fn code(&self) -> String {
        totp::Secret::parse(SECRET).unwrap().code(self.running.panel().wall())
    }

    pub(crate) fn decision(&self) -> DecisionId {
        let mut bytes = [7; 16];
        bytes[..8].copy_from_slice(&self.decisions.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        DecisionId::from_bytes(bytes)
    }

    /// A request that was stopped, as the gateway records it.
    pub(crate) async fn refused(&self, connection: &str, to: &str, code: Code, clause: Clause) -> DecisionId {
        let mut leaf = self.about(connection, to);
        leaf.decided = Some(Decided::Refused);
        leaf.code = Some(code);
        leaf.clauses = vec![clause];
        let attempt = matches!(code, Code::DestinationLinked | Code::Forum);
        let changes = if attempt { vec![Change::Notify { kind: "attempt" }] } else { Vec::new() };
        let decision = leaf.decision.unwrap();
        let detail = vec![self.hour()];
        self.ledger.append(Tx { asserts: Vec::new(), leaf, detail, changes }).await.unwrap();
        decision
    }

    /// A request that was sent, with how many values of each group, in what form, and the answer to it.
    pub(crate) async fn sent(
        &self,
        connection: &str,
        to: &str,
        values: &[(Group, &'static str, Act, u64)],
    ) -> DecisionId {
        let mut leaf = self.about(connection, to);
        leaf.decided = Some(Decided::Allowed);
        leaf.counts = values.iter().map(|(group, form, act, n)| ((*group, *form, *act), *n)).collect();
        let people = leaf.counts.iter().filter(|((g, _, act), _)| *g != Group::Operational && exposure::left(*act));
        let basis: Vec<_> = people.map(|((group, _, _), n)| format!("{group}:consent:{n}")).collect();
        if !basis.is_empty() {
            leaf.extra.insert(BASIS, basis.join(" "));
        }
        let decision = leaf.decision.unwrap();
        let tx =
            Tx { asserts: vec![Assert::PolicyActive(self.policy.hash)], leaf, detail: Vec::new(), changes: Vec::new() };
        assert!(matches!(self.ledger.permit(tx).await.unwrap(), Permission::Granted(_)));
        let mut leaf = Leaf::new(Kind::Outcome);
        leaf.decision = Some(decision);
        leaf.extra.insert("ended", "answered".to_owned());
        leaf.extra.insert("status", "200".to_owned());
        self.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
        decision
    }

    /// What the gateway keeps of a refusal besides the entry: when.
    pub(crate) fn hour(&self) -> Detail {
        Detail {
            at: self.ledger.now(),
            subject: None,
            consent: None,
            category: None,
            form: None,
            path: None,
            act: Act::Blocked,
            count: 1,
        }
    }

    pub(crate) fn about(&self, connection: &str, to: &str) -> Leaf {
        let mut leaf = Leaf::new(Kind::Decision);
        leaf.decision = Some(self.decision());
        leaf.policy = Some(self.policy.hash);
        leaf.integration = Some(connection.parse().unwrap());
        leaf.operation = Some("refer".parse().unwrap());
        leaf.destination = Some(to.parse().unwrap());
        leaf
    }

    /// Who carries commands out, as a running gateway does.
    pub(crate) fn office(&self) -> Office {
        let dir = self.home.path().join("keys");
        Office {
            ledger: Arc::clone(&self.ledger),
            keys: Arc::new(keys::load_dir(&dir).unwrap()),
            policy: Arc::clone(&self.policy),
            limits: Limits::default(),
            audience: "urn:havengate:gateway:test".to_owned(),
        }
    }

    /// Makes another set of rules the active one, in the record book alone. Gives its hash.
    pub(crate) async fn activated(&self, sources: &Sources) -> PolicyHash {
        let hash = sources.hash();
        let mut leaf = Leaf::new(Kind::PolicyActivated);
        leaf.policy = Some(hash);
        let sources = serde_json::to_string(&sources.0).unwrap();
        let changes = vec![Change::ActivatePolicy { hash, sources }];
        self.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
        hash
    }

    /// The text of every entry.
    pub(crate) async fn entries(&self) -> Vec<String> {
        let mut found = Vec::new();
        loop {
            let entries = self.ledger.entries(found.len() as u64).await.unwrap();
            if entries.is_empty() {
                return found;
            }
            found.extend(entries.into_iter().map(|e| e.leaf));
        }
    }

    pub(crate) fn store_path(&self) -> PathBuf {
        self.home.path().join("panel.db")
    }
}

fn toml_text(text: &str) -> String {
    format!("'{text}'")
}

fn given(config: &Config, ledger: &Arc<Ledger>, policy: &Arc<Policy>, metrics: Arc<Metrics>) -> Given {
    let shared = Arc::clone(policy);
    let policy: havengate::panel::PolicySource = Arc::new(move || Arc::clone(&shared));
    let services = Services::new(config, &[], Arc::clone(ledger), Arc::clone(&policy)).unwrap();
    Given { ledger: Arc::clone(ledger), policy, metrics, tls: None, dial: Some(services::through(services)) }
}

async fn activate(ledger: &Ledger, policy: &Policy, sources: &Sources) {
    let mut leaf = Leaf::new(Kind::PolicyActivated);
    leaf.policy = Some(policy.hash);
    let sources = serde_json::to_string(&sources.0).unwrap();
    let changes = vec![Change::ActivatePolicy { hash: policy.hash, sources }];
    ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
}
