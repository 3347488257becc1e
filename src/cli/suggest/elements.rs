//! XML documents into shapes: elements and attributes as places, and elements that repeat as records.

use super::shape::{DEPTH, Name as Says, Path, Shape, Step, is_known};
use crate::{
    detect::{Cue, Kind, scan},
    policy::integration::XML_URI,
    screen::xml::outline::{Element, Name},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// SOAP 1.1 section 4, SOAP 1.2 part 1 section 5.
pub(super) const SOAP_1_1: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SOAP 1.2.
pub(super) const SOAP_1_2: &str = "http://www.w3.org/2003/05/soap-envelope";
/// HL7 FHIR.
pub(super) const FHIR: &str = "http://hl7.org/fhir";
/// XML Schema's own attributes in documents.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

impl Shape {
    /// A document that is a tree of elements. What stands beside elements in one is no value: nothing can list it.
    pub(super) fn add_xml(&mut self, root: &Element) {
        self.documents += 1;
        let path = vec![Step::Element(root.name.clone())];
        // What a document is called is a word of its schema, unless it is plainly something else.
        match says(&root.name) {
            Says::Data => self.leave_out(&path),
            Says::Place | Says::Doubtful => self.element(path, root, is_soap(&root.name)),
        }
    }

    /// `bare`: its children are named by whoever defined the message, as SOAP's envelope and body and what is in them.
    fn element(&mut self, path: Path, element: &Element, bare: bool) {
        if path.len() >= DEPTH {
            return;
        }
        // How a text is to be read says nothing that a recipient needs.
        let of_schemas = |name: &Name| [XSI, XML_URI].contains(&&*name.namespace);
        for (name, value) in element.attributes.iter().filter(|(name, _)| !of_schemas(name)) {
            let path = [path.as_slice(), &[Step::Attribute(name.clone())]].concat();
            if self.is_place(&path, name, false) {
                self.see(&path, &Value::from(value.as_str()));
            }
        }
        if element.children.is_empty() {
            if element.attributes.is_empty() || !element.text.trim().is_empty() {
                self.see(&path, &Value::from(element.text.trim()));
            }
            return;
        }
        if names_are_data(element) {
            let names: BTreeSet<&Name> = element.children.iter().map(|child| &child.name).collect();
            for name in names {
                self.leave_out(&[path.as_slice(), &[Step::Element(name.clone())]].concat());
            }
            return;
        }
        let mut times: BTreeMap<&Name, usize> = BTreeMap::new();
        for child in &element.children {
            let path = [path.as_slice(), &[Step::Element(child.name.clone())]].concat();
            if !self.is_place(&path, &child.name, bare || is_plural(child)) {
                continue;
            }
            let times = times.entry(&child.name).or_default();
            *times += 1;
            if *times > 1 && is_structured(child) {
                let most = self.lists.entry(path.clone()).or_default();
                *most = (*times).max(*most);
            }
            self.element(path, child, bare && is_soap(&child.name));
        }
    }

    /// Whether a name may be written down; one that is doubtful may until all samples are read.
    fn is_place(&mut self, path: &Path, name: &Name, bare: bool) -> bool {
        match says(name) {
            Says::Data => {
                self.leave_out(path);
                return false;
            }
            Says::Doubtful if !bare => *self.doubtful.entry(path.clone()).or_default() += 1,
            Says::Doubtful | Says::Place => {}
        }
        true
    }
}

fn is_soap(name: &Name) -> bool {
    [SOAP_1_1, SOAP_1_2].contains(&&*name.namespace)
}

/// Whether an element is called after those in it, as `Households` after each `Household`.
fn is_plural(element: &Element) -> bool {
    let Some(first) = element.children.first().map(|child| &child.name) else { return false };
    let singular = first.local.strip_suffix('y').map(|stem| format!("{stem}ies"));
    let called = [Some(format!("{}s", first.local)), Some(format!("{}List", first.local)), singular];
    element.children.iter().all(|child| child.name == *first)
        && called.iter().flatten().any(|plural| *plural == element.name.local)
}

/// What a name says of itself. A standard's names are all of places; one in a namespace that looks like somebody's data
/// is data too.
fn says(name: &Name) -> Says {
    match (&*name.namespace, Says::of(&name.local)) {
        (SOAP_1_1 | SOAP_1_2 | FHIR, Says::Doubtful) => Says::Place,
        ("" | XML_URI | SOAP_1_1 | SOAP_1_2 | FHIR, said) => said,
        (uri, said) if is_of_schemas(uri) => said,
        _ => Says::Data,
    }
}

/// Whether a URI may be written down: what it was drawn up for is a schema or a message, and no person.
pub(super) fn is_of_schemas(uri: &str) -> bool {
    let mut found = Vec::new();
    scan(uri, Cue::NONE, None, &mut found);
    // The day of a schema's version is nobody's birthday.
    found.iter().all(|f| f.category == Kind::BirthDate)
        && uri.len() <= 512
        && !uri.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// An element whose children are named by somebody's data: most of them look so, or none is known and all hold the same.
fn names_are_data(element: &Element) -> bool {
    let names: BTreeSet<&Name> = element.children.iter().map(|child| &child.name).collect();
    let count = |what: Says| names.iter().filter(|name| says(name) == what).count();
    if count(Says::Data) * 2 > names.len() {
        return true;
    }
    let inner = |child: &Element| child.children.iter().map(|c| c.name.clone()).collect::<BTreeSet<_>>();
    let mut shapes = element.children.iter().map(inner);
    let Some(first) = shapes.next().filter(|first| !first.is_empty()) else { return false };
    names.len() >= 2 && !names.iter().any(|n| is_known(&n.local)) && shapes.all(|s| s == first)
}

/// Whether an element may be a record: it holds several things.
fn is_structured(element: &Element) -> bool {
    !element.children.is_empty() || element.attributes.len() >= 2
}
