//! Files within messages: what they are by their bytes, and what of them may leave.
//!
//! A picture that may leave is written again without what its maker noted in it: where and when it was taken, by whom,
//! with what, and the small copy of what it showed before it was cut. PDF and office files are only told from
//! everything else. Fingerprints, faces and irises as machines compare them leave under their own category alone.

mod data_url;
mod exif;
mod gif;
mod jpeg;
mod kind;
mod office;
mod png;
mod reader;
mod webp;

pub(super) use data_url::{DataUrl, is_data_url};
pub(super) use kind::{Kind, begins_like_file, kind, looks_like_file};
pub(super) use reader::Fault;

use crate::{
    flow::{Clause, RuleId},
    policy::integration::{Document, FieldRule},
    verdict::{Code, Reason, Refusal, judge::Bytes},
};
use std::sync::Arc;

/// Why bytes do not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// A document, where the rule's category is not one.
    IsDocument,
    /// Of no kind that may leave, where the rule's category is a document.
    NoDocument,
    /// A picture in a format that nothing here can clean.
    CannotClean(&'static str),
    /// A container of files that nobody looks into.
    Container,
    /// What machines compare people by.
    Biometric,
    /// Of another kind than is said of it.
    OtherKind,
    /// Not what its first bytes say.
    Broken(Document, Fault),
}

/// What bytes leave as, under a rule that holds `held`; `None`: as they are.
///
/// # Errors
/// [`Stay`] when they do not leave.
pub(super) fn leaving(bytes: &[u8], held: Bytes) -> Result<Option<Vec<u8>>, Stay> {
    match (kind(bytes), held) {
        (Kind::Document(document), Bytes::Document) => cleaned(document, bytes).map(Some),
        (Kind::Document(_) | Kind::Package, Bytes::Biometric | Bytes::Other) => Err(Stay::IsDocument),
        (Kind::Package, Bytes::Document) => match office::kind(bytes) {
            Ok(_) => Ok(None),
            Err(fault) => Err(Stay::Broken(Document::Word, fault)),
        },
        (Kind::Picture(name), _) => Err(Stay::CannotClean(name)),
        (Kind::Container, _) => Err(Stay::Container),
        (Kind::Biometric, Bytes::Biometric) | (Kind::Unknown, Bytes::Biometric | Bytes::Other) => Ok(None),
        (Kind::Biometric, Bytes::Document | Bytes::Other) => Err(Stay::Biometric),
        (Kind::Unknown, Bytes::Document) => Err(Stay::NoDocument),
    }
}

/// A document of exactly this kind.
///
/// # Errors
/// [`Stay::Broken`] where it is not one.
pub(super) fn cleaned(document: Document, bytes: &[u8]) -> Result<Vec<u8>, Stay> {
    let broken = |fault| Stay::Broken(document, fault);
    match document {
        Document::Jpeg => jpeg::clean(bytes).map_err(broken),
        Document::Png => png::clean(bytes).map_err(broken),
        Document::Gif => gif::clean(bytes).map_err(broken),
        Document::WebP => webp::clean(bytes).map_err(broken),
        Document::Pdf if bytes.starts_with(b"%PDF-") => Ok(bytes.to_vec()),
        Document::Pdf => Err(broken(Fault { what: "a PDF begins with %PDF-", at: 0 })),
        _ => match office::kind(bytes).map_err(broken)? {
            found if found == document => Ok(bytes.to_vec()),
            _ => Err(Stay::OtherKind),
        },
    }
}

impl Stay {
    /// The refusal for a value that `rule` lists.
    pub(super) fn refusal(self, rule: &FieldRule) -> Refusal {
        let (id, detail, remedy): (_, String, &str) = match self {
            Self::IsDocument => (
                "document-listed",
                "the value is a document or picture, and its place is not listed as one".to_owned(),
                "leave it out, or list its place as \"hg:Document\", which leaves only by a consent that names the place",
            ),
            Self::NoDocument => (
                "document-known",
                "the value is not a document of a kind that may leave".to_owned(),
                "send a JPEG, PNG, GIF or WebP picture, a PDF, or an office file (.docx, .xlsx, .pptx, .odt, .ods, \
                 .odp), in base64 with `encoding = \"base64\"` or as a data: URL",
            ),
            Self::CannotClean(name) => (
                "picture-clean",
                format!("the value is a picture ({name}) from which place and time cannot be taken out"),
                "convert it to JPEG or PNG",
            ),
            Self::Container => (
                "document-known",
                "the value is an archive, a recording or another file that nobody looks into".to_owned(),
                "send what is needed of it in fields of their own",
            ),
            Self::Biometric => (
                "biometric-listed",
                "the value is a fingerprint, face or iris as machines compare them".to_owned(),
                "leave it out: no service needs it to help somebody",
            ),
            Self::OtherKind => (
                "document-known",
                "the document is of another kind than is said of it".to_owned(),
                "say of each document what it is",
            ),
            Self::Broken(document, Fault { what, at }) => (
                "document-readable",
                format!("the value is not a {} that can be read in one way: {what}, at byte {at}", name(document)),
                "open it in an ordinary program and save it again",
            ),
        };
        let refusal = Refusal::plain(Code::FieldBlocked, detail);
        let Ok(id) = RuleId::parse(id) else { return refusal };
        refusal.because(Reason {
            clause: Some(Clause::Data3),
            rule: id,
            category: Some(rule.category.clone()),
            path: Some(Arc::clone(&rule.path)),
            remedy: remedy.to_owned(),
        })
    }

    /// The refusal for a whole body: what is not what its media type says is malformed.
    pub(super) fn of_body(self, rule: &FieldRule) -> Refusal {
        let refusal = self.refusal(rule);
        let detail = match self {
            Self::Broken(document, Fault { what, at }) => {
                format!("the body is not a {} that can be read in one way: {what}, at byte {at}", name(document))
            }
            Self::OtherKind => "the body is a document of another kind than its media type says".to_owned(),
            _ => return Refusal { detail: refusal.detail.replacen("the value", "the body", 1), ..refusal },
        };
        Refusal { code: Code::BodyMalformed, detail, ..refusal }
    }
}

/// What somebody calls it.
const fn name(document: Document) -> &'static str {
    match document {
        Document::Jpeg => "JPEG",
        Document::Png => "PNG",
        Document::Gif => "GIF",
        Document::WebP => "WebP",
        Document::Pdf => "PDF",
        Document::Word | Document::Excel | Document::PowerPoint => "Office file",
        Document::OpenText | Document::OpenSheet | Document::OpenSlides => "OpenDocument file",
    }
}
