//! Schemas of XML bodies: which elements and attributes a schema's members are (OpenAPI 3.1 section 4.8.26, XML Object).

use super::{DEPTH, Room, kind, resolve, says};
use crate::{
    cli::suggest::shape::{Path, Shape, Step},
    policy::integration::is_ncname,
    screen::xml::outline::Name,
};
use serde_json::Value;
use std::sync::Arc;

/// Notes a body's places. `None`: nothing says what its document's element is called, or it holds nothing.
pub(super) fn walk(document: &Value, schema: &Value, shape: &mut Shape, room: &mut Room) -> Option<()> {
    let called = schema.get("$ref").and_then(Value::as_str).and_then(|pointer| pointer.rsplit('/').next());
    let mut walk = Walk { document, shape, path: Vec::new(), within: Vec::new(), room };
    let root = resolve(document, schema);
    let name = walk.name(root, said(root, "name").or(called)?, "")?;
    walk.element(name, root, "");
    (!walk.shape.order.is_empty()).then_some(())
}

/// A word of a schema's `xml`.
fn said<'d>(schema: &'d Value, word: &str) -> Option<&'d str> {
    schema.get("xml")?.get(word)?.as_str()
}

fn is(schema: &Value, word: &str) -> bool {
    schema.get("xml").and_then(|xml| xml.get(word)).is_some_and(|v| *v == Value::Bool(true))
}

struct Walk<'d, 's> {
    document: &'d Value,
    shape: &'s mut Shape,
    path: Path,
    /// The schemas that are being walked: one within itself is not walked again.
    within: Vec<&'d Value>,
    room: &'s mut Room,
}

impl<'d> Walk<'d, '_> {
    /// What a schema's element is called; `around`: the namespace that names without a prefix are in.
    fn name(&self, schema: &Value, local: &str, around: &str) -> Option<Name> {
        let namespace = match (said(schema, "namespace"), said(schema, "prefix")) {
            (Some(uri), _) => uri,
            // A prefix nobody declared.
            (None, Some(_)) => return None,
            (None, None) => around,
        };
        is_ncname(local).then(|| Name { namespace: Arc::from(namespace), local: local.to_owned() })
    }

    /// The namespace that names without a prefix are in, within this element.
    fn around(&self, name: &Name, schema: &Value, outside: &str) -> Arc<str> {
        if said(schema, "namespace").is_some() && said(schema, "prefix").is_none() {
            Arc::clone(&name.namespace)
        } else {
            Arc::from(outside)
        }
    }

    fn element(&mut self, name: Name, schema: &'d Value, outside: &str) {
        let around = self.around(&name, schema, outside);
        self.path.push(Step::Element(name));
        self.inside(schema, &around);
        self.path.pop();
    }

    fn inside(&mut self, schema: &'d Value, around: &str) {
        let schema = resolve(self.document, schema);
        if self.within.len() >= DEPTH || self.within.iter().any(|s| std::ptr::eq(*s, schema)) {
            return;
        }
        if !self.room.step(self.shape) {
            return;
        }
        self.within.push(schema);
        let parts =
            ["allOf", "oneOf", "anyOf"].iter().filter_map(|of| schema.get(*of).and_then(Value::as_array)).flatten();
        let mut went = false;
        for part in parts {
            self.inside(part, around);
            went = true;
        }
        for (member, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.member(member, inner, around);
            went = true;
        }
        self.within.pop();
        if !went && kind(schema) != "object" {
            let path = self.path.clone();
            self.shape.leaf(&path).schema = Some(says(schema));
        }
    }

    fn member(&mut self, member: &'d str, schema: &'d Value, around: &str) {
        let resolved = resolve(self.document, schema);
        let local = said(resolved, "name").unwrap_or(member);
        if is(resolved, "attribute") {
            if !self.room.step(self.shape) {
                return;
            }
            if let Some(name) = self.name(resolved, local, "") {
                let path = [self.path.as_slice(), &[Step::Attribute(name)]].concat();
                self.shape.leaf(&path).schema = Some(says(resolved));
            }
            return;
        }
        let Some(items) = resolved.get("items") else {
            if let Some(name) = self.name(resolved, local, around) {
                self.element(name, resolved, around);
            }
            return;
        };
        // Without `wrapped` the elements of a list stand beside each other, called after the items or the member.
        let items = resolve(self.document, items);
        let wrapped = is(resolved, "wrapped");
        let outer = self.name(resolved, local, around).filter(|_| wrapped);
        let inner = said(items, "name").unwrap_or(local);
        let around = match &outer {
            Some(outer) => self.around(outer, resolved, around),
            None => Arc::from(around),
        };
        let Some(name) = self.name(items, inner, &around) else { return };
        let depth = self.path.len();
        self.path.extend(outer.map(Step::Element));
        if items.get("properties").is_some() && !self.within.iter().any(|s| std::ptr::eq(*s, items)) {
            self.shape.lists.insert([self.path.as_slice(), &[Step::Element(name.clone())]].concat(), 1);
        }
        self.element(name, items, &around);
        self.path.truncate(depth);
    }
}
