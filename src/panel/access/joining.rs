//! `/invitation`: from a code to an account. A name, a passphrase, an app for codes; ten recovery codes at the end.

use super::{
    Said,
    account::{self, Opening},
    audit,
    invitation::{self, Invitation, Standing},
    keys::Unlocked,
    setup::Setup,
    totp, weak,
};
use crate::panel::{
    Panel,
    access::Visitor,
    guard::Fields,
    page::{self, Shell},
    sealed,
    wrong::Wrong,
};
use askama::Template;
use axum::{extract::State, response::Response};
use std::sync::Arc;

/// Characters of a name at most.
const NAME: usize = 60;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "invitation.html")]
struct Door {
    shell: Shell,
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "opening.html")]
struct Form {
    shell: Shell,
    role: &'static str,
    code: String,
    name: String,
    setup: Setup,
    wrong: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "codes.html")]
pub(super) struct Codes {
    pub shell: Shell,
    pub opened: bool,
    pub codes: Vec<String>,
}

impl Form {
    /// What is wrong with a field, beside it.
    fn fault(&self, field: &str) -> Option<&'static str> {
        self.wrong.filter(|(of, _)| *of == field).map(|(_, words)| words)
    }
}

pub(super) async fn door(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    page::html(&Door { shell: Shell::of(&panel, &visitor, "Open your account", "/invitation"), wrong: None })
}

/// The code alone shows the form; the form with it opens the account.
pub(super) async fn join(State(panel): State<Arc<Panel>>, visitor: Visitor, fields: Fields) -> Result<Response, Wrong> {
    let code = fields.one("invitation")?.to_owned();
    let (asked, now) = (code.clone(), panel.now());
    let found = panel.store().read(move |db| invitation::of_code(db, &asked, now)).await?;
    let invited = match found {
        Some(invited) if invited.standing == Standing::Open => invited,
        closed => {
            let wrong = Some(not_open(closed.as_ref()));
            return refused(&Door { shell: Shell::of(&panel, &visitor, "Open your account", "/invitation"), wrong });
        }
    };
    let secret = fields.one("secret")?;
    if secret.is_empty() {
        let secret = totp::Secret::new()?;
        return page::html(&form(&panel, &visitor, &invited, code, String::new(), &secret, None)?);
    }
    let secret = totp::Secret::parse(secret).ok_or(Wrong::Invalid("That is not one of our forms."))?;
    match open(&panel, &fields, &invited, &secret).await? {
        Ok(codes) => {
            audit::flush(&panel).await;
            page::html(&Codes {
                shell: Shell::of(&panel, &visitor, "Your account is open", "/invitation"),
                opened: true,
                codes,
            })
        }
        Err(wrong) => {
            let name = fields.text("name", NAME).unwrap_or_default();
            refused(&form(&panel, &visitor, &invited, code, name, &secret, Some(wrong))?)
        }
    }
}

const fn not_open(found: Option<&Invitation>) -> &'static str {
    match found {
        Some(Invitation { standing: Standing::Unconfirmed, .. }) => {
            "A panel member must confirm this invitation first, on the page Members. Then open this page again."
        }
        Some(Invitation { standing: Standing::Waits, .. }) => {
            "No panel member is left who could confirm this invitation. It opens three days after the panel was told of it."
        }
        _ => "There is no such invitation. Look at the code again. An invitation works once, and for seven days.",
    }
}

fn refused(page: &impl Template) -> Result<Response, Wrong> {
    Said::refused(page::html(page))
}

fn form(
    panel: &Panel,
    visitor: &Visitor,
    invited: &Invitation,
    code: String,
    name: String,
    secret: &totp::Secret,
    wrong: Option<(&'static str, &'static str)>,
) -> Result<Form, Wrong> {
    let role = invited.role.label();
    let setup = Setup::of(secret, panel.organisation(), role)?;
    Ok(Form { shell: Shell::of(panel, visitor, "Open your account", "/invitation"), role, code, name, setup, wrong })
}

type Fault = (&'static str, &'static str);

/// Opens the account; gives its recovery codes, or the field that is wrong and why.
async fn open(
    panel: &Panel,
    fields: &Fields,
    invited: &Invitation,
    secret: &totp::Secret,
) -> Result<Result<Vec<String>, Fault>, Wrong> {
    let (name, passphrase) = match chosen(panel, fields)? {
        Ok(chosen) => chosen,
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(step) = secret.accept(fields.one("code")?, panel.wall(), 0) else {
        return Ok(Err(("code", "The code is not right. Add the picture to your app and type the code it shows now.")));
    };
    let (public, private) = sealed::generate().map_err(|_| Wrong::broken("no key could be made"))?;
    let unlocked = Unlocked { private: Arc::new(private), secret: secret.clone() };
    let (codes, hashes) = account::recovery()?;
    let mut opening = Opening::lock((&invited.id, name), passphrase, &unlocked, &public).await?;
    (opening.step, opening.recovery) = (step, hashes);
    let (id, role, code, now) = (invited.id.clone(), invited.role, fields.one("invitation")?.to_owned(), panel.now());
    let opened = panel.store().write(move |db| {
        // It may have been used, or taken back, while the passphrase was stretched.
        match invitation::of_code(db, &code, now)? {
            Some(still) if still.standing == Standing::Open => {}
            _ => return Ok(None),
        }
        let opened = opening.insert(db, &id, role, now)?;
        if opened {
            invitation::used(db, &id)?;
        }
        Ok(Some(opened))
    });
    match opened.await? {
        Some(true) => Ok(Ok(codes)),
        Some(false) => Ok(Err(("name", "Somebody has this name already. Take another, such as with your surname."))),
        None => Err(Wrong::Conflict("The invitation was used or taken back. Ask for another.")),
    }
}

/// The name and the passphrase.
fn chosen<'a>(panel: &Panel, fields: &'a Fields) -> Result<Result<(String, &'a str), Fault>, Wrong> {
    let name = fields.text("name", NAME)?.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Ok(Err(("name", "Say what you want to be called here.")));
    }
    match passphrase(panel, fields, &name)? {
        Ok(passphrase) => Ok(Ok((name, passphrase))),
        Err(fault) => Ok(Err(fault)),
    }
}

/// A new passphrase, twice the same.
pub(super) fn passphrase<'a>(panel: &Panel, fields: &'a Fields, name: &str) -> Result<Result<&'a str, Fault>, Wrong> {
    let (passphrase, again) = (fields.one("passphrase")?, fields.one("again")?);
    if let Some(why) = weak::why(passphrase, [panel.organisation(), name]) {
        return Ok(Err(("passphrase", why)));
    }
    if passphrase != again {
        return Ok(Err(("again", "The two passphrases are not the same. Type both again.")));
    }
    Ok(Ok(passphrase))
}
