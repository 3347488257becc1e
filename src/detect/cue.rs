//! What a key, or the words before a value, say about it.

use super::{
    coordinates,
    run::Text,
    words::{self, role},
};

/// What a value's key says about it: a set of bits, computed once for each rule path, column header, member name or
/// question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cue(pub(super) u64);

impl Cue {
    /// It says nothing.
    pub const NONE: Self = Self(0);

    pub(super) const LAT: u64 = 1;
    pub(super) const LON: u64 = 1 << 1;
    pub(super) const EASTING: u64 = 1 << 2;
    pub(super) const NORTHING: u64 = 1 << 3;
    /// Both halves in one value.
    pub(super) const PLACE: u64 = 1 << 4;
    pub(super) const GRID: u64 = 1 << 5;
    pub(super) const GEOHASH: u64 = 1 << 6;
    pub(super) const W3W: u64 = 1 << 7;
    pub(super) const UPRN: u64 = 1 << 8;
    pub(super) const POSTCODE: u64 = 1 << 9;
    pub(super) const NINO: u64 = 1 << 10;
    pub(super) const NHS: u64 = 1 << 11;
    pub(super) const UTR: u64 = 1 << 12;
    pub(super) const PASSPORT: u64 = 1 << 13;
    pub(super) const BRP: u64 = 1 << 14;
    /// A Home Office reference.
    pub(super) const HO: u64 = 1 << 15;
    /// A person or case number of CID or Atlas.
    pub(super) const CID: u64 = 1 << 16;
    /// A registration card or asylum support number.
    pub(super) const ARC: u64 = 1 << 17;
    pub(super) const SHARE: u64 = 1 << 18;
    /// A UKVI customer number.
    pub(super) const UKVI: u64 = 1 << 19;
    pub(super) const CHAIN: u64 = 1 << 20;
    pub(super) const DRIVING: u64 = 1 << 21;
    pub(super) const VEHICLE: u64 = 1 << 22;
    pub(super) const BANK: u64 = 1 << 23;
    pub(super) const SORT: u64 = 1 << 24;
    pub(super) const PHONE: u64 = 1 << 25;
    pub(super) const BIRTH: u64 = 1 << 26;
    pub(super) const DAY: u64 = 1 << 27;
    pub(super) const MONTH: u64 = 1 << 28;
    pub(super) const YEAR: u64 = 1 << 29;
    pub(super) const IMEI: u64 = 1 << 30;
    pub(super) const MAC: u64 = 1 << 31;
    pub(super) const IP: u64 = 1 << 32;
    pub(super) const PICTURE: u64 = 1 << 33;
    pub(super) const FINGER: u64 = 1 << 34;
    pub(super) const FACE: u64 = 1 << 35;
    /// Where somebody sleeps.
    pub(super) const SLEEP: u64 = 1 << 36;
    pub(super) const ADDRESS: u64 = 1 << 37;
    /// The identity of a mobile cell.
    pub(super) const CELL: u64 = 1 << 38;
    /// Degrees in whole ten-millionths.
    pub(super) const E7: u64 = 1 << 39;
    /// `x` and `y`, which are coordinates only if they look it.
    pub(super) const AXIS: u64 = 1 << 40;
    /// A number of something else: orders, versions, times.
    pub(super) const OTHER: u64 = 1 << 41;
    pub(super) const OUTCODE: u64 = 1 << 42;
    /// A port reference.
    pub(super) const PORT: u64 = 1 << 43;

    /// Where somebody is or was, not where something else is: "site" and "place" hold the names of services. It speaks of
    /// whole values only.
    pub(super) const WHERE: u64 = 1 << 44;

    /// What both say.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads what a rule's path calls its value: the last name, with the one before it, which may say what a day or a
    /// latitude is of.
    pub fn of_path(path: &str) -> Self {
        let last = path.rfind(['.', '/']);
        let before = last.and_then(|last| path.get(..last)).and_then(|head| head.rfind(['.', '/']));
        Self::of_key(before.and_then(|at| path.get(at..)).unwrap_or(path))
    }

