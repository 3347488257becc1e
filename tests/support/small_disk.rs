//! A disk that is soon full.

use std::process::Command;

/// Runs another test of this binary in a mount namespace of its own, with a file system of so many megabytes to fill or
/// freeze. That test finds the place in `SMALL_DISK`, does nothing without it, and says `done on a small disk` at its end.
pub(crate) fn with_a_small_disk(megabytes: u32, test: &str) {
    let root = rustix::process::geteuid().is_root();
    if !root || !Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|s| s.success()) {
        eprintln!("skipped: making a small file system needs root and mount namespaces");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=\"$2\"m tmpfs \"$SMALL_DISK\" && exec \"$0\" --exact \"$1\" --nocapture";
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .arg(megabytes.to_string())
        .env("SMALL_DISK", directory.path())
        .output()
        .unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("done on a small disk"), "{said}\n{wrong}");
}
