//! A live copy: a mirroring proxy sends each request here too, and is told what would become of it. What arrives
//! ends here: this listens, judges and answers, and knows nothing of upstreams.

use super::{
    Failure, Printed,
    bench::{Bench, Judged, Source},
    place::Map,
    recorded::Recorded,
    report::{Line, Summary, Whence},
};
use crate::{
    cli::Exit,
    config::Limits,
    flow::DecisionId,
    gate::{
        accept::{Call, Entrance, Exchange, Peer},
        body,
        rehearsal::{Rehearsal, report::Told},
        respond::AnswerBody,
    },
    verdict::Refusal,
};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use serde_json::Value;
use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Judges what it is sent, and counts.
#[derive(Debug)]
struct Copy {
    bench: Bench,
    map: Map,
    limits: body::Bounds,
    /// Print nothing as it goes: standard output is for one document at the end.
    quiet: bool,
    summary: Mutex<Summary>,
}

/// Listens until it is told to stop, then says what it came to.
pub(super) async fn listen(
    address: SocketAddr,
    bench: Bench,
    map: Map,
    limits: &Limits,
    quiet: bool,
) -> Result<Printed, Failure> {
    let failed = |e: std::io::Error| Failure::new(Exit::Unavailable, format!("{address} cannot be listened at: {e}"));
    let (mut interrupt, mut terminate) =
        signal(SignalKind::interrupt()).and_then(|i| Ok((i, signal(SignalKind::terminate())?))).map_err(failed)?;
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let source = bench.source();
    eprint(&format!("Listening at {bound} until Ctrl-C. Nothing is sent anywhere. {}\n", source.in_words()));
    let copy = Arc::new(Copy { bench, map, limits: limits.into(), quiet, summary: Mutex::default() });
    let told_to_stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Entrance::new(Arc::clone(&copy), limits.clone(), None).serve(vec![listener], told_to_stop).await;
    Ok(copy.printed(source))
}

impl Exchange for Copy {
    async fn exchange(self: Arc<Self>, call: Call) -> Response<AnswerBody> {
        let (parts, inbound) = call.request.into_parts();
        let method = parts.method.clone();
        let mut bytes = Vec::new();
        let read = body::read(inbound, self.limits, |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        });
        let judged = match read.await {
            Ok(_) => self.bench.rehearse(&self.map, &Recorded::arrived(parts, bytes)).await,
            Err(refusal) => unread(refusal),
        };
        let line = self.count(Some(&method), judged);
        answer(&line.data(&[]))
    }

    /// A head that never became a request is refused by the real gateway as well.
    async fn refused(self: Arc<Self>, _: Peer, _: HeaderMap, refusal: Refusal) -> Option<DecisionId> {
        self.count(None, unread(refusal));
        None
    }
}

impl Copy {
    fn count(&self, method: Option<&http::Method>, judged: Judged) -> Line {
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        let line = summary.line(Whence { file: None, entry: 0 }, method, judged);
        drop(summary);
        if !self.quiet {
            let _ = std::io::stdout().lock().write_all(line.headline().as_bytes());
        }
        line
    }

    fn printed(&self, source: Source) -> Printed {
        let summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        let text = format!("\nNothing was sent.\n{}", summary.text());
        Printed { text, data: Value::Object(summary.data(source)), exit: summary.exit() }
    }
}

fn unread(refusal: Refusal) -> Judged {
    Judged::Told { told: Told::of(&Rehearsal::unread(refusal)), direct: false }
}

fn answer(report: &Value) -> Response<AnswerBody> {
    let body = Full::new(Bytes::from(report.to_string()));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("havengate-sent", HeaderValue::from_static("no"));
    response
}

/// Standard output is for reports.
fn eprint(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
