//! A proxy that does nothing: hyper's server joined to hyper's client, a recipient's connection for each caller's.

use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::SendRequest,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Mutex,
};

/// Serves until it is killed; prints its address.
pub(crate) fn serve(recipient: SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    // The worker accepts, too: this thread only waits.
    let serving = runtime.expect("a runtime");
    serving.block_on(serving.spawn(accept(recipient))).expect("served");
}

async fn accept(recipient: SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    loop {
        let (caller, _) = listener.accept().await.expect("a connection");
        tokio::spawn(join(caller, recipient));
    }
}

async fn join(caller: TcpStream, recipient: SocketAddr) {
    let stream = TcpSocket::new_v4().expect("a socket").connect(recipient).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    caller.set_nodelay(true).expect("no delay");
    let (sender, connection) =
        hyper::client::conn::http1::handshake::<_, Incoming>(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    let sender = Arc::new(Mutex::new(sender));
    let service = service_fn(move |request| pass(Arc::clone(&sender), request));
    // A caller that hangs up is the end of a round.
    _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(caller), service).await;
}

async fn pass(
    sender: Arc<Mutex<SendRequest<Incoming>>>,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, hyper::Error>>, hyper::Error> {
    let mut sender = sender.lock().await;
    sender.ready().await?;
    let answer = sender.send_request(request).await?;
    Ok(answer.map(BodyExt::boxed))
}
