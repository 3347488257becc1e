//! The parts of a `multipart/form-data` body (RFC 7578) and what each may hold.

use super::BodyRules;
use std::sync::Arc;

/// What the parts of a body may be.
#[derive(Debug)]
pub struct Parts {
    /// The listed ones. Parts of other names are unlisted.
    pub list: Vec<PartRules>,
    /// The name of the part that says whom the body is about. `None`: the request says it, or nobody does.
    pub subject: Option<Arc<str>>,
}

/// Two are equal if they are one and the same.
impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Parts {}

/// One listed part.
#[derive(Debug)]
pub struct PartRules {
    /// The form field's name, literally.
    pub name: Arc<str>,
    /// Its media type, lower case, no parameters.
    pub media: String,
    /// Whether several parts may have this name.
    pub repeated: bool,
    /// The rule for its file name, as a position in the body's one record. `None`: a neutral one is written.
    pub filename: Option<u16>,
    /// What is in it.
    pub holds: Holding,
}

/// What is in a part.
#[derive(Debug)]
pub enum Holding {
    /// One value in plain text; the position of its rule in the body's one record.
    Text(u16),
    /// Bytes that nobody looks into; the position of their rule.
    Bytes(u16),
    /// A document with rules of its own.
    Document(Arc<BodyRules>),
}
