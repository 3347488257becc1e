//! What can still say no once DNS and certificates have spoken.

use crate::{
    flow::{Clause, Host, RuleId},
    policy::{Policy, PolicyHash},
    verdict::{Code, Reason, Refusal, rules},
};
use std::{fmt, sync::Arc};

/// The registry's last word on a host. It is asked of the recipient's own name before any query, then of every
/// CNAME, every address and every name in the certificate. It can only deny: `None` permits nothing that was not
/// permitted already.
pub trait Denials: Send + Sync {
    /// The refusal, if this name or address belongs to somebody who gets nothing.
    fn denies(&self, host: &Host) -> Option<Refusal>;

    /// The refusal, if a certificate made out to this organisation is reason to send nothing. The text is as the
    /// certificate has it, never cut at a NUL.
    fn denies_organisation(&self, _name: &str) -> Option<Refusal> {
        None
    }
}

impl<F: Fn(&Host) -> Option<Refusal> + Send + Sync> Denials for F {
    fn denies(&self, host: &Host) -> Option<Refusal> {
        self(host)
    }
}

/// A host of a root gets nothing, however it was come by (DATA-1).
impl Denials for Policy {
    fn denies(&self, host: &Host) -> Option<Refusal> {
        self.registry.root_by_host(host)?;
        let rule = RuleId::parse("no-home-office").ok();
        let (code, detail, remedy) = rule
            .as_ref()
            .map_or((Code::DestinationLinked, "The recipient is the Home Office.", "Nothing opens this."), rules::of);
        let refusal = Refusal::plain(code, detail);
        Some(match rule {
            Some(rule) => refusal.because(Reason {
                clause: Some(Clause::Data1),
                rule,
                category: None,
                path: None,
                remedy: remedy.to_owned(),
            }),
            None => refusal,
        })
    }
}

/// The rules of one policy snapshot, as far as the way out needs them.
#[derive(Clone)]
pub struct Rules {
    /// The snapshot. A connection made under another one is not used.
    pub epoch: PolicyHash,
    /// What it denies.
    pub denials: Arc<dyn Denials>,
}

impl Rules {
    /// Of a policy.
    #[must_use]
    pub fn of(policy: &Arc<Policy>) -> Self {
        Self { epoch: policy.hash, denials: policy.clone() }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
