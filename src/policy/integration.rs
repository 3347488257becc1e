//! A connection, compiled: what `policies/integrations/*.toml` means.

mod batch;
mod document;
mod parts;
mod table;
mod template;
mod xml;

use super::selector::{Matcher, Selector, SelectorError};
use crate::{
    detect::Cue,
    flow::{App, Category, Form, Host, IntegrationId, OperationId, Purpose, SystemId, Transform},
};
pub use batch::{Batch, BatchKind};
pub use document::Document;
pub use parts::{Holding, PartRules, Parts};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};
pub use table::{Dialect, folded};
pub use template::{Language, Piece, Template};
pub use xml::{Namespaces, Ns, SoapAction, XmlFormat};
pub(crate) use xml::{XML_URI, is_ncname, is_xml_char};

/// One caller's way to one recipient for one purpose.
#[derive(Debug)]
pub struct Integration {
    /// Its id; the file's name without `.toml`.
    pub id: IntegrationId,
    /// The only caller that may use it.
    pub app: App,
    /// The recipient.
    pub destination: SystemId,
    /// Where requests go.
    pub upstream: Upstream,
    /// Which requests are this connection's.
    pub route: RouteRule,
    /// What the data is for.
    pub purpose: Purpose,
    /// How the gateway authenticates to the recipient.
    pub auth: Auth,
    /// The certificate the gateway shows in the recipient's TLS handshake, where it asks for one.
    pub client_certificate: Option<ClientCertificate>,
    /// File name below the keys directory: the authorities that vouch for this recipient, instead of the usual ones.
    pub upstream_roots: Option<String>,
    /// The panel's approval, which an associated recipient needs (DATA-2, TRANS-1).
    pub approval: Option<Approval>,
    /// What may be done; anything else is `operation-unknown`.
    pub operations: Vec<Arc<Operation>>,
}

/// The recipient's base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Always verified unless [`Upstream::plain_http`] says why not.
    pub host: Host,
    /// 443 for https unless the URL says otherwise.
    pub port: u16,
    /// Why this connection may use plain http; `None` is https.
    pub plain_http: Option<String>,
    /// Decoded base path segments, put before what is left of the request's path.
    pub base: Vec<String>,
}

impl Upstream {
    /// Scheme and authority, with the port only where it is not the scheme's own (RFC 9110 section 4.2).
    #[must_use]
    pub fn origin(&self) -> String {
        let (scheme, usual) = if self.plain_http.is_some() { ("http", 80) } else { ("https", 443) };
        match self.port {
            port if port == usual => format!("{scheme}://{}", self.host),
            port => format!("{scheme}://{}:{port}", self.host),
        }
    }
}

/// How requests are recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteRule {
    /// Path segments that are removed before the rest is appended to the upstream's base.
    Prefix(Vec<String>),
    /// A host name the caller addresses.
    Host(Host),
}

/// How the gateway authenticates to the recipient. Secrets are references (`file:riverside.key`), never text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Nothing is added and `Authorization` does not leave.
    None,
    /// The caller's own `Authorization` leaves unchanged.
    Passthrough,
    /// A header with a secret from the keys directory; `prefix` stands before it (`Bearer `).
    Header {
        /// Header name.
        name: http::HeaderName,
        /// File name below the keys directory.
        secret_file: String,
        /// Text before the secret.
        prefix: String,
    },
    /// OAuth 2.0 client credentials (RFC 6749 section 4.4).
    OAuth2 {
        /// The token endpoint, whose host the registry must know as this destination's own or as clear.
        token: Upstream,
        /// Client id.
        client_id: String,
        /// File name below the keys directory.
        secret_file: String,
        /// Scope, or empty.
        scope: String,
    },
}

/// A certificate with its key, in files below the keys directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientCertificate {
    /// The certificate and what leads to its authority, PEM, leaf first.
    pub certificate_file: String,
    /// Its private key, PEM, for the gateway's eyes only.
    pub key_file: String,
}

/// The panel's approval of a connection. Signatures come later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// First day, Europe/London.
    pub on: jiff::civil::Date,
    /// Last day, inclusive.
    pub until: jiff::civil::Date,
    /// SHA-256 of the minutes, hex.
    pub minutes_sha256: String,
}

