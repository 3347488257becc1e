//! The style sheet and the icon: the only files besides pages.

use crate::panel::page::typed;
use axum::response::Response;
use http::StatusCode;

pub(super) async fn style() -> Response {
    typed(StatusCode::OK, "text/css; charset=utf-8", include_str!("../static/panel.css"))
}

pub(super) async fn icon() -> Response {
    typed(StatusCode::OK, "image/svg+xml", include_str!("../static/icon.svg"))
}
