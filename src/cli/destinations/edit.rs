//! `organisations.toml` changed in memory: every comment, the order and the layout stay, and what is new reads like
//! the rest. Pure. What the change means is the compiler's to say.

use crate::policy::organisations::LinkStatus;
use jiff::civil::Date;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

/// Why a change cannot be made: what is wrong and what to do, for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}\n  mend: {1}")]
pub(super) struct NoEdit(pub(super) String, pub(super) String);

/// The file.
#[derive(Debug)]
pub(super) struct Registry(DocumentMut);

/// A key and what it is to be.
pub(super) type Field<'a> = (&'a str, Value);

/// Where a link leads, and which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) kind: Option<&'a str>,
}

impl Registry {
    /// Reads the file. `None` where it is not TOML, which the compiler says better.
    pub(super) fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }

    pub(super) fn has_organisation(&mut self, id: &str) -> Result<bool, NoEdit> {
        Ok(self.organisation(id)?.is_some())
    }

    /// Adds an organisation at the end.
    pub(super) fn add_organisation(&mut self, fields: Vec<Field<'_>>) -> Result<(), NoEdit> {
        let position = self.last() + 1;
        tables(self.0.as_table_mut(), "organisation")?.push(table(fields, position));
        Ok(())
    }

    pub(super) fn has_system(&mut self, id: &str) -> Result<bool, NoEdit> {
        Ok(self.system(id)?.is_some())
    }

    /// Adds a system after the organisation's others.
    pub(super) fn add_system(&mut self, organisation: &str, fields: Vec<Field<'_>>) -> Result<(), NoEdit> {
        let Some(owner) = self.organisation(organisation)? else {
            return Err(NoEdit("there is no such organisation".to_owned(), "add it first".to_owned()));
        };
        let last = owner.get("system").and_then(Item::as_array_of_tables).and_then(|s| s.iter().map(deepest).max());
        let position = last.or(owner.position()).unwrap_or_default();
        tables(owner, "system")?.push(table(fields, position));
        Ok(())
    }

    /// Adds to a list of a system what is not in it yet. Whether anything was added.
    pub(super) fn extend(&mut self, system: &str, key: &str, more: &[String]) -> Result<bool, NoEdit> {
        let table = self.known(system)?;
        let item = table.entry(key).or_insert_with(|| Item::Value(Value::Array(Array::new())));
        let Some(array) = item.as_array_mut() else { return Err(by_hand(key)) };
        let mut any = false;
        for text in more {
            if !array.iter().any(|v| v.as_str() == Some(text)) {
                push(array, text);
                any = true;
            }
        }
        Ok(any)
    }

    /// Sets the fields of an inline table of a system, field by field, so that comments within it stay. Gives what
    /// stood there.
    pub(super) fn set(&mut self, system: &str, key: &str, fields: Vec<Field<'_>>) -> Result<Option<String>, NoEdit> {
        let table = self.known(system)?;
        let old = table.get(key).map(|item| item.to_string().trim().to_owned());
        match table.get_mut(key) {
            Some(Item::Value(Value::InlineTable(inline))) => fields.into_iter().for_each(|(k, v)| put(inline, k, v)),
            Some(Item::Table(inner)) => fields.into_iter().for_each(|(k, v)| replace(inner, k, v)),
            Some(_) => return Err(by_hand(key)),
            None => replace(table, key, Value::InlineTable(inline(fields))),
        }
        Ok(old)
    }

    /// Takes a field out of a table of a system. Not where a comment would go with it.
    pub(super) fn unset(&mut self, system: &str, key: &str, field: &str) -> Result<(), NoEdit> {
        let item = self.known(system)?.get_mut(key);
        let commented = item.as_ref().is_some_and(|item| item.to_string().contains('#'));
        match item {
            Some(item) if commented && item.get(field).is_some() => return Err(by_hand(key)),
            Some(Item::Value(Value::InlineTable(inline))) => drop(inline.remove(field)),
            Some(Item::Table(inner)) => drop(inner.remove(field)),
            _ => {}
        }
        Ok(())
    }

    /// Whether a table of a system has a field.
    pub(super) fn mentions(&mut self, system: &str, key: &str, field: &str) -> Result<bool, NoEdit> {
        Ok(self.known(system)?.get(key).is_some_and(|item| item.get(field).is_some()))
    }

    /// Whether there is such a link that carries the same and has not ended.
    pub(super) fn links_like(&mut self, ends: Ends<'_>, carries: Option<&Value>) -> Result<bool, NoEdit> {
        let plain = |value: Option<&Value>| value.map(|v| v.to_string().split_whitespace().collect::<String>());
        let carries = plain(carries);
        let mut links = tables(self.0.as_table_mut(), "link")?.iter();
        Ok(links.any(|t| holds(t, ends) && plain(t.get("carries").and_then(Item::as_value)) == carries))
    }

    /// Adds a link at the end.
    pub(super) fn add_link(&mut self, fields: Vec<Field<'_>>) -> Result<(), NoEdit> {
        let position = self.last() + 1;
        tables(self.0.as_table_mut(), "link")?.push(table(fields, position));
        Ok(())
    }

    /// Ends the one link between the two that has not ended.
    pub(super) fn end_link(&mut self, ends: Ends<'_>, on: Date, evidence: &[String]) -> Result<(), NoEdit> {
        let links = tables(self.0.as_table_mut(), "link")?;
        let kinds: Vec<String> = links.iter().filter(|t| holds(t, ends)).map(|t| word(t, "kind").to_owned()).collect();
        if kinds.is_empty() {
            let other = Ends { kind: None, ..ends };
            let also: Vec<_> = links.iter().filter(|t| holds(t, other)).map(|t| word(t, "kind")).collect();
            let mend = match also.as_slice() {
                [] => "`havengate destinations show ID` lists the links of an organisation; write the two ids as it \
                       does"
                    .to_owned(),
                kinds => format!("there is one of kind {}", kinds.join(", ")),
            };
            let what = format!("organisations.toml has no link from {} to {} that has not ended", ends.from, ends.to);
            return Err(NoEdit(what, mend));
        }
        let mut matching = links.iter_mut().filter(|t| holds(t, ends));
        let (Some(link), None) = (matching.next(), matching.next()) else {
            let what = format!("there are {} such links: {}", kinds.len(), kinds.join(", "));
            let mend = match kinds.iter().any(|k| *k != kinds.first().cloned().unwrap_or_default()) {
                true => "say which with --kind",
                false => "they differ in what they carry; end the right one in organisations.toml",
            };
            return Err(NoEdit(what, mend.to_owned()));
        };
        replace(link, "status", LinkStatus::Ended.as_str().into());
        replace(link, "ended", date(on));
        if let Some(array) = link.get_mut("evidence").and_then(Item::as_array_mut) {
            evidence.iter().for_each(|e| push(array, e));
        }
        Ok(())
    }

    fn organisation(&mut self, id: &str) -> Result<Option<&mut Table>, NoEdit> {
        let mut all = tables(self.0.as_table_mut(), "organisation")?.iter_mut();
        Ok(all.find(|t| word(t, "id") == id))
    }

    fn system(&mut self, id: &str) -> Result<Option<&mut Table>, NoEdit> {
        for organisation in tables(self.0.as_table_mut(), "organisation")?.iter_mut() {
            let Some(systems) = organisation.get_mut("system") else { continue };
            let systems = systems.as_array_of_tables_mut().ok_or_else(|| by_hand("system"))?;
            if let Some(found) = systems.iter_mut().find(|t| word(t, "id") == id) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn known(&mut self, system: &str) -> Result<&mut Table, NoEdit> {
        self.system(system)?.ok_or_else(|| {
            let what = format!("organisations.toml has no system {system}");
            NoEdit(what, "`havengate destinations add` adds one; `list` shows those there are".to_owned())
        })
    }

    /// The position of the last table in the file.
    fn last(&self) -> isize {
        deepest(self.0.as_table())
    }
}

/// The position of a table, or of the last one within it.
fn deepest(table: &Table) -> isize {
    let within = table.iter().map(|(_, item)| match item {
        Item::Table(inner) => deepest(inner),
        Item::ArrayOfTables(all) => all.iter().map(deepest).max().unwrap_or_default(),
        _ => 0,
    });
    within.max().unwrap_or_default().max(table.position().unwrap_or_default())
}

fn by_hand(key: &str) -> NoEdit {
    let what = format!("`{key}` is written in a form that this command does not change");
    NoEdit(what, "change it in organisations.toml by hand, or write it as the shipped file does".to_owned())
}

fn tables<'t>(table: &'t mut Table, key: &str) -> Result<&'t mut ArrayOfTables, NoEdit> {
    let item = table.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| by_hand(key))
}

