//! RFC 8785 canonical JSON for what is recorded: one spelling for one meaning, so that a hash means something.
//!
//! Only what records need: text, whole numbers, lists, and maps with ASCII names (whose order by bytes is
//! the RFC's order by UTF-16 code units). No floating point, no null, no true or false.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

/// The largest number that JSON readers agree on: 2⁵³ − 1 (RFC 8785, section 3.2.2.3).
const LARGEST: u64 = (1 << 53) - 1;

/// One JSON value of the kinds records use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number; written as at most 2⁵³ − 1.
    Number(u64),
    /// A list, in its own order.
    List(Vec<Value<'a>>),
    /// A map, in the order of its ASCII names.
    Map(BTreeMap<Cow<'a, str>, Value<'a>>),
}

impl<'a> Value<'a> {
    /// Text that is borrowed or owned.
    pub(super) fn text(s: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(s.into())
    }

    /// The canonical bytes.
    pub(super) fn canonical(&self) -> String {
        let mut out = String::with_capacity(512);
        self.write(&mut out);
        out
    }

    /// Reads what any JSON reader made of a record; `None` when it holds what records never hold.
    /// Writing it again must give the same bytes: that is how a record's form is verified.
    pub(super) fn from_json(value: &'a serde_json::Value) -> Option<Self> {
        Some(match value {
            serde_json::Value::String(s) => Self::text(s.as_str()),
            serde_json::Value::Number(n) => Self::Number(n.as_u64().filter(|n| *n <= LARGEST)?),
            serde_json::Value::Array(list) => Self::List(list.iter().map(Self::from_json).collect::<Option<_>>()?),
            serde_json::Value::Object(map) => Self::Map(
                map.iter()
                    .map(|(name, value)| {
                        Some((name.is_ascii().then_some(name.as_str().into())?, Self::from_json(value)?))
                    })
                    .collect::<Option<_>>()?,
            ),
            serde_json::Value::Null | serde_json::Value::Bool(_) => return None,
        })
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Text(s) => write_text(s, out),
            Self::Number(n) => _ = write!(out, "{}", (*n).min(LARGEST)),
            Self::List(list) => {
                out.push('[');
                for (i, value) in list.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    value.write(out);
                }
                out.push(']');
            }
            Self::Map(map) => {
                out.push('{');
                for (i, (name, value)) in map.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// RFC 8785, section 3.2.2.2: the short escapes where there is one, lower-case `\u00xx` for other controls,
/// everything else as it is.
fn write_text(s: &str, out: &mut String) {
    out.push('"');
    if s.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.push_str(s);
        return out.push('"');
    }
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map<'a>(members: impl IntoIterator<Item = (&'a str, Value<'a>)>) -> Value<'a> {
        Value::Map(members.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    #[test]
    fn names_are_sorted_and_text_is_escaped_as_the_rfc_says() {
        let value = map([
            ("b", Value::List(vec![Value::Number(u64::MAX), Value::Number(0)])),
            ("a", Value::text("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{8}")),
        ]);
        // The string of RFC 8785, section 3.2.2, written as its example shows.
        assert_eq!(
            value.canonical(),
            "{\"a\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\",\"b\":[9007199254740991,0]}"
        );
    }

    #[test]
    fn what_records_never_hold_is_not_read() {
        for json in ["null", "true", "1.5", "-1", "9007199254740992", "{\"é\":1}", "[null]"] {
            let json: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(Value::from_json(&json), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn any_reader_reads_back_what_was_written(text in any::<String>(), n in 0..=LARGEST, names in prop::collection::btree_set("[ -~]{0,6}", 0..6)) {
            let names: Vec<_> = names.into_iter().collect();
            let value = map(names.iter().map(|k| (k.as_str(), Value::List(vec![Value::text(text.as_str()), Value::Number(n)]))));
            let bytes = value.canonical();
            let read: serde_json::Value = serde_json::from_str(&bytes).unwrap();
            prop_assert_eq!(Value::from_json(&read), Some(value.clone()));
            prop_assert_eq!(Value::from_json(&read).unwrap().canonical(), bytes);
        }
    }
}
