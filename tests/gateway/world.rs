//! A gateway with a home of its own, the recipient it sends to, and hands that play support workers.

use crate::{
    caller::{self, Answer, Line},
    support::{
        authority::Authority,
        standin::{Behaviour, Recorded, Standin},
    },
};
use havengate::{
    config::Config,
    consent::{
        ActOfConsent, Capacity, ConsentAct, Explained, Ground, Interpreter,
        issue::{self, Draft, DraftItem, Envelope},
        view::StopScope,
    },
    flow::{App, ConsentId, DecisionId},
    gate::{
        Gateway,
        control::{self, ClientRef, Command, Emergency, End, IssueGrant, Reply},
        keys,
        start::Running,
    },
    ledger::{Ledger, Opening},
    policy::{Sources, shipped},
    verdict::Code,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};
use tempfile::TempDir;

pub(crate) const COUNCIL: &str = "riverside-council/housing-referrals";
pub(crate) const SAFEGUARDING: &str = "westbridge-council/adult-safeguarding";
pub(crate) const TOKEN_HOST: &str = "login.crm.example";
const AUDIENCE: &str = "urn:havengate:gateway:test.example";
pub(crate) const HOSTS: &[&str] = &[
    "refer.riverside.example",
    "beds.newtown.example",
    "referrals.oldgate.example",
    "harbour.crm.example",
    "api.messages.example",
    "referrals.street-health.example",
    "safeguarding.westbridge.example",
    // Shared by many, of whom one is the Home Office.
    "www.gov.uk",
];
/// Not in the recipient's certificate, which would be refused for them; a dial would be seen all the same.
const LINKED: &[&str] = &["nrpf.riverside.example", HOME_OFFICE];
const HOME_OFFICE: &str = "www.homeoffice.gov.uk";
const SECRETS: &[&str] = &["riverside.key", "messages.key", "crm.secret", "street-health.key", "westbridge.key"];

/// Recipients nobody may send to.
const RECIPIENTS: &str = r#"
[[organisation]]
id = "newtown"
name = "Newtown Shelter"
[[organisation.system]]
id = "newtown/beds"
kind = "housing"
hosts = ["beds.newtown.example"]
undertaking = { sha256 = "b9d4163a4537b9a5e93cb8e57e9d0ee6baa3e87f6de8a30a8a2ab5e8bb9c5f9c", role = "Manager", signed = 2026-10-01, expires = 2090-09-30, except_required_by_law = true, tells_us_first = true }
[[organisation]]
id = "oldgate"
name = "Oldgate Housing"
[[organisation.system]]
id = "oldgate/referrals"
kind = "housing"
hosts = ["referrals.oldgate.example"]
assessed = { on = 2026-10-01, until = 2090-09-30, by = "panel", reason = "Keeps its referrals to itself." }
undertaking = { sha256 = "4ffd2b8e1c5a0d8b2b2d13b2f9ac0eb80c61b6e6df5d1f4a0a0c9b7e6a1d2c3e", role = "Manager", signed = 2025-11-20, expires = 2026-11-19, except_required_by_law = true, tells_us_first = true }
"#;

/// A connection with one operation, `POST /needs`, that holds nothing about a person.
pub(crate) fn connection(id: &str, destination: &str, upstream: &str, more: &str) -> String {
    format!(
        r#"
id = "{id}"
app = "inform"
destination = "{destination}"
upstream = "{upstream}"
route = {{ prefix = "/{id}" }}
purpose = "accommodation"
{more}
[[operation]]
id = "need"
method = "POST"
path = "/needs"
headers = {{ Idempotency-Key = "hg:Operational" }}
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
[operation.body.record.fields]
"$.beds" = "hg:HousingNeed"
"#
    )
}

/// What a gateway is made of, before it runs.
pub(crate) struct Plan {
    pub(crate) sources: Sources,
    /// More keys of `[gateway]`.
    pub(crate) gateway: String,
    /// `[limits]` and other sections.
    pub(crate) sections: String,
    pub(crate) callers: String,
    pub(crate) ledger: Option<PathBuf>,
    /// Where the recipient's names lead instead of to the stand-in.
    pub(crate) recipient: Option<SocketAddr>,
}

