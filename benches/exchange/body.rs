//! What the case system sends. A record has thirty members: ten are listed and may not leave, three leave under
//! consent, seventeen are about nobody.

use std::{fmt::Write as _, net::SocketAddr};

/// Clients with a consent, each with some uses in a run.
pub(crate) const CLIENTS: u64 = 4096;

/// Where a client's number stands in a record, and a request's: ten digits each.
const CLIENT: &str = "##client##";
const NUMBER: &str = "##number##";

/// Members that the charter keeps back here: no consent names them, and some no consent could open.
pub(crate) const STRIPPED: &[(&str, &str)] = &[
    ("ref", "pd:Identifier"),
    ("nationality", "pd:Nationality"),
    ("sleepSite", "hg:SleepSite"),
    ("sleepingRoughSince", "hg:RoughSleepingHistory"),
    ("chainNumber", "hg:ChainNumber"),
    ("offersDeclined", "hg:SupportOfferDeclined"),
    ("nationalInsurance", "hg:NationalInsuranceNumber"),
    ("lastAddress", "pd:PhysicalAddress"),
    ("email", "pd:EmailAddress"),
    ("note", "hg:FreeText"),
];
/// Members that the client agreed to.
pub(crate) const CONSENTED: &[(&str, &str, &str)] = &[
    ("firstName", "pd:Name", "Amina"),
    ("dob", "pd:BirthDate", "1987-04-02"),
    ("phone", "pd:TelephoneNumber", "07700 900123"),
];
/// Members about nobody.
pub(crate) const OPERATIONAL: usize = 17;

/// The text of a client's reference in the case system.
pub(crate) fn client(number: u64) -> String {
    format!("{:010}", number % CLIENTS)
}

/// A request, whole, and where it is numbered.
#[derive(Clone)]
pub(crate) struct Body {
    pub(crate) name: String,
    pub(crate) request: Vec<u8>,
    clients: Vec<usize>,
    numbers: Vec<usize>,
    stripped: usize,
}

impl Body {
    /// One record of about so many bytes.
    pub(crate) fn one(name: &str, size: usize) -> Self {
        let bare = record(0).len();
        let body = record((size - bare) / OPERATIONAL);
        Self::of(name.to_owned(), "/bench/referrals", &body, STRIPPED.len())
    }

    /// So many records of about 4 KiB, each of another client.
    pub(crate) fn batch(records: usize) -> Self {
        let one = record((4000 - record(0).len()) / OPERATIONAL);
        let body = format!("{{\"clients\":[{}]}}", vec![one; records].join(","));
        let name = format!("{} KiB, {records} clients", body.len() >> 10);
        Self::of(name, "/bench/batches", &body, STRIPPED.len() * records)
    }

    /// So many records of about 4 KiB as they follow each other in a large body, with a comma after each.
    pub(crate) fn clients(records: u64) -> Vec<u8> {
        let one = record((4000 - record(0).len()) / OPERATIONAL);
        (0..records).flat_map(|n| format!("{},", one.replace(CLIENT, &client(n))).into_bytes()).collect()
    }

    fn of(name: String, path: &str, body: &str, stripped: usize) -> Self {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: gateway.bench.example\r\nContent-Type: application/json\r\n\
             User-Agent: case-system/4.2\r\nAccept: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let places = |mark: &str| request.match_indices(mark).map(|(at, _)| at).collect();
        let (clients, numbers) = (places(CLIENT), places(NUMBER));
        Self { name, clients, numbers, request: request.into_bytes(), stripped }
    }

    /// Makes a request one that was never sent before.
    pub(crate) fn number(&self, request: &mut [u8], n: u64) {
        let mut write = |at: usize, digits: &str| request[at..at + 10].copy_from_slice(digits.as_bytes());
        let records = self.clients.len() as u64;
        for (i, at) in (0..).zip(&self.clients) {
            write(*at, &client(n * records + i));
        }
        for at in &self.numbers {
            write(*at, &format!("{n:010}"));
        }
    }

    /// Sends one and holds the gateway to what is to be measured.
    pub(crate) fn check(&self, gateway: SocketAddr) {
        let removed = super::load::removed(self, gateway);
        assert!(removed.starts_with(&format!("{};", self.stripped)), "{}: removed {removed}", self.name);
    }
}

/// A record whose operational members hold about so many bytes each.
fn record(filler: usize) -> String {
    let mut text = format!("{{\"ref\":\"{CLIENT}\"");
    for (name, _, value) in CONSENTED {
        let _ = write!(text, ",\"{name}\":\"{value}\"");
    }
    for (i, (name, _)) in STRIPPED.iter().enumerate().skip(1) {
        let _ = write!(text, ",\"{name}\":\"kept back {i}\"");
    }
    let words = "a room on the ground floor with a door that locks, near a bus stop, for two people and a dog; ";
    for i in 0..OPERATIONAL {
        let value: String = words.chars().cycle().take(filler).collect();
        let number = if i == 0 { NUMBER } else { "" };
        let _ = write!(text, ",\"need{i}\":\"{number}{value}\"");
    }
    text.push('}');
    text
}