/// One operation: a method and a path, and what may leave with it.
#[derive(Debug)]
pub struct Operation {
    /// Its id within the connection.
    pub id: OperationId,
    /// The method.
    pub method: http::Method,
    /// The path below the route.
    pub path: Vec<PathSegment>,
    /// Rules for path parameters. A withheld one stops the request.
    pub path_fields: BTreeMap<String, Arc<FieldRule>>,
    /// Rules for query parameters; unlisted ones are dropped.
    pub query: BTreeMap<String, Arc<FieldRule>>,
    /// Rules for headers that may leave besides the safe default list, by their names in lower case.
    pub headers: BTreeMap<String, Arc<FieldRule>>,
    /// Whom a request without a body is about. Never [`SubjectSource::Body`].
    pub subject: SubjectSource,
    /// `None`: the operation has no body, and a request with one is refused.
    pub body: Option<Arc<BodyRules>>,
    /// Where links stand in its JSON answers. `None`: answers are passed on as they come.
    pub answer: Option<Arc<AnswerRules>>,
}

/// Where an operation's answers hold links, which must not lead around the gateway.
#[derive(Debug)]
pub struct AnswerRules {
    /// The selectors, as written.
    pub links: Vec<Arc<str>>,
    /// Walks an answer; its targets are positions in [`AnswerRules::links`].
    pub matcher: Matcher<u16>,
}

impl Operation {
    /// Where path, query or a header names the person that the request is about, if one of them does.
    #[must_use]
    pub fn subject_of_request(&self) -> Option<&SubjectSource> {
        let records = self.body.iter().flat_map(|b| &b.records).map(|r| &r.subject);
        std::iter::once(&self.subject).chain(records).find(|s| s.is_of_request())
    }
}

/// A path template's segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSegment {
    /// Exactly this, decoded.
    Literal(String),
    /// A parameter: one segment, `%2F` refused.
    Field(String),
}

/// What a body may hold.
#[derive(Debug)]
pub struct BodyRules {
    /// Its media type, lower case, no parameters.
    pub media: String,
    /// How its bytes are read.
    pub format: Format,
    /// Bytes that one body may have, unpacked, where it is not what the gateway gives every body.
    pub limit: Option<u64>,
    /// What happens to a member no rule lists.
    pub unlisted: Unlisted,
    /// Rules outside records.
    pub envelope: Vec<Arc<FieldRule>>,
    /// Kinds of record. Never empty: by default the whole document is one record.
    pub records: Vec<RecordRules>,
    /// Walks the document outside records. See [`Target`] for what it accepts.
    pub matcher: Matcher<Target>,
    /// See [`BodyRules::cues`].
    pub keys: Keys,
}

/// What the keys of a body's rules say of their values, read once, when the first body is searched; and the rules by
/// number.
#[derive(Debug, Default)]
pub struct Keys(OnceLock<Box<[Cue]>>, OnceLock<Arc<[Arc<FieldRule>]>>);

impl BodyRules {
    /// What each rule's key says: the envelope's, then each kind of record's.
    #[must_use]
    pub fn cues(&self) -> &[Cue] {
        self.keys.0.get_or_init(|| self.rules().iter().map(|rule| Cue::of_path(&rule.path)).collect())
    }

    /// Every rule, by its number: the envelope's, then each kind of record's.
    #[must_use]
    #[inline]
    pub fn rules(&self) -> &[Arc<FieldRule>] {
        self.shared_rules()
    }

    /// [`BodyRules::rules`], to keep.
    pub(crate) fn shared_rules(&self) -> &Arc<[Arc<FieldRule>]> {
        let records = || self.records.iter().flat_map(|record| &record.fields);
        self.keys.1.get_or_init(|| self.envelope.iter().chain(records()).map(Arc::clone).collect())
    }
}

/// How a body's bytes are read and written. It decides how places in it are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// RFC 8259, one document. Places are named by RFC 9535 selectors.
    Json,
    /// A JSON document a line (NDJSON, JSON Lines). Selectors begin at each line's document.
    JsonLines,
    /// RFC 4180 and its relatives: rows of cells. Places are named by column, literally.
    Table(Dialect),
    /// WHATWG `application/x-www-form-urlencoded`. Places are named by decoded name, literally.
    Form,
    /// Plain text in UTF-8: the whole body is one value.
    Text,
    /// Bytes of this media type: the whole body is one value. What is a [`Document`] must be one, and pictures are
    /// cleaned; into others nobody looks.
    Binary(Arc<str>),
    /// RFC 7578 `multipart/form-data`: parts by name, each with rules of its own.
    Multipart(Arc<Parts>),
    /// JSON that holds requests, each with an operation's own rules.
    Batch(Arc<Batch>),
    /// XML 1.0 (fifth edition) with namespaces. Places are named by a subset of XPath
    /// ([`Selector::xpath`]); prefixes are those of the connection's own table.
    Xml(Arc<XmlFormat>),
}