impl Plan {
    /// The shipped policies, on any day, and connections to recipients that nobody may send to.
    pub(crate) fn new() -> Self {
        let mut sources = shipped::sources();
        let organisations = sources.0.get_mut("organisations.toml").unwrap();
        *organisations = organisations.replace("2027-09-30", "2090-09-30") + RECIPIENTS;
        let mut plan = Self {
            sources,
            gateway: String::new(),
            sections: String::new(),
            callers: "[[caller]]\napp = \"inform\"\nloopback = true\n".to_owned(),
            ledger: None,
            recipient: None,
        };
        for (id, destination, host) in [
            ("linked", "riverside-council/nrpf", "nrpf.riverside.example"),
            ("rooted", "home-office/network", HOME_OFFICE),
            ("unassessed", "newtown/beds", "beds.newtown.example"),
            ("lapsed", "oldgate/referrals", "referrals.oldgate.example"),
        ] {
            plan = plan.connect(id, &connection(id, destination, &format!("https://{host}"), ""));
        }
        plan
    }

    /// Adds or replaces a connection.
    pub(crate) fn connect(mut self, id: &str, text: &str) -> Self {
        self.sources.insert(format!("integrations/{id}.toml"), text);
        self
    }

    /// Adds lines of `[limits]`.
    pub(crate) fn limits(mut self, lines: &str) -> Self {
        self.sections += &format!("[limits]\n{lines}\n");
        self
    }

    pub(crate) async fn start(self) -> World {
        let around = Around::new().await;
        let home = around.home(&self);
        World::run(around, home).await
    }
}

/// Everybody outside: recipients, and the authority that vouches for them.
pub(crate) struct Around {
    pub(crate) authority: Authority,
    pub(crate) recipient: Standin,
    pub(crate) token_host: Standin,
    seen: AtomicUsize,
    seen_bytes: AtomicUsize,
}

impl Around {
    pub(crate) async fn new() -> Self {
        let authority = Authority::new();
        let recipient = Standin::tls(&authority.identity(HOSTS)).await;
        let token_host = Standin::tls(&authority.identity(&[TOKEN_HOST])).await;
        Self { authority, recipient, token_host, seen: AtomicUsize::new(0), seen_bytes: AtomicUsize::new(0) }
    }

    /// Requests that came since the last look. When there were none, there was not a byte either.
    #[track_caller]
    pub(crate) fn arrived(&self) -> Vec<Recorded> {
        let (requests, bytes) = (self.recipient.requests(), self.recipient.bytes().len());
        let (before, bytes_before) =
            (self.seen.swap(requests.len(), Ordering::SeqCst), self.seen_bytes.swap(bytes, Ordering::SeqCst));
        let new = requests[before..].to_vec();
        assert!(!new.is_empty() || bytes == bytes_before, "the recipient received bytes that are no request");
        new
    }

    /// The one request that came since the last look.
    #[track_caller]
    pub(crate) fn arrived_one(&self) -> Recorded {
        let mut arrived = self.arrived();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived.remove(0)
    }

    /// A home directory, ready to run, with this recipient at the end of every name.
    pub(crate) fn home(&self, plan: &Plan) -> Home {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let keys = path.join("keys");
        keys::create_dir(&keys).unwrap();
        keys::create_issuing(&keys, None, "https://consent.test.example").unwrap();
        for secret in SECRETS {
            private(&keys.join(secret), b"an-upstream-secret");
        }
        for (name, text) in &plan.sources.0 {
            write(&path.join("policies").join(name), text);
        }
        self.authority.write(path);
        let to = plan.recipient.unwrap_or(self.recipient.address());
        let mut text = format!(
            "[gateway]\nname = \"test\"\naudience = \"{AUDIENCE}\"\nlisten = [\"127.0.0.1:0\"]\n\
             upstream_roots = \"roots.pem\"\n{}\n[gateway.resolve]\n\"{TOKEN_HOST}\" = \"{}\"\n",
            plan.gateway,
            self.token_host.address()
        );
        for host in HOSTS.iter().chain(LINKED) {
            text += &format!("\"{host}\" = \"{to}\"\n");
        }
        if !plan.sections.contains("[operations]") {
            text += "[operations]\nlisten = \"127.0.0.1:0\"\n";
        }
        if let Some(ledger) = &plan.ledger {
            text += &format!("[ledger]\nurl = \"sqlite:{}\"\n", ledger.display());
        }
        text += &format!("{}\n{}", plan.sections, plan.callers);
        let file = path.join("havengate.toml");
        fs::write(&file, &text).unwrap();
        let config = Config::parse(&text, &file, []).unwrap_or_else(|e| panic!("{e}\n{text}"));
        Ledger::create(&config.ledger, &Opening::new(config.gateway.name.clone())).unwrap();
        Home { directory, config, file }
    }
}

