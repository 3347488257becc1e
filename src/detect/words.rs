//! The words that detectors know, found by one look-up for each word of a text.

use super::cue::Cue;

/// What a word means to detectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// What it says of a value after it.
    pub(super) cue: u64,
    /// Its part in prose and notations ([`role`]).
    pub(super) role: u32,
}

/// Parts that words play.
pub(super) mod role {
    /// Stands between a cue and its value: "no.", "is", "reference".
    pub(in crate::detect) const FILLING: u32 = 1;
    /// Names a notation that begins here.
    pub(in crate::detect) const NOTATION: u32 = 1 << 1;
    /// The name of a host of maps.
    pub(in crate::detect) const HOST: u32 = 1 << 2;
    /// Says that somebody sleeps somewhere.
    pub(in crate::detect) const SLEEP: u32 = 1 << 3;
    /// Says that somebody was or is somewhere.
    pub(in crate::detect) const SEEN: u32 = 1 << 4;
    /// A thing that people sleep in or under, and hardly anybody else speaks of.
    pub(in crate::detect) const SITE: u32 = 1 << 5;
    /// A place out of doors that is a site only with a word of sleeping.
    pub(in crate::detect) const OUTDOORS: u32 = 1 << 6;
    /// in, at, on, by, near …
    pub(in crate::detect) const AT: u32 = 1 << 7;
    /// under, beneath …
    pub(in crate::detect) const UNDER: u32 = 1 << 8;
    /// A site one is under, not at: a bridge.
    pub(in crate::detect) const ROOF: u32 = 1 << 9;
    /// Beside, behind, round … something that one is not in.
    pub(in crate::detect) const OUT: u32 = 1 << 18;
    /// Where people sleep who have a bed, and when and how: none of it says that somebody sleeps out.
    pub(in crate::detect) const HOME: u32 = 1 << 19;
    /// Says that somebody lives or stays somewhere.
    pub(in crate::detect) const STAY: u32 = 1 << 20;
    /// Where nobody lives who has a home.
    pub(in crate::detect) const ROUGH: u32 = 1 << 21;
    /// Somebody.
    pub(in crate::detect) const PERSON: u32 = 1 << 22;
    /// Says of somebody that they have no home.
    pub(in crate::detect) const HOMELESS: u32 = 1 << 23;
    /// Makes a whole sentence, which says something of a place.
    pub(in crate::detect) const VERB: u32 = 1 << 24;
    /// What a phrase about where somebody sleeps may be noticed at.
    pub(in crate::detect) const PHRASE: u32 = SLEEP | SITE | CAMP | STAY | HOMELESS;
    /// Both parts of "at" and "on".
    pub(in crate::detect) const FILLING_AT: u32 = FILLING | AT;
    /// "dot", in an e-mail address for people.
    pub(in crate::detect) const DOT: u32 = 1 << 17;
    /// What is pitched or left where somebody sleeps.
    pub(in crate::detect) const CAMP: u32 = 1 << 10;
    /// Something else happens there.
    pub(in crate::detect) const BUSY: u32 = 1 << 11;
    /// An axis: between two numbers it makes them a pair.
    pub(in crate::detect) const AXIS: u32 = 1 << 12;
    /// A kind of street.
    pub(in crate::detect) const STREET: u32 = 1 << 13;
    /// A month.
    pub(in crate::detect) const MONTH: u32 = 1 << 14;
    /// Says that a part of a postcode comes, after "postcode".
    pub(in crate::detect) const PART: u32 = 1 << 16;
    /// the, a, his …
    pub(in crate::detect) const ARTICLE: u32 = 1 << 15;
}
use role::{
    ARTICLE, AT, AXIS, BUSY, CAMP, DOT, FILLING, HOME, HOMELESS, HOST, MONTH, NOTATION, OUT, OUTDOORS, PART, PERSON,
    PHRASE, ROOF, ROUGH, SEEN, SITE, SLEEP, STAY, STREET, UNDER, VERB,
};

