//! `havengate destinations letter`.

use super::{AsOf, Context, Exit, Failure, Printed};
use crate::policy::organisations::letter;
use serde_json::json;

/// What `letter` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations letter london-councils/rough-sleeping-forum > challenge.txt
  havengate destinations letter riverside-council/housing-referrals

To a forum it is the challenge: that the Home Office leave or its access end, by a day. Send it, then record it with
`havengate destinations forum ID --state challenged --deadline DAY`. To any other recipient it asks for the undertaking;
record the signed answer with `havengate destinations undertake`. Fill in what stands in [brackets].
--json: `asks` (challenge or undertaking), `recipient`, `deadline`, `text`.")]
pub struct LetterArgs {
    /// The recipient
    #[arg(value_name = "SYSTEM")]
    id: String,
    #[command(flatten)]
    as_of: AsOf,
}

/// Carries it out.
pub(super) fn run(args: &LetterArgs, context: &Context) -> Result<Printed, Failure> {
    let policy = super::policy(context)?;
    let system = super::one(&args.id, &policy)?;
    let letter = letter::letter(&policy.registry, system, args.as_of.day())
        .map_err(|e| Failure::new(Exit::Finding, format!("no letter is written: {e}")))?;
    let data = json!({
        "asks": letter.asks, "recipient": system.id, "deadline": letter.deadline, "text": letter.text,
    });
    Ok(Printed::done(letter.text, data))
}
