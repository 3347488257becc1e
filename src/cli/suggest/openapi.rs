//! An OpenAPI 3 document, in JSON or YAML, into shapes: what its operations take. Examples and descriptions are not looked
//! at.

mod xml;

use super::{
    draft::OperationDraft,
    shape::{Path, Shape, Step},
    yaml,
};
use crate::policy::integration::Format;
use serde_json::{Map, Value};

/// What a document says of a recipient.
pub(super) struct Described {
    pub(super) operations: Vec<OperationDraft>,
    /// The first server's address, where it is a whole one.
    pub(super) server: Option<String>,
    /// Operations with a body in a format that is not known here.
    pub(super) left_out: usize,
    /// How many schemas may still be looked at.
    steps: usize,
}

/// Schemas within schemas beyond which nothing is looked at.
const DEPTH: usize = 16;
/// Operations of one document.
const OPERATIONS: usize = 200;
/// Places of one operation: types that refer to each other unfold into as many as there are ways through them.
const PLACES: usize = 2_000;
/// Schemas that are looked at for one operation, and for all of them.
const STEPS: usize = 10_000;
const ALL_STEPS: usize = 50_000;

/// Reads a document.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Described, String> {
    let document = document(bytes)?;
    let version = |key: &str| document.get(key).and_then(Value::as_str);
    if !version("openapi").is_some_and(|v| v.starts_with("3.")) {
        return Err(match version("swagger") {
            Some(_) => "this is a Swagger 2 document; convert it to OpenAPI 3 first".to_owned(),
            None => "this is no OpenAPI 3 document: it has no `openapi: \"3.…\"`".to_owned(),
        });
    }
    let server = document.pointer("/servers/0/url").and_then(Value::as_str).and_then(server);
    let mut described = Described { operations: Vec::new(), server, left_out: 0, steps: ALL_STEPS };
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        let item = resolve(&document, item);
        for method in ["post", "put", "patch"] {
            if let Some(operation) = item.get(method).filter(|_| described.operations.len() < OPERATIONS) {
                described.add(&document, path, method, operation);
            }
        }
    }
    if described.operations.is_empty() {
        return Err("it describes no POST, PUT or PATCH with a body in JSON, XML or CSV, or a form".to_owned());
    }
    Ok(described)
}

/// A whole address without what it says to be let in: neither a user nor a query, which may be a key.
fn server(said: &str) -> Option<String> {
    let url = url::Url::parse(said).ok().filter(|u| u.scheme() == "https")?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("https://{}{port}{}", url.host_str()?, url.path().trim_end_matches('/')))
}

/// What begins as JSON is JSON; anything else is YAML.
fn document(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with(['{', '[']) {
        return yaml::read(text);
    }
    // The reader's own words may repeat a value.
    serde_json::from_str(text)
        .map_err(|e| format!("line {}, column {}: it begins as JSON does and is not", e.line(), e.column()))
}

