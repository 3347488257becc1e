//! Forms that are taken once: each carries a random word, which becomes the id of what it makes.

use super::{access::session, guard::Fields, wrong::Wrong};

/// A word for a new form.
pub(super) fn new() -> Result<String, Wrong> {
    session::random()
}

/// The word of a form that was sent.
pub(super) fn of(fields: &Fields) -> Result<String, Wrong> {
    let word = fields.one("once")?;
    if word.len() != 32 || !word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')) {
        return Err(Wrong::Invalid("Open the page again and send its form anew."));
    }
    Ok(word.to_owned())
}
