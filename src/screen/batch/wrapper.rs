//! What stands around inner requests, by its format: read strictly, written anew.

use super::fault;
use crate::{
    policy::integration::BatchKind,
    screen::json::{
        raw::{Member, Raw},
        text::encode,
    },
    verdict::{Code, Refusal},
};
use std::borrow::Cow;

/// A body of requests.
#[derive(Debug)]
pub(super) struct Wrapper<'b> {
    /// What stands beside the requests and means the same in every batch, as it is spelled.
    pub(super) said: Vec<(&'static str, Raw<'b>)>,
    pub(super) requests: Vec<Raw<'b>>,
    /// Members that the format does not have.
    pub(super) unlisted: u64,
}

/// One inner request, as it came.
#[derive(Debug, Default)]
pub(super) struct Request<'b> {
    pub(super) name: Option<Cow<'b, str>>,
    pub(super) method: Cow<'b, str>,
    pub(super) url: Cow<'b, str>,
    pub(super) headers: Vec<(Cow<'b, str>, Cow<'b, str>)>,
    pub(super) body: Option<Raw<'b>>,
    /// OData: those that succeed or fail together.
    pub(super) group: Option<Cow<'b, str>>,
    /// OData: those that must come first.
    pub(super) after: Vec<Cow<'b, str>>,
    /// Its URL came whole: scheme and authority of the recipient, written before it again.
    pub(super) origin: Option<String>,
    /// It came with a `Host`, the recipient's.
    pub(super) host: Option<String>,
    /// Members that the format does not have.
    pub(super) unlisted: u64,
}

/// What may leave of one inner request.
#[derive(Debug)]
pub(super) struct Permitted<'p> {
    pub(super) method: &'p str,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
}

/// The member that lists the requests.
const fn list(kind: BatchKind) -> &'static str {
    match kind {
        BatchKind::SalesforceComposite => "compositeRequest",
        BatchKind::SalesforceBatch => "batchRequests",
        BatchKind::OdataJson | BatchKind::OdataMultipart => "requests",
        BatchKind::FhirBundle => "entry",
    }
}

/// The member that holds a request's body.
const fn body(kind: BatchKind) -> &'static str {
    match kind {
        BatchKind::SalesforceComposite | BatchKind::OdataJson | BatchKind::OdataMultipart => "body",
        BatchKind::SalesforceBatch => "richInput",
        BatchKind::FhirBundle => "resource",
    }
}

/// The member that holds a request's headers.
const fn headers(kind: BatchKind) -> Option<&'static str> {
    match kind {
        BatchKind::SalesforceComposite => Some("httpHeaders"),
        BatchKind::OdataJson | BatchKind::OdataMultipart => Some("headers"),
        BatchKind::SalesforceBatch | BatchKind::FhirBundle => None,
    }
}

/// FHIR's conditions on a request (`Bundle.entry.request`) and the headers they stand for.
const CONDITIONS: [(&str, &str); 4] = [
    ("ifMatch", "if-match"),
    ("ifNoneMatch", "if-none-match"),
    ("ifModifiedSince", "if-modified-since"),
    ("ifNoneExist", "if-none-exist"),
];

impl<'b> Wrapper<'b> {
    pub(super) fn read(kind: BatchKind, document: Raw<'b>) -> Result<Self, Refusal> {
        let wrong = |what: &str| Refusal::plain(Code::BodyMalformed, format!("the body is not a batch: {what}"));
        let members = document.members().ok_or_else(|| wrong("it is not an object"))?;
        let (mut said, mut requests, mut unlisted) = (Vec::new(), None, 0);
        for (name, value) in members {
            if *name == *list(kind) {
                requests = Some(value.elements().ok_or_else(|| wrong("its requests are not an array"))?);
            } else if let Some(known) = FLAGS.iter().find(|(k, known)| *k == kind && *known == &*name) {
                if !value.is_bool() {
                    return Err(wrong(&format!("`{}` is neither true nor false", known.1)));
                }
                said.push((known.1, value));
            } else if kind == BatchKind::FhirBundle && matches!(&*name, "resourceType" | "type") {
                let (known, texts) = BUNDLE.iter().find(|(known, _)| *known == &*name).copied().unwrap_or_default();
                if !value.text().is_some_and(|text| texts.contains(&&*text)) {
                    return Err(wrong(&format!("`{known}` is not {}", texts.join(" or "))));
                }
                said.push((known, value));
            } else {
                unlisted += 1;
            }
        }
        if kind == BatchKind::FhirBundle && said.len() != BUNDLE.len() {
            return Err(wrong("a bundle has a `resourceType` and a `type`"));
        }
        let requests = requests.ok_or_else(|| wrong(&format!("it has no `{}`", list(kind))))?;
        Ok(Self { said, requests, unlisted })
    }

    /// What stands before the first request.
    pub(super) fn begin(&self, kind: BatchKind, out: &mut Vec<u8>) {
        out.push(b'{');
        for (name, value) in &self.said {
            member(name, out);
            out.extend_from_slice(value.bytes());
        }
        member(list(kind), out);
        out.push(b'[');
    }
}

const FLAGS: [(BatchKind, &str); 3] = [
    (BatchKind::SalesforceComposite, "allOrNone"),
    (BatchKind::SalesforceComposite, "collateSubrequests"),
    (BatchKind::SalesforceBatch, "haltOnError"),
];

