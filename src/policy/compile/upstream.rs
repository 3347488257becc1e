//! URLs of recipients, and paths written in policies.

use super::{Problems, place};
use crate::{
    flow::Host,
    policy::{integration::Upstream, source::At},
};

/// A recipient's base URL. `plain_http` is the reason a connection gives for not using TLS.
pub(super) fn compile(
    file: &str,
    text: &At<String>,
    plain_http: Option<&str>,
    problems: &mut Problems,
) -> Option<Upstream> {
    let mut wrong = |message: &str, mend: &str| problems.error(place(file, text.span()), message, mend);
    if !has_one_reading(text.get_ref()) {
        wrong(
            "the URL's host can be read in more than one way",
            "write https:// and the name itself, without `%`, `\\` or white space",
        );
        return None;
    }
    let Ok(url) = url::Url::parse(text.get_ref()) else {
        wrong("this is not a URL", "write one such as https://refer.riverside.example/v2");
        return None;
    };
    let plain = match (url.scheme(), plain_http) {
        ("https", None) => None,
        ("http", Some(reason)) => Some(reason.to_owned()),
        ("http", None) => {
            let mend = "use https, or give a reason: plain_http = \"…\"; anybody on the way could read what is sent";
            wrong("the URL is plain http and no reason is given", mend);
            None
        }
        ("https", Some(_)) => {
            wrong("`plain_http` is given and the URL is https", "take `plain_http` out");
            None
        }
        _ => {
            wrong("the URL's scheme is neither https nor http", "write https://…");
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        wrong(
            "the URL holds a user name or password",
            "take it out, and use `auth` with a secret in the keys directory",
        );
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        wrong("the URL holds a query or a fragment", "take it out: an operation lists its own query");
        return None;
    }
    let path = url.path().strip_prefix('/').unwrap_or_default();
    let base = segments(path.strip_suffix('/').unwrap_or(path));
    let host = url.host_str().and_then(|h| Host::parse(h).ok());
    let (Some(host), Some(base)) = (host, base) else {
        wrong("the URL's host or path cannot be used", "write plain segments, without `%`, empty ones or backslashes");
        return None;
    };
    Some(Upstream { host, port: url.port_or_known_default()?, plain_http: plain, base })
}

/// The URL standard drops tabs and line breaks, takes `\` for `/`, does without slashes and decodes `%` in hosts; a
/// person who reads the file does not.
fn has_one_reading(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return !url.contains(':') };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    scheme.bytes().all(|b| b.is_ascii_alphanumeric())
        && !authority.is_empty()
        && !authority.contains(['%', '\\'])
        && !url.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// The segments of a path written without its leading slash: plain text that means the same to everybody.
/// `""` has none. `None` where one is empty, a dot segment, or holds `%`, `?`, `#`, `\` or a control.
pub(super) fn segments(path: &str) -> Option<Vec<String>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/').map(|s| plain(s).then(|| s.to_owned())).collect()
}

fn plain(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && !segment.chars().any(|c| matches!(c, '%' | '?' | '#' | '\\') || c.is_control() || c.is_whitespace())
}
