//! The gateway's end of the control socket.

use super::{
    Command, ControlError, MAX_LINE, Reply,
    line::{self, NoLine},
    may_speak,
};
use std::{
    fs, io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::BufReader,
    net::{UnixListener, UnixStream},
    task::JoinSet,
};

/// Carries commands out. The integrator implements it over ledger and reload.
pub trait ControlHandler: Send + Sync + 'static {
    /// Carries one command out. Runs to its end even when the asker has gone, so a commit is never cut. For
    /// `consent.issue` and `consent.emergency` the answer's text is the id alone. `user` is the number of the system's
    /// user who asks, where the system says so.
    fn handle(&self, command: Command, user: Option<u32>) -> impl Future<Output = Reply> + Send;
}

/// Bounds of the socket.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For one line to arrive or leave whole. 5 s.
    pub line_time: Duration,
    /// Connections served at once; others wait their turn. 16.
    pub connections: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { line_time: Duration::from_secs(5), connections: 16 }
    }
}

/// A bound control socket; its file goes when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode, so that a successor's socket is never removed.
    file: (u64, u64),
}

impl ControlSocket {
    /// Binds. A socket nobody answers at is left over from a crash and is replaced; call this after the ledger
    /// was opened, which is what keeps two gateways apart.
    ///
    /// # Errors
    /// [`ControlError::Running`], [`ControlError::NotASocket`], and what the system refused.
    pub async fn bind(path: &Path) -> Result<Self, ControlError> {
        let shown = || path.display().to_string();
        match fs::symlink_metadata(path) {
            Ok(facts) if !facts.file_type().is_socket() => return Err(ControlError::NotASocket(shown())),
            Ok(_) if answers(path).await => return Err(ControlError::Running(shown())),
            Ok(_) => fs::remove_file(path)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e.into()),
        }
        let listener = UnixListener::bind(path)?;
        // Until this line others may reach the backlog; they are turned away by `may_speak`.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let facts = fs::symlink_metadata(path)?;
        Ok(Self { listener, path: path.to_owned(), file: (facts.dev(), facts.ino()) })
    }

    /// Serves until `until` is done; then takes no more connections and gives the open ones one line's time.
    pub async fn serve<H: ControlHandler>(self, handler: Arc<H>, bounds: Bounds, until: impl Future<Output = ()>) {
        let mut open = JoinSet::new();
        tokio::pin!(until);
        loop {
            tokio::select! {
                biased;
                () = &mut until => break,
                Some(_) = open.join_next(), if !open.is_empty() => {}
                accepted = self.listener.accept(), if open.len() < bounds.connections => match accepted {
                    Ok((stream, _)) if known(&stream) => {
                        open.spawn(converse(stream, Arc::clone(&handler), bounds.line_time));
                    }
                    Ok(_) => tracing::warn!("control socket: a process of another user was turned away"),
                    // Out of descriptors: accepting again at once would only spin.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
            }
        }
        let _ = tokio::time::timeout(bounds.line_time, async { while open.join_next().await.is_some() {} }).await;
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|f| (f.dev(), f.ino()) == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether somebody listens; one too busy to accept is somebody.
async fn answers(path: &Path) -> bool {
    match tokio::time::timeout(Duration::from_secs(1), UnixStream::connect(path)).await {
        Ok(Err(e)) => e.kind() != io::ErrorKind::ConnectionRefused,
        Ok(Ok(_)) | Err(_) => true,
    }
}

fn known(stream: &UnixStream) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| may_speak(peer.uid(), ours))
}

/// Who asks: the user who logged in (`loginuid` of proc(5)), whoever they have become since to be let in; where nobody
/// has, the user they are.
fn user(stream: &UnixStream) -> Option<u32> {
    /// Nobody logged in.
    const UNSET: u32 = u32::MAX;
    let peer = stream.peer_cred().ok()?;
    let login = peer.pid().and_then(|pid| fs::read_to_string(format!("/proc/{pid}/loginuid")).ok());
    let login = login.and_then(|text| text.trim().parse().ok()).filter(|user| *user != UNSET);
    Some(login.unwrap_or_else(|| peer.uid()))
}

/// One connection: line in, line out, until its end or the first line that is not a command.
async fn converse<H: ControlHandler>(stream: UnixStream, handler: Arc<H>, line_time: Duration) {
    let user = user(&stream);
    let mut stream = BufReader::new(stream);
    loop {
        let reply = match line::read(&mut stream, line_time).await {
            Ok(line) => answer(&line, &handler, user).await,
            Err(NoLine::TooLong) => invalid("is longer than 64 KiB"),
            Err(NoLine::Cut) => invalid("ends in the middle of a line"),
            Err(NoLine::Timeout) => invalid("did not arrive whole in time"),
            Err(NoLine::End | NoLine::Failed) => return,
        };
        let sent = line::write(stream.get_mut(), &text(&reply), line_time).await;
        if sent.is_err() || matches!(reply, Reply::Invalid { .. }) {
            return;
        }
    }
}

async fn answer<H: ControlHandler>(line: &[u8], handler: &Arc<H>, user: Option<u32>) -> Reply {
    let command = match serde_json::from_slice::<Command>(line) {
        Ok(command) => command,
        // The reader's own message may repeat what was sent, so only its place is told.
        Err(e) if e.is_data() => {
            return invalid(&format!("holds an unknown command, key or value (byte {})", e.column()));
        }
        Err(e) => return invalid(&format!("is not one JSON object (byte {})", e.column())),
    };
    let handler = Arc::clone(handler);
    // On its own task: it runs to its end when the asker hangs up, and a panic ends no connection but this.
    match tokio::spawn(async move { handler.handle(command, user).await }).await {
        Ok(reply) => reply,
        Err(_) => Reply::Refused { text: "A fault of ours: nothing is known to have been done. See the log.".into() },
    }
}

fn invalid(what: &str) -> Reply {
    Reply::Invalid { text: format!("The line {what}.") }
}

fn text(reply: &Reply) -> String {
    const DONE: &str = r#"{"reply":"done","with":{"text":"Done; the answer is longer than 64 KiB.","data":null}}"#;
    const REFUSED: &str = r#"{"reply":"refused","with":{"text":"Not done; why is longer than 64 KiB."}}"#;
    match (serde_json::to_string(reply), reply) {
        (Ok(text), _) if text.len() <= MAX_LINE => text,
        (_, Reply::Done { .. }) => DONE.to_owned(),
        (_, Reply::Refused { .. } | Reply::Invalid { .. }) => REFUSED.to_owned(),
    }
}
