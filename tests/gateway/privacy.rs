//! Nothing about a person, no token and no credential is in anything the gateway keeps, logs, counts or answers.

use crate::{
    caller::{Answer, Line, ask, request},
    process::Process,
    support::standin::Behaviour,
    world::{Agreed, Around, Home, Plan, SAFEGUARDING},
};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use havengate::consent::view::StopScope;
use rustix::process::Signal;
use std::{collections::BTreeSet, net::SocketAddr, path::Path};

/// Each stands in some place of some request, and nowhere in the policies or the configuration.
const MARKERS: &[&str] = &[
    "Zorblina",
    "Quexworth",
    "QQ939393C",
    "CLIENTREF-77431",
    "PATHID-88812",
    "QUERYVAL-55210",
    "unlistedKeyVrax",
    "unlisted value Vrax",
    "1971-03-29",
    "07700 900871",
    "Vraxistan",
    "under Vrax bridge",
    "hdrvalue-Vrax",
    "cookie-Vrax",
    "callertoken-Vrax",
    "bearer-Vrax",
    "vrax-host",
    "answer-Vrax",
    "an-upstream-secret",
];

const BODY: &str = r#"{"ref":"CLIENTREF-77431","firstName":"Zorblina","lastName":"Quexworth","dob":"1971-03-29","phone":"07700 900871","ni":"QQ939393C","nationality":"Vraxistan","bedded_down":"under Vrax bridge","unlistedKeyVrax":"unlisted value Vrax","need":{"type":"hostel","beds":1}}"#;
const FIELDS: &str = "Cookie: cookie-Vrax\r\nX-Note: hdrvalue-Vrax\r\nAuthorization: Bearer bearer-Vrax\r\n\
                      User-Agent: hdrvalue-Vrax\r\nIdempotency-Key: hdrvalue-Vrax\r\n";

fn person(target: &str, fields: &str, body: &str) -> Vec<u8> {
    request("POST", target, &format!("{FIELDS}{fields}Connection: close\r\n"), body)
}

/// The case system, and every answer it got.
struct Asking<'a> {
    address: SocketAddr,
    around: &'a Around,
    home: &'a Home,
    answers: Vec<Answer>,
}

fn referral(client: &str) -> String {
    format!("/riverside/referrals/{client}")
}

