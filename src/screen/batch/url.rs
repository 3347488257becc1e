//! Where an inner request leads: its URL, read in one way only.

use super::{fault, refer::Earlier};
use crate::{
    policy::integration::{Batch, BatchKind},
    screen::uri,
    verdict::Refusal,
};

/// An inner request's URL.
#[derive(Debug)]
pub(super) struct Url {
    /// It begins with `/`.
    pub(super) absolute: bool,
    /// As much of the upstream's base path as stood before the rest.
    pub(super) base: Vec<String>,
    /// Decoded segments below the base.
    pub(super) path: Vec<String>,
    /// Which of them are references, as they are spelled.
    pub(super) references: Vec<Option<String>>,
    /// Decoded pairs.
    pub(super) query: Vec<(String, String)>,
}

impl Url {
    /// Reads one. What refers to an earlier request is not judged here.
    ///
    /// # Errors
    /// `request-malformed` for what two readers could read differently, and for a whole URL.
    pub(super) fn read(text: &str, batch: &Batch, earlier: &Earlier<'_>) -> Result<Self, Refusal> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let absolute = path.starts_with('/');
        let below = path.strip_prefix('/').unwrap_or(path);
        let first = below.split('/').next().unwrap_or_default();
        if path.starts_with("//") || (!absolute && first.contains(':')) {
            return Err(fault("its URL names a host; send the path alone, which leads to this connection's recipient"));
        }
        if below.is_empty() {
            return Err(fault("it has an empty URL"));
        }
        if !query.bytes().all(in_query) {
            return Err(fault("its URL's query holds a character that must be percent-encoded"));
        }
        let spelled: Vec<&str> = below.split('/').collect();
        let (base, spelled) = split_base(absolute, &spelled, &batch.base);
        let mut references = Vec::new();
        for (at, segment) in spelled.iter().enumerate() {
            let may = at == 0 || !matches!(batch.kind, BatchKind::OdataJson | BatchKind::OdataMultipart);
            let refers = may && earlier.is_reference_in_path(segment);
            if !refers && !segment.bytes().all(in_path) {
                let what = "its URL's path holds a character that must be percent-encoded, or refers to no request that \
                            stands before it";
                return Err(fault(what));
            }
            references.push(refers.then(|| (*segment).to_owned()));
        }
        let path = uri::segments(&format!("/{}", spelled.join("/")))?;
        Ok(Self { absolute, base: base.to_vec(), path, references, query: uri::pairs(query)? })
    }

    pub(super) fn refers(&self, at: usize) -> bool {
        self.references.get(at).is_some_and(Option::is_some)
    }

    /// Decoded paths from the host's root, in every way in which the recipient may read what is written. `path` is
    /// what leaves below the base.
    pub(super) fn leads_to(&self, path: &[String], upstream: &[String]) -> Vec<Vec<String>> {
        let joined = |base: &[String]| base.iter().chain(path).cloned().collect::<Vec<_>>();
        let mut paths = vec![joined(upstream)];
        if self.absolute && self.base != upstream {
            paths.push(joined(&[]));
        }
        if !self.absolute && !self.base.is_empty() {
            paths.push(joined(&[upstream, &self.base].concat()));
        }
        paths
    }

    /// It is written as it came: as a path from the root or not, with as much of the base. `path` and `query` are
    /// what leaves, encoded.
    pub(super) fn write(&self, path: &[String], query: Option<&str>) -> String {
        let encoded = path.iter().enumerate().map(|(at, segment)| match self.references.get(at) {
            Some(Some(reference)) => reference.clone(),
            _ => segment.clone(),
        });
        let base = self.base.iter().map(|segment| uri::encode_literal(segment));
        let path = base.chain(encoded).collect::<Vec<_>>().join("/");
        let root = if self.absolute { "/" } else { "" };
        match query {
            Some(query) => format!("{root}{path}?{query}"),
            None => format!("{root}{path}"),
        }
    }
}

/// The base that stands before the rest. A path without a leading slash may begin within it: Salesforce's batches say
/// `v60.0/sobjects/…`.
fn split_base<'a, 's>(absolute: bool, spelled: &'s [&'s str], base: &'a [String]) -> (&'a [String], &'s [&'s str]) {
    let begins = if absolute { 0..1 } else { 0..base.len() };
    for from in begins {
        let part = base.get(from..).unwrap_or_default();
        let stands =
            |(segment, spelled): (&String, &&str)| uri::encode_literal(segment) == **spelled || segment == spelled;
        if part.len() < spelled.len() && part.iter().zip(spelled).all(stands) {
            return (part, spelled.get(part.len()..).unwrap_or_default());
        }
    }
    (&[], spelled)
}

/// RFC 3986 `pchar`.
const fn in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',')
        || matches!(byte, b';' | b'=' | b':' | b'@' | b'%')
}

/// Visible ASCII but for what begins a fragment or is commonly encoded.
const fn in_query(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'#')
}
