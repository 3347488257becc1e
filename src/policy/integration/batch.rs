//! Batches: requests within the body of another, each judged as the operation that it asks for.

use super::{BodyRules, Denied, FieldRule, Format, Operation, RecordRules, SubjectSource, Target, Unlisted};
use crate::{
    flow::Category,
    policy::{
        route,
        selector::{Matcher, Selector},
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// How requests are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchKind {
    /// Salesforce REST API, `composite`: `compositeRequest`, each with a `referenceId` that later ones may use.
    SalesforceComposite,
    /// Salesforce REST API, `composite/batch`: `batchRequests`, which know nothing of each other.
    SalesforceBatch,
    /// OData JSON Format 4.01 section 19: `requests`.
    OdataJson,
    /// OData 4.01 Protocol section 11.7.7, and OData 2 to 4.0: `application/http` parts of `multipart/mixed`, some in
    /// change sets.
    OdataMultipart,
    /// FHIR `Bundle` of type `batch` or `transaction` (FHIR R4, RESTful API section 3.1.0.11).
    FhirBundle,
}

impl BatchKind {
    /// All of them, as policies write them.
    pub const ALL: [(&'static str, Self); 5] = [
        ("salesforce-composite", Self::SalesforceComposite),
        ("salesforce-batch", Self::SalesforceBatch),
        ("odata-json", Self::OdataJson),
        ("odata-multipart", Self::OdataMultipart),
        ("fhir-bundle", Self::FhirBundle),
    ];

    /// What the member is called that names an inner request.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::SalesforceComposite | Self::SalesforceBatch => "referenceId",
            Self::OdataJson => "id",
            Self::OdataMultipart => "Content-ID",
            Self::FhirBundle => "fullUrl",
        }
    }
}

/// What a body of requests may hold.
#[derive(Debug)]
pub struct Batch {
    /// How they are wrapped.
    pub kind: BatchKind,
    /// Decoded segments of the upstream's base path, which inner URLs may begin with.
    pub base: Vec<String>,
    /// The recipient's scheme and authority, which whole URLs of inner requests begin with: `https://crm.example`.
    pub origin: String,
    /// What may be asked for, of the same connection. None of them is a batch, and their bodies are JSON.
    pub operations: Vec<Arc<Operation>>,
    /// Rules that list nothing: whether the wrapper is JSON that can be read in one way only.
    pub frame: Arc<BodyRules>,
}

/// Two are equal if they are one and the same.
impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Batch {}

impl Batch {
    /// The position of the rule for what inner requests are called, in a batch's one record.
    pub const ID: usize = 0;
    /// The position of the rule for what refers to them.
    pub const REFERENCE: usize = 1;

    /// The rules for bodies of inner requests. `None` only where a fault of ours makes them impossible.
    #[must_use]
    pub fn rules(
        kind: BatchKind,
        (origin, base): (String, Vec<String>),
        operations: Vec<Arc<Operation>>,
        media: &str,
        unlisted: Unlisted,
    ) -> Option<BodyRules> {
        let frame = BodyRules {
            keys: Default::default(),
            media: media.to_owned(),
            format: Format::Json,
            limit: None,
            unlisted: Unlisted::Strip,
            envelope: Vec::new(),
            records: Vec::new(),
            matcher: Matcher::compile(&[]).ok()?,
        };
        let operational = |path: &str| {
            let category = Category::parse("hg:Operational").ok()?;
            Some(Arc::new(FieldRule { denied: Denied::Block, ..FieldRule::plain(path, category) }))
        };
        let record = RecordRules {
            aggregate: None,
            key: None,
            subject: SubjectSource::None,
            fields: vec![operational(kind.id())?, operational("reference")?],
            choices: Vec::new(),
            dependants: None,
            matcher: Matcher::compile(&[]).ok()?,
        };
        Some(BodyRules {
            keys: Default::default(),
            media: media.to_owned(),
            format: Format::Batch(Arc::new(Self { kind, base, origin, operations, frame: Arc::new(frame) })),
            limit: None,
            unlisted,
            envelope: Vec::new(),
            records: vec![record],
            matcher: Matcher::compile(&[(Selector::root(), Target::Record(0))]).ok()?,
        })
    }

    /// The operation that an inner request asks for, and its decoded path parameters. `path` holds the decoded segments
    /// below the base; `refers` says which of them stand for what an earlier request makes, and so only for a parameter.
    #[must_use]
    pub fn find(
        &self,
        method: &http::Method,
        path: &[String],
        refers: impl Fn(usize) -> bool,
    ) -> Option<(&Arc<Operation>, BTreeMap<String, String>)> {
        route::find(&self.operations, method, path, refers)
    }
}
