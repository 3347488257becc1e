//! The parser around a socket: nothing reaches the HTTP library that the parser did not pass.

use super::{Bounds, Parser, Place, WireFault};
use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// Bytes asked of the stream at once while a head is read.
const READ: usize = 8 << 10;

/// Why nothing more comes from a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The caller closed it. Within a body the reader of the body sees an early end.
    Closed,
    /// No request began in time. Nothing was asked, so nothing is answered.
    Quiet,
    /// A head broke the rules: nothing of it was passed on, and the holder of the stream answers.
    Head(WireFault),
    /// A body broke the rules: the reader of the body was told, as an [`io::Error`] around the fault.
    Body(WireFault),
}

/// A stream whose reader sees only what a [`Parser`] passed. Writing is untouched.
///
/// Reads end (zero bytes) at a faulty head, so an HTTP library that serves it comes to rest; then
/// [`Wire::end`] says what is to be answered on [`Wire::into_stream`].
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    parser: Parser,
    /// Received and not yet handed over: `held[start..open]` was passed by the parser.
    held: Vec<u8>,
    start: usize,
    open: usize,
    /// `held` has bytes the parser has not seen.
    fresh: bool,
    end: Option<End>,
    deadline: Deadline,
    /// Bytes were written and not flushed: an answer is still on its way.
    unflushed: bool,
    reader: Option<Waker>,
}

impl<S> Wire<S> {
    /// Around a stream from which nothing was read.
    ///
    /// `head_time` bounds the wait for the first byte and then each whole head; `idle_time` the wait for
    /// another request.
    pub fn new(stream: S, bounds: Bounds, head_time: Duration, idle_time: Duration) -> Self {
        Self {
            stream,
            parser: Parser::new(bounds),
            held: Vec::new(),
            start: 0,
            open: 0,
            fresh: false,
            end: None,
            deadline: Deadline { head_time, idle_time, first: true, of: None, sleep: None },
            unflushed: false,
            reader: None,
        }
    }

    /// Why nothing more comes, once that is so.
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// Whether the stream stands between two messages, so that nothing unread is on its way.
    pub fn between(&self) -> bool {
        self.parser.place() == Place::Between && self.held.len() == self.open
    }

    /// The stream, to answer on.
    pub fn into_stream(self) -> S {
        self.stream
    }

    /// Shows new bytes to the parser.
    fn examine(&mut self) {
        self.fresh = false;
        let body = self.parser.place() == Place::Body;
        match self.parser.advance(self.held.get(self.open..).unwrap_or_default()) {
            Ok(passed) => {
                if passed > 0 && !body {
                    self.deadline.request_began();
                }
                self.open += passed;
                // What is left after a passed part has not been looked at by the next state.
                self.fresh = passed > 0 && self.open < self.held.len();
            }
            Err(fault) => self.end = Some(if body { End::Body(fault) } else { End::Head(fault) }),
        }
    }

    fn hand_over(&mut self, out: &mut ReadBuf<'_>) {
        let passed = self.held.get(self.start..self.open).unwrap_or_default();
        let step = passed.get(..passed.len().min(out.remaining())).unwrap_or(passed);
        out.put_slice(step);
        self.start += step.len();
        if self.start == self.open {
            self.held.drain(..self.open);
            self.start = 0;
            self.open = 0;
        }
    }

    fn closed(&mut self) {
        self.end = Some(match self.parser.place() {
            Place::Head => End::Head(WireFault::HeadCut),
            Place::Between | Place::Body => End::Closed,
        });
    }
}

impl<S: AsyncRead + Unpin> Wire<S> {
    /// A body's bytes go straight into the reader's buffer and are checked there.
    fn poll_body(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, out))?;
        let fresh = out.filled().get(before..).unwrap_or_default();
        if fresh.is_empty() {
            self.closed();
            return Poll::Ready(Ok(()));
        }
        let passed = match self.parser.advance(fresh) {
            Ok(passed) => passed,
            Err(fault) => {
                self.end = Some(End::Body(fault));
                0
            }
        };
        // Either the next message began, or a fault follows, which the next call reports.
        self.held.extend_from_slice(fresh.get(passed..).unwrap_or_default());
        self.fresh = !self.held.is_empty();
        out.set_filled(before + passed);
        Poll::Ready(Ok(()))
    }

    /// A head's bytes are held until it is whole.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); READ];
        let mut chunk = ReadBuf::uninit(&mut space);
        match Pin::new(&mut self.stream).poll_read(cx, &mut chunk) {
            Poll::Ready(Ok(())) if chunk.filled().is_empty() => self.closed(),
            Poll::Ready(Ok(())) => {
                self.held.extend_from_slice(chunk.filled());
                self.fresh = true;
            }
            Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
            Poll::Pending => {
                ready!(self.deadline.poll(cx, self.parser.place()));
                self.end = Some(match self.parser.place() {
                    Place::Head => End::Head(WireFault::HeadLate),
                    Place::Between | Place::Body => End::Quiet,
                });
            }
        }
        Poll::Ready(Ok(()))
    }

    fn report(&mut self, cx: &Context<'_>, end: End) -> Poll<io::Result<()>> {
        match end {
            End::Body(fault) => Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, fault))),
            // The library closes at once when a read ends: the answer before must be out first.
            _ if self.unflushed => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if out.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            if this.start < this.open {
                this.hand_over(out);
                return Poll::Ready(Ok(()));
            }
            if let Some(end) = this.end {
                return this.report(cx, end);
            }
            if this.fresh {
                this.examine();
            } else if this.parser.place() == Place::Body {
                let before = out.filled().len();
                ready!(this.poll_body(cx, out))?;
                if out.filled().len() > before {
                    return Poll::Ready(Ok(()));
                }
            } else {
                ready!(this.poll_head(cx))?;
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.unflushed = true;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.unflushed = false;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.unflushed = true;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// How long a head may take: an HTTP library's own timers never end a connection that says nothing.
#[derive(Debug)]
struct Deadline {
    head_time: Duration,
    idle_time: Duration,
    /// No request was passed on yet.
    first: bool,
    /// What the running wait is for.
    of: Option<Place>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn request_began(&mut self) {
        self.first = false;
        self.of = None;
    }

    /// Ready when the wait at `place` has been too long. A wait begins when it is first asked about.
    fn poll(&mut self, cx: &mut Context<'_>, place: Place) -> Poll<()> {
        let sleep = if self.of == Some(place)
            && let Some(sleep) = &mut self.sleep
        {
            sleep
        } else {
            self.of = Some(place);
            let wait = if place == Place::Between && !self.first { self.idle_time } else { self.head_time };
            let until = Instant::now() + wait;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(until)));
            sleep.as_mut().reset(until);
            sleep
        };
        sleep.as_mut().poll(cx)
    }
}
