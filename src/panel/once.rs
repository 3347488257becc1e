//! Forms that are taken once: each carries a random word, which becomes the id of what it makes. What is made is kept
//! first and recorded then, so that nothing stands in the record book that cannot be shown.

use super::{Panel, access::session, guard::Fields, wrong::Wrong};
use crate::ledger::{Change, Leaf};

/// A word for a new form.
pub(super) fn new() -> Result<String, Wrong> {
    session::random()
}

/// What is known of a form that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was never sent before.
    First,
    /// It was sent before, and nobody knows whether that was recorded.
    Unconfirmed,
    /// It was sent before, and that is recorded.
    Again,
}

impl Sent {
    /// What a form's row says: whether it was made just now, whether it is recorded, and whether it holds what was sent.
    ///
    /// # Errors
    /// [`Wrong::Conflict`] where the same form was sent with something else before: that would be dropped unsaid.
    pub(super) fn of(made: bool, recorded: bool, same: bool) -> Result<Self, Wrong> {
        match (made, recorded, same) {
            (true, ..) => Ok(Self::First),
            (false, _, false) => Err(Wrong::Conflict(
                "This form was sent before with something else in it, and that is kept. To write of something else, open a \
                 new form.",
            )),
            (false, false, true) => Ok(Self::Unconfirmed),
            (false, true, true) => Ok(Self::Again),
        }
    }
}

/// The word of a form that was sent.
pub(super) fn of(fields: &Fields) -> Result<String, Wrong> {
    let word = fields.one("once")?;
    if word.len() != 32 || !word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')) {
        return Err(Wrong::Invalid("Open the page again and send its form anew."));
    }
    Ok(word.to_owned())
}

/// Records what such a form made; the panel is told with a message of this kind. Then `yes` notes its entry (`?2`) with
/// the row of this id (`?1`). Where it is certain that it was not recorded, `no` takes the row back. Otherwise the row
/// stays, marked on pages: its entry is looked for, and the same form sent again finds out.
pub(super) async fn record(
    panel: &Panel,
    leaf: Leaf,
    kind: Option<&'static str>,
    id: String,
    (yes, no): (&'static str, &'static str),
) -> Result<(), Wrong> {
    let changes = kind.map(|kind| Change::Notify { kind }).into_iter().collect();
    match panel.record(leaf, changes).await {
        Ok(recorded) => {
            let entry = i64::try_from(recorded.index).unwrap_or(i64::MAX);
            panel.store().write(move |db| db.execute(yes, (id, entry))).await.map(drop)
        }
        Err(error) if error.may_be_recorded() => {
            tracing::error!(%error, "the record book has not confirmed what the panel recorded");
            Err(Wrong::Unconfirmed)
        }
        Err(error) => {
            panel.store().write(move |db| db.execute(no, [id])).await?;
            Err(error.into())
        }
    }
}
