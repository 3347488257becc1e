//! What a connection says of an XML body besides its rules: namespaces and the SOAP action.

use std::{borrow::Cow, sync::Arc};

/// How an XML body is read and written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct XmlFormat {
    /// What the prefixes in selectors stand for, and the only namespaces that are ever declared in what leaves.
    pub namespaces: Namespaces,
    /// SOAP: the one action that requests may name.
    pub action: Option<SoapAction>,
}

impl XmlFormat {
    /// Whether a media type (lower case, without parameters) is XML: `application/xml`, `text/xml` or
    /// `application/…+xml` (RFC 7303 sections 9 and 4.2).
    #[must_use]
    pub fn reads(media: &str) -> bool {
        let named = |name: &str| {
            let token = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&-^_.+".contains(&b);
            !name.is_empty() && name.bytes().all(token)
        };
        let suffixed = || media.strip_prefix("application/")?.strip_suffix("+xml");
        matches!(media, "application/xml" | "text/xml") || suffixed().is_some_and(named)
    }
}

/// A namespace by its place in [`Namespaces`], so that names in it are compared without its URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ns(u8);

impl Ns {
    /// No namespace.
    pub const NONE: Self = Self(0);
    /// `http://www.w3.org/XML/1998/namespace`, which the prefix `xml` always stands for.
    pub const XML: Self = Self(1);
    /// A namespace that the connection does not know: nothing in it leaves.
    pub const UNKNOWN: Self = Self(u8::MAX);

    /// Of a number below that of every unknown one.
    pub(crate) const fn numbered(number: u8) -> Self {
        Self(number)
    }

    /// Its number.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// What stands before a local name to make it an expanded one. No XML name begins like it.
    pub(crate) fn mark(self) -> Cow<'static, str> {
        if self == Self::NONE { Cow::Borrowed("") } else { Cow::Owned(format!("{}:", self.0)) }
    }
}

/// The prefixes that selectors may use, each with its namespace. The empty prefix is the namespace of element names
/// without one; without it they are in none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespaces {
    table: Vec<(Arc<str>, Arc<str>)>,
}

/// What the prefix `xml` stands for (Namespaces in XML 1.0 section 3).
pub(crate) const XML_URI: &str = "http://www.w3.org/XML/1998/namespace";
/// Numbers that are not of the table: none and `xml`.
const FIRST: u8 = 2;

impl Namespaces {
    /// How many a table may have.
    pub const MOST: usize = 60;

    /// From pairs of prefix and URI, no prefix and no URI twice, at most [`Namespaces::MOST`]. What is beyond is left
    /// out, and nothing in it leaves.
    #[must_use]
    pub fn new(table: Vec<(Arc<str>, Arc<str>)>) -> Self {
        let mut table = table;
        table.truncate(Self::MOST);
        Self { table }
    }

    fn numbered(&self) -> impl Iterator<Item = (Ns, &str, &str)> {
        (FIRST..).zip(&self.table).map(|(n, (prefix, uri))| (Ns(n), &**prefix, &**uri))
    }

    /// What a prefix in a selector stands for.
    #[must_use]
    pub fn of_prefix(&self, prefix: &str) -> Option<Ns> {
        if prefix == "xml" {
            return Some(Ns::XML);
        }
        self.numbered().find(|(_, known, _)| *known == prefix).map(|(ns, ..)| ns)
    }

    /// The namespace of a URI, compared literally as Namespaces in XML says.
    #[must_use]
    pub fn of_uri(&self, uri: &str) -> Ns {
        match uri {
            "" => Ns::NONE,
            XML_URI => Ns::XML,
            _ => self.numbered().find(|(.., known)| *known == uri).map_or(Ns::UNKNOWN, |(ns, ..)| ns),
        }
    }

    /// The prefix and the URI of a namespace of the table.
    #[must_use]
    pub fn get(&self, ns: Ns) -> Option<(&str, &str)> {
        match ns {
            Ns::NONE | Ns::UNKNOWN => None,
            Ns::XML => Some(("xml", XML_URI)),
            Ns(n) => self.table.get(usize::from(n - FIRST)).map(|(prefix, uri)| (&**prefix, &**uri)),
        }
    }

