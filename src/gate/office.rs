//! What operators and support workers ask for by command: consent, emergencies, stops, explanations. Carried
//! out the same way by a running gateway (over its control socket) and by a command that holds the record
//! book itself because no gateway does.

use super::{
    Gateway,
    control::{Command, ControlHandler, Declined, Emergency, End, IssueGrant, Reply},
    explanation,
    rehearsal::{self, Situation, report},
    reload::Activator,
    stops,
};
use crate::{
    config::Limits,
    consent::{AdviceRecord, AdviceState, Grant, Safeguarding, issue, keys::Keys, view::StopScope},
    flow::{App, ConsentId, DecisionId, IntegrationId, Purpose, SystemId},
    ledger::{Change, Leaf, Ledger, LedgerError, Tx, exposure::Span, leaf::Kind},
    policy::{Class, Integration, Policy},
    verdict::rules,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

/// How long an emergency grant lives (design section 1, Emergencies).
const EMERGENCY: SignedDuration = SignedDuration::from_hours(4);

/// The record book and the keys, with the rules that are active.
#[derive(Debug, Clone)]
pub struct Office {
    /// Where it is written down.
    pub ledger: Arc<Ledger>,
    /// What makes the labels.
    pub keys: Arc<Keys>,
    /// The rules.
    pub policy: Arc<Policy>,
    /// Bounds.
    pub limits: Limits,
    /// What consent tokens must be addressed to.
    pub audience: String,
}

impl Office {
    /// Carries a command out. `reload` and `status` are a running gateway's own.
    pub async fn handle(&self, command: Command) -> Reply {
        let done = match command {
            Command::ConsentIssue(asked) => self.issue(*asked).await,
            Command::ConsentDeclined(declined) => self.declined(declined).await,
            Command::ConsentEnd(end) => self.end(end).await,
            Command::ConsentEmergency(asked) => self.emergency(asked).await,
            Command::StopPlace { scope } => self.stop(scope).await,
            Command::Explain { decision } => self.explain(decision).await,
            Command::Judge { app, request, at } => self.judge(app, &request, at),
            Command::Exposure(span) => self.exposure(span).await,
            Command::LedgerVerify => self.verify().await,
            Command::Reload | Command::Status => Err("No gateway is running, so there is nothing to ask.".to_owned()),
        };
        match done {
            Ok((text, data)) => Reply::Done { text, data },
            Err(text) => Reply::Refused { text },
        }
    }

    async fn issue(&self, asked: IssueGrant) -> Result<(String, Value), String> {
        let draft = &asked.draft;
        match self.policy.registry.system(&draft.destination) {
            None => return Err(NO_RECIPIENT.to_owned()),
            // The person would believe that something can be sent, or has been.
            Some(system) if system.linked == Class::Root => {
                return Err(format!("{} No consent opens it (DATA-1).", rules::refusal("no-home-office").detail));
            }
            Some(_) => {}
        }
        let unknown = |i: &&issue::DraftItem| self.policy.categories.group(&i.category).is_none();
        if let Some(item) = draft.items.iter().chain(&draft.declined).find(unknown) {
            return Err(format!("{} is not a category; see policies/categories.toml.", item.category));
        }
        let subject = self.keys.subjects.label(&asked.app, asked.client.as_str());
        let grant = issue::grant(&asked.draft, subject, random()?, self.ledger.now()).map_err(|e| e.to_string())?;
        let jti = grant.jti.clone();
        let mut leaf = asked_for(Kind::ConsentIssued, draft.purpose, draft.items.len(), draft.declined.len());
        leaf.extra.insert("advice", advice(draft).to_owned());
        leaf.destination = Some(draft.destination.clone());
        leaf.integration = self.connection(Some(&asked.app), &draft.destination, draft.purpose);
        self.write(leaf, vec![Change::Issue(grant)]).await?;
        Ok((jti.to_string(), json!({ "jti": jti })))
    }

    async fn declined(&self, declined: Declined) -> Result<(String, Value), String> {
        if self.policy.registry.system(&declined.destination).is_none() {
            return Err(NO_RECIPIENT.to_owned());
        }
        let items = usize::from(declined.items);
        if !(1..=issue::MOST_DECLINED).contains(&items) {
            return Err("Say for how many items the person was asked: 1 to 100.".to_owned());
        }
        let mut leaf = asked_for(Kind::ConsentDeclined, declined.purpose, 0, items);
        leaf.integration = self.connection(None, &declined.destination, declined.purpose);
        leaf.destination = Some(declined.destination);
        self.write(leaf, Vec::new()).await?;
        let text = "Recorded: somebody was asked and said no. Nothing of who it was is kept.";
        Ok((text.to_owned(), json!({ "declined": items })))
    }

    /// The connection that a consent is for, where only one can be meant.
    fn connection(&self, app: Option<&App>, to: &SystemId, purpose: Purpose) -> Option<IntegrationId> {
        let meant =
            |i: &&Arc<Integration>| i.destination == *to && i.purpose == purpose && app.is_none_or(|app| i.app == *app);
        let mut meant = self.policy.integrations.values().filter(meant);
        match (meant.next(), meant.next()) {
            (Some(only), None) => Some(only.id.clone()),
            _ => None,
        }
    }

    async fn end(&self, end: End) -> Result<(String, Value), String> {
        let (view, now) = (self.ledger.view(), self.ledger.now());
        let live = |grant: &&Arc<Grant>| view.state(&grant.jti).ended.is_none() && now < grant.expires;
        let (changes, grants, died) = match end {
            End::Consent(jti) => {
                let grants: Vec<_> = view.by_id(&jti).filter(live).cloned().into_iter().collect();
                (vec![Change::End(jti)], grants, false)
            }
            End::Client { app, client, died } => {
                let labels = self.keys.subjects.labels(&app, client.as_str());
                let grants = labels.iter().flat_map(|l| view.grants(l)).filter(live).cloned().collect();
                (labels.into_iter().map(Change::EndAll).collect::<Vec<_>>(), grants, died)
            }
        };
        let ended = grants.len();
        let mut leaf = Leaf::new(Kind::ConsentEnded);
        leaf.destination = only_recipient(&grants);
        // Figures count what ended, not what was asked for.
        leaf.extra.insert("ended", ended.to_string());
        if died {
            leaf.extra.insert("because", "died".to_owned());
        }
        self.write(leaf, changes).await?;
        // A mistyped reference must not pass for an ended consent: somebody would be told that sharing stopped.
        let text = match ended {
            0 => "NOTHING LIVE WAS FOUND under this in the record book. Check the reference or the code. A signed \
                  consent that was never used is refused from now on."
                .to_owned(),
            n => format!(
                "Ended: {n} consent{}. Nothing more leaves under it. What already left is told in person.",
                if n == 1 { "" } else { "s" }
            ),
        };
        Ok((text, json!({ "ended": ended })))
    }

    async fn emergency(&self, asked: Emergency) -> Result<(String, Value), String> {
        let approved =
            self.policy.registry.system(&asked.destination).is_some_and(|s| s.safeguarding_approved.is_some());
        if !approved {
            return Err("The panel has not approved this recipient for emergencies. Phone them.".to_owned());
        }
        let at = self.ledger.now();
        let id = ConsentId::from_bytes(random()?);
        let grant = Safeguarding {
            id: id.clone(),
            subject: self.keys.subjects.label(&asked.app, asked.client.as_str()),
            destination: asked.destination.clone(),
            ground: asked.ground,
            at,
            expires: at.checked_add(EMERGENCY).map_err(|_| "The clock is wrong.".to_owned())?,
        };
        let mut leaf = Leaf::new(Kind::Safeguarding);
        leaf.destination = Some(asked.destination);
        leaf.extra.insert("ground", asked.ground.to_string());
        self.write(leaf, vec![Change::Safeguard(grant), Change::Notify { kind: "safeguarding" }]).await?;
        Ok((id.to_string(), json!({ "id": id, "hours": 4 })))
    }

    async fn stop(&self, scope: StopScope) -> Result<(String, Value), String> {
        stops::check(&scope, &self.policy)?;
        let stop = stops::place(&self.ledger, scope).await.map_err(said)?;
        Ok((stops::said(&stop), json!({ "stop": stop })))
    }

    async fn explain(&self, decision: DecisionId) -> Result<(String, Value), String> {
        let known = self.ledger.decision(decision).await.map_err(said)?;
        let known = known.ok_or("The record book has no decision with this id.")?;
        Ok(explanation::told(&known, &self.policy))
    }

    fn judge(&self, app: App, request: &str, at: Option<Timestamp>) -> Result<(String, Value), String> {
        let view = self.ledger.view();
        let situation = Situation {
            policy: &self.policy,
            view: &view,
            keys: &self.keys,
            limits: &self.limits,
            audience: &self.audience,
            now: at.unwrap_or_else(|| self.ledger.now()),
        };
        let decision = DecisionId::from_bytes(random()?);
        Ok(report::told(&rehearsal::judge(&situation, decision, app, request.as_bytes())))
    }

    async fn exposure(&self, span: Span) -> Result<(String, Value), String> {
        let page = self.ledger.exposure(span).await.map_err(said)?;
        Ok((String::new(), serde_json::to_value(&page).map_err(|e| e.to_string())?))
    }

    async fn verify(&self) -> Result<(String, Value), String> {
        let report = self.ledger.verify_live().await.map_err(said)?;
        let data = serde_json::to_value(&report).map_err(|e| e.to_string())?;
        Ok((report.to_string(), json!({ "sound": report.is_sound(), "report": data })))
    }

    async fn write(&self, mut leaf: Leaf, changes: Vec<Change>) -> Result<(), String> {
        leaf.policy = Some(self.policy.hash);
        let tx = Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes };
        self.ledger.append(tx).await.map(drop).map_err(said)
    }
}

