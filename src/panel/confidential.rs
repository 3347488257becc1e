//! Texts for panel members' eyes, on pages: sealed when they come in, opened only in the answer to a member.

mod everything;

use super::{
    Panel,
    access::{Session, keys},
    sealed::{self, Private, Public, SealError, Sealed},
    wrong::Wrong,
};
use zeroize::Zeroizing;

pub(super) use everything::{Place, only_for, share_all};

/// A text as a member's page shows it: its words, or why there are none.
#[derive(Debug)]
pub(super) struct Shown {
    pub words: Option<Zeroizing<String>>,
    pub why: &'static str,
}

/// Seals the words of a form. `None`: there are none, or no member has a key, and then they must not be kept.
pub(super) async fn seal_words(panel: &Panel, purpose: &str, words: &str) -> Result<Option<String>, Wrong> {
    if words.is_empty() { Ok(None) } else { seal(panel, purpose, words).await }
}

/// The same, where what is written must be kept.
///
/// # Errors
/// [`Wrong::Invalid`] when no member has a key.
pub(super) async fn seal_all_words(panel: &Panel, purpose: &str, words: &str) -> Result<Option<String>, Wrong> {
    match seal_words(panel, purpose, words).await? {
        None if !words.is_empty() => {
            Err(Wrong::Invalid("No member has a key yet, so the words cannot be kept safely."))
        }
        sealed => Ok(sealed),
    }
}

/// Seals a text to every member who has a key. `None` where nobody has one: it must not be kept then.
async fn seal(panel: &Panel, purpose: &str, text: &str) -> Result<Option<String>, Wrong> {
    let members = keys::members(panel).await?;
    match sealed::seal(purpose, text, &members) {
        Ok(sealed) => Ok(Some(sealed.to_string())),
        Err(SealError::NoMember) => Ok(None),
        Err(_) => Err(Wrong::broken("a text could not be sealed")),
    }
}

/// What to open of a text that newer members were let read: the copy with their keys, where it is the same text. Where
/// it is another one, what came in, and `true`: whoever can write the store put it there.
pub(super) fn widest<'a>(sealed: &'a str, shared: Option<&'a str>) -> (&'a str, bool) {
    let Some(shared) = shared else { return (sealed, false) };
    match (sealed.parse::<Sealed>(), shared.parse::<Sealed>()) {
        (Ok(first), Ok(more)) if first.is_same_text(&more) => (shared, false),
        _ => (sealed, true),
    }
}

/// Opens it for whoever is signed in.
pub(super) fn show(panel: &Panel, session: &Session, purpose: &str, sealed: &str) -> Shown {
    let none = |why| Shown { words: None, why };
    let Some(private) = keys::private(panel, session) else {
        return none("Sign out and in again to read this: your key is no longer in memory.");
    };
    let Ok(sealed) = sealed.parse::<Sealed>() else {
        return none("This was changed since it came in, and cannot be read.");
    };
    match sealed::open(purpose, &sealed, &session.account, &private) {
        Ok(words) => Shown { words: Some(words), why: "" },
        Err(SealError::NotForYou) => {
            none("This came in before you had an account. Ask another member to let you read it.")
        }
        Err(_) => none("This was changed since it came in, and cannot be read."),
    }
}

/// The same text, for members who came later, too. `None`: this person cannot read it, or nobody is missing.
pub(super) async fn share(
    panel: &Panel,
    session: &Session,
    purpose: &str,
    sealed: &str,
) -> Result<Option<String>, Wrong> {
    let Some(private) = keys::private(panel, session) else { return Ok(None) };
    Ok(more_readers((&session.account, &private), &keys::members(panel).await?, purpose, sealed))
}

/// The same text for every member who is missing. `None`: this reader cannot read it, or nobody is.
fn more_readers(reader: (&str, &Private), members: &[(String, Public)], purpose: &str, sealed: &str) -> Option<String> {
    let mut sealed = sealed.parse::<Sealed>().ok()?;
    let mut added = false;
    for (member, public) in members {
        if !sealed.is_for(member) {
            added |= sealed::add_member(purpose, &mut sealed, reader, (member, public)).is_ok();
        }
    }
    added.then(|| sealed.to_string())
}
