//! Makes valid spellings of every family: numbers with their check digits, places in and around this country.

use crate::random::Random;
use havengate::detect::Kind;

/// A family of the labelled set.
pub(crate) struct Spelling {
    pub(crate) name: &'static str,
    pub(crate) kinds: &'static [Kind],
    pub(crate) location: bool,
    pub(crate) make: fn(&mut Random) -> String,
    /// Sentences that say what it is, for what says nothing alone. Empty: any sentence does.
    pub(crate) cues: &'static [&'static str],
}

const fn spelling(
    name: &'static str,
    kinds: &'static [Kind],
    make: fn(&mut Random) -> String,
    cues: &'static [&'static str],
) -> Spelling {
    Spelling { name, kinds, location: false, make, cues }
}

const fn place(
    name: &'static str,
    kinds: &'static [Kind],
    make: fn(&mut Random) -> String,
    cues: &'static [&'static str],
) -> Spelling {
    Spelling { name, kinds, location: true, make, cues }
}

const GPS: &[Kind] = &[Kind::Coordinates];
const GRID: &[Kind] = &[Kind::Grid];
const HO: &[Kind] = &[Kind::HomeOffice];
const CARD: &[Kind] = &[Kind::ResidencePermit];

pub(crate) const SPELLINGS: &[Spelling] = &[
    spelling("National Insurance number", &[Kind::NationalInsurance], nino, &[]),
    spelling("NHS number", &[Kind::Nhs], nhs, &[]),
    spelling("driving licence", &[Kind::DrivingLicence], driving, &[]),
    spelling(
        "tax reference (UTR)",
        &[Kind::TaxReference],
        utr,
        &["UTR {}", "her tax reference is {}.", "UTR: {}, self-employed"],
    ),
    spelling("vehicle registration", &[Kind::Vehicle], vehicle, &[]),
    spelling(
        "passport",
        &[Kind::Passport],
        passport,
        &["passport no. {}", "Passport number: {} (seen)", "his passport {} expires in May", "passport was {}"],
    ),
    spelling(
        "passport, machine-readable",
        &[Kind::Passport],
        |r| format!("P<GBR{}<<{}<<<<", r.letters(7), r.letters(5)),
        &[],
    ),
    spelling(
        "residence permit",
        CARD,
        |r| format!("{}{}{}", r.of(&["ZU", "ZR", "RX", "RS"]), r.of(&["X", "1", "7"]), r.digits(6)),
        &[],
    ),
    spelling(
        "Home Office reference",
        HO,
        |r| format!("{}{}{}", r.letters(1), r.digits(7), r.of(&["", "", "/2", "/1"])),
        &[
            "HO ref {}",
            "Home Office reference: {}",
            "Home Office ref no. {} on letter",
            "the Home Office reference is {}.",
        ],
    ),
    spelling(
        "port reference",
        &[Kind::HomeOffice, Kind::ResidencePermit],
        |r| format!("{}/{}", r.of(&["ASC", "EDD", "LGW", "LHR", "TN5"]), r.digits(7)),
        &[],
    ),
    spelling(
        "CID or Atlas number",
        HO,
        |r| {
            let n = r.between(7, 9) as usize;
            format!("1{}", r.digits(n - 1))
        },
        &["CID {}", "Atlas ID {}", "CID person id: {}", "case id {} in CID"],
    ),
    spelling(
        "registration card (ARC)",
        CARD,
        |r| format!("{}{}", r.of(&["ASC", "ABC", "ARC"]), r.digits(7)),
        &["ARC {}", "ARC number: {}", "ARC card no {}"],
    ),
    spelling(
        "asylum support (NASS)",
        CARD,
        |r| format!("{:02}/{:02}/{:05}", r.between(10, 26), r.between(1, 12), r.below(100_000)),
        &["NASS ref {}", "NASS reference: {}", "asylum support ref {}"],
    ),
    spelling(
        "UAN",
        HO,
        |r| {
            let sep = r.of(&["-", " ", ""]);
            format!("3434{sep}{}{sep}{}{sep}{}", r.digits(4), r.digits(4), r.digits(4))
        },
        &[],
    ),
    spelling("GWF", HO, |r| format!("{}{}{}", r.of(&["GWF", "gwf"]), r.of(&["", " ", "-"]), r.digits(9)), &[]),
    spelling(
        "share code",
        &[Kind::ShareCode],
        share,
        &["share code {}", "Share code: {}", "her share code is {}, valid 90 days"],
    ),
    spelling(
        "UKVI customer number",
        HO,
        |r| format!("K{}", r.digits(8)),
        &["UKVI customer number {}", "customer number: {}"],
    ),
    spelling(
        "CHAIN number",
        &[Kind::Chain],
        |r| {
            let n = r.between(5, 7) as usize;
            format!("1{}", r.digits(n - 1))
        },
        &["CHAIN {}", "CHAIN no. {}", "chain number: {}", "his CHAIN ID is {}.", "{} (CHAIN)"],
    ),
    spelling(
        "bank account",
        &[Kind::BankAccount],
        |r| format!("{}-{}-{} 6{}", r.digits(2), r.digits(2), r.digits(2), r.digits(7)),
        &[],
    ),
    spelling("IBAN", &[Kind::Account], iban, &[]),
    spelling("telephone", &[Kind::Phone], phone, &[]),
    spelling(
        "e-mail",
        &[Kind::Email],
        |r| {
            format!(
                "{}.{}@{}",
                r.of(&["amina", "j", "tom-b"]),
                r.of(&["yusuf", "smith", "o'neill"]),
                r.of(&["example.org", "mail.example.co.uk", "EXAMPLE.COM"])
            )
        },
        &[],
    ),
    spelling(
        "date of birth",
        &[Kind::BirthDate],
        date,
        &["DOB {}", "dob: {}", "born {}", "Date of birth: {}.", "D.O.B. {}", "born on {} in Asmara", "{} (DOB)"],
    ),
    spelling(
        "IP address",
        &[Kind::Ip],
        |r| {
            if r.below(2) == 0 {
                format!("203.0.113.{}", r.below(255))
            } else {
                format!("2001:db8:{:x}::{:x}", r.below(65_000), r.between(1, 65_000))
            }
        },
        &[],
    ),
    spelling("hardware address", &[Kind::Mac], mac, &[]),
    spelling("IMEI", &[Kind::Device], imei, &[]),
    spelling(
        "picture or biometric",
        &[Kind::Picture, Kind::Fingerprint, Kind::FacePrint, Kind::Biometric],
        |r| {
            format!(
                "{}{}",
                r.of(&[
                    "data:image/jpeg;base64,/9j/",
                    "/9j/4AAQSkZJ",
                    "iVBORw0KGgoAAAANSUhEUg",
                    "Rk1SACAyMAA",
                    "464D520020323000"
                ]),
                r.text(40, "ABCDEF0123456789")
            )
        },
        &[],
    ),
    place("postcode", &[Kind::Postcode, Kind::Address], postcode, &[]),
    place(
        "postcode, partial",
        &[Kind::Postcode],
        |r| r.of(&["SW1A", "M1", "EC1A", "SE15", "BT35", "SW1A 1"]).to_owned(),
        &["postcode {}", "Postcode: {}", "outcode {}", "postcode sector {}"],
    ),
    place(
        "address",
        &[Kind::Address],
        |r| {
            format!(
                "{} {} {}, {}{}",
                r.between(1, 180),
                r.of(&["Mill", "High", "St Anne's", "Lower Canal"]),
                r.of(&["Street", "Road", "Lane", "Close"]),
                r.of(&["", "Riverside, "]),
                postcode(r)
            )
        },
        &[],
    ),
    place(
        "UPRN",
        &[Kind::Property],
        |r| {
            let n = r.between(9, 12) as usize;
            format!("1{}", r.digits(n - 1))
        },
        &["UPRN {}", "uprn: {}", "UPRN-{}", "the UPRN is {}."],
    ),
    place(
        "decimal pair",
        GPS,
        |r| {
            let (a, b) = point(r);
            format!("{a:.5}{}{b:.5}", r.of(&[", ", ",", " ", " / "]))
        },
        &[],
    ),
    place(
        "named pair",
        GPS,
        |r| {
            let (a, b) = point(r);
            r.of(&[
                "lat=A&lon=B",
                "{\"lat\":A,\"lng\":B}",
                "{\"latitude\":\"A\",\"longitude\":\"B\"}",
                "lat A long B",
                "Latitude: A, Longitude: B",
                "<trkpt lat=\"A\" lon=\"B\">",
                "{\"y\":A,\"x\":B}",
            ])
            .replace('A', &format!("{a:.5}"))
            .replace('B', &format!("{b:.5}"))
        },
        &[],
    ),
    place(
        "degrees with letters",
        GPS,
        |r| {
            let (a, b) = point(r);
            format!("{a:.4}{}N {:.4}{}{}", r.of(&["", "°"]), b.abs(), r.of(&["", "°"]), if b < 0.0 { "W" } else { "E" })
        },
        &[],
    ),
    place("degrees, minutes, seconds", GPS, sexagesimal, &[]),
    place(
        "ISO 6709",
        GPS,
        |r| {
            let (a, b) = point(r);
            format!("+{a:.5}{b:+010.5}/")
        },
        &[],
    ),
    place("geo: and map links", GPS, map_link, &[]),
    place("map links, short", GPS, |r| format!("https://maps.app.goo.gl/{}", r.text(9, "abcXYZ0123456789")), &[]),
    place(
        "GeoJSON",
        GPS,
        |r| {
            let (a, b) = point(r);
            format!("{{\"type\":\"Point\",\"coordinates\":[{b:.5},{a:.5}]}}")
        },
        &[],
    ),
    place(
        "WKT",
        GPS,
        |r| {
            let (a, b) = point(r);
            r.of(&[
                "POINT (B A)",
                "SRID=4326;POINT(B A)",
                "POLYGON((B A,B A,B A,B A))",
                "LINESTRING(B A, B A)",
                "point z (B A 12)",
            ])
            .replace('B', &format!("{b:.4}"))
            .replace('A', &format!("{a:.4}"))
        },
        &[],
    ),
    place(
        "GML",
        GPS,
        |r| {
            let (a, b) = point(r);
            format!("<gml:pos>{a:.5} {b:.5}</gml:pos>")
        },
        &[],
    ),
    place("WKB", GPS, wkb, &[]),
    place(
        "NMEA, EXIF, cell",
        &[Kind::Coordinates, Kind::Cell],
        |r| {
            let (a, b) = point(r);
            match r.below(3) {
                0 => format!(
                    "$GPGGA,123519,{:02}{:06.3},N,{:03}{:06.3},W,1,08",
                    a as u32,
                    a.fract() * 60.0,
                    b.abs() as u32,
                    b.abs().fract() * 60.0
                ),
                1 => format!("GPSLatitude={}/1,{}/1,{}/100", a as u32, r.below(60), r.below(6000)),
                _ => {
                    format!("MCC 234 MNC {} LAC {} CID {}", r.between(10, 33), r.between(1, 9999), r.between(1, 65_000))
                }
            }
        },
        &[],
    ),
    place(
        "ten-millionths",
        GPS,
        |r| {
            let (a, b) = point(r);
            format!("{{\"lat_e7\":{:.0},\"lon_e7\":{:.0}}}", a * 1e7, b * 1e7 - 1e5)
        },
        &[],
    ),
    place("National Grid", GRID, grid, &[]),
    place("easting and northing", GRID, metres, &[]),
    place(
        "MGRS and UTM",
        GRID,
        |r| match r.below(3) {
            0 => format!("30UXC{}", r.digits(10)),
            1 => format!("30U XC {} {}", r.digits(5), r.digits(5)),
            _ => format!("30U {} {}", r.between(300_000, 700_000), r.between(5_500_000, 6_500_000)),
        },
        &[],
    ),
    place(
        "what3words",
        GRID,
        |r| {
            let words = format!(
                "{}.{}.{}",
                r.of(&["filled", "march", "table"]),
                r.of(&["count", "lamp", "river"]),
                r.of(&["soap", "green", "orbit"])
            );
            format!("{}{words}", r.of(&["///", "https://w3w.co/", "what3words: ", "https://what3words.com/", "w3w "]))
        },
        &[],
    ),
    place(
        "Plus code",
        GRID,
        |r| {
            let digits = "23456789CFGHJMPQRVWX";
            format!("9C3X{}{}+{}", r.text(2, "GFRQ"), r.text(2, "V5C7"), r.text(2, digits))
        },
        &[],
    ),
    place(
        "geohash",
        GRID,
        |r| {
            let n = r.between(4, 7) as usize;
            format!("gcp{}{}", r.text(n, "bcdefghjkmnpqrstuvwxyz"), r.text(2, "0123456789"))
        },
        &["geohash {}", "geohash:{}", "https://geohash.org/{}", "Geohash: {}."],
    ),
    place("sleep site in words", &[Kind::SleepSite], sleep_site, &[]),
];

