//! The disk that a bench runs on.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

/// The median time of 200 synced appends of 4 KiB: what every durable figure has to be read beside.
pub(crate) fn fdatasync_p50(directory: &Path) -> Duration {
    let mut file = File::create(directory.join("sync")).expect("a file");
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            file.write_all(&[0; 4096]).expect("a write");
            let start = Instant::now();
            file.sync_data().expect("a sync");
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}
