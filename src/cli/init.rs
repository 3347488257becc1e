//! `havengate init`: a home directory with everything a gateway needs to start, and nothing that was there before.

use super::{Exit, Failure, Printed, shipped};
use crate::{
    config::{self, FILE_NAME},
    gate::keys,
    ledger::{self, Ledger, Opening},
};
use serde_json::json;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// What `init` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:

  havengate init --name charity.example /srv/havengate")]
pub struct Init {
    /// The home directory
    #[arg(default_value = ".", value_name = "DIR")]
    pub home: PathBuf,
    /// The gateway's name in records: your domain
    #[arg(long, default_value = "havengate")]
    pub name: String,
}

/// Carries it out.
pub(super) fn run(args: &Init) -> Result<Printed, Failure> {
    let Some(template) = config::template_for(&args.name) else {
        let text = "--name takes 1 to 64 lower-case letters, digits, '-', '_' and '.', such as charity.example";
        return Err(Failure::new(Exit::Usage, text));
    };
    let home = Home::at(&args.home);
    home.refuse_to_overwrite()?;
    let mut made = Made::default();
    home.make(args, &template, &mut made)?;
    made.keep();
    Ok(printed(&home.root, &args.name))
}

/// Where everything goes.
struct Home {
    root: PathBuf,
    policies: PathBuf,
    keys: PathBuf,
    ledger: PathBuf,
    file: PathBuf,
}

impl Home {
    fn at(root: &Path) -> Self {
        let in_it = |name: &str| root.join(name);
        let (policies, keys) = (in_it("policies"), in_it("keys"));
        Self { root: root.to_owned(), policies, keys, ledger: in_it("ledger.db"), file: in_it(FILE_NAME) }
    }

    /// The record book and what SQLite and the anchor put beside it.
    fn ledger_files(&self) -> [PathBuf; 4] {
        let beside = |end: &str| PathBuf::from(format!("{}{end}", self.ledger.display()));
        [self.ledger.clone(), beside("-wal"), beside("-shm"), ledger::anchor_path(&self.ledger)]
    }

    fn refuse_to_overwrite(&self) -> Result<(), Failure> {
        let [ledger, .., anchor] = self.ledger_files();
        let there = [&self.file, &self.policies, &self.keys, &ledger, &anchor]
            .into_iter()
            .find(|p| fs::symlink_metadata(p).is_ok());
        match there {
            None => Ok(()),
            Some(path) => Err(Failure::new(
                Exit::Unavailable,
                format!("{} exists already\n  mend: choose another directory; nothing is overwritten", path.display()),
            )),
        }
    }

    /// Everything, the configuration last: where it is, the home is whole.
    fn make(&self, args: &Init, template: &str, made: &mut Made) -> Result<(), Failure> {
        if fs::metadata(&self.root).is_err() {
            made.directory(&self.root).map_err(failed(&self.root))?;
        }
        made.directory(&self.policies).map_err(failed(&self.policies))?;
        for (name, text) in shipped::files() {
            let path = self.policies.join(name);
            if let Some(below) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(below).map_err(failed(below))?;
            }
            write(&path, text, 0o644).map_err(failed(&path))?;
        }
        made.directory(&self.keys).map_err(failed(&self.keys))?;
        keys::create_dir(&self.keys).map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?;
        Ledger::create(&self.ledger, &Opening::new(&args.name))
            .map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?;
        made.files.extend(self.ledger_files());
        write(&self.file, template, 0o600).map_err(failed(&self.file))?;
        made.files.push(self.file.clone());
        File::open(&self.root).and_then(|d| d.sync_all()).map_err(failed(&self.root))
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::system(path, &error)
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// What was made so far. Taken away again unless it is kept; nothing else is.
#[derive(Default)]
struct Made {
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
    kept: bool,
}

impl Made {
    /// Makes a directory that was not there: an error if it was.
    fn directory(&mut self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)?;
        self.directories.push(path.to_owned());
        Ok(())
    }

    const fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        // They were not there before, so what is in them is ours.
        for directory in self.directories.iter().rev() {
            let _ = fs::remove_dir_all(directory);
        }
    }
}

fn printed(home: &Path, name: &str) -> Printed {
    let home = home.display().to_string();
    let text = format!(
        "Made a home for {name} in {home}:\n\n  \
         havengate.toml  every key with its default\n  \
         policies        the charter's floor, and connections to start from: make them your own\n  \
         keys            keys that only you can read: back them up, apart from the record book\n  \
         ledger.db       the record book, empty, with its anchor\n\n\
         Next: let a system call (havengate caller add), look at policies/README.md, and check (havengate check)."
    );
    Printed::done(text, json!({ "home": home, "name": name }))
}
