//! Values that are files: documents in base64 or in `data:` URLs, where a rule lists them and where none does.

use super::{Value, within::base64};
use crate::{
    policy::integration::FieldRule,
    screen::picture::{self, DataUrl, Stay},
    verdict::judge::Bytes,
};

/// What becomes of a value as a file.
pub(super) enum Leaves {
    /// It is none: what it says decides.
    NoFile,
    /// It leaves as it is.
    Whole,
    /// It leaves as this.
    Cleaned(String),
    /// It does not leave.
    Not(Stay),
}

/// What becomes of an exact value that `rule` lists and that may leave.
pub(super) fn leaves(rule: &FieldRule, held: Bytes, value: &Value<'_>) -> Leaves {
    let text = match value {
        Value::Null => return Leaves::NoFile,
        Value::Text(text) if text.is_empty() => return Leaves::NoFile,
        Value::Text(text) => text,
        Value::Number(_) | Value::Bool(_) if held == Bytes::Document => return Leaves::Not(Stay::NoDocument),
        Value::Number(_) | Value::Bool(_) => return Leaves::NoFile,
    };
    match held {
        Bytes::Document => document(rule, text),
        Bytes::Biometric | Bytes::Other if picture::is_data_url(text) => Leaves::Not(Stay::IsDocument),
        Bytes::Biometric | Bytes::Other if rule.within.is_some() || picture::looks_like_file(text.as_bytes()) => {
            bytes(rule, held, text)
        }
        Bytes::Biometric | Bytes::Other => Leaves::NoFile,
    }
}

/// Where documents are listed, nothing but one leaves: prose would pass unread.
fn document(rule: &FieldRule, text: &str) -> Leaves {
    if let Some(url) = DataUrl::read(text) {
        return match picture::cleaned(url.document, &url.bytes) {
            Ok(bytes) => Leaves::Cleaned(url.write(&bytes)),
            Err(stay) => Leaves::Not(stay),
        };
    }
    let Some((alphabet, bytes)) = rule.within.as_ref().and_then(|_| base64(text)) else {
        return Leaves::Not(Stay::NoDocument);
    };
    match picture::leaving(&bytes, Bytes::Document) {
        Ok(Some(cleaned)) => Leaves::Cleaned(alphabet.encode(&cleaned)),
        Ok(None) => Leaves::Whole,
        Err(stay) => Leaves::Not(stay),
    }
}

/// Base64 that its rule names, or that begins as a file does.
fn bytes(rule: &FieldRule, held: Bytes, text: &str) -> Leaves {
    match base64(text.trim_ascii()).map(|(_, bytes)| picture::leaving(&bytes, held)) {
        Some(Ok(_)) => Leaves::NoFile,
        Some(Err(stay)) => Leaves::Not(stay),
        // What the rule calls base64 and is not is withheld in any case, and told as that.
        None if rule.within.is_some() || !picture::begins_like_file(text.trim_ascii().as_bytes()) => Leaves::NoFile,
        None => Leaves::Not(Stay::Container),
    }
}
