//! The stage: a temporary home, the real gateway on loopback, the stand-in, and hands that play the case system
//! and the support worker.

use super::{
    overlay,
    scenario::{Before, Consent, Flaw, Scenario},
    standin::StandIn,
};
use crate::{
    cli::{Failure, run},
    config::Config,
    consent::{
        ActOfConsent, Capacity, ConsentAct, Explained, Ground, Interpreter,
        issue::{self, Draft, DraftItem, Envelope},
    },
    flow::{ConsentId, Form},
    gate::{
        Gateway,
        control::{self, ClientRef, Command, Emergency, End, IssueGrant, Reply},
        keys,
        start::Running,
    },
    ledger::{Ledger, Opening},
    panel::{
        self,
        access::{Role, invitation},
        store::Store,
    },
    policy::Sources,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::{error::Error, fs, net::SocketAddr, os::unix::fs::OpenOptionsExt as _, path::Path};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
};

/// Anything that stops a demonstration. It holds no personal data: there is none here.
pub(super) type Trouble = Box<dyn Error + Send + Sync>;

const APP: &str = "inform";
/// Every file that a shipped connection names as its secret.
const SECRETS: &[&str] = &["riverside.key", "messages.key", "crm.secret", "street-health.key", "westbridge.key"];

/// A gateway on loopback with a home of its own, which goes when this is dropped.
#[derive(Debug)]
pub(super) struct Stage {
    home: tempfile::TempDir,
    config: Config,
    running: Running,
}

/// The panel's pages beside it, and the code that opens the first account there.
#[derive(Debug)]
pub(super) struct Pages {
    running: panel::start::Running,
    pub(super) code: String,
}

impl Pages {
    pub(super) const fn address(&self) -> SocketAddr {
        self.running.address()
    }
}

/// What came back to the case system.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) decision: Option<String>,
    pub(super) removed: Option<String>,
    pub(super) body: Value,
}

/// The hosts of every connection, which the stand-in answers for. Not the Home Office's, nor those of the team that
/// shares with it: a certificate with one of their names in it is refused, whatever else it says.
pub(super) fn hosts(sources: &Sources) -> Vec<String> {
    let mut hosts = Vec::new();
    let connections = sources.0.iter().filter(|(name, _)| name.starts_with("integrations/"));
    let linked = |name: &str| name.ends_with("home-office.toml") || name.ends_with("nrpf.toml");
    for (_, text) in connections.filter(|(name, _)| !linked(name)) {
        for url in text.split('"').filter_map(|part| part.strip_prefix("https://")) {
            let host = url.split('/').next().unwrap_or_default();
            if !host.is_empty() && !hosts.iter().any(|h| h == host) {
                hosts.push(host.to_owned());
            }
        }
    }
    hosts
}

/// The rules that the demonstration runs with.
pub(super) fn sources(now: Timestamp) -> Sources {
    overlay::sources(crate::verdict::destination::day_in_london(now))
}

impl Stage {
    /// Makes a home and starts a gateway in it.
    pub(super) async fn set(sources: &Sources, standin: &StandIn) -> Result<Self, Trouble> {
        let home = tempfile::Builder::new().prefix("havengate-demo-").tempdir()?;
        let keys = home.path().join("keys");
        keys::create_dir(&keys)?;
        keys::create_issuing(&keys, None, "https://consent.demo.example")?;
        for secret in SECRETS {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(keys.join(secret))?;
            std::io::Write::write_all(&mut file, b"demonstration-secret")?;
        }
        for (name, text) in &sources.0 {
            let path = home.path().join("policies").join(name);
            fs::create_dir_all(path.parent().unwrap_or(home.path()))?;
            fs::write(path, text)?;
        }
        fs::write(home.path().join("authority.pem"), standin.authority())?;
        let file = home.path().join("havengate.toml");
        let text = configuration(&hosts(sources), standin.address(), free_address()?);
        fs::write(&file, &text)?;
        let config = Config::parse(&text, &file, [])?;
        Ledger::create(&config.ledger, &Opening::new(config.gateway.name.clone()))?;
        let running = Gateway::start(config.clone()).await?;
        Ok(Self { home, config, running })
    }

