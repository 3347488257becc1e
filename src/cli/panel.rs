//! `havengate panel invite | accounts | close`: who may look at the panel's pages; `report`: its figures as files. These
//! work on `panel.db` itself, whether a gateway runs or not; what they did about accounts goes into the record book within
//! seconds of the panel seeing it, or when the gateway starts next.

mod report;

use super::{Context, Exit, Failure, Printed, running::wait};
use crate::{
    config::{self, Config},
    panel::{
        access::{
            Role,
            account::{self, Account, Closed},
            invitation::{self, Invited, Standing},
        },
        store::{Store, StoreError},
        wrong::Wrong,
    },
    verdict::destination::london,
};
use jiff::Timestamp;
use serde_json::json;
use std::{fmt::Write as _, future::Future, os::unix::fs::MetadataExt as _, path::Path};

/// Say who may look at the panel's pages.
#[derive(Debug, clap::Subcommand)]
pub enum PanelCommand {
    /// Invite somebody to an account, and print the code they open it with
    ///
    /// The code is printed once and kept nowhere. It works once, for seven days.
    ///
    /// The first panel member is invited so. After that an invitation of a panel member by command does nothing until a
    /// panel member has confirmed it on the page Members: whoever runs the machine must not be able to join the panel.
    /// Panel members can also invite there themselves. Each invitation goes into the record book, and the panel is told
    /// when somebody is invited to it.
    Invite(Invite),
    /// List the accounts
    Accounts,
    /// Close an account, at once
    ///
    /// Whoever uses it is signed out. The panel is told when it was a member's. Where that member is the only one who can
    /// open a sealed text, such as a concern, nothing is done unless told so: nobody could ever read it again.
    Close(Close),
    /// Write a month, a quarter or a year in figures: a page to print, a table and JSON, each signed
    ///
    /// The same figures as on the page Reports. It says how many entries of the record book they were counted from, and
    /// the public key that the signatures hold to. Nothing is overwritten that says something else.
    Report(report::Report),
}

/// What `panel invite` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example: the first panel member. Give address and code to them yourself, by hand or by phone.

  havengate panel invite --role panel

Run it as the gateway's own user, such as with `sudo -u havengate`.")]
pub struct Invite {
    /// panel: sits on the scrutiny panel; worker: works with clients; operator: runs the machine
    #[arg(long, value_name = "ROLE")]
    pub role: Role,
}

/// What `panel close` is told.
#[derive(Debug, clap::Args)]
pub struct Close {
    /// Its id, as `havengate panel accounts` shows it
    #[arg(value_name = "ID")]
    pub account: String,

    /// Close it although sealed texts that nobody else can open, such as concerns, are lost for ever by it
    #[arg(long)]
    pub even_if_texts_are_lost: bool,
}

/// Carries it out.
pub(super) fn run(command: PanelCommand, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    match command {
        PanelCommand::Invite(args) => invite(&config, args.role),
        PanelCommand::Accounts => accounts(&config),
        PanelCommand::Close(args) => close(&config, &args),
        PanelCommand::Report(args) => report::run(&config, &args),
    }
}

fn invite(config: &Config, role: Role) -> Result<Printed, Failure> {
    let panel = asked_for(config)?;
    let store = store(config)?;
    let invited = done(invitation::invite(&store, role, None, Timestamp::now()))?;
    let address = format!("{}/invitation", panel.url.origin().ascii_serialization());
    let Invited { id, code, expires, standing } = invited;
    let (label, until) = (role.label(), day(expires));
    let mut text = format!(
        "An invitation for a {label}. It works once, until {until}, and this is the only time you see it:\n\n  \
         address  {address}\n  code     {code}\n\n\
         Give both to the person yourself, by hand or by phone: whoever has them opens the account."
    );
    text.push_str(match standing {
        Standing::Open => "",
        Standing::Unconfirmed => {
            "\n\nIt does nothing yet: a panel member must confirm it on the page Members first. The panel is told of it."
        }
        Standing::Waits => {
            "\n\nIt does nothing yet: no panel member is left to confirm it. It opens three days after the panel was \
             told of it, which takes a running gateway."
        }
    });
    let usable = standing == Standing::Open;
    let data = json!({ "id": id, "role": role.as_str(), "address": address, "code": code,
        "expires": expires.to_string(), "usable": usable });
    Ok(Printed::done(text, data))
}

