//! The action of a SOAP request: one value that the policy lists, sent on as it is listed and never as it came.

use super::Received;
use crate::{
    policy::integration::SoapAction,
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// SOAP 1.1 section 6.1.1.
const HEADER: HeaderName = HeaderName::from_static("soapaction");

/// Holds what a request says of its action to what the operation lists, and writes that: into the headers that leave
/// (SOAP 1.1) or the body's type (SOAP 1.2).
///
/// # Errors
/// `body-unsupported` for another action, for none where one is listed, and for one in the media type where none is.
pub(super) fn screen(
    listed: Option<&SoapAction>,
    sent: &HeaderMap,
    received: &Received,
    content_type: &mut String,
    headers: &mut HeaderMap,
) -> Result<(), Refusal> {
    let Some(listed) = listed else {
        return match &received.action {
            None => Ok(()),
            Some(_) => Err(other("names an action, and this operation lists none; leave it out")),
        };
    };
    if listed.in_header() {
        let mut values = sent.get_all(&HEADER).iter();
        let only = values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok());
        if !only.is_some_and(|value| listed.is(value)) {
            return Err(other("does not name in one SOAPAction header the action that this operation lists"));
        }
        let value = HeaderValue::from_str(&listed.quoted());
        let value = value.map_err(|_| Refusal::plain(Code::Internal, "a listed action cannot stand in a header"))?;
        headers.insert(HEADER, value);
        return Ok(());
    }
    if !received.action.as_deref().is_some_and(|value| listed.is(value)) {
        return Err(other("does not name in its media type the action that this operation lists"));
    }
    content_type.push_str("; action=");
    content_type.push_str(&listed.quoted());
    Ok(())
}

fn other(what: &str) -> Refusal {
    Refusal::plain(Code::BodyUnsupported, format!("The SOAP request {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(listed: Option<(&str, &str)>, sent: &[&str], parameter: Option<&str>) -> Result<(String, String), Code> {
        let listed = listed.map(|(uri, media)| SoapAction::new(uri, media).unwrap());
        let sent = sent.iter().map(|v| (HEADER, HeaderValue::from_str(v).unwrap())).collect();
        let received = Received { action: parameter.map(str::to_owned), ..Received::default() };
        let (mut media, mut headers) = ("x".to_owned(), HeaderMap::new());
        screen(listed.as_ref(), &sent, &received, &mut media, &mut headers).map_err(|r| r.code)?;
        Ok((media, headers.get(HEADER).map_or_else(String::new, |v| v.to_str().unwrap().to_owned())))
    }

    #[test]
    fn the_listed_action_is_sent_as_it_is_listed() {
        let one = Some(("urn:a", "text/xml"));
        assert_eq!(run(one, &["urn:a"], None), Ok(("x".into(), "\"urn:a\"".into())));
        for sent in [&[][..], &["urn:b"], &["urn:a", "urn:a"], &["\"urn:a"]] {
            assert_eq!(run(one, sent, None), Err(Code::BodyUnsupported), "{sent:?}");
        }
        let two = Some(("urn:a", "application/soap+xml"));
        assert_eq!(run(two, &[], Some("urn:a")), Ok(("x; action=\"urn:a\"".into(), String::new())));
        assert_eq!(run(two, &["urn:a"], None), Err(Code::BodyUnsupported));
        assert_eq!(run(two, &[], Some("urn:b")), Err(Code::BodyUnsupported));
        assert_eq!(run(None, &["urn:a"], None), Ok(("x".into(), String::new())));
        assert_eq!(run(None, &[], Some("urn:a")), Err(Code::BodyUnsupported));
    }
}
