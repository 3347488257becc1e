//! Setting up an authenticator app: a picture that its camera reads, and the same as text to be typed.

use super::totp::Secret;
use crate::panel::wrong::Wrong;
use form_urlencoded::byte_serialize;
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;

/// White around the picture, in its units (ISO/IEC 18004 section 9.1).
const QUIET: i32 = 4;

/// A secret as a page shows it.
pub(super) struct Setup {
    /// In base32, for the form and for typing.
    pub secret: String,
    /// The same in groups of four, for eyes.
    pub grouped: String,
    /// How wide and high the picture is, in its units.
    pub size: i32,
    /// Its dark squares, as the path of an SVG.
    pub path: String,
}

impl Setup {
    /// Shows a secret under this organisation's name.
    pub(super) fn of(secret: &Secret, organisation: &str, role: &str) -> Result<Self, Wrong> {
        let text = secret.text().to_string();
        let quoted = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let (issuer, role) = (quoted(&format!("Havengate {organisation}")), quoted(role));
        let address = format!("otpauth://totp/{issuer}:{role}?secret={text}&issuer={issuer}");
        let code = QrCode::encode_text(&address, QrCodeEcc::Low)
            .map_err(|_| Wrong::broken("the organisation's name is too long for the picture of an app's secret"))?;
        let letters: Vec<char> = text.chars().collect();
        let grouped = letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ");
        Ok(Self { secret: text, grouped, size: code.size() + 2 * QUIET, path: path(&code) })
    }
}

fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing into a String cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_drawn_and_the_text_can_be_typed() {
        let secret = Secret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let setup = Setup::of(&secret, "Riverside & <Outreach>", "panel member").unwrap();
        assert_eq!(setup.grouped, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert!(setup.path.starts_with("M4 4h1v1h-1z") && setup.size > 40);
        assert!(setup.path.chars().all(|c| c.is_ascii_digit() || "Mhvz -".contains(c)));
    }
}