fn nino(r: &mut Random) -> String {
    let prefix = r.of(&["AB", "CE", "JG", "YZ", "HH", "SW", "NR"]);
    let (a, b, c, suffix) = (r.digits(2), r.digits(2), r.digits(2), r.of(&["A", "B", "C", "D"]));
    let sep = r.of(&["", " ", "-", "."]);
    cased(r, format!("{prefix}{sep}{a}{sep}{b}{sep}{c}{sep}{suffix}"))
}

fn cased(r: &mut Random, text: String) -> String {
    if r.below(3) == 0 { text.to_lowercase() } else { text }
}

fn nhs(r: &mut Random) -> String {
    loop {
        let first = format!("{}{}", r.of(&["4", "6", "7", "9"]), r.digits(8));
        let sum: u32 = first.bytes().zip((2..=10).rev()).map(|(d, w)| u32::from(d - b'0') * w).sum();
        let check = (11 - sum % 11) % 11;
        if check < 10 {
            let sep = r.of(&["", " ", "-"]);
            return format!("{}{sep}{}{sep}{}{check}", &first[..3], &first[3..6], &first[6..]);
        }
    }
}

fn driving(r: &mut Random) -> String {
    let month = r.between(1, 12) + 50 * r.below(2);
    format!(
        "{}{}{month:02}{:02}{}{}{}{}{}",
        r.of(&["MORGA", "FO999", "JONES", "YUSUF"]),
        r.digits(1),
        r.between(1, 28),
        r.digits(1),
        r.of(&["SM", "J9", "AA"]),
        r.digits(1),
        r.letters(2),
        r.of(&["", "", " 35"])
    )
}