    /// Reads what stands beside an element of a JSON array, at this byte: in `[-0.127758,51.507351]` each number is half
    /// of a place, whatever the array is called, as in GeoJSON (RFC 7946 section 3.1.1).
    pub fn of_element(json: &[u8], at: usize) -> Self {
        const AROUND: usize = 72;
        let of = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'.' | b',' | b'"' | b' ' | b'\t' | b'\r' | b'\n');
        let text = Text(json);
        let before = text.slice(at.saturating_sub(AROUND), at).iter().rev().take_while(|b| of(b)).count();
        let after = text.slice(at, (at + AROUND).min(json.len())).iter().take_while(|b| of(b)).count();
        let (from, to) = (at - before, at + after);
        let numbers = text.slice(from, to);
        let enclosed = text.before(from) == b'[' && text.at(to) == b']';
        let few = numbers.iter().filter(|b| **b == b',').count() <= 3;
        let pair = || coordinates::at(Text(numbers), numbers.iter().position(u8::is_ascii_digit)?, 0);
        // Shares and means are no latitudes of Europe.
        let latitude = |number: &[u8]| {
            let digits = number.iter().copied().filter(|b| b.is_ascii_digit() || *b == b'.').collect();
            let value: f64 = String::from_utf8(digits).ok()?.parse().ok()?;
            (34.0..=72.0).contains(&value).then_some(())
        };
        let north = || numbers.split(|b| *b == b',').any(|number| latitude(number).is_some());
        if enclosed && few && pair().is_some() && north() { Self(Self::LAT | Self::LON) } else { Self::NONE }
    }

    /// Reads a name: `dateOfBirth`, `mailing_postal_code`, `$.client['lat-e7']`, "What is your NI number?".
    pub fn of_key(name: &str) -> Self {
        let mut parts = Parts::default();
        let mut word = String::new();
        let mut before = ' ';
        let mut letters = name.chars().peekable();
        while let Some(c) = letters.next() {
            let next = letters.peek().copied().unwrap_or(' ');
            // birthDate: a capital after a small letter; NHSNumber: a capital before a small one.
            let hump = c.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next.is_lowercase()));
            if !c.is_alphanumeric() || hump {
                parts.take(&mut word);
            }
            if c.is_alphanumeric() {
                super::fold::fold(c, |b| word.push(char::from(b.to_ascii_lowercase())));
            }
            before = c;
        }
        parts.take(&mut word);
        Self(parts.cue())
    }
}

/// The words of a key, and what they say.
#[derive(Default)]
struct Parts {
    bits: u64,
    words: Vec<String>,
}

/// Pairs of words that say together what neither says alone, and single words that speak only as keys.
const TOGETHER: [(&str, u64); 60] = [
    ("date birth", Cue::BIRTH),
    ("birth day", Cue::DAY),
    ("dob day", Cue::DAY),
    ("birth month", Cue::MONTH),
    ("dob month", Cue::MONTH),
    ("birth year", Cue::YEAR),
    ("dob year", Cue::YEAR),
    ("day birth", Cue::DAY),
    ("month birth", Cue::MONTH),
    ("year birth", Cue::YEAR),
    ("post code", Cue::POSTCODE),
    ("postal code", Cue::POSTCODE),
    ("zip code", Cue::POSTCODE),
    ("home office", Cue::HO),
    ("ho ref", Cue::HO),
    ("ho reference", Cue::HO),
    ("port ref", Cue::PORT),
    ("port reference", Cue::PORT),
    ("person id", Cue::CID),
    ("case id", Cue::CID),
    ("atlas id", Cue::CID),
    ("asylum support", Cue::ARC),
    ("application registration", Cue::ARC),
    ("share code", Cue::SHARE),
    ("residence permit", Cue::BRP),
    ("residence card", Cue::BRP),
    ("national insurance", Cue::NINO),
    ("ni number", Cue::NINO),
    ("ni no", Cue::NINO),
    ("tax reference", Cue::UTR),
    ("tax number", Cue::UTR),
    ("sort code", Cue::SORT),
    ("account number", Cue::BANK),
    ("account no", Cue::BANK),
    ("bank account", Cue::BANK),
    ("driving licence", Cue::DRIVING),
    ("driving license", Cue::DRIVING),
    ("driver licence", Cue::DRIVING),
    ("driver license", Cue::DRIVING),
    ("drivers license", Cue::DRIVING),
    ("licence number", Cue::DRIVING),
    ("number plate", Cue::VEHICLE),
    ("car reg", Cue::VEHICLE),
    ("vehicle registration", Cue::VEHICLE),
    ("what 3", Cue::W3W),
    ("what three", Cue::W3W),
    ("what3 words", Cue::W3W),
    ("geo hash", Cue::GEOHASH),
    ("geo point", Cue::PLACE),
    ("grid ref", Cue::GRID),
    ("cell id", Cue::CELL),
    ("hardware address", Cue::MAC),
    ("mac address", Cue::MAC),
    ("sleep site", Cue::SLEEP),
    ("sleeping site", Cue::SLEEP),
    ("sleeping location", Cue::SLEEP),
    ("bedded down", Cue::SLEEP),
    ("facial image", Cue::FACE),
    ("last seen", Cue::WHERE),
    ("found at", Cue::WHERE),
];

