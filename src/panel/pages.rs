//! The pages themselves, a file for each.

mod asked;
mod clause;
mod decision;
mod left;
mod sheets;
mod stopped;
mod today;
mod words;

use super::routes::{FIGURES, PANEL, Route, Who};

/// The pages of this room.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/", FIGURES, today::today),
        Route::get("/stopped", FIGURES, stopped::stopped),
        Route::get("/stopped/{clause}", FIGURES, clause::clause),
        Route::get("/left", FIGURES, left::left),
        Route::get("/decision", PANEL, decision::ask),
        Route::post("/decision", PANEL, decision::show),
        Route::get("/panel.css", Who::Anybody, sheets::style),
        Route::get("/icon.svg", Who::Anybody, sheets::icon),
    ]
}
