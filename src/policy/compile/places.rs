//! `places.toml`: digests, read strictly.

use super::{Problems, Sources, place, read};
use crate::{
    detect::{Digest, Place},
    policy::{
        places::{FILE, PlaceList, PlacesKeyId, kind_of},
        source::{self, At},
    },
};
use data_encoding::HEXLOWER;
use std::collections::BTreeSet;

/// The list. No file is an empty list.
pub(super) fn compile(sources: &Sources, problems: &mut Problems) -> Option<PlaceList> {
    let Some(text) = sources.get(FILE) else { return Some(PlaceList::default()) };
    let file: source::places::PlacesFile = read(FILE, text, problems)?;
    let key = hex::<8>(&file.key, "the key's mark: 16 hex digits", problems);
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for written in &file.place {
        let digest = hex::<16>(&written.digest, "a digest: 32 hex digits", problems);
        if digest.is_some_and(|digest| !seen.insert(digest)) {
            let mend = "keep one of them";
            problems.error(place(FILE, written.digest.span()), "the place stands here twice", mend);
        }
        if let (Some(digest), Some(entry)) = (digest, entry(written, problems)) {
            entries.push(Place { digest, ..entry });
        }
    }
    Some(PlaceList::new(PlacesKeyId(key?), entries))
}

fn entry(written: &source::places::Place, problems: &mut Problems) -> Option<Place> {
    let kind = kind_of(written.kind.get_ref());
    if kind.is_none() {
        let mend = "write \"sleep-site\" or \"refuge\"";
        problems.error(place(FILE, written.kind.span()), "this is not a kind of place", mend);
    }
    let words = *written.words.get_ref();
    let possible = (1..=8).contains(&words);
    if !possible {
        let mend = "write the number that `havengate places add` wrote";
        problems.error(place(FILE, written.words.span()), "a place has 1 to 8 words", mend);
    }
    let note =
        written.note.as_ref().filter(|n| n.get_ref().trim().is_empty() || n.get_ref().chars().any(char::is_control));
    if let Some(note) = note {
        problems.error(place(FILE, note.span()), "the note is empty or holds a control character", "correct it");
    }
    let _ = written.added.get_ref();
    Some(Place { kind: kind.filter(|_| possible)?, words, digest: Digest::default() })
}

fn hex<const N: usize>(written: &At<String>, what: &str, problems: &mut Problems) -> Option<[u8; N]> {
    let bytes = HEXLOWER.decode(written.get_ref().as_bytes()).ok().and_then(|b| <[u8; N]>::try_from(b).ok());
    if bytes.is_none() {
        let mend = "places are written by `havengate places add`, not by hand; put back what it wrote";
        problems.error(place(FILE, written.span()), format!("this is not {what}"), mend);
    }
    bytes
}
