//! What a request says its body is: type, parameters, charset, codings, and whether its sender signed it.

use crate::{
    screen::{
        Received,
        charset::Charset,
        coding::{self, Coding},
    },
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderName, header};

/// How the bytes of a body become what is screened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// In the order in which they were applied.
    pub codings: Vec<Coding>,
    /// What the decoded text is in.
    pub charset: Charset,
    /// For who screens it.
    pub received: Received,
}

impl Reading {
    /// Of a request without a body.
    #[must_use]
    pub fn nothing() -> Self {
        Self { codings: Vec::new(), charset: Charset::Utf8, received: Received::default() }
    }
}

/// Reads what the head says of the body, before any of it is read. `empty` is
/// [`Body::is_end_stream`](http_body::Body::is_end_stream) before that; `media` the one media type the operation takes,
/// or `None` where it takes no body.
///
/// # Errors
/// `body-unsupported`: a body where there is to be none, no type, another type, another charset or coding, a parameter
/// that could change how the body is read, or a signature over bytes that do not leave as they came.
pub fn read(headers: &HeaderMap, empty: bool, media: Option<&str>) -> Result<Reading, Refusal> {
    let codings = codings(headers)?;
    if empty {
        return Ok(Reading::nothing());
    }
    let Some(media) = media else {
        return Err(unsupported("This operation takes no body; send the request without one."));
    };
    let Some(sent) = headers.get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap_or_default()) else {
        return Err(unsupported(format!("The body has no Content-Type; this operation takes {media}.")));
    };
    let read = content_type(sent, media)?;
    unsigned(headers)?;
    Ok(Reading { codings, ..read })
}

/// The codings of `Content-Encoding`.
///
/// # Errors
/// `body-unsupported`.
fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, Refusal> {
    coding::listed(headers.get_all(header::CONTENT_ENCODING).iter().map(|v| v.to_str().unwrap_or("?")))
}

fn unsupported(detail: impl Into<String>) -> Refusal {
    Refusal::plain(Code::BodyUnsupported, detail)
}

/// `media` and its parameters (RFC 9110 section 8.3.1), each at most once.
fn content_type(sent: &str, media: &str) -> Result<Reading, Refusal> {
    let mut parts = split(sent).ok_or_else(|| unsupported("The Content-Type has a quoted value that does not end."))?;
    let named = if parts.is_empty() { String::new() } else { parts.remove(0) };
    if !named.trim().eq_ignore_ascii_case(media) {
        return Err(unsupported(format!("The Content-Type is not what this operation takes: {media}.")));
    }
    let mut kept = media.to_owned();
    let mut reading = Reading::nothing();
    let mut seen: Vec<String> = Vec::new();
    for parameter in parts.iter().map(|p| p.trim()).filter(|p| !p.is_empty()) {
        let (name, value) = pair(parameter).ok_or_else(|| other_parameter(media))?;
        if seen.contains(&name) {
            return Err(unsupported(format!("The Content-Type says `{}` twice.", known(&name))));
        }
        match name.as_str() {
            "charset" => {
                let charset = charset(&value, media)?;
                reading.charset = charset;
                reading.received.transcoded = charset == Charset::Western;
                kept.push_str("; charset=utf-8");
            }
            "boundary" if media.starts_with("multipart/") => reading.received.boundary = Some(boundary(value)?),
            "action" if media == "application/soap+xml" => reading.received.action = Some(value),
            _ => {
                let (name, value) = harmless(&name, &value, media).ok_or_else(|| other_parameter(media))?;
                kept.push_str(&format!(";{name}={value}"));
            }
        }
        seen.push(name);
    }
    if media.starts_with("multipart/") && reading.received.boundary.is_none() {
        return Err(unsupported("The Content-Type names no boundary, which a multipart body needs."));
    }
    reading.received.content_type = kept;
    Ok(reading)
}