fn word<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(Item::as_str).unwrap_or_default()
}

fn holds(link: &Table, ends: Ends<'_>) -> bool {
    word(link, "from") == ends.from
        && word(link, "to") == ends.to
        && ends.kind.is_none_or(|kind| word(link, "kind") == kind)
        && word(link, "status") != LinkStatus::Ended.as_str()
}

/// A table with an empty line before it, at a place in the file.
fn table(fields: Vec<Field<'_>>, position: isize) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.set_position(Some(position));
    fields.into_iter().for_each(|(key, value)| replace(&mut table, key, value));
    table
}

fn inline(fields: Vec<Field<'_>>) -> InlineTable {
    let mut table = InlineTable::new();
    for (key, value) in fields {
        table.insert(key, value);
    }
    table
}

/// Sets a value; what stands around the old one, a comment perhaps, stays.
fn replace(table: &mut Table, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => drop(table.insert(key, Item::Value(value))),
    }
}

fn put(table: &mut InlineTable, key: &str, mut value: Value) {
    if let Some(old) = table.get_mut(key) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
        return;
    }
    // The space before the closing brace belongs after the last value, which is another one now.
    let last = table.iter_mut().last().map(|(_, value)| value);
    if let Some(last) = last
        && let Some(" ") = last.decor().suffix().and_then(|s| s.as_str())
    {
        last.decor_mut().set_suffix("");
        *value.decor_mut() = toml_edit::Decor::new(" ", " ");
    }
    table.insert(key, value);
}

