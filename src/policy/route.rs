//! From a request to the one connection and operation it may use, or to a refusal.

use super::{
    Integration, Operation, Policy,
    integration::{PathSegment, RouteRule},
};
use crate::flow::{Code, Flow, Reason, Refusal, RuleId};
use std::{collections::BTreeMap, sync::Arc};

/// What a request asks for: the policy knows it and lets this caller ask. Nothing is permitted yet.
#[derive(Debug, Clone)]
pub struct Route {
    /// The connection.
    pub integration: Arc<Integration>,
    /// What of it.
    pub operation: Arc<Operation>,
    /// Decoded path parameters by name.
    pub path_params: BTreeMap<String, String>,
}

impl Policy {
    /// Finds the connection by the host addressed or by the longest prefix, among those of the caller's app;
    /// then the operation by method and path.
    ///
    /// # Errors
    /// `route-unknown` when no connection of this app matches, `operation-unknown` when it lists no such
    /// operation. Neither says which connections other apps have, nor repeats the path, which may name people.
    pub fn route(&self, flow: &Flow) -> Result<Route, Refusal> {
        let (integration, rest) = self.connection(flow).ok_or_else(unknown_route)?;
        let found = find(&integration.operations, &flow.method, rest, |_| false);
        let (operation, path_params) = found.ok_or_else(|| unknown_operation(integration))?;
        Ok(Route { integration: Arc::clone(integration), operation: Arc::clone(operation), path_params })
    }

    /// The connection and what of the path is left for its operations. A host that some connection is named
    /// by belongs to such connections alone: a caller they do not know is not passed on to a prefix.
    fn connection<'f>(&self, flow: &'f Flow) -> Option<(&Arc<Integration>, &'f [String])> {
        let all = || self.integrations.values();
        let by_host = |i: &Integration| matches!(&i.route, RouteRule::Host(host) if *host == flow.host);
        if all().any(|i| by_host(i)) {
            return all().find(|i| by_host(i) && i.app == flow.app).map(|i| (i, flow.path.as_slice()));
        }
        all()
            .filter(|i| i.app == flow.app)
            .filter_map(|i| match &i.route {
                RouteRule::Prefix(prefix) => flow.path.strip_prefix(prefix.as_slice()).map(|rest| (i, rest)),
                RouteRule::Host(_) => None,
            })
            .min_by_key(|(_, rest)| rest.len())
    }
}

/// The operation by method and path, the narrowest where several match, and its decoded parameters. A segment that
/// `refers` to something else is no literal.
pub(super) fn find<'o>(
    operations: &'o [Arc<Operation>],
    method: &http::Method,
    path: &[String],
    refers: impl Fn(usize) -> bool,
) -> Option<(&'o Arc<Operation>, BTreeMap<String, String>)> {
    operations
        .iter()
        .filter(|operation| operation.method == *method)
        .filter_map(|operation| matches(&operation.path, path, &refers).map(|params| (operation, params)))
        .min_by_key(|(operation, _)| operation.path.iter().filter(|s| matches!(s, PathSegment::Field(_))).count())
}

/// The parameters, where a path has the template's shape. A parameter is one segment and never empty.
fn matches(
    template: &[PathSegment],
    path: &[String],
    refers: impl Fn(usize) -> bool,
) -> Option<BTreeMap<String, String>> {
    if template.len() != path.len() {
        return None;
    }
    let mut params = BTreeMap::new();
    for (at, (segment, text)) in template.iter().zip(path).enumerate() {
        match segment {
            PathSegment::Literal(literal) if literal == text && !refers(at) => {}
            PathSegment::Field(name) if !text.is_empty() => drop(params.insert(name.clone(), text.clone())),
            _ => return None,
        }
    }
    Some(params)
}

fn unknown_route() -> Refusal {
    let detail = "No connection of the calling system has this address.";
    let remedy = "Ask IT to check the address the system sends to, and that `policies/integrations/` has a connection \
                  with this route whose `app` is this caller.";
    refusal(Code::RouteUnknown, detail.to_owned(), remedy)
}

fn unknown_operation(integration: &Integration) -> Refusal {
    let detail = format!("The connection `{}` lists no operation with this method and path.", integration.id);
    let remedy = "If this should be allowed, add an `[[operation]]` to the connection, reviewed as any other change.";
    refusal(Code::OperationUnknown, detail, remedy)
}

fn refusal(code: Code, detail: String, remedy: &str) -> Refusal {
    let refusal = Refusal::plain(code, detail);
    // A code's own text is always a rule's name; were it not, the refusal stands without its reason.
    match RuleId::parse(code.as_str()) {
        Ok(rule) => {
            refusal.because(Reason { clause: None, rule, category: None, path: None, remedy: remedy.to_owned() })
        }
        Err(_) => refusal,
    }
}