/// A `Content-Type` as its media type in lower case and its parameters, names in lower case and values unquoted. `None`
/// where it is not one.
pub(crate) fn parted(sent: &str) -> Option<(String, Vec<(String, String)>)> {
    let mut parts = split(sent)?.into_iter();
    let media = parts.next()?.trim().to_ascii_lowercase();
    let parameters: Option<Vec<_>> =
        parts.map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).map(|p| pair(&p)).collect();
    Some((media, parameters?))
}

/// The name only where it is one of ours: what a caller made up is not repeated.
fn known(name: &str) -> &str {
    match name {
        "charset" | "boundary" | "action" => name,
        _ => "a parameter",
    }
}

fn other_parameter(media: &str) -> Refusal {
    let may = match media {
        _ if media.starts_with("multipart/") => "`boundary`",
        "application/soap+xml" => "`charset` and `action`",
        _ if is_json(media) => "`charset`, `odata.metadata`, `odata.streaming` and `IEEE754Compatible`",
        _ => "`charset`",
    };
    unsupported(format!("The Content-Type has a parameter that is not taken with {media}; it may have {may}."))
}

fn charset(label: &str, media: &str) -> Result<Charset, Refusal> {
    let say = |which: &str| format!("The body declares a charset that is not taken with {media}; send it in {which}.");
    let known = Charset::of(label).filter(|c| *c == Charset::Utf8 || is_text(media));
    match known {
        // A percent-encoded byte would stay in the declared charset.
        Some(Charset::Western) if media == "application/x-www-form-urlencoded" => Err(unsupported(say("utf-8"))),
        Some(charset) if !media.starts_with("multipart/") => Ok(charset),
        _ if is_text(media) => Err(unsupported(say("utf-8, or declare us-ascii, iso-8859-1 or windows-1252"))),
        _ => Err(unsupported(format!("The Content-Type declares a charset, and {media} has none."))),
    }
}

/// Whether a type is text in some charset.
fn is_text(media: &str) -> bool {
    const TYPES: [&str; 9] = [
        "json",
        "xml",
        "x-ndjson",
        "ndjson",
        "jsonl",
        "x-jsonlines",
        "x-www-form-urlencoded",
        "graphql",
        "fhir+ndjson",
    ];
    let Some((kind, name)) = media.split_once('/') else { return false };
    kind == "text"
        || kind == "application" && (TYPES.contains(&name) || name.ends_with("+json") || name.ends_with("+xml"))
}

fn is_json(media: &str) -> bool {
    media == "application/json" || media.ends_with("+json")
}

/// What OData clients say of how they wrote their JSON (OData JSON Format 4.01, section 3): it changes how numbers and
/// annotations are written, which screening copies, and says nothing about a person.
fn harmless(name: &str, value: &str, media: &str) -> Option<(&'static str, &'static str)> {
    const KNOWN: [(&str, &[&str]); 5] = [
        ("odata.metadata", &["none", "minimal", "full"]),
        ("metadata", &["none", "minimal", "full"]),
        ("odata.streaming", &["true", "false"]),
        ("streaming", &["true", "false"]),
        ("IEEE754Compatible", &["true", "false"]),
    ];
    let (name, values) = KNOWN.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).filter(|_| is_json(media))?;
    values.iter().find(|v| v.eq_ignore_ascii_case(value)).map(|value| (name, *value))
}

/// RFC 2046 section 5.1.1: 1 to 70 characters, of which the last is no space.
fn boundary(value: String) -> Result<String, Refusal> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    let fits = (1..=70).contains(&value.len()) && value.bytes().all(plain) && !value.ends_with(' ');
    fits.then_some(value).ok_or_else(|| unsupported("The multipart boundary is not one (RFC 2046 section 5.1.1)."))
}

/// A parameter with its name in lower case and its value unquoted; `None` where it is not one.
fn pair(parameter: &str) -> Option<(String, String)> {
    let (name, value) = parameter.split_once('=')?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None => Some(value).filter(|v| is_token(v))?.to_owned(),
    };
    is_token(name).then(|| (name.to_ascii_lowercase(), value))
}

fn is_token(text: &str) -> bool {
    let of_a_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(of_a_token)
}