/// Writes a file and the directories above it.
pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn private(path: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// What one person agreed to.
#[derive(Debug, Clone)]
pub(crate) struct Agreed<'a> {
    pub(crate) client: &'a str,
    pub(crate) to: &'a str,
    pub(crate) purpose: &'a str,
    /// Category and form; behind `@` the place.
    pub(crate) items: &'a [(&'a str, &'a str)],
    pub(crate) uses: u32,
    /// From when it counts, from now.
    pub(crate) from: SignedDuration,
    /// How long it counts.
    pub(crate) lasts: SignedDuration,
}

impl<'a> Agreed<'a> {
    /// A housing referral: name, reference and telephone as they are, the year of birth; once.
    pub(crate) const fn referral(client: &'a str) -> Self {
        Self {
            client,
            to: COUNCIL,
            purpose: "accommodation",
            items: &[
                ("pd:Identifier", "raw"),
                ("pd:Name", "raw"),
                ("pd:BirthDate", "generalised:year"),
                ("pd:TelephoneNumber", "raw"),
            ],
            uses: 1,
            from: SignedDuration::from_hours(-1),
            lasts: SignedDuration::from_hours(24 * 14),
        }
    }

    /// What a support worker types.
    pub(crate) fn command(&self) -> Command {
        let (app, client) = (Home::app(), ClientRef::new(self.client).unwrap());
        Command::ConsentIssue(Box::new(IssueGrant { app, client, draft: self.draft() }))
    }

    fn draft(&self) -> Draft {
        let from = Timestamp::now() + self.from;
        // Agreed an hour ago at the latest.
        let at = from.min(Timestamp::now() - SignedDuration::from_hours(1));
        let told = at - SignedDuration::from_mins(15);
        let item = |(category, form): &(&str, &str)| {
            let (category, path) =
                category.split_once('@').map_or((*category, None), |(c, path)| (c, Some(path.into())));
            DraftItem { category: category.parse().unwrap(), form: form.parse().unwrap(), path }
        };
        Draft {
            destination: self.to.parse().unwrap(),
            purpose: self.purpose.parse().unwrap(),
            items: self.items.iter().map(item).collect(),
            declined: Vec::new(),
            not_before: from,
            expires: from + self.lasts,
            max_uses: self.uses,
            consent: ConsentAct {
                act: ActOfConsent::SignedOnDevice,
                at,
                explained: Explained { purpose: told, necessity: told, risks: told, alternatives: told },
                capacity: Capacity::Presumed,
                interpreter: Interpreter::NotNeeded,
                spoke_alone: true,
                own_language: true,
            },
            advice: None,
        }
    }
}

/// A gateway's home directory.
pub(crate) struct Home {
    pub(crate) directory: TempDir,
    pub(crate) config: Config,
    pub(crate) file: PathBuf,
}

/// What the record book holds of a decision.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) index: u64,
    pub(crate) leaf: Value,
    pub(crate) detail: Vec<Value>,
    pub(crate) outcomes: Vec<Value>,
}

impl Home {
    pub(crate) fn app() -> App {
        "inform".parse().unwrap()
    }

    pub(crate) async fn control(&self, command: &Command) -> Reply {
        control::call(&self.config.control_socket(), command).await.unwrap()
    }

    pub(crate) async fn done(&self, command: &Command) -> (String, Value) {
        match self.control(command).await {
            Reply::Done { text, data } => (text, data),
            other => panic!("{command:?}: {other:?}"),
        }
    }

