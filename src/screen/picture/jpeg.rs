//! JPEG (ITU T.81): what shows the picture stays, what was noted beside it goes.
//!
//! Kept: tables, frames and scans, JFIF without its thumbnail, an ICC profile, Adobe's colour transform, and which way
//! up the picture is. Everything else goes: the rest of Exif (place, time, camera, thumbnail), XMP, IPTC, comments,
//! makers' own segments, and whatever stands behind the picture's end, as a second picture or a film does.

use super::{
    exif,
    reader::{Fault, Reader},
};

const JFIF: &[u8] = b"JFIF\0";
const EXIF: &[u8] = b"Exif\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0";
const ADOBE: &[u8] = b"Adobe";

/// What is kept so far.
#[derive(Default)]
struct Kept {
    jfif: Option<Vec<u8>>,
    orientation: Option<u8>,
    has_exif: bool,
    has_frame: bool,
    has_scan: bool,
    segments: Vec<u8>,
}

/// The picture alone.
pub(super) fn clean(file: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(file);
    reader.expect(b"\xff\xd8", "a JPEG begins otherwise")?;
    let mut kept = Kept::default();
    loop {
        let from = reader.at();
        let marker = marker(&mut reader)?;
        if marker == 0xd9 {
            if !kept.has_scan {
                return Err(Fault { what: "the picture ends before it began", at: from });
            }
            return Ok(kept.write());
        }
        let fault = |what| Fault { what, at: from };
        let length = usize::from(u16::from_be_bytes(reader.array()?));
        let payload = reader.take(length.checked_sub(2).ok_or(fault("a segment shorter than its length"))?)?;
        match marker {
            0xe0..=0xef => kept.application(marker, payload),
            0xfe => {}
            0xda => {
                if !kept.has_frame || !is_whole(marker, payload) {
                    return Err(fault("a scan that cannot be read"));
                }
                kept.segment(marker, payload);
                kept.segments.extend(scan(&mut reader)?);
                kept.has_scan = true;
            }
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if kept.has_frame => {
                return Err(fault("a second frame"));
            }
            _ if !is_whole(marker, payload) => return Err(fault("a segment that cannot be read")),
            _ => {
                kept.has_frame |= !matches!(marker, 0xc4 | 0xcc | 0xdb..=0xdd);
                kept.segment(marker, payload);
            }
        }
    }
}

/// The next marker's code. Any number of filling bytes may come before it (B.1.1.2).
fn marker(reader: &mut Reader<'_>) -> Result<u8, Fault> {
    reader.expect(b"\xff", "no marker where a segment ends")?;
    loop {
        match reader.byte()? {
            0xff => {}
            0x00 => return Err(reader.fault("no marker where a segment ends")),
            code => return Ok(code),
        }
    }
}

/// A scan's data, up to the next marker that is not a restart.
fn scan<'f>(reader: &mut Reader<'f>) -> Result<&'f [u8], Fault> {
    let from = reader.at();
    let rest = reader.rest();
    let mut at = 0;
    loop {
        let Some(next) = rest.get(at..).and_then(|rest| rest.iter().position(|b| *b == 0xff)) else {
            return Err(Fault { what: "the file ends too early", at: from + rest.len() });
        };
        at += next;
        match rest.get(at + 1) {
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(_) => return reader.take(at),
            None => return Err(Fault { what: "the file ends too early", at: from + rest.len() }),
        }
    }
}

/// Whether a segment holds what its marker says and nothing behind it, so that nothing hides there.
fn is_whole(marker: u8, payload: &[u8]) -> bool {
    let byte = |at: usize| payload.get(at).copied().map_or(0, usize::from);
    match marker {
        // Frame: precision, height, width, then three bytes for each component.
        0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => payload.len() >= 9 && payload.len() == 6 + 3 * byte(5),
        0xc4 => are_tables(payload, |head| {
            let lengths = head.get(1..17)?;
            Some(17 + lengths.iter().map(|n| usize::from(*n)).sum::<usize>())
        }),
        0xdb => are_tables(payload, |head| Some(if head.first()? >> 4 == 0 { 65 } else { 129 })),
        0xcc => !payload.is_empty() && payload.len().is_multiple_of(2),
        0xdc | 0xdd => payload.len() == 2,
        0xda => payload.len() >= 6 && payload.len() == 4 + 2 * byte(0),
        _ => false,
    }
}

/// Whether these are tables, one after the other, of which `length` says how long the next is.
fn are_tables(mut rest: &[u8], length: impl Fn(&[u8]) -> Option<usize>) -> bool {
    let whole = !rest.is_empty();
    while !rest.is_empty() {
        let Some(next) = length(rest).and_then(|length| rest.get(length..)) else { return false };
        rest = next;
    }
    whole
}

impl Kept {
    fn application(&mut self, marker: u8, payload: &[u8]) {
        match marker {
            0xe0 if payload.starts_with(JFIF) && self.jfif.is_none() => {
                // Version, units and densities; then the thumbnail's two sides, of which there is none any more.
                self.jfif = payload.get(..12).map(|head| [head, &[0, 0]].concat());
            }
            0xe1 if payload.starts_with(EXIF) && !self.has_exif => {
                self.has_exif = true;
                self.orientation = payload.get(EXIF.len()..).and_then(exif::orientation);
            }
            0xe2 if payload.starts_with(ICC) => self.segment(marker, payload),
            0xee if payload.starts_with(ADOBE) && payload.len() == 12 => self.segment(marker, payload),
            _ => {}
        }
    }

    fn segment(&mut self, marker: u8, payload: &[u8]) {
        segment(&mut self.segments, marker, payload);
    }

    fn write(self) -> Vec<u8> {
        let mut out = b"\xff\xd8".to_vec();
        if let Some(jfif) = self.jfif {
            segment(&mut out, 0xe0, &jfif);
        }
        if let Some(orientation) = self.orientation {
            segment(&mut out, 0xe1, &[EXIF, &exif::only(orientation)].concat());
        }
        out.extend(self.segments);
        out.extend(b"\xff\xd9");
        out
    }
}

fn segment(to: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let length = payload.len() as u16 + 2; // It was read with a length of two bytes, or is one of ours.
    to.extend([0xff, marker]);
    to.extend(length.to_be_bytes());
    to.extend(payload);
}
