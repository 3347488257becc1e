//! Documents and pictures: what is noted in them stays, and what is not what it is said to be leaves nothing.

use crate::{
    flat::{Flat, in_pieces},
    rules::{LIMITS, Record, Rules, everything, field, record, screen, withhold},
    support::pictures::{self, NOTED, jpeg, package, png},
};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL};
use havengate::{
    flow::Category,
    policy::integration::{CONTENT, Denied, Document, FieldRule, Format, Within},
    verdict::{Code, Refusal},
};
use img_parts::ImageEXIF as _;
use proptest::prelude::*;

fn category(rule: FieldRule, name: &str) -> FieldRule {
    FieldRule { category: Category::parse(name).unwrap(), ..rule }
}

fn whole(media: &str, name: &str) -> Flat {
    let rules = Flat { subject: None, ..Flat::of(Format::Binary(media.into()), "", &[CONTENT]) };
    let fields = rules.fields.iter().map(|rule| category(rule.clone(), name)).collect();
    Flat { fields, ..rules }.denied(CONTENT, &Denied::Block)
}

/// What leaves of a body of this media type, cut in three ways.
fn leaves(media: &str, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let rules = whole(media, "hg:Document");
    let out = in_pieces(&rules, LIMITS, everything, [body]);
    assert_eq!(out, in_pieces(&rules, LIMITS, everything, body.chunks(1)));
    assert_eq!(out, in_pieces(&rules, LIMITS, everything, body.chunks(7)));
    out.map(|(bytes, _)| bytes)
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Every picture format, with everything noted in it, and what is left.
fn pictures() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let all = |noted: Vec<Vec<u8>>, shown: Vec<Vec<u8>>| [noted, shown].concat();
    let gif = (pictures::gif(&all(pictures::gif_noted(), vec![pictures::gif_shown()])), vec![pictures::gif_shown()]);
    let noted = || vec![pictures::riff(b"EXIF", &pictures::exif(6, true)), pictures::riff(b"XMP ", NOTED)];
    let webp = pictures::webp(
        0x0c,
        &all(vec![pictures::webp_shown()], [noted(), vec![pictures::riff(b"ABCD", NOTED)]].concat()),
    );
    let frame = |more: &[u8]| pictures::riff(b"ANMF", &[&[0; 16], &pictures::webp_shown()[..], more].concat());
    let moving = pictures::webp(0x0a, &[frame(&pictures::riff(b"XMP ", NOTED)), noted().concat()]);
    vec![
        ("image/jpeg", pictures::photo(), pictures::photo_cleaned()),
        ("image/png", png(&all(pictures::png_noted(), pictures::png_shown())), png(&pictures::png_shown())),
        ("image/gif", gif.0, pictures::gif(&gif.1)),
        ("image/webp", webp, pictures::webp(0, &[pictures::webp_shown()])),
        ("image/webp", moving, pictures::webp(0x02, &[frame(&[])])),
    ]
}

#[test]
fn what_is_noted_in_a_picture_stays_and_the_picture_leaves() {
    for (media, with, without) in pictures() {
        assert!(holds(&with, NOTED), "{media}: the test notes nothing");
        let out = leaves(media, &with).unwrap();
        assert_eq!(out, without, "{media}");
        assert!(!holds(&out, NOTED), "{media}");
        assert_eq!(leaves(media, &out).unwrap(), out, "{media}: cleaning twice changes nothing");
    }
}

#[test]
fn another_reader_finds_which_way_up_and_nothing_else() {
    let exif = |bytes: Vec<u8>| img_parts::DynImage::from_bytes(bytes.into()).unwrap().unwrap().exif();
    for orientation in 1..=8 {
        for little in [true, false] {
            let tiff = pictures::exif(orientation, little);
            let noted = pictures::segment(0xe1, &[b"Exif\0\0", &tiff[..]].concat());
            let photo = jpeg(&[vec![noted], pictures::shown()].concat());
            assert_eq!(exif(photo.clone()).unwrap(), tiff);
            let left = exif(leaves("image/jpeg", &photo).unwrap());
            let only = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0?\0\0\0\0\0\0"
                .map(|b| if b == b'?' { orientation } else { b });
            assert_eq!(left.as_deref(), (orientation > 1).then_some(&only[..]), "{orientation}");
        }
    }
    for (media, with, _) in pictures().into_iter().filter(|(media, ..)| matches!(*media, "image/png" | "image/webp")) {
        assert!(exif(with.clone()).is_some(), "{media}");
        assert_eq!(exif(leaves(media, &with).unwrap()), None, "{media}");
    }
}