/// Words that mean the same.
const MEANINGS: &[(u64, u32, &[&str])] = &[
    (
        Cue::LAT,
        AXIS,
        &[
            "lat",
            "latitude",
            "latd",
            "mlat",
            "gpslat",
            "mailinglatitude",
            "billinglatitude",
            "shippinglatitude",
            "otherlatitude",
            "szer",
        ],
    ),
    (Cue::LAT | Cue::E7, AXIS, &["latitudee7", "late7"]),
    (
        Cue::LON,
        AXIS,
        &[
            "lon",
            "lng",
            "longitude",
            "mlon",
            "gpslon",
            "gpslng",
            "mailinglongitude",
            "billinglongitude",
            "shippinglongitude",
            "otherlongitude",
        ],
    ),
    (Cue::LON | Cue::E7, AXIS, &["longitudee7", "lone7", "lnge7", "longe7"]),
    (
        0,
        AXIS,
        &["long", "x", "y", "n", "e", "s", "w", "osx", "osy", "north", "south", "east", "west", "degrees", "deg"],
    ),
    (Cue::LAT, NOTATION | AXIS, &["gpslatitude"]),
    (Cue::LON, NOTATION | AXIS, &["gpslongitude"]),
    (Cue::EASTING, AXIS, &["easting", "eastings"]),
    (Cue::NORTHING, AXIS, &["northing", "northings"]),
    (Cue::PLACE, FILLING, &["coordinates", "coords", "gps"]),
    (Cue::GRID, FILLING, &["grid", "gridref", "gridreference", "ngr", "osgr", "osgb", "bng", "osgb36", "os", "gr"]),
    (Cue::GEOHASH, 0, &["geohash"]),
    (Cue::W3W, 0, &["w3w", "what3words", "whatthreewords", "threewords"]),
    (Cue::UPRN, 0, &["uprn"]),
    (Cue::POSTCODE, 0, &["postcode", "postcodes", "zip", "zipcode", "postalcode", "mailingpostalcode"]),
    (Cue::POSTCODE, FILLING, &["outcode", "outward", "sector"]),
    (Cue::NINO, 0, &["nino", "ni", "insurance", "nationalinsurance", "nationalinsurancenumber", "trn"]),
    (Cue::NHS, 0, &["nhs", "nhsno", "nhsnumber"]),
    (Cue::UTR, 0, &["utr", "taxpayer", "tax"]),
    (Cue::PASSPORT, 0, &["passport", "passports", "passportno", "pspt", "pp"]),
    (Cue::BRP, 0, &["brp", "residence", "biometric"]),
    (Cue::HO, 0, &["ho", "horef", "homeoffice", "homeofficeref", "homeofficereference", "honumber"]),
    (Cue::CID, 0, &["cid", "atlas", "personid", "caseid"]),
    (Cue::ARC, 0, &["arc", "nass", "asylum", "nassref", "arcnumber"]),
    (Cue::SHARE, 0, &["share", "sharecode"]),
    (Cue::UKVI, 0, &["ukvi", "customer", "cust"]),
    (Cue::CHAIN, 0, &["chain", "chainno", "chainnumber", "chainid"]),
    (Cue::DRIVING, 0, &["driving", "dvla", "driver", "drivinglicence"]),
    (Cue::VEHICLE, 0, &["reg", "vrm", "vrn", "registration", "vehicle", "numberplate", "plate"]),
    (Cue::VEHICLE, OUTDOORS, &["car", "van"]),
    (Cue::BANK, 0, &["account", "acct", "iban", "accountnumber", "accountno", "bankaccount"]),
    (Cue::SORT, 0, &["sort", "sortcode"]),
    (Cue::PHONE, 0, &["phone", "tel", "telephone", "mobile", "mob", "whatsapp", "phonenumber", "mobilenumber", "fax"]),
    (
        Cue::BIRTH,
        0,
        &[
            "dob",
            "birth",
            "born",
            "birthdate",
            "birthday",
            "dateofbirth",
            "birthdt",
            "geni",
            "urodzenia",
            "urodzony",
            "urodzona",
            "naissance",
            "nacimiento",
            "nasterii",
            "nascut",
        ],
    ),
    (Cue::IMEI, 0, &["imei", "imeisv", "handset"]),
    (Cue::MAC, 0, &["mac", "macaddress"]),
    (Cue::IP, 0, &["ip", "ipaddress", "ipv4", "ipv6", "remoteaddr"]),
    (Cue::FACE, 0, &["facialimage", "faceimage", "facialprint"]),
    (Cue::FINGER, 0, &["fingerprintimage", "fingerprintdata"]),
    (Cue::SLEEP, 0, &["sleepsite", "sleepingsite", "sleepinglocation", "beddeddown"]),
    (Cue::CELL, NOTATION, &["mcc"]),
    (Cue::CELL, 0, &["mnc", "cellid", "enodeb"]),
    (Cue::PORT, 0, &["port"]),
    (
        Cue::OTHER,
        0,
        &[
            "order",
            "orders",
            "invoice",
            "receipt",
            "ticket",
            "version",
            "build",
            "epoch",
            "timestamp",
            "isbn",
            "sku",
            "batch",
            "po",
            "serial",
            "vat",
            "company",
            "charity",
            "template",
            "release",
            "job",
            "event",
            "commit",
        ],
    ),
    (
        0,
        FILLING,
        &[
            "no",
            "nr",
            "num",
            "number",
            "numbers",
            "ref",
            "reference",
            "refs",
            "id",
            "is",
            "was",
            "code",
            "client",
            "card",
            "given",
            "as",
            "uk",
            "licence",
            "license",
            "permit",
            "person",
            "case",
            "and",
            "date",
            "file",
            "support",
            "national",
            "office",
            "home",
            "driving",
            "expires",
            "value",
            "with",
            "now",
            "holder",
            "line",
            "square",
            "like",
            "called",
            "bank",
            "service",
            "app",
            "has",
            "shows",
            "quoted",
            "quote",
            "read",
            "reads",
            "says",
            "checked",
            "new",
            "old",
            "current",
            "words",
            "address",
            "addr",
            "device",
            "pid",
        ],
    ),
    (0, FILLING | ARTICLE, &["the", "a", "an", "his", "her", "their", "my", "our", "this", "that", "some"]),
    (
        0,
        PART,
        &[
            "area",
            "areas",
            "district",
            "districts",
            "begins",
            "beginning",
            "starts",
            "starting",
            "first",
            "part",
            "half",
        ],
    ),
    (0, FILLING | AT, &["on", "at"]),
    (0, DOT, &["dot"]),
    (0, FILLING, &["of"]),
    (0, AT, &["in", "inside", "within", "end", "side"]),
    (
        0,
        AT | OUT,
        &[
            "by", "near", "nr", "beside", "opposite", "opp", "outside", "ootside", "behind", "next", "around", "round",
            "between", "along", "against", "off", "corner", "back", "rear", "front",
        ],
    ),
    (0, UNDER, &["under", "underneath", "beneath", "below"]),
    (0, NOTATION, &["point", "linestring", "polygon", "multipoint", "multipolygon", "multilinestring", "pointz"]),
    (0, NOTATION, &["data", "srid", "d"]),
    (0, NOTATION | AXIS, &["pos"]),
    (0, HOST, &["goo", "w3w", "what3words", "thestreetlink", "streetlink", "osm", "waze"]),
    (
        0,
        SLEEP,
        &[
            "sleeping",
            "sleeps",
            "slept",
            "sleep",
            "asleep",
            "bedded",
            "bedding",
            "beds",
            "kipping",
            "kip",
            "dossing",
            "doss",
            "camping",
            "camped",
            "camps",
            "encamped",
            "dosses",
            "curled",
            "woke",
            "kips",
            "bedroll",
            "squatting",
            "surfing",
            "surfs",
        ],
    ),
    (
        0,
        SEEN,
        &[
            "seen",
            "usually",
            "find",
            "curled",
            "breathing",
            "found",
            "spotted",
            "living",
            "stays",
            "staying",
            "often",
            "mostly",
            "located",
            "regularly",
            "sits",
            "sitting",
            "lying",
            "lives",
            "settled",
            "sheltering",
            "shelters",
            "rough",
            "pitch",
            "pitched",
            "currently",
            "based",
            "woke",
            "nights",
            "overnight",
            "huddled",
        ],
    ),
    (
        0,
        SITE,
        &[
            "doorway",
            "doorways",
            "underpass",
            "stairwell",
            "archway",
            "towpath",
            "alleyway",
            "churchyard",
            "graveyard",
            "bench",
            "bandstand",
            "porch",
            "subway",
            "tunnel",
            "binstore",
            "carpark",
            "shopfront",
            "stairway",
            "squat",
            "lockup",
            "graffiti",
        ],
    ),
    (0, SITE | ROOF, &["bridge", "flyover", "arches", "viaduct", "overpass", "stairs", "awning", "tarpaulin"]),
    (0, SITE | CAMP, &["tent", "tents", "cardboard", "encampment"]),
    (
        0,
        OUTDOORS,
        &[
            "park",
            "station",
            "alley",
            "woods",
            "canal",
            "cemetery",
            "garage",
            "shed",
            "steps",
            "library",
            "bus",
            "bin",
            "bins",
            "loading",
            "pavement",
            "street",
            "river",
            "bank",
            "field",
            "wall",
            "toilets",
            "shop",
            "church",
            "entrance",
            "gate",
            "gardens",
            "garden",
            "embankment",
            "market",
            "shelter",
            "supermarket",
            "roundabout",
            "playground",
            "beach",
            "pier",
            "wood",
            "forest",
            "bushes",
            "hedge",
            "trees",
            "path",
            "railway",
            "tube",
            "platform",
            "skip",
            "warehouse",
            "arcade",
            "precinct",
            "cinema",
            "theatre",
            "bay",
            "lane",
            "road",
            "square",
        ],
    ),
    (
        0,
        VERB,
        &[
            "is", "are", "was", "were", "be", "being", "been", "needs", "need", "has", "have", "had", "will", "must",
            "should", "may", "keep", "clear", "clean", "starts", "opens", "closes",
        ],
    ),
    (0, HOMELESS, &["homeless", "sleeper", "sleepers"]),
    (0, STAY, &["stay", "stayed", "stays", "staying", "lives", "living"]),
    (0, CAMP, &["mattress", "den", "spot", "bivvy"]),
    (
        0,
        PERSON,
        &[
            "he", "she", "him", "they", "i", "im", "hes", "shes", "man", "woman", "male", "female", "chap", "bloke",
            "girl", "boy", "lad", "couple", "somebody", "someone", "now", "normally", "always", "her",
        ],
    ),
    (
        0,
        ROUGH,
        &[
            "bus",
            "car",
            "van",
            "lorry",
            "truck",
            "caravan",
            "boat",
            "transit",
            "woods",
            "woodland",
            "bushes",
            "shed",
            "garage",
            "allotment",
            "allotments",
            "layby",
            "toilets",
            "loo",
            "stairwell",
            "derelict",
            "disused",
            "abandoned",
            "dunes",
            "beach",
            "cemetery",
            "quarry",
            "barn",
            "hut",
            "gennel",
            "ginnel",
            "forest",
            "arches",
            "subway",
            "underpass",
            "deck",
        ],
    ),
    (0, SITE, &["ginnel", "gennel", "snicket", "hoardings", "colonnade", "bypass", "layby", "porch", "pier", "crypt"]),
    (
        0,
        HOME,
        &[
            "hostel",
            "hostels",
            "house",
            "home",
            "bed",
            "bedroom",
            "room",
            "rooms",
            "lounge",
            "hotel",
            "accommodation",
            "placement",
            "refuge",
            "night",
            "morning",
            "day",
            "daytime",
            "afternoon",
            "evening",
            "week",
            "weekend",
            "project",
            "unit",
            "dorm",
            "dormitory",
            "hospital",
            "ward",
            "well",
            "better",
            "badly",
            "poorly",
            "fine",
            "ok",
            "shift",
            "shifts",
            "turns",
            "cold",
            "heat",
            "rain",
            "summer",
            "winter",
            "open",
            "region",
            "borough",
            "city",
            "area",
            "country",
            "county",
            "year",
            "month",
            "own",
            "past",
            "last",
            "service",
            "scheme",
            "shelter",
            "idea",
            "offer",
            "opportunity",
            "decision",
            "same",
            "pattern",
            "patterns",
            "tablet",
            "tablets",
            "pill",
            "pills",
            "medication",
            "hygiene",
            "problems",
            "arrangements",
            "magistrates",
            "magistrate",
            "hall",
            "floor",
            "flat",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
            "today",
            "tomorrow",
            "noon",
            "job",
            "tv",
            "television",
            "trip",
            "trips",
            "holiday",
            "equipment",
            "gear",
            "table",
            "coach",
            "train",
            "plane",
            "pram",
            "cot",
        ],
    ),
    (
        0,
        BUSY,
        &[
            "stood",
            "standing",
            "waited",
            "waiting",
            "smoking",
            "installed",
            "repaired",
            "repair",
            "met",
            "meet",
            "walked",
            "painted",
            "cleaned",
            "water",
            "substitute",
            "magistrates",
            "magistrate",
            "judge",
            "judges",
            "funding",
            "gap",
            "metaphor",
            "blocked",
            "light",
            "fitted",
            "collapsed",
            "closed",
            "hired",
            "hire",
            "erected",
            "sale",
            "repairs",
            "festival",
            "fete",
            "wedding",
            "kept",
            "stored",
            "painting",
        ],
    ),
    (
        0,
        STREET,
        &[
            "boulevard",
            "blvd",
            "ln",
            "approach",
            "broadway",
            "park",
            "gate",
            "northgate",
            "southgate",
            "eastgate",
            "westgate",
            "kirkgate",
            "esplanade",
            "promenade",
            "embankment",
            "bank",
            "cottages",
            "villas",
            "buildings",
            "circus",
            "loan",
            "wynd",
            "brae",
            "avenue",
            "ave",
            "close",
            "terrace",
            "crescent",
            "drive",
            "court",
            "grove",
            "gardens",
            "mews",
            "place",
            "way",
            "hill",
            "walk",
            "rd",
            "st",
            "row",
            "parade",
            "rise",
            "view",
            "green",
            "quay",
            "wharf",
            "house",
            "street",
            "road",
            "lane",
            "square",
            "yard",
            "mount",
            "vale",
        ],
    ),
    (
        0,
        MONTH,
        &[
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
            "jan",
            "feb",
            "mar",
            "apr",
            "jun",
            "jul",
            "aug",
            "sep",
            "sept",
            "oct",
            "nov",
            "dec",
        ],
    ),
];

