//! One connection: who calls, whom it reaches, for what, and what is unwise about it.

use super::{
    Meaning, Problems,
    body::batch::{Named, is_batch},
    credentials, operation, place,
    recipients::{in_order, not_empty, one_of, sha256},
    routes, upstream,
};
use crate::{
    flow::{Host, Purpose},
    policy::{
        Class,
        integration::{Approval, Auth, Integration, Operation, PathSegment, RouteRule, Upstream},
        organisations::System,
        source::{
            At,
            integration::{Approval as ApprovalText, IntegrationFile, Route},
            read::hint,
        },
    },
};
use std::sync::Arc;

pub(super) fn compile(
    file: &str,
    text: &IntegrationFile,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Integration> {
    if format!("integrations/{}.toml", text.id.get_ref()) != file {
        let mend = format!("rename the file to `{}.toml`, or correct the id", text.id.get_ref());
        problems.error(place(file, text.id.span()), "the id is not the file's name", mend);
    }
    if let Some(reason) = &text.plain_http {
        not_empty(file, reason, "say why TLS is impossible here", problems);
    }
    let upstream =
        upstream::compile(file, &text.upstream, text.plain_http.as_ref().map(|r| r.get_ref().as_str()), problems);
    let destination = text.destination.get_ref();
    match meaning.registry.system(destination) {
        Some(system) => {
            if let Some(upstream) = &upstream {
                check_host(file, text, upstream, meaning, problems);
            }
            advise(file, text, system, problems);
        }
        None => {
            let names = meaning.registry.systems.keys().map(|s| s.as_str());
            let mend = format!("{}add it to `organisations.toml`", hint(destination.as_str(), names));
            problems.error(place(file, text.destination.span()), format!("there is no system `{destination}`"), mend);
        }
    }
    let auth = match &text.auth {
        None => Some(Auth::None),
        Some(auth) => credentials::compile(file, auth, destination, meaning, problems),
    };
    let tls = credentials::tls(file, text, problems);
    let approval = approval(file, text, problems);
    let route = route(file, &text.route, problems);
    let operations = operations(file, text, upstream.as_ref(), meaning, problems);
    if let Some(upstream) = &upstream {
        check_paths(file, text, upstream, &operations, meaning, problems);
    }
    Some(Integration {
        id: text.id.get_ref().clone(),
        app: text.app.get_ref().clone(),
        destination: destination.clone(),
        upstream: upstream?,
        route: route?,
        purpose: *text.purpose.get_ref(),
        auth: auth?,
        client_certificate: tls.client_certificate,
        upstream_roots: tls.upstream_roots,
        approval,
        operations,
    })
}

/// Batches come last: what they hold must be known.
fn operations(
    file: &str,
    text: &IntegrationFile,
    upstream: Option<&Upstream>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Vec<Arc<Operation>> {
    if text.operation.is_empty() {
        let mend = "add an `[[operation]]` for each thing the app does there";
        problems.error(place(file, text.id.span()), "the connection lists no operation and would carry nothing", mend);
    }
    let texts = &text.operation;
    for (n, text) in texts.iter().enumerate() {
        if texts.iter().take(n).any(|o| o.id.get_ref() == text.id.get_ref()) {
            let mend = "give one of them another id: records name operations by it";
            problems.error(
                place(file, text.id.span()),
                format!("the operation `{}` stands here twice", text.id.get_ref()),
                mend,
            );
        }
    }
    let mut operations: Vec<Arc<Operation>> = Vec::new();
    let (batches, others): (Vec<_>, Vec<_>) = texts.iter().partition(|text| is_batch(text));
    for text in others.into_iter().chain(batches) {
        let named = Named { operations: &operations, texts, upstream };
        let Some(operation) = operation::compile(file, text, named, meaning, problems) else { continue };
        if let Some(other) = routes::overlaps(&operation, &operations) {
            let mend = "make one path narrower throughout, or join the two";
            problems.error(
                place(file, text.path.span()),
                format!("some path is this operation's and `{}`'s", other.id),
                mend,
            );
        }
        operations.push(Arc::new(operation));
    }
    operations
}

/// What answers at the URL must be the destination, or the class that was judged is another's.
fn check_host(file: &str, text: &IntegrationFile, upstream: &Upstream, meaning: &Meaning<'_>, problems: &mut Problems) {
    let at = place(file, text.upstream.span());
    match meaning.registry.system_of(&upstream.host, &upstream.base) {
        Some(system) if system.id == *text.destination.get_ref() => {}
        Some(other) => {
            let mend = "name that system as the `destination`, or correct the URL";
            problems.error(at, format!("`{}` belongs to `{}`", upstream.host, other.id), mend);
        }
        None => {
            let mend = format!("add it to the `hosts` of `{}` in `organisations.toml`", text.destination.get_ref());
            problems.error(at, format!("`{}` is not among the destination's hosts", upstream.host), mend);
        }
    }
}

/// On a host that others share, a path of an operation may be somebody else's. What only a parameter decides is
/// found when a request comes.
fn check_paths(
    file: &str,
    text: &IntegrationFile,
    upstream: &Upstream,
    operations: &[Arc<Operation>],
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) {
    for operation in operations {
        let literals = operation.path.iter().map_while(|segment| match segment {
            PathSegment::Literal(literal) => Some(literal.clone()),
            PathSegment::Field(_) => None,
        });
        let path: Vec<String> = upstream.base.iter().cloned().chain(literals).collect();
        let Some(other) = meaning.registry.system_of(&upstream.host, &path) else { continue };
        let Some(at) = text.operation.iter().find(|o| *o.id.get_ref() == operation.id) else { continue };
        let known = meaning.registry.system_of(&upstream.host, &upstream.base).map(|s| &s.id);
        if other.id != *text.destination.get_ref() && known != Some(&other.id) {
            let mend = "take the operation out: what answers there is not this connection's destination";
            problems.error(place(file, at.path.span()), format!("this path belongs to `{}`", other.id), mend);
        }
    }
}

fn route(file: &str, text: &At<Route>, problems: &mut Problems) -> Option<RouteRule> {
    match text.get_ref() {
        Route { prefix: Some(prefix), host: None } => {
            let segments = prefix.get_ref().strip_prefix('/').map(|p| p.strip_suffix('/').unwrap_or(p));
            let found = segments.and_then(upstream::segments).map(RouteRule::Prefix);
            if found.is_none() {
                let mend = "write it from the first `/`, decoded, such as /riverside";
                problems.error(place(file, prefix.span()), "this is not a path prefix", mend);
            }
            found
        }
        Route { prefix: None, host: Some(host) } => match Host::parse(host.get_ref()) {
            Ok(host) => Some(RouteRule::Host(host)),
            Err(error) => {
                let mend = "write the name alone that the app calls, such as riverside.gateway.local";
                problems.error(place(file, host.span()), format!("`{}` {error}", host.get_ref()), mend);
                None
            }
        },
        _ => {
            let mend = "write one of { prefix = \"/riverside\" } and { host = \"riverside.gateway.local\" }";
            problems.error(place(file, text.span()), "a route is a prefix or a host", mend);
            None
        }
    }
}

fn approval(file: &str, text: &IntegrationFile, problems: &mut Problems) -> Option<Approval> {
    Some(approved(file, text.approval.as_ref()?.get_ref(), problems))
}

/// What the panel decided, and until when it holds.
pub(super) fn approved(file: &str, approval: &ApprovalText, problems: &mut Problems) -> Approval {
    one_of(file, &approval.by, &["panel"], problems);
    in_order(file, &approval.on, &approval.until, problems);
    sha256(file, &approval.minutes_sha256, problems);
    Approval {
        on: approval.on.get_ref().0,
        until: approval.until.get_ref().0,
        minutes_sha256: approval.minutes_sha256.get_ref().clone(),
    }
}

/// Legal, and always refused as it stands, or unwise.
fn advise(file: &str, text: &IntegrationFile, system: &System, problems: &mut Problems) {
    let mut warn = |message: String, mend: &str| problems.warn(place(file, text.destination.span()), message, mend);
    let id = &system.id;
    let purpose = *text.purpose.get_ref();
    match system.linked {
        Class::Root => {
            warn(
                format!("`{id}` is the Home Office or works for it: every request is refused"),
                "take the connection out",
            );
        }
        Class::Associated if purpose != Purpose::Accommodation && purpose != Purpose::Safeguarding => {
            let mend = "only accommodation can open it (DATA-2); for anything else find another way";
            warn(format!("a chain leads from `{id}` to the Home Office: every request is refused"), mend);
        }
        Class::Associated if text.approval.is_none() && purpose == Purpose::Accommodation => {
            let mend = "ask the panel, and add `approval` with the minutes' SHA-256";
            warn(
                format!(
                    "`{id}` is associated and the panel has not approved this connection: every request is refused"
                ),
                mend,
            );
        }
        Class::Unassessed if !system.assessed.as_ref().is_some_and(|a| a.answers_chain) => {
            let mend =
                "assess it with `answers_chain = true` and a reason that answers the chain shown by `havengate check`";
            warn(
                format!(
                    "a contested or uncertain chain leads from `{id}` to the Home Office: every request is refused"
                ),
                mend,
            );
        }
        _ if system.assessed.is_none() => {
            let mend = "find out where its data goes, and add `assessed` in `organisations.toml`";
            warn(format!("`{id}` is not assessed: every request is refused"), mend);
        }
        _ => {}
    }
    if system.home_office_forum {
        let mend = "challenge it and, if it stays, leave (TRANS-2); end the link when it has left";
        warn(format!("the Home Office can reach the forum `{id}`: every request is refused"), mend);
    }
    if system.undertaking.is_none() && system.linked != Class::Root {
        let mend = "ask for one, and add `undertaking` in `organisations.toml`";
        warn(format!("`{id}` has given no undertaking not to pass data on: every request is refused"), mend);
    }
    if purpose == Purpose::Safeguarding && system.safeguarding_approved.is_none() {
        let mend = "ask the panel, and add `safeguarding = { approved_on = …, by = \"panel\" }` to the system";
        warn(format!("the panel has not approved `{id}` for emergencies: no emergency disclosure is possible"), mend);
    }
    if let Some(reason) = &text.plain_http {
        let mend = "move to https as soon as the recipient can";
        problems.warn(
            place(file, reason.span()),
            "what is sent here can be read and changed by anybody on the way",
            mend,
        );
    }
}
