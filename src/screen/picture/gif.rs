//! GIF (89a): the pictures stay; comments, captions and makers' own extensions go.

use super::reader::{Fault, Reader};

/// The pictures alone.
pub(super) fn clean(file: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(file);
    let fault = reader.fault("a GIF begins otherwise");
    if !matches!(reader.take(6)?, b"GIF87a" | b"GIF89a") {
        return Err(fault);
    }
    let screen: [u8; 7] = reader.array()?;
    colours(&mut reader, screen[4])?;
    let mut out = reader.since(0).to_vec();
    // How to show the next picture, and whether there was one.
    let (mut control, mut has_picture): (&[u8], _) = (&[], false);
    loop {
        let from = reader.at();
        match reader.byte()? {
            0x2c => {
                let place: [u8; 9] = reader.array()?;
                colours(&mut reader, place[8])?;
                reader.byte()?;
                pieces(&mut reader)?;
                out.extend(std::mem::take(&mut control));
                out.extend(reader.since(from));
                has_picture = true;
            }
            0x21 => match reader.byte()? {
                0xf9 => {
                    reader.expect(&[4], "a control of the wrong length")?;
                    reader.take(4)?;
                    reader.expect(&[0], "a control of the wrong length")?;
                    control = reader.since(from);
                }
                0xfe | 0xff => pieces(&mut reader)?,
                // A caption, and how to show that.
                0x01 => {
                    pieces(&mut reader)?;
                    control = &[];
                }
                _ => return Err(Fault { what: "an extension that GIF does not know", at: from }),
            },
            0x3b if !has_picture => return Err(Fault { what: "the picture ends before it began", at: from }),
            0x3b if reader.is_at_end() => {
                out.push(0x3b);
                return Ok(out);
            }
            0x3b => return Err(reader.fault("something behind the picture's end")),
            _ => return Err(Fault { what: "something that is no block", at: from }),
        }
    }
}

/// A table of colours, where the flags say that there is one.
fn colours(reader: &mut Reader<'_>, flags: u8) -> Result<(), Fault> {
    if flags & 0x80 != 0 {
        reader.take(3 << ((flags & 7) + 1))?;
    }
    Ok(())
}

/// Pieces, each behind its length, up to an empty one.
fn pieces(reader: &mut Reader<'_>) -> Result<(), Fault> {
    loop {
        let length = reader.byte()?;
        if length == 0 {
            return Ok(());
        }
        reader.take(length.into())?;
    }
}
