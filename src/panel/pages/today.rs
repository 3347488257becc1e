//! *Today*: is anything wrong?

use crate::panel::{
    Panel,
    access::Visitor,
    page::{self, Shell},
    wrong::Wrong,
};
use askama::Template;
use axum::{extract::State, response::Response};
use std::sync::Arc;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "today.html")]
struct Today {
    shell: Shell,
    stops: usize,
    entries: u64,
}

pub(super) async fn today(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let view = panel.ledger().view();
    page::html(&Today {
        shell: Shell::of(&panel, &visitor, "Today", "/"),
        stops: view.stops().count(),
        entries: panel.ledger().head().size,
    })
}
