//! stub
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    pub start: usize,
    pub end: usize,
    pub category: Kind,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Nino,
}
impl Kind {
    pub const fn category(self) -> &'static str {
        "hg:NationalInsuranceNumber"
    }
    pub const fn name(self) -> &'static str {
        "detect-nino"
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cue(u64);
impl Cue {
    pub const NONE: Self = Self(0);
    pub fn with(self, o: Self) -> Self {
        Self(self.0 | o.0)
    }
    pub fn of_key(_: &str) -> Self {
        Self(0)
    }
}
#[derive(Debug)]
pub struct Places;
#[derive(Debug, Default)]
pub struct Known(Vec<(String, u16)>);
impl Known {
    pub fn new() -> Self {
        Self(Vec::new())
    }
    pub fn add(&mut self, t: &str, k: u16) {
        self.0.push((t.to_owned(), k));
    }
    pub fn add_whole(&mut self, t: &str, k: u16) {
        self.add(t, k)
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn find(&self, text: &str, found: &mut Vec<(usize, usize, u16)>) {
        for (t, k) in &self.0 {
            if let Some(at) = text.find(t.as_str()) {
                found.push((at, at + t.len(), *k));
            }
        }
    }
}
pub fn scan(text: &str, _: Cue, _: Option<&Places>, found: &mut Vec<Detected>) {
    if let Some(at) = text.find("AB123456C") {
        found.push(Detected { start: at, end: at + 9, category: Kind::Nino });
    }
}
pub fn scan_number(_: &str, _: Cue, _: &mut Vec<Detected>) {}
pub fn worth_scanning(_: &[u8], _: Cue) -> bool {
    true
}