impl Asking<'_> {
    /// Asks, and asserts how it ended: `sent`, or the code of the refusal.
    async fn ask(&mut self, bytes: impl AsRef<[u8]>, ends: &str) {
        let answer = ask(self.address, bytes).await;
        let problem = answer.text().contains("\"urn:havengate:problem:");
        let told = if problem { answer.json()["type"].to_string() } else { "sent".to_owned() };
        assert!(told.contains(ends), "{ends}: {answer:?}");
        self.answers.push(answer);
    }

    async fn person(&mut self, target: &str, fields: &str, body: &str, ends: &str) {
        self.ask(person(target, fields, body), ends).await;
    }

    fn token(&self, agreed: &Agreed<'_>) -> String {
        format!("Consent-Token: {}\r\n", self.home.token(agreed))
    }

    async fn by_consent(&mut self) {
        const CLIENT: &str = "PATHID-88812";
        self.person("/riverside/needs?area=x&q=QUERYVAL-55210", "", BODY, "sent").await;
        self.person(&referral(CLIENT), "", BODY, "consent-missing").await;
        let consent = self.home.consent(&Agreed::referral(CLIENT)).await;
        self.person(&referral(CLIENT), "", BODY, "sent").await;
        let other = BODY.replace("Quexworth", "Quexworth-Zorblina");
        self.person(&referral(CLIENT), "", &other, "consent-spent").await;
        self.home.end(&consent).await;
        self.person(&referral(CLIENT), "", BODY, "consent-ended").await;
        self.person(&referral(CLIENT), &format!("Consent-Ref: {consent}\r\n"), BODY, "consent-ended").await;
        let sound = self.token(&Agreed::referral("PATHID-88812-2"));
        self.person(&referral("PATHID-88812-2"), &sound, BODY, "sent").await;
        let month = jiff::SignedDuration::from_hours(24 * 40);
        let expired = self.token(&Agreed { from: -month, ..Agreed::referral("PATHID-88812-3") });
        self.person(&referral("PATHID-88812-3"), &expired, BODY, "consent-expired").await;
        let borrowed = self.token(&Agreed::referral("CLIENTREF-77431"));
        self.person(&referral("PATHID-88812-3"), &borrowed, BODY, "consent-invalid").await;
        self.person("/riverside/needs", "Consent-Token: bearer-Vrax\r\n", BODY, "consent-invalid").await;
        let note = BODY.replace("\"need\"", "\"note\":\"Zorblina slept under Vrax bridge\",\"need\"");
        self.home.consent(&Agreed::referral("PATHID-88812-4")).await;
        self.person(&referral("PATHID-88812-4"), "", &note, "field-blocked").await;
    }

    async fn by_recipient(&mut self) {
        for (id, ends) in [
            ("rooted", "destination-linked"),
            ("linked", "destination-linked"),
            ("unassessed", "destination-unassessed"),
            ("lapsed", "destination-uncommitted"),
        ] {
            self.person(&format!("/{id}/needs"), "", BODY, ends).await;
        }
        self.person("/riverside/PATHID-88812/Zorblina", "", BODY, "operation-unknown").await;
        self.person("/Zorblina/PATHID-88812?n=QUERYVAL-55210", "", BODY, "route-unknown").await;
        self.person("/riverside/needs", "Havengate-Token: callertoken-Vrax\r\n", BODY, "caller-unknown").await;
    }

    async fn malformed(&mut self) {
        const NEEDS: &str = "/riverside/needs";
        self.person(NEEDS, "Content-Type: text/Zorblina\r\n", BODY, "request-malformed").await;
        let typed = String::from_utf8(person(NEEDS, "", BODY)).unwrap().replace("application/json", "text/Zorblina");
        self.ask(typed, "body-unsupported").await;
        self.person(NEEDS, "Host: vrax-host\r\n", BODY, "request-malformed").await;
        self.person("http://vrax-host/riverside/needs", "", BODY, "destination-mismatch").await;
        let chunked = "Transfer-Encoding: chunked\r\nX-Zorblina: hdrvalue-Vrax\r\n";
        self.person(NEEDS, chunked, BODY, "request-malformed").await;
        self.person("/riverside/Zorblina%2F..", "", BODY, "request-malformed").await;
        self.ask("Zorblina QUERYVAL-55210\r\n\r\n", "request-malformed").await;
        for broken in [
            r#"{"firstName":"Zorblina","#,
            r#"{"firstName":"Zorblina","first\u004eame":"Quexworth"}"#,
            r#"{"unlistedKeyVrax":1,"unlistedKeyVrax":2}"#,
            r#"{"ni":"QQ939393C\ud800"}"#,
            r#"{"ni":"QQ939393C"} Zorblina"#,
            r#"{"dob":1971-03-29}"#,
        ] {
            self.person(NEEDS, "", broken, "body-malformed").await;
        }
        let mail = r#"{"email_address":"Zorblina@x.example","reference":"CLIENTREF-77431","unlistedKeyVrax":1}"#;
        self.person("/messages/v2/notifications/email", "", mail, "").await;
        assert_eq!(self.answers.last().unwrap().status, 403, "an unlisted key blocks there");
    }

    /// The recipient breaks, or answers with what it was told.
    async fn broken_recipients(&mut self) {
        for (behaviour, ends) in [
            (Behaviour::RawThenClose(b"answer-Vrax is no HTTP\r\n\r\n".to_vec()), "destination-unreachable"),
            (Behaviour::RawThenClose(Vec::new()), "destination-unreachable"),
            (Behaviour::stall(), "upstream-timeout"),
            (Behaviour::redirect("https://vrax-host.example/answer-Vrax"), "sent"),
        ] {
            self.around.recipient.script([behaviour]);
            self.person("/riverside/needs", "", BODY, ends).await;
        }
    }

    async fn emergency_and_stop(&mut self) {
        let concern = r#"{"adult":{"ref":"CLIENTREF-77431","name":"Zorblina","status":"Vraxistan"},"concern":{"where":"under Vrax bridge"}}"#;
        self.home.emergency("CLIENTREF-77431", SAFEGUARDING).await;
        self.person("/westbridge-safeguarding/concerns", "", concern, "sent").await;
        self.home.stop(StopScope::Everything).await;
        self.person("/riverside/needs", "", BODY, "stopped").await;
    }
}

/// Every spelling of a marker that something might write down, in lower case.
fn spellings(marker: &str) -> Vec<String> {
    let bytes = marker.as_bytes();
    let percent_all: String = bytes.iter().map(|b| format!("%{b:02x}")).collect();
    let percent_some: String = bytes
        .iter()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(b) {
                (*b as char).to_string()
            } else {
                format!("%{b:02x}")
            }
        })
        .collect();
    let mut all = vec![
        marker.to_lowercase(),
        percent_some,
        percent_all,
        marker.replace(' ', "+"),
        HEXLOWER.encode(bytes),
        marker.chars().rev().collect(),
        marker.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(", "),
        marker.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(","),
    ];
    // Base64 of a text that holds it, wherever it begins: the characters that only it decides.
    for offset in 0..3 {
        let padded = [&vec![0; offset][..], bytes].concat();
        let (from, until) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
        for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            all.push(encoding.encode(&padded)[from..until].to_owned());
        }
    }
    all.into_iter().map(|s| s.to_lowercase()).collect()
}

