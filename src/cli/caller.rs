//! `havengate caller add`: lets one more system call. Appends to `havengate.toml`, so that its comments and its
//! order stay as they are.

use super::{Context, Exit, Failure, Printed};
use crate::{
    config::{Caller, Config, Proof},
    flow::App,
};
use aws_lc_rs::{digest, rand};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;
use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    path::Path,
};

/// Say which systems may call.
#[derive(Debug, clap::Subcommand)]
pub enum CallerCommand {
    /// Let a system call, and print the token it must send
    ///
    /// Adds a `[[caller]]` to the configuration. A running gateway knows it after its next start.
    ///
    /// Without an option it makes a token, which the system sends in the header Havengate-Token. The token is
    /// printed once and kept nowhere: the configuration holds only its SHA-256.
    Add(Add),
}

/// What `caller add` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example: the case system In-Form may use the connections that say app = \"inform\".

  havengate caller add inform")]
pub struct Add {
    /// The system's name, as `app` in policies/integrations says it
    pub app: App,
    /// It proves itself by this DNS or URI name in its client certificate, instead of by a token
    #[arg(long, value_name = "NAME", conflicts_with = "loopback")]
    pub san: Option<String>,
    /// Any connection from this machine is this system, instead of a token. One system only
    #[arg(long)]
    pub loopback: bool,
    /// Keep what it has and add another, to change a token without a pause; remove the old entry afterwards
    #[arg(long)]
    pub another: bool,
}

/// Carries it out.
pub(super) fn run(command: CallerCommand, context: &Context) -> Result<Printed, Failure> {
    let CallerCommand::Add(args) = command;
    let path = &context.file;
    let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(|e| unreadable(path, &e))?;
    // Two of us at once would each miss the other's entry.
    file.lock().map_err(|e| Failure::system(path, &e))?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|e| Failure::system(path, &e))?;
    let before = Config::parse(&text, path, std::env::vars_os())?;
    refuse_duplicate(&args, &before.callers, path)?;

    let (token, entry) = entry(&args)?;
    let addition = format!("{}\n{entry}", if text.is_empty() || text.ends_with('\n') { "" } else { "\n" });
    // What the next start will read must be sound before it is written.
    Config::parse(&format!("{text}{addition}"), path, std::env::vars_os())?;
    append(&mut file, &addition, text.len() as u64).map_err(|e| Failure::system(path, &e))?;
    Ok(printed(&args, token.as_deref(), path))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let mend = "name the file with --config, or make a home directory with `havengate init`";
    Failure::new(
        Exit::Configuration,
        format!("{}: cannot be read and written: {error}\n  mend: {mend}", path.display()),
    )
}

fn refuse_duplicate(args: &Add, callers: &[Caller], path: &Path) -> Result<(), Failure> {
    let file = path.display();
    let app = &args.app;
    if callers.iter().any(|c| c.app == *app) && !args.another {
        return Err(Failure::new(
            Exit::Configuration,
            format!(
                "{file} already lets {app} call\n  mend: remove its [[caller]] first, or add --another to keep both"
            ),
        ));
    }
    let san = args.san.clone().map(Proof::San);
    if let Some(taken) =
        callers.iter().find(|c| args.loopback && c.proof == Proof::Loopback || san.as_ref() == Some(&c.proof))
    {
        return Err(Failure::new(
            Exit::Configuration,
            format!("{file} already knows {} by this proof\n  mend: give {app} a token instead", taken.app),
        ));
    }
    Ok(())
}

/// A new token, where one is needed, and the lines that go into the file.
fn entry(args: &Add) -> Result<(Option<String>, String), Failure> {
    let app = &args.app;
    if args.loopback {
        return Ok((None, format!("[[caller]]\napp = \"{app}\"\nloopback = true\n")));
    }
    if let Some(san) = &args.san {
        let san = toml::Value::String(san.clone());
        return Ok((None, format!("[[caller]]\napp = \"{app}\"\nsan = {san}\n")));
    }
    let mut random = [0; 32];
    rand::fill(&mut random)
        .map_err(|_| Failure::new(Exit::Unavailable, "the system has no randomness to make a token from"))?;
    let token = BASE64URL_NOPAD.encode(&random);
    let sha256 = HEXLOWER.encode(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    Ok((Some(token), format!("[[caller]]\napp = \"{app}\"\ntoken_sha256 = \"{sha256}\"\n")))
}

/// All of it durably, or the file as it was.
fn append(file: &mut File, addition: &str, before: u64) -> std::io::Result<()> {
    let written = file.write_all(addition.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = file.set_len(before);
    }
    written
}

fn printed(args: &Add, token: Option<&str>, path: &Path) -> Printed {
    let (app, file) = (&args.app, path.display().to_string());
    let text = match (token, &args.san) {
        (Some(token), _) => format!(
            "{app} may call. It sends this in every request, and this is the only time you see it:\n\n  \
             Havengate-Token: {token}\n\n{file} holds its SHA-256 only. Start the gateway again to use it."
        ),
        (None, Some(_)) => format!("{app} may call with its certificate. Start the gateway again to use it ({file})."),
        (None, None) => {
            format!("Anything on this machine may call as {app}. Start the gateway again to use it ({file}).")
        }
    };
    let proof = if token.is_some() {
        "token"
    } else if args.san.is_some() {
        "san"
    } else {
        "loopback"
    };
    Printed::done(text, json!({ "app": app, "proof": proof, "token": token, "file": file }))
}
