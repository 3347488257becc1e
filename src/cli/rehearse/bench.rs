//! Who judges: the running gateway, or this process with what the record book held when it began.

use super::{
    Failure,
    place::{Map, Place},
    recorded::Recorded,
};
use crate::{
    cli::Exit,
    config::{Config, Limits},
    consent::{View, keys::Keys},
    flow::{App, DecisionId},
    gate::{
        control::{self, Command, ControlError, Reply},
        keys,
        rehearsal::{self, Situation, report::Told},
        reload::{self, ReloadError},
    },
    ledger::{Ledger, Opening},
    policy::Policy,
};
use jiff::Timestamp;
use std::{path::PathBuf, sync::Arc};

/// Where consents and stops come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A running gateway is asked.
    Gateway {
        /// It was started or reloaded with the policies that are on disk.
        same_rules: bool,
    },
    /// The record book, read when the rehearsal began.
    RecordBook,
    /// Nowhere: nobody has consented, nothing is stopped.
    Nowhere,
}

/// What came of one recorded request.
#[derive(Debug)]
pub(super) enum Judged {
    /// It was judged.
    Told {
        /// What came of it.
        told: Told,
        /// It went to the recipient directly and was judged as if it had come through the gateway.
        direct: bool,
    },
    /// No connection leads where it went.
    NotCovered(String),
    /// It could not be judged, and why.
    Not(String),
}

/// Judges recorded requests of one calling system. It holds nothing that could send one.
#[derive(Debug)]
pub(super) struct Bench {
    app: App,
    at: Option<Timestamp>,
    policy: Arc<Policy>,
    source: Source,
    judge: Judge,
}

#[derive(Debug)]
enum Judge {
    Gateway(PathBuf),
    Here(Box<Here>),
}

#[derive(Debug)]
struct Here {
    view: Arc<View>,
    keys: Arc<Keys>,
    limits: Limits,
    audience: String,
    /// No decision is made for an earlier moment than the last record's.
    not_before: Option<Timestamp>,
}

impl Bench {
    /// Finds out who can judge. The record book is not held on to: a gateway may start meanwhile.
    ///
    /// # Errors
    /// When policies, keys or the record book cannot be read.
    pub(super) async fn open(
        config: &Config,
        app: App,
        at: Option<Timestamp>,
        without_consents: bool,
    ) -> Result<Self, Failure> {
        let (_, policy) =
            reload::compile(&config.policies, crate::cli::today()).map_err(|e| Failure::of_policies(&e))?;
        let policy = Arc::new(policy);
        let bench = |source, judge| Self { app, at, policy: policy.clone(), source, judge };
        if without_consents {
            let here = Here::new(config, &policy, Arc::default(), None)?;
            return Ok(bench(Source::Nowhere, Judge::Here(Box::new(here))));
        }
        let socket = config.control_socket();
        match control::call(&socket, &Command::Status).await {
            Ok(Reply::Done { data, .. }) => {
                let active = data.get("policy").and_then(serde_json::Value::as_str).unwrap_or_default();
                let mut bench = bench(Source::Gateway { same_rules: false }, Judge::Gateway(socket));
                bench.source = Source::Gateway { same_rules: active == bench.policy.hash.to_string() };
                Ok(bench)
            }
            Err(ControlError::NotRunning(_)) => {
                let ledger = Ledger::open(&config.ledger, Opening::new(config.gateway.name.clone()))?;
                let (view, time) = (ledger.view(), ledger.now());
                ledger.close().await.map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?;
                let here = Here::new(config, &policy, view, Some(time))?;
                Ok(bench(Source::RecordBook, Judge::Here(Box::new(here))))
            }
            Ok(Reply::Refused { text } | Reply::Invalid { text }) => Err(Failure::new(Exit::Unavailable, text)),
            Err(error) => Err(Failure::new(Exit::Unavailable, error.to_string())),
        }
    }

    pub(super) const fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(super) const fn source(&self) -> Source {
        self.source
    }

    /// Judges one request where it would come in.
    pub(super) async fn rehearse(&self, map: &Map, request: &Recorded) -> Judged {
        let (bytes, direct) = match map.place(request) {
            Place::AsItWas => (request.as_it_was(), false),
            Place::Through { host, target } => (request.addressed(host.as_bytes(), &target), true),
            Place::NotCovered(why) => return Judged::NotCovered(why),
        };
        match self.judge(bytes).await {
            Ok(told) => Judged::Told { told, direct },
            Err(why) => Judged::Not(why),
        }
    }

    async fn judge(&self, request: Vec<u8>) -> Result<Told, String> {
        match &self.judge {
            Judge::Here(here) => here.judge(self.app.clone(), &self.policy, &request, self.at),
            Judge::Gateway(socket) => {
                let request = String::from_utf8(request)
                    .map_err(|_| format!("it is not UTF-8 text, and a running gateway takes only text; {INSTEAD}"))?;
                let command = Command::Judge { app: self.app.clone(), request, at: self.at };
                match control::call(socket, &command).await {
                    Ok(Reply::Done { data, .. }) => serde_json::from_value(data).map_err(|_| {
                        format!("the running gateway's answer is too long or of another version; {INSTEAD}")
                    }),
                    Ok(Reply::Refused { text } | Reply::Invalid { text }) => Err(text),
                    Err(ControlError::TooLong) => {
                        Err(format!("with its body it is longer than the 64 KiB a running gateway takes; {INSTEAD}"))
                    }
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }
}

const INSTEAD: &str = "rehearse it while no gateway runs in this home, or with --without-consents";

impl Here {
    fn new(config: &Config, policy: &Policy, view: Arc<View>, not_before: Option<Timestamp>) -> Result<Self, Failure> {
        let keys = Arc::new(keys::load_dir(&config.keys)?);
        if !keys::fits(&keys, &policy.places) {
            return Err(Failure::of_policies(&ReloadError::Places));
        }
        Ok(Self { view, keys, limits: config.limits.clone(), audience: config.gateway.audience.clone(), not_before })
    }

    fn judge(&self, app: App, policy: &Arc<Policy>, request: &[u8], at: Option<Timestamp>) -> Result<Told, String> {
        let now = Timestamp::now();
        let situation = Situation {
            policy,
            view: &self.view,
            keys: &self.keys,
            limits: &self.limits,
            audience: &self.audience,
            now: at.unwrap_or_else(|| self.not_before.map_or(now, |time| now.max(time))),
        };
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| "the system has no randomness".to_owned())?;
        Ok(Told::of(&rehearsal::judge(&situation, DecisionId::from_bytes(random), app, request)))
    }
}
