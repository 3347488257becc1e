//! `one_of = ["Open", "Closed"]`: the only texts that may leave, as they stand there.

use super::{Problems, Site, place};
use crate::policy::source::integration::Field;
use std::sync::Arc;

/// `None` where every text may leave, and where what is said cannot be, which is reported.
pub(super) fn compile(file: &str, text: &Field, site: Site, problems: &mut Problems) -> Option<Arc<[Arc<str>]>> {
    let listed = text.one_of.as_ref()?;
    let mut wrong = |span, message: &str, mend: &str| problems.error(place(file, span), message, mend);
    if listed.get_ref().is_empty() {
        wrong(listed.span(), "no text is listed, so nothing could leave", "write the texts that may, or take it out");
    }
    let other = text.otherwise.as_ref().map(|other| other.span()).or(text.encoding.as_ref().map(|other| other.span()));
    if let Some(span) = other {
        wrong(span, "a listed text leaves as it is listed", "take this out, or `one_of`");
    }
    if site == Site::Bytes {
        wrong(listed.span(), "bytes that nobody reads cannot be one of these texts", "take it out");
    }
    let mut seen: Vec<String> = Vec::new();
    for text in listed.get_ref() {
        let words = text.get_ref().split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        if seen.contains(&words) {
            wrong(text.span(), "this text stands here twice, or differs only in white space", "keep one of them");
        }
        seen.push(words);
    }
    Some(listed.get_ref().iter().map(|text| text.get_ref().as_str().into()).collect())
}
