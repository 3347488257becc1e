//! `havengate destinations link` and `end-link`.

use super::{Change, Exit, Failure, How, begun};
use crate::{
    cli::destinations::{
        edit::{Ends, Field, Registry, date, list},
        today,
    },
    policy::organisations::{Confidence, LinkKind, LinkStatus},
};
use jiff::civil::Date;
use toml_edit::Value;

/// What `link` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations link riverside-council nrpf-connect --kind shares-with --carries riverside-council/nrpf \\
    --confidence high --since 2014-01-01 --evidence \"Camden Council, page on the NRPF Network, read 2026-11-21\"
  havengate destinations link newtown home-office --kind shares-with --confidence low --status contested \\
    --evidence \"minutes of the partnership board, 3 October 2026\" --note \"The manager denies it; ask for the contract.\"

Kinds: is-part-of, processor-for, shares-with, forum-attended-by, operated-by, policy-contact (talks about policy, carries
no client data). Write in the evidence what was found and where, never who told you. A link that is not certain needs a note that says what is uncertain: it is never stated as fact.
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
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    since: Option<Date>,
    /// Its last day, where it has ended
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day, required_if_eq("status", "ended"))]
    ended: Option<Date>,
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
        self.ended.map_or(Ok(()), over)?;
        begun("since", self.since)?;
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
        fields.extend(self.ended.map(|d| ("ended", date(d))));
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

A link conducts until the end of its last day, so it is recorded as ended only from the day after, and with evidence. It
stays in the file and on the map, as ended. Ending one can open a recipient: read what this changes.")]
pub struct EndLink {
    /// As the link writes it
    from: String,
    /// As the link writes it
    to: String,
    /// Which, where there are several
    #[arg(long)]
    kind: Option<LinkKind>,
    /// Its last day, which must be over
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    ended: Date,
    /// Where it is written that it ended. Repeatable
    #[arg(long, required = true)]
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
        over(self.ended)?;
        let ends = Ends { from: &self.from, to: &self.to, kind: self.kind.map(LinkKind::as_str) };
        Ok(registry.end_link(ends, self.ended, &self.evidence).map(|()| None)?)
    }
}

/// A link conducts to the end of its last day; written down before, it would open at once.
fn over(last: Date) -> Result<(), Failure> {
    if last < today() {
        return Ok(());
    }
    let text = format!(
        "a link that ends on {last} still holds today\n  mend: record it when it has ended, from the day after its last \
         day"
    );
    Err(Failure::new(Exit::Usage, text))
}
