//! A request's body: is it of the type the operation takes, and does it arrive whole, in time and in bounds?

pub(crate) mod content_type;
mod intake;

pub use content_type::{Reading, read as read_type};
pub use intake::Intake;

use super::{spool::MEMORY, wire::WireFault};
use crate::{
    config::Limits,
    screen::coding::{FREE, LARGEST_WINDOW, RATIO},
    verdict::{Code, Refusal},
};
use http_body::Body;
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use std::{error::Error, io, time::Duration};
use tokio::time::{Instant, timeout_at};

/// An error of any kind, as HTTP libraries pass them.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Beyond what the time of every body is for, a large one must keep up this many bytes a second: 2 Mbit/s.
pub const SLOWEST: u64 = 256 << 10;

/// Bounds of one body.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes, after chunk framing is taken off; and once more after codings are.
    pub bytes: u64,
    /// From the first look to the last of the first `ordinary` bytes, and between any two pieces.
    pub time: Duration,
    /// Bytes that `time` is for. What comes beyond them gives itself more time, at [`SLOWEST`].
    pub ordinary: u64,
}

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Self {
        Self::of(limits, None)
    }
}

impl Bounds {
    /// For an operation that takes bodies of so many bytes, where it says.
    #[must_use]
    pub fn of(limits: &Limits, operation: Option<u64>) -> Self {
        let ordinary = limits.body as u64;
        Self { bytes: operation.unwrap_or(ordinary), time: limits.body_time, ordinary }
    }

    /// The memory that a body may need at most while it is screened: one record as it came and what may leave before it
    /// goes to disk, and for each coding its window. `declared` is how many bytes will arrive, where that is known.
    #[must_use]
    pub fn memory(&self, declared: Option<u64>, record: u64, codings: u64) -> u64 {
        let arriving = declared.unwrap_or(self.bytes);
        let unpacked = if codings == 0 { arriving } else { arriving.saturating_mul(RATIO).saturating_add(FREE) };
        let unpacked = unpacked.min(self.bytes);
        unpacked.min(record) + unpacked.min(MEMORY as u64) + codings * unpacked.min(LARGEST_WINDOW)
    }

    /// When the body must have come further than these bytes.
    fn deadline(&self, begun: Instant, last: Instant, length: u64) -> Instant {
        (begun + self.time + time_beyond(length, self.ordinary)).min(last + self.time)
    }
}

/// The time that the bytes of a large body beyond the ordinary have earned.
#[must_use]
pub fn time_beyond(length: u64, ordinary: u64) -> Duration {
    Duration::from_secs(length.saturating_sub(ordinary) / SLOWEST)
}

/// A body on its way in, within its bounds. Dropped, nothing more of it is taken from the caller.
#[derive(Debug)]
pub struct Arriving<B> {
    body: B,
    bounds: Bounds,
    begun: Instant,
    last: Instant,
    length: u64,
}

impl<B> Arriving<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    /// Begins to read.
    ///
    /// # Errors
    /// `body-too-large`, where the length was declared.
    pub fn new(body: B, bounds: Bounds) -> Result<Self, Refusal> {
        check_length(body.size_hint().lower(), bounds)?;
        let now = Instant::now();
        Ok(Self { body, bounds, begun: now, last: now, length: 0 })
    }

    /// The next bytes; `None` at the end of a whole body.
    ///
    /// # Errors
    /// `body-too-large`, `request-timeout`, `body-malformed` where it ends early, the wire's own fault, and
    /// `request-malformed` for trailers.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let late = || Refusal::plain(Code::RequestTimeout, "The body did not arrive whole in time; send it again.");
        let deadline = self.bounds.deadline(self.begun, self.last, self.length);
        // The clock is asked first, so that a body which always has another byte still ends.
        if Instant::now() >= deadline {
            return Err(late());
        }
        match timeout_at(deadline, self.body.frame()).await {
            Err(_) => Err(late()),
            Ok(None) => Ok(None),
            Ok(Some(Err(error))) => Err(broken(error.into().as_ref())),
            Ok(Some(Ok(frame))) => {
                let Ok(chunk) = frame.into_data() else { return Err(WireFault::Trailers.refusal()) };
                self.last = Instant::now();
                self.length += chunk.len() as u64;
                check_length(self.length, self.bounds)?;
                Ok(Some(chunk))
            }
        }
    }
}

impl<B> Arriving<B> {
    /// Waits for something of ours, such as a turn or the disk: that time is not the caller's.
    pub async fn aside<T>(&mut self, ours: impl Future<Output = T>) -> T {
        let from = Instant::now();
        let done = ours.await;
        let took = from.elapsed();
        (self.begun, self.last) = (self.begun + took, self.last + took);
        done
    }
}

/// Reads a body to its end, showing each piece to `on_chunk` as it arrives, and returns its length.
///
/// # Errors
/// As [`Arriving`], and whatever `on_chunk` says.
pub async fn read<B>(
    body: B,
    bounds: Bounds,
    mut on_chunk: impl FnMut(&[u8]) -> Result<(), Refusal>,
) -> Result<u64, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let mut arriving = Arriving::new(body, bounds)?;
    while let Some(chunk) = arriving.next().await? {
        on_chunk(&chunk)?;
    }
    Ok(arriving.length)
}

/// Whether a body of this many bytes is within its bounds.
///
/// # Errors
/// `body-too-large`.
pub fn check_length(length: u64, bounds: Bounds) -> Result<(), Refusal> {
    if length <= bounds.bytes {
        return Ok(());
    }
    let detail = format!("The body is larger than {} bytes; send it in smaller requests.", bounds.bytes);
    Err(Refusal::plain(Code::BodyTooLarge, detail))
}

