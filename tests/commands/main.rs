//! Commands as a person types them: what they print, what they change and how they end.

#[cfg(test)]
mod caller;
#[cfg(test)]
mod check;
#[cfg(test)]
mod destinations;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod init;
#[cfg(test)]
mod panel;
#[cfg(test)]
mod places;
#[cfg(test)]
mod running;
#[cfg(test)]
mod screen;
#[cfg(test)]
mod shell;
#[cfg(test)]
mod suggest;

use std::path::Path;

/// The program, knowing nothing of the environment it was tested in.
fn havengate(home: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_havengate"));
    command.env_clear().current_dir(home);
    command
}

/// How it ended, and what it said on standard output and standard error.
fn said(command: &mut assert_cmd::Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap_or_else(|e| unreachable!("the program was not started: {e}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
