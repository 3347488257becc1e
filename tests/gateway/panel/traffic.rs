//! Traffic as a case system makes it, of invented people, the same for the same seed.

use super::member::Beside;
use crate::{
    caller::{Answer, ask, request},
    support::standin::Behaviour,
    world::{Agreed, SAFEGUARDING},
};
use havengate::flow::ConsentId;
use std::collections::BTreeMap;

/// In requests and answers, and nowhere else.
pub(super) const MARKERS: &[&str] = &[
    "Zorblina",
    "Quexworth",
    "QQ939393C",
    "CLIENTREF-7743",
    "QUERYVAL-55210",
    "unlistedKeyVrax",
    "unlisted value Vrax",
    "1971-03-29",
    "07700 900871",
    "ZX99 9VQ",
    "zorblina.q@vrax-mail.example",
    "Vraxistan",
    "under Vrax bridge",
    "slept beside the Vrax",
    "hdrvalue-Vrax",
    "cookie-Vrax",
    "answer-Vrax",
    "an-upstream-secret",
];

const BODY: &str = r#"{"ref":"REF","firstName":"Zorblina","lastName":"Quexworth","dob":"1971-03-29","phone":"07700 900871","ni":"QQ939393C","nationality":"Vraxistan","bedded_down":"under Vrax bridge","lastPostcode":"ZX99 9VQ","email":"zorblina.q@vrax-mail.example","unlistedKeyVrax":"unlisted value Vrax","need":{"type":"hostel","beds":1}}"#;
const FIELDS: &str = "Cookie: cookie-Vrax\r\nX-Note: hdrvalue-Vrax\r\nIdempotency-Key: hdrvalue-Vrax\r\n";
const NOTE: &str = "\"note\":\"Zorblina slept beside the Vrax, zorblina.q@vrax-mail.example\",\"need\"";

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

pub(super) struct Traffic<'a> {
    beside: &'a Beside,
    dice: Dice,
    consents: BTreeMap<String, ConsentId>,
    pub(super) answers: Vec<Answer>,
}

impl<'a> Traffic<'a> {
    pub(super) const fn new(beside: &'a Beside, seed: u64) -> Self {
        Self { beside, dice: Dice(seed), consents: BTreeMap::new(), answers: Vec::new() }
    }

    /// So many things happen.
    pub(super) async fn of(&mut self, times: u32) {
        for _ in 0..times {
            self.one().await;
        }
    }

    async fn one(&mut self) {
        let client = format!("CLIENTREF-7743{}", self.dice.below(8));
        let referral = format!("/riverside/referrals/{client}");
        let body = BODY.replace("REF", &client);
        let mut again = body.clone();
        match self.dice.below(16) {
            0..4 => self.post("/riverside/needs?area=x&q=QUERYVAL-55210", &body).await,
            4..6 => self.agree(&client).await,
            6..9 => self.post(&referral, &body).await,
            9 => self.post(&referral, &body.replace("\"need\"", NOTE)).await,
            10 => self.post("/linked/needs", &body).await,
            11 if client.as_str() < "CLIENTREF-77434" => self.post("/unassessed/needs", &body).await,
            11 => self.post("/rooted/needs", &body).await,
            12 => {
                again.truncate(40);
                self.post("/riverside/needs", &again).await;
            }
            13 => self.post("/Zorblina/CLIENTREF-77431?n=QUERYVAL-55210", &body).await,
            14 => self.end(&client).await,
            _ => self.broken(&body).await,
        }
    }

    pub(super) async fn post(&mut self, target: &str, body: &str) {
        let bytes = request("POST", target, &format!("{FIELDS}Connection: close\r\n"), body);
        self.answers.push(ask(self.beside.process.address, bytes).await);
    }

    /// What the last answer came to: `sent`, or the code of the refusal.
    pub(super) fn came_to(&self) -> String {
        let answer = self.answers.last().unwrap();
        let problem = answer.text().contains("urn:havengate:problem:");
        let told = || answer.json()["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
        if problem { told() } else { "sent".to_owned() }
    }

    /// Of somebody with whom no consent was made.
    pub(super) async fn need(&mut self) {
        self.post("/riverside/needs", &BODY.replace("REF", "CLIENTREF-77439")).await;
    }

    /// A referral that is let through and cannot be sent: the recipient hangs up before it says who it is. Only before
    /// any other, while no connection is kept.
    pub(super) async fn unsent(&mut self) {
        self.agree("CLIENTREF-77438").await;
        self.beside.around.recipient.script([Behaviour::CloseOnAccept]);
        self.post("/riverside/referrals/CLIENTREF-77438", &BODY.replace("REF", "CLIENTREF-77438")).await;
    }

    /// An emergency of somebody, and what the council's team needs to know.
    pub(super) async fn emergency(&mut self, client: &str) {
        self.beside.home.emergency(client, SAFEGUARDING).await;
        let concern = r#"{"adult":{"ref":"REF","name":"Zorblina Quexworth","phone":"07700 900871","status":"Vraxistan"},"concern":{"where":"under Vrax bridge"}}"#;
        self.post("/westbridge-safeguarding/concerns", &concern.replace("REF", client)).await;
    }

    async fn agree(&mut self, client: &str) {
        let agreed = Agreed { uses: 3, ..Agreed::referral(client) };
        let id = self.beside.home.consent(&agreed).await;
        self.consents.insert(client.to_owned(), id);
    }

    async fn end(&mut self, client: &str) {
        if let Some(id) = self.consents.remove(client) {
            self.beside.home.end(&id).await;
        }
    }

    /// The recipient breaks off, before anything left or after.
    async fn broken(&mut self, body: &str) {
        let how = match self.dice.below(3) {
            0 => Behaviour::RawThenClose(b"answer-Vrax is no HTTP\r\n\r\n".to_vec()),
            1 => Behaviour::RawThenClose(Vec::new()),
            _ => Behaviour::redirect("https://vrax-host.example/answer-Vrax"),
        };
        self.beside.around.recipient.script([how]);
        self.post("/riverside/needs", body).await;
    }
}