/// The wire's fault, where that is what ended the body; otherwise the caller went away or said less than it
/// had promised.
fn broken(error: &(dyn Error + 'static)) -> Refusal {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(fault) = inner.and_then(|e| e.downcast_ref::<WireFault>()).or_else(|| error.downcast_ref()) {
            return fault.refusal();
        }
        cause = error.source();
    }
    Refusal::plain(Code::BodyMalformed, "The body ended before it was whole.")
}

impl From<&crate::config::Limits> for crate::screen::body::Limits {
    fn from(limits: &crate::config::Limits) -> Self {
        Self { record: limits.record, depth: limits.depth, members: limits.members, people: limits.people }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use http_body::Frame;
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    const BOUNDS: Bounds = Bounds { bytes: 5, time: Duration::from_millis(20), ordinary: 5 };

    /// A body of these frames and then its end, or nothing for ever.
    struct Script(Vec<Result<Frame<Bytes>, BoxError>>, bool);

    impl Body for Script {
        type Data = Bytes;
        type Error = BoxError;
        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            match self.0.is_empty() {
                true if self.1 => Poll::Pending,
                true => Poll::Ready(None),
                false => Poll::Ready(Some(self.0.remove(0))),
            }
        }
    }

    fn run(body: Script) -> (Result<u64, Code>, Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut seen = Vec::new();
        let result = runtime.block_on(read(body, BOUNDS, |chunk| {
            seen.extend_from_slice(chunk);
            if chunk == b"!" { Err(Refusal::plain(Code::FieldBlocked, "no")) } else { Ok(()) }
        }));
        (result.map_err(|r| r.code), seen)
    }

    fn data(s: &'static str) -> Result<Frame<Bytes>, BoxError> {
        Ok(Frame::data(Bytes::from_static(s.as_bytes())))
    }

    #[test]
    fn a_body_is_read_to_its_end_or_refused() {
        assert_eq!(run(Script(vec![data("ab"), data("cde")], false)), (Ok(5), b"abcde".to_vec()));
        assert_eq!(run(Script(vec![data("ab"), data("cdef")], false)), (Err(Code::BodyTooLarge), b"ab".to_vec()));
        assert_eq!(run(Script(vec![data("ab")], true)), (Err(Code::RequestTimeout), b"ab".to_vec()));
        assert_eq!(run(Script(vec![data("!"), data("b")], false)), (Err(Code::FieldBlocked), b"!".to_vec()));
        let trailers = Ok(Frame::trailers(HeaderMap::new()));
        assert_eq!(run(Script(vec![data("a"), trailers], false)), (Err(Code::RequestMalformed), b"a".to_vec()));
        assert_eq!(run(Script(vec![Err("gone".into())], false)).0, Err(Code::BodyMalformed));
        let fault = io::Error::new(io::ErrorKind::InvalidData, WireFault::HeadLate);
        assert_eq!(run(Script(vec![Err(fault.into())], false)).0, Err(Code::RequestTimeout));
    }

    #[tokio::test]
    async fn our_own_time_is_not_the_callers() {
        let mut arriving = Arriving::new(Script(vec![data("a"), data("b")], false), BOUNDS).unwrap();
        assert_eq!(arriving.next().await.unwrap().unwrap(), "a");
        arriving.aside(tokio::time::sleep(3 * BOUNDS.time)).await;
        assert_eq!(arriving.next().await.unwrap().unwrap(), "b");
        tokio::time::sleep(3 * BOUNDS.time).await;
        assert_eq!(arriving.next().await.unwrap_err().code, Code::RequestTimeout);
    }

    #[test]
    fn a_declared_length_over_the_bound_is_refused_unread() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let body = http_body_util::Full::new(Bytes::from_static(b"abcdef"));
        let refusal = runtime.block_on(read(body, BOUNDS, |_| panic!("nothing is read"))).unwrap_err();
        assert_eq!(refusal.code, Code::BodyTooLarge);
    }

    #[test]
    fn a_body_is_counted_by_what_it_can_need() {
        let bounds = Bounds { bytes: 8 << 20, time: Duration::from_secs(60), ordinary: 8 << 20 };
        let needs = |declared, codings| bounds.memory(declared, 1 << 20, codings);
        assert_eq!(needs(Some(0), 0), 0);
        assert_eq!(needs(Some(4096), 0), 8192);
        assert_eq!(needs(Some(8 << 20), 0), 2 << 20);
        assert_eq!(needs(None, 0), 2 << 20);
        assert_eq!(needs(None, 2), 18 << 20);
        assert!(needs(Some(100), 1) < 4 << 20, "a small packed body");
    }

    #[test]
    fn a_large_body_has_the_time_its_bytes_have_earned() {
        let bounds = Bounds { bytes: u64::MAX, time: Duration::from_secs(60), ordinary: 8 << 20 };
        let begun = Instant::now();
        let after = |last, length| bounds.deadline(begun, begun + Duration::from_secs(last), length) - begun;
        assert_eq!(after(0, 0).as_secs(), 60);
        assert_eq!(after(59, 8 << 20).as_secs(), 60, "an ordinary body has no more");
        assert_eq!(after(61, (8 << 20) + 10 * SLOWEST).as_secs(), 70);
        // Haste in the beginning does not buy a long silence.
        assert_eq!(after(5, 1 << 40).as_secs(), 65);
    }
}
