//! Mirror of `integrations/*.toml`: one connection.

use super::{At, read::Day};
use crate::flow::{App, Category, IntegrationId, OperationId, Purpose, SystemId};
use serde::{
    Deserialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt, ops::Range};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct IntegrationFile {
    pub(in crate::policy) id: At<IntegrationId>,
    pub(in crate::policy) app: At<App>,
    pub(in crate::policy) destination: At<SystemId>,
    pub(in crate::policy) upstream: At<String>,
    /// Why this connection may use plain http.
    pub(in crate::policy) plain_http: Option<At<String>>,
    pub(in crate::policy) route: At<Route>,
    pub(in crate::policy) purpose: At<Purpose>,
    pub(in crate::policy) auth: Option<At<Auth>>,
    pub(in crate::policy) client_certificate: Option<At<ClientCertificate>>,
    /// `file:riverside-ca.pem`: authorities that vouch for this recipient alone.
    pub(in crate::policy) upstream_roots: Option<At<String>>,
    pub(in crate::policy) approval: Option<At<Approval>>,
    #[serde(default)]
    pub(in crate::policy) operation: Vec<Operation>,
}

/// `{ prefix = "/riverside" }` or `{ host = "riverside.gateway.local" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Route {
    pub(in crate::policy) prefix: Option<At<String>>,
    pub(in crate::policy) host: Option<At<String>>,
}

/// `{ header, secret, prefix }`, `{ passthrough = true }` or `{ oauth2 = {…} }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Auth {
    pub(in crate::policy) header: Option<At<String>>,
    pub(in crate::policy) secret: Option<At<String>>,
    pub(in crate::policy) prefix: Option<At<String>>,
    pub(in crate::policy) passthrough: Option<At<bool>>,
    pub(in crate::policy) oauth2: Option<At<OAuth2>>,
}

/// Client credentials.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct OAuth2 {
    pub(in crate::policy) token: At<String>,
    pub(in crate::policy) client_id: At<String>,
    pub(in crate::policy) secret: At<String>,
    #[serde(default)]
    pub(in crate::policy) scope: String,
}

/// `{ certificate = "file:…", key = "file:…" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct ClientCertificate {
    pub(in crate::policy) certificate: At<String>,
    pub(in crate::policy) key: At<String>,
}

/// The panel's approval.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Approval {
    pub(in crate::policy) by: At<String>,
    pub(in crate::policy) on: At<Day>,
    pub(in crate::policy) until: At<Day>,
    pub(in crate::policy) minutes_sha256: At<String>,
}

/// `[[operation]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Operation {
    pub(in crate::policy) id: At<OperationId>,
    pub(in crate::policy) method: At<String>,
    pub(in crate::policy) path: At<String>,
    #[serde(default)]
    pub(in crate::policy) path_fields: Fields,
    #[serde(default)]
    pub(in crate::policy) query: Fields,
    #[serde(default)]
    pub(in crate::policy) headers: Headers,
    /// Whom a request without a body is about; a body says so in its records.
    pub(in crate::policy) subject: Option<At<String>>,
    pub(in crate::policy) body: Option<At<Body>>,
    pub(in crate::policy) response: Option<At<Response>>,
}

/// `[operation.response]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Response {
    /// Where links stand in a JSON answer.
    pub(in crate::policy) links: At<Vec<At<String>>>,
}

/// `["Idempotency-Key"]`, which leave as opaque marks, or a table that says what each holds.
#[derive(Debug)]
pub(in crate::policy) enum Headers {
    Opaque(Vec<At<String>>),
    Rules(BTreeMap<At<String>, At<Header>>),
}

/// `"opaque"`, or what the header holds.
#[derive(Debug)]
pub(in crate::policy) enum Header {
    Opaque,
    Holds(Box<Field>),
}

/// Places and what they hold.
pub(in crate::policy) type Fields = BTreeMap<At<String>, At<Field>>;

/// `[operation.body]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Body {
    pub(in crate::policy) media: At<String>,
    /// `"8GiB"`.
    pub(in crate::policy) limit: Option<At<String>>,
    pub(in crate::policy) unlisted: At<String>,
    #[serde(default)]
    pub(in crate::policy) required: Vec<At<String>>,
    #[serde(default)]
    pub(in crate::policy) envelope: Fields,
    #[serde(default)]
    pub(in crate::policy) record: Vec<At<Record>>,
    /// How a table is written.
    pub(in crate::policy) dialect: Option<At<Dialect>>,
    /// What a body is that is one value.
    pub(in crate::policy) content: Option<At<Field>>,
    /// Whom a body is about that is one value, or that has parts.
    pub(in crate::policy) subject: Option<At<String>>,
    /// A table of counts.
    pub(in crate::policy) aggregate: Option<At<Aggregate>>,
    /// XML: what the prefixes in its selectors stand for; `""` for names without one.
    pub(in crate::policy) namespaces: Option<At<BTreeMap<At<String>, At<String>>>>,
    /// SOAP: the one action that requests may name.
    pub(in crate::policy) action: Option<At<String>>,
    /// It holds requests, wrapped like this.
    pub(in crate::policy) batch: Option<At<String>>,
    /// The operations that requests in it may ask for.
    pub(in crate::policy) operations: Option<At<Vec<At<String>>>>,
    /// What each part may hold.
    #[serde(default)]
    pub(in crate::policy) part: Vec<At<Part>>,
}

