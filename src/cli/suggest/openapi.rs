//! An OpenAPI 3 document (JSON) into shapes: what its operations take. Examples and descriptions are not looked at.

use super::{
    draft::OperationDraft,
    shape::{Path, Shape, Step},
};
use crate::policy::integration::Format;
use serde_json::Value;

/// What a document says of a recipient.
pub(super) struct Described {
    pub(super) operations: Vec<OperationDraft>,
    /// The first server's address, where it is a whole one.
    pub(super) server: Option<String>,
    /// Operations with a body in a format that is not known here.
    pub(super) left_out: usize,
}

/// Schemas within schemas beyond which nothing is looked at.
const DEPTH: usize = 16;
/// Operations of one document.
const OPERATIONS: usize = 200;

/// Reads a document.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Described, String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|e| {
        format!(
            "line {}: this is not JSON\n  mend: this version reads OpenAPI in JSON, not in YAML: convert it first",
            e.line()
        )
    })?;
    if !document.get("openapi").and_then(Value::as_str).is_some_and(|v| v.starts_with("3.")) {
        return Err("this is no OpenAPI 3 document: it has no `openapi: \"3.…\"`".to_owned());
    }
    let server = document.pointer("/servers/0/url").and_then(Value::as_str).filter(|u| u.starts_with("https://"));
    let mut described = Described { operations: Vec::new(), server: server.map(str::to_owned), left_out: 0 };
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for method in ["post", "put", "patch"] {
            if let Some(operation) = item.get(method).filter(|_| described.operations.len() < OPERATIONS) {
                described.add(&document, path, method, operation);
            }
        }
    }
    if described.operations.is_empty() {
        return Err("it describes no POST, PUT or PATCH with a JSON or form body".to_owned());
    }
    Ok(described)
}

impl Described {
    fn add(&mut self, document: &Value, path: &str, method: &str, operation: &Value) {
        let body = operation.get("requestBody").map(|b| resolve(document, b));
        let Some(content) = body.and_then(|b| b.get("content")).and_then(Value::as_object) else { return };
        let media =
            ["application/json", "application/x-www-form-urlencoded"].into_iter().find(|m| content.contains_key(*m));
        let Some((media, format)) = media.and_then(|m| Some((m, Format::of(m)?))) else {
            self.left_out += 1;
            return;
        };
        let mut shape = Shape { documents: 1, ..Shape::default() };
        if let Some(schema) = content.get(media).and_then(|c| c.get("schema")) {
            Walk { document, shape: &mut shape, path: Vec::new(), within: Vec::new() }.schema(schema);
        }
        let said = operation.get("operationId").and_then(Value::as_str).unwrap_or(path);
        let mut id = super::slug(said);
        if self.operations.iter().any(|o| o.id == id) {
            id = format!("{id}-{}", self.operations.len() + 1);
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let method = method.to_uppercase();
        self.operations.push(OperationDraft {
            id,
            method,
            path,
            path_known: true,
            media: media.to_owned(),
            format,
            shape,
            action: None,
            charset: None,
            todo: Vec::new(),
        });
    }
}

/// What `$ref` leads to within the document; anything else is itself.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let mut at = value;
    for _ in 0..DEPTH {
        let Some(pointer) = at.get("$ref").and_then(Value::as_str) else { return at };
        let pointer = pointer.split_once('#').map_or("", |(_, p)| p);
        match document.pointer(pointer).filter(|_| !pointer.is_empty()) {
            Some(next) => at = next,
            None => return at,
        }
    }
    at
}

/// One schema's places.
struct Walk<'d, 's> {
    document: &'d Value,
    shape: &'s mut Shape,
    path: Path,
    /// The schemas that are being walked: one within itself is not walked again.
    within: Vec<&'d Value>,
}

impl<'d> Walk<'d, '_> {
    fn schema(&mut self, schema: &'d Value) {
        let schema = resolve(self.document, schema);
        if self.within.len() >= DEPTH || self.within.iter().any(|s| std::ptr::eq(*s, schema)) {
            return;
        }
        self.within.push(schema);
        let went = self.inside(schema);
        self.within.pop();
        let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
        if !went && !is_object && !self.path.is_empty() {
            self.shape.leaf(&self.path).schema = Some(says(schema));
        }
    }

    /// Whether there is anything within it.
    fn inside(&mut self, schema: &'d Value) -> bool {
        let mut went = false;
        for of in ["allOf", "oneOf", "anyOf"] {
            for part in schema.get(of).and_then(Value::as_array).into_iter().flatten() {
                self.schema(part);
                went = true;
            }
        }
        for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.below(Step::Name(name.clone()), inner);
            went = true;
        }
        if let Some(items) = schema.get("items") {
            let items = resolve(self.document, items);
            if items.get("properties").is_some() && !self.within.iter().any(|s| std::ptr::eq(*s, items)) {
                self.shape.lists.insert(self.path.clone(), 1);
            }
            self.below(Step::Each, items);
            went = true;
        }
        if let Some(more) = schema.get("additionalProperties").filter(|m| m.is_object()) {
            self.shape.maps.insert(self.path.clone());
            self.below(Step::Each, more);
            went = true;
        }
        went
    }

    fn below(&mut self, step: Step, schema: &'d Value) {
        self.path.push(step);
        self.schema(schema);
        self.path.pop();
    }
}

fn says(schema: &Value) -> &'static str {
    let word = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    match (word("type"), word("format")) {
        _ if schema.get("enum").is_some() => "one of a few words: a code",
        (_, "date" | "date-time") => "a date",
        (_, "uuid") => "a UUID",
        (_, "byte" | "binary") => "bytes",
        ("integer" | "number", _) => "a number",
        ("boolean", _) => "true or false",
        _ => "a text",
    }
}