#[test]
fn a_picture_cut_short_anywhere_leaves_nothing() {
    for (media, _, clean) in pictures() {
        for to in 0..clean.len() {
            let refusal = leaves(media, &clean[..to]).unwrap_err();
            assert_eq!(refusal.code, Code::BodyMalformed, "{media} {to}: {}", refusal.detail);
            assert_eq!(refusal.reasons[0].rule.as_str(), "document-readable");
        }
    }
}

#[test]
fn a_body_that_is_not_what_its_type_says_leaves_nothing_and_is_told_where() {
    let mut wrong_sum = png(&pictures::png_shown());
    *wrong_sum.last_mut().unwrap() ^= 1;
    let behind = |bytes: Vec<u8>| [bytes, b"x".to_vec()].concat();
    let slack = pictures::segment(0xdd, &[&[0, 1], NOTED].concat());
    let two_frames = [pictures::shown(), pictures::shown()].concat();
    let gif = pictures::gif(&[pictures::gif_shown()]);
    for (media, body, told) in [
        ("image/jpeg", b"GIF89a".to_vec(), "JPEG that can be read in one way: a JPEG begins otherwise, at byte 0"),
        ("image/jpeg", jpeg(&[]), "JPEG that can be read in one way: the picture ends before it began, at byte 2"),
        ("image/jpeg", jpeg(&[slack]), "JPEG that can be read in one way: a segment that cannot be read, at byte 2"),
        ("image/jpeg", jpeg(&two_frames), "a second frame, at byte 199"),
        ("image/png", wrong_sum, "a chunk whose check sum is wrong, at byte 90"),
        ("image/png", behind(png(&pictures::png_shown())), "something behind the picture's end, at byte 102"),
        ("image/png", png(&[pictures::chunk(b"ABCD", NOTED)]), "a chunk that cannot be read, at byte 33"),
        ("image/gif", behind(gif), "something behind the picture's end, at byte 43"),
        ("image/gif", pictures::gif(&[]), "the picture ends before it began, at byte 19"),
        (
            "image/webp",
            behind(pictures::webp(0, &[pictures::webp_shown()])),
            "the file is not as long as it says, at byte 4",
        ),
        (
            "application/pdf",
            b" %PDF-1.7".to_vec(),
            "PDF that can be read in one way: a PDF begins with %PDF-, at byte 0",
        ),
        ("application/vnd.oasis.opendocument.text", b"%PDF-1.7".to_vec(), "a package begins otherwise, at byte 0"),
    ] {
        let refusal = leaves(media, &body).unwrap_err();
        assert_eq!(refusal.code, Code::BodyMalformed, "{media}: {}", refusal.detail);
        assert!(refusal.detail.ends_with(told), "{media}: {}", refusal.detail);
    }
}

#[test]
fn office_files_are_told_by_what_they_say_they_are() {
    let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
    let open = |media: &str| package(&[("mimetype", media.as_bytes()), ("content.xml", b"<a/>")]);
    let office = |part: &str| package(&[types, (part, b"<a/>")]);
    let files = [
        (Document::Word, office("word/document.xml")),
        (Document::Excel, office("xl/workbook.xml")),
        (Document::PowerPoint, office("ppt/presentation.xml")),
        (Document::OpenText, open(Document::OpenText.media())),
        (Document::OpenSheet, open(Document::OpenSheet.media())),
        (Document::OpenSlides, open(Document::OpenSlides.media())),
        (Document::Pdf, b"%PDF-1.7\n\xff".to_vec()),
    ];
    for (document, file) in &files {
        assert_eq!(&leaves(document.media(), file).unwrap(), file, "{document:?}");
        assert_eq!(&leaves("application/octet-stream", file).unwrap(), file, "{document:?}");
        for (other, _) in files.iter().filter(|(other, _)| other != document) {
            assert_eq!(leaves(other.media(), file).unwrap_err().code, Code::BodyMalformed, "{document:?} as {other:?}");
        }
    }
    for (file, told) in [
        (package(&[("a.txt", b"a")]), "a package that does not say which kind of document it is, at byte 0"),
        ([office("word/document.xml"), vec![0]].concat(), "a package does not end here"),
    ] {
        let refusal = leaves(Document::Word.media(), &file).unwrap_err();
        assert!(refusal.detail.contains(told), "{}", refusal.detail);
    }
    for to in 0..files[0].1.len() {
        assert!(leaves(Document::Word.media(), &files[0].1[..to]).is_err(), "{to}");
    }
}