const NO_RECIPIENT: &str = "The registry knows no such recipient; see policies/organisations.toml.";

/// What a conversation about consent came to, in numbers and closed words.
fn asked_for(kind: Kind, purpose: Purpose, given: usize, declined: usize) -> Leaf {
    let mut leaf = Leaf::new(kind);
    leaf.extra.insert("asked", given.saturating_add(declined).to_string());
    leaf.extra.insert("declined", declined.to_string());
    leaf.extra.insert("purpose", purpose.to_string());
    leaf
}

/// Whether independent immigration advice was offered before, and obtained.
const fn advice(draft: &issue::Draft) -> &'static str {
    match &draft.advice {
        None => "none",
        Some(AdviceRecord { state: AdviceState::DeclinedAfterOffer, .. }) => "offered",
        Some(AdviceRecord { state: AdviceState::Obtained, .. }) => "obtained",
    }
}

/// The recipient of consents that end, where there is only one.
fn only_recipient(grants: &[Arc<Grant>]) -> Option<SystemId> {
    let mut recipients = grants.iter().flat_map(|g| &g.items).map(|item| &item.destination);
    let first = recipients.next()?;
    recipients.all(|r| r == first).then(|| first.clone())
}

fn said(error: LedgerError) -> String {
    format!("It was not recorded, so it is not done: {error}")
}

