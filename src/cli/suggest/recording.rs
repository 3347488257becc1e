//! Recordings of a browser or a proxy (HAR 1.2): the bodies of their requests, and how they were sent.

use crate::gate::body::content_type;
use serde_json::Value;

/// One body with what its sender said of it, as far as that is known.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) body: Vec<u8>,
    /// Its media type in lower case, without parameters.
    pub(super) media: Option<String>,
    pub(super) charset: Option<String>,
    /// The recording made text of it, so it is UTF-8 now whatever it was.
    pub(super) is_text: bool,
    /// The SOAP action.
    pub(super) action: Option<String>,
    /// Which entry of a recording it is, counted from 1.
    pub(super) entry: Option<usize>,
}

impl Sent {
    /// A file's bytes, of which nothing else is known.
    pub(super) fn alone(body: Vec<u8>) -> Self {
        Self { body, ..Self::default() }
    }
}

/// The bodies of a recording's requests, each a sample; what was answered, and where to, is not looked at. `None` where
/// it is no recording.
///
/// # Errors
/// Which entry cannot be read, counted from 1.
pub(super) fn recorded(bytes: &[u8]) -> Option<Result<Vec<Sent>, String>> {
    let recording: Value = serde_json::from_slice(bytes).ok()?;
    let entries = recording.get("log")?.get("entries")?.as_array()?;
    let bodies: Result<Vec<Sent>, String> =
        entries.iter().zip(1..).filter_map(|(entry, at)| sent(entry.get("request")?, at)).collect();
    Some(bodies.and_then(|bodies| {
        if bodies.is_empty() { Err("none of its requests has a body".to_owned()) } else { Ok(bodies) }
    }))
}

/// A request's body; `None` where it has none.
fn sent(request: &Value, at: usize) -> Option<Result<Sent, String>> {
    let posted = request.get("postData")?;
    let text = posted.get("text").and_then(Value::as_str).filter(|text| !text.is_empty())?;
    let (body, is_text) = match posted.get("encoding").and_then(Value::as_str) {
        None | Some("") => (Ok(text.as_bytes().to_vec()), true),
        Some("base64") => {
            let bytes = data_encoding::BASE64.decode(text.as_bytes());
            (bytes.map_err(|_| format!("entry {at} says that its body is base64, and it is not")), false)
        }
        Some(_) => (Err(format!("the body of entry {at} is in an encoding that is not known here")), false),
    };
    let said = posted.get("mimeType").and_then(Value::as_str).and_then(content_type::parted);
    let (media, parameters) = said.map_or((None, Vec::new()), |(media, parameters)| (Some(media), parameters));
    let parameter = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let (charset, action) = (parameter("charset"), parameter("action").or_else(|| header(request, "soapaction")));
    Some(body.map(|body| Sent { body, media, charset, is_text, action, entry: Some(at) }))
}

/// A header's value without its quotes.
fn header(request: &Value, name: &str) -> Option<String> {
    let headers = request.get("headers")?.as_array()?;
    let is = |h: &&Value| h.get("name").and_then(Value::as_str).is_some_and(|n| n.eq_ignore_ascii_case(name));
    let value = headers.iter().find(is)?.get("value")?.as_str()?.trim();
    let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    Some(bare.unwrap_or(value).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_its_requests_bodies() {
        let recorded = |entries: &str| recorded(format!(r#"{{"log":{{"entries":[{entries}]}}}}"#).as_bytes());
        let json =
            r#"{"request":{"method":"POST","postData":{"text":"{\"a\":1}"}},"response":{"content":{"text":"x"}}}"#;
        let coded = r#"{"request":{"postData":{"text":"eyJhIjoyfQ==","encoding":"base64"}}}"#;
        let bodiless = r#"{"request":{"method":"GET"}}"#;
        let all = recorded(&[json, bodiless, coded].join(",")).unwrap().unwrap();
        let bodies: Vec<_> = all.iter().map(|sent| (sent.entry, sent.body.as_slice(), sent.is_text)).collect();
        assert_eq!(bodies, [(Some(1), &b"{\"a\":1}"[..], true), (Some(3), b"{\"a\":2}", false)]);
        assert_eq!(recorded(bodiless).unwrap().unwrap_err(), "none of its requests has a body");
        let spoiled = recorded(&coded.replace("eyJ", "secret!")).unwrap().unwrap_err();
        assert_eq!(spoiled, "entry 1 says that its body is base64, and it is not");
        for other in ["{\"a\":1}", "[1]", "a,b\n1,2", r#"{"log":{"entries":7}}"#] {
            assert!(super::recorded(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn how_a_body_was_sent_is_read_too() {
        let soap = r#"{"log":{"entries":[{"request":{"headers":[{"name":"soapAction","value":"\"urn:a:send\""}],
          "postData":{"mimeType":"Text/XML; charset=\"ISO-8859-1\"","text":"<a/>"}}},
          {"request":{"headers":[],"postData":{"mimeType":"application/soap+xml;action=\"urn:b\"","text":"<a/>"}}}]}}"#;
        let all = recorded(soap.as_bytes()).unwrap().unwrap();
        let said: Vec<_> =
            all.iter().map(|s| [&s.media, &s.charset, &s.action].map(|s| s.as_deref().unwrap_or("-"))).collect();
        assert_eq!(said, [["text/xml", "ISO-8859-1", "urn:a:send"], ["application/soap+xml", "-", "urn:b"]]);
    }
}
