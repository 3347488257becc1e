//! What is asked: a request made from the connection's own operation, and what is in force.

use super::{Exit, Failure, Screen};
use crate::{
    cli::offline,
    config::Limits,
    flow::App,
    policy::{
        Integration, Operation, Policy, Sources,
        case::{CaseRequest, Situation},
        integration::{PathSegment, RouteRule},
    },
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::Path,
    sync::Arc,
};

/// A request, whose it is, and what is in force.
pub(super) struct Asked {
    pub(super) app: App,
    pub(super) request: CaseRequest,
    pub(super) situation: Situation,
    pub(super) now: Timestamp,
    /// What was filled in that a person has to know.
    pub(super) notes: Vec<String>,
}

/// What stands in a path for a parameter that nobody named.
const PLACEHOLDER: &str = "sample";

impl Asked {
    pub(super) fn of(args: &Screen, policy: &Policy) -> Result<Self, Failure> {
        if let Some(directory) = &args.sample {
            return Self::of_case(directory, args.now, policy);
        }
        let integration = args.integration.as_ref().and_then(|id| policy.integrations.get(id)).ok_or_else(|| {
            let known: Vec<&str> = policy.integrations.keys().map(|id| id.as_str()).collect();
            usage(format!("there is no such connection\n  mend: one of {}", known.join(", ")))
        })?;
        let mut notes = Vec::new();
        let (method, target, media) = match &args.path {
            Some(path) => (args.method.clone().unwrap_or(Method::POST), path.clone(), None),
            None => {
                let operation = operation(args, integration)?;
                let media = operation.body.as_ref().map(|b| b.media.clone());
                let method = args.method.clone().unwrap_or_else(|| operation.method.clone());
                (method, target(integration, operation, &mut notes), media)
            }
        };
        let mut headers = headers(&args.headers)?;
        let body = if media.is_some() || args.path.is_some() { body()? } else { Vec::new() };
        if !headers.contains_key(header::HOST) {
            let host = match &integration.route {
                RouteRule::Host(host) => host.to_string(),
                RouteRule::Prefix(_) => "gateway.example".to_owned(),
            };
            headers
                .insert(header::HOST, HeaderValue::from_str(&host).map_err(|_| usage("the route's host is not one"))?);
        }
        let mut request = CaseRequest { method, target, headers, body };
        if !request.headers.contains_key(header::CONTENT_TYPE) && !request.body.is_empty() {
            let media = media.or_else(|| declared(policy, integration, &request));
            if let Some(media) = media.and_then(|m| HeaderValue::from_str(&m).ok()) {
                request.headers.insert(header::CONTENT_TYPE, media);
            }
        }
        let situation = situation(&args.consent)?;
        let now = args.now.unwrap_or_else(Timestamp::now);
        Ok(Self { app: integration.app.clone(), request, situation, now, notes })
    }
}

/// The operation that is named, or the only one with a body.
fn operation<'i>(args: &Screen, integration: &'i Integration) -> Result<&'i Arc<Operation>, Failure> {
    let all = &integration.operations;
    let fits = |o: &&Arc<Operation>| match &args.operation {
        Some(id) => o.id == *id,
        None => o.body.is_some() && args.method.as_ref().is_none_or(|m| o.method == *m),
    };
    let mut found = all.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(operation), None) => Ok(operation),
        _ => {
            let known: Vec<&str> = all.iter().map(|o| o.id.as_str()).collect();
            let what = if args.operation.is_some() { "there is no such operation" } else { "which operation?" };
            Err(usage(format!("{what}\n  mend: say --operation, one of {}", known.join(", "))))
        }
    }
}

/// The address of an operation below its connection's route.
fn target(integration: &Integration, operation: &Operation, notes: &mut Vec<String>) -> String {
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let mut target = String::new();
    if let RouteRule::Prefix(prefix) = &integration.route {
        prefix.iter().for_each(|s| target.extend(["/", &encode(s)]));
    }
    for segment in &operation.path {
        match segment {
            PathSegment::Literal(text) => target.extend(["/", &encode(text)]),
            PathSegment::Field(name) => {
                notes.push(format!("`{PLACEHOLDER}` stands in the path for {{{name}}}; --path says the whole address"));
                target.extend(["/", PLACEHOLDER]);
            }
        }
    }
    if target.is_empty() { "/".to_owned() } else { target }
}

/// The media type of the operation that the gateway would find for this request.
fn declared(policy: &Policy, integration: &Integration, request: &CaseRequest) -> Option<String> {
    let flow = offline::flow(request, integration.app.clone()).ok()?;
    let operation = policy.route(&flow).ok()?.operation;
    operation.body.as_ref().map(|body| body.media.clone())
}

fn headers(lines: &[String]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (i, line) in lines.iter().enumerate() {
        let read = line.split_once(':').and_then(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?))
        });
        let (name, value) = read.ok_or_else(|| {
            // It may hold a token: not repeated.
            usage(format!("--header number {} is not one\n  mend: write it as 'Name: value'", i + 1))
        })?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Standard input, to one byte more than a body may have: then the judge says that it is too long.
fn body() -> Result<Vec<u8>, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        let _ = writeln!(io::stderr(), "reading the body from standard input; end it with Ctrl-D");
    }
    let mut body = Vec::new();
    let most = Limits::default().body as u64 + 1;
    input.lock().take(most).read_to_end(&mut body).map_err(|e| Failure::system(Path::new("standard input"), &e))?;
    Ok(body)
}

fn situation(path: &Path) -> Result<Situation, Failure> {
    if path == Path::new("none") {
        return Ok(Situation::default());
    }
    let text = std::fs::read_to_string(path).map_err(|e| Failure::system(path, &e))?;
    let name = path.display().to_string();
    Situation::parse(&name, &text).map_err(|found| {
        let mut sources = Sources::default();
        sources.0.insert(name, text);
        let text = super::super::check_output::diagnostics::text(&found, &sources, "", super::super::colours());
        Failure::new(Exit::Configuration, format!("the consents cannot be read\n{text}"))
    })
}

fn usage(text: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, text)
}
