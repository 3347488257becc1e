//! A part's headers (RFC 7578 section 4), read so that no other reader can take them differently.

use super::framing::Fault;

/// What a part says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The form field's name.
    pub(super) name: String,
    /// The file's name, where it is a file.
    pub(super) filename: Option<String>,
    /// Its `Content-Type`, as it came.
    pub(super) media: Option<String>,
    /// Headers that nobody listed and that say something.
    pub(super) others: u64,
}

/// Reads header lines that begin at byte `at` of the body.
pub(super) fn read(bytes: &[u8], at: usize) -> Result<Head, Fault> {
    let fault = |what| Err(Fault::new(at, what));
    let mended = |(what, mend)| Fault { at, what, mend };
    let Ok(text) = std::str::from_utf8(bytes) else { return fault("part headers that are not UTF-8") };
    let (mut disposition, mut media, mut coding, mut others) = (None, None, None, 0);
    for line in text.split("\r\n") {
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return fault("a control character in a part's headers");
        }
        let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_token(name)) else {
            return fault("a part's header line that is not a name, a colon and a value in one line");
        };
        let value = value.trim_matches([' ', '\t']);
        let place = match name.to_ascii_lowercase().as_str() {
            "content-disposition" => &mut disposition,
            "content-type" => &mut media,
            "content-transfer-encoding" => &mut coding,
            // Lengths are told by the boundary, and every version of MIME is the first.
            "content-length" | "mime-version" => continue,
            _ => {
                others += 1;
                continue;
            }
        };
        if place.replace(value).is_some() {
            return fault("a Content-Disposition, Content-Type or Content-Transfer-Encoding twice in one part");
        }
    }
    if !coding.is_none_or(|c| ["7bit", "8bit", "binary"].iter().any(|known| c.eq_ignore_ascii_case(known))) {
        let what = "a Content-Transfer-Encoding, which RFC 7578 takes away";
        return Err(mended((what, Some("send the part's bytes as they are, and leave it out"))));
    }
    let Some(disposition) = disposition else { return fault("a part without Content-Disposition") };
    let (name, filename) = form_data(disposition).map_err(mended)?;
    Ok(Head { name, filename, media: media.map(str::to_owned), others })
}

/// What is wrong, and what to write instead.
type Wrong = (&'static str, Option<&'static str>);

/// `form-data; name="…"; filename="…"`.
fn form_data(text: &str) -> Result<(String, Option<String>), Wrong> {
    let (kind, mut rest) = text.split_once(';').unwrap_or((text, ""));
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err(("a part that is not form-data", None));
    }
    let (mut name, mut filename, mut seen) = (None, None, Vec::new());
    while !rest.trim().is_empty() {
        let (key, after) = rest.split_once('=').ok_or(UNREADABLE)?;
        let key = key.trim().to_ascii_lowercase();
        if key.contains('*') {
            let mend = "write name=\"…\" or filename=\"…\" in UTF-8";
            return Err(("a name in the encoding of RFC 5987, which RFC 7578 forbids,", Some(mend)));
        }
        let (value, after) = value(after.trim_start())?;
        if !is_token(&key) {
            return Err(UNREADABLE);
        }
        match key.as_str() {
            "name" => name = Some(value.to_owned()),
            "filename" => filename = Some(value.to_owned()),
            _ => {}
        }
        if seen.contains(&key) {
            return Err(("a parameter twice in one Content-Disposition", None));
        }
        seen.push(key);
        rest = match after.trim_start().strip_prefix(';') {
            Some(rest) if !rest.trim().is_empty() => rest,
            None if after.trim().is_empty() => "",
            _ => return Err(UNREADABLE),
        };
    }
    let name = name.filter(|name| !name.is_empty()).ok_or(("a part without a name", None))?;
    if name == "_charset_" {
        return Err((
            "a part `_charset_`, which changes how others are read,",
            Some("leave it out, and send all in UTF-8"),
        ));
    }
    Ok((name, filename))
}

const UNREADABLE: Wrong = ("a Content-Disposition that is not a list of `name=\"value\"`", None);

/// A quoted string without escapes, or a token; and what comes after it. Some readers take a backslash for the beginning
/// of an escape, others for a part of a path.
fn value(text: &str) -> Result<(&str, &str), Wrong> {
    let (value, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(UNREADABLE)?,
        None => {
            let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
            let (value, rest) = text.split_at(end);
            if !is_token(value) {
                return Err(UNREADABLE);
            }
            (value, rest)
        }
    };
    if value.contains('\\') {
        let mend = "write a quote as %22, and a file's name without its folder";
        return Err(("a backslash in a name, which readers take differently,", Some(mend)));
    }
    Ok((value, rest))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether a part's `Content-Type` is this media type, in UTF-8.
pub(super) fn is_type(sent: &str, media: &str) -> bool {
    let mut parts = sent.split(';').map(|p| p.trim_matches([' ', '\t']));
    let same = parts.next().is_some_and(|t| t.eq_ignore_ascii_case(media));
    let rest: Vec<&str> = parts.collect();
    let utf8 = |value: &str| value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("\"utf-8\"");
    let charset = |p: &str| p.split_once('=').is_some_and(|(name, v)| name.eq_ignore_ascii_case("charset") && utf8(v));
    same && match rest.as_slice() {
        [] => true,
        [one] => charset(one),
        _ => false,
    }
}