fn asked_for(config: &Config) -> Result<&config::Panel, Failure> {
    config.panel.as_ref().ok_or_else(|| {
        let text = "the panel has no pages: the configuration does not say where they are\n  \
                    mend: write panel.listen, panel.url and panel.clients into havengate.toml";
        Failure::new(Exit::Configuration, text)
    })
}

fn accounts(config: &Config) -> Result<Printed, Failure> {
    let store = store(config)?;
    let accounts = done(account::all(&store, Timestamp::now()))?;
    let mut text = String::new();
    for account in &accounts {
        let (id, role, name) = (&account.id, account.role.label(), &account.name);
        let signed_in = account.signed_in.map_or_else(|| "never".to_owned(), day);
        let state = if account.closed.is_some() { "closed" } else { "open" };
        let since = day(account.created);
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{id}  {state:6}  {role:14}  since {since}, last signed in {signed_in}  {name}");
    }
    if accounts.is_empty() {
        text.push_str("There is no account yet. Invite the first panel member: havengate panel invite --role panel\n");
    }
    let list: Vec<_> = accounts.iter().map(shown).collect();
    Ok(Printed::done(text, json!({ "accounts": list })))
}

fn shown(account: &Account) -> serde_json::Value {
    json!({
        "id": account.id,
        "name": account.name,
        "role": account.role.as_str(),
        "since": account.created.to_string(),
        "signed_in": account.signed_in.map(day),
        "locked": account.locked,
        "closed": account.closed.map(|at| at.to_string()),
    })
}

fn close(config: &Config, args: &Close) -> Result<Printed, Failure> {
    let (store, id) = (store(config)?, args.account.clone());
    let closed = if args.even_if_texts_are_lost {
        done(account::close_and_lose(&store, id.clone(), Timestamp::now()))?
    } else {
        done(account::close(&store, id.clone(), Timestamp::now()))?
    };
    match closed {
        Closed::Yes(role) => {
            let told = if role == Role::Panel { " The panel is told of it." } else { "" };
            let text = format!("The account is closed, and whoever used it is signed out.{told}");
            Ok(Printed::done(text, json!({ "closed": id, "role": role.as_str() })))
        }
        Closed::No => {
            let text = "there is no open account with this id\n  mend: look at `havengate panel accounts`";
            Err(Failure::new(Exit::Finding, text))
        }
        Closed::Last(texts) => {
            let text = format!(
                "the account is still open: nobody else can open {texts} of the panel's sealed texts, such as concerns, and \
                 without it they are lost for ever\n  \
                 mend: let its holder sign in and choose \"Let newer members read everything\" on the page Members; \
                 only where that cannot be, give --even-if-texts-are-lost"
            );
            Err(Failure::new(Exit::Finding, text))
        }
    }
}

/// The panel's store. Made by another user than the gateway's, the gateway could not open it.
fn store(config: &Config) -> Result<Store, Failure> {
    let path = config.panel_store();
    let home = path.parent().unwrap_or(Path::new("."));
    let owner = std::fs::metadata(home).map_err(|e| Failure::system(home, &e))?.uid();
    if owner != rustix::process::geteuid().as_raw() && !path.exists() {
        let text = format!(
            "{} belongs to another user, who could not open the panel's store afterwards\n  \
             mend: run this as that user, such as with `sudo -u havengate`",
            home.display()
        );
        return Err(Failure::new(Exit::Unavailable, text));
    }
    Ok(Store::open(&path)?)
}

fn done<T>(work: impl Future<Output = Result<T, Wrong>>) -> Result<T, Failure> {
    wait(work)?.map_err(|_| {
        let text = "the panel's store could not be read or written, so nothing was done\n  \
                    mend: look whether the disk is full, and try again";
        Failure::new(Exit::Unavailable, text)
    })
}

fn day(at: Timestamp) -> String {
    at.to_zoned(london()).strftime("%-d %B %Y").to_string()
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::Unavailable, error.to_string())
    }
}
