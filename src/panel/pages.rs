//! The pages themselves, a file for each.

mod asked;
mod clause;
pub(in crate::panel) mod consent;
mod decision;
pub(in crate::panel) mod emergencies;
mod left;
pub(in crate::panel) mod policy;
mod recipients;
pub(in crate::panel) mod record;
mod sheets;
mod stopped;
mod today;
pub(in crate::panel) mod uncovered;

use super::routes::{EVERYBODY_SIGNED, FIGURES, PANEL, Route, Who};

/// The pages of this room.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/", FIGURES, today::today),
        Route::get("/recipients", EVERYBODY_SIGNED, recipients::list),
        Route::get("/recipients/map.svg", EVERYBODY_SIGNED, recipients::picture),
        Route::get("/recipients/{organisation}/{system}", EVERYBODY_SIGNED, recipients::one),
        Route::get("/recipients/{organisation}/{system}/map.svg", EVERYBODY_SIGNED, recipients::picture_from),
        Route::get("/consent", FIGURES, consent::page),
        Route::get("/policy", FIGURES, policy::list),
        Route::get("/policy/{hash}", FIGURES, policy::one),
        Route::post("/policy/{hash}/replay", FIGURES, policy::replay),
        Route::get("/emergencies", PANEL, emergencies::page),
        Route::post("/emergencies/{entry}/review", PANEL, emergencies::review),
        Route::get("/record", FIGURES, record::page),
        Route::get("/record/entries.ndjson", PANEL, record::entries),
        Route::post("/record/check", FIGURES, record::check),
        Route::get("/not-covered", EVERYBODY_SIGNED, uncovered::page),
        Route::post("/not-covered", EVERYBODY_SIGNED, uncovered::add),
        Route::post("/not-covered/{number}/covered", PANEL, uncovered::end),
        Route::get("/stopped", FIGURES, stopped::stopped),
        Route::get("/stopped/{clause}", FIGURES, clause::clause),
        Route::get("/left", FIGURES, left::left),
        Route::get("/decision", PANEL, decision::ask),
        Route::post("/decision", PANEL, decision::show),
        Route::get("/panel.css", Who::Anybody, sheets::style),
        Route::get("/icon.svg", Who::Anybody, sheets::icon),
    ]
}
