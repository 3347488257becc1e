//! A DNS server on loopback that says what a test likes, over UDP and TCP, and keeps what it was asked.

use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        DNSClass, Name, RData, Record, RecordType,
        rdata::{A, AAAA, CNAME, NS, NULL, SOA, TXT},
    },
};
use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinHandle,
};

/// A question as it came.
#[derive(Debug, Clone)]
pub struct Question {
    /// As it was written, without the last dot.
    pub name: String,
    pub kind: RecordType,
    pub tcp: bool,
    /// How often this name and kind were asked for before, over this transport.
    pub before: usize,
    message: Message,
}

impl Question {
    pub fn v4(&self) -> bool {
        self.kind == RecordType::A
    }

    /// An answer without records.
    pub fn empty(&self) -> Answer {
        let mut message = Message::response(self.message.metadata.id, self.message.metadata.op_code);
        message.metadata.recursion_desired = true;
        message.metadata.recursion_available = true;
        message.add_queries(self.message.queries.clone());
        Answer(message)
    }

    /// What a resolver makes of these records: those of the name, and of the whole chain of aliases behind it.
    pub fn from(&self, zone: &[(&str, &str)]) -> Answer {
        let mut owner = self.name.to_ascii_lowercase();
        let mut answer = self.empty();
        for (name, says) in zone {
            let record = record(name, 60, says);
            let fits = [RecordType::CNAME, self.kind].contains(&record.record_type());
            if *name == owner && fits {
                if let RData::CNAME(to) = &record.data {
                    owner = to.to_ascii().trim_end_matches('.').to_owned();
                }
                answer.0.add_answer(record);
            }
        }
        answer
    }

    pub fn code(&self, code: ResponseCode) -> Answer {
        let mut answer = self.empty();
        answer.0.metadata.response_code = code;
        answer
    }
}

/// An answer that a test goes on changing.
#[derive(Debug, Clone)]
pub struct Answer(pub Message);

impl Answer {
    pub fn with(mut self, name: &str, ttl: u32, says: &str) -> Self {
        self.0.add_answer(record(name, ttl, says));
        self
    }

    pub fn authority(mut self, name: &str, ttl: u32, says: &str) -> Self {
        self.0.add_authority(record(name, ttl, says));
        self
    }

    pub fn additional(mut self, name: &str, says: &str) -> Self {
        self.0.add_additional(record(name, 60, says));
        self
    }

    pub fn code(mut self, code: ResponseCode) -> Self {
        self.0.metadata.response_code = code;
        self
    }

    /// Says that there is more.
    pub fn cut(mut self) -> Self {
        self.0.metadata.truncation = true;
        self
    }

    /// With another id.
    pub fn forged_id(mut self) -> Self {
        self.0.metadata.id ^= 0x5555;
        self
    }

    /// To a question nobody put.
    pub fn forged_question(mut self, name: &str) -> Self {
        self.0.queries[0].set_name(absolute(name));
        self
    }

    /// A question instead of an answer.
    pub fn question(mut self) -> Self {
        self.0.metadata.message_type = MessageType::Query;
        self
    }

    pub fn bytes(self) -> Vec<u8> {
        self.0.to_vec().unwrap()
    }

    /// This alone.
    pub fn only(self) -> Vec<Vec<u8>> {
        vec![self.bytes()]
    }
}

