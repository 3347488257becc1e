//! `havengate consent …`: what a support worker or an IT team types. Arguments are read here and become
//! [`control::Command`](crate::gate::control::Command)s; `run` carries them to a [`Desk`].

mod run;
mod text;

use crate::{
    consent::token::KeyId,
    consent::{ActOfConsent, Capacity, Ground, Interpreter, issue::DraftItem},
    flow::{App, ConsentId, NameError, Purpose, SystemId},
};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use std::{path::PathBuf, str::FromStr};

pub use run::{Desk, Failure, Printed, run};
pub use text::{AdviceArg, ClientArg};

/// Record, end and sign consent.
///
/// Consent is given item by item: one piece of data, in one form, to one recipient, for one purpose.
#[derive(Debug, clap::Subcommand)]
pub enum ConsentCommand {
    /// Make a key that signs consent tokens
    ///
    /// Writes consent-issuing.key (private, mode 0600) and issuers/NAME.pub. A gateway accepts consent signed with
    /// the key once the .pub file is in its own keys/issuers directory and it was started again.
    Keygen(Keygen),
    /// Record a client's consent
    ///
    /// Records what a client agreed to, and prints its id. The record book keeps a keyed label, never the client's
    /// reference. With --token it is signed instead, for whoever sends the request to put into it.
    Issue(Box<Issue>),
    /// Record that somebody was asked and said no to everything
    ///
    /// Nothing of who it was is kept: only the recipient, the purpose and the number of items. Without it the panel
    /// sees only those who agreed, and cannot see whether people are free to say no.
    Declined(Declined),
    /// End consent, at once
    ///
    /// Nothing more leaves under it. What already left is told to the person by a person.
    End(End),
    /// Record an emergency: life or a person at risk. Danger to life: phone 999 now
    ///
    /// Lasts 4 hours, for one client and one recipient that the panel has approved for it. Needs no consent, is not
    /// held back by a stop, never carries immigration data, and tells the panel at once.
    Emergency(Emergency),
}

