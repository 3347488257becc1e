//! WebP (RFC 9649): the pictures stay, Exif, XMP and chunks that nobody knows go.

use super::reader::{Fault, Reader};

/// VP8X's flags for Exif and XMP.
const NOTED: u8 = 0x08 | 0x04;

/// The pictures alone.
pub(super) fn clean(file: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(file);
    reader.expect(b"RIFF", "a WebP begins otherwise")?;
    let fault = reader.fault("the file is not as long as it says");
    if u32::from_le_bytes(reader.array()?) as usize != file.len().saturating_sub(8) {
        return Err(fault);
    }
    reader.expect(b"WEBP", "a WebP begins otherwise")?;
    let mut chunks = Vec::new();
    let mut first = None;
    let mut has_picture = false;
    while !reader.is_at_end() {
        let from = reader.at();
        let fault = |what| Fault { what, at: from };
        let (kind, data) = chunk(&mut reader)?;
        let is_first = first.is_none();
        let extended = *first.get_or_insert(kind) == *b"VP8X";
        match &kind {
            b"VP8X" if is_first && data.len() == 10 => {
                let mut said = data.to_vec();
                said.iter_mut().take(1).for_each(|flags| *flags &= !NOTED);
                write(&mut chunks, kind, &said);
            }
            b"VP8 " | b"VP8L" if (is_first || extended) && !has_picture && is_picture(kind, data) => {
                has_picture = true;
                write(&mut chunks, kind, data);
            }
            b"ALPH" | b"ICCP" if extended => write(&mut chunks, kind, data),
            b"ANIM" if extended && data.len() == 6 => write(&mut chunks, kind, data),
            b"ANMF" if extended => {
                has_picture = true;
                let frame = frame(data).map_err(|inner| Fault { at: from + 8 + inner.at, ..inner })?;
                write(&mut chunks, kind, &frame);
            }
            b"VP8X" | b"VP8 " | b"VP8L" | b"ALPH" | b"ICCP" | b"ANIM" | b"ANMF" => {
                return Err(fault("a chunk that cannot be read"));
            }
            _ if is_first => return Err(fault("a WebP begins with its picture")),
            _ => {}
        }
    }
    if !has_picture {
        return Err(reader.fault("the picture ends before it began"));
    }
    let length = chunks.len() as u32 + 4; // Less than the length that was read.
    Ok([&b"RIFF"[..], &length.to_le_bytes(), b"WEBP", &chunks].concat())
}

/// A frame of an animation: where and how long, then a picture's chunks.
fn frame(data: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(data);
    let mut out = reader.take(16)?.to_vec();
    let mut has_picture = false;
    while !reader.is_at_end() {
        let fault = reader.fault("a chunk that cannot be read");
        let (kind, data) = chunk(&mut reader)?;
        match &kind {
            b"ALPH" if !has_picture => write(&mut out, kind, data),
            b"VP8 " | b"VP8L" if !has_picture && is_picture(kind, data) => {
                has_picture = true;
                write(&mut out, kind, data);
            }
            b"ALPH" | b"VP8 " | b"VP8L" => return Err(fault),
            _ => {}
        }
    }
    if has_picture { Ok(out) } else { Err(reader.fault("a frame without a picture")) }
}

fn chunk<'f>(reader: &mut Reader<'f>) -> Result<([u8; 4], &'f [u8]), Fault> {
    let kind = reader.array()?;
    let length = u32::from_le_bytes(reader.array()?) as usize;
    let data = reader.take(length)?;
    if length % 2 == 1 {
        reader.expect(&[0], "a chunk filled with something")?;
    }
    Ok((kind, data))
}

fn is_picture(kind: [u8; 4], data: &[u8]) -> bool {
    match &kind {
        b"VP8 " => data.get(3..6) == Some(b"\x9d\x01\x2a"),
        _ => data.first() == Some(&0x2f),
    }
}

fn write(to: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    to.extend(kind);
    to.extend((data.len() as u32).to_le_bytes()); // It was read with a length of four bytes.
    to.extend(data);
    if data.len() % 2 == 1 {
        to.push(0);
    }
}