/// What the rule for a whole body is called in consents, records and refusals.
pub const CONTENT: &str = "content";

impl Format {
    /// The format of a media type (lower case, without parameters), where it has one that needs nothing more said.
    #[must_use]
    pub fn of(media: &str) -> Option<Self> {
        match media {
            "application/json" => Some(Self::Json),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                Some(Self::JsonLines)
            }
            media if media.ends_with("+json") => Some(Self::Json),
            "text/csv" => Some(Self::Table(Dialect::csv())),
            "text/tab-separated-values" => Some(Self::Table(Dialect::tsv())),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "text/plain" => Some(Self::Text),
            media if XmlFormat::reads(media) => Some(Self::Xml(Arc::default())),
            _ => None,
        }
    }

    /// Reads how a place is named in this format.
    ///
    /// # Errors
    /// [`SelectorError`] with what is wrong and what to write instead.
    pub fn selector(&self, text: &str) -> Result<Selector, SelectorError> {
        match self {
            Self::Json | Self::JsonLines => Selector::parse(text),
            Self::Table(_) | Self::Form => Ok(Selector::name(text)),
            Self::Text | Self::Binary(_) | Self::Multipart(_) | Self::Batch(_) => Ok(Selector::root()),
            Self::Xml(xml) => Selector::xpath(text, &xml.namespaces),
        }
    }

    /// The one SOAP action that requests may name, where the operation fixes one.
    #[must_use]
    pub fn action(&self) -> Option<&SoapAction> {
        match self {
            Self::Xml(xml) => xml.action.as_ref(),
            _ => None,
        }
    }

    /// Whether it is a list of named values without nesting: one kind of record, nothing outside it, nothing within.
    #[must_use]
    pub const fn is_flat(&self) -> bool {
        matches!(self, Self::Table(_) | Self::Form)
    }

    /// Whether the whole body is one value.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Text | Self::Binary(_))
    }
}

/// What the document matcher finds outside records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `BodyRules::envelope[i]`.
    Envelope(u16),
    /// The root of a record of kind `BodyRules::records[i]`.
    Record(u16),
}

/// One kind of record.
#[derive(Debug)]
pub struct RecordRules {
    /// Where the client's id is found.
    pub subject: SubjectSource,
    /// Fields, by selector relative to the record.
    pub fields: Vec<Arc<FieldRule>>,
    /// Fields whose selector has a filter, as positions in `fields`: decided once the record is whole.
    pub choices: Vec<(u16, Selector)>,
    /// It is a cell of a table of counts: whether it leaves hangs on its count.
    pub aggregate: Option<Aggregate>,
    /// What the record's own name holds, where it is a member of an object: as a position in `fields`.
    pub key: Option<u16>,
    /// Dependants: people within the record who each have a subject and grants of their own.
    pub dependants: Option<Dependants>,
    /// Walks a record. See [`RecordTarget`].
    pub matcher: Matcher<RecordTarget>,
}

/// What makes a record a cell of a table of counts (design section 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// Where the counts of people are, as positions in [`RecordRules::fields`].
    pub counts: Vec<u16>,
    /// The table says who people are, in the ways that are used against them, and where.
    pub crosses: bool,
    /// The panel's decision that such a table may be made.
    pub crossed: Option<Approval>,
}

/// A cell of fewer people than this is about people, and goes.
pub const GROUP_SIZE: u64 = 10;

/// What a record's matcher finds within it, from the record's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordTarget {
    /// `RecordRules::fields[i]`.
    Field(u16),
    /// `RecordRules::fields[i]`, where its filter holds.
    Choice(u16),
    /// An object whose members' names are values, which `RecordRules::fields[i]` lists.
    Keys(u16),
    /// The value that names the record's subject.
    Subject,
    /// The root of a dependant: everything in it belongs to that person.
    Dependant,
    /// The value that names a dependant's subject.
    DependantSubject,
}

/// People within a record. Field selectors that pass through `select` belong to the dependant they are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependants {
    /// The selector, as written.
    pub select: Arc<str>,
    /// Where each one's id is, relative to it; as written.
    pub subject: Arc<str>,
}

