//! Havengate: an outbound data-flow gateway that keeps the Support Not Deport charter.
//!
//! It stands between a charity's case-management systems and the databases of others, and lets a request
//! out only when the charter's rules, the recipient's undertaking and the person's own itemised consent
//! say so; and it writes down what it did where people who do not trust its operators can check it.
//!
//! # Where to start reading
//!
//! [`gate::exchange`] is one request from the first byte to the last, as a straight line. Everything else
//! is a room on that line:
//!
//! ```text
//! accept → Flow → Route → Admitted → Consented → Screened → Receipt → upstream
//!  gate    flow   policy   verdict    verdict     screen    ledger     gate
//! ```
//!
//! | room | what it is | whom it may know |
//! |---|---|---|
//! | [`flow`] | the nouns: who, to whom, what, in what form, under which clause | nobody |
//! | [`detect`] | identifiers and places in text, in every spelling | nobody |
//! | [`policy`] | `policies/` compiled into one immutable snapshot with a hash; Cedar decides on facts | `flow` |
//! | [`consent`] | tokens, grants, labels, what is live | `flow`, `policy`'s facts |
//! | [`verdict`] | the order of checks; the closed list of refusals | `policy`, `consent`, `flow` |
//! | [`screen`] | bytes in, permitted bytes out | `verdict`, `consent`, `policy`, `flow` |
//! | [`ledger`] | the record book: one log, one serialisation point | types of those above |
//! | [`gate`] | the way in and the way out: sockets, TLS, DNS, deadlines | all of those above |
//! | [`panel`] | the scrutiny panel's pages, stops, alarms and reports | `ledger`, `policy`, `metrics`; never `gate` |
//! | [`cli`], [`config`], [`log`], [`metrics`] | the process around it | all |
//!
//! `detect`, `policy`, `verdict`, `screen` and `consent` are pure: they take their inputs and `now` as arguments and
//! touch no file, socket, clock or random source. `tests/architecture` reads the sources and holds this.
//!
//! # One request's walk
//!
//! 1. [`gate::accept`] takes a connection; [`gate::wire`] checks every head and chunk against RFC 9112
//!    before hyper sees it; [`gate::callers`] says who is calling; [`gate::head`] makes one canonical
//!    [`flow::Flow`].
//! 2. One policy snapshot is taken; it names the [`policy::Route`]. No route, no DNS.
//! 3. [`verdict::Admitted`]: may this recipient be contacted at all? Then its addresses are resolved,
//!    judged and pinned.
//! 4. [`verdict::Consented`]: every consent that was presented is genuine, ours and live.
//! 5. [`screen::Screened`]: the body was read to its end, each field of each person decided once, and what
//!    goes out written from what was judged.
//! 6. [`ledger::Receipt`]: one transaction checked everything again that may have changed, recorded the
//!    decision, spent what is spent, and is durable.
//! 7. [`gate::upstream`] sends: the only place that writes a request to a recipient. It takes what was made of
//!    the `Screened` together with its `Receipt`, and refuses a receipt of any other decision.
//!
//! # What always holds
//!
//! 1. Every request written upstream has exactly one earlier durable allow.
//! 2. With the ledger failing in any way, upstream receives zero bytes.
//! 3. Any error, panic, timeout or unknown at any stage denies.
//! 4. The object judged is the object serialised.
//! 5. No uninspected byte leaves.
//! 6. Nothing partial: no body byte before the whole body has passed.
//! 7. The dial uses an address that was judged; TLS identity is judged before the first request byte.
//! 8. All spellings of a destination get one verdict; a denied one gets not even a DNS query.
//! 9. Redirects are new requests.
//! 10. Consent fails closed, and clock jumps never widen it.
//! 11. Work is bounded; at the bound, deny.
//! 12. After `kill -9` at any instant the ledger verifies and nothing went upstream unrecorded.
//! 13. Personal data, tokens and credentials appear in no log, record, metric, answer or panic.
//! 14. No setting turns an error into an allow.

pub mod cli;
pub mod config;
pub mod consent;
pub mod detect;
pub mod flow;
pub mod gate;
pub mod hardening;
pub mod ledger;
pub mod log;
pub mod metrics;
pub mod panel;
pub mod policy;
pub mod screen;
pub mod verdict;
