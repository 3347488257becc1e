//! Notations of places and pictures that begin with a word: WKT, GeoJSON in a string, GML, EXIF, cell identities, data:
//! links.

use super::{
    Hit, Kind,
    cue::{Cue, Near},
    hit, inline,
    run::{Text, is_alnum},
    words,
};

/// What begins at a word that names a notation.
pub(super) fn at(text: Text<'_>, start: usize, end: usize, near: &mut Near) -> Hit {
    let word = text.slice(start, end);
    let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
    if is(b"data") {
        return inline::data(text, start, end);
    }
    if is(b"d") {
        // D.O.B.
        if text.slice(end, end + 4).eq_ignore_ascii_case(b".o.b") && !is_alnum(text.at(end + 4)) {
            near.pass(words::Word { cue: Cue::BIRTH, role: 0 });
        }
        return None;
    }
    if is(b"srid") {
        let number = text.while_at(end + 1, |b| b.is_ascii_digit());
        let next = text.while_at(number, |b| matches!(b, b';' | b' '));
        let (to, _) = text.token(next);
        let shape = text.at(end) == b'=' && text.at(number) == b';';
        return if shape { well_known(text, start, to) } else { None };
    }
    if is(b"mcc") {
        return cell(text, start, end);
    }
    if is(b"gpslatitude") || is(b"gpslongitude") {
        return exif(text, start, end);
    }
    if is(b"pos") {
        return pos(text, end);
    }
    well_known(text, start, end)
}

/// Well-known text (OGC 06-103r4), with PostGIS' SRID: `SRID=4326;POINT(-0.12797 51.50799)`.
fn well_known(text: Text<'_>, start: usize, word: usize) -> Hit {
    let mut open = text.spaces(word);
    let dimension = text.at(open);
    if matches!(dimension.to_ascii_uppercase(), b'Z' | b'M') {
        open = text.while_at(open, |b| matches!(b.to_ascii_uppercase(), b'Z' | b'M'));
        open = text.spaces(open);
    }
    if text.at(open) != b'(' {
        return None;
    }
    let of = |b: u8| b.is_ascii_digit() || matches!(b, b'(' | b')' | b' ' | b',' | b'.' | b'-' | b'+' | b'e' | b'E');
    let mut end = text.while_at(open, of);
    while end > open && text.before(end) != b')' {
        end -= 1;
    }
    let inside = text.slice(open, end);
    let numbers = inside.split(|b| !(b.is_ascii_digit() || *b == b'.')).filter(|n| n.iter().any(u8::is_ascii_digit));
    if numbers.count() >= 2 { hit(start, end, Kind::Coordinates) } else { None }
}

/// GML and GeoRSS: `<gml:pos>51.50799 -0.12797</gml:pos>`.
fn pos(text: Text<'_>, end: usize) -> Hit {
    let mut at = end;
    if text.at(at) != b'>' && text.at(at) != b' ' {
        return None;
    }
    // Attributes, srsName="…".
    if text.at(at) == b' ' {
        at = text.while_at(at, |b| b != b'>').min(end + 120);
    }
    if text.at(at) != b'>' {
        return None;
    }
    let start = text.spaces(at + 1);
    let of = |b: u8| b.is_ascii_digit() || matches!(b, b' ' | b'.' | b'-' | b'+');
    let mut to = text.while_at(start, of);
    while text.before(to) == b' ' {
        to -= 1;
    }
    let numbers = text.slice(start, to).split(|b| *b == b' ').filter(|n| n.contains(&b'.')).count();
    if numbers >= 2 { hit(start, to, Kind::Coordinates) } else { None }
}

/// EXIF: `GPSLatitude=51/1,30/1,2876/100`, or a decimal.
fn exif(text: Text<'_>, start: usize, end: usize) -> Hit {
    let from = text.while_at(end, |b| matches!(b, b' ' | b'=' | b':' | b'"' | b'[' | b'(' | b'\'')).min(end + 6);
    let of = |b: u8| {
        b.is_ascii_digit() || matches!(b, b'/' | b',' | b'.' | b' ' | b'-' | b'\'' | b'"') || b == super::fold::DEGREE
    };
    let mut to = text.while_at(from, of);
    while !text.before(to).is_ascii_digit() && to > from {
        to -= 1;
    }
    let digits = text.slice(from, to).iter().filter(|b| b.is_ascii_digit()).count();
    if digits >= 3 { hit(start, to, Kind::Coordinates) } else { None }
}

/// The identity of a mobile cell: `MCC 234 MNC 10 LAC 1234 CID 56789`, in any order with at least the network, and the
/// cell.
fn cell(text: Text<'_>, start: usize, first: usize) -> Hit {
    let (mut at, mut to, mut names, mut fine) = (first, first, 0, false);
    for _ in 0..6 {
        let number = text.while_at(at, |b| matches!(b, b' ' | b'=' | b':' | b'"' | b',' | b';')).min(at + 6);
        let Some((_, end)) = text.integer(number) else { break };
        (to, names) = (end, names + 1);
        let next = text.while_at(end, |b| matches!(b, b' ' | b',' | b';' | b'"' | b'&' | b'/')).min(end + 6);
        let (word, _) = text.token(next);
        let name = text.slice(next, word);
        let known = [b"mnc".as_slice(), b"lac", b"tac", b"cid", b"ci", b"eci", b"cellid", b"pci", b"enb"];
        if !known.iter().any(|k| name.eq_ignore_ascii_case(k)) {
            break;
        }
        fine |= !name.eq_ignore_ascii_case(b"mnc");
        at = word;
    }
    if names >= 3 && fine { hit(start, to, Kind::Cell) } else { None }
}