/// Where a record's subject id comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectSource {
    /// `body:$.ref`, relative to the record.
    Body(Arc<str>),
    /// `key`: the record is a member of an object, and its name is the client's id.
    Key,
    /// `path:reference`.
    Path(String),
    /// `query:id`.
    Query(String),
    /// `header:X-Ref`.
    Header(http::HeaderName),
    /// No subject is declared: nothing personal can be consented to, so nothing personal leaves.
    None,
}

impl SubjectSource {
    /// Whether path, query or a header names the person, so that the whole request is about them.
    #[must_use]
    pub const fn is_of_request(&self) -> bool {
        matches!(self, Self::Path(_) | Self::Query(_) | Self::Header(_))
    }
}

/// A listed place and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRule {
    /// The selector's text, a parameter's or a header's name. Compared literally with a consent item's `path`.
    pub path: Arc<str>,
    /// What it holds.
    pub category: Category,
    /// A rougher or pseudonymous form to try where the exact one is not allowed. A rule with
    /// `only = true` never tries the exact form.
    pub otherwise: Option<Form>,
    /// Only `otherwise` may leave.
    pub only: bool,
    /// What is left in its place when it may not leave.
    pub denied: Denied,
    /// Withholding it stops the request (`required`): a hollow referral helps nobody.
    pub required: bool,
    /// What happens to a value in which something was found that may not leave.
    pub detected: Detected,
    /// The value is itself written in some format, and what is within it is what is judged.
    pub within: Option<Within>,
    /// The only texts that may leave, where they are listed; white space between words counts as one space. What leaves
    /// is the text as it stands here.
    pub one_of: Option<Arc<[Arc<str>]>>,
}

/// How a value is read that holds others: JSON within JSON, a form in a parameter, any of them in base64.
#[derive(Debug, Clone)]
pub struct Within {
    /// It is base64 (RFC 4648, either alphabet, padded or not) of what follows.
    pub base64: bool,
    /// What may leave of what is within. `None`: it is one value, which the rule's own category says.
    pub rules: Option<Arc<BodyRules>>,
    /// It is a query of this template, whose literals are what is judged. Then nothing else is within.
    pub template: Option<Arc<Template>>,
}

/// Two are equal if they are one and the same.
impl PartialEq for Within {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.rules, &other.rules) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let same_template = match (&self.template, &other.template) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        same && same_template && self.base64 == other.base64
    }
}

impl Eq for Within {}

/// What happens to a value in which something was found that its rule does not say and that may not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detected {
    /// The value is withheld, as `denied` says.
    Value,
    /// What was found goes, `[removed]` stands in its place, and the rest leaves.
    Span,
    /// The whole request is refused.
    Block,
}

/// What stands in a withheld value's place. For JSON: member removed; array element becomes `null`. For XML: element or
/// attribute removed; XML has no `null`, which is an error when policies are loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Removed.
    Strip,
    /// `null`.
    Null,
    /// `""`.
    Empty,
    /// A fixed text.
    Const(Arc<str>),
    /// The whole request is refused.
    Block,
}

/// What happens to what no rule lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlisted {
    /// Removed and counted.
    Strip,
    /// The request is refused.
    Block,
}

impl FieldRule {
    /// A rule that lists a place as what it is and says nothing else: the exact form or nothing, stripped where it may
    /// not leave.
    #[must_use]
    pub fn plain(path: &str, category: Category) -> Self {
        Self {
            path: path.into(),
            category,
            otherwise: None,
            only: false,
            denied: Denied::Strip,
            required: false,
            detected: Detected::Value,
            one_of: None,
            within: None,
        }
    }
}

/// Kept for forms that a rule tries, in order: exact first unless `only`.
impl FieldRule {
    /// The forms to try, most useful first.
    pub fn forms(&self) -> impl Iterator<Item = Form> + '_ {
        (!self.only).then_some(Form::Raw).into_iter().chain(self.otherwise)
    }

    /// Whether a reference to another request of a batch may stand for its value: nobody here reads what that leads to.
    #[must_use]
    pub const fn may_refer(&self) -> bool {
        self.one_of.is_none() && self.within.is_none()
    }

    /// The transform of `otherwise`, where it is one.
    #[must_use]
    pub const fn transform(&self) -> Option<Transform> {
        match self.otherwise {
            Some(Form::Generalised(t)) => Some(t),
            _ => None,
        }
    }
}