fn random() -> Result<[u8; 16], String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "The random source failed.".to_owned())?;
    Ok(bytes)
}

impl ControlHandler for Gateway {
    async fn handle(&self, command: Command, user: Option<u32>) -> Reply {
        match command {
            Command::Reload => match self.reload(Activator::Command(user)).await {
                Ok(hash) => Reply::Done {
                    text: format!("Policy {hash} is active."),
                    data: json!({ "policy": hash.to_string() }),
                },
                Err(error) => Reply::Refused { text: error.to_string() },
            },
            Command::Status => self.status(),
            other => {
                let office = Office {
                    ledger: self.ledger.clone(),
                    keys: self.keys.clone(),
                    policy: self.policy.snapshot(),
                    limits: self.config.limits.clone(),
                    audience: self.config.gateway.audience.clone(),
                };
                office.handle(other).await
            }
        }
    }
}

impl Gateway {
    fn status(&self) -> Reply {
        let head = self.ledger.head();
        let health = self.ledger.health().err().map(|e| e.to_string());
        let policy = self.policy.snapshot();
        let data = json!({
            "policy": policy.hash.to_string(),
            "integrations": policy.integrations.len(),
            "ledger": { "size": head.size, "root": data_encoding::HEXLOWER.encode(&head.root), "fault": health },
            "stops": self.ledger.view().stops().count(),
            "rejected": self.policy.rejected(),
        });
        let text = format!(
            "policy {}\n{} connections, {} stops\nrecord book: {} entries, {}{}",
            policy.hash,
            policy.integrations.len(),
            self.ledger.view().stops().count(),
            head.size,
            health.as_deref().unwrap_or("in order"),
            if self.policy.rejected() { "\nALARM: the last reload was refused; an older set is active" } else { "" },
        );
        Reply::Done { text, data }
    }
}
