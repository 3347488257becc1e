//! Where a large permitted body waits until all of it was judged: in memory up to [`MEMORY`], beyond that in a file that
//! has no name. Only what screening has let out is ever written there, the file is gone when the request is, and what
//! is read back is sent only if it is, byte for byte, what was written.

use super::{
    budget::{Budget, Share},
    resolve,
};
use crate::{
    screen::{Body, Screened, Screening},
    verdict::{Code, Refusal},
};
use aws_lc_rs::digest::{SHA256, digest};
use hyper::body::Bytes;
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

/// Permitted bytes of one body that stay in memory.
pub const MEMORY: usize = 1 << 20;
/// How long the disk may take to write what one body has for it, others' turns before it included.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is written and read at once.
const BLOCK: usize = 256 << 10;
/// So much is written before the disk must have it: the record book's few bytes wait behind all that the system still
/// has to write.
const SYNC: u64 = 4 << 20;

/// Where bodies wait, and how much of memory and disk all of them together may take.
#[derive(Debug)]
pub struct Room {
    directory: PathBuf,
    disk: Arc<Budget>,
    memory: Arc<Budget>,
    /// One writes at a time.
    writing: Arc<Semaphore>,
    patience: Duration,
}

impl Room {
    /// So many bytes in a directory, and in memory.
    #[must_use]
    pub fn new(directory: PathBuf, disk: u64, memory: u64) -> Arc<Self> {
        Arc::new(Self {
            directory,
            disk: Budget::new(disk),
            memory: Budget::new(memory),
            writing: Arc::new(Semaphore::new(1)),
            patience: PATIENCE,
        })
    }

    /// Whether a file can be made there.
    ///
    /// # Errors
    /// The system's.
    pub fn probe(directory: &Path) -> io::Result<()> {
        tempfile::tempfile_in(directory).map(drop)
    }

    /// The memory that one body may need, before any of it is read.
    ///
    /// # Errors
    /// `overloaded` where others have it.
    pub fn admit(&self, bytes: u64) -> Result<Share, Refusal> {
        const REMEDY: &str = "Nothing was sent. Try again later; if it stays so, raise limits.memory.";
        let detail = "All the memory for bodies is taken just now.";
        self.memory.share(bytes).ok_or_else(|| resolve::refusal(Code::Overloaded, "memory", detail, REMEDY))
    }
}

fn no_room(detail: &str) -> Refusal {
    const REMEDY: &str = "Nothing was sent. Try again later; if it stays so, give the gateway more disk.";
    resolve::refusal(Code::Overloaded, "spool", detail, REMEDY)
}

fn failed(error: &io::Error) -> Refusal {
    tracing::error!(kind = %error.kind(), "a large body could not be kept on disk: look at limits.spool");
    no_room("The gateway could not keep the body on disk while it judged it.")
}

/// A file without a name.
#[derive(Debug)]
pub struct Spool {
    file: File,
    /// What it takes of the disk, until nobody reads it any more.
    share: Mutex<Share>,
}

impl Spool {
    fn create(directory: &Path, share: Share) -> io::Result<Self> {
        // Unlinked before it is used, mode 0600: it goes with the process, however that ends.
        Ok(Self { file: tempfile::tempfile_in(directory)?, share: Mutex::new(share) })
    }

    fn grow(&self, bytes: u64) -> bool {
        self.share.lock().unwrap_or_else(PoisonError::into_inner).grow(bytes)
    }

    /// The bytes at `at`: a block of them, or what is left of `length`.
    ///
    /// # Errors
    /// The system's, and where the file is shorter.
    pub(super) fn read(&self, at: u64, length: u64) -> io::Result<Bytes> {
        let size = usize::try_from(length.saturating_sub(at)).unwrap_or(BLOCK).min(BLOCK);
        let mut block = vec![0; size];
        self.file.read_exact_at(&mut block, at)?;
        Ok(block.into())
    }
}

/// What was taken from a screening that is still under way.
#[derive(Debug)]
pub struct Held {
    room: Arc<Room>,
    memory: Vec<u8>,
    spool: Option<Arc<Spool>>,
    spooled: u64,
}

/// A whole body, ready to be sent as often as it takes to find an open connection. It is that of one [`Screened`]
/// request, or the gateway's own.
#[derive(Debug, Clone)]
pub struct Content {
    /// The permitted body that it is, by its SHA-256.
    of: Option<[u8; 32]>,
    length: u64,
    kept: Kept,
}

/// Where a body is.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// In memory.
    Memory(Bytes),
    /// On disk, to be compared with this SHA-256 as it is read.
    Disk(Arc<Spool>, [u8; 32]),
}

