//! Process start and exit codes.
fn main() {}