const SLOTS: usize = 4096;

/// For each slot, the number of a word in [`MEANINGS`], counted through, plus one.
/// With it its place among them, its length and its first letter, so that most other words are told apart at once.
static TABLE: [(u16, u8, u8, u8); SLOTS] = build();

/// A bit for each slot of a word that a phrase of sleeping out may begin with.
static PHRASES: [u64; SLOTS / 64] = phrases();

/// For each letter that such a word begins with, a bit for each length.
static LENGTHS: [u32; 32] = lengths();

#[inline(always)]
const fn slot(first: u8, middle: u8, last: u8, second: u8, len: usize) -> usize {
    let h = (first | 32) as usize * 131
        + (middle | 32) as usize * 31
        + (last | 32) as usize * 1009
        + (second | 32) as usize * 57
        + len * 613;
    (h ^ (h >> 7)) % SLOTS
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn build() -> [(u16, u8, u8, u8); SLOTS] {
    let mut table = [(0, 0, 0, 0); SLOTS];
    let mut i = 0;
    while i < MEANINGS.len() {
        let words = MEANINGS[i].2;
        let mut j = 0;
        while j < words.len() {
            let word = words[j].as_bytes();
            let n = word.len();
            let mut at = slot(word[0], word[n / 2], word[n - 1], word[if n > 1 { 1 } else { 0 }], n);
            while table[at].0 != 0 {
                at = (at + 1) % SLOTS;
            }
            table[at] = (i as u16 + 1, j as u8, n as u8, word[0]);
            j += 1;
        }
        i += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn phrases() -> [u64; SLOTS / 64] {
    let mut bits = [0; SLOTS / 64];
    let mut i = 0;
    while i < MEANINGS.len() {
        let (cue, role, words) = MEANINGS[i];
        let mut j = 0;
        while j < words.len() && (role & (PHRASE | DOT) != 0 || cue & Cue::SHARE != 0) {
            let word = words[j].as_bytes();
            let n = word.len();
            let at = slot(word[0], word[n / 2], word[n - 1], word[if n > 1 { 1 } else { 0 }], n);
            bits[at / 64] |= 1 << (at % 64);
            j += 1;
        }
        i += 1;
    }
    bits
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn lengths() -> [u32; 32] {
    let mut bits = [0; 32];
    let mut i = 0;
    while i < MEANINGS.len() {
        let (cue, role, words) = MEANINGS[i];
        let mut j = 0;
        while j < words.len() && (role & (PHRASE | DOT) != 0 || cue & Cue::SHARE != 0) {
            let word = words[j].as_bytes();
            bits[(word[0] & 31) as usize] |= 1 << word.len();
            j += 1;
        }
        i += 1;
    }
    bits
}

/// A quick test whether [`begins_phrase`] could say yes of a word with this first letter and length.
#[inline(always)]
pub(super) fn may_begin_phrase(first: u8, length: usize) -> bool {
    LENGTHS.get(usize::from(first & 31)).is_some_and(|bits| bits.checked_shr(length as u32).unwrap_or(0) & 1 == 1)
}

/// Whether a phrase of sleeping out, or a code in letters, may begin with a word.
#[inline(always)]
pub(super) fn begins_phrase(word: &[u8]) -> bool {
    let n = word.len();
    let (Some(first), Some(middle), Some(last)) = (word.first(), word.get(n / 2), word.last()) else { return false };
    let at = slot(*first, *middle, *last, *word.get(1).unwrap_or(first), n);
    PHRASES.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1) && {
        let found = look(word);
        found.role & (PHRASE | DOT) != 0 || found.cue & Cue::SHARE != 0
    }
}

const NOTHING: Word = Word { cue: 0, role: 0 };

/// What a word of letters and digits means, in whichever case it is written. A word with two meanings has both.
#[inline(always)]
pub(super) fn look(word: &[u8]) -> Word {
    let n = word.len();
    if n > 24 {
        return NOTHING;
    }
    let (Some(first), Some(middle), Some(last)) = (word.first(), word.get(n / 2), word.last()) else { return NOTHING };
    let second = word.get(1).unwrap_or(first);
    let mut at = slot(*first, *middle, *last, *second, n);
    let mut found = NOTHING;
    while let Some((meaning, number, length, letter)) = TABLE.get(at).filter(|entry| entry.0 != 0) {
        if *length as usize == n
            && *letter == *first | 32
            && let Some((cue, role, words)) = MEANINGS.get(*meaning as usize - 1)
            && words.get(*number as usize).is_some_and(|w| w.as_bytes().eq_ignore_ascii_case(word))
        {
            found.cue |= cue;
            found.role |= role;
        }
        at = (at + 1) % SLOTS;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_with_all_it_means() {
        for (cue, role, words) in MEANINGS {
            for word in *words {
                let found = look(word.to_ascii_uppercase().as_bytes());
                assert_eq!((found.cue & cue, found.role & role), (*cue, *role), "{word}");
            }
        }
        assert_eq!(look(b"perhaps"), NOTHING);
        assert_eq!(look(b""), NOTHING);
        let used = TABLE.iter().filter(|entry| entry.0 != 0).count();
        assert!(used < SLOTS / 3, "{used}");
    }
}
