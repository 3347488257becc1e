//! `havengate completions` and `havengate man`: help where people look for it.

use super::{Exit, Failure, Printed};
use clap::Command;
use clap_complete::Shell;
use serde_json::json;
use std::path::PathBuf;

/// What `completions` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:

  havengate completions bash > ~/.local/share/bash-completion/completions/havengate")]
pub struct Completions {
    /// Which shell
    pub shell: Shell,
}

/// What `man` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example, and then `man havengate-caller-add`:

  havengate man ~/.local/share/man/man1")]
pub struct Man {
    /// Where to write one page for each command; without it, the main page goes to standard output
    pub directory: Option<PathBuf>,
}

/// The script.
pub(super) fn completions(args: &Completions, mut tree: Command) -> Printed {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut tree, "havengate", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Printed::done(script.clone(), json!({ "shell": args.shell.to_string(), "script": script }))
}

/// The pages.
pub(super) fn man(args: &Man, tree: Command) -> Result<Printed, Failure> {
    let Some(directory) = &args.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(tree)
            .render(&mut page)
            .map_err(|e| Failure::new(Exit::Unavailable, format!("the page could not be written: {e}")))?;
        let page = String::from_utf8_lossy(&page).into_owned();
        return Ok(Printed::done(page.clone(), json!({ "page": page })));
    };
    let failed = |e: std::io::Error| Failure::system(directory, &e);
    std::fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(tree, directory).map_err(failed)?;
    let shown = directory.display().to_string();
    Ok(Printed::done(format!("The manual pages are in {shown}."), json!({ "directory": shown })))
}