/// Words that speak only where they are a key, or the last word of one.
const KEYS: [(&str, u64); 35] = [
    ("x", Cue::AXIS | Cue::LON | Cue::EASTING),
    ("y", Cue::AXIS | Cue::LAT | Cue::NORTHING),
    ("long", Cue::LON),
    ("coords", Cue::PLACE),
    ("coord", Cue::PLACE),
    ("coordinates", Cue::PLACE),
    ("location", Cue::PLACE),
    ("geo", Cue::PLACE),
    ("geom", Cue::PLACE),
    ("geometry", Cue::PLACE),
    ("geolocation", Cue::PLACE),
    ("gps", Cue::PLACE),
    ("position", Cue::PLACE),
    ("point", Cue::PLACE),
    ("pos", Cue::PLACE),
    ("area", Cue::OUTCODE),
    ("photo", Cue::PICTURE),
    ("photograph", Cue::PICTURE),
    ("picture", Cue::PICTURE),
    ("image", Cue::PICTURE),
    ("face", Cue::FACE),
    ("fingerprint", Cue::FINGER),
    ("fingerprints", Cue::FINGER),
    ("address", Cue::ADDRESS),
    ("address1", Cue::ADDRESS),
    ("addressline1", Cue::ADDRESS),
    ("line1", Cue::ADDRESS),
    ("street", Cue::ADDRESS),
    ("pid", Cue::CID),
    ("account", Cue::BANK),
    ("bedsite", Cue::SLEEP),
    ("whereabouts", Cue::WHERE),
    ("foundat", Cue::WHERE),
    ("lastseen", Cue::WHERE),
    ("lastseenat", Cue::WHERE),
];

impl Parts {
    fn take(&mut self, word: &mut String) {
        if !word.is_empty() {
            // "of", "the": they stand between words that belong together.
            if !matches!(word.as_str(), "of" | "the" | "s" | "your" | "is") {
                self.words.push(std::mem::take(word));
            }
            word.clear();
        }
    }

    fn cue(mut self) -> u64 {
        for word in &self.words {
            self.bits |= words::look(word.as_bytes()).cue;
            if word == "e7" {
                self.bits |= Cue::E7;
            }
        }
        for (one, two) in self.words.iter().zip(self.words.iter().skip(1)) {
            let pair = format!("{one} {two}");
            self.bits |= TOGETHER.iter().filter(|(t, _)| *t == pair).map(|(_, bits)| bits).fold(0, |a, b| a | b);
        }
        // $.coord[0]
        let numbered = |word: &String| word.bytes().all(|b| b.is_ascii_digit());
        let named = self.words.iter().rposition(|word| !numbered(word)).map_or(0, |at| at + 1);
        let named = self.words.get(..named).unwrap_or_default();
        if let Some(last) = named.last() {
            let whole = named.concat();
            let of = |word: &str| KEYS.iter().find(|(k, _)| *k == word).map_or(0, |(_, bits)| *bits);
            self.bits |= of(last) | of(&whole) | words::look(whole.as_bytes()).cue;
            self.bits |= words::look(whole.strip_suffix("number").unwrap_or_default().as_bytes()).cue;
            let e7 = whole.strip_suffix("e7").unwrap_or_default();
            if words::look(e7.as_bytes()).cue & (Cue::LAT | Cue::LON) != 0 {
                self.bits |= words::look(e7.as_bytes()).cue | Cue::E7;
            }
        }
        // A part of a date of birth is that part, and an IP address is no street.
        if self.bits & (Cue::DAY | Cue::MONTH | Cue::YEAR) != 0 {
            self.bits &= !Cue::BIRTH;
        }
        if self.bits & (Cue::MAC | Cue::IP) != 0 || self.words.iter().any(|w| w == "email" || w == "web") {
            self.bits &= !Cue::ADDRESS;
        }
        // "birthplace", "country of birth" are no dates; "placeOfBirth" no place to find somebody at.
        if self.words.iter().any(|w| matches!(w.as_str(), "place" | "country" | "city" | "town")) {
            self.bits &= !(Cue::BIRTH | Cue::PLACE);
        }
        self.bits
    }
}

/// The cue words just passed in a text.
#[derive(Clone, Copy)]
pub(super) struct Near {
    bits: u64,
    /// Words since, that neither speak of it nor are mere filling.
    strange: u32,
}

