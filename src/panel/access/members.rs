//! `/members`: who has an account, and who gets one. Each change of that takes a fresh code: a stolen session must not
//! make members.

use super::{
    Role, Said, Visitor,
    account::{self, Account, Closed},
    audit,
    factor::second_factor,
    invitation::{self, Invitation, Standing},
};
use crate::panel::{
    Panel, confidential,
    guard::Fields,
    page::{self, Shell},
    wrong::Wrong,
};
use askama::Template;
use axum::{extract::State, response::Response};
use jiff::Timestamp;
use std::sync::Arc;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "members.html")]
struct Members {
    shell: Shell,
    accounts: Vec<Line>,
    waiting: Vec<Waiting>,
    /// Whether one of those waits to be confirmed.
    unconfirmed: bool,
    said: Option<Said>,
}

/// An account, as the page lists it.
struct Line {
    id: String,
    name: String,
    role: &'static str,
    since: String,
    signed_in: String,
    state: &'static str,
    open: bool,
    own: bool,
}

/// An invitation, as the page lists it.
struct Waiting {
    id: String,
    role: &'static str,
    made: String,
    until: String,
    by: String,
    state: &'static str,
    unconfirmed: bool,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "invited.html")]
struct Invited {
    shell: Shell,
    role: &'static str,
    address: String,
    code: String,
    until: String,
}

pub(super) async fn members(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    shown(&panel, &visitor, None).await
}

async fn shown(panel: &Panel, visitor: &Visitor, said: Option<Said>) -> Result<Response, Wrong> {
    let own = &visitor.signed_in()?.account;
    let accounts = account::all(panel.store(), panel.passing()).await?;
    let waiting = invitation::all(panel.store(), panel.now()).await?;
    let waiting: Vec<Waiting> = waiting.into_iter().map(|invited| wait(invited, &accounts)).collect();
    page::html(&Members {
        shell: Shell::of(panel, visitor, "Members", "/members"),
        accounts: accounts.iter().map(|account| line(account, own)).collect(),
        unconfirmed: waiting.iter().any(|w| w.unconfirmed),
        waiting,
        said,
    })
}

/// What was wrong with a form is said on the page that it stands on.
async fn again(panel: &Panel, visitor: &Visitor, sent: Result<Response, Wrong>) -> Result<Response, Wrong> {
    match sent {
        Err(Wrong::Invalid(words)) => Said::refused(shown(panel, visitor, Some(Said::wrong(words))).await),
        sent => sent,
    }
}

fn line(account: &Account, own: &str) -> Line {
    let state = match (account.closed, account.locked) {
        (Some(_), _) => "closed",
        (None, true) => "open; locked for some minutes",
        (None, false) => "open",
    };
    Line {
        id: account.id.clone(),
        name: account.name.clone(),
        role: account.role.label(),
        since: day(account.created),
        signed_in: account.signed_in.map_or_else(|| "never".to_owned(), day),
        state,
        open: account.closed.is_none(),
        own: account.id == own,
    }
}

fn wait(invited: Invitation, accounts: &[Account]) -> Waiting {
    let by = |id: &String| accounts.iter().find(|a| a.id == *id).map(|a| a.name.clone());
    let by = invited.by.as_ref().map_or_else(|| Some("by command, by whoever runs the machine".to_owned()), by);
    let state = match invited.standing {
        Standing::Open => "can be used",
        Standing::Unconfirmed | Standing::Waits => "does nothing until one of you confirms it",
    };
    Waiting {
        role: invited.role.label(),
        made: day(invited.created),
        until: day(invited.expires),
        by: by.unwrap_or_else(|| "by somebody whose account is gone".to_owned()),
        state,
        unconfirmed: invited.standing != Standing::Open,
        id: invited.id,
    }
}

fn day(at: Timestamp) -> String {
    super::local(at).strftime("%-d %B %Y").to_string()
}

pub(super) async fn invite(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    again(&panel, &visitor, invite_now(&panel, &visitor, &fields).await).await
}

