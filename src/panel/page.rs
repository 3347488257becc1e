//! What every page has: the frame around it, and how it is answered.

use super::{Panel, access::Visitor, wrong::Wrong};
use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};

/// The frame: title, organisation, who is signed in, where one can go.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    /// Of this page.
    pub title: String,
    /// The organisation's name.
    pub organisation: String,
    /// Who is signed in: name, role and the token that their forms carry.
    pub signed: Option<Signed>,
    /// Where one can go.
    pub links: Vec<Link>,
    /// Something everybody must know, such as a record book that cannot be written.
    pub trouble: Option<&'static str>,
    /// Whether anybody is told of things by mail or another message; otherwise they stand on the panel's pages alone.
    pub told: bool,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub name: String,
    pub role: &'static str,
    pub csrf: String,
}

/// A place to go.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub to: &'static str,
    pub label: &'static str,
    pub here: bool,
}

impl Shell {
    /// The frame of a page for this visitor. `here` is the page's address among the links.
    pub(super) fn of(panel: &Panel, visitor: &Visitor, title: impl Into<String>, here: &str) -> Self {
        let links = visitor.session().map(|s| super::routes::links(s.role)).unwrap_or_default();
        let trouble = panel.ledger().health().err().map(
            |_| "The record book cannot be written. Until it can, the gateway sends nothing at all. Tell your IT team.",
        );
        Self {
            title: title.into(),
            organisation: panel.organisation().to_owned(),
            signed: visitor.session().map(|s| Signed {
                name: s.name.clone(),
                role: s.role.label(),
                csrf: s.csrf.clone(),
            }),
            links: links.iter().map(|(to, label)| Link { to, label, here: *to == here }).collect(),
            trouble,
            told: panel.told.get().is_some(),
        }
    }

    /// The token that a form of this page carries.
    pub(super) fn csrf(&self) -> &str {
        self.signed.as_ref().map_or("", |s| &s.csrf)
    }
}

/// A rendered page.
pub(super) fn html(page: &impl Template) -> Result<Response, Wrong> {
    let text = page.render().map_err(|_| Wrong::broken("a page could not be rendered"))?;
    Ok(typed(StatusCode::OK, "text/html; charset=utf-8", text))
}

/// Anything with a type.
pub(super) fn typed(status: StatusCode, kind: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// After a form was taken: look there (RFC 9110 section 15.4.4). An address that is not one of ours leads to Today.
pub(super) fn see_other(to: &str) -> Response {
    let ours = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\t']);
    let to = HeaderValue::from_str(if ours { to } else { "/" }).unwrap_or(HeaderValue::from_static("/"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, to);
    response
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "wrong.html")]
struct Plain<'a> {
    title: &'a str,
    words: &'a str,
}

/// A page without a frame, for what goes wrong.
pub(super) fn plain(status: StatusCode, title: &str, words: &str) -> Response {
    match (Plain { title, words }).render() {
        Ok(text) => typed(status, "text/html; charset=utf-8", text),
        Err(_) => typed(status, "text/plain; charset=utf-8", format!("{title}\n\n{words}\n")),
    }
}