#[test]
fn bytes_of_no_type_are_told_by_how_they_begin() {
    for (category, body, rule) in [
        ("hg:Document", &b"HGv1\0\xff"[..], "document-known"),
        ("hg:Document", b"plain words", "document-known"),
        ("hg:Document", b"\0\0\0\x18ftypheic\0\0\0\0", "picture-clean"),
        ("hg:Document", b"<?xml version=\"1.0\"?><svg/>", "picture-clean"),
        ("hg:Document", b"\x1f\x8b\x08\0", "document-known"),
        ("hg:Document", b"FMR\0 20\0\xff", "biometric-listed"),
        ("pd:Biometric", b"\xff\xd8\xff\xe0", "document-listed"),
        ("pd:Name", b"\xff\xd8\xff\xe0", "document-listed"),
        ("pd:Name", b"garbage %PDF-1.4", "document-known"),
        ("pd:Name", b"\xff\xa0\xff\xa4", "biometric-listed"),
    ] {
        let rules = whole("application/octet-stream", category);
        let refusal = in_pieces(&rules, LIMITS, everything, [body]).unwrap_err();
        assert_eq!(refusal.code, Code::FieldBlocked, "{body:?}");
        assert_eq!(refusal.reasons[0].rule.as_str(), rule, "{body:?}: {}", refusal.detail);
        assert!(refusal.detail.starts_with("the body is"), "{}", refusal.detail);
    }
    let template = b"FMR\0 20\0\xff";
    let rules = whole("application/octet-stream", "pd:Biometric");
    assert_eq!(in_pieces(&rules, LIMITS, everything, [&template[..]]).unwrap().0, template);
}

#[test]
fn without_a_permit_nothing_of_a_picture_is_even_read() {
    let rules = whole("image/jpeg", "hg:Document");
    let refusal = in_pieces(&rules, LIMITS, |_, _| withhold(), [&b"no JPEG"[..]]).unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
}

/// A rule for `$.file`, in base64 where a rule says so.
fn listed(name: &str, base64: bool) -> Rules {
    let within = base64.then_some(Within { base64: true, rules: None, template: None });
    let rule = category(FieldRule { within, ..field("$.file") }, name);
    Rules::of(&[Record { fields: vec![rule], ..record("$[*]", "$.id", &[]) }])
}

/// What is left of a value under such a rule.
fn left(name: &str, base64: bool, value: &str) -> Option<String> {
    let body = serde_json::json!([{ "file": value }]).to_string();
    let out: serde_json::Value =
        serde_json::from_str(&screen(&listed(name, base64), everything, &body).unwrap()).unwrap();
    out[0].get("file").map(|text| text.as_str().unwrap().to_owned())
}

