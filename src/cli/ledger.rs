//! `havengate ledger verify`: the record book, checked from its rows alone.

use super::{Context, Exit, Failure, Printed, running};
use crate::{
    gate::control,
    ledger::{
        tree::{Hash, Tree, leaf_hash},
        verify::{self, Report, VerifyError},
    },
};
use serde_json::json;
use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

/// Look after the record book.
#[derive(Debug, clap::Subcommand)]
pub enum LedgerCommand {
    /// Check that no record was changed, taken out, moved or cut off
    ///
    /// Recomputes everything from the rows. Ends with 4 when something is wrong. Whoever rewrites the whole book, its
    /// head and its anchor is found only by somebody who kept an earlier size and root: keep those this prints.
    Verify(Verify),
}

/// What `ledger verify` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example, with a copy that the panel holds:

  havengate ledger verify --file copy/ledger.db     (copy ledger.db.anchor beside it)

With the entries from the panel's page \"Record book\", and the size and root noted at the last meeting:

  havengate ledger verify --entries entries.ndjson --kept 18230:5f3c…")]
pub struct Verify {
    /// A record book that no gateway holds, such as a copy, instead of the configured one
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// An anchor file that was kept elsewhere
    #[arg(long, value_name = "FILE", requires = "file")]
    pub anchor: Option<PathBuf>,
    /// Entries downloaded from the panel's pages, a line each: needs no gateway and no record book
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "anchor"])]
    pub entries: Option<PathBuf>,
    /// A size and root that were noted earlier: the entries must begin with exactly that
    #[arg(long, value_name = "SIZE:ROOT", requires = "entries", value_parser = kept)]
    pub kept: Vec<Kept>,
}

/// A size and root that somebody noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    size: u64,
    root: Hash,
}

fn kept(text: &str) -> Result<Kept, String> {
    let expected = || "expected a size, a colon and 64 hexadecimal digits, as the page shows them".to_owned();
    let (size, root) = text.split_once(':').ok_or_else(expected)?;
    let root = data_encoding::HEXLOWER_PERMISSIVE.decode(root.trim().as_bytes()).map_err(|_| expected())?;
    let root = Hash::try_from(root).map_err(|_| expected())?;
    Ok(Kept { size: size.trim().parse().map_err(|_| expected())?, root })
}

/// Carries it out.
pub(super) fn run(command: LedgerCommand, context: &Context) -> Result<Printed, Failure> {
    let LedgerCommand::Verify(args) = command;
    if let Some(entries) = &args.entries {
        return downloaded(entries, &args.kept);
    }
    let path = match args.file {
        Some(file) => file,
        None => {
            let config = context.load()?;
            // The running gateway holds the file alone and checks it between commits.
            if let Some(printed) = running::ask(&config, &control::Command::LedgerVerify, Exit::Ledger)? {
                return Ok(judged(printed));
            }
            config.ledger
        }
    };
    let report = match &args.anchor {
        Some(anchor) => verify::verify_against(&path, anchor),
        None => verify::verify(&path),
    };
    Ok(printed(&report.map_err(failure)?))
}

/// The longest line of an export, bytes: a leaf is at most 4 KiB.
const LONGEST: u64 = 8 << 10;

/// Recomputes the root of downloaded entries (RFC 6962 section 2.1) and holds it to what was noted.
fn downloaded(path: &Path, kept: &[Kept]) -> Result<Printed, Failure> {
    let unreadable = |e: std::io::Error| Failure::new(Exit::Unavailable, format!("{}: {e}", path.display()));
    let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
    let (mut tree, mut findings) = (Tree::new(), Vec::new());
    let mut compare = |tree: &Tree| {
        for kept in kept.iter().filter(|k| k.size == tree.size() && k.root != tree.root()) {
            findings.push(format!("the first {} entries are not those that were noted", kept.size));
        }
    };
    compare(&tree);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut lines, LONGEST).read_until(b'\n', &mut line).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        match line.split_last() {
            Some((b'\n', text)) if serde_json::from_slice::<serde_json::Map<_, _>>(text).is_ok() => {
                tree.push(leaf_hash(text));
            }
            _ => {
                let mend = "download the entries again, and keep the file as it comes";
                let what = format!("line {} is not a whole entry", tree.size() + 1);
                return Err(Failure::new(Exit::Ledger, format!("{}: {what}\n  mend: {mend}", path.display())));
            }
        }
        compare(&tree);
    }
    let missing = kept.iter().filter(|k| k.size > tree.size());
    findings.extend(missing.map(|k| format!("{} entries were noted, and only {} are here", k.size, tree.size())));
    let root = data_encoding::HEXLOWER.encode(&tree.root());
    let exit = if findings.is_empty() { Exit::Ok } else { Exit::Ledger };
    let mut text = format!("{} entries\nroot {root}", tree.size());
    for finding in &findings {
        text += &format!("\nNOT AS NOTED: {finding}");
    }
    if findings.is_empty() {
        text += "\nCompare size and root with those on the page, and keep them for next time.";
    }
    Ok(Printed { text, data: json!({ "size": tree.size(), "root": root, "findings": findings }), exit })
}

fn printed(report: &Report) -> Printed {
    let exit = if report.is_sound() { Exit::Ok } else { Exit::Ledger };
    Printed { text: report.to_string(), data: json!({ "sound": report.is_sound(), "report": report }), exit }
}

/// A running gateway's answer ends the process as an offline one would.
fn judged(mut printed: Printed) -> Printed {
    if printed.data.get("sound") != Some(&true.into()) {
        printed.exit = Exit::Ledger;
    }
    printed
}

fn failure(error: VerifyError) -> Failure {
    Failure::new(Exit::Unavailable, error.to_string())
}