async fn invite_now(panel: &Panel, visitor: &Visitor, fields: &Fields) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let role: Role = fields.one("role")?.parse().map_err(|_| Wrong::Invalid("Choose what the person will do."))?;
    second_factor(panel, session, fields.one("code")?).await?;
    let invited = invitation::invite(panel.store(), role, Some(session.account.clone()), panel.now()).await?;
    audit::flush(panel).await;
    page::html(&Invited {
        shell: Shell::of(panel, visitor, "The invitation", "/members"),
        role: role.label(),
        address: address(&panel.config().url),
        code: invited.code,
        until: day(invited.expires),
    })
}

/// Where invitations are used.
pub(super) fn address(url: &url::Url) -> String {
    format!("{}/invitation", url.origin().ascii_serialization())
}

pub(super) async fn confirm(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    again(&panel, &visitor, confirm_now(&panel, &visitor, &fields).await).await
}

async fn confirm_now(panel: &Panel, visitor: &Visitor, fields: &Fields) -> Result<Response, Wrong> {
    let id = fields.one("invitation")?.to_owned();
    if id.is_empty() {
        return Err(Wrong::Invalid("Choose the invitation that you mean."));
    }
    let confirm = match fields.one("do")? {
        "confirm" => true,
        "take-back" => false,
        _ => return Err(Wrong::Invalid("Say whether to confirm the invitation or to take it back.")),
    };
    second_factor(panel, visitor.signed_in()?, fields.one("code")?).await?;
    let (done, words) = if confirm {
        (invitation::confirm(panel.store(), id, panel.now()).await?, "The invitation is confirmed: it can be used now.")
    } else {
        (invitation::take_back(panel.store(), id).await?, "The invitation is taken back: it opens nothing.")
    };
    audit::flush(panel).await;
    if !done {
        return Err(Wrong::Conflict(
            "The invitation was used, taken back or confirmed already. Look at Members again.",
        ));
    }
    shown(panel, visitor, Some(Said::done(words))).await
}

pub(super) async fn close(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    again(&panel, &visitor, close_now(&panel, &visitor, &fields).await).await
}

async fn close_now(panel: &Panel, visitor: &Visitor, fields: &Fields) -> Result<Response, Wrong> {
    let (session, id) = (visitor.signed_in()?, fields.one("account")?.to_owned());
    if id == session.account {
        return Err(Wrong::Invalid("Nobody closes their own account: ask another panel member."));
    }
    let lose = fields.one("lose")? == "yes";
    if !lose {
        // Before the code is used up: what follows takes another one.
        let texts = account::opens_alone(panel.store(), id.clone()).await?;
        if texts > 0 {
            return last(panel, visitor, texts).await;
        }
    }
    second_factor(panel, session, fields.one("code")?).await?;
    let closed = if lose {
        account::close_and_lose(panel.store(), id, panel.now()).await?
    } else {
        account::close(panel.store(), id, panel.now()).await?
    };
    super::session::sweep(panel).await?;
    audit::flush(panel).await;
    match closed {
        Closed::Yes(_) => {
            shown(panel, visitor, Some(Said::done("The account is closed. Whoever used it is signed out."))).await
        }
        Closed::Last(texts) => last(panel, visitor, texts).await,
        Closed::No => Err(Wrong::Conflict("There is no open account like that. Look at Members again.")),
    }
}

/// Says what would be lost.
async fn last(panel: &Panel, visitor: &Visitor, texts: usize) -> Result<Response, Wrong> {
    let said = format!(
        "The account is still open. Nobody else can read {texts} of the sealed texts: concerns, answers, or words about \
         breaches and demands. Closed now, nobody could ever read them again. Let its holder sign in first and choose \
         “Let newer members read everything”. Only where that cannot be, tick the box that they may be lost."
    );
    Said::refused(shown(panel, visitor, Some(Said::wrong(said))).await)
}

/// Lets every member read whatever this one can.
pub(super) async fn share(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let shared = match confidential::share_all(&panel, visitor.signed_in()?).await {
        Ok(0) => Ok(Said::done("Every member can read already what you can.")),
        Ok(1) => Ok(Said::done("Every member can now read 1 text more.")),
        Ok(n) => Ok(Said::done(format!("Every member can now read {n} texts more."))),
        Err(wrong) => Err(wrong),
    };
    let shared = match shared {
        Ok(said) => shown(&panel, &visitor, Some(said)).await,
        Err(wrong) => Err(wrong),
    };
    again(&panel, &visitor, shared).await
}
