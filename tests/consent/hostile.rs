//! Tokens that must not count, each with the exact reason.

use crate::world::*;
use data_encoding::{BASE64URL, BASE64URL_NOPAD};
use havengate::consent::token::{Broken, TokenError as E, verify};
use havengate::verdict::Code;
use proptest::prelude::*;
use serde_json::{Value, json};

fn refused(token: &str) -> E {
    verify(token, &issuers(), AUDIENCE, at(NOW)).expect_err("must be refused")
}

/// The good claims after a change.
fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims();
    change(&mut claims);
    claims.to_string()
}

fn good() -> String {
    signed(HEADER, &claims().to_string())
}

#[test]
fn the_design_s_own_example_counts() {
    let grant = verify(&good(), &issuers(), AUDIENCE, at(NOW)).unwrap();
    assert_eq!(grant.subject, label("C-1"));
    assert_eq!(grant.items.len(), 2);
    assert_eq!(grant.items[0].path.as_deref(), Some("$.firstName"));
    assert_eq!(grant.items[1].form.to_string(), "generalised:year");
    let header = r#"{ "typ":"havengate-consent+jwt", "kid":"c1", "alg":"Ed25519" }"#;
    assert!(verify(&signed(header, &claims().to_string()), &issuers(), AUDIENCE, at(NOW)).is_ok());
}