impl Described {
    fn add(&mut self, document: &Value, path: &str, method: &str, operation: &Value) {
        let body = operation.get("requestBody").map(|b| resolve(document, b));
        let Some(content) = body.and_then(|b| b.get("content")).and_then(Value::as_object) else { return };
        let mut room = Room { places: PLACES, steps: self.steps.min(STEPS), full: false };
        let before = room.steps;
        let drafted = drafted(document, content, &mut room);
        self.steps -= before - room.steps;
        let Some((media, format, shape)) = drafted else {
            self.left_out += 1;
            return;
        };
        let said = operation.get("operationId").and_then(Value::as_str).unwrap_or(path);
        let mut id = super::slug(said);
        if self.operations.iter().any(|o| o.id == id) {
            id = format!("{id}-{}", self.operations.len() + 1);
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        self.operations.push(OperationDraft {
            id,
            method: method.to_uppercase(),
            path,
            path_known: true,
            media,
            format,
            shape,
            action: None,
            charset: None,
            todo: room.full.then(|| FULL.to_owned()).into_iter().collect(),
        });
    }
}

/// How much of an operation's schemas is looked at.
struct Room {
    places: usize,
    steps: usize,
    /// There was more.
    full: bool,
}

impl Room {
    /// Takes one schema on, where there is room for it.
    fn step(&mut self, shape: &Shape) -> bool {
        self.full |= self.steps == 0 || shape.order.len() >= self.places;
        self.steps -= usize::from(!self.full);
        !self.full
    }
}

const FULL: &str = "the schemas unfold into more places than are drafted: those beyond are left out";

/// The first of a body's types whose places can be drafted: JSON before forms, XML and CSV.
fn drafted(document: &Value, content: &Map<String, Value>, room: &mut Room) -> Option<(String, Format, Shape)> {
    let mut types: Vec<(u8, String, Format, &Value)> = Vec::new();
    for (said, body) in content {
        let media = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let Some(format) = Format::of(&media) else { continue };
        let rank = match (&format, media.as_str()) {
            (Format::Json, "application/json") => 0,
            (Format::Json, _) => 1,
            (Format::Form, _) => 2,
            (Format::Xml(_), _) => 3,
            (Format::Table(_), _) => 4,
            _ => continue,
        };
        types.push((rank, media, format, body));
    }
    types.sort_by_key(|(rank, ..)| *rank);
    types.into_iter().find_map(|(_, media, format, body)| {
        let mut shape = Shape { documents: 1, flat: format.is_flat(), ..Shape::default() };
        let schema = body.get("schema");
        match &format {
            Format::Xml(_) => xml::walk(document, schema?, &mut shape, room)?,
            Format::Table(_) => {
                Walk { document, shape: &mut shape, path: Vec::new(), within: Vec::new(), room }.columns(schema?)?;
            }
            _ => {
                if let Some(schema) = schema {
                    Walk { document, shape: &mut shape, path: Vec::new(), within: Vec::new(), room }.schema(schema);
                }
            }
        }
        Some((media, format, shape))
    })
}

/// What `$ref` leads to within the document; what leads out of it, and anything else, is itself.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let mut at = value;
    for _ in 0..DEPTH {
        let Some(pointer) = at.get("$ref").and_then(Value::as_str) else { return at };
        match pointer.strip_prefix('#').filter(|p| !p.is_empty()).and_then(|p| document.pointer(p)) {
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
    room: &'s mut Room,
}

impl<'d> Walk<'d, '_> {
    fn schema(&mut self, schema: &'d Value) {
        let schema = resolve(self.document, schema);
        if self.within.len() >= DEPTH || self.within.iter().any(|s| std::ptr::eq(*s, schema)) {
            return;
        }
        if !self.room.step(self.shape) {
            return;
        }
        self.within.push(schema);
        let went = self.inside(schema);
        self.within.pop();
        if !went && kind(schema) != "object" && !self.path.is_empty() {
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

    /// The columns of a table: each row's members. `None`: the schema names none.
    fn columns(&mut self, schema: &'d Value) -> Option<()> {
        let rows = resolve(self.document, schema);
        let row = rows.get("items").map_or(rows, |items| resolve(self.document, items));
        for (name, column) in row.get("properties")?.as_object()? {
            if !self.room.step(self.shape) {
                break;
            }
            let path = vec![Step::Name(name.clone())];
            self.shape.leaf(&path).schema = Some(says(resolve(self.document, column)));
        }
        (!self.shape.order.is_empty()).then_some(())
    }

    fn below(&mut self, step: Step, schema: &'d Value) {
        self.path.push(step);
        self.schema(schema);
        self.path.pop();
    }
}

/// A schema's type; of several (OpenAPI 3.1) the first that is not `null`.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or_default(),
        Some(kind) => kind.as_str().unwrap_or_default(),
        None => "",
    }
}

fn says(schema: &Value) -> &'static str {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    match (kind(schema), format) {
        _ if schema.get("$ref").is_some() => "that it is described in another document",
        _ if schema.get("enum").is_some() => "one of a few words: a code",
        (_, "date" | "date-time") => "a date",
        (_, "uuid") => "a UUID",
        (_, "byte" | "binary") => "bytes",
        ("integer" | "number", _) => "a number",
        ("boolean", _) => "true or false",
        _ => "a text",
    }
}
