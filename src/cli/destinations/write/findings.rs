//! `havengate destinations assess` and `forum`: what was found out about a recipient.

use super::{Change, Failure, How, begun};
use crate::{
    cli::destinations::edit::{Field, Registry, date},
    policy::organisations::ForumState,
};
use jiff::civil::Date;

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
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    until: Date,
    /// The first day [default: today]
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
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
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    since: Option<Date>,
    /// The day by which the Home Office is to be gone, or we leave
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
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
        begun("since", self.since)?;
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
