//! The command line's end of the control socket.

use super::{
    Command, ControlError, MAX_LINE, Reply,
    line::{self, NoLine},
    may_speak,
};
use std::{io, path::Path, time::Duration};
use tokio::{io::BufReader, net::UnixStream, time::timeout};

const LINE_TIME: Duration = Duration::from_secs(5);
/// A gateway that serves as many connections as it may answers when the slowest of them has timed out.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// Recomputing a record book of millions of leaves.
const VERIFY_TIME: Duration = Duration::from_secs(60 * 60);

/// Asks the gateway at `path` and waits for its answer.
///
/// # Errors
/// [`ControlError::NotRunning`] when nobody listens, so that the caller may open the ledger itself; after
/// [`ControlError::Timeout`] and [`ControlError::NoAnswer`] it is not known whether it was done.
pub async fn call(path: &Path, command: &Command) -> Result<Reply, ControlError> {
    let text = serde_json::to_string(command).map_err(io::Error::other)?;
    if text.len() > MAX_LINE {
        return Err(ControlError::TooLong);
    }
    let mut stream = BufReader::new(connect(path).await?);
    let answer_time = if matches!(command, Command::LedgerVerify) { VERIFY_TIME } else { ANSWER_TIME };
    // A gateway that will not read to the end may still have said why.
    let sent = line::write(stream.get_mut(), &text, LINE_TIME).await;
    match (line::read(&mut stream, answer_time).await, sent) {
        (Ok(line), _) => serde_json::from_slice(&line).map_err(|_| ControlError::NoAnswer),
        (Err(NoLine::Timeout), _) => Err(ControlError::Timeout),
        (Err(NoLine::TooLong), _) => Err(ControlError::TooLong),
        (Err(_), _) => Err(ControlError::NoAnswer),
    }
}

async fn connect(path: &Path) -> Result<UnixStream, ControlError> {
    let stream = match timeout(LINE_TIME, UnixStream::connect(path)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Err(ControlError::NotRunning(path.display().to_string()));
        }
        Ok(Err(e)) if e.kind() == io::ErrorKind::PermissionDenied => return Err(ControlError::Stranger),
        Ok(Err(e)) => return Err(e.into()),
        Err(_) => return Err(ControlError::Timeout),
    };
    // Client references go out on it: not to whoever put a socket of their own in this place. Root may ask
    // any gateway.
    let ours = rustix::process::geteuid().as_raw();
    if ours == 0 || may_speak(stream.peer_cred()?.uid(), ours) { Ok(stream) } else { Err(ControlError::Stranger) }
}