impl Content {
    /// Of a request of which nothing was taken before its end.
    ///
    /// # Errors
    /// `internal` where something was.
    pub fn untaken(screened: &Screened) -> Result<Self, Refusal> {
        match screened.body() {
            None => Ok(Self::own(Bytes::new())),
            Some(body) if body.bytes.len() as u64 == body.length => Ok(Self::memory(body, body.bytes.clone())),
            Some(_) => Err(other()),
        }
    }

    /// The gateway's own words.
    pub(super) const fn own(bytes: Bytes) -> Self {
        Self { of: None, length: bytes.len() as u64, kept: Kept::Memory(bytes) }
    }

    const fn memory(body: &Body, bytes: Bytes) -> Self {
        Self { of: Some(body.sha256), length: body.length, kept: Kept::Memory(bytes) }
    }

    /// Whether it is the body of this request.
    pub(super) fn is_of(&self, screened: &Screened) -> bool {
        self.of == screened.body().map(|body| body.sha256)
            && self.length == screened.body().map_or(0, |body| body.length)
    }

    pub(super) const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }
}

impl Held {
    /// Nothing yet.
    #[must_use]
    pub const fn new(room: Arc<Room>) -> Self {
        Self { room, memory: Vec::new(), spool: None, spooled: 0 }
    }

    /// Takes what screening has let out of a body of which it has seen so many bytes. A small body stays where it is.
    ///
    /// # Errors
    /// `overloaded` where there is no room for it.
    pub async fn keep(&mut self, screening: &mut Screening, seen: u64) -> Result<(), Refusal> {
        if seen <= MEMORY as u64 {
            return Ok(());
        }
        self.add(&screening.take());
        let bound = if self.spool.is_some() { BLOCK } else { MEMORY };
        if self.memory.len() <= bound { Ok(()) } else { self.spill().await }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.memory.extend_from_slice(bytes);
    }

    /// The whole body, from the proof that it passed.
    ///
    /// # Errors
    /// `overloaded` where there is no room for the rest; `internal` where what was kept is not what passed.
    pub async fn finish(self, screened: &Screened) -> Result<Content, Refusal> {
        if self.spool.is_none() && self.memory.is_empty() {
            return Content::untaken(screened);
        }
        self.whole(screened.body().ok_or_else(other)?).await
    }

    async fn whole(mut self, body: &Body) -> Result<Content, Refusal> {
        self.add(&body.bytes);
        if self.spool.is_some() {
            self.spill().await?;
        }
        match self.spool {
            Some(spool) if self.spooled == body.length => {
                let kept = Kept::Disk(spool, body.sha256);
                Ok(Content { of: Some(body.sha256), length: body.length, kept })
            }
            None if digest(&SHA256, &self.memory).as_ref() == body.sha256 => {
                Ok(Content::memory(body, self.memory.into()))
            }
            _ => Err(other()),
        }
    }

    /// Writes what is in memory to the file, off the threads that serve requests.
    async fn spill(&mut self) -> Result<(), Refusal> {
        let (room, at) = (self.room.clone(), self.spooled);
        let memory = std::mem::take(&mut self.memory);
        let length = memory.len() as u64;
        let full = || no_room("All the room for large bodies (limits.spool_total) is taken just now.");
        let place = match &self.spool {
            Some(spool) if spool.grow(length) => Ok(spool.clone()),
            Some(_) => return Err(full()),
            None => Err(room.disk.share(length).ok_or_else(full)?),
        };
        let writing = Arc::clone(&self.room.writing);
        let written = timeout(self.room.patience, async move {
            let turn = writing.acquire_owned().await.map_err(io::Error::other)?;
            let written = spawn_blocking(move || {
                // Whoever gives up waiting lets nobody else in before this has ended.
                let _turn = turn;
                let spool = place.or_else(|share| Spool::create(&room.directory, share).map(Arc::new))?;
                spool.file.write_all_at(&memory, at)?;
                if at / SYNC != (at + memory.len() as u64) / SYNC {
                    spool.file.sync_data()?;
                }
                Ok((spool, memory))
            });
            written.await.unwrap_or_else(|e| Err(io::Error::other(e)))
        });
        let written = written.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let (spool, mut memory) = written.map_err(|error| failed(&error))?;
        memory.clear();
        // What is kept for the next block is a block.
        memory.shrink_to(2 * BLOCK);
        (self.spool, self.memory) = (Some(spool), memory);
        self.spooled += length;
        Ok(())
    }
}

fn other() -> Refusal {
    Refusal::plain(Code::Internal, "What was kept of the body is not what was judged. Nothing was sent.")
}

