//! A request's body: is it of the type the operation takes, and does it arrive whole, in time and in bounds?

use super::wire::WireFault;
use crate::{
    config::Limits,
    verdict::{Code, Refusal},
};
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use std::{error::Error, io, pin::pin, time::Duration};
use tokio::time::sleep;

/// An error of any kind, as HTTP libraries pass them.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Bounds of one body.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes, after chunk framing is taken off.
    pub bytes: u64,
    /// From the first look to the last byte.
    pub time: Duration,
}

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Self {
        Self { bytes: limits.body as u64, time: limits.body_time }
    }
}

/// Whether a body may be read at all. `empty` is [`Body::is_end_stream`] before anything was read; `media`
/// the one media type the operation takes, or `None` where it takes no body.
///
/// # Errors
/// `body-unsupported`: a body where there is to be none, no type, another type, another charset, or a
/// parameter that could change how the body is read.
pub fn check_type(headers: &HeaderMap, empty: bool, media: Option<&str>) -> Result<(), Refusal> {
    let unsupported = |detail: String| Err(Refusal::plain(Code::BodyUnsupported, detail));
    match media {
        _ if empty => Ok(()),
        None => unsupported("This operation takes no body; send the request without one.".into()),
        Some(media) => match headers.get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap_or_default()) {
            None => unsupported(format!("The body has no Content-Type; this operation takes {media}.")),
            Some(sent) if is_type(sent, media) => Ok(()),
            Some(_) => unsupported(format!(
                "The Content-Type is not what this operation takes: {media}, in UTF-8, with no parameter but charset=utf-8."
            )),
        },
    }
}

fn is_type(sent: &str, media: &str) -> bool {
    let mut parts = sent.split(';').map(str::trim);
    let same = parts.next().is_some_and(|t| t.eq_ignore_ascii_case(media));
    let mut charsets = 0;
    let known = parts.filter(|p| !p.is_empty()).all(|parameter| {
        charsets += 1;
        parameter.split_once('=').is_some_and(|(name, value)| {
            let utf8 = value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("\"utf-8\"");
            name.eq_ignore_ascii_case("charset") && utf8
        })
    });
    same && known && charsets <= 1
}

/// Reads a body to its end, showing each piece to `on_chunk` as it arrives, and returns its length.
///
/// The body is dropped on the first refusal, so nothing more of it is taken from the caller.
///
/// # Errors
/// `body-too-large` (at once, where the length was declared), `request-timeout`, `body-malformed` where it
/// ends early, the wire's own fault, `request-malformed` for trailers, and whatever `on_chunk` says.
pub async fn read<B>(
    body: B,
    bounds: Bounds,
    mut on_chunk: impl FnMut(&[u8]) -> Result<(), Refusal>,
) -> Result<u64, Refusal>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    check_length(body.size_hint().lower(), bounds)?;
    let mut body = pin!(body);
    let mut late = pin!(sleep(bounds.time));
    let mut length = 0u64;
    loop {
        // The clock is asked first, so that a body which always has another byte still ends.
        let frame = tokio::select! {
            biased;
            () = &mut late => {
                return Err(Refusal::plain(Code::RequestTimeout, "The body did not arrive whole in time; send it again."));
            }
            frame = body.frame() => frame,
        };
        match frame {
            None => return Ok(length),
            Some(Err(error)) => return Err(broken(error.into().as_ref())),
            Some(Ok(frame)) => {
                let Ok(chunk) = frame.into_data() else {
                    return Err(WireFault::Trailers.refusal());
                };
                length += chunk.len() as u64;
                check_length(length, bounds)?;
                on_chunk(&chunk)?;
            }
        }
    }
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
    use http_body::Frame;
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    const BOUNDS: Bounds = Bounds { bytes: 5, time: Duration::from_millis(20) };

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

    #[test]
    fn a_declared_length_over_the_bound_is_refused_unread() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let body = http_body_util::Full::new(Bytes::from_static(b"abcdef"));
        let refusal = runtime.block_on(read(body, BOUNDS, |_| panic!("nothing is read"))).unwrap_err();
        assert_eq!(refusal.code, Code::BodyTooLarge);
    }

    #[test]
    fn only_the_operations_own_type_is_read() {
        let check = |sent: Option<&str>, media: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(sent) = sent {
                headers.insert(header::CONTENT_TYPE, sent.parse().unwrap());
            }
            check_type(&headers, false, media).map_err(|r| r.code)
        };
        let json = Some("application/json");
        for sent in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json;",
        ] {
            assert_eq!(check(Some(sent), json), Ok(()), "{sent}");
        }
        for sent in [
            "",
            "text/json",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=utf-8",
            "application/json; profile=x",
            "application/json, text/plain",
            "application/json; charset",
            "application/problem+json",
        ] {
            assert_eq!(check(Some(sent), json), Err(Code::BodyUnsupported), "{sent}");
        }
        assert_eq!(check(None, json), Err(Code::BodyUnsupported));
        assert_eq!(check(Some("application/json"), None), Err(Code::BodyUnsupported));
        assert_eq!(check_type(&HeaderMap::new(), true, json), Ok(()));
        assert_eq!(check_type(&HeaderMap::new(), true, None), Ok(()));
    }
}
