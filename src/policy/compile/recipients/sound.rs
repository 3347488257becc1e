//! Ids, names and texts that people are shown: none empty, and none that a terminal or a letter shows otherwise than
//! it is written.

use super::{In, Known, Problems, place};
use crate::policy::source::organisations::{Link, Organisation, System};
use std::ops::Range;

pub(super) fn check(known: &Known<'_>, problems: &mut Problems) {
    for In { file, text } in known.organisations.values().copied() {
        organisation(file, text, problems);
    }
    for (In { file, text }, owner) in known.systems.values().copied() {
        system(file, text, owner, problems);
    }
}

/// The texts of a link.
pub(super) fn link(file: &str, link: &Link, problems: &mut Problems) {
    let at = link.evidence.span();
    texts(file, &at, "evidence", link.evidence.get_ref().iter(), problems);
    texts(file, &at, "note", &link.note, problems);
}

fn organisation(file: &str, text: &Organisation, problems: &mut Problems) {
    let at = text.id.span();
    if text.id.get_ref().as_str().contains('/') {
        let mend = "write an organisation's id without `/`: what stands behind one is a system";
        problems.error(place(file, at.clone()), format!("`{}` is a system's id", text.id.get_ref()), mend);
    }
    texts(file, &text.name.span(), "name", [text.name.get_ref()], problems);
    texts(file, &at, "evidence", &text.evidence, problems);
    texts(file, &at, "note", &text.note, problems);
}

fn system(file: &str, text: &System, owner: &Organisation, problems: &mut Problems) {
    let at = text.id.span();
    let rest = text.id.get_ref().as_str().strip_prefix(owner.id.get_ref().as_str()).and_then(|r| r.strip_prefix('/'));
    if rest.is_some_and(|rest| rest.is_empty() || rest.contains('/')) {
        let mend = format!("write `{}/` and one name without `/`", owner.id.get_ref());
        problems.error(place(file, at.clone()), format!("`{}` is not the id of a system", text.id.get_ref()), mend);
    }
    texts(file, &at, "evidence", &text.evidence, problems);
    texts(file, &at, "note", &text.note, problems);
    let assessed = text.assessed.as_ref().map(|a| &a.get_ref().reason);
    let associated = text.associated.as_ref().map(|a| &a.get_ref().reason);
    let role = text.undertaking.as_ref().map(|u| &u.get_ref().role);
    // That these are not empty is checked where they are read.
    for said in [assessed, associated, role].into_iter().flatten() {
        shown(file, &said.span(), said.get_ref(), problems);
    }
    if let Some(associated) = &text.associated {
        texts(file, &associated.span(), "evidence", &associated.get_ref().evidence, problems);
    }
}

fn texts<'a>(
    file: &str,
    at: &Range<usize>,
    what: &str,
    all: impl IntoIterator<Item = &'a String>,
    problems: &mut Problems,
) {
    for text in all {
        if text.trim().is_empty() {
            problems.error(place(file, at.clone()), format!("the {what} is empty"), "write it, or take it out");
        }
        shown(file, at, text, problems);
    }
}

fn shown(file: &str, at: &Range<usize>, text: &str, problems: &mut Problems) {
    if text.chars().any(hidden) {
        let mend = "type it again on one line; a terminal or a letter would show something else than what stands here";
        let message =
            "this holds a control character: a line break, an escape, or one that turns the direction of text";
        problems.error(place(file, at.clone()), message, mend);
    }
}

/// Controls, and what turns the direction of text (Unicode Technical Report 36, section 2.7).
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}
