//! What bytes are, by how they begin.

use crate::policy::integration::Document;
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::screen) enum Kind {
    /// One of these, if the rest of it is too.
    Document(Document),
    /// A package, which may be an office file.
    Package,
    /// A picture of a format that nothing here can clean.
    Picture(&'static str),
    /// An archive, a recording, a program's own file.
    Container,
    /// What machines compare people by.
    Biometric,
    /// Nothing of these.
    Unknown,
}

/// Where a file says so, what it says, and what it is then. The first that fits.
const SIGNS: &[(usize, &[u8], Kind)] = &[
    (0, b"\xff\xd8\xff", Kind::Document(Document::Jpeg)),
    (0, b"\x89PNG\r\n\x1a\n", Kind::Document(Document::Png)),
    (0, b"GIF87a", Kind::Document(Document::Gif)),
    (0, b"GIF89a", Kind::Document(Document::Gif)),
    (8, b"WEBP", Kind::Document(Document::WebP)),
    (0, b"%PDF-", Kind::Document(Document::Pdf)),
    (0, b"PK\x03\x04", Kind::Package),
    (0, b"PK\x05\x06", Kind::Container),
    // WSQ (fingerprints, CJIS-RS-0010), JPEG 2000 (faces and fingerprints in passports) and ISO/IEC 19794.
    (0, b"\xff\xa0\xff", Kind::Biometric),
    (0, b"\0\0\0\x0cjP  ", Kind::Biometric),
    (0, b"\xff\x4f\xff\x51", Kind::Biometric),
    (0, b"FMR\0", Kind::Biometric),
    (0, b"FAC\0", Kind::Biometric),
    (0, b"FIR\0", Kind::Biometric),
    (0, b"IIR\0", Kind::Biometric),
    (4, b"ftypheic", Kind::Picture("HEIC")),
    (4, b"ftypheix", Kind::Picture("HEIC")),
    (4, b"ftyphevc", Kind::Picture("HEIC")),
    (4, b"ftypmif1", Kind::Picture("HEIF")),
    (4, b"ftypmsf1", Kind::Picture("HEIF")),
    (4, b"ftypavif", Kind::Picture("AVIF")),
    (4, b"ftypavis", Kind::Picture("AVIF")),
    (4, b"ftyp", Kind::Container),
    (0, b"II*\0", Kind::Picture("TIFF")),
    (0, b"MM\0*", Kind::Picture("TIFF")),
    (0, b"II+\0", Kind::Picture("TIFF")),
    (0, b"MM\0+", Kind::Picture("TIFF")),
    (0, b"\0\0\0\x0cJXL ", Kind::Picture("JPEG XL")),
    (0, b"\xff\x0a", Kind::Picture("JPEG XL")),
    (0, b"8BPS\0", Kind::Picture("Photoshop")),
    (0, b"RIFF", Kind::Container),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Container),
    (0, b"{\\rtf", Kind::Container),
    (0, b"\x1f\x8b\x08", Kind::Container),
    (0, b"BZh", Kind::Container),
    (0, b"\xfd7zXZ\0", Kind::Container),
    (0, b"\x28\xb5\x2f\xfd", Kind::Container),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::Container),
    (0, b"Rar!\x1a\x07", Kind::Container),
    (257, b"ustar", Kind::Container),
    (0, b"SQLite format 3\0", Kind::Container),
    (0, b"OggS\0", Kind::Container),
    (0, b"ID3", Kind::Container),
    (0, b"fLaC", Kind::Container),
    (0, b"\x1aE\xdf\xa3", Kind::Container),
    (0, b"#!AMR", Kind::Container),
];

/// What these bytes are.
pub(in crate::screen) fn kind(bytes: &[u8]) -> Kind {
    match sign(bytes) {
        Some((kind, _)) => kind,
        None if is_bitmap(bytes) => Kind::Picture("BMP"),
        None if is_drawing(bytes) => Kind::Picture("SVG"),
        None if hides_document(bytes) => Kind::Container,
        None => Kind::Unknown,
    }
}

/// What a file's sign says it is, and how long the sign is.
fn sign(bytes: &[u8]) -> Option<(Kind, usize)> {
    let found = SIGNS.iter().find(|(at, sign, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(sign)));
    found.map(|(_, sign, kind)| (*kind, sign.len()))
}

/// A bitmap says its own length.
fn is_bitmap(bytes: &[u8]) -> bool {
    let said = bytes.get(2..6).and_then(|said| said.try_into().ok()).map(u32::from_le_bytes);
    bytes.starts_with(b"BM") && said.is_some_and(|said| said as usize == bytes.len())
}

/// SVG is text; what it draws and notes is not looked into.
fn is_drawing(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or_default().trim_ascii_start();
    head.starts_with(b"<") && head.windows(4).any(|four| four.eq_ignore_ascii_case(b"<svg"))
}

/// Readers of PDF look for its beginning within the first 1,024 bytes, and readers of packages for their end.
fn hides_document(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let tail = bytes.get(bytes.len().saturating_sub(0xffff + 22)..).unwrap_or_default();
    head.windows(5).any(|five| five == b"%PDF-") || tail.windows(4).any(|four| four == b"PK\x05\x06")
}

/// The shortest text that is decoded to see whether it is a file in base64.
const SHORTEST: usize = 32;

/// Whether a text could be a file: `data:…`, or a file in base64 that no rule says is there. Asked of every value, so
/// it looks at how the text begins and no further.
#[inline]
pub(in crate::screen) fn looks_like_file(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    match text {
        [b'd' | b'D', b'a' | b'A', b't' | b'T', b'a' | b'A', b':', ..] => true,
        text if text.len() < SHORTEST => false,
        text => begins_like_file(text),
    }
}

/// Whether a text in base64 would begin as a file does. Signs of two bytes begin too many other things.
pub(in crate::screen) fn begins_like_file(text: &[u8]) -> bool {
    // As much as the signs at the beginning need, in whole groups of four.
    let (Some(head), mut decoded) = (text.get(..24), [0; 18]) else { return false };
    let read = BASE64_NOPAD.decode_mut(head, &mut decoded).or_else(|_| BASE64URL_NOPAD.decode_mut(head, &mut decoded));
    read.is_ok() && (is_drawing(&decoded) || sign(&decoded).is_some_and(|(_, length)| length > 2))
}