    /// A support worker records consent.
    pub(crate) async fn consent(&self, agreed: &Agreed<'_>) -> ConsentId {
        ConsentId::parse(&self.done(&agreed.command()).await.0).unwrap()
    }

    /// The person ends it.
    pub(crate) async fn end(&self, consent: &ConsentId) {
        self.done(&Command::ConsentEnd(End::Consent(consent.clone()))).await;
    }

    /// A support worker records an emergency.
    pub(crate) async fn emergency(&self, client: &str, to: &str) -> Reply {
        let (client, destination) = (ClientRef::new(client).unwrap(), to.parse().unwrap());
        self.control(&Command::ConsentEmergency(Emergency {
            app: Self::app(),
            client,
            destination,
            ground: Ground::Life,
        }))
        .await
    }

    /// A worker downs tools.
    pub(crate) async fn stop(&self, scope: StopScope) {
        self.done(&Command::StopPlace { scope }).await;
    }

    /// The same consent as a signed token that travels with the request.
    pub(crate) fn token(&self, agreed: &Agreed<'_>) -> String {
        let draft = agreed.draft();
        let subject = keys::load_dir(&self.config.keys).unwrap().subjects.label(&Self::app(), agreed.client);
        let grant = issue::grant(&draft, subject, random(), draft.not_before).unwrap();
        let issued_at = grant.consent.at;
        let envelope = Envelope { audience: AUDIENCE, issued_at, notice: "test/2026-11", receipt: random() };
        issue::sign(&grant, &envelope, &keys::load_issuing(&self.config.keys).unwrap()).unwrap()
    }

    /// What the record book holds of a decision.
    pub(crate) async fn record(&self, decision: DecisionId) -> Record {
        let data = self.done(&Command::Explain { decision }).await.1;
        Record {
            index: data["index"].as_u64().unwrap(),
            leaf: data["record"].clone(),
            detail: data["detail"].as_array().unwrap().clone(),
            outcomes: data["outcomes"].as_array().unwrap().clone(),
        }
    }

    pub(crate) async fn status(&self) -> Value {
        self.done(&Command::Status).await.1
    }

    /// Every leaf, when nobody holds the record book. Read from a copy, so that the book stays as it was left.
    pub(crate) fn leaves(&self) -> Vec<Value> {
        self.rows("SELECT leaf FROM leaves ORDER BY idx").iter().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    /// The record book's files.
    pub(crate) fn book(&self) -> Vec<PathBuf> {
        let files = ["", "-wal"].map(|end| PathBuf::from(format!("{}{end}", self.config.ledger.display())));
        files.into_iter().filter(|file| file.exists()).collect()
    }

    /// What one column says in a copy of the record book.
    pub(crate) fn rows(&self, question: &str) -> Vec<String> {
        let copy = tempfile::tempdir().unwrap();
        for from in self.book() {
            let end = if from.to_string_lossy().ends_with("-wal") { "-wal" } else { "" };
            fs::copy(&from, copy.path().join(format!("copy{end}"))).unwrap();
        }
        let book = rusqlite::Connection::open(copy.path().join("copy")).unwrap();
        let mut asked = book.prepare(question).unwrap();
        let rows = asked.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn policies(&self, name: &str) -> PathBuf {
        self.directory.path().join("policies").join(name)
    }
}

pub(crate) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes
}

/// A running gateway in this process, with everybody around it.
pub(crate) struct World {
    pub(crate) around: Around,
    pub(crate) home: Home,
    running: Running,
}

impl World {
    pub(crate) async fn start() -> Self {
        Plan::new().start().await
    }

    pub(crate) async fn run(around: Around, home: Home) -> Self {
        let running = Gateway::start(home.config.clone()).await.unwrap();
        Self { around, home, running }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.addresses()[0]
    }

    pub(crate) async fn line(&self) -> Line {
        Line::open(self.address()).await
    }

    pub(crate) async fn ask(&self, bytes: impl AsRef<[u8]>) -> Answer {
        caller::ask(self.address(), bytes).await
    }

    pub(crate) async fn post(&self, target: &str, body: &str) -> Answer {
        self.ask(caller::post(target, body)).await
    }