/// Adds to a list: on a line of its own where the list has one for each. A comment after the last stays with it.
fn push(array: &mut Array, text: &str) {
    let lines = array.trailing().as_str().filter(|t| t.contains('\n')).map(str::to_owned);
    let Some(trailing) = lines else {
        array.push(text);
        return;
    };
    let indent = array.get(0).and_then(|v| v.decor().prefix()?.as_str()?.rsplit('\n').next().map(str::to_owned));
    let indent = indent.filter(|i| i.trim().is_empty()).unwrap_or_else(|| "  ".to_owned());
    let (kept, end) = trailing.rsplit_once('\n').unwrap_or(("", ""));
    let mut value = Value::from(text);
    *value.decor_mut() = toml_edit::Decor::new(format!("{kept}\n{indent}"), "");
    array.set_trailing(format!("\n{end}"));
    array.push_formatted(value);
}

/// A day, as the file writes it.
pub(super) fn date(day: Date) -> Value {
    let (year, month, day) = (day.year().unsigned_abs(), day.month().unsigned_abs(), day.day().unsigned_abs());
    let date = toml_edit::Date { year, month, day };
    Value::from(toml_edit::Datetime { date: Some(date), time: None, offset: None })
}

/// A list of texts.
pub(super) fn list(texts: &[String]) -> Value {
    Value::Array(texts.iter().collect())
}

