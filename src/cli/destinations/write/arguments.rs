//! What each change is told, and what it makes of the file.

use super::{Change, Exit, Failure, How};
use crate::{
    cli::destinations::edit::{Ends, Field, Registry, date, list},
    policy::organisations::{Confidence, ForumState, LinkKind, LinkStatus, SystemKind},
};
use jiff::civil::Date;
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};
use toml_edit::Value;

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

/// What `assess` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations assess newtown/beds --until 2027-09-30 --by panel \\
    --reason \"Keeps its own referrals; the panel met the manager on 3 October.\"
  havengate destinations assess gla/rough-sleeping --until 2027-03-31 --by panel --answers-chain \\
    --reason \"The path of 2017 has ended: letter of 1 October 2026.\"

An assessment that is there is replaced, and shown. Where a path to the Home Office is contested or not certain the
assessment must answer it. No assessment opens a recipient from which a certain path leads there.")]
pub struct Assess {
    /// The system
    #[arg(value_name = "SYSTEM")]
    id: String,
    /// The last day it holds
    #[arg(long, value_name = "DAY")]
    until: Date,
    /// The first day [default: today]
    #[arg(long, value_name = "DAY")]
    on: Option<Date>,
    /// Whose word it is
    #[arg(long, value_parser = ["panel", "organisation"])]
    by: String,
    /// What was looked at, and why it is safe
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The reason answers the contested or uncertain path to the Home Office
    #[arg(long)]
    answers_chain: bool,
    #[command(flatten)]
    how: How,
}

impl Change for Assess {
    fn subject(&self) -> Option<&str> {
        Some(&self.id)
    }
    fn how(&self) -> How {
        self.how
    }
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure> {
        let mut fields: Vec<Field<'_>> = vec![
            ("on", date(self.on.unwrap_or_else(crate::cli::destinations::today))),
            ("until", date(self.until)),
            ("by", self.by.as_str().into()),
            ("reason", self.reason.as_str().into()),
        ];
        // An old answer is not an answer of this assessment.
        if self.answers_chain || registry.mentions(&self.id, "assessed", "answers_chain")? {
            fields.push(("answers_chain", self.answers_chain.into()));
        }
        Ok(registry.set(&self.id, "assessed", fields)?)
    }
}

/// What `undertake` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  havengate destinations undertake newtown/beds --document undertaking-signed.pdf --role \"Head of Service\" \\
    --signed 2026-10-01 --expires 2027-09-30 --except-required-by-law yes --tells-us-first yes

The document stays with you; the registry keeps its SHA-256, so that nobody can exchange it unseen. An undertaking that
is there is replaced, and shown.")]
pub struct Undertake {
    /// The system
    #[arg(value_name = "SYSTEM")]
    id: String,
    /// The signed document; only its SHA-256 is kept
    #[arg(long, value_name = "FILE", required_unless_present = "sha256", conflicts_with = "sha256")]
    document: Option<PathBuf>,
    /// The SHA-256 of the signed document, as `sha256sum` prints it
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// The signer's role, never a name
    #[arg(long)]
    role: String,
    /// The day it was signed
    #[arg(long, value_name = "DAY")]
    signed: Date,
    /// The last day it holds
    #[arg(long, value_name = "DAY")]
    expires: Date,
    /// Whether it excepts what the law requires
    #[arg(long, value_parser = ["yes", "no"])]
    except_required_by_law: String,
    /// Whether the recipient tells you before such a disclosure
    #[arg(long, value_parser = ["yes", "no"])]
    tells_us_first: String,
    #[command(flatten)]
    how: How,
}

impl Change for Undertake {
    fn subject(&self) -> Option<&str> {
        Some(&self.id)
    }
    fn how(&self) -> How {
        self.how
    }
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure> {
        let sha256 = match (&self.document, &self.sha256) {
            (Some(document), _) => digest(document)?,
            (None, Some(sha256)) => sha256.to_ascii_lowercase(),
            (None, None) => return Err(Failure::new(Exit::Usage, "name the document, or its SHA-256")),
        };
        let fields: Vec<Field<'_>> = vec![
            ("sha256", sha256.into()),
            ("role", self.role.as_str().into()),
            ("signed", date(self.signed)),
            ("expires", date(self.expires)),
            ("except_required_by_law", (self.except_required_by_law == "yes").into()),
            ("tells_us_first", (self.tells_us_first == "yes").into()),
        ];
        Ok(registry.set(&self.id, "undertaking", fields)?)
    }
}

/// The SHA-256 of a file, as `sha256sum` prints it.
fn digest(path: &Path) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::system(path, &e);
    let mut file = File::open(path).map_err(failed)?;
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let (mut buffer, mut size) = (vec![0; 64 << 10], 0);
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        let Some(part) = buffer.get(..read).filter(|p| !p.is_empty()) else { break };
        digest.update(part);
        size += read;
    }
    if size == 0 {
        let text = format!("{} is empty\n  mend: name the signed document", path.display());
        return Err(Failure::new(Exit::Finding, text));
    }
    Ok(data_encoding::HEXLOWER.encode(digest.finish().as_ref()))
}

/// What `forum` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations forum london-councils/rough-sleeping-forum --state present
  havengate destinations forum london-councils/rough-sleeping-forum --state challenged --deadline 2027-01-31
  havengate destinations forum london-councils/rough-sleeping-forum --state left