    /// With a consent that travels along.
    pub(crate) async fn post_with(&self, target: &str, fields: &str, body: &str) -> Answer {
        self.ask(caller::request("POST", target, &format!("{fields}Connection: close\r\n"), body)).await
    }

    /// What the recipient does next.
    pub(crate) fn script(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.around.recipient.script(behaviours);
    }

    /// Asks the listener for monitoring.
    pub(crate) async fn operations(&self, path: &str) -> Answer {
        let address = self.running.operations().unwrap();
        caller::ask(address, format!("GET {path} HTTP/1.1\r\nHost: monitoring\r\n\r\n")).await
    }

    /// Asserts that it was refused: what the caller is told, not a byte to the recipient, and the record of it.
    pub(crate) async fn refused(&self, answer: &Answer, code: Code, rule: Option<&str>) -> Record {
        answer.assert_problem(code, rule);
        assert_eq!(answer.sent().as_deref(), Some("no"), "{}", answer.head);
        assert!(self.around.arrived().is_empty(), "something left although it was refused");
        let record = self.home.record(answer.decision()).await;
        assert_eq!((&record.leaf["type"], &record.leaf["decided"]), (&"decision".into(), &"refused".into()));
        assert_eq!(record.leaf["code"], code.as_str(), "{record:?}");
        assert!(record.outcomes.is_empty(), "{record:?}");
        assert!(record.detail.first().is_some_and(|row| row["at"].is_string()), "its hour is known: {record:?}");
        record
    }

    /// Asserts that it was allowed and answered: what the recipient received, and the record of it.
    pub(crate) async fn forwarded(&self, answer: &Answer) -> (Recorded, Record) {
        assert_eq!((answer.status, answer.sent().as_deref()), (200, Some("yes")), "{answer:?}");
        let received = self.around.arrived_one();
        let record = self.home.record(answer.decision()).await;
        assert_eq!((&record.leaf["type"], &record.leaf["decided"]), (&"decision".into(), &"allowed".into()));
        assert_eq!(record.outcomes.len(), 1, "{record:?}");
        assert_eq!(record.outcomes[0]["extra"]["ended"], "answered", "{record:?}");
        (received, record)
    }

    /// Asserts that it was allowed and failed: what the caller is told, whether anything left, the record of it.
    pub(crate) async fn failed(&self, answer: &Answer, code: Code, rule: &str, sent: &str) -> Record {
        answer.assert_problem(code, Some(rule));
        assert_eq!(answer.sent().as_deref(), Some(sent), "{}", answer.head);
        let record = self.home.record(answer.decision()).await;
        assert_eq!(record.leaf["decided"], "allowed", "{record:?}");
        assert_eq!(record.outcomes.len(), 1, "{record:?}");
        let ended = if sent == "no" { "unsent" } else { "unknown" };
        assert_eq!(record.outcomes[0]["extra"]["ended"], ended, "{record:?}");
        record
    }

    /// Stops the gateway; its home and its record book stay to be looked at.
    pub(crate) async fn stop(self) -> (Around, Home) {
        assert_eq!(self.running.stop().await.unwrap().unfinished, 0);
        (self.around, self.home)
    }
}

impl World {
    /// Asserts that a request whose caller went away was brought to a recorded end.
    pub(crate) async fn forwarded_after_hanging_up(self) {
        let (around, home) = self.stop().await;
        assert_eq!(around.arrived().len(), 1);
        let leaves = home.leaves();
        let allowed = leaves.iter().find(|l| l["decided"] == "allowed").unwrap();
        let ended = leaves.iter().find(|l| l["type"] == "outcome").expect("an outcome");
        assert_eq!((&ended["decision"], &ended["extra"]["ended"]), (&allowed["decision"], &"answered".into()));
    }
}

impl Around {
    /// The `Idempotency-Key` of every head that came since the last look, whether or not its body came whole.
    pub(crate) fn arrived_even_in_part(&self) -> Vec<String> {
        let bytes = self.recipient.bytes();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let keys = text.lines().filter_map(|l| l.strip_prefix("idempotency-key: "));
        keys.map(|k| k.trim().to_owned()).collect()
    }
}