/// Cues that hold only if nothing but filling stands between them and the value.
const STRICT: u64 = Cue::CHAIN
    | Cue::CID
    | Cue::SHARE
    | Cue::BANK
    | Cue::SORT
    | Cue::ARC
    | Cue::UPRN
    | Cue::OUTCODE
    | Cue::LAT
    | Cue::LON
    | Cue::EASTING
    | Cue::NORTHING
    | Cue::GRID
    | Cue::GEOHASH
    | Cue::W3W
    | Cue::MAC
    | Cue::IP
    | Cue::DRIVING
    | Cue::POSTCODE
    | Cue::CELL
    | Cue::PORT
    | Cue::UKVI
    | Cue::AXIS;

/// Strict cues of shapes that no number at the beginning of a line has by chance.
const ACROSS: u64 = Cue::SHARE | Cue::W3W | Cue::MAC;

impl Near {
    pub(super) const fn new() -> Self {
        Self { bits: 0, strange: 0 }
    }

    /// A word has passed.
    #[inline(always)]
    pub(super) fn pass(&mut self, word: words::Word) {
        if word.cue != 0 {
            self.bits = if self.strange > 0 { word.cue } else { self.bits | word.cue };
            self.strange = 0;
        } else if word.role & role::FILLING == 0
            && !(word.role & role::PART != 0 && self.bits & (Cue::POSTCODE | Cue::OUTCODE) != 0)
        {
            self.strange = self.strange.saturating_add(1);
        }
    }

    /// A line has ended. A label on a line of its own speaks of the next; what else ends a line, only if it holds over
    /// other words too.
    pub(super) fn end_line(&mut self, label: bool) {
        self.bits = match self.strange {
            0 if label => self.bits & !Cue::OTHER,
            0 => self.bits & (!(Cue::OTHER | STRICT) | ACROSS),
            1..=3 if label => self.bits & !(Cue::OTHER | STRICT),
            _ => 0,
        };
        self.strange = 0;
    }

    /// Whether what has just passed says what comes.
    pub(super) const fn is_label(self) -> bool {
        // "No postcode; B12 is a vitamin."
        self.bits & !(Cue::POSTCODE | Cue::OUTCODE) != 0 && self.strange == 0
    }

    /// A value was found, or a clause has ended.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The word that has just passed goes on: what comes is no other.
    pub(super) const fn goes_on(&mut self) {
        self.strange = self.strange.saturating_sub(1);
    }

    #[inline(always)]
    pub(super) fn cue(self) -> u64 {
        match self.strange {
            0 => self.bits,
            1..=3 => self.bits & !STRICT,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_however_they_are_written() {
        let cases: &[(&str, u64)] = &[
            ("dateOfBirth", Cue::BIRTH),
            ("date_of_birth", Cue::BIRTH),
            ("DOB", Cue::BIRTH),
            ("client.dob", Cue::BIRTH),
            ("birthDate", Cue::BIRTH),
            ("$.person['birth-date']", Cue::BIRTH),
            ("dobDay", Cue::DAY),
            ("yearOfBirth", Cue::YEAR),
            ("Mailing Postal Code", Cue::POSTCODE),
            ("postCode", Cue::POSTCODE),
            ("NINumber", Cue::NINO),
            ("nhs_number", Cue::NHS),
            ("NHSNumber", Cue::NHS),
            ("CHAIN_Number", Cue::CHAIN),
            ("homeOfficeRef", Cue::HO),
            ("HORef", Cue::HO),
            ("shareCode", Cue::SHARE),
            ("lat_e7", Cue::LAT | Cue::E7),
            ("latitudeE7", Cue::LAT | Cue::E7),
            ("lng", Cue::LON),
            ("sleepSite", Cue::SLEEP),
            ("What is your National Insurance number?", Cue::NINO),
            ("sortCode", Cue::SORT),
            ("accountNumber", Cue::BANK),
            ("uprn", Cue::UPRN),
            ("mobilePhone", Cue::PHONE),
        ];
        for (key, bits) in cases {
            assert_eq!(Cue::of_key(key).0 & bits, *bits, "{key}");
        }
        for key in [
            "latency",
            "platform",
            "longdesc",
            "description",
            "chaining",
            "status",
            "archive",
            "reborn",
            "placeOfBirth",
        ] {
            let bits = Cue::of_key(key).0;
            assert_eq!(bits & !Cue::OTHER, 0, "{key}: {bits:b}");
        }
    }
}
