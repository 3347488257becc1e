//! Office files: packages (ZIP, APPNOTE 6.3) that name what they are. What is in them is not looked into.

use super::reader::{Fault, Reader};
use crate::policy::integration::Document;

const END: &[u8] = b"PK\x05\x06";
/// Of the end record without a comment, which is how packages end.
const END_LENGTH: usize = 22;

/// Which office file this is.
pub(super) fn kind(file: &[u8]) -> Result<Document, Fault> {
    let mut reader = Reader::new(file);
    reader.expect(b"PK\x03\x04", "a package begins otherwise")?;
    if let Some(kind) = open(file) {
        directory(file, |_| ())?;
        return Ok(kind);
    }
    let (mut typed, mut part) = (false, None);
    directory(file, |name| match name {
        b"[Content_Types].xml" => typed = true,
        b"word/document.xml" => part = Some(Document::Word),
        b"xl/workbook.xml" | b"xl/workbook.bin" => part = Some(Document::Excel),
        b"ppt/presentation.xml" => part = Some(Document::PowerPoint),
        _ => {}
    })?;
    part.filter(|_| typed).ok_or(Fault { what: "a package that does not say which kind of document it is", at: 0 })
}

/// ISO 26300-2 section 3.3: the first file is `mimetype`, stored as it is, and says the media type.
fn open(file: &[u8]) -> Option<Document> {
    let head = file.get(..30)?;
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?)));
    let (method, length, name, extra) = (short(8)?, short(22)?, short(26)?, short(28)?);
    let text = file.get(30 + name + extra..)?.get(..length)?;
    if method != 0 || file.get(30..30 + name)? != b"mimetype" {
        return None;
    }
    [Document::OpenText, Document::OpenSheet, Document::OpenSlides]
        .into_iter()
        .find(|kind| kind.media().as_bytes() == text)
}

/// Walks the list of files at the package's end, which must be all that is there.
fn directory(file: &[u8], mut see: impl FnMut(&[u8])) -> Result<(), Fault> {
    let end = file.len().saturating_sub(END_LENGTH);
    let fault = |what, at| Fault { what, at };
    let record = file.get(end..).filter(|record| record.len() == END_LENGTH && record.starts_with(END));
    let record = record.ok_or(fault("a package does not end here", end))?;
    let long = |at: usize| {
        let bytes = record.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or([0xff; 4]);
        u32::from_le_bytes(bytes) as usize
    };
    let (length, from) = (long(12), long(16));
    if from.checked_add(length) != Some(end) || !record.ends_with(&[0, 0]) {
        return Err(fault("a package whose list of files is elsewhere", end));
    }
    let listed = file.get(from..end).ok_or(fault("a package whose list of files is elsewhere", end))?;
    let mut reader = Reader::new(listed);
    while !reader.is_at_end() {
        let at = from + reader.at();
        let broken = |inner: Fault| fault("an entry in the list of files that cannot be read", from + inner.at);
        let head: [u8; 46] = reader.array().map_err(broken)?;
        let short = |low: u8, high: u8| usize::from(u16::from_le_bytes([low, high]));
        if !head.starts_with(b"PK\x01\x02") {
            return Err(fault("an entry in the list of files that cannot be read", at));
        }
        if head[8] & 1 != 0 {
            return Err(fault("an encrypted file in the package", at));
        }
        let name = reader.take(short(head[28], head[29])).map_err(broken)?;
        reader.take(short(head[30], head[31]) + short(head[32], head[33])).map_err(broken)?;
        see(name);
    }
    Ok(())
}
