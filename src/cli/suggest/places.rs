//! How places are written: RFC 9535 in JSON, a column's or pair's name in tables and forms, XPath in XML.

use super::{
    elements::{FHIR, SOAP_1_1, SOAP_1_2},
    shape::{Path, Shape, Step, last_name},
};
use crate::policy::integration::{Format, Namespaces, XML_URI};
use std::{collections::BTreeSet, sync::Arc};

/// How the places of one body are written.
pub(super) enum Notation {
    Json,
    Flat,
    Xml(Prefixes),
}

/// Prefixes of the draft's own, for namespaces that its places are in. A document's own may be anybody's name.
pub(super) struct Prefixes(Vec<(Arc<str>, String)>);

impl Notation {
    pub(super) fn of(format: &Format, shape: &Shape) -> Self {
        match format {
            Format::Xml(_) => Self::Xml(Prefixes::of(shape)),
            format if format.is_flat() => Self::Flat,
            _ => Self::Json,
        }
    }

    /// Whether it can be written down: in text without control characters, and not deeper than selectors go.
    pub(super) fn writes(&self, path: &[Step]) -> bool {
        path.iter().all(|step| match (step, self) {
            (Step::Each, _) => true,
            (Step::Name(name), _) => !name.chars().any(char::is_control),
            (Step::Element(name) | Step::Attribute(name), Self::Xml(prefixes)) => {
                prefixes.get(&name.namespace).is_some()
            }
            (Step::Element(_) | Step::Attribute(_), _) => false,
        })
    }

    /// A place in the document.
    pub(super) fn in_document(&self, path: &[Step]) -> String {
        match self {
            Self::Xml(prefixes) => format!("/{}", prefixes.xpath(path)),
            _ => self.below(path, 0),
        }
    }

    /// A place from so many steps down on.
    pub(super) fn below(&self, path: &[Step], from: usize) -> String {
        let below = path.get(from..).unwrap_or_default();
        match self {
            Self::Flat => last_name(path).to_owned(),
            Self::Json => selector(below),
            Self::Xml(_) if below.is_empty() => ".".to_owned(),
            Self::Xml(prefixes) => prefixes.xpath(below),
        }
    }

    /// Where the things in a list are.
    pub(super) fn each(&self, list: &Path) -> Path {
        match self {
            Self::Xml(_) => list.clone(),
            Self::Json | Self::Flat => [list.as_slice(), &[Step::Each]].concat(),
        }
    }

    /// What the draft says of namespaces, in order.
    pub(super) fn namespaces(&self) -> &[(Arc<str>, String)] {
        match self {
            Self::Xml(Prefixes(table)) => table,
            Self::Json | Self::Flat => &[],
        }
    }
}

impl Prefixes {
    /// Those of a shape's places.
    pub(super) fn of(shape: &Shape) -> Self {
        let (mut uris, mut seen, mut bare, mut attributes) = (Vec::new(), BTreeSet::new(), false, BTreeSet::new());
        for step in shape.order.iter().flatten() {
            if let Step::Element(name) | Step::Attribute(name) = step {
                if matches!(step, Step::Attribute(_)) {
                    attributes.insert(&name.namespace);
                } else {
                    bare |= name.namespace.is_empty();
                }
                if !matches!(&*name.namespace, "" | XML_URI) && seen.insert(Arc::clone(&name.namespace)) {
                    uris.push(Arc::clone(&name.namespace));
                }
            }
        }
        uris.truncate(Namespaces::MOST);
        let root = shape.order.first().and_then(|path| path.first());
        let root = root.and_then(|step| if let Step::Element(name) = step { Some(&name.namespace) } else { None });
        let mut table: Vec<(Arc<str>, String)> = Vec::new();
        for uri in uris {
            let prefix = match &*uri {
                SOAP_1_1 | SOAP_1_2 => "soap".to_owned(),
                // The document's own needs none, where no element is in none. An attribute's always needs one.
                _ if !bare && root == Some(&uri) && !attributes.contains(&uri) => String::new(),
                FHIR => "fhir".to_owned(),
                uri => initial(uri),
            };
            let with = |n: usize| if n == 1 { prefix.clone() } else { format!("{prefix}{n}") };
            let prefix = (1..).map(with).find(|p| table.iter().all(|(_, known)| known != p)).unwrap_or_default();
            table.push((uri, prefix));
        }
        Self(table)
    }

    fn get(&self, namespace: &str) -> Option<&str> {
        match namespace {
            "" => Some(""),
            XML_URI => Some("xml"),
            uri => self.0.iter().find(|(known, _)| **known == *uri).map(|(_, prefix)| prefix.as_str()),
        }
    }

    fn xpath(&self, path: &[Step]) -> String {
        let mut steps = Vec::new();
        for step in path {
            let (mark, name) = match step {
                Step::Element(name) => ("", name),
                Step::Attribute(name) => ("@", name),
                Step::Name(_) | Step::Each => continue,
            };
            steps.push(match self.get(&name.namespace).unwrap_or_default() {
                "" => format!("{mark}{}", name.local),
                prefix => format!("{mark}{prefix}:{}", name.local),
            });
        }
        steps.join("/")
    }
}

/// The first letter of the last word of a namespace: of `urn:example:housing` it is `h`.
fn initial(uri: &str) -> String {
    let mut words = uri.split(|c: char| !c.is_ascii_alphanumeric());
    let word =
        |w: &&str| w.len() > 2 && w.starts_with(|c: char| c.is_ascii_alphabetic()) && !w.eq_ignore_ascii_case("xml");
    let last = words.rfind(word).and_then(|w| w.chars().next());
    last.map_or_else(|| "n".to_owned(), |c| c.to_ascii_lowercase().to_string())
}

/// RFC 9535.
pub(super) fn selector(path: &[Step]) -> String {
    let mut text = String::from("$");
    for step in path {
        match step {
            Step::Each => text.push_str("[*]"),
            Step::Name(name) if is_plain(name) => text.extend([".", name]),
            Step::Name(name) => text.extend(["['", &name.replace('\\', "\\\\").replace('\'', "\\'"), "']"]),
            Step::Element(_) | Step::Attribute(_) => {}
        }
    }
    text
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