fn utr(r: &mut Random) -> String {
    let rest = r.digits(9);
    let sum: u32 = rest.bytes().zip([6, 7, 8, 9, 10, 5, 4, 3, 2]).map(|(d, w)| u32::from(d - b'0') * w).sum();
    format!("{}{rest}", &"21987654321"[sum as usize % 11..][..1])
}

fn vehicle(r: &mut Random) -> String {
    match r.below(3) {
        0 => format!("{}{} {}", r.of(&["AB", "LD", "GX", "MK"]), r.of(&["51", "07", "19", "68"]), r.letters(3)),
        1 => format!("{}{}{}", r.of(&["AB", "LD", "GX"]), r.of(&["51", "07", "22"]), r.letters(3)),
        _ => format!("{}{} {}", r.of(&["A", "M", "R"]), r.between(100, 999), r.letters(3)),
    }
}

fn passport(r: &mut Random) -> String {
    r.digits(9)
}

fn share(r: &mut Random) -> String {
    let code = format!("{}{}{}", r.of(&["W", "R", "S"]), r.digits(2), r.text(6, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"));
    let sep = r.of(&["", " ", "-"]);
    format!("{}{sep}{}{sep}{}", &code[..3], &code[3..6], &code[6..])
}

fn iban(r: &mut Random) -> String {
    let (bank, number) = (r.of(&["NWBK", "WEST", "BUKB"]), r.digits(14));
    let rest = format!("{bank}{number}GB00").bytes().fold(0u32, |n, b| match b {
        b'0'..=b'9' => (n * 10 + u32::from(b - b'0')) % 97,
        b => (n * 100 + u32::from(b - b'A') + 10) % 97,
    });
    let whole = format!("GB{:02}{bank}{number}", 98 - rest);
    let sep = r.of(&["", " "]);
    let spelled =
        whole.as_bytes().chunks(4).map(|c| String::from_utf8(c.to_vec()).unwrap()).collect::<Vec<_>>().join(sep);
    cased(r, spelled)
}

fn phone(r: &mut Random) -> String {
    match r.below(6) {
        0 => format!("07700 900{}", r.digits(3)),
        1 => format!("+44 7700 900{}", r.digits(3)),
        2 => format!("020 7946 0{}", r.digits(3)),
        3 => format!("(0113) 496 0{}", r.digits(3)),
        4 => format!("00441632960{}", r.digits(3)),
        _ => format!("07700-900-{}", r.digits(3)),
    }
}

fn date(r: &mut Random) -> String {
    let (y, m, d) = (r.between(1940, 2009), r.between(1, 12), r.between(1, 28));
    let months = ["Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "September", "Oct", "Nov", "December"];
    let month = months[m as usize - 1];
    match r.below(7) {
        0 => format!("{y}-{m:02}-{d:02}"),
        1 => format!("{d:02}/{m:02}/{y}"),
        2 => format!("{d}.{m}.{y}"),
        3 => format!("{d} {month} {y}"),
        4 => format!("{d}th {month}, {y}"),
        5 => format!("{month} {d}, {y}"),
        _ => format!("{d:02}-{m:02}-{:02}", y % 100),
    }
}

fn mac(r: &mut Random) -> String {
    let hex = "0123456789abcdef";
    match r.below(3) {
        0 => (0..6).map(|_| r.text(2, hex)).collect::<Vec<_>>().join(":"),
        1 => format!("00-1a-{}", (0..4).map(|_| r.text(2, hex)).collect::<Vec<_>>().join("-")).to_uppercase(),
        _ => format!("001a.{}.{}", r.text(4, hex), r.text(4, hex)),
    }
}

fn imei(r: &mut Random) -> String {
    let body = format!("35{}", r.digits(12));
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }
        })
        .sum();
    let whole = format!("{body}{}", (10 - sum % 10) % 10);
    if r.below(2) == 0 { whole } else { format!("{}-{}-{}-{}", &whole[..2], &whole[2..8], &whole[8..14], &whole[14..]) }
}

