//! Values that are written on to their own cue: `tel07700900123`, `CHAIN98765`.

use super::{cue::Cue, words};

/// No cue is longer.
const LONGEST: usize = 24;

/// Cues of shapes that nothing else has, which speak where the value begins with letters too: `passportA123456`.
const STRONG: u64 = Cue::NINO | Cue::PASSPORT | Cue::BRP | Cue::HO | Cue::ARC | Cue::UKVI | Cue::UTR;

/// Cues of shapes that names and versions have as well: "sharepoint2019", "zips1".
const WEAK: u64 = Cue::SHARE | Cue::GEOHASH | Cue::W3W | Cue::POSTCODE | Cue::OUTCODE | Cue::OTHER;

/// Cues of numbers of any length: "chain2026".
const SHORT: u64 = Cue::CHAIN | Cue::UPRN;

/// The cues that a token begins with, longest first: how long each is, and what it says of the rest.
pub(super) fn each(token: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let letters = token.iter().take(LONGEST).take_while(|b| b.is_ascii_alphabetic()).count();
    (2..=letters).rev().filter_map(move |length| {
        let cue = words::look(token.get(..length)?).cue;
        if cue & !Cue::OTHER == 0 {
            return None;
        }
        let says = match () {
            () if length == letters && token.len() - length < 5 => !(WEAK | SHORT),
            () if length == letters => !WEAK,
            // A short word begins many others.
            () if length >= 4 => STRONG,
            () => 0,
        };
        Some((length, cue & says))
    })
}
