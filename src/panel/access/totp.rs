//! Codes of an authenticator app: TOTP (RFC 6238) with HMAC-SHA-1, six digits, thirty seconds, as every app knows it.

use crate::panel::{letters::same, wrong::Wrong};
use aws_lc_rs::{hmac, rand};
use jiff::Timestamp;
use std::fmt;
use zeroize::Zeroizing;

/// Seconds that a code stands for.
const STEP: i64 = 30;
/// How many steps before and after now are taken too: phones' clocks are not exact.
const DRIFT: i64 = 1;
/// Bytes of a secret: as many as HMAC-SHA-1 gives (RFC 4226 section 4).
const BYTES: usize = 20;

/// What app and server share. Wiped when it goes; shown nowhere but on the page that sets it up.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; BYTES]>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// [`Wrong::Broken`] without randomness.
    pub(in crate::panel) fn new() -> Result<Self, Wrong> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        rand::fill(&mut *bytes).map_err(|_| Wrong::broken("the random source failed"))?;
        Ok(Self(bytes))
    }

    /// From its text in base32; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(data_encoding::BASE32_NOPAD.decode(text.as_bytes()).ok()?);
        bytes.as_slice().try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// As apps take it when it is typed: base32.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&*self.0))
    }

    /// The code at a moment.
    #[must_use]
    pub fn code(&self, at: Timestamp) -> String {
        self.code_of(step(at))
    }

    /// The step of the code that was typed, where it is right now and no code of its step or a later one was used
    /// before (RFC 6238 section 5.2: each is taken once).
    pub(super) fn accept(&self, typed: &str, now: Timestamp, used: i64) -> Option<i64> {
        let now = step(now);
        let right = |step: &i64| same(self.code_of(*step).as_bytes(), typed.as_bytes());
        (now - DRIFT..=now + DRIFT).filter(|step| *step > used).find(right)
    }

    fn code_of(&self, step: i64) -> String {
        format!("{:06}", self.number(step) % 1_000_000)
    }

    /// The truncated HMAC (RFC 4226 section 5.3).
    fn number(&self, step: i64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &*self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let from = usize::from(bytes.last().copied().unwrap_or_default() & 0xf);
        let four = bytes.get(from..).and_then(|b| b.first_chunk::<4>()).copied().unwrap_or_default();
        u32::from_be_bytes(four) & 0x7fff_ffff
    }
}

fn step(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn secret() -> Secret {
        Secret(Zeroizing::new(*b"12345678901234567890"))
    }

    /// RFC 6238 appendix B, SHA-1.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(secret().number(step(at(seconds))) % 100_000_000, code, "{seconds}");
            assert_eq!(secret().code(at(seconds)), format!("{:06}", code % 1_000_000), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_only_around_its_time() {
        let now = at(1_111_111_111);
        let step = super::step(now);
        let code = |n: i64| secret().code(at((step + n) * 30));
        assert_eq!(secret().accept(&code(0), now, 0), Some(step));
        assert_eq!(
            (secret().accept(&code(-1), now, 0), secret().accept(&code(1), now, 0)),
            (Some(step - 1), Some(step + 1))
        );
        assert_eq!((secret().accept(&code(-2), now, 0), secret().accept(&code(2), now, 0)), (None, None));
        assert_eq!(secret().accept(&code(0), now, step), None, "used already");
        assert_eq!(secret().accept(&code(-1), now, step), None, "older than one that was used");
        assert_eq!(secret().accept(&code(1), now, step), Some(step + 1));
        for typed in ["", "0", "000000", "14050471", "０５０４７１"] {
            assert_eq!(secret().accept(typed, now, 0), None, "{typed}");
        }
    }

    #[test]
    fn a_secret_is_typed_as_base32() {
        assert_eq!(secret().text().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(Secret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap().text(), secret().text());
        assert!(Secret::parse("GEZDGNBVGY3TQOJQ").is_none() && Secret::parse("<script>").is_none());
        assert_eq!(format!("{:?}", secret()), "Secret(…)");
    }
}