/// `[[operation.body.part]]`: a form field's name, and what a body of its media type may say.
#[derive(Debug, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Part {
    pub(in crate::policy) name: At<String>,
    /// `text/plain` if it is not said.
    pub(in crate::policy) media: Option<At<String>>,
    /// Whether several parts may have this name.
    pub(in crate::policy) repeated: Option<At<bool>>,
    /// What its file name holds. A neutral one is written if it is not said.
    pub(in crate::policy) filename: Option<At<Field>>,
    /// As the body's, if it is not said.
    pub(in crate::policy) unlisted: Option<At<String>>,
    #[serde(default)]
    pub(in crate::policy) required: Vec<At<String>>,
    #[serde(default)]
    pub(in crate::policy) envelope: Fields,
    #[serde(default)]
    pub(in crate::policy) record: Vec<At<Record>>,
    pub(in crate::policy) dialect: Option<At<Dialect>>,
    pub(in crate::policy) content: Option<At<Field>>,
    /// XML: what the prefixes in its selectors stand for.
    pub(in crate::policy) namespaces: Option<At<BTreeMap<At<String>, At<String>>>>,
}

/// `{ delimiter = ";", quote = "\"", header = true, columns = ["A", "B"] }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Dialect {
    pub(in crate::policy) delimiter: Option<At<String>>,
    pub(in crate::policy) quote: Option<At<String>>,
    pub(in crate::policy) header: Option<At<bool>>,
    pub(in crate::policy) columns: Option<At<Vec<At<String>>>>,
}

/// `[[operation.body.record]]`. Empty: the whole document, of which nothing is listed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Record {
    pub(in crate::policy) select: Option<At<String>>,
    pub(in crate::policy) subject: Option<At<String>>,
    pub(in crate::policy) dependants: Option<At<Dependants>>,
    #[serde(default)]
    pub(in crate::policy) fields: Fields,
    /// What the record's own name holds, where records are members of an object.
    pub(in crate::policy) key: Option<At<Field>>,
    /// Objects whose members' names are data, by place, and what the names hold.
    #[serde(default)]
    pub(in crate::policy) keys: Fields,
    #[serde(default)]
    pub(in crate::policy) answers: Vec<At<Answers>>,
    /// It is a cell of a table of counts, and so about nobody.
    #[serde(skip)]
    pub(in crate::policy) aggregate: bool,
}

/// `[operation.body.aggregate]`: a table of counts, each record a cell.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Aggregate {
    /// The cells: `$.rows[*]`. A row of a table is one without being told.
    pub(in crate::policy) select: Option<At<String>>,
    /// By what is counted.
    pub(in crate::policy) dimensions: Fields,
    /// Where the count of people is, or the counts.
    pub(in crate::policy) count: At<Counts>,
    /// What else a cell holds.
    #[serde(default)]
    pub(in crate::policy) fields: Fields,
    /// The panel's decision on a table that crosses who people are with where they are.
    pub(in crate::policy) crossed: Option<At<Approval>>,
}

/// One place or several.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Counts(pub(in crate::policy) Vec<At<String>>);

/// `[[operation.body.record.answers]]`: questions and answers, where the question says what the answer holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Answers {
    /// The pairs, one by one: `$.questions[*]`. In a table each row is one.
    pub(in crate::policy) select: Option<At<String>>,
    /// Where a pair's question is, relative to it; a table's column.
    pub(in crate::policy) question: At<String>,
    /// Where its answer is, relative to it. May select several places. A table's column.
    pub(in crate::policy) answer: At<String>,
    /// By the question's exact text, what its answer holds.
    pub(in crate::policy) table: Fields,
}

/// `"pd:Name"`, or a table.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Field {
    /// `None`: what is within says what it holds.
    pub(in crate::policy) category: Option<Category>,
    /// Of the category, where it is written in a table.
    pub(in crate::policy) category_span: Option<Range<usize>>,
    pub(in crate::policy) otherwise: Option<At<String>>,
    pub(in crate::policy) only: Option<At<bool>>,
    pub(in crate::policy) denied: Option<At<Denied>>,
    /// `"value"`, `"span"` or `"block"`.
    pub(in crate::policy) detected: Option<At<String>>,
    /// `"json"`, `"xml"`, `"base64"`, `"form"`, or two of them from the outside in.
    pub(in crate::policy) encoding: Option<At<Encoding>>,
    /// What is within the value, by place.
    pub(in crate::policy) fields: Option<Fields>,
    /// Where XML is within: what the prefixes in `fields` stand for.
    pub(in crate::policy) namespaces: Option<At<BTreeMap<At<String>, At<String>>>>,
    /// What happens within the value to what no rule lists. `"strip"` if it is not said.
    pub(in crate::policy) unlisted: Option<At<String>>,
    /// The only texts that may leave.
    pub(in crate::policy) one_of: Option<At<Vec<At<String>>>>,
    /// `"soql"` or `"fhir"`: how the template is written.
    pub(in crate::policy) language: Option<At<String>>,
    /// A query with `:name` for each literal that varies.
    pub(in crate::policy) template: Option<At<String>>,
    /// What the literals hold, by name.
    pub(in crate::policy) parameters: Option<Fields>,
}

