//! Lifting a stop: on the page, by a panel member, with a second factor shown just now and a reason. There is no other
//! way: no command, no socket (design section 9).

use super::{kept, list, words};
use crate::{
    ledger::{Change, Leaf},
    panel::{
        Panel,
        access::{self, Role, Visitor},
        guard::Fields,
        page,
        wrong::Wrong,
    },
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use std::sync::Arc;

/// Lifts it.
pub(super) async fn lift(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Wrong> {
    let session = visitor.session().filter(|s| s.role == Role::Panel).ok_or(Wrong::Forbidden)?;
    let why = fields.text("reason", list::WORDS)?;
    if why.is_empty() {
        return Err(Wrong::Invalid("Write why the panel lifts it. Whoever placed it can read that."));
    }
    let id = list::known(&id)?;
    if !panel.ledger().view().stops().any(|s| s.id == id) {
        return Err(Wrong::Conflict("No stop with this number is in force. Perhaps somebody lifted it before you."));
    }
    access::second_factor(&panel, session, fields.one("factor")?).await?;
    let hash = words::keep(&panel, why).await?;
    let mut leaf = Leaf::lifting(&id);
    leaf.extra.insert("words", hash.clone());
    leaf.extra.insert("by", session.account.clone());
    let changes = vec![Change::LiftStop(id.clone()), Change::Notify { kind: kept::LIFTED }];
    if let Err(e) = panel.record(leaf, changes).await {
        words::not_recorded(&panel, hash, &e).await;
        return Err(e.into());
    }
    Ok(page::see_other(&format!("/stops/{id}")))
}
