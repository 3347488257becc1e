//! A judge that lets everything leave but what holds one word, however that came to stand there.

use havengate::{
    detect::Places,
    flow::Category,
    policy::integration::FieldRule,
    screen::{Bytes, Judge, KnownBy, Person, Ruling},
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// The word that never leaves. It looks like a host, for names that a wildcard lets through are only asked about if they do.
pub(crate) const SECRET: &str = "Zs.fika";

/// Withholds names, and every value that holds [`SECRET`].
pub(crate) struct Keeper;

fn refusal() -> Arc<Refusal> {
    Arc::new(Refusal::plain(Code::ConsentMissing, "no consent"))
}

impl Judge for Keeper {
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        match rule.category.as_str() {
            "pd:Name" => Ruling::Withhold(refusal()),
            _ => Ruling::Send(rule.forms().next().unwrap()),
        }
    }
    fn names(&mut self, _: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
        text.to_lowercase().contains(&SECRET.to_lowercase()).then(refusal)
    }
    fn reads_every(&self, _: &FieldRule) -> bool {
        true
    }
    fn detects(&self) -> bool {
        true
    }
    fn places(&self) -> Option<&Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, rule: &FieldRule) -> bool {
        rule.category.as_str().starts_with("hg:")
    }
    fn bytes(&self, _: &FieldRule) -> Bytes {
        Bytes::Other
    }
    fn known_by(&self, rule: &FieldRule) -> KnownBy {
        if rule.category.as_str() == "pd:Name" { KnownBy::Words } else { KnownBy::Nothing }
    }
    fn pseudonym(&self, _: &Category, value: &str) -> String {
        format!("p{}", value.len())
    }
    fn today(&self) -> jiff::civil::Date {
        jiff::civil::date(2026, 11, 22)
    }
}
