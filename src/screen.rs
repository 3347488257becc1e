//! Screening: bytes in, permitted bytes out. Sans-io, bounded by one record, one interpretation: what
//! goes out is written from what was judged (design section 7).

pub mod batch;
mod beside;
pub mod body;
pub mod charset;
pub mod coding;
mod dotted;
pub mod form;
pub mod headers;
pub mod json;
pub mod multipart;
mod picture;
mod place;
mod received;
mod request;
mod soap;
pub mod table;
mod tally;
pub mod transform;
pub mod uri;
pub mod whole;
pub mod xml;

pub use crate::verdict::judge::{Bytes, Finding, FindingRef, Findings, Judge, KnownBy, Person, Ruling};
pub use received::Received;
pub use request::{Body, Screened, Screening};
