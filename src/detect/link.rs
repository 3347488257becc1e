//! Links to places on maps.

use super::{
    Hit, Kind, codes, coordinates,
    cue::Cue,
    hit,
    run::{Text, is_alnum},
};

/// A link is read no further.
const LINK: usize = 2048;

/// Where a link ends.
fn end_of(text: Text<'_>, from: usize) -> usize {
    let ahead = text.slice(from, (from + LINK).min(text.len()));
    let stops = |b: &u8| matches!(b, b' ' | b'"' | b'\'' | b'<' | b'>' | b'\n' | b'\r' | b'\t' | b'\\' | b'`');
    let mut end = from + ahead.iter().position(stops).unwrap_or(ahead.len());
    while matches!(text.before(end), b'.' | b',' | b')' | b';' | b']' | b'}') && end > from {
        end -= 1;
    }
    end
}

/// A link at its `://`, if it is to a place.
pub(super) fn find(text: Text<'_>, at: usize) -> Hit {
    let start = text.while_before(at, 8, |b| b.is_ascii_alphabetic());
    place(text, start, at + 3)
}

/// A link without its scheme, at a word of its host: `maps.app.goo.gl/abc`, `w3w.co/filled.count.soap`.
pub(super) fn bare(text: Text<'_>, start: usize, end: usize) -> Hit {
    if text.at(end) != b'.' {
        return None;
    }
    let host = text.while_before(start, 16, |b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let host = text.while_at(host, |b| matches!(b, b'.' | b'-'));
    place(text, host, host)
}

/// Hosts whose every path is a place.
const OPAQUE: [&str; 9] = [
    "maps.app.goo.gl",
    "w3w.co",
    "what3words.com",
    "geohash.org",
    "plus.codes",
    "osm.org/go",
    "goo.gl/maps",
    "waze.com/ul",
    "g.co/maps",
];

/// A host's name is no longer (RFC 1035 section 2.3.4), with room for a port and a user's name.
const HOST: usize = 300;

/// Hosts of links that may be to places. Every other link is passed at once: a text may hold one a few bytes.
const HOSTS: [&str; 17] = [
    "goo.gl",
    "w3w.co",
    "what3words.com",
    "geohash.org",
    "plus.codes",
    "osm.org",
    "waze.com",
    "g.co",
    "thestreetlink.org.uk",
    "streetlink.org.uk",
    "maps.apple.com",
    "openstreetmap.org",
    "bing.com",
    "streetmap.co.uk",
    "gridreferencefinder.com",
    "here.com",
    "google.",
];

fn may_be_place(text: Text<'_>, host: usize) -> bool {
    let ahead = text.slice(host, (host + HOST).min(text.len()));
    let name = ahead.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b' ')).unwrap_or(ahead.len());
    let name = ahead.get(..name).unwrap_or_default();
    HOSTS.iter().any(|known| contains(name, known.as_bytes()))
}

fn place(text: Text<'_>, start: usize, host: usize) -> Hit {
    if !may_be_place(text, host) {
        return None;
    }
    let end = end_of(text, host);
    let link = text.slice(host, end);
    let slash = link.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(link.len());
    let strip =
        |of: &[u8]| -> usize { if of.get(..4).is_some_and(|w| w.eq_ignore_ascii_case(b"www.")) { 4 } else { 0 } };
    let skip = strip(link);
    let rest = link.get(skip..).unwrap_or_default();
    for known in OPAQUE {
        let after = rest.get(known.len()..).unwrap_or_default();
        let same = rest.get(..known.len()).is_some_and(|r| r.eq_ignore_ascii_case(known.as_bytes()));
        if same && after.first() == Some(&b'/') && after.len() > 3 {
            let words = matches!(known, "w3w.co" | "what3words.com");
            // The vendor's own pages are no places.
            if words && codes::triple(text, host + skip + known.len() + 1).is_none() {
                return None;
            }
            let kind = if words || known.starts_with("geo") || known.starts_with("plus") {
                Kind::Grid
            } else {
                Kind::Coordinates
            };
            return hit(start, end, kind);
        }
    }
    let name = link.get(skip..slash).unwrap_or_default();
    let path = link.get(slash..).unwrap_or_default();
    // StreetLink: an alert says where somebody sleeps.
    let street = ends_with(name, b"thestreetlink.org.uk") || ends_with(name, b"streetlink.org.uk");
    if street
        && ["alert", "referral", "location", "report"].iter().any(|w| contains(path, w.as_bytes()))
        && path.iter().any(u8::is_ascii_digit)
    {
        return hit(start, end, Kind::SleepSite);
    }
    let first = name.split(|b| *b == b'.').next().unwrap_or_default();
    let google = contains(name, b"google.") && (first.eq_ignore_ascii_case(b"maps") || contains(path, b"/maps"));
    let maps = google
        || [
            "maps.apple.com",
            "openstreetmap.org",
            "bing.com",
            "streetmap.co.uk",
            "waze.com",
            "osm.org",
            "gridreferencefinder.com",
            "here.com",
        ]
        .iter()
        .any(|host| ends_with(name, host.as_bytes()));
    if !maps {
        return None;
    }
    let named =
        google && ["/place/", "/dir/", "/search/", "query=", "?q=", "&q="].iter().any(|w| contains(path, w.as_bytes()));
    let words = ["address=", "daddr=", "saddr=", "?q=", "&q="];
    let apple = ends_with(name, b"maps.apple.com") && words.iter().any(|w| contains(path, w.as_bytes()));
    if named || apple || has_pair(text, host + slash, end) { hit(start, end, Kind::Coordinates) } else { None }
}

/// Whether coordinates stand in a link.
fn has_pair(text: Text<'_>, from: usize, end: usize) -> bool {
    let mut at = from;
    while at < end {
        let b = text.at(at);
        if !b.is_ascii_digit() {
            at += 1;
            continue;
        }
        if !is_alnum(text.before(at)) && coordinates::at(text, at, Cue::PLACE).is_some() {
            return true;
        }
        at = text.while_at(at, |b| b.is_ascii_digit() || b == b'.');
    }
    false
}

fn ends_with(name: &[u8], host: &[u8]) -> bool {
    let Some(from) = name.len().checked_sub(host.len()) else { return false };
    let (before, last) = (name.get(..from).unwrap_or_default(), name.get(from..).unwrap_or_default());
    last.eq_ignore_ascii_case(host) && (before.is_empty() || before.ends_with(b"."))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|w| w.eq_ignore_ascii_case(part))
}
