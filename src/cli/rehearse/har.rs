//! HAR 1.2, the HTTP archive that browsers and proxies write: what was sent is read, what came back is not.
//! Messages hold a place in the file and nothing of what stands there.

use super::recorded::{Address, Entry, Recorded};
use crate::flow::Host;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::{Deserialize, de::IgnoredAny};

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<LogEntry>,
}

#[derive(Deserialize)]
struct LogEntry {
    request: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Field>,
    post_data: Option<PostData>,
    /// Bytes; -1 where nobody counted.
    #[serde(default)]
    body_size: Option<f64>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    #[serde(default)]
    mime_type: String,
    text: Option<String>,
    params: Option<Vec<IgnoredAny>>,
    /// Not in HAR 1.2, but written by tools for bodies that are not text.
    encoding: Option<String>,
}

/// Every entry, in the order of the file.
pub(super) fn read(json: &[u8]) -> Result<Vec<Entry>, String> {
    let har: Har = serde_json::from_slice(json).map_err(|e| {
        // The reader's own words may repeat a value.
        let (line, column) = (e.line(), e.column());
        format!(
            "line {line}, column {column}: this is not as HAR 1.2 has it\n  \
             mend: export it again, or name a file with one HTTP/1.1 request"
        )
    })?;
    Ok(har.log.entries.into_iter().map(|e| entry(e.request)).collect())
}

fn entry(request: Request) -> Entry {
    let Ok(url) = url::Url::parse(&request.url) else { return Entry::Unreadable("its URL is not one") };
    let https = match url.scheme() {
        "http" | "ws" => false,
        "https" | "wss" => true,
        // Within the browser.
        _ => return Entry::Skipped,
    };
    let Ok(method) = Method::from_bytes(request.method.as_bytes()) else {
        return Entry::Unreadable("its method is not one");
    };
    let Some(mut headers) = headers(&request.headers) else {
        return Entry::Unreadable("a header of it is not one that HTTP can carry");
    };
    let body = match body(&request, &mut headers) {
        Ok(body) => body,
        Err(why) => return Entry::Unreadable(why),
    };
    let to = Address {
        https: Some(https),
        host: url.host_str().and_then(|h| Host::parse(h).ok()),
        port: url.port_or_known_default(),
        whole: true,
    };
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    Entry::Request(Box::new(Recorded::new(method, to, format!("{}{query}", url.path()), headers, body)))
}

/// `None` where one of them cannot be. `Host` is the URL's; HTTP/2's own (`:path`) say what the URL says.
fn headers(fields: &[Field]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for field in fields.iter().filter(|f| !f.name.starts_with(':') && !f.name.eq_ignore_ascii_case("host")) {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(field.value.as_bytes()).ok()?);
    }
    Some(headers)
}

/// The body's bytes. A recording without them must not pass for a request without a body.
fn body(request: &Request, headers: &mut HeaderMap) -> Result<Vec<u8>, &'static str> {
    const LEFT_OUT: &str = "its body was not recorded: export the HAR with content";
    let declared = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    let Some(data) = &request.post_data else {
        let sent = declared || request.body_size.is_some_and(|size| size > 0.0);
        return if sent { Err(LEFT_OUT) } else { Ok(Vec::new()) };
    };
    if data.encoding.as_deref().is_some_and(|e| !e.is_empty()) {
        return Err("its body was recorded in base64, which is not read: record it with a proxy as text");
    }
    let text = match &data.text {
        Some(text) if !text.is_empty() => text,
        _ if data.params.as_ref().is_some_and(|p| !p.is_empty()) => {
            return Err("its body was recorded as the fields of a form, not as it was sent");
        }
        _ if declared || request.body_size.is_some_and(|size| size > 0.0) => return Err(LEFT_OUT),
        _ => return Ok(Vec::new()),
    };
    if !headers.contains_key(header::CONTENT_TYPE)
        && let Ok(media) = HeaderValue::from_str(&data.mime_type)
        && !media.is_empty()
    {
        headers.insert(header::CONTENT_TYPE, media);
    }
    Ok(text.clone().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(request: &str) -> Entry {
        let har = format!(r#"{{"log":{{"version":"1.2","entries":[{{"request":{request},"response":{{}}}}]}}}}"#);
        read(har.as_bytes()).unwrap().pop().unwrap()
    }

    fn text(request: &str) -> String {
        match one(request) {
            Entry::Request(recorded) => String::from_utf8(recorded.as_it_was()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_entry_becomes_the_request_it_was() {
        let request = r#"{"method":"POST","url":"https://Refer.example:444/v2/a%20b?x=1#f","httpVersion":"h2",
            "headers":[{"name":":authority","value":"z"},{"name":"Host","value":"z"},{"name":"Content-Length","value":"9"},
            {"name":"x-a","value":"1"}],"postData":{"mimeType":"application/json","text":"{\"é\":1}"},"bodySize":8}"#;
        let expected = "POST /v2/a%20b?x=1 HTTP/1.1\r\nHost: refer.example\r\nx-a: 1\r\n\
                        content-type: application/json\r\nContent-Length: 8\r\n\r\n{\"é\":1}";
        assert_eq!(text(request), expected);
    }

    #[test]
    fn what_was_not_recorded_is_said() {
        let with = |part: &str| one(&format!(r#"{{"method":"POST","url":"https://a.example/"{part}}}"#));
        for (part, says) in [
            (r#","bodySize":12"#, "not recorded"),
            (r#","headers":[{"name":"content-length","value":"12"}]"#, "not recorded"),
            (r#","bodySize":12,"postData":{"mimeType":"a/b","text":""}"#, "not recorded"),
            (r#","postData":{"mimeType":"a/b","text":"aGk=","encoding":"base64"}"#, "base64"),
            (r#","postData":{"mimeType":"a/b","params":[{"name":"a"}]}"#, "form"),
            (r#","headers":[{"name":"a","value":"b\nc"}]"#, "header"),
        ] {
            assert!(matches!(with(part), Entry::Unreadable(why) if why.contains(says)), "{part}");
        }
        assert!(matches!(with(r#","bodySize":-1,"postData":null"#), Entry::Request(_)));
        assert!(matches!(one(r#"{"method":"GET","url":"data:,x"}"#), Entry::Skipped));
        assert!(matches!(one(r#"{"method":"GET","url":"/x"}"#), Entry::Unreadable(_)));
    }

    #[test]
    fn a_broken_file_is_told_by_its_place_alone() {
        let said = read(br#"{"log":{"entries":[{"request":{"method":"GET","url":{"Amina":1}}}]}}"#).unwrap_err();
        assert!(said.contains("line 1, column") && !said.contains("Amina"), "{said}");
    }
}