/// What `consent keygen` is told.
#[derive(Debug, clap::Args)]
pub struct Keygen {
    /// The key's name; without it, one made from the key itself
    #[arg(long, value_name = "NAME")]
    pub kid: Option<KeyId>,
    /// Who issues: the `iss` of tokens [default: https://consent. and the gateway's name]
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Where to write [default: the gateway's keys directory]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What `consent issue` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example: Amina agreed on paper this morning that her name may go to the council, and her year of birth.

  havengate consent issue --app inform --client - --to riverside-council/housing-referrals \\
    --purpose accommodation --item pd:Name --item pd:BirthDate=generalised:year \\
    --explained-at 2026-11-21T09:30 --consented-at 2026-11-21T09:45 --act signed-on-paper \\
    --advice IAA@2026-11-19")]
pub struct Issue {
    /// The system whose record it is, as the configuration's callers are named
    #[arg(long)]
    pub app: App,
    /// The client's reference in that system; `-` reads it from standard input, so that others on this machine
    /// do not see it
    #[arg(long, value_name = "REF")]
    pub client: ClientArg,
    /// The recipient
    #[arg(long, value_name = "SYSTEM")]
    pub to: SystemId,
    /// One piece of data: CATEGORY, CATEGORY=FORM (raw, pseudonym, generalised:year, …), and @PATH where it
    /// holds only for one place. Repeat for each
    #[arg(long = "item", value_name = "CATEGORY[=FORM][@PATH]", required = true, value_parser = text::item)]
    pub items: Vec<DraftItem>,
    /// One piece of data that the person was asked for and declined: CATEGORY or CATEGORY=FORM. Repeat for each. Only
    /// their number is recorded
    #[arg(long = "declined", value_name = "CATEGORY[=FORM]", value_parser = text::item, conflicts_with = "token")]
    pub declined: Vec<DraftItem>,
    /// What it is for
    #[arg(long, value_parser = one_of::<Purpose>(Purpose::ALL.iter().map(|v| v.as_str())))]
    pub purpose: Purpose,
    /// The last day, or a time
    #[arg(long, value_name = "DATE", value_parser = text::end, conflicts_with = "days")]
    pub expires: Option<Timestamp>,
    /// How many days from now
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=180))]
    pub days: u16,
    /// How many different uses each item may have
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub max_uses: u32,
    /// When purpose, necessity, risks and alternatives had been explained
    #[arg(long, value_name = "TIME", value_parser = text::moment)]
    pub explained_at: Timestamp,
    /// When the person agreed [default: now]
    #[arg(long, value_name = "TIME", value_parser = text::moment)]
    pub consented_at: Option<Timestamp>,
    /// What the person did to agree
    #[arg(long, value_parser = one_of::<ActOfConsent>(ActOfConsent::ALL.iter().map(|v| v.as_str())))]
    pub act: ActOfConsent,
    /// Independent immigration advice before: REGISTER@DATE (IAA, SRA, BSB, CILEX, LSS, FOA, LSNI, BNI), or
    /// declined:REGISTER@DATE when it was offered and the person declined
    #[arg(long, value_name = "ADVICE")]
    pub advice: Option<AdviceArg>,
    /// Who may decide
    #[arg(long, default_value = "presumed", value_parser = one_of::<Capacity>(Capacity::ALL.iter().map(|v| v.as_str())))]
    pub capacity: Capacity,
    /// Who interpreted
    #[arg(long, default_value = "not-needed", value_parser = one_of::<Interpreter>(Interpreter::ALL.iter().map(|v| v.as_str())))]
    pub interpreter: Interpreter,
    /// It was in the person's own language
    #[arg(long)]
    pub own_language: bool,
    /// The person was spoken to alone
    #[arg(long)]
    pub spoke_alone: bool,
    /// The wording that was shown
    #[arg(long, value_name = "NAME", default_value = "command-line/1")]
    pub notice: String,
    /// Print a signed token for the header `Consent-Token` instead of recording it; needs the issuing key
    #[arg(long)]
    pub token: bool,
}

/// What `consent declined` is told.
#[derive(Debug, clap::Args)]
pub struct Declined {
    /// The recipient that the person was asked about
    #[arg(long, value_name = "SYSTEM")]
    pub to: SystemId,
    /// What it would have been for
    #[arg(long, value_parser = one_of::<Purpose>(Purpose::ALL.iter().map(|v| v.as_str())))]
    pub purpose: Purpose,
    /// For how many items the person was asked
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub items: u16,
}

/// What `consent end` is told.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["consent", "client"])))]
pub struct End {
    /// The consent's id
    #[arg(value_name = "JTI")]
    pub consent: Option<ConsentId>,
    /// Every consent of this client; `-` reads the reference from standard input
    #[arg(long, value_name = "REF", requires = "app")]
    pub client: Option<ClientArg>,
    /// The system whose record it is
    #[arg(long, requires = "client")]
    pub app: Option<App>,
    /// Because the client died
    #[arg(long, requires = "client")]
    pub died: bool,
}

/// What `consent emergency` is told.
#[derive(Debug, clap::Args)]
pub struct Emergency {
    /// The system whose record it is
    #[arg(long)]
    pub app: App,
    /// The client's reference in that system; `-` reads it from standard input
    #[arg(long, value_name = "REF")]
    pub client: ClientArg,
    /// The recipient
    #[arg(long, value_name = "SYSTEM")]
    pub to: SystemId,
    /// Why
    #[arg(long, value_parser = one_of::<Ground>(Ground::ALL.iter().map(|v| v.as_str())))]
    pub ground: Ground,
}

/// Reads one of a closed list; help and errors show the list.
fn one_of<T>(values: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = NameError> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(values).try_map(|text| text.parse())
}
