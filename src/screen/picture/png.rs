//! PNG (W3C, third edition): what shows the picture stays, all text, times and places go.
//!
//! Kept: the critical chunks, transparency, and the few that say how to show colours and sizes in a fixed number of
//! bytes. Colour profiles go too, since they hold text; of an animation the still picture stays.

use super::reader::{Fault, Reader};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The picture alone.
pub(super) fn clean(file: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(file);
    reader.expect(SIGNATURE, "a PNG begins otherwise")?;
    let mut out = SIGNATURE.to_vec();
    let mut seen = Seen::default();
    loop {
        let from = reader.at();
        let fault = |what| Fault { what, at: from };
        let length = u32::from_be_bytes(reader.array()?) as usize;
        let kind: [u8; 4] = reader.array()?;
        let data = reader.take(length)?;
        let mut crc = flate2::Crc::new();
        crc.update(&kind);
        crc.update(data);
        if u32::from_be_bytes(reader.array()?) != crc.sum() {
            return Err(fault("a chunk whose check sum is wrong"));
        }
        if seen.next(&kind, data).map_err(fault)? {
            out.extend(reader.since(from));
        }
        if kind == *b"IEND" {
            return if reader.is_at_end() { Ok(out) } else { Err(reader.fault("something behind the picture's end")) };
        }
    }
}

/// Which chunks came before.
#[derive(Default)]
struct Seen {
    header: bool,
    palette: bool,
    data: bool,
    /// The picture's data is one run of chunks.
    data_ended: bool,
}

impl Seen {
    /// Whether this chunk stays.
    fn next(&mut self, kind: &[u8; 4], data: &[u8]) -> Result<bool, &'static str> {
        if self.header == (kind == b"IHDR") {
            return Err("a PNG has one header, and it comes first");
        }
        self.data_ended |= self.data && kind != b"IDAT";
        match kind {
            b"IHDR" if data.len() == 13 => self.header = true,
            b"PLTE" if data.len().is_multiple_of(3) && data.len() <= 768 && !self.palette && !self.data => {
                self.palette = true;
            }
            b"IDAT" if !self.data_ended => self.data = true,
            b"IEND" if data.is_empty() && self.data => {}
            [b'A'..=b'Z', _, _, _] => return Err("a chunk that cannot be read"),
            [b'a'..=b'z', ..] => return Ok(shows(kind, data.len())),
            _ => return Err("something that is no chunk"),
        }
        Ok(true)
    }
}

/// Whether a chunk that a reader may skip only says how to show the picture, in no more bytes than that needs.
fn shows(kind: &[u8; 4], length: usize) -> bool {
    match kind {
        b"tRNS" => length <= 256,
        b"cHRM" => length == 32,
        b"gAMA" | b"cICP" => length == 4,
        b"sRGB" => length == 1,
        b"sBIT" => (1..=4).contains(&length),
        b"bKGD" => matches!(length, 1 | 2 | 6),
        b"pHYs" => length == 9,
        _ => false,
    }
}