/// One encoding, or several from the outside in.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Encoding(pub(in crate::policy) Vec<String>);

/// `"strip"`, `"null"`, `"empty"`, `"block"` or `{ const = "Withheld" }`.
#[derive(Debug, Clone)]
pub(in crate::policy) enum Denied {
    Word(String),
    Const(String),
}

/// `"$.children[*]"`, or with the place of the subject too.
#[derive(Debug, Clone)]
pub(in crate::policy) enum Dependants {
    Select(String),
    Both { select: At<String>, subject: At<String> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldTable {
    category: Option<At<Category>>,
    otherwise: Option<At<String>>,
    only: Option<At<bool>>,
    denied: Option<At<Denied>>,
    detected: Option<At<String>>,
    encoding: Option<At<Encoding>>,
    fields: Option<Fields>,
    unlisted: Option<At<String>>,
    one_of: Option<At<Vec<At<String>>>>,
    language: Option<At<String>>,
    template: Option<At<String>>,
    parameters: Option<Fields>,
    namespaces: Option<At<BTreeMap<At<String>, At<String>>>>,
}

impl From<FieldTable> for Field {
    fn from(t: FieldTable) -> Self {
        Self {
            category_span: t.category.as_ref().map(At::span),
            category: t.category.map(At::into_inner),
            otherwise: t.otherwise,
            only: t.only,
            denied: t.denied,
            detected: t.detected,
            encoding: t.encoding,
            fields: t.fields,
            unlisted: t.unlisted,
            one_of: t.one_of,
            language: t.language,
            template: t.template,
            parameters: t.parameters,
            namespaces: t.namespaces,
        }
    }
}

impl Field {
    fn word(s: &str) -> Result<Self, crate::flow::NameError> {
        Ok(Self {
            category: Some(Category::parse(s)?),
            category_span: None,
            otherwise: None,
            only: None,
            denied: None,
            detected: None,
            encoding: None,
            fields: None,
            unlisted: None,
            one_of: None,
            language: None,
            template: None,
            parameters: None,
            namespaces: None,
        })
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let table: fn(FieldTable) -> Self = Self::from;
        d.deserialize_any(WordOrTable { expected: "a category or a table with one", word: Self::word, table })
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let word = |s: &str| {
            if s == "opaque" { Ok(Self::Opaque) } else { Field::word(s).map(|field| Self::Holds(field.into())) }
        };
        let table: fn(FieldTable) -> Self = |t| Self::Holds(Box::new(t.into()));
        d.deserialize_any(WordOrTable { expected: "\"opaque\", a category or a table with one", word, table })
    }
}

impl Default for Headers {
    fn default() -> Self {
        Self::Opaque(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Headers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names or a table that says what each holds")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Headers, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(Headers::Opaque)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Headers, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Headers::Rules)
            }
        }
        d.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Vec::deserialize(d).map(Self)
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Encoding;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an encoding or a list of them")
            }
            fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Encoding, E> {
                Ok(Encoding(vec![s.to_owned()]))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Encoding, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(Encoding)
            }
        }
        d.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Denied {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            r#const: String,
        }
        let word = |s: &str| Ok(Self::Word(s.to_owned()));
        let table: fn(Table) -> Self = |t| Self::Const(t.r#const);
        d.deserialize_any(WordOrTable { expected: "strip, null, empty, block or { const = \"…\" }", word, table })
    }
}

impl<'de> Deserialize<'de> for Dependants {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            select: At<String>,
            subject: At<String>,
        }
        let word = |s: &str| Ok(Self::Select(s.to_owned()));
        let table: fn(Table) -> Self = |t| Self::Both { select: t.select, subject: t.subject };
        d.deserialize_any(WordOrTable { expected: "a selector or { select, subject }", word, table })
    }
}

/// Reads a string one way and a table another. serde's untagged enums would lose the places of what is inside.
struct WordOrTable<W, T> {
    expected: &'static str,
    word: W,
    table: T,
}

impl<'de, V, Table, W> Visitor<'de> for WordOrTable<W, fn(Table) -> V>
where
    Table: Deserialize<'de>,
    W: FnOnce(&str) -> Result<V, crate::flow::NameError>,
{
    type Value = V;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }
    fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<V, E> {
        (self.word)(s).map_err(E::custom)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V, A::Error> {
        Table::deserialize(MapAccessDeserializer::new(map)).map(self.table)
    }
}