/// `A 192.0.2.1`, `AAAA …`, `CNAME x`, `NS x`, `SOA seconds`, `TXT x`, `DNAME x`, `CHAOS` (an address of another class).
pub fn record(name: &str, ttl: u32, says: &str) -> Record {
    let (kind, value) = says.split_once(' ').unwrap_or((says, ""));
    let data = match kind {
        "A" => RData::A(A(value.parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(value.parse().unwrap())),
        "CNAME" => RData::CNAME(CNAME(absolute(value))),
        "NS" => RData::NS(NS(absolute(value))),
        "TXT" => RData::TXT(TXT::new(vec![value.to_owned()])),
        "SOA" => {
            let minimum = value.parse().unwrap();
            RData::SOA(SOA::new(absolute("ns.example"), absolute("admin.example"), 1, 60, 60, 60, minimum))
        }
        "DNAME" => {
            let mut wire = Vec::new();
            for label in value.split('.') {
                wire.push(u8::try_from(label.len()).unwrap());
                wire.extend_from_slice(label.as_bytes());
            }
            wire.push(0);
            RData::Unknown { code: RecordType::DNAME, rdata: NULL::with(wire) }
        }
        "CHAOS" => {
            let mut record = Record::from_rdata(absolute(name), ttl, RData::A(A::new(51, 140, 0, 9)));
            record.dns_class = DNSClass::CH;
            return record;
        }
        other => panic!("{other}"),
    };
    Record::from_rdata(absolute(name), ttl, data)
}

pub fn absolute(name: &str) -> Name {
    Name::from_ascii(format!("{}.", name.trim_end_matches('.'))).unwrap()
}

/// The server. It ends when it is dropped.
pub struct Dns {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Question>>>,
    serving: Vec<JoinHandle<()>>,
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

impl Dns {
    /// Sends each of the messages that `react` gives; without one it is silent, and over TCP hangs up.
    pub async fn new(react: impl Fn(&Question) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Self {
        let (tcp, udp) = loop {
            let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
            // Somebody may have the same number for UDP.
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (tcp, udp);
            }
        };
        Self::serve(udp, Some(tcp), react)
    }

    /// Nobody listens for TCP.
    pub async fn udp_only(react: impl Fn(&Question) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::serve(UdpSocket::bind("127.0.0.1:0").await.unwrap(), None, react)
    }

    /// A resolver that knows these records and no others.
    pub async fn zone(zone: &'static [(&'static str, &'static str)]) -> Self {
        Self::new(move |question| question.from(zone).only()).await
    }

    fn serve(
        udp: UdpSocket,
        tcp: Option<TcpListener>,
        react: impl Fn(&Question) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let (address, asked) = (udp.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let react = Arc::new(react);
        let keep = {
            let asked = asked.clone();
            Arc::new(move |bytes: &[u8], tcp: bool| keep(&asked, bytes, tcp))
        };
        let mut serving = Vec::new();
        serving.push(tokio::spawn({
            let (react, keep) = (react.clone(), keep.clone());
            async move {
                let mut buffer = [0; 1500];
                loop {
                    let (length, from) = udp.recv_from(&mut buffer).await.unwrap();
                    for message in react(&keep(&buffer[..length], false)) {
                        // What is too large for a datagram is lost, as it would be elsewhere.
                        let _ = udp.send_to(&message, from).await;
                    }
                }
            }
        }));
        serving.extend(tcp.map(|tcp| {
            tokio::spawn(async move {
                loop {
                    let (stream, _) = tcp.accept().await.unwrap();
                    let (react, keep) = (react.clone(), keep.clone());
                    tokio::spawn(async move { answer_tcp(stream, |bytes| react(&keep(bytes, true))).await });
                }
            })
        }));
        Self { address, asked, serving }
    }

    /// Every question that came, retransmissions left out: `A refer.riverside.example`.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let mut seen = HashSet::new();
        let once = asked.iter().filter(|q| seen.insert((q.message.metadata.id, q.kind, &q.name, q.tcp)));
        once.map(|q| format!("{} {}", q.kind, q.name)).collect()
    }

    /// The questions of one kind.
    pub fn asked_for(&self, kind: RecordType) -> Vec<String> {
        self.asked().iter().filter_map(|q| q.strip_prefix(&format!("{kind} "))).map(str::to_owned).collect()
    }

    /// How many came over TCP.
    pub fn over_tcp(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|q| q.tcp).count()
    }
}

fn keep(asked: &Mutex<Vec<Question>>, bytes: &[u8], tcp: bool) -> Question {
    let message = Message::from_vec(bytes).unwrap();
    let query = message.queries[0].clone();
    let name = query.name().to_ascii().trim_end_matches('.').to_owned();
    let kind = query.query_type();
    let mut asked = asked.lock().unwrap();
    let before = asked.iter().filter(|q| q.name == name && q.kind == kind && q.tcp == tcp).count();
    let question = Question { name, kind, tcp, before, message };
    asked.push(question.clone());
    question
}

async fn answer_tcp(mut stream: TcpStream, react: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
    while let Ok(length) = stream.read_u16().await {
        let mut bytes = vec![0; length.into()];
        if stream.read_exact(&mut bytes).await.is_err() {
            return;
        }
        let messages = react(&bytes);
        if messages.is_empty() {
            return;
        }
        for message in messages {
            let length = u16::try_from(message.len()).unwrap();
            if stream.write_u16(length).await.is_err() || stream.write_all(&message).await.is_err() {
                return;
            }
        }
    }
}
