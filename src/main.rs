//! Process start and exit codes.

use havengate::{cli, hardening};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Err(error) = hardening::seal() {
        eprintln!("error: core dumps could not be switched off, and memory may hold personal data: {error}");
        return cli::Exit::Unavailable.into();
    }
    cli::run(std::env::args_os()).into()
}