#[test]
fn a_document_in_json_is_cleaned_and_prose_is_none() {
    let (photo, clean) = (pictures::photo(), pictures::photo_cleaned());
    for alphabet in [BASE64, BASE64_NOPAD, BASE64URL] {
        assert_eq!(left("hg:Document", true, &alphabet.encode(&photo)), Some(alphabet.encode(&clean)));
    }
    let url = |media: &str, bytes: &[u8]| format!("data:{media};base64,{}", BASE64.encode(bytes));
    for base64 in [true, false] {
        let cleaned = Some(url("image/jpeg", &clean));
        assert_eq!(left("hg:Document", base64, &url("image/jpeg", &photo)), cleaned);
        assert_eq!(left("hg:Document", base64, &url("Image/JPEG", &photo)), cleaned);
        for wrong in [
            url("image/png", &photo),
            url("image/jpeg;name=Zsofia.jpg", &photo),
            url("image/svg+xml", b"<svg/>"),
            "data:text/plain,Zsofia".to_owned(),
            "Zsofia sleeps by the canal".to_owned(),
            BASE64.encode(b"Zsofia sleeps by the canal"),
            BASE64.encode(&photo[..photo.len() / 4]),
            BASE64.encode(b"\xff\xa0\xff\xa4 a fingerprint"),
        ] {
            assert_eq!(left("hg:Document", base64, &wrong), None, "{wrong}");
        }
    }
    let refusal = screen(&listed("hg:Document", true), everything, r#"[{"file":7}]"#).unwrap();
    assert_eq!(refusal, "[{}]");
    assert_eq!(left("hg:Document", true, &BASE64.encode(b"%PDF-1.7 ")), Some(BASE64.encode(b"%PDF-1.7 ")));
    assert_eq!(left("hg:Document", true, ""), Some(String::new()));
}

#[test]
fn a_file_where_no_document_is_listed_stays() {
    let template = BASE64.encode(b"FMR\0 20\0\xff\xff and so many minutiae more");
    for file in [
        BASE64.encode(&pictures::photo()),
        BASE64URL.encode(&pictures::photo()),
        format!("data:image/jpeg;base64,{}", BASE64.encode(&pictures::photo())),
        " DATA:,Zsofia".to_owned(),
        BASE64.encode(b"%PDF-1.7 and so on and so on and on"),
        BASE64.encode(b"%PDF-1.7 and so on and so on and on").replace("b24gYW5kIHNv", "b24gYW5k\nIHNv"),
        template.clone(),
        BASE64.encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ] {
        for base64 in [true, false] {
            assert_eq!(left("pd:Name", base64, &file), None, "{file}");
        }
    }
    for kept in ["data: 5 people", "Data; more", "/wopr8MzfbAwzC0Q1gVbSw3cVtqIhZfTwLkXm3cS", "Zsofia"] {
        assert_eq!(left("pd:Name", false, kept).as_deref(), Some(kept));
    }
    assert_eq!(left("pd:Biometric", true, &template), Some(template));
    // In a JSON escape, as some programs write every slash.
    let body = format!(r#"[{{"file":"{}"}}]"#, BASE64.encode(&pictures::photo()).replace('/', "\\/"));
    assert_eq!(screen(&listed("pd:Name", false), everything, &body).unwrap(), "[{}]");
}

proptest! {
    #[test]
    fn no_place_survives_in_any_order(
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
        turned in 1..9_u8,
        fill in 1..4_usize,
    ) {
        // Noted segments anywhere between what shows the picture, whose own order stays.
        let noted = pictures::noted(turned);
        let mut shown = pictures::shown().into_iter();
        let fillers = vec![0xff; fill - 1];
        let segments: Vec<_> = order
            .iter()
            .map(|at| noted.get(*at).cloned().unwrap_or_else(|| shown.next().unwrap()))
            .map(|segment| [fillers.clone(), segment].concat())
            .collect();
        let out = leaves("image/jpeg", &jpeg(&segments)).unwrap();
        let exif = if turned > 1 { 36 } else { 0 };
        prop_assert_eq!(out.len(), jpeg(&pictures::shown()).len() + exif);
        prop_assert!(!holds(&out, NOTED) && !holds(&out, &[0x88, 0x25]) && !holds(&out, &[0x25, 0x88]));
        let mut chunks = pictures::png_shown().into_iter();
        let noted = pictures::png_noted();
        let order = order.iter().filter(|at| **at < noted.len() + 3);
        let mixed: Vec<_> = order.map(|at| noted.get(*at).cloned().unwrap_or_else(|| chunks.next().unwrap())).collect();
        prop_assert_eq!(leaves("image/png", &png(&mixed)).unwrap(), png(&pictures::png_shown()));
    }

    #[test]
    fn whatever_is_changed_nothing_panics_and_what_leaves_is_stable(
        at in any::<prop::sample::Index>(), with in any::<u8>(), which in 0..5_usize, cut in any::<prop::sample::Index>(),
    ) {
        let (media, mut file, _) = pictures().swap_remove(which);
        let place = at.index(file.len());
        file[place] = with;
        file.truncate(cut.index(file.len()).max(file.len() / 2));
        if let Ok(out) = leaves(media, &file) {
            prop_assert_eq!(leaves(media, &out).unwrap(), out);
        }
    }

    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 0..200), which in 0..11_usize) {
        let document = Document::ALL[which];
        if document != Document::Pdf {
            prop_assert!(leaves(document.media(), &bytes).is_err());
        }
        let _ = left("pd:Name", true, &BASE64.encode(&bytes));
        let _ = left("hg:Document", true, &BASE64.encode(&bytes));
    }
}
