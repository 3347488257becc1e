//! One question, put to the servers in turn: over UDP, and over TCP where that answer was cut or could not be read.
//!
//! hickory chooses a random port and id for each question and drops every datagram that comes from elsewhere, has
//! another id or another question in it.

use super::{
    reply::{self, Family, Reply},
    unresolved::Unresolved,
};
use hickory_resolver::{
    net::{
        NetError,
        runtime::TokioRuntimeProvider,
        tcp::TcpClientStream,
        udp::UdpClientStream,
        xfer::{DnsHandle, DnsRequestSender, FirstAnswer},
    },
    proto::{
        op::{DnsRequest, DnsRequestOptions, DnsResponse, Query},
        rr::Name,
    },
    system_conf::read_system_conf,
};
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// One server's time for one question over one transport. A datagram is sent again after a third of a second.
const TRY: Duration = Duration::from_secs(2);

/// Where questions go. Never empty.
pub(super) struct Servers {
    addresses: Vec<SocketAddr>,
    /// The last that answered is asked first, so that a dead one costs its time once.
    first: AtomicUsize,
    /// Holds the tasks that read from TCP connections: dropped, it would end them.
    runtime: TokioRuntimeProvider,
}

impl Servers {
    /// These, or else the system's (without its search list and options); `None` where there is none.
    pub(super) fn new(configured: &[SocketAddr]) -> Option<Self> {
        let addresses = if configured.is_empty() { system_servers() } else { configured.to_vec() };
        (!addresses.is_empty()).then(|| Self {
            addresses,
            first: AtomicUsize::new(0),
            runtime: TokioRuntimeProvider::default(),
        })
    }

    /// Asks for one name's addresses of one family. The first server that gives a whole answer is believed, also where
    /// that answer can be read in more than one way: another server's would only hide what the first one showed.
    pub(super) async fn ask(&self, name: &Name, family: Family) -> Result<Reply, Unresolved> {
        let count = self.addresses.len();
        let first = self.first.load(Ordering::Relaxed) % count.max(1);
        let mut failure = None;
        for (i, address) in self.addresses.iter().enumerate().cycle().skip(first).take(count) {
            match self.ask_one(*address, name, family).await.and_then(|answer| reply::read(name, family, &answer)) {
                Ok(reply) => {
                    self.first.store(i, Ordering::Relaxed);
                    return Ok(reply);
                }
                Err(gone @ (Unresolved::Failed | Unresolved::Silent | Unresolved::Cut)) => {
                    failure = failure.or(Some(gone));
                }
                Err(said @ (Unresolved::Nowhere | Unresolved::Chain | Unresolved::Unclear)) => return Err(said),
            }
        }
        Err(failure.unwrap_or(Unresolved::Silent))
    }

    async fn ask_one(&self, server: SocketAddr, name: &Name, family: Family) -> Result<DnsResponse, Unresolved> {
        let question = || DnsRequest::from_query(Query::query(name.clone(), family.record()), plain());
        let mut udp = UdpClientStream::builder(server, self.runtime.clone()).with_timeout(Some(TRY)).build();
        let cut = match udp.send_message(question()).first_answer().await {
            Ok(answer) if !answer.metadata.truncation => return Ok(answer),
            Ok(_) => Unresolved::Cut,
            Err(NetError::Timeout) => return Err(Unresolved::Silent),
            Err(_) => Unresolved::Failed,
        };
        let whole = async {
            let tcp = TcpClientStream::exchange(server, None, TRY, None, self.runtime.clone()).await.ok()?;
            tcp.send(question()).first_answer().await.ok().filter(|answer| !answer.metadata.truncation)
        };
        tokio::time::timeout(TRY, whole).await.ok().flatten().ok_or(cut)
    }
}

/// No EDNS: an answer that needs it comes over TCP, whole, and no server or middlebox stumbles over it.
fn plain() -> DnsRequestOptions {
    let mut options = DnsRequestOptions::default();
    options.use_edns = false;
    options.recursion_desired = true;
    options
}

fn system_servers() -> Vec<SocketAddr> {
    let Ok((config, _)) = read_system_conf() else { return Vec::new() };
    let port = |server: &hickory_resolver::config::NameServerConfig| server.connections.first().map_or(53, |c| c.port);
    config.name_servers().iter().map(|server| SocketAddr::new(server.ip, port(server))).collect()
}