    /// Where the case system connects.
    pub(super) fn address(&self) -> SocketAddr {
        self.running.addresses().first().copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// The configuration, for the commands that can be tried.
    pub(super) fn configuration(&self) -> std::path::PathBuf {
        self.home.path().join("havengate.toml")
    }

    /// Starts the panel's pages beside the gateway, and invites the first member as `panel invite` does.
    pub(super) async fn pages(&self) -> Result<Pages, Failure> {
        let store = Store::open(&self.config.panel_store()).map_err(Trouble::from)?;
        let invited = invitation::invite(&store, Role::Panel, None, Timestamp::now()).await;
        let code = invited.map_err(|_| Trouble::from("nobody could be invited to the panel's pages"))?.code;
        let running = run::people(&self.config, &self.running).await?;
        let running = running.ok_or_else(|| Trouble::from("the configuration has no pages of the panel"))?;
        Ok(Pages { running, code })
    }

    /// Takes the record book away, as a failing disk would.
    pub(super) fn lose_the_record_book(&self) -> Result<(), Trouble> {
        fs::remove_file(&self.config.ledger)?;
        Ok(())
    }

    /// Plays a scenario: first what workers do, then what the case system sends.
    pub(super) async fn play(&self, scenario: &Scenario) -> Result<Answer, Trouble> {
        let mut token = None;
        for before in &scenario.before {
            match before {
                Before::Consent(consent) => drop(self.record(consent).await?),
                Before::Ended(consent) => {
                    let id = ConsentId::parse(&self.record(consent).await?)?;
                    self.ask(Command::ConsentEnd(End::Consent(id))).await?;
                }
                Before::Token(consent, flaw) => token = Some(self.sign(consent, *flaw)?),
                Before::Emergency { client, to } => {
                    let (app, destination) = (APP.parse()?, to.parse()?);
                    let client = reference(client)?;
                    let asked = Emergency { app, client, destination, ground: Ground::Life };
                    self.ask(Command::ConsentEmergency(asked)).await?;
                }
                Before::Stop(connection) => {
                    let scope = crate::consent::view::StopScope::Integration(connection.parse()?);
                    self.ask(Command::StopPlace { scope }).await?;
                }
            }
        }
        self.send(scenario, token.as_deref()).await
    }

    /// The clauses that the record book says decided.
    pub(super) async fn clauses(&self, decision: &str) -> Result<Vec<String>, Trouble> {
        let Reply::Done { data, .. } = self.ask(Command::Explain { decision: decision.parse()? }).await? else {
            return Ok(Vec::new());
        };
        let clauses = data.pointer("/record/clauses").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(clauses.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    async fn record(&self, consent: &Consent) -> Result<String, Trouble> {
        let asked = IssueGrant {
            app: APP.parse()?,
            client: reference(consent.client)?,
            draft: draft(consent, Timestamp::now())?,
        };
        match self.ask(Command::ConsentIssue(Box::new(asked))).await? {
            Reply::Done { text, .. } => Ok(text),
            Reply::Refused { text } | Reply::Invalid { text } => Err(text.into()),
        }
    }

    fn sign(&self, consent: &Consent, flaw: Flaw) -> Result<String, Trouble> {
        let age = if flaw == Flaw::Expired { SignedDuration::from_hours(24 * 40) } else { SignedDuration::ZERO };
        let then = Timestamp::now().checked_sub(age)?;
        let subject = keys::load_dir(&self.config.keys)?.subjects.label(&APP.parse()?, consent.client);
        let grant = issue::grant(&draft(consent, then)?, subject, random()?, then)?;
        let envelope = Envelope {
            audience: &self.config.gateway.audience,
            issued_at: grant.not_before,
            notice: "demo/2026-11",
            receipt: random()?,
        };
        let token = issue::sign(&grant, &envelope, &keys::load_issuing(&self.config.keys)?)?;
        if flaw != Flaw::Tampered {
            return Ok(token);
        }
        let middle = token.len() / 2;
        let other = |(i, c): (usize, char)| if i == middle { if c == 'A' { 'B' } else { 'A' } } else { c };
        Ok(token.chars().enumerate().map(other).collect())
    }

    async fn ask(&self, command: Command) -> Result<Reply, Trouble> {
        match control::call(&self.config.control_socket(), &command).await? {
            Reply::Refused { text } | Reply::Invalid { text } => Err(text.into()),
            done @ Reply::Done { .. } => Ok(done),
        }
    }

    /// Sends one request as a case system would, over a connection of its own.
    async fn send(&self, scenario: &Scenario, token: Option<&str>) -> Result<Answer, Trouble> {
        let Scenario { target, media, body, .. } = scenario;
        let mut head = format!(
            "POST {target} HTTP/1.1\r\nHost: gateway.demo.example\r\nContent-Type: {media}\r\n\
             User-Agent: case-system/4.2\r\nContent-Length: {}\r\nConnection: close\r\n",
            body.len()
        );
        if let Some(token) = token {
            head.push_str(&format!("Consent-Token: {token}\r\n"));
        }
        let mut stream = TcpSocket::new_v4()?.connect(self.address()).await?;
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        answer(&String::from_utf8_lossy(&bytes))
    }
}

fn answer(text: &str) -> Result<Answer, Trouble> {
    let (head, body) = text.split_once("\r\n\r\n").ok_or("the gateway did not answer")?;
    let status = head.split(' ').nth(1).ok_or("the gateway answered without a status")?.parse()?;
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    };
    Ok(Answer {
        status,
        decision: header("havengate-decision"),
        removed: header("havengate-removed"),
        body: serde_json::from_str(body).unwrap_or_default(),
    })
}

/// Where the panel's pages can listen: browsers compare it with the address in the configuration, which is written
/// before anything listens.
fn free_address() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn configuration(hosts: &[String], standin: SocketAddr, pages: SocketAddr) -> String {
    let mut text = String::from(
        "# A demonstration: recipients' names lead to the stand-in on this machine.\n\
         [gateway]\nname = \"demo\"\naudience = \"urn:havengate:gateway:demo.example\"\nlisten = [\"127.0.0.1:0\"]\n\
         upstream_roots = \"authority.pem\"\n\n[gateway.resolve]\n",
    );
    for host in hosts {
        text.push_str(&format!("\"{host}\" = \"{standin}\"\n"));
    }
    text.push_str("\n[[caller]]\napp = \"inform\"\nloopback = true\n");
    text.push_str(&format!(
        "\n[panel]\nlisten = \"{pages}\"\nurl = \"http://{pages}\"\norganisation = \"Demonstration\"\nclients = 400\n"
    ));
    text
}

/// A consent asked for as the charter says: explained in four steps, then agreed, an hour ago.
fn draft(consent: &Consent, now: Timestamp) -> Result<Draft, Trouble> {
    let hour = SignedDuration::from_hours(1);
    let at = now.checked_sub(hour)?;
    let explained = at.checked_sub(SignedDuration::from_mins(15))?;
    let items = consent
        .items
        .iter()
        .map(|(category, form)| Ok(DraftItem { category: category.parse()?, form: form.parse::<Form>()?, path: None }));
    Ok(Draft {
        destination: consent.to.parse()?,
        purpose: consent.purpose.parse()?,
        items: items.collect::<Result<_, Trouble>>()?,
        declined: Vec::new(),
        not_before: at,
        expires: at.checked_add(SignedDuration::from_hours(24 * 14))?,
        max_uses: 1,
        consent: ConsentAct {
            act: ActOfConsent::SignedOnDevice,
            at,
            explained: Explained {
                purpose: explained,
                necessity: explained,
                risks: explained,
                alternatives: explained,
            },
            capacity: Capacity::Presumed,
            interpreter: Interpreter::NotNeeded,
            spoke_alone: true,
            own_language: true,
        },
        advice: None,
    })
}

fn reference(client: &str) -> Result<ClientRef, Trouble> {
    ClientRef::new(client).ok_or_else(|| "not a client reference".into())
}

fn random() -> Result<[u8; 16], Trouble> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the random source failed")?;
    Ok(bytes)
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(crate::cli::Exit::Unavailable, format!("the demonstration could not go on: {trouble}"))
    }
}

/// Where the home of a stage is, for those who want to look around.
pub(super) fn home(stage: &Stage) -> &Path {
    stage.home.path()
}
