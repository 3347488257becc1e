//! JSON read strictly: a repeated name is an error at every level, a number is an integer or nothing.
//!
//! `serde_json` keeps the last of two members with one name, and a derived struct also reads itself from an
//! array; a token that two readers understand differently must not exist, so it is read into a small tree
//! and every member is taken out by name and type.

use super::TokenError;
use jiff::Timestamp;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{cell::Cell, collections::BTreeMap, fmt, str::FromStr};

/// A JSON value of a token.
#[derive(Debug)]
pub(super) enum Json {
    /// `true`, `false`.
    Boolean(bool),
    /// A whole number without fraction or exponent.
    Integer(i64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(BTreeMap<String, Self>),
    /// `null`, fractions and numbers out of range: never what a claim may be.
    Other,
}

/// The members of one object that nobody has taken yet.
pub(super) struct Members {
    place: &'static str,
    left: BTreeMap<String, Json>,
}

impl Members {
    /// Reads bytes as exactly one object. `place` is what errors call it.
    pub(super) fn read(bytes: &[u8], place: &'static str) -> Result<Self, TokenError> {
        let duplicate = Cell::new(false);
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let read = Strict { duplicate: &duplicate }.deserialize(&mut reader);
        // A repeated name was seen: whatever else is wrong, that is said.
        if duplicate.get() {
            return Err(TokenError::Duplicate(place));
        }
        match (read, reader.end()) {
            (Ok(Json::Object(left)), Ok(())) => Ok(Self { place, left }),
            _ => Err(TokenError::NotJson(place)),
        }
    }

    /// A value that is an object. `place` is what errors call it.
    pub(super) fn of(json: Json, place: &'static str) -> Result<Self, TokenError> {
        match json {
            Json::Object(left) => Ok(Self { place, left }),
            _ => Err(TokenError::NotJson(place)),
        }
    }

    /// Takes a member out, if it is there.
    pub(super) fn take(&mut self, member: &'static str) -> Option<Json> {
        self.left.remove(member)
    }

    /// Takes a string.
    pub(super) fn text(&mut self, member: &'static str) -> Result<String, TokenError> {
        match self.required(member)? {
            Json::Text(text) => Ok(text),
            _ => Err(self.wrong(member, "one string")),
        }
    }

    /// Takes a string and parses it; the parser's own message is not used, since it may repeat the string.
    pub(super) fn parsed<T: FromStr>(&mut self, member: &'static str, expected: &'static str) -> Result<T, TokenError> {
        let text = self.text(member)?;
        text.parse().map_err(|_| self.wrong(member, expected))
    }

    /// Takes a whole number.
    pub(super) fn integer(&mut self, member: &'static str) -> Result<i64, TokenError> {
        match self.required(member)? {
            Json::Integer(n) => Ok(n),
            _ => Err(self.wrong(member, "a whole number")),
        }
    }

    /// Takes a `NumericDate` (RFC 7519 section 2), whole seconds only.
    pub(super) fn time(&mut self, member: &'static str) -> Result<Timestamp, TokenError> {
        let seconds = self.integer(member)?;
        Timestamp::from_second(seconds)
            .ok()
            .filter(|_| seconds >= 0)
            .ok_or_else(|| self.wrong(member, "a time in whole seconds since 1970"))
    }

    /// Takes `true` or `false`.
    pub(super) fn boolean(&mut self, member: &'static str) -> Result<bool, TokenError> {
        match self.required(member)? {
            Json::Boolean(b) => Ok(b),
            _ => Err(self.wrong(member, "true or false")),
        }
    }

    /// Takes a list.
    pub(super) fn list(&mut self, member: &'static str) -> Result<Vec<Json>, TokenError> {
        match self.required(member)? {
            Json::List(list) => Ok(list),
            _ => Err(self.wrong(member, "a list")),
        }
    }

    /// Takes a list of exactly one string.
    pub(super) fn only(&mut self, member: &'static str) -> Result<String, TokenError> {
        if let Json::List(mut list) = self.required(member)?
            && let (Some(Json::Text(text)), true) = (list.pop(), list.is_empty())
        {
            return Ok(text);
        }
        Err(self.wrong(member, "a list of exactly one string"))
    }

    /// Takes an object; errors call it by the member's name.
    pub(super) fn object(&mut self, member: &'static str) -> Result<Self, TokenError> {
        let json = self.required(member)?;
        Self::of(json, member)
    }

    /// The end: nothing may be left.
    pub(super) fn end(self) -> Result<(), TokenError> {
        if self.left.is_empty() { Ok(()) } else { Err(TokenError::UnknownMember(self.place)) }
    }

    /// The error for a member that is there and not what it has to be.
    pub(super) const fn wrong(&self, member: &'static str, expected: &'static str) -> TokenError {
        TokenError::Wrong { place: self.place, member, expected }
    }

    fn required(&mut self, member: &'static str) -> Result<Json, TokenError> {
        self.take(member).ok_or(TokenError::Missing { place: self.place, member })
    }
}

/// Reads a [`Json`] and remembers whether some object named a member twice.
#[derive(Clone, Copy)]
struct Strict<'a> {
    duplicate: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Json, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, b: bool) -> Result<Json, E> {
        Ok(Json::Boolean(b))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(Json::Integer(n))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(i64::try_from(n).map_or(Json::Other, Json::Integer))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }
    fn visit_str<E>(self, s: &str) -> Result<Json, E> {
        Ok(Json::Text(s.to_owned()))
    }
    fn visit_string<E>(self, s: String) -> Result<Json, E> {
        Ok(Json::Text(s))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            list.push(value);
        }
        Ok(Json::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            if members.insert(name, value).is_some() {
                self.duplicate.set(true);
                return Err(de::Error::custom("a repeated member"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_after_unescaping_at_every_level() {
        for bytes in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[{"y":[{"a":1,"b":2,"a":3}]}]}"#,
        ] {
            assert_eq!(
                Members::read(bytes.as_bytes(), "header").err(),
                Some(TokenError::Duplicate("header")),
                "{bytes}"
            );
        }
    }

    #[test]
    fn only_one_object_and_nothing_after_it() {
        for bytes in
            [&b""[..], b"[]", b"1", b"{} {}", b"{}x", b"\xef\xbb\xbf{}", b"{\"a\":\"\\ud800\"}", b"{\"a\":\"\xff\"}"]
        {
            assert_eq!(Members::read(bytes, "header").err(), Some(TokenError::NotJson("header")), "{bytes:?}");
        }
        let deep = "[".repeat(4000);
        assert_eq!(Members::read(deep.as_bytes(), "header").err(), Some(TokenError::NotJson("header")));
        assert!(Members::read(b" { } ", "header").is_ok());
    }

    #[test]
    fn a_number_is_whole_or_nothing() {
        for number in ["1.0", "1e3", "-0", "9223372036854775808", "null", "\"1\"", "[1]"] {
            let mut members = Members::read(format!("{{\"n\":{number}}}").as_bytes(), "payload").unwrap();
            assert!(members.integer("n").is_err(), "{number}");
        }
    }
}