pub(crate) fn postcode(r: &mut Random) -> String {
    let outward = r.of(&["SW1A", "M1", "EC1A", "DN55", "SE15", "B33", "CR2", "W1A", "NE1", "BT35", "LS11", "G4"]);
    let whole = format!(
        "{outward}{}{}{}",
        r.of(&[" ", " ", "", "  ", "\u{A0}"]),
        r.digits(1),
        r.text(2, "ABDEFGHJLNPQRSTUWXYZ")
    );
    cased(r, whole)
}

/// A point in Great Britain or near.
fn point(r: &mut Random) -> (f64, f64) {
    let f = |n: u64| n as f64 / 100_000.0;
    (50.0 + f(r.between(10_123, 899_999)), -5.0 + f(r.between(11, 649_999)) + 0.000_013)
}

fn sexagesimal(r: &mut Random) -> String {
    let (d, m, s, e, f, t) = (r.between(50, 58), r.below(60), r.below(600), r.below(6), r.below(60), r.below(600));
    let (s1, s2) = (s % 10, t % 10);
    let (s, t) = (s / 10, t / 10);
    match r.below(5) {
        0 => format!("{d}°{m:02}'{s:02}.{s1}\"N {e}°{f:02}'{t:02}.{s2}\"W"),
        1 => format!("{d} {m:02} {s:02}.{s1} N, {e:03} {f:02} {t:02}.{s2} W"),
        2 => format!("N{d}°{m:02}.{s:02}9 W{e:03}°{f:02}.{t:02}8"),
        3 => format!("{d}:{m:02}:{s:02}.{s1}N {e}:{f}:{t:02}.{s2}W"),
        _ => format!("{d}° {m}′ {s}″ N, {e}° {f}′ {t}″ W"),
    }
}

