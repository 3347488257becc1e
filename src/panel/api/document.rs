//! The OpenAPI document of the API, made from its own code.

use super::{Nothing, Take, counted, registers};
use crate::panel::{
    page,
    wrong::{Problem, Wrong},
};
use axum::response::Response;
use http::StatusCode;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, Ref, RefOr, ResponseBuilder,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Havengate: the scrutiny panel's figures",
        description = "Read-only. Counts of events are as they are; counts of people's values are made safe: none, fewer \
                       than 10, or rounded down to tens, and totals of what is shown. Where the organisation works with \
                       fewer than 50 people a year they are yes or none, by the quarter: people_period says of what.",
    ),
    paths(
        counted::report,
        counted::stopped,
        counted::left,
        counted::drift,
        counted::consents,
        registers::recipients,
        registers::stops,
        registers::record_book,
        registers::policies,
        registers::emergencies,
        registers::wrong,
        registers::not_covered
    ),
    components(schemas(Problem)),
    security(("token" = []), ("session" = [])),
    modifiers(&Ways, &Refusals)
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

/// What every address answers where it does not answer.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        const ALL: &[(&str, &str)] = &[
            ("400", "It does not take what was asked"),
            ("401", "No session, or a token that is not in force"),
            ("403", "Not for this account, or not for a token"),
            ("404", "There is no such thing"),
            ("500", "Something failed here; the log says what"),
        ];
        for get in document.paths.paths.values_mut().filter_map(|path| path.get.as_mut()) {
            for (status, words) in ALL {
                let known = get.responses.responses.contains_key(*status);
                if known || *status != "404" {
                    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                    let refusal = ResponseBuilder::new().description(*words);
                    let refusal = refusal.content("application/problem+json", content).build();
                    get.responses.responses.insert((*status).to_owned(), RefOr::T(refusal));
                }
            }
        }
    }
}

pub(super) async fn document(_: Take<Nothing>) -> Result<Response, Wrong> {
    let text = Api::openapi().to_json().map_err(|_| Wrong::broken("the API's document could not be written"))?;
    Ok(page::typed(StatusCode::OK, "application/json", text))
}