/// Asserts that `text` holds no marker in any spelling.
fn nothing_in(place: &str, bytes: &[u8]) {
    none_of(MARKERS, place, bytes);
}

/// The same of other markers.
pub(crate) fn none_of(markers: &[&str], place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for marker in markers {
        for spelling in spellings(marker) {
            if let Some(at) = text.find(&spelling) {
                let around: String =
                    text.chars().skip(text[..at].chars().count().saturating_sub(80)).take(240).collect();
                panic!("{place} holds {marker} as {spelling}: {around}");
            }
        }
    }
}

/// Every file below a directory but those that hold secrets and rules by their nature.
fn nothing_in_files(directory: &Path, left_out: &[&str]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if left_out.contains(&name.as_str()) || !entry.file_type().unwrap().is_file() {
            continue;
        }
        nothing_in(&name, &std::fs::read(entry.path()).unwrap());
        seen.insert(name);
    }
    seen
}

#[test]
fn the_search_finds_what_it_looks_for() {
    for (marker, hidden) in [
        ("Zorblina", "x zorblina y".to_owned()),
        ("07700 900871", "?p=07700%20900871".to_owned()),
        ("QQ939393C", data_encoding::BASE64.encode(b"{\"ni\":\"QQ939393C\"}")),
        ("Quexworth", data_encoding::BASE64.encode(b"12Quexworth 3")),
        ("Vraxistan", HEXLOWER.encode(b"in Vraxistan")),
    ] {
        assert!(spellings(marker).iter().any(|s| hidden.to_lowercase().contains(s)), "{marker} in {hidden}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_about_anybody_is_kept_logged_counted_or_answered() {
    let around = Around::new().await;
    // An address of its own for monitoring, since the real binary does not say which port it got.
    let [a, b, ..] = std::process::id().to_le_bytes();
    let monitoring = SocketAddr::from(([127, 87, a, b.max(1)], 9464));
    let mut plan = Plan::new().limits("upstream_time = \"500ms\"");
    plan.sections += &format!("[operations]\nlisten = \"{monitoring}\"\n[log]\nfilter = \"trace\"\n");
    let home = around.home(&plan);
    let gateway = Process::start(&home);
    let mut asking = Asking { address: gateway.address, around: &around, home: &home, answers: Vec::new() };
    asking.by_consent().await;
    asking.by_recipient().await;
    asking.malformed().await;
    asking.broken_recipients().await;
    asking.emergency_and_stop().await;
    let answers = asking.answers;
    // What may leave did: the search would find it there.
    let left = String::from_utf8_lossy(&around.recipient.bytes()).into_owned();
    for marker in ["Zorblina", "Quexworth", "PATHID-88812", "under Vrax bridge", "an-upstream-secret"] {
        assert!(left.contains(marker), "{marker} was to leave");
    }
    for stays in ["QQ939393C", "Vraxistan", "unlistedKeyVrax", "cookie-Vrax", "bearer-Vrax", "callertoken-Vrax"] {
        assert!(!left.contains(stays), "{stays} left");
    }
    for answer in answers.iter().filter(|a| a.status >= 300) {
        nothing_in("an answer", format!("{}{}", answer.head, answer.text()).as_bytes());
    }
    for answer in answers {
        let removed = answer.header("havengate-removed").unwrap_or_default();
        nothing_in("Havengate-Removed", removed.as_bytes());
        if let Some(decision) = answer.header("havengate-decision") {
            let explained = home.record(decision.parse().unwrap()).await;
            nothing_in("an explanation", format!("{explained:?}").as_bytes());
        }
    }
    let mut line = Line::open(monitoring).await;
    line.send("GET /metrics HTTP/1.1\r\nHost: monitoring\r\n\r\n").await;
    let metrics = line.answer().await.text();
    assert!(metrics.contains("code=\"consent-missing\""), "{metrics}");
    nothing_in("/metrics", metrics.as_bytes());
    let held = nothing_in_files(home.directory.path(), &["roots.pem"]);
    assert!(["ledger.db", "ledger.db-wal"].iter().all(|f| held.contains(*f)), "{held:?}");
    gateway.signal(Signal::TERM);
    let (exit, log) = gateway.ended();
    assert_eq!(exit, Some(0));
    assert!(log.matches("havengate::decision").count() > 30, "{log}");
    nothing_in("the log", log.as_bytes());
    nothing_in_files(home.directory.path(), &["roots.pem"]);
    for table in ["leaves", "detail", "grants", "outbox"] {
        let rows = home.rows(&format!("SELECT CAST(count(*) AS TEXT) FROM {table}"));
        assert_ne!(rows, ["0"], "{table} has rows to be searched");
    }
}
