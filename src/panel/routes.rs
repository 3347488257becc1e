//! Every address of the pages, with its method and who may ask for it: once, here and in the areas' own lists. A page
//! that stands in no list does not exist.

use super::{
    Panel, access, access::Role, api, breaches, concerns, demands, guard, notify, pages, report, stops, wrong::Wrong,
};
use axum::{
    Router,
    handler::Handler,
    middleware,
    routing::{self, MethodRouter},
};
use http::Method;
use std::sync::Arc;

/// Who may ask for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody, unnamed: no cookie is looked at, and nothing is written into the log.
    Anybody,
    /// People signed in with one of these roles.
    Signed(&'static [Role]),
    /// The same, or a machine with a token. For pages that are only looked at.
    Token(&'static [Role]),
}

impl Who {
    /// Whether somebody signed in with this role may.
    pub(super) fn lets(self, role: Role) -> bool {
        match self {
            Self::Anybody => true,
            Self::Signed(roles) | Self::Token(roles) => roles.contains(&role),
        }
    }
}

/// The panel's members.
pub(super) const PANEL: Who = Who::Signed(&[Role::Panel]);
/// Everybody with an account.
pub(super) const EVERYBODY_SIGNED: Who = Who::Signed(&[Role::Panel, Role::Worker, Role::Operator]);
/// The panel's members and those who run the machine: figures, nothing that tells of a person.
pub(super) const FIGURES: Who = Who::Signed(&[Role::Panel, Role::Operator]);

/// One page or form.
#[derive(Debug, Clone)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: Method,
    /// Its address, as axum writes it: `/stops/{id}`.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    handler: MethodRouter<Arc<Panel>>,
}

impl Route {
    /// A page.
    pub(super) fn get<H: Handler<T, Arc<Panel>>, T: 'static>(path: &'static str, who: Who, handler: H) -> Self {
        Self { method: Method::GET, path, who, handler: routing::get(handler) }
    }

    /// A form.
    pub(super) fn post<H: Handler<T, Arc<Panel>>, T: 'static>(path: &'static str, who: Who, handler: H) -> Self {
        Self { method: Method::POST, path, who, handler: routing::post(handler) }
    }
}

/// Every page and form.
#[must_use]
pub fn all() -> Vec<Route> {
    [
        access::routes(),
        pages::routes(),
        stops::routes(),
        concerns::routes(),
        breaches::routes(),
        demands::routes(),
        notify::routes(),
        report::routes(),
        api::routes(),
    ]
    .concat()
}

/// Where somebody of this role can go from every page, in this order.
pub(super) fn links(role: Role) -> Vec<(&'static str, &'static str)> {
    const ALL: &[Role] = Role::ALL;
    const FIGURES: &[Role] = &[Role::Panel, Role::Operator];
    const MEMBERS: &[Role] = &[Role::Panel];
    const OTHERS: &[Role] = &[Role::Worker, Role::Operator];
    const LINKS: &[(&str, &str, &[Role])] = &[
        ("/", "Today", FIGURES),
        ("/stopped", "Stopped", FIGURES),
        ("/left", "What left", FIGURES),
        ("/consent", "Consent", FIGURES),
        ("/recipients", "Recipients", ALL),
        ("/stops", "Stops", FIGURES),
        ("/emergencies", "Emergencies", MEMBERS),
        ("/breaches", "Breaches", MEMBERS),
        ("/concerns", "Concerns", MEMBERS),
        ("/demands", "Demands", MEMBERS),
        ("/policy", "Policy", FIGURES),
        ("/decision", "A decision", MEMBERS),
        ("/reports", "Reports", FIGURES),
        ("/record", "Record book", FIGURES),
        ("/messages", "Messages", FIGURES),
        ("/breaches/new", "Report sharing", OTHERS),
        ("/demands/new", "Somebody asks for data", OTHERS),
        ("/not-covered", "Not covered", ALL),
        ("/members", "Members", MEMBERS),
        ("/account", "Your account", ALL),
    ];
    LINKS.iter().filter(|(_, _, roles)| roles.contains(&role)).map(|(to, label, _)| (*to, *label)).collect()
}

/// All of it, each page behind its guard.
pub(super) fn router(panel: &Arc<Panel>) -> Router {
    let mut router = Router::new();
    for route in all() {
        let gate = guard::Gate { panel: Arc::clone(panel), who: route.who };
        router = router.route(route.path, route.handler.layer(middleware::from_fn_with_state(gate, guard::guard)));
    }
    router
        .fallback(|| async { Wrong::NotFound })
        .method_not_allowed_fallback(|| async { Wrong::NotFound })
        .layer(middleware::from_fn(guard::headers))
        .with_state(Arc::clone(panel))
}
