//! Parts as we write them: our own boundary, our own headers, and content that cannot be taken for either.

use super::framing::find;
use crate::verdict::{Code, Refusal};
use aws_lc_rs::digest::{SHA256, digest};

/// Writes a body of parts.
#[derive(Debug)]
pub(super) struct Writer {
    /// `--` and the boundary.
    delimiter: String,
    out: Vec<u8>,
    /// The end of the open part, which with what follows must not hold the boundary.
    tail: Vec<u8>,
    begun: bool,
}

impl Writer {
    /// A boundary that only depends on the one that arrived: whoever sends a body again that holds ours by accident
    /// needs only another of their own.
    pub(super) fn new(received: &str) -> Self {
        let hash = digest(&SHA256, received.as_bytes());
        let name: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { delimiter: format!("--havengate-{name}"), out: Vec::new(), tail: Vec::new(), begun: false }
    }

    pub(super) fn boundary(&self) -> &str {
        self.delimiter.get(2..).unwrap_or_default()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Begins a part.
    pub(super) fn head(&mut self, name: &str, filename: Option<&str>, media: Option<&str>) -> Result<(), Refusal> {
        self.delimit();
        self.out.extend_from_slice(b"\r\n");
        let mut head = format!("Content-Disposition: form-data; name=\"{name}\"");
        if let Some(filename) = filename {
            head.push_str(&format!("; filename=\"{}\"", quoted(filename)));
        }
        head.push_str("\r\n");
        if let Some(media) = media {
            head.push_str(&format!("Content-Type: {media}\r\n"));
        }
        head.push_str("\r\n");
        self.content(head.as_bytes())
    }

    /// More of the part.
    pub(super) fn content(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        // The end of what came before is looked at again with the beginning of this, and then this alone.
        let reach = self.delimiter.len() - 1;
        self.tail.extend_from_slice(bytes.get(..reach.min(bytes.len())).unwrap_or_default());
        let needle = self.delimiter.as_bytes();
        if find(&self.tail, needle).is_some() || find(bytes, needle).is_some() {
            let detail = "what would leave holds the boundary that it would be written with; send it again with another \
                          boundary";
            return Err(Refusal::plain(Code::BodyMalformed, detail));
        }
        if bytes.len() >= reach {
            self.tail = bytes.get(bytes.len() - reach..).unwrap_or_default().to_vec();
        } else {
            self.tail.drain(..self.tail.len().saturating_sub(reach));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// The last boundary.
    pub(super) fn end(&mut self) {
        self.delimit();
        self.out.extend_from_slice(b"--\r\n");
    }

    fn delimit(&mut self) {
        if self.begun {
            self.out.extend_from_slice(b"\r\n");
        }
        self.begun = true;
        self.tail.clear();
        self.out.extend_from_slice(self.delimiter.as_bytes());
    }
}

/// What stands between quotes: WHATWG writes a quote as `%22` (HTML, 4.10.21.8), and what readers take for escapes or
/// for the end of a line has no place in it.
fn quoted(text: &str) -> String {
    let plain = |c: char| if c.is_control() || c == '\\' { '_' } else { c };
    text.chars().map(plain).collect::<String>().replace('"', "%22")
}

/// A file name that says nothing but what kind of file it is.
pub(super) fn neutral(media: &str, number: usize) -> String {
    let ending = match media {
        "application/pdf" => ".pdf",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/heic" => ".heic",
        "text/plain" => ".txt",
        "text/csv" => ".csv",
        "text/tab-separated-values" => ".tsv",
        "application/zip" => ".zip",
        "application/msword" => ".doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => ".docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => ".xlsx",
        "application/vnd.oasis.opendocument.text" => ".odt",
        json if json.ends_with("json") => ".json",
        xml if xml.ends_with("xml") => ".xml",
        _ => "",
    };
    if number < 2 { format!("file{ending}") } else { format!("file-{number}{ending}") }
}
