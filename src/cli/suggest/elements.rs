//! XML documents into shapes: elements and attributes as places, and elements that repeat as records.

use super::shape::{DEPTH, Name as Says, Path, Shape, Step, is_known, is_usual};
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
        let mut adding = Adding { shape: self, path: vec![Step::Element(root.name.clone())], said: BTreeMap::new() };
        if adding.is_place(&root.name, true, false) {
            adding.element(root, is_soap(&root.name));
        }
    }
}

/// One document on its way into a shape.
struct Adding<'s, 'e> {
    shape: &'s mut Shape,
    path: Path,
    /// What the names so far say of themselves.
    said: BTreeMap<&'e Name, (Says, bool)>,
}

impl<'e> Adding<'_, 'e> {
    /// `bare`: its children are named by whoever defined the message, as SOAP's envelope and body and what is in them.
    fn element(&mut self, element: &'e Element, bare: bool) {
        if self.path.len() >= DEPTH {
            return;
        }
        // How a text is to be read says nothing that a recipient needs.
        let of_schemas = |name: &Name| [XSI, XML_URI].contains(&&*name.namespace);
        let attributes = || element.attributes.iter().filter(|(name, _)| !of_schemas(name));
        let alone = self.is_alone(&attributes().map(|(name, _)| name).collect());
        for (name, value) in attributes() {
            self.path.push(Step::Attribute(name.clone()));
            if self.is_place(name, false, alone) {
                self.shape.see(&self.path, &Value::from(value.as_str()));
            }
            self.path.pop();
        }
        if !element.children.is_empty() {
            self.children(element, bare);
        } else if element.attributes.is_empty() || !element.text.trim().is_empty() {
            self.shape.see(&self.path, &Value::from(element.text.trim()));
        }
    }

    fn children(&mut self, element: &'e Element, bare: bool) {
        let data = self.names_are_data(element);
        let alone = self.is_alone(&element.children.iter().map(|child| &child.name).collect());
        let mut times: BTreeMap<&Name, usize> = BTreeMap::new();
        for child in &element.children {
            self.path.push(Step::Element(child.name.clone()));
            if data {
                self.shape.leave_out(&self.path);
            } else if self.is_place(&child.name, bare || is_plural(child), alone) {
                let times = times.entry(&child.name).or_default();
                *times += 1;
                if *times > 1 && is_structured(child) {
                    let most = self.shape.lists.entry(self.path.clone()).or_default();
                    *most = (*times).max(*most);
                }
                self.element(child, bare && is_soap(&child.name));
            }
            self.path.pop();
        }
    }

    /// Whether the path's last name may be written down; one that is doubtful may until all samples are read. `bare`: it
    /// is a word of a schema, as what a document is called, unless it stands somewhere as a value too. `alone`: all beside
    /// it are known.
    fn is_place(&mut self, name: &'e Name, bare: bool, alone: bool) -> bool {
        let (says, known) = self.weigh(name);
        match says {
            Says::Data => {
                self.shape.leave_out(&self.path);
                return false;
            }
            Says::Place if known => {}
            Says::Place | Says::Doubtful => {
                let bare = bare || (says == Says::Place && alone && is_usual(&name.local));
                *self.shape.doubtful.entry(self.path.clone()).or_default() += if bare { 2 } else { 1 };
            }
        }
        true
    }

    /// Whether of several names one is not known.
    fn is_alone(&mut self, names: &BTreeSet<&'e Name>) -> bool {
        names.len() > 1 && names.iter().filter(|name| !self.weigh(name).1).count() == 1
    }

    /// An element whose children are named by somebody's data: most of them look so, or none is known and all hold the
    /// same.
    fn names_are_data(&mut self, element: &'e Element) -> bool {
        let names: BTreeSet<&Name> = element.children.iter().map(|child| &child.name).collect();
        let data = names.iter().filter(|name| self.weigh(name).0 == Says::Data).count();
        if data * 2 > names.len() || names.len() < 2 || names.iter().any(|n| self.weigh(n).1) {
            return data * 2 > names.len();
        }
        let inner = |child: &'e Element| child.children.iter().map(|c| &c.name).collect::<BTreeSet<_>>();
        let mut shapes = element.children.iter().map(inner);
        shapes.next().is_some_and(|first| !first.is_empty() && shapes.all(|other| other == first))
    }

    /// What a name says, and whether it is known: a standard's are.
    fn weigh(&mut self, name: &'e Name) -> (Says, bool) {
        let standard = matches!(&*name.namespace, SOAP_1_1 | SOAP_1_2 | FHIR);
        *self.said.entry(name).or_insert_with(|| (says(name), standard || is_known(&name.local)))
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

/// Whether an element may be a record: it holds several things.
fn is_structured(element: &Element) -> bool {
    !element.children.is_empty() || element.attributes.len() >= 2
}
