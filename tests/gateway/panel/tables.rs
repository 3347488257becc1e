//! What stands in the tables of a page.

use crate::browser::Seen;

/// A table: its caption, and the words of each cell.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) rows: Vec<Vec<String>>,
}

/// The words of some HTML.
fn words(html: &str) -> String {
    let seen = Seen { status: 200, headers: hyper::HeaderMap::new(), text: html.to_owned() };
    let marks = [("&#38;", "&"), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&amp;", "&")];
    marks.iter().fold(seen.words(), |text, (mark, is)| text.replace(mark, is))
}

/// The table whose caption begins so, with this many columns.
#[track_caller]
pub(super) fn table(seen: &Seen, caption: &str, columns: usize) -> Vec<Vec<String>> {
    let all = all(seen);
    let found = all.iter().find(|t| t.caption.starts_with(caption) && t.rows.iter().all(|r| r.len() == columns));
    found.unwrap_or_else(|| panic!("{caption}, {columns}: {all:?}")).rows.clone()
}

pub(super) fn all(seen: &Seen) -> Vec<Table> {
    let between = |text: &str, from: &str, to: &str| {
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(found, _)| found.to_owned())
    };
    let tables = seen.text.split("<table>").skip(1).map(|rest| rest.split("</table>").next().unwrap());
    tables
        .map(|table| {
            let body = between(table, "<tbody>", "</tbody>").unwrap_or_default();
            let row = |row: &str| {
                let row = row.replace("</th>", "</td>");
                row.split("</td>").filter(|cell| cell.contains("<t")).map(words).collect::<Vec<_>>()
            };
            let rows = body.split("<tr>").skip(1).map(|r| row(r.split("</tr>").next().unwrap())).collect();
            Table { caption: words(&between(table, "<caption>", "</caption>").unwrap_or_default()), rows }
        })
        .collect()
}

/// The id that stands in brackets at the end.
pub(super) fn id(cell: &str) -> String {
    cell.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or("").to_owned()
}

/// The clause that a cell begins with.
pub(super) fn clause(cell: &str) -> String {
    let name = cell.split(':').next().unwrap();
    if name == "No clause" { String::new() } else { name.to_owned() }
}

#[track_caller]
pub(super) fn number(cell: &str) -> u64 {
    cell.parse().unwrap_or_else(|_| panic!("no number: {cell}"))
}