fn map_link(r: &mut Random) -> String {
    let (a, b) = point(r);
    r.of(&[
        "https://www.google.com/maps?q=A,B",
        "https://maps.google.com/maps/@A,B,17z",
        "https://www.google.com/maps/place/x/@51.5,-0.12,17z/data=!3dA!4dB",
        "https://www.openstreetmap.org/?mlat=A&mlon=B#map=17/A/B",
        "geo:A,B;u=10",
        "https://maps.apple.com/?ll=A,B",
        "https://www.bing.com/maps?cp=A~B&lvl=16",
        "https://www.google.com/maps?q=A%2CB",
    ])
    .replace('A', &format!("{a:.5}"))
    .replace('B', &format!("{b:.5}"))
}

fn wkb(r: &mut Random) -> String {
    let (a, b) = point(r);
    let mut bytes = vec![1, 1, 0, 0, 0];
    if r.below(2) == 0 {
        bytes = vec![1, 1, 0, 0, 0x20, 0xE6, 0x10, 0, 0];
    }
    bytes.extend(b.to_le_bytes());
    bytes.extend(a.to_le_bytes());
    let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
    match r.below(4) {
        0 => format!("\\x{}", hex.to_lowercase()),
        1 => data_encoding::BASE64.encode(&bytes),
        _ => hex,
    }
}

