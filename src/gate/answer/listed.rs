//! An answer whose operation lists places of links: read whole, and passed on with the links rewritten.

use super::{Answer, AnswerBody, AnswerError, links::Links};
use crate::{
    flow::name_closed as closed,
    gate::resolve,
    policy::integration::AnswerRules,
    screen::json::links::{NotJson, rewrite},
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body::Body as _;
use std::sync::Arc;

/// What to read of an answer, and within which bounds.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The places.
    pub rules: Arc<AnswerRules>,
    /// The most bytes.
    pub bytes: usize,
    /// Containers within containers.
    pub depth: usize,
}

closed! {
    /// Why the body of an answer could not be read and was withheld.
    Unreadable {
        /// It is not said to be JSON in UTF-8.
        Media = "media",
        /// It is compressed, which nobody asked for.
        Coding = "coding",
        /// It is not JSON that can be read in one way only.
        Malformed = "malformed",
        /// It is larger than a body may be.
        TooLarge = "too-large",
        /// It ended before it was whole.
        Broken = "broken",
        /// It did not arrive in time.
        Timeout = "timeout",
    }
}

impl From<AnswerError> for Unreadable {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Broken => Self::Broken,
            AnswerError::Timeout => Self::Timeout,
            AnswerError::TooLarge => Self::TooLarge,
        }
    }
}

impl Unreadable {
    /// What the sender is told where nothing else of the answer is any use.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        let what = match self {
            Self::Media => "it is not said to be JSON in UTF-8",
            Self::Coding => "it is compressed",
            Self::Malformed => "it is not JSON that can be read in one way only",
            Self::TooLarge => "it is larger than limits.body",
            Self::Broken => "it ended before it was whole",
            Self::Timeout => "it did not arrive in time",
        };
        resolve::refusal(
            Code::DestinationUnreachable,
            "answer-unreadable",
            format!("The recipient answered. Its links could not be checked, so the answer is not passed on: {what}."),
            "The request was received: look there before sending again. If this operation's answers hold no links, \
             take `[operation.response]` out of the connection's file.",
        )
    }
}

/// Reads the body to its end. One that cannot be read is withheld, and so are the headers that speak of it; the answer
/// then says why ([`super::Withheld::body`]). An answer without a body stays as it is.
pub(super) async fn read(mut answer: Answer, links: &Links<'_>, listed: &Listed) -> Answer {
    if answer.body.is_end_stream() {
        return answer;
    }
    let kind = readable(&answer.headers);
    let document = match answer.body.collect(listed.bytes).await {
        Ok(document) if document.is_empty() => Ok(document),
        Ok(document) => kind.map(|()| document),
        Err(error) => Err(error.into()),
    };
    let rewritten = document.and_then(|document| match document.is_empty() {
        true => Ok(None),
        false => {
            let done = rewrite(&document, &listed.rules, listed.depth, &mut |link| links.reference(link));
            done.map(Some).map_err(|NotJson| Unreadable::Malformed)
        }
    });
    match rewritten {
        Ok(Some(rewritten)) => {
            if rewritten.changed {
                another_text(&mut answer.headers);
            }
            answer.withheld.places = rewritten.withheld;
            answer.body = AnswerBody::whole(rewritten.bytes);
        }
        Ok(None) => answer.body = AnswerBody::whole(Vec::new()),
        Err(why) => {
            without_content(&mut answer.headers);
            answer.withheld.body = Some(why);
            answer.body = AnswerBody::whole(Vec::new());
        }
    }
    answer
}

/// Whether the headers say that the body is JSON in UTF-8, and as it is.
fn readable(headers: &HeaderMap) -> Result<(), Unreadable> {
    let identity = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(identity) {
        return Err(Unreadable::Coding);
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let one = types.next().filter(|_| types.next().is_none()).and_then(|value| value.to_str().ok());
    one.filter(|media| is_json(&media.to_ascii_lowercase())).map(|_| ()).ok_or(Unreadable::Media)
}

/// `media` in lower case. A charset that is not named is UTF-8 (RFC 8259 section 8.1).
fn is_json(media: &str) -> bool {
    let mut parts = media.split(';').map(str::trim);
    let token = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let json = match parts.next().and_then(|essence| essence.split_once('/')) {
        Some(("application", "json")) => true,
        Some((kind, name)) => token(kind) && token(name) && name.ends_with("+json"),
        None => false,
    };
    json && parts.filter_map(|p| p.strip_prefix("charset")).all(|charset| {
        let charset = charset.trim_start().strip_prefix('=').map(|c| c.trim().trim_matches('"'));
        matches!(charset, Some("utf-8" | "utf8" | "us-ascii"))
    })
}

/// Digests of other bytes are false, and a strong validator speaks of those bytes (RFC 9110 section 8.8.1).
fn another_text(headers: &mut HeaderMap) {
    without(headers, &["content-md5", "digest", "content-digest", "repr-digest", "accept-ranges"]);
    if let Some(tag) = headers.get_mut(header::ETAG)
        && tag.as_bytes().starts_with(b"\"")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        *tag = weak;
    }
}

/// Removes what speaks of a body that is not passed on.
fn without_content(headers: &mut HeaderMap) {
    another_text(headers);
    without(
        headers,
        &["content-type", "content-encoding", "content-language", "content-range", "etag", "last-modified"],
    );
}

fn without(headers: &mut HeaderMap, names: &[&'static str]) {
    for name in names {
        headers.remove(HeaderName::from_static(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf_8_is_read() {
        for media in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;odata.metadata=minimal;odata.streaming=true;charset=\"utf-8\"",
            "application/problem+json",
            "application/vnd.api+json; charset = utf8",
        ] {
            assert!(is_json(media), "{media}");
        }
        for media in [
            "",
            "json",
            "text/json",
            "application/jsonp",
            "application/json-seq",
            "application/x-ndjson",
            "+json",
            "a b/c+json",
            "application/json; charset=utf-16",
            "application/json; charset",
            "text/html",
        ] {
            assert!(!is_json(media), "{media}");
        }
    }

    #[test]
    fn a_changed_text_has_no_strong_validator() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("etag", "\"1\""), ("content-digest", "x"), ("x-id", "7")] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        another_text(&mut headers);
        assert_eq!((headers["etag"].to_str().unwrap(), headers.len()), ("W/\"1\"", 2));
        another_text(&mut headers);
        assert_eq!(headers["etag"], "W/\"1\"");
    }
}