/// What differs, with the lines around it, as a person reads a patch.
pub(super) fn difference(before: &str, after: &str) -> String {
    const AROUND: usize = 2;
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let longest = old.len().min(new.len()) - same;
    let end = old.iter().rev().zip(new.iter().rev()).take(longest).take_while(|(a, b)| a == b).count();
    let first = same.saturating_sub(AROUND);
    let part = |lines: &[&str], from: usize, to: usize, mark: &str| -> String {
        let lines = lines.get(from..to).unwrap_or_default();
        lines.iter().map(|l| format!("  {mark} {l}").trim_end().to_owned() + "\n").collect()
    };
    format!(
        "organisations.toml:{}\n{}{}{}{}",
        same + 1,
        part(&old, first, same, " "),
        part(&old, same, old.len() - end, "-"),
        part(&new, same, new.len() - end, "+"),
        part(&new, new.len() - end, (new.len() - end + AROUND).min(new.len()), " "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Ours.

[[organisation]]            # the council
id = \"a\"
name = \"A\"

# its only system
[[organisation.system]]
id = \"a/x\"
kind = \"housing\"
hosts = [
    \"one.example\",   # the first
    \"two.example\",   # the second
]
assessed = { on = 2026-10-01, until = 2027-09-30, by = \"panel\", reason = \"r\" } # looked at

# a link
[[link]]
from = \"a\"
to = \"b\"
kind = \"shares-with\"
status = \"in-force\"  # said on the page
confidence = \"high\"
evidence = [\"page\"]

# the end
";

    fn edited(edit: impl FnOnce(&mut Registry)) -> String {
        let mut registry = Registry::read(FILE).unwrap();
        edit(&mut registry);
        let text = registry.text();
        assert!(FILE.lines().filter(|l| l.starts_with('#')).all(|l| text.contains(l)), "{text}");
        for comment in ["# the council", "# the first", "# the second", "# looked at", "# said on the page"] {
            assert!(text.contains(comment), "{comment}\n{text}");
        }
        text
    }

    #[test]
    fn nothing_changes_where_nothing_is_changed() {
        assert_eq!(edited(|_| {}), FILE);
    }

    #[test]
    fn an_assessment_is_replaced_where_it_stands() {
        let text = edited(|r| {
            let old = r.set(
                "a/x",
                "assessed",
                vec![("until", date(jiff::civil::date(2028, 1, 2))), ("answers_chain", true.into())],
            );
            assert!(old.unwrap().unwrap().starts_with("{ on = 2026-10-01"));
        });
        let line = "assessed = { on = 2026-10-01, until = 2028-01-02, by = \"panel\", reason = \"r\", answers_chain = true } # looked at";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_host_stands_on_its_own_line_and_comments_stay_with_theirs() {
        let text =
            edited(|r| assert!(r.extend("a/x", "hosts", &["two.example".into(), "three.example".into()]).unwrap()));
        assert!(text.contains("\"two.example\",   # the second\n    \"three.example\",\n]"), "{text}");
        let text = edited(|r| assert!(r.extend("a/x", "tenants", &["t".into()]).unwrap()));
        assert!(text.contains("tenants = [\"t\"]"), "{text}");
    }

    #[test]
    fn what_is_new_stands_after_what_is_there() {
        let text = edited(|r| {
            r.add_system("a", vec![("id", "a/y".into()), ("kind", "support".into())]).unwrap();
            r.add_organisation(vec![("id", "b".into()), ("name", "B".into())]).unwrap();
            r.add_system("b", vec![("id", "b/x".into()), ("kind", "support".into())]).unwrap();
            r.add_link(vec![("from", "b".into()), ("to", "a".into())]).unwrap();
        });
        let order =
            ["id = \"a/x\"", "id = \"a/y\"", "from = \"a\"", "id = \"b\"", "id = \"b/x\"", "from = \"b\"", "# the end"];
        let places: Vec<_> = order.iter().map(|o| text.find(o).unwrap_or_else(|| panic!("{o}\n{text}"))).collect();
        assert!(places.is_sorted(), "{places:?}\n{text}");
        assert!(text.contains("\n\n[[organisation]]\nid = \"b\"\nname = \"B\"\n\n[[organisation.system]]\n"), "{text}");
    }

    #[test]
    fn a_link_ends_once() {
        let (day, ends) = (jiff::civil::date(2026, 1, 2), Ends { from: "a", to: "b", kind: None });
        let text = edited(|r| {
            r.end_link(ends, day, &["letter".into()]).unwrap();
            assert!(r.end_link(ends, day, &[]).unwrap_err().0.contains("no link from a to b"));
        });
        for part in
            ["status = \"ended\"  # said on the page", "ended = 2026-01-02", "evidence = [\"page\", \"letter\"]"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn the_difference_is_what_changed_and_a_little_around_it() {
        let text = difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n");
        assert_eq!(text, "organisations.toml:4\n    b\n    c\n  - d\n  + X\n    e\n    f\n");
        assert_eq!(difference("a\n", "a\nb\n"), "organisations.toml:2\n    a\n  + b\n");
    }
}
