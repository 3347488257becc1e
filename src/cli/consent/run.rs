//! Carrying the command out, wherever the ledger is held.

use super::{ConsentCommand, Declined, Emergency, End, Issue, Keygen};
use crate::{
    consent::{
        ConsentAct, Explained,
        issue::{self, Draft, Envelope, IssueError},
    },
    gate::{
        control::{self, Command, ControlError, IssueGrant, Reply},
        keys::{self, KeysError},
    },
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::path::Path;

/// Where commands are carried out: a running gateway's control socket, or the ledger itself when nobody
/// holds it.
pub trait Desk {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// The keys directory.
    fn keys(&self) -> &Path;
    /// The `aud` of this gateway's tokens, from the configuration.
    fn audience(&self) -> &str;
    /// Carries a command out. For `consent.issue` and `consent.emergency` the answer's text is the id alone.
    fn ask(&self, command: Command) -> impl Future<Output = Result<Reply, ControlError>>;
}

/// What goes to standard output: `text` for people, `data` with `--json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// For a person.
    pub text: String,
    /// For a machine.
    pub data: Value,
}

/// What goes to standard error, and the exit code (design section 10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// 1 refused, 2 usage, 3 keys or configuration, 5 unavailable.
    pub exit: u8,
    /// What was wrong and what to do.
    pub text: String,
}

/// Carries a `consent …` command out.
///
/// # Errors
/// [`Failure`] with its exit code.
pub async fn run(command: ConsentCommand, desk: &impl Desk) -> Result<Printed, Failure> {
    let emergency = matches!(command, ConsentCommand::Emergency(_));
    let mut done = carry_out(command, desk).await;
    if let (true, Err(failure)) = (emergency, &mut done) {
        failure.text.push_str("\nDanger to life: phone 999 now. Nothing here stops you.");
    }
    done
}

async fn carry_out(command: ConsentCommand, desk: &impl Desk) -> Result<Printed, Failure> {
    let command = match command {
        ConsentCommand::Keygen(args) => return keygen(args, desk),
        ConsentCommand::Issue(args) if args.token => return token(*args, desk),
        ConsentCommand::Issue(args) => Command::ConsentIssue(Box::new(grant(*args, desk.now())?)),
        ConsentCommand::Declined(args) => Command::ConsentDeclined(declined(args)),
        ConsentCommand::End(args) => Command::ConsentEnd(end(args)?),
        ConsentCommand::Emergency(args) => Command::ConsentEmergency(emergency(args)?),
    };
    match desk.ask(command).await? {
        Reply::Done { text, data } => Ok(Printed { text, data }),
        Reply::Refused { text } => Err(Failure { exit: 1, text }),
        Reply::Invalid { text } => {
            Err(Failure { exit: 5, text: format!("the gateway did not understand: is it of another version? {text}") })
        }
    }
}

fn keygen(args: Keygen, desk: &impl Desk) -> Result<Printed, Failure> {
    let issuer = match args.issuer {
        Some(issuer) => issuer,
        None => default_issuer(desk.audience()).ok_or_else(|| usage("name the issuer with --issuer URL"))?,
    };
    if issuer.is_empty() || issuer.len() > 256 || !issuer.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(usage("an issuer is a URL of 1 to 256 visible ASCII characters"));
    }
    let dir = args.out.as_deref().unwrap_or_else(|| desk.keys());
    let (kid, [private, public]) = keys::create_issuing(dir, args.kid, &issuer)?;
    let (private, public) = (private.display(), public.display());
    Ok(Printed {
        text: format!(
            "Key {kid} of {issuer}\n  private: {private}   keep it where consent is signed, and in your backup\n  \
             public:  {public}   copy it into keys/issuers of every gateway that should accept it, then start it again"
        ),
        data: json!({ "kid": kid.as_str(), "issuer": issuer, "private": private.to_string(), "public": public.to_string() }),
    })
}

/// `urn:havengate:gateway:charity.example` → `https://consent.charity.example`.
fn default_issuer(audience: &str) -> Option<String> {
    let name = audience.strip_prefix("urn:havengate:gateway:")?;
    (!name.is_empty()).then(|| format!("https://consent.{name}"))
}

/// A token is made from the keys alone; the gateway remembers it when it is first used.
fn token(args: Issue, desk: &impl Desk) -> Result<Printed, Failure> {
    let now = desk.now();
    let notice = args.notice.clone();
    let asked = grant(args, now)?;
    let key = keys::load_issuing(desk.keys())?;
    let subject = keys::load_dir(desk.keys())?.subjects.label(&asked.app, asked.client.as_str());
    let grant = issue::grant(&asked.draft, subject, random()?, now)?;
    let envelope =
        Envelope { audience: desk.audience(), issued_at: grant.not_before, notice: &notice, receipt: random()? };
    let token = issue::sign(&grant, &envelope, &key)?;
    Ok(Printed { data: json!({ "jti": grant.jti, "token": token }), text: token })
}

fn grant(args: Issue, now: Timestamp) -> Result<IssueGrant, Failure> {
    let expires = match args.expires {
        Some(expires) => expires,
        None => now
            .checked_add(SignedDuration::from_hours(24 * i64::from(args.days)))
            .map_err(|_| usage("the end is too far away"))?,
    };
    let told = args.explained_at;
    let consent = ConsentAct {
        act: args.act,
        at: args.consented_at.unwrap_or(now),
        explained: Explained { purpose: told, necessity: told, risks: told, alternatives: told },
        capacity: args.capacity,
        interpreter: args.interpreter,
        spoke_alone: args.spoke_alone,
        own_language: args.own_language,
    };
    let draft = Draft {
        destination: args.to,
        purpose: args.purpose,
        items: args.items,
        declined: args.declined,
        not_before: now,
        expires,
        max_uses: args.max_uses,
        consent,
        advice: args.advice.map(|a| a.0),
    };
    Ok(IssueGrant { app: args.app, client: args.client.read().map_err(usage)?, draft })
}

fn declined(args: Declined) -> control::Declined {
    control::Declined { destination: args.to, purpose: args.purpose, items: args.items }
}

fn end(args: End) -> Result<control::End, Failure> {
    match (args.consent, args.client, args.app) {
        (Some(consent), None, None) => Ok(control::End::Consent(consent)),
        (None, Some(client), Some(app)) => {
            Ok(control::End::Client { app, client: client.read().map_err(usage)?, died: args.died })
        }
        _ => Err(usage("name one consent by its id, or a client with --client and --app")),
    }
}

fn emergency(args: Emergency) -> Result<control::Emergency, Failure> {
    let client = args.client.read().map_err(usage)?;
    Ok(control::Emergency { app: args.app, client, destination: args.to, ground: args.ground })
}

fn random() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeysError::Crypto)?;
    Ok(bytes)
}

fn usage(text: impl Into<String>) -> Failure {
    Failure { exit: 2, text: text.into() }
}

impl From<IssueError> for Failure {
    fn from(e: IssueError) -> Self {
        Self { exit: 2, text: e.to_string() }
    }
}

impl From<KeysError> for Failure {
    fn from(e: KeysError) -> Self {
        Self { exit: 3, text: e.to_string() }
    }
}

impl From<ControlError> for Failure {
    fn from(e: ControlError) -> Self {
        Self { exit: 5, text: e.to_string() }
    }
}
