//! `havengate destinations add`.

use super::{Change, Exit, Failure, How};
use crate::{
    cli::destinations::edit::{Field, Registry, list},
    policy::organisations::{Confidence, SystemKind},
};

/// What `add` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations add newtown --name \"Newtown Shelter\"
  havengate destinations add newtown/beds --name \"Newtown Shelter\" --kind housing --host beds.newtown.example
  havengate destinations add newtown/beds --host '*.beds.newtown.example' --mail-domain newtown.example

With the id of a system (its organisation's, a slash, a name) it adds the system, and the organisation where there is none
yet; what a known system answers at is added to what stands there. A new system is unassessed: nothing goes to it.
--json, for every command that writes: `file`, `written`, `difference`, `replaced`, `effect` (`systems` and `connections`
with `before` and `after`), `warnings`, `reloaded`.")]
pub struct Add {
    /// An organisation, or a system: newtown, newtown/beds
    #[arg(value_name = "ID")]
    id: String,
    /// The organisation's name, where it is new
    #[arg(long)]
    name: Option<String>,
    /// What the system is for: housing, health, safeguarding, immigration-adviser, funder, relay, forum, supplier,
    /// support, government
    #[arg(long)]
    kind: Option<SystemKind>,
    /// A host it answers at, or every host below one: '*.newtown.example'. Repeatable
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// A path on a host that others share: www.example/newtown. Repeatable
    #[arg(long, value_name = "HOST/PATH")]
    path: Vec<String>,
    /// A special-use address or network of its own, 10.20.0.0/16. Repeatable
    #[arg(long, value_name = "ADDRESS")]
    address: Vec<String>,
    /// A domain of its mail addresses. Repeatable
    #[arg(long, value_name = "DOMAIN")]
    mail_domain: Vec<String>,
    /// Its id on a service that others share. Repeatable
    #[arg(long, value_name = "ID")]
    tenant: Vec<String>,
    /// How sure you are: high, medium, low
    #[arg(long, requires = "evidence")]
    confidence: Option<Confidence>,
    /// Where it is written. Repeatable
    #[arg(long)]
    evidence: Vec<String>,
    /// What is uncertain, or worth knowing
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Add {
    fn lists(&self) -> [(&'static str, &Vec<String>); 5] {
        [
            ("hosts", &self.host),
            ("paths", &self.path),
            ("addresses", &self.address),
            ("mail_domains", &self.mail_domain),
            ("tenants", &self.tenant),
        ]
    }

    fn about(&self) -> Vec<Field<'_>> {
        let mut fields: Vec<Field<'_>> = Vec::new();
        fields.extend(self.confidence.map(|c| ("confidence", c.as_str().into())));
        fields.extend((!self.evidence.is_empty()).then(|| ("evidence", list(&self.evidence))));
        fields.extend(self.note.as_ref().map(|n| ("note", n.as_str().into())));
        fields
    }

    fn organisation(&self, registry: &mut Registry, id: &str, about: bool) -> Result<(), Failure> {
        let Some(name) = &self.name else {
            let text = format!("the organisation {id} is new\n  mend: say what it is called, with --name");
            return Err(Failure::new(Exit::Usage, text));
        };
        let mut fields: Vec<Field<'_>> = vec![("id", id.into()), ("name", name.as_str().into())];
        fields.extend(self.about().into_iter().filter(|_| about));
        Ok(registry.add_organisation(fields)?)
    }

    fn system(&self, registry: &mut Registry, organisation: &str) -> Result<(), Failure> {
        let Some(kind) = self.kind else {
            let kinds: Vec<_> = SystemKind::ALL.iter().map(|k| k.as_str()).collect();
            let text =
                format!("the system {} is new\n  mend: say what it is for, with --kind: {}", self.id, kinds.join(", "));
            return Err(Failure::new(Exit::Usage, text));
        };
        let mut fields: Vec<Field<'_>> = vec![("id", self.id.as_str().into()), ("kind", kind.as_str().into())];
        fields.extend(self.lists().into_iter().filter(|(_, l)| !l.is_empty()).map(|(key, l)| (key, list(l))));
        fields.extend(self.about());
        Ok(registry.add_system(organisation, fields)?)
    }
}

impl Change for Add {
    fn subject(&self) -> Option<&str> {
        Some(&self.id)
    }
    fn how(&self) -> How {
        self.how
    }
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure> {
        let stands = |what: &str| {
            let mend = "`havengate destinations show` shows it; change what else stands there in organisations.toml";
            Failure::new(Exit::Finding, format!("{} stands there already{what}\n  mend: {mend}", self.id))
        };
        let known = match self.id.split_once('/') {
            Some((organisation, _)) => registry.has_organisation(organisation)?,
            None => registry.has_organisation(&self.id)?,
        };
        let Some((organisation, _)) = self.id.split_once('/') else {
            if self.kind.is_some() || self.lists().iter().any(|(_, l)| !l.is_empty()) {
                let text = "kind and hosts belong to a system, not to an organisation\n  mend: write the system's id: \
                            organisation/system";
                return Err(Failure::new(Exit::Usage, text));
            }
            return if known { Err(stands("")) } else { self.organisation(registry, &self.id, true).map(|()| None) };
        };
        if !known {
            self.organisation(registry, organisation, false)?;
        }
        if !registry.has_system(&self.id)? {
            return self.system(registry, organisation).map(|()| None);
        }
        if self.kind.is_some() || self.name.is_some() || !self.about().is_empty() {
            return Err(stands(": only what it answers at can be added to it"));
        }
        let mut any = false;
        for (key, more) in self.lists().into_iter().filter(|(_, l)| !l.is_empty()) {
            any |= registry.extend(&self.id, key, more)?;
        }
        if any { Ok(None) } else { Err(stands(", with all of that")) }
    }
}
