//! XML: its rules one by one, what is not XML, golden documents, and an independent parser's view of what leaves.

mod bad;
mod golden;
mod places;
mod properties;

use crate::rules::{LIMITS, Once, Record, Rules};
use havengate::{
    policy::{
        integration::{BodyRules, FieldRule, Format, Namespaces, XmlFormat},
        selector::Selector,
    },
    screen::{
        Person, Ruling,
        body::{Limits, ScreenedBody},
        xml::XmlScreener,
    },
    verdict::Refusal,
};
use std::sync::Arc;

pub(crate) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(crate) const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
pub(crate) const FHIR: &str = "http://hl7.org/fhir";
pub(crate) const HOUSING: &str = "urn:example:housing";
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

pub(crate) fn namespaces() -> Namespaces {
    let table = [("soap", SOAP), ("env", SOAP12), ("f", FHIR), ("h", HOUSING), ("xsi", XSI)];
    Namespaces::new(table.iter().map(|(prefix, uri)| ((*prefix).into(), (*uri).into())).collect())
}

/// The rules with their selectors read as XPath.
pub(crate) fn compile(rules: &Rules) -> Arc<BodyRules> {
    let namespaces = namespaces();
    let format = Format::Xml(Arc::new(XmlFormat { namespaces: namespaces.clone(), action: None }));
    rules.compile_as("application/xml", format, &|text| Selector::xpath(text, &namespaces).unwrap())
}

/// Screens `pieces` as one body.
pub(crate) fn screen_pieces<'a>(
    rules: &Arc<BodyRules>,
    limits: Limits,
    ruling: impl Fn(&Person, &FieldRule) -> Ruling,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<ScreenedBody, Refusal> {
    let mut judge = Once::new(ruling);
    let mut screener = XmlScreener::new(Arc::clone(rules), limits, Person::One("from the path".into()));
    for piece in pieces {
        screener.push(piece, &mut judge)?;
    }
    screener.finish(&mut judge)
}

/// Screens `body` and gives the output as text. However it is cut, the outcome is the same.
pub(crate) fn screen(
    rules: &Rules,
    ruling: impl Fn(&Person, &FieldRule) -> Ruling,
    body: &str,
) -> Result<String, Refusal> {
    let rules = compile(rules);
    let whole = screen_pieces(&rules, LIMITS, &ruling, [body.as_bytes()]);
    let whole = whole.map(|s| (String::from_utf8(s.bytes.clone()).unwrap(), s.findings()));
    let single = screen_pieces(&rules, LIMITS, &ruling, body.as_bytes().chunks(1));
    assert_eq!(single.map(|s| (String::from_utf8(s.bytes.clone()).unwrap(), s.findings())), whole);
    whole.map(|(text, _)| text)
}

/// One kind of record.
pub(crate) fn cases(fields: &[&str]) -> Rules {
    Rules::of(&[crate::rules::record("/h:Cases/h:Case", "@ref", fields)])
}

/// The whole document is one record.
pub(crate) fn whole(subject: &str, fields: &[&str]) -> Rules {
    Rules::of(&[Record { ..crate::rules::record("/", subject, fields) }])
}