In every state nothing goes there. When the Home Office has left, end its link (`end-link`, with evidence) and take `forum`
out of the file. `letter` writes the challenge.")]
pub struct ForumArgs {
    /// The forum, a system of kind forum
    #[arg(value_name = "SYSTEM")]
    id: String,
    /// present: the Home Office is there; challenged: we asked that it leave; left: we left
    #[arg(long)]
    state: ForumState,
    /// Since which day [default: today]
    #[arg(long, value_name = "DAY")]
    since: Option<Date>,
    /// The day by which the Home Office is to be gone, or we leave
    #[arg(long, value_name = "DAY")]
    deadline: Option<Date>,
    #[command(flatten)]
    how: How,
}

impl Change for ForumArgs {
    fn subject(&self) -> Option<&str> {
        Some(&self.id)
    }
    fn how(&self) -> How {
        self.how
    }
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure> {
        let since = self.since.unwrap_or_else(crate::cli::destinations::today);
        let mut fields: Vec<Field<'_>> = vec![("state", self.state.as_str().into()), ("since", date(since))];
        fields.extend(self.deadline.map(|d| ("deadline", date(d))));
        let old = registry.set(&self.id, "forum", fields)?;
        if self.deadline.is_none() && self.state != ForumState::Challenged {
            registry.unset(&self.id, "forum", "deadline")?;
        }
        Ok(old)
    }
}

/// What `link` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations link riverside-council nrpf-connect --kind shares-with --carries riverside-council/nrpf \\
    --confidence high --since 2014-01-01 --evidence \"Camden Council, page on the NRPF Network, read 2026-11-21\"
  havengate destinations link newtown home-office --kind shares-with --confidence low --status contested \\
    --evidence \"a worker's account to the panel\" --note \"The manager denies it; ask for the contract.\"

Kinds: is-part-of, processor-for, shares-with, forum-attended-by, operated-by, policy-contact (talks about policy, carries
no client data). A link that is not certain needs a note that says what is uncertain: it is never stated as fact.
Afterwards `havengate destinations exposure ID --since DAY` says what had gone there.")]
pub struct Link {
    /// The organisation or system that passes data on
    from: String,
    /// The organisation or system it goes to
    to: String,
    /// How
    #[arg(long)]
    kind: LinkKind,
    /// The systems whose client data goes along, or all. Repeatable [default: all]
    #[arg(long, value_name = "SYSTEM|all", value_delimiter = ',')]
    carries: Vec<String>,
    /// How sure the evidence makes you: high, medium, low
    #[arg(long)]
    confidence: Confidence,
    /// Whether it holds: in-force, contested, ended
    #[arg(long, default_value = "in-force")]
    status: LinkStatus,
    /// First day, where known
    #[arg(long, value_name = "DAY")]
    since: Option<Date>,
    /// Where it is written: a page, a document, when it was read. Repeatable
    #[arg(long, required = true)]
    evidence: Vec<String>,
    /// What is uncertain, and how it can be confirmed
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Change for Link {
    fn subject(&self) -> Option<&str> {
        None
    }
    fn how(&self) -> How {
        self.how
    }
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure> {
        let ends = Ends { from: &self.from, to: &self.to, kind: Some(self.kind.as_str()) };
        let carries: Option<Value> = match self.carries.as_slice() {
            [] if self.kind == LinkKind::SharesWith => Some("all".into()),
            [] => None,
            [all] if all == "all" => Some("all".into()),
            systems => Some(list(systems)),
        };
        if registry.links_like(ends, carries.as_ref())? {
            let text = "this link stands there already\n  mend: end it with `end-link` first, or change it in \
                        organisations.toml";
            return Err(Failure::new(Exit::Finding, text));
        }
        let mut fields: Vec<Field<'_>> = vec![
            ("from", self.from.as_str().into()),
            ("to", self.to.as_str().into()),
            ("kind", self.kind.as_str().into()),
        ];
        fields.extend(carries.map(|c| ("carries", c)));
        fields.push(("status", self.status.as_str().into()));
        fields.push(("confidence", self.confidence.as_str().into()));
        fields.extend(self.since.map(|d| ("since", date(d))));
        fields.push(("evidence", list(&self.evidence)));
        fields.extend(self.note.as_ref().map(|n| ("note", n.as_str().into())));
        Ok(registry.add_link(fields).map(|()| None)?)
    }
}

/// What `end-link` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  havengate destinations end-link gla home-office --ended 2017-02-28 --evidence \"letter of 1 October 2026\"

The link stays in the file and on the map, as ended. Ending one can open a recipient: read what this changes.")]
pub struct EndLink {
    /// As the link writes it
    from: String,
    /// As the link writes it
    to: String,
    /// Which, where there are several
    #[arg(long)]
    kind: Option<LinkKind>,
    /// Its last day
    #[arg(long, value_name = "DAY")]
    ended: Date,
    /// Where it is written that it ended. Repeatable
    #[arg(long)]
    evidence: Vec<String>,
    #[command(flatten)]
    how: How,
}

impl Change for EndLink {
    fn subject(&self) -> Option<&str> {
        None
    }
    fn how(&self) -> How {
        self.how
    }
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure> {
        let ends = Ends { from: &self.from, to: &self.to, kind: self.kind.map(LinkKind::as_str) };
        Ok(registry.end_link(ends, self.ended, &self.evidence).map(|()| None)?)
    }
}