    /// The prefixes, for hints.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.table.iter().map(|(prefix, _)| &**prefix)
    }

    /// [`Ns::mark`] of every namespace that names can be looked up in, by its number.
    pub(crate) fn marks(&self) -> Vec<Box<[u8]>> {
        let known = [Ns::NONE, Ns::XML].into_iter().chain(self.numbered().map(|(ns, ..)| ns));
        known.map(|ns| ns.mark().as_bytes().into()).collect()
    }
}

/// The one value that a SOAP request's action may have (SOAP 1.1 section 6.1.1: the `SOAPAction` header; SOAP 1.2 part 2
/// section 6.5.3: the media type's `action` parameter). Sent on as it is listed, never as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoapAction {
    uri: Arc<str>,
    in_header: bool,
}

impl SoapAction {
    /// For a body of this media type; `None` where SOAP has no action for it, or the text cannot stand in a header.
    #[must_use]
    pub fn new(uri: &str, media: &str) -> Option<Self> {
        let fits = uri.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'));
        let in_header = match media {
            "text/xml" => true,
            "application/soap+xml" => false,
            _ => return None,
        };
        fits.then(|| Self { uri: uri.into(), in_header })
    }

    /// Whether it stands in the `SOAPAction` header (SOAP 1.1) and not in the media type (SOAP 1.2).
    #[must_use]
    pub const fn in_header(&self) -> bool {
        self.in_header
    }

    /// Whether this is what a request says: the header's or the parameter's value, with its quotes or without.
    #[must_use]
    pub fn is(&self, sent: &str) -> bool {
        let bare = sent.strip_prefix('"').and_then(|s| s.strip_suffix('"')).unwrap_or(sent);
        bare == &*self.uri
    }

    /// What is sent on: the value in quotes, as the header's or the parameter's value.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.uri)
    }
}

/// Whether a character may stand in XML (XML 1.0 section 2.2).
pub(crate) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a text is a name without a colon (XML 1.0 section 2.3, Namespaces in XML 1.0 section 3).
pub(crate) fn is_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_start) && chars.all(|c| is_start(c) || is_later(c))
}

const fn is_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z')
        || matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}')
        || matches!(c, '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}')
        || matches!(c, '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}')
        || matches!(c, '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

const fn is_later(c: char) -> bool {
    matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_media_types_are_told_from_others() {
        for media in ["application/xml", "text/xml", "application/soap+xml", "application/fhir+xml"] {
            assert!(XmlFormat::reads(media), "{media}");
        }
        for media in ["application/json", "image/svg+xml", "application/+xml", "application/a b+xml", "text/a+xml"] {
            assert!(!XmlFormat::reads(media), "{media}");
        }
    }

    #[test]
    fn namespaces_are_found_by_prefix_and_uri() {
        let table = Namespaces::new(vec![("h".into(), "urn:h".into()), ("".into(), "urn:d".into())]);
        let h = table.of_prefix("h").unwrap();
        assert_eq!((table.of_uri("urn:h"), table.get(h)), (h, Some(("h", "urn:h"))));
        assert_eq!(table.of_uri("urn:d"), table.of_prefix("").unwrap());
        assert_eq!((table.of_uri("urn:H"), table.of_uri("")), (Ns::UNKNOWN, Ns::NONE));
        assert_eq!((table.of_prefix("xml"), table.of_prefix("x")), (Some(Ns::XML), None));
    }

    #[test]
    fn an_action_is_one_value_with_its_quotes_or_without() {
        let action = SoapAction::new("urn:example:send", "text/xml").unwrap();
        assert!(action.in_header() && action.is("urn:example:send") && action.is("\"urn:example:send\""));
        assert!(!action.is("\"urn:example:send") && !action.is("urn:example:other") && !action.is(""));
        assert_eq!(action.quoted(), "\"urn:example:send\"");
        assert!(!SoapAction::new("", "application/soap+xml").unwrap().in_header());
        assert_eq!(SoapAction::new("a\"b", "text/xml"), None);
        assert_eq!(SoapAction::new("urn:a", "application/xml"), None);
    }
}
