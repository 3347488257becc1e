//! `dialect = { delimiter = ";", quote = "\"", header = true, columns = ["A", "B"] }`.

use super::{Problems, place};
use crate::policy::{
    integration::Dialect,
    source::{At, integration::Dialect as Text},
};
use std::{collections::HashSet, sync::Arc};

/// What programs that write tables are known to put between cells.
const DELIMITERS: [&str; 6] = [",", ";", "\t", "|", ":", "^"];

/// The media type's usual dialect with what the file says of it. `None` where something is wrong, which is reported.
pub(super) fn dialect(file: &str, usual: Dialect, text: Option<&At<Text>>, problems: &mut Problems) -> Option<Dialect> {
    let Some(text) = text else { return Some(usual) };
    let (at, text) = (text.span(), text.get_ref());
    let delimiter = match &text.delimiter {
        None => Some(usual.delimiter),
        Some(text) => one_of(file, text, &DELIMITERS, "write \",\", \";\", \"\\t\", \"|\", \":\" or \"^\"", problems),
    };
    let quote = match &text.quote {
        None => Some(usual.quote),
        Some(none) if none.get_ref().is_empty() => Some(None),
        Some(text) => {
            let mend = "write \"\\\"\" or \"'\", or \"\" where no cell is quoted";
            one_of(file, text, &["\"", "'"], mend, problems).map(Some)
        }
    };
    let header = text.header.as_ref().map_or(usual.header, |h| *h.get_ref());
    let columns = match &text.columns {
        Some(names) => columns(file, names, problems),
        None if header => Some(Vec::new()),
        None => {
            let mend = "add `columns = [\"…\", \"…\"]`, in their order";
            problems.error(place(file, at), "nothing names the columns of a table without a header row", mend);
            None
        }
    };
    Some(Dialect { delimiter: delimiter?, quote: quote?, header, columns: columns? })
}

fn one_of(file: &str, text: &At<String>, known: &[&str], mend: &str, problems: &mut Problems) -> Option<u8> {
    if known.contains(&text.get_ref().as_str()) {
        return text.get_ref().bytes().next();
    }
    problems.error(place(file, text.span()), format!("`{}` is not known here", text.get_ref().escape_debug()), mend);
    None
}

fn columns(file: &str, names: &At<Vec<At<String>>>, problems: &mut Problems) -> Option<Vec<Arc<str>>> {
    let mut seen = HashSet::new();
    let mut fine = true;
    for name in names.get_ref() {
        let message = match name.get_ref().as_str() {
            text if text.trim().is_empty() => "a column has no name".to_owned(),
            text if seen.insert(crate::policy::integration::folded(text)) => continue,
            text => format!("`{text}` stands here twice, or differs only in capitals or spaces around it"),
        };
        problems.error(place(file, name.span()), message, "name the columns apart");
        fine = false;
    }
    fine.then(|| names.get_ref().iter().map(|name| name.get_ref().as_str().into()).collect())
}