#[test]
fn headers() {
    let missing = |member| E::Missing { place: "header", member };
    for (header, expected) in [
        (r#"{"alg":"none","kid":"c1","typ":"havengate-consent+jwt"}"#, E::Algorithm),
        (r#"{"alg":"HS256","kid":"c1","typ":"havengate-consent+jwt"}"#, E::Algorithm),
        (r#"{"alg":"EdDSA","kid":"c1","typ":"havengate-consent+jwt"}"#, E::Algorithm),
        (r#"{"alg":"ed25519","kid":"c1","typ":"havengate-consent+jwt"}"#, E::Algorithm),
        (r#"{"alg":"Ed25519","kid":"c1","typ":"JWT"}"#, E::Type),
        (r#"{"alg":"Ed25519","kid":"c1","typ":"application/havengate-consent+jwt"}"#, E::Type),
        (r#"{"alg":"Ed25519","kid":"c2","typ":"havengate-consent+jwt"}"#, E::UnknownKey),
        (r#"{"alg":"Ed25519","kid":"../c1","typ":"havengate-consent+jwt"}"#, E::UnknownKey),
        (r#"{"alg":"Ed25519","kid":"' OR 1=1","typ":"havengate-consent+jwt"}"#, E::UnknownKey),
        (r#"{"alg":"Ed25519","typ":"havengate-consent+jwt"}"#, missing("kid")),
        (r#"{"alg":"Ed25519","kid":"c1"}"#, missing("typ")),
        (r#"{"kid":"c1","typ":"havengate-consent+jwt"}"#, missing("alg")),
        (
            r#"{"alg":"Ed25519","kid":["c1"],"typ":"havengate-consent+jwt"}"#,
            E::Wrong { place: "header", member: "kid", expected: "one string" },
        ),
        (
            r#"{"alg":"Ed25519","kid":"c1","typ":"havengate-consent+jwt","crit":["b64"],"b64":false}"#,
            E::UnknownMember("header"),
        ),
        (r#"{"alg":"Ed25519","kid":"c1","typ":"havengate-consent+jwt","crit":[]}"#, E::UnknownMember("header")),
        (r#"{"alg":"Ed25519","kid":"c1","typ":"havengate-consent+jwt","jwk":{}}"#, E::UnknownMember("header")),
        (r#"{"alg":"Ed25519","kid":"c1","typ":"havengate-consent+jwt","cty":"x"}"#, E::UnknownMember("header")),
        (r#"{"alg":"none","alg":"Ed25519","kid":"c1","typ":"havengate-consent+jwt"}"#, E::Duplicate("header")),
        (r#"["Ed25519","c1","havengate-consent+jwt"]"#, E::NotJson("header")),
        ("", E::NotJson("header")),
    ] {
        assert_eq!(refused(&signed(header, &claims().to_string())), expected, "{header}");
    }
}

/// RFC 8037 appendix A.4 is genuine and still not ours.
#[test]
fn a_published_eddsa_token_is_refused_by_its_algorithm() {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(refused(token), E::Algorithm);
}

#[test]
fn serialisation() {
    let good = good();
    let [header, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let padded = BASE64URL.encode(&BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap());
    let (start, last) = signature.split_at(signature.len() - 1);
    // 64 bytes leave four bits over in the last character: other characters spell the same bytes.
    let next = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        _ => "x",
    };
    for (token, expected) in [
        (String::new(), E::NotCompact),
        (format!("{header}.{payload}"), E::NotCompact),
        (format!("{good}."), E::NotCompact),
        (format!("{good}.{signature}"), E::NotCompact),
        (format!("{header}.{payload}."), E::Signature),
        (format!(".{payload}.{signature}"), E::NotJson("header")),
        (format!("{header}..{signature}"), E::Signature),
        (format!("{header}.{payload}.{padded}"), E::Encoding("signature")),
        (format!("{header}.{payload}.{start}{next}"), E::Encoding("signature")),
        (format!("{header}.{payload}.+{}", &signature[1..]), E::Encoding("signature")),
        (format!("{header}.{payload}=.{signature}"), E::Encoding("payload")),
        (format!("{header} .{payload}.{signature}"), E::Encoding("header")),
        (format!("{header}.{payload}.{signature}\n"), E::Encoding("signature")),
        (format!("{header}.{payload}.{}", BASE64URL_NOPAD.encode(&[0; 64])), E::Signature),
        (format!("{header}.{payload}.{}", BASE64URL_NOPAD.encode(&[0; 63])), E::Signature),
        (signed(HEADER, &"x".repeat(7000)), E::TooLong),
        ("é".repeat(10), E::NotCompact),
        ("é.é.é".to_owned(), E::Encoding("header")),
    ] {
        assert_eq!(refused(&token), expected, "{token}");
    }
}

#[test]
fn a_changed_payload_is_refused_before_it_is_read() {
    let good = good();
    let parts: Vec<&str> = good.split('.').collect();
    for payload in [with(|c| c["max_uses"] = json!(99)), with(|c| c["exp"] = json!(1)), "{".to_owned()] {
        let token = format!("{}.{}.{}", parts[0], BASE64URL_NOPAD.encode(payload.as_bytes()), parts[2]);
        assert_eq!(refused(&token), E::Signature);
    }
}

#[test]
fn claims_of_the_wrong_kind() {
    let wrong = |place, member, expected| E::Wrong { place, member, expected };
    let time = "a time in whole seconds since 1970";
    let whole = "a whole number";
    let set = |path: &str, value: Value| with(|c| *c.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value);
    for (payload, expected) in [
        (set("/aud", json!([AUDIENCE])), wrong("payload", "aud", "one string")),
        (set("/aud", json!("urn:havengate:gateway:other.example")), E::Audience),
        (set("/aud", json!(format!("{AUDIENCE} "))), E::Audience),
        (set("/iss", json!("https://consent.other.example")), E::Issuer),
        (set("/ver", json!(2)), wrong("payload", "ver", "1")),
        (set("/ver", json!("1")), wrong("payload", "ver", whole)),
        (set("/ver", json!(1.0)), wrong("payload", "ver", whole)),
        (set("/exp", json!(1_796_464_800.5)), wrong("payload", "exp", whole)),
        (set("/exp", json!("1796464800")), wrong("payload", "exp", whole)),
        (set("/exp", json!(null)), wrong("payload", "exp", whole)),
        (set("/exp", json!(u64::MAX)), wrong("payload", "exp", whole)),
        (set("/exp", json!(i64::MAX)), wrong("payload", "exp", time)),
        (set("/iat", json!(-1)), wrong("payload", "iat", time)),
        (set("/max_uses", json!(-1)), wrong("payload", "max_uses", "a number from 1 to 10000")),
        (set("/max_uses", json!(0)), E::Rule(Broken::Uses)),
        (set("/max_uses", json!(10_001)), E::Rule(Broken::Uses)),
        (set("/jti", json!("short")), E::Rule(Broken::Id)),
        (set("/jti", json!("abcdefghijklmnopqrstuvwx2A")), E::Rule(Broken::Id)),
        (set("/jti", json!("abcdefghijklmnopqrstuvw%20")), wrong("payload", "jti", "26 base32 characters")),
        (set("/sub", json!("C-1")), E::Rule(Broken::Subject)),
        (set("/sub", json!(label("C-1").as_str().replace("k3", "k03"))), E::Rule(Broken::Subject)),
        (set("/sub", json!({})), wrong("payload", "sub", "one string")),
        (set("/consent", json!([])), E::NotJson("consent")),
        (set("/consent/act", json!("silence")), wrong("consent", "act", "an act this version knows")),
        (set("/consent/receipt", json!("urn:uuid:1")), wrong("consent", "receipt", "a `urn:uuid:`")),
        (set("/consent/capacity", json!("Presumed")), wrong("consent", "capacity", "a capacity this version knows")),
        (set("/consent/spoke_alone", json!("true")), wrong("consent", "spoke_alone", "true or false")),
        (set("/consent/spoke_alone", json!(1)), wrong("consent", "spoke_alone", "true or false")),
        (
            set("/consent/notice", json!("her name is Amina")),
            wrong("consent", "notice", "1 to 128 letters, digits, '-', '_', '.' and '/'"),
        ),
        (set("/advice", json!(null)), E::NotJson("advice")),
        (
            set("/advice/register", json!("OISC")),
            wrong("advice", "register", "a regulator's register this version knows"),
        ),
    ] {
        assert_eq!(refused(&signed(HEADER, &payload)), expected, "{payload}");
    }
}

#[test]
fn members_missing_unknown_or_twice() {
    for (pointer, place) in
        [("", "payload"), ("/consent", "consent"), ("/consent/explained", "explained"), ("/advice", "advice")]
    {
        let names: Vec<String> = claims().pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names.iter().filter(|n| *n != "advice") {
            let payload = with(|c| {
                c.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
            });
            match refused(&signed(HEADER, &payload)) {
                E::Missing { place: p, member } => assert_eq!((p, member), (place, name.as_str())),
                other => panic!("{name}: {other:?}"),
            }
        }
        let payload = with(|c| c.pointer_mut(pointer).unwrap()["note"] = json!("x"));
        assert_eq!(refused(&signed(HEADER, &payload)), E::UnknownMember(place));
    }
    let payload = with(|c| c["authorization_details"][0]["identifier"] = json!("C-1"));
    assert_eq!(refused(&signed(HEADER, &payload)), E::UnknownMember("item"));

    let text = claims().to_string();
    for (once, twice) in [
        ("\"ver\":1", "\"ver\":1,\"ver\":1"),
        ("\"aud\":", "\"\\u0061ud\":\"x\",\"aud\":"),
        ("\"form\":\"raw\"", "\"form\":\"pseudonym\",\"form\":\"raw\""),
        ("\"risks\":", "\"risks\":1,\"risks\":"),
        ("\"state\":", "\"state\":\"obtained\",\"state\":"),
    ] {
        assert!(text.contains(once), "{once}");
        assert_eq!(refused(&signed(HEADER, &text.replacen(once, twice, 1))), E::Duplicate("payload"), "{twice}");
    }
}

#[test]
fn items_are_discrete() {
    let wrong = |member, expected| E::Wrong { place: "item", member, expected };
    let one = "a list of exactly one string";
    let set = |member: &str, value: Value| with(|c| c["authorization_details"][0][member] = value);
    for (payload, expected) in [
        (
            set("datatypes", json!(["https://w3id.org/dpv/pd#Name", "https://w3id.org/dpv/pd#Age"])),
            wrong("datatypes", one),
        ),
        (set("datatypes", json!([])), wrong("datatypes", one)),
        (set("datatypes", json!("https://w3id.org/dpv/pd#Name")), wrong("datatypes", one)),
        (set("datatypes", json!(["pd:Name"])), wrong("datatypes", "a data category's IRI")),
        (set("datatypes", json!(["https://w3id.org/dpv/pd#"])), wrong("datatypes", "a data category's IRI")),
        (set("locations", json!([COUNCIL, "a/b"])), wrong("locations", one)),
        (set("locations", json!(["*"])), wrong("locations", "a recipient's id")),
        (set("actions", json!(["disclose", "disclose"])), wrong("actions", one)),
        (set("actions", json!(["read"])), wrong("actions", "exactly `disclose`")),
        (set("type", json!("urn:havengate:consent-item:2")), wrong("type", "`urn:havengate:consent-item:1`")),
        (set("purpose", json!("accommodation")), wrong("purpose", "`urn:havengate:purpose:` and a purpose")),
        (
            set("purpose", json!("urn:havengate:purpose:enforcement")),
            wrong("purpose", "`urn:havengate:purpose:` and a purpose"),
        ),
        (set("form", json!("generalised:")), wrong("form", "`raw`, `pseudonym` or `generalised:` and a transform")),
        (set("path", json!(null)), wrong("path", "one string")),
        (set("path", json!("")), E::Rule(Broken::Path)),
        (set("path", json!("$.a\n")), E::Rule(Broken::Path)),
        (set("id", json!("i2")), E::Rule(Broken::RepeatedItem)),
        (set("id", json!("")), E::Rule(Broken::ItemId)),
        (set("id", json!("Amina Khan")), E::Rule(Broken::ItemId)),
        (with(|c| c["authorization_details"] = json!([])), E::Rule(Broken::Items)),
        (
            with(|c| c["authorization_details"] = json!({})),
            E::Wrong { place: "payload", member: "authorization_details", expected: "a list" },
        ),
        (with(|c| c["authorization_details"][0] = json!([1])), E::NotJson("item")),
    ] {
        assert_eq!(refused(&signed(HEADER, &payload)), expected, "{payload}");
    }
}

#[test]
fn times_have_an_order() {
    let set = |changes: &[(&str, i64)]| {
        with(|c| {
            for (path, value) in changes {
                *c.pointer_mut(path).unwrap() = json!(value);
            }
        })
    };
    let (agreed, start) = (1_795_255_000, 1_795_255_200);
    let day = 86_400;
    for (payload, expected) in [
        (set(&[("/consent/explained/risks", agreed + 1)]), E::Rule(Broken::ExplainedAfter)),
        (set(&[("/consent/at", start + 1)]), E::Rule(Broken::AgreedAfter)),
        (set(&[("/advice/at", start + 1)]), E::Rule(Broken::AdvisedAfter)),
        (set(&[("/iat", start + 1)]), E::Rule(Broken::IssuedAfter)),
        (set(&[("/exp", start)]), E::Rule(Broken::NoLife)),
        (set(&[("/exp", 5)]), E::Rule(Broken::NoLife)),
        (set(&[("/exp", start + 180 * day + 1)]), E::Rule(Broken::TooLong)),
        // The clock: no skew on the end, a minute on the start.
        (set(&[("/exp", NOW)]), E::Expired),
        (set(&[("/nbf", NOW + 61)]), E::NotYet),
        (set(&[("/iat", NOW + 61), ("/nbf", NOW + 61)]), E::NotYet),
    ] {
        assert_eq!(refused(&signed(HEADER, &payload)), expected, "{payload}");
    }
    for payload in [
        set(&[("/exp", start + 180 * day)]),
        set(&[("/exp", NOW + 1)]),
        set(&[("/nbf", NOW + 60), ("/iat", NOW + 60)]),
        set(&[("/consent/explained/risks", agreed)]),
    ] {
        assert!(verify(&signed(HEADER, &payload), &issuers(), AUDIENCE, at(NOW)).is_ok(), "{payload}");
    }
}

#[test]
fn only_accommodation_may_live_longer_than_thirty_days() {
    let (start, day) = (1_795_255_200, 86_400);
    let health = |exp: i64| {
        with(|c| {
            c["authorization_details"][1]["purpose"] = json!("urn:havengate:purpose:health");
            c["exp"] = json!(exp);
        })
    };
    assert!(verify(&signed(HEADER, &health(start + 30 * day)), &issuers(), AUDIENCE, at(NOW)).is_ok());
    assert_eq!(refused(&signed(HEADER, &health(start + 30 * day + 1))), E::Rule(Broken::TooLong));
}

#[test]
fn an_expired_token_has_to_be_genuine_to_be_called_expired() {
    let old = signed(HEADER, &with(|c| c["exp"] = json!(NOW - 1)));
    assert_eq!(refused(&old), E::Expired);
    assert_eq!(refused(&old).code(), Code::ConsentExpired);
    let forged = format!("{}{}", &old[..old.len() - 2], if old.ends_with("AA") { "QA" } else { "AA" });
    assert_eq!(refused(&forged).code(), Code::ConsentInvalid);
}

#[test]
fn sixty_four_items_are_too_long_for_one_token_but_not_too_many() {
    let items = |n: usize| -> Vec<Value> {
        (0..n)
            .map(|i| {
                let mut item = claims()["authorization_details"][1].clone();
                item["id"] = json!(format!("i{i}"));
                item
            })
            .collect()
    };
    let token = signed(HEADER, &with(|c| c["authorization_details"] = json!(items(65))));
    assert_eq!(refused(&token), E::TooLong);
}

#[test]
fn no_error_repeats_the_token() {
    for payload in [
        with(|c| c["Amina"] = json!("Khan")),
        with(|c| c["sub"] = json!("Amina")),
        with(|c| c["consent"]["act"] = json!("Amina")),
        with(|c| c["authorization_details"][0]["datatypes"] = json!(["Amina"])),
        with(|c| c["jti"] = json!("Amina Amina")),
        "{\"Amina\":1,\"Amina\":2}".to_owned(),
    ] {
        let error = refused(&signed(HEADER, &payload));
        assert!(!format!("{error} {error:?}").contains("Amina"), "{error}");
        assert_eq!(error.code(), Code::ConsentInvalid);
    }
}

/// Values of every JSON type, some of which claims take.
fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        (NOW - 1000..NOW + 1000).prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,40}".prop_map(|s| json!(s)),
        prop::collection::vec("\\PC{0,10}", 0..3).prop_map(|s| json!(s)),
        Just(json!({})),
    ]
}

fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(o) => o.iter().for_each(|(k, v)| pointers(v, &format!("{at}/{k}"), out)),
        Value::Array(a) => a.iter().enumerate().for_each(|(i, v)| pointers(v, &format!("{at}/{i}"), out)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_counts(text in "\\PC{0,200}", parts in prop::collection::vec(any::<Vec<u8>>(), 3)) {
        prop_assert!(verify(&text, &issuers(), AUDIENCE, at(NOW)).is_err());
        let parts: Vec<String> = parts.iter().map(|p| BASE64URL_NOPAD.encode(p)).collect();
        prop_assert!(verify(&parts.join("."), &issuers(), AUDIENCE, at(NOW)).is_err());
    }

    /// Even signed by the issuer, rubbish is refused and not a panic.
    #[test]
    fn arbitrary_signed_bytes_never_count(payload in "\\PC{0,300}", header in "\\PC{0,60}") {
        prop_assert!(verify(&signed(HEADER, &payload), &issuers(), AUDIENCE, at(NOW)).is_err());
        prop_assert!(verify(&signed(&header, &claims().to_string()), &issuers(), AUDIENCE, at(NOW)).is_err());
    }

    #[test]
    fn one_changed_byte_never_counts(place in any::<prop::sample::Index>(), byte in 0u8..128) {
        let good = good();
        let mut bytes = good.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(verify(&changed, &issuers(), AUDIENCE, at(NOW)).is_err());
    }

    /// Whatever a claim is replaced by, what verifies obeys the rules and is within its time.
    #[test]
    fn what_verifies_obeys_the_rules(which in any::<prop::sample::Index>(), value in any_json()) {
        let mut claims = claims();
        let mut all = Vec::new();
        pointers(&claims, "", &mut all);
        *claims.pointer_mut(&all[which.index(all.len())]).unwrap() = value;
        if let Ok(grant) = verify(&signed(HEADER, &claims.to_string()), &issuers(), AUDIENCE, at(NOW)) {
            prop_assert_eq!(havengate::consent::token::check(&grant), Ok(()));
            prop_assert!(grant.expires > at(NOW) && grant.not_before <= at(NOW + 60));
        }
    }
}