/// What stands after an opening quote, up to the closing one, which must be last.
fn unquoted(quoted: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = quoted.chars();
    loop {
        match rest.next()? {
            '"' => return rest.as_str().is_empty().then_some(value),
            '\\' => value.push(rest.next()?),
            c => value.push(c),
        }
    }
}

/// The parts between semicolons outside quotes; `None` where a quoted value does not end.
fn split(text: &str) -> Option<Vec<String>> {
    let (mut parts, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    (!quoted).then_some(parts)
}

/// Headers that carry a signature over the body's bytes, whatever they say.
static SIGNATURES: [HeaderName; 8] = [
    HeaderName::from_static("x-hub-signature"),
    HeaderName::from_static("x-hub-signature-256"),
    HeaderName::from_static("x-jws-signature"),
    HeaderName::from_static("stripe-signature"),
    HeaderName::from_static("x-shopify-hmac-sha256"),
    HeaderName::from_static("x-slack-signature"),
    HeaderName::from_static("x-twilio-signature"),
    HeaderName::from_static("x-signature-ed25519"),
];

/// A body leaves as it was judged and written anew, so its sender's signature over it would no longer hold.
fn unsigned(headers: &HeaderMap) -> Result<(), Refusal> {
    let says = |name: &str, of: fn(&str) -> bool| {
        headers.get_all(name).iter().any(|v| of(&v.to_str().unwrap_or_default().to_ascii_lowercase()))
    };
    // RFC 9421 and its drafts name what is signed; only what is about the content concerns the body.
    let about_content = |v: &str| v.contains("digest") || v.contains("content-md5") || v.contains("content-length");
    let named = if let Some(name) = SIGNATURES.iter().find(|name| headers.contains_key(*name)) {
        name.as_str()
    } else if says("signature-input", about_content) {
        "signature-input"
    } else if says("signature", about_content) {
        "signature"
    } else if says("x-amz-content-sha256", |v| v != "unsigned-payload") {
        "x-amz-content-sha256"
    } else if says("authorization", |v| v.starts_with("aws4-") || v.starts_with("signature ") && v.contains("digest")) {
        "authorization"
    } else {
        return Ok(());
    };
    Err(unsupported(format!(
        "The sender signed the body (header {named}), and what leaves is written anew from what was judged, so the \
         signature would not hold; send it unsigned, and agree with the recipient how the gateway authenticates."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sent: Option<&str>, media: Option<&str>) -> Result<Reading, Code> {
        let mut headers = HeaderMap::new();
        if let Some(sent) = sent {
            headers.insert(header::CONTENT_TYPE, sent.parse().unwrap());
        }
        read(&headers, false, media).map_err(|r| r.code)
    }

    fn leaves(sent: &str, media: &str) -> Result<String, Code> {
        check(Some(sent), Some(media)).map(|r| r.received.content_type)
    }

    #[test]
    fn only_the_operations_own_type_is_read() {
        let json = "application/json";
        for (sent, left) in [
            ("application/json", "application/json"),
            ("Application/JSON", "application/json"),
            ("application/json;", "application/json"),
            ("application/json; charset=utf-8", "application/json; charset=utf-8"),
            ("application/json;charset=\"UTF-8\"", "application/json; charset=utf-8"),
            ("application/json;charset=iso-8859-1", "application/json; charset=utf-8"),
            (
                "application/json;odata.metadata=Minimal; IEEE754Compatible=true;odata.streaming=false",
                "application/json;odata.metadata=minimal;IEEE754Compatible=true;odata.streaming=false",
            ),
        ] {
            assert_eq!(leaves(sent, json).as_deref(), Ok(left), "{sent}");
        }
        for sent in [
            "",
            "text/json",
            "application/json; charset=utf-16",
            "application/json; charset=utf-7",
            "application/json; charset=",
            "application/json; charset=utf-8; charset=utf-8",
            "application/json; charset=utf-8; Charset=iso-8859-1",
            "application/json; charset =utf-8",
            "application/json; charset=\"utf-8",
            "application/json; charset=\"utf-8\"x",
            "application/json; profile=x",
            "application/json; odata.metadata=jan",
            "application/json; boundary=x",
            "application/json, text/plain",
            "application/json; charset",
            "application/problem+json",
        ] {
            assert_eq!(leaves(sent, json), Err(Code::BodyUnsupported), "{sent}");
        }
        assert_eq!(check(None, Some(json)), Err(Code::BodyUnsupported));
        assert_eq!(check(Some(json), None), Err(Code::BodyUnsupported));
        assert_eq!(read(&HeaderMap::new(), true, Some(json)), Ok(Reading::nothing()));
        assert_eq!(read(&HeaderMap::new(), true, None), Ok(Reading::nothing()));
    }

    #[test]
    fn charsets_are_for_text() {
        for (sent, transcoded) in [
            ("text/csv; charset=windows-1252", true),
            ("text/csv; charset=us-ascii", false),
            ("application/xml; charset=latin1", true),
            ("application/x-www-form-urlencoded; charset=utf-8", false),
        ] {
            let media = sent.split(';').next().unwrap();
            let read = check(Some(sent), Some(media)).unwrap();
            assert_eq!(read.received.transcoded, transcoded, "{sent}");
            assert_eq!(read.received.content_type, format!("{media}; charset=utf-8"));
        }
        for sent in [
            "application/x-www-form-urlencoded; charset=iso-8859-1",
            "application/pdf; charset=iso-8859-1",
            "image/png; charset=us-ascii",
            "multipart/form-data; boundary=x; charset=iso-8859-1",
            "multipart/form-data; boundary=x; charset=utf-8",
        ] {
            let media = sent.split(';').next().unwrap();
            assert_eq!(check(Some(sent), Some(media)), Err(Code::BodyUnsupported), "{sent}");
        }
    }

    #[test]
    fn a_boundary_and_an_action_are_kept_for_who_reads_the_body() {
        let read = |sent: &str| check(Some(sent), Some("multipart/form-data")).map(|r| r.received.boundary);
        assert_eq!(read("multipart/form-data; boundary=a-b"), Ok(Some("a-b".into())));
        assert_eq!(read("multipart/form-data; boundary=\"a b;c\""), Err(Code::BodyUnsupported));
        assert_eq!(read("multipart/form-data; boundary=\"a b:c\""), Ok(Some("a b:c".into())));
        let long = "x".repeat(71);
        for bad in ["", "; boundary=", "; boundary=\"a \"", "; boundary=a; boundary=b", "; boundary=\"a\\\"b\"", &long]
        {
            assert_eq!(read(&format!("multipart/form-data{bad}")), Err(Code::BodyUnsupported), "{bad}");
        }
        let soap = check(Some("application/soap+xml; action=\"urn:x\""), Some("application/soap+xml")).unwrap();
        assert_eq!(soap.received.action.as_deref(), Some("urn:x"));
    }

    #[test]
    fn a_body_that_its_sender_signed_is_refused_and_the_header_named() {
        let ask = |name: &str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
            headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            read(&headers, false, Some("application/json")).map(drop).map_err(|r| (r.code, r.detail))
        };
        for (name, value) in [
            ("signature-input", "sig1=(\"@method\" \"content-digest\");created=1"),
            ("signature", "keyId=\"a\",headers=\"(request-target) digest\",signature=\"x\""),
            ("x-hub-signature-256", "sha256=00"),
            ("x-jws-signature", "a..b"),
            ("x-amz-content-sha256", "e3b0c442"),
            ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
        ] {
            let (code, detail) = ask(name, value).unwrap_err();
            assert_eq!(code, Code::BodyUnsupported, "{name}");
            assert!(detail.contains(&format!("(header {name})")) && !detail.contains(value), "{detail}");
        }
        for (name, value) in [
            ("signature-input", "sig1=(\"@method\" \"@target-uri\");created=1"),
            ("authorization", "Bearer digest"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ("content-digest", "sha-256=:AA==:"),
        ] {
            assert_eq!(ask(name, value), Ok(()), "{name}");
        }
    }
}
