//! The OpenAPI document of the API, made from its own code.

use crate::panel::{page, wrong::Wrong};
use axum::response::Response;
use http::StatusCode;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Havengate: the scrutiny panel's figures",
        description = "Read-only. Counts of events are as they are; counts of people's values are made safe.",
    ),
    paths(super::report, super::stopped, super::left, super::recipients, super::stops, super::record_book),
    components(schemas(crate::panel::report::Report)),
    security(("token" = []), ("session" = [])),
    modifiers(&Ways)
)]
struct Api;

/// How one proves who asks.
struct Ways;

impl Modify for Ways {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = &mut document.components {
            let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
            components.add_security_scheme("token", token);
            let cookie = ApiKeyValue::new(crate::panel::access::session::COOKIE);
            components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        }
    }
}

pub(super) async fn document() -> Result<Response, Wrong> {
    let text = Api::openapi().to_json().map_err(|_| Wrong::broken("the API's document could not be written"))?;
    Ok(page::typed(StatusCode::OK, "application/json", text))
}
