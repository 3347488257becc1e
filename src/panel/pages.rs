//! The pages themselves, a file for each.

mod sheets;
mod today;

use super::routes::{FIGURES, Route, Who};

/// The pages of this room.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/", FIGURES, today::today),
        Route::get("/panel.css", Who::Anybody, sheets::style),
        Route::get("/icon.svg", Who::Anybody, sheets::icon),
    ]
}
