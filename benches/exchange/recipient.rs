//! A recipient that reads a request and says that it did, as cheaply as it can.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n{\"accepted\":true,\"id\":17}";

/// Serves on a thread of its own until the process ends.
pub(crate) fn serve() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("an event queue");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                tokio::spawn(answer(stream));
            }
        });
    });
    address
}

async fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).expect("no delay");
    let mut held = Vec::with_capacity(128 << 10);
    loop {
        let Some(end) = end_of_message(&held) else {
            if !matches!(stream.read_buf(&mut held).await, Ok(1..)) {
                return;
            }
            continue;
        };
        held.drain(..end);
        if stream.write_all(ANSWER).await.is_err() {
            return;
        }
    }
}

/// Where the first message ends, once it is whole. Only `Content-Length` is understood.
pub(crate) fn end_of_message(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("a head in ASCII");
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.trim().parse::<usize>().expect("a length"));
    let end = head + length.expect("a message with Content-Length");
    (bytes.len() >= end).then_some(end)
}
