//! What a connection's file says besides all that was compared: which settings differ is told, so that nothing that was
//! not looked into passes for no difference.

use super::{Area, Found, Version, Way, list};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// Settings whose change is said elsewhere, by where they stand.
const SAID: [&str; 18] = [
    "app",
    "destination",
    "upstream",
    "plain_http",
    "route",
    "purpose",
    "auth",
    "client_certificate",
    "upstream_roots",
    "approval",
    "operation.id",
    "operation.method",
    "operation.path",
    "operation.response",
    "operation.body",
    "operation.body.media",
    "operation.body.limit",
    "operation.body.unlisted",
];
/// Maps of listed places: which places there are, and what each holds, was asked of the charter.
const PLACES: [&str; 9] =
    ["path_fields", "query", "headers", "envelope", "fields", "keys", "dimensions", "table", "parameters"];
/// What is said of a place elsewhere.
const OF_A_PLACE: [&str; 7] = ["category", "otherwise", "only", "denied", "detected", "one_of", "required"];

/// Every connection that both sets have.
pub(super) fn compare(old: &Version, new: &Version, found: &mut Found) {
    for (path, after) in new.sources.integrations() {
        let Some(before) = old.sources.get(path).filter(|before| *before != after) else { continue };
        let mut settings = BTreeSet::new();
        match (before.parse::<Table>(), after.parse::<Table>()) {
            (Ok(before), Ok(after)) => tables(&before, &after, "", &mut settings),
            // It compiled, so this does not happen; were it to, somebody should look.
            _ => _ = settings.insert("the file as a whole".to_owned()),
        }
        if !settings.is_empty() {
            let settings: Vec<_> = settings.into_iter().collect();
            let text = format!(
                "In {path} these settings are different, and no words say what comes of it: {}.",
                list(&settings, 9)
            );
            found.say(Area::Connections, Way::Unclear, text);
        }
    }
}

fn tables(old: &Table, new: &Table, at: &str, found: &mut BTreeSet<String>) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        let said = OF_A_PLACE.contains(&name.as_str()) || SAID.contains(&place.as_str());
        match (old.get(name), new.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) if PLACES.contains(&name.as_str()) => places(a, b, &place, found),
            (None, _) | (_, None) if PLACES.contains(&name.as_str()) => {}
            (Some(Value::Table(a)), Some(Value::Table(b))) if !said || name == "body" => tables(a, b, &place, found),
            (Some(Value::Array(a)), Some(Value::Array(b))) if !said => arrays((a, b), &place, found),
            _ if said => {}
            _ => _ = found.insert(place),
        }
    }
}

/// Tables in a list are the same ones where their `id` or `name` is, otherwise where they stand.
fn arrays((old, new): (&[Value], &[Value]), place: &str, found: &mut BTreeSet<String>) {
    let name = |v: &Value| v.get("id").or_else(|| v.get("name")).and_then(Value::as_str).map(str::to_owned);
    for (i, after) in new.iter().enumerate() {
        let before = match name(after) {
            Some(id) => old.iter().find(|v| name(v).as_ref() == Some(&id)),
            None => old.get(i),
        };
        match (before, after) {
            (Some(Value::Table(a)), Value::Table(b)) => tables(a, b, place, found),
            (Some(a), b) if a == b => {}
            // A new operation is said as one.
            (None, Value::Table(_)) if place == "operation" => {}
            _ => _ = found.insert(place.to_owned()),
        }
    }
    if old.len() > new.len() && place != "operation" {
        found.insert(place.to_owned());
    }
}

/// Listed places: new and gone ones are said; of the others, how their values are read.
fn places(old: &Value, new: &Value, place: &str, found: &mut BTreeSet<String>) {
    let (Value::Table(old), Value::Table(new)) = (old, new) else {
        // A list of header names, each of which is a place.
        return;
    };
    for (name, after) in new {
        let Some(before) = old.get(name) else { continue };
        tables(&written_out(before), &written_out(after), place, found);
    }
}

/// `"pd:Name"` is short for `{ category = "pd:Name" }`.
fn written_out(value: &Value) -> Table {
    match value {
        Value::Table(table) => table.clone(),
        other => Table::from_iter([("category".to_owned(), other.clone())]),
    }
}
