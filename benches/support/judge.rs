//! The judge of the kernels' benches: what is operational leaves, everything else is withheld.
//!
//! With the detectors on it answers as the gateway's does for such rules: names are known by their words in what is
//! operational, and what is found is decided as if it were listed.

use havengate::{
    detect::Places,
    flow::{Category, Form},
    policy::integration::FieldRule,
    screen::{Judge, KnownBy, Person, Ruling},
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// Decides by the category alone.
pub(crate) struct ByCategory {
    refusal: Arc<Refusal>,
    detects: bool,
}

impl ByCategory {
    pub(crate) fn new(detects: bool) -> Self {
        Self { refusal: Arc::new(Refusal::plain(Code::ConsentMissing, "no consent")), detects }
    }
}

fn operational(rule: &FieldRule) -> bool {
    rule.category.as_str() == "hg:Operational"
}

impl Judge for ByCategory {
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        if operational(rule) { Ruling::Send(Form::Raw) } else { Ruling::Withhold(Arc::clone(&self.refusal)) }
    }
    fn names(&mut self, _: Option<&FieldRule>, _: &str) -> Option<Arc<Refusal>> {
        None
    }
    fn reads_every(&self, _: &FieldRule) -> bool {
        false
    }
    fn detects(&self) -> bool {
        self.detects
    }
    fn places(&self) -> Option<&Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, rule: &FieldRule) -> bool {
        operational(rule)
    }
    fn bytes(&self, _: &FieldRule) -> havengate::screen::Bytes {
        havengate::screen::Bytes::Other
    }
    fn known_by(&self, rule: &FieldRule) -> KnownBy {
        if rule.category.as_str() == "pd:Name" { KnownBy::Words } else { KnownBy::Nothing }
    }
    fn pseudonym(&self, _: &Category, value: &str) -> String {
        value.to_owned()
    }
    fn today(&self) -> jiff::civil::Date {
        jiff::civil::date(2026, 11, 21)
    }
}
