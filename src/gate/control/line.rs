//! Lines with a bound and a deadline.

use super::MAX_LINE;
use std::time::Duration;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

/// Why there is no line.
#[derive(Debug)]
pub(super) enum NoLine {
    /// The end, with nothing before it.
    End,
    /// The end, in the middle of a line.
    Cut,
    /// Over [`MAX_LINE`].
    TooLong,
    /// Too slow.
    Timeout,
    /// The system refused.
    Failed,
}

/// Reads one line, without its end. `within` covers the whole line, so a byte a second gains nothing.
pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin), within: Duration) -> Result<Vec<u8>, NoLine> {
    timeout(within, whole(from)).await.unwrap_or(Err(NoLine::Timeout))
}

async fn whole(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>, NoLine> {
    let mut line = Vec::new();
    loop {
        let bytes = from.fill_buf().await.map_err(|_| NoLine::Failed)?;
        if bytes.is_empty() {
            return Err(if line.is_empty() { NoLine::End } else { NoLine::Cut });
        }
        let mut parts = bytes.splitn(2, |b| *b == b'\n');
        let (part, ended) = (parts.next().unwrap_or_default(), parts.next().is_some());
        line.extend_from_slice(part);
        let used = part.len() + usize::from(ended);
        from.consume(used);
        if line.len() > MAX_LINE {
            return Err(NoLine::TooLong);
        }
        if ended {
            return Ok(line);
        }
    }
}

/// Writes one line.
pub(super) async fn write(to: &mut (impl AsyncWrite + Unpin), text: &str, within: Duration) -> Result<(), NoLine> {
    let line = format!("{text}\n");
    match timeout(within, to.write_all(line.as_bytes())).await {
        Ok(done) => done.map_err(|_| NoLine::Failed),
        Err(_) => Err(NoLine::Timeout),
    }
}