fn grid(r: &mut Random) -> String {
    let square = r.of(&["TQ", "SJ", "SU", "NZ", "NS", "SK"]);
    match r.below(5) {
        0 => format!("{square} {} {}", r.digits(5), r.digits(5)),
        1 => format!("{square}{}", r.digits(10)),
        2 => format!("{square} {} {}", r.digits(4), r.digits(4)),
        3 => format!("{square}{}", r.digits(6)),
        _ => format!("{square} {} {}", r.digits(2), r.digits(2)),
    }
}

fn metres(r: &mut Random) -> String {
    let (e, n) = (r.between(300_000, 600_000), r.between(100_000, 600_000));
    match r.below(6) {
        0 => format!("{e},{n}"),
        1 => format!("E{e} N{n}"),
        2 => format!("X={e} Y={n}"),
        3 => format!("easting {e} northing {n}"),
        4 => format!("OSX {e} OSY {n}"),
        _ => format!("{{\"easting\":{e},\"northing\":{n}}}"),
    }
}

fn sleep_site(r: &mut Random) -> String {
    let somebody = [
        "bedded down",
        "sleeping",
        "usually sleeps",
        "slept last night",
        "seen sleeping",
        "rough sleeping",
        "camped",
        "kipping",
    ];
    let site = [
        "in the doorway of the closed bank",
        "under the bridge by the canal",
        "behind the car park",
        "in a stairwell",
        "by the bins near the market",
        "in the bus shelter",
        "in a shop doorway on the parade",
        "under the flyover",
        "in the old garage off the lane",
    ];
    let more = ["", " near Camden Lock", " on the Strand", " at the back of the library", " by the river"];
    match r.below(4) {
        0 => format!(
            "tent {} {}",
            r.of(&["behind", "by", "near", "under"]),
            r.of(&["the car park", "the railway wall", "the canal", "the flyover", "the library steps"])
        ),
        1 => format!(
            "{} {} {}",
            r.of(&["usually", "seen", "found"]),
            r.of(&["in the underpass", "on a bench", "in the doorway", "in the subway", "under the arches"]),
            r.of(&["at Exit 3", "opposite St Martin's", "of Boots on the High Street", "by Platform 2"])
        ),
        2 => format!("{} {}{}", r.of(&somebody), r.of(&site), r.of(&more)),
        _ => format!("{} {}", r.of(&somebody), r.of(&site)),
    }
}
