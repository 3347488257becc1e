//! XML samples: in which encoding they are, what kind of message, and the document in them.

use super::{
    elements::{FHIR, SOAP_1_1, SOAP_1_2, is_of_schemas},
    read::{Document, Samples},
    recording::Sent,
};
use crate::{
    config::Limits,
    policy::integration::{Format, XmlFormat},
    screen::{
        charset::{Charset, Transcoder},
        xml::outline,
    },
};
use bytes::Bytes;
use std::collections::BTreeSet;

/// Whether bytes can only be meant as XML, in UTF-16 too: that is refused with its name.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let wide = matches!(bytes, [0xff, 0xfe, b'<', 0, ..] | [0xfe, 0xff, 0, b'<', ..] | [b'<', 0, ..] | [0, b'<', ..]);
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    wide || text.trim_ascii_start().first() == Some(&b'<')
}

/// Reads one sample.
///
/// # Errors
/// What is wrong and where, without a value or a name.
pub(super) fn read(sent: Sent) -> Result<Samples, String> {
    let declared = declared(&sent.body);
    // As RFC 7303 section 3 has it: a mark, then what the sender says, then what the document says.
    let said = sent.charset.as_deref().or(declared.as_deref()).unwrap_or("utf-8");
    let (bytes, charset) = if sent.is_text { (sent.body, known(said)?) } else { in_utf8(sent.body, said)? };
    let transcoded = sent.is_text || charset == Charset::Western;
    let root =
        outline::read(&bytes, (&Limits::default()).into(), transcoded).map_err(|refusal| refusal.detail.to_string())?;
    let media = sent.media.filter(|media| XmlFormat::reads(media)).unwrap_or_else(|| media(&root.name).to_owned());
    let format = Format::of(&media).ok_or("its format is not known here")?;
    let actions = if is_soap(&media, &root.name) { BTreeSet::from([sent.action]) } else { BTreeSet::new() };
    Ok(Samples {
        media,
        format,
        documents: vec![Document::Xml(root)],
        bodies: vec![if transcoded { undeclared(bytes) } else { bytes }],
        sideways: false,
        charsets: label(charset).into_iter().collect(),
        actions,
    })
}

/// A text that is a document in XML. One of words with marks in between, as HTML is, is a text.
pub(super) fn within(text: &str) -> Option<Document> {
    let root = outline::read(text.as_bytes(), (&Limits::default()).into(), false).ok()?;
    let is_message = !root.children.is_empty() && root.text.trim().is_empty();
    is_message.then_some(Document::Xml(root))
}

/// The usual type of a document with this element.
fn media(root: &outline::Name) -> &'static str {
    match &*root.namespace {
        SOAP_1_1 => "text/xml",
        SOAP_1_2 => "application/soap+xml",
        FHIR => "application/fhir+xml",
        _ => "application/xml",
    }
}

fn is_soap(media: &str, root: &outline::Name) -> bool {
    [("text/xml", SOAP_1_1), ("application/soap+xml", SOAP_1_2)].contains(&(media, &*root.namespace))
}

/// The one action that all samples were sent with, and what somebody has to settle of it.
pub(super) fn action(samples: &Samples) -> (Option<String>, Vec<String>) {
    let seen: Vec<&Option<String>> = samples.actions.iter().collect();
    let fits = |action: &str| {
        is_of_schemas(action) && crate::policy::integration::SoapAction::new(action, &samples.media).is_some()
    };
    match seen.as_slice() {
        [] => (None, Vec::new()),
        [Some(action)] if fits(action) => (Some(action.clone()), Vec::new()),
        [None] if samples.media == "text/xml" => {
            let todo = "where requests name a SOAPAction, list it, because no other header leaves: action = \"urn:…\"";
            (None, vec![todo.to_owned()])
        }
        [None] => {
            let todo =
                "where requests name an action in their Content-Type, list it, or they are refused: action = \"urn:…\"";
            (None, vec![todo.to_owned()])
        }
        _ => {
            let todo = "the samples name more than one SOAP action, or one that is none: draft an operation for each, with its \
                        action = \"urn:…\"";
            (None, vec![todo.to_owned()])
        }
    }
}

/// What a document's declaration says that it is in. Every encoding that is read here spells that in ASCII.
fn declared(bytes: &[u8]) -> Option<String> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let end = declaration(text)?;
    let text = std::str::from_utf8(text.get(..end)?).ok()?;
    let (_, after) = text.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label.to_owned())
}

/// Where a declaration ends, if there is one.
fn declaration(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"<?xml")?;
    rest.first().filter(|b| b.is_ascii_whitespace())?;
    text.windows(2).take(1024).position(|w| w == b"?>").map(|at| at + 2)
}

/// Without its declaration, which says what it no longer is in.
fn undeclared(bytes: Vec<u8>) -> Vec<u8> {
    match declaration(&bytes).and_then(|end| bytes.get(end..)) {
        Some(rest) => rest.to_vec(),
        None => bytes,
    }
}

/// Text in UTF-8, by what it is said to be in.
///
/// # Errors
/// An encoding that is not read here, and a byte that is none of its characters.
pub(super) fn in_utf8(bytes: Vec<u8>, label: &str) -> Result<(Vec<u8>, Charset), String> {
    let charset = known(label)?;
    let Some(mut transcoder) = Transcoder::new(charset) else { return Ok((bytes, charset)) };
    let read = transcoder.push(Bytes::from(bytes)).map_err(|_| {
        "it is said to be in one encoding and is in another: save it anew, or convert it to UTF-8 first".to_owned()
    })?;
    Ok((read.into(), charset))
}

fn known(label: &str) -> Result<Charset, String> {
    Charset::of(label).ok_or_else(|| {
        let known = "UTF-8, US-ASCII, ISO-8859-1 and windows-1252 are";
        format!("it is said to be in an encoding that is not read here; {known}: convert it first")
    })
}

/// What a `Content-Type` calls a charset that is not UTF-8.
pub(super) fn label(charset: Charset) -> Option<&'static str> {
    match charset {
        Charset::Utf8 => None,
        Charset::Ascii => Some("us-ascii"),
        Charset::Western => Some("windows-1252"),
    }
}
