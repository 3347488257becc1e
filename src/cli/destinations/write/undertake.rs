//! `havengate destinations undertake`.

use super::{Change, Exit, Failure, How};
use crate::cli::destinations::edit::{Field, Registry, date};
use jiff::civil::Date;
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// What `undertake` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  havengate destinations undertake newtown/beds --document undertaking-signed.pdf --role \"Head of Service\" \\
    --signed 2026-10-01 --expires 2027-09-30 --except-required-by-law yes --tells-us-first yes

The document stays with you; the registry keeps its SHA-256, so that nobody can exchange it unseen. An undertaking that
is there is replaced, and shown.")]
pub struct Undertake {
    /// The system
    #[arg(value_name = "SYSTEM")]
    id: String,
    /// The signed document; only its SHA-256 is kept
    #[arg(long, value_name = "FILE", required_unless_present = "sha256", conflicts_with = "sha256")]
    document: Option<PathBuf>,
    /// The SHA-256 of the signed document, as `sha256sum` prints it
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// The signer's role, never a name
    #[arg(long)]
    role: String,
    /// The day it was signed
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    signed: Date,
    /// The last day it holds
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    expires: Date,
    /// Whether it excepts what the law requires
    #[arg(long, value_parser = ["yes", "no"])]
    except_required_by_law: String,
    /// Whether the recipient tells you before such a disclosure
    #[arg(long, value_parser = ["yes", "no"])]
    tells_us_first: String,
    #[command(flatten)]
    how: How,
}

impl Change for Undertake {
    fn subject(&self) -> Option<&str> {
        Some(&self.id)
    }
    fn how(&self) -> How {
        self.how
    }
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure> {
        let sha256 = match (&self.document, &self.sha256) {
            (Some(document), _) => digest(document)?,
            (None, Some(sha256)) => sha256.to_ascii_lowercase(),
            (None, None) => return Err(Failure::new(Exit::Usage, "name the document, or its SHA-256")),
        };
        let fields: Vec<Field<'_>> = vec![
            ("sha256", sha256.into()),
            ("role", self.role.as_str().into()),
            ("signed", date(self.signed)),
            ("expires", date(self.expires)),
            ("except_required_by_law", (self.except_required_by_law == "yes").into()),
            ("tells_us_first", (self.tells_us_first == "yes").into()),
        ];
        Ok(registry.set(&self.id, "undertaking", fields)?)
    }
}

/// The SHA-256 of a file, as `sha256sum` prints it.
fn digest(path: &Path) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::system(path, &e);
    let mut file = File::open(path).map_err(failed)?;
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let (mut buffer, mut size) = (vec![0; 64 << 10], 0);
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        let Some(part) = buffer.get(..read).filter(|p| !p.is_empty()) else { break };
        digest.update(part);
        size += read;
    }
    if size == 0 {
        let text = format!("{} is empty\n  mend: name the signed document", path.display());
        return Err(Failure::new(Exit::Finding, text));
    }
    Ok(data_encoding::HEXLOWER.encode(digest.finish().as_ref()))
}