/// A body on disk that is said to be another.
#[cfg(test)]
pub(super) async fn spooled(bytes: &[u8], length: u64, sha256: [u8; 32]) -> Content {
    let mut held = Held::new(Room::new(std::env::temp_dir(), u64::MAX, 0));
    held.add(bytes);
    held.spill().await.unwrap();
    Content { of: Some(sha256), length, kept: Kept::Disk(held.spool.clone().unwrap(), sha256) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(all: &[u8], rest: &[u8]) -> Body {
        let sha256 = digest(&SHA256, all).as_ref().try_into().unwrap();
        let content_type = "application/json".to_owned();
        Body { content_type, length: all.len() as u64, sha256, bytes: Bytes::copy_from_slice(rest) }
    }

    async fn held(room: &Arc<Room>, bytes: &[u8]) -> Result<Held, Refusal> {
        let mut held = Held::new(room.clone());
        for piece in bytes.chunks(MEMORY) {
            held.add(piece);
            held.spill().await?;
        }
        Ok(held)
    }

    fn directory() -> (tempfile::TempDir, Arc<Room>) {
        let directory = tempfile::tempdir().unwrap();
        let room = Room::new(directory.path().to_owned(), 4 << 20, 0);
        (directory, room)
    }

    #[tokio::test]
    async fn what_is_kept_is_what_passed_or_nothing_is_sent() {
        let (directory, room) = directory();
        let all: Vec<u8> = (0..3u32 << 20).map(|i| (i % 251) as u8).collect();
        let (first, rest) = all.split_at(all.len() - 5);
        let content = held(&room, first).await.unwrap().whole(&body(&all, rest)).await.unwrap();
        assert_eq!(content.length(), all.len() as u64);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "it has no name");
        let Kept::Disk(spool, _) = content.kept() else { panic!("{content:?}") };
        let mut read = Vec::new();
        while (read.len() as u64) < content.length() {
            read.extend_from_slice(&spool.read(read.len() as u64, content.length()).unwrap());
        }
        assert!(read == all);
        assert_eq!(room.disk.used(), content.length());
        drop(content);
        assert_eq!(room.disk.used(), 0, "the room is given back");
        for (kept, passed) in
            [(first, body(&all, b"")), (first, body(&all, b"123456")), (b"".as_slice(), body(&all, rest))]
        {
            assert_eq!(held(&room, kept).await.unwrap().whole(&passed).await.unwrap_err().code, Code::Internal);
        }
        assert_eq!(room.disk.used(), 0);
    }

    #[tokio::test]
    async fn in_memory_it_must_be_what_passed_as_well() {
        let (_directory, room) = directory();
        let whole = async |kept: &[u8], body: &Body| {
            let mut held = Held::new(room.clone());
            held.add(kept);
            held.whole(body).await.map_err(|r| r.code)
        };
        let content = whole(b"ab", &body(b"abc", b"c")).await.unwrap();
        assert!(matches!(content.kept(), Kept::Memory(b) if b == "abc"));
        for (kept, rest) in [(&b"xb"[..], &b"c"[..]), (b"ab", b""), (b"", b"ab")] {
            assert_eq!(whole(kept, &body(b"abc", rest)).await.map(|_| ()), Err(Code::Internal));
        }
    }

    #[tokio::test]
    async fn all_bodies_together_have_so_much_room() {
        let (_directory, room) = directory();
        let three = held(&room, &vec![1; 3 << 20]).await.unwrap();
        let refusal = held(&room, &vec![1; 2 << 20]).await.unwrap_err();
        assert_eq!((refusal.code, refusal.reasons[0].rule.as_str()), (Code::Overloaded, "spool"));
        assert_eq!(room.disk.used(), 3 << 20, "what was refused took nothing");
        drop(three);
        assert!(held(&room, &vec![1; 4 << 20]).await.is_ok());
    }

    #[tokio::test]
    async fn a_disk_that_hangs_ends_the_wait() {
        let (_directory, room) = directory();
        let room = Arc::new(Room { patience: Duration::from_millis(20), ..Arc::into_inner(room).unwrap() });
        let hanging = room.writing.clone().acquire_owned().await.unwrap();
        let refusal = held(&room, &vec![1; 2 << 20]).await.unwrap_err();
        assert_eq!((refusal.code, refusal.reasons[0].rule.as_str()), (Code::Overloaded, "spool"));
        assert_eq!(room.disk.used(), 0, "what was refused took nothing");
        drop(hanging);
        assert!(held(&room, &vec![1; 2 << 20]).await.is_ok());
    }

    #[tokio::test]
    async fn a_directory_that_is_gone_refuses() {
        let (directory, room) = directory();
        drop(directory);
        let refusal = held(&room, &vec![1; 2 << 20]).await.unwrap_err();
        assert_eq!(refusal.code, Code::Overloaded);
        assert_eq!(room.disk.used(), 0);
        assert!(Room::probe(&room.directory).is_err());
    }
}