const BUNDLE: [(&str, &[&str]); 2] = [("resourceType", &["Bundle"]), ("type", &["transaction", "batch"])];

impl<'b> Request<'b> {
    pub(super) fn read(kind: BatchKind, raw: Raw<'b>) -> Result<Self, Refusal> {
        let mut request = Self::default();
        let (mut method, mut url) = (None, None);
        let mut members = object(raw)?;
        if kind == BatchKind::FhirBundle {
            request.entry(&mut members)?;
        }
        for (name, value) in members {
            match &*name {
                "method" => method = Some(string(value, "its `method` is not a text")?),
                "url" => url = Some(string(value, "its `url` is not a text")?),
                known if known == kind.id() && kind != BatchKind::SalesforceBatch => {
                    request.name = Some(string(value, "what it is called is not a text")?);
                }
                known if known == body(kind) => request.body = Some(value).filter(|value| !value.is_null()),
                known if Some(known) == headers(kind) => {
                    for (name, value) in if value.is_null() { Vec::new() } else { object(value)? } {
                        request.headers.push((name, string(value, "a header of it is not a text")?));
                    }
                }
                "atomicityGroup" if kind == BatchKind::OdataJson => {
                    request.group = Some(string(value, "its `atomicityGroup` is not a text")?);
                }
                "dependsOn" if kind == BatchKind::OdataJson => {
                    let elements = value.elements().ok_or_else(|| fault("its `dependsOn` is not an array"))?;
                    for element in elements {
                        request.after.push(string(element, "its `dependsOn` holds something other than texts")?);
                    }
                }
                _ => request.unlisted += 1,
            }
        }
        let needs_name = matches!(kind, BatchKind::SalesforceComposite | BatchKind::OdataJson);
        if needs_name && request.name.is_none() {
            return Err(fault(&format!("it has no `{}`", kind.id())));
        }
        request.method = method.ok_or_else(|| fault("it has no `method`"))?;
        request.url = url.ok_or_else(|| fault("it has no `url`"))?;
        Ok(request)
    }

    /// FHIR keeps method and URL in a member of their own, and a name for each header.
    fn entry(&mut self, members: &mut Vec<Member<'b>>) -> Result<(), Refusal> {
        let at = members.iter().position(|(name, _)| name == "request");
        let (_, request) = members.remove(at.ok_or_else(|| fault("it has no `request`"))?);
        // Those that a request has are not an entry's.
        let before = members.len();
        members.retain(|(name, _)| !matches!(&**name, "method" | "url"));
        self.unlisted += (before - members.len()) as u64;
        for (name, value) in object(request)? {
            if let Some((_, header)) = CONDITIONS.iter().find(|(condition, _)| *condition == &*name) {
                self.headers.push((Cow::Borrowed(*header), string(value, "a condition of it is not a text")?));
            } else if matches!(&*name, "method" | "url") {
                members.push((name, value));
            } else {
                self.unlisted += 1;
            }
        }
        Ok(())
    }

    /// Writes what may leave of it.
    ///
    /// # Errors
    /// Where it cannot be written, which is a fault of ours.
    pub(super) fn write(&self, kind: BatchKind, permitted: &Permitted<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
        if kind == BatchKind::OdataMultipart {
            return self.write_http(permitted, out);
        }
        self.write_json(kind, permitted, out);
        Ok(())
    }

    fn write_json(&self, kind: BatchKind, permitted: &Permitted<'_>, out: &mut Vec<u8>) {
        out.push(b'{');
        let text = |name: &str, text: &str, out: &mut Vec<u8>| {
            member(name, out);
            encode(text, out);
        };
        if let Some(name) = &self.name {
            text(kind.id(), name, out);
        }
        if let Some(group) = &self.group {
            text("atomicityGroup", group, out);
        }
        if !self.after.is_empty() {
            member("dependsOn", out);
            out.push(b'[');
            for name in &self.after {
                comma(out);
                encode(name, out);
            }
            out.push(b']');
        }
        if kind == BatchKind::FhirBundle {
            member("request", out);
            out.push(b'{');
        }
        text("method", permitted.method, out);
        text("url", &permitted.url, out);
        if kind == BatchKind::FhirBundle {
            for (name, value) in &permitted.headers {
                let condition = CONDITIONS.iter().find(|(_, header)| header == name);
                if let Some((condition, _)) = condition {
                    text(condition, value, out);
                }
            }
            out.push(b'}');
        } else if let Some(headers) = headers(kind).filter(|_| !permitted.headers.is_empty()) {
            member(headers, out);
            out.push(b'{');
            for (name, value) in &permitted.headers {
                text(name, value, out);
            }
            out.push(b'}');
        }
        if let Some(bytes) = &permitted.body {
            member(body(kind), out);
            out.extend_from_slice(bytes);
        }
        out.push(b'}');
    }
}

fn object(raw: Raw<'_>) -> Result<Vec<Member<'_>>, Refusal> {
    raw.members().ok_or_else(|| fault("it, its headers or its `request` are not an object"))
}

fn string<'b>(raw: Raw<'b>, what: &str) -> Result<Cow<'b, str>, Refusal> {
    raw.text().ok_or_else(|| fault(what))
}

/// Begins a member.
fn member(name: &str, out: &mut Vec<u8>) {
    comma(out);
    encode(name, out);
    out.push(b':');
}

/// A comma, unless nothing stands before it.
pub(super) fn comma(out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{' | b'[')) {
        out.push(b',');
    }
}
