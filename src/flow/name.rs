//! Names: short strings that were checked when they were read.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

/// Why a string is not a name. The message never repeats the string: it may be somebody's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty.
    #[error("is empty")]
    Empty,
    /// Longer than the limit given, in bytes.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// Holds a character that such a name may not hold.
    #[error("may hold only {0}")]
    Character(&'static str),
    /// Not one of a closed list.
    #[error("is not one of {0}")]
    Unknown(&'static str),
}

const IDENTIFIER: &str = "lower-case letters, digits, '-', '_', '.' and '/'";

fn identifier(s: &str) -> Result<(), NameError> {
    match s {
        "" => Err(NameError::Empty),
        s if s.len() > 128 => Err(NameError::TooLong(128)),
        s if s.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/')) => Ok(()),
        _ => Err(NameError::Character(IDENTIFIER)),
    }
}

fn label(s: &str) -> Result<(), NameError> {
    match s {
        "" => Err(NameError::Empty),
        s if s.len() > 128 => Err(NameError::TooLong(128)),
        s if s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':')) => Ok(()),
        _ => Err(NameError::Character("letters, digits, '-', '_', '.' and ':'")),
    }
}

fn category(s: &str) -> Result<(), NameError> {
    let name = s.strip_prefix("pd:").or_else(|| s.strip_prefix("hg:"));
    match name {
        Some(n) if !n.is_empty() && n.len() <= 64 && n.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(()),
        _ => Err(NameError::Character("'pd:' or 'hg:' and then letters and digits")),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and keeps `s`.
            ///
            /// # Errors
            /// [`NameError`] says what is wrong, without repeating the string.
            pub fn parse(s: &str) -> Result<Self, NameError> {
                $check(s)?;
                Ok(Self(s.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = NameError;
            fn from_str(s: &str) -> Result<Self, NameError> {
                Self::parse(s)
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let s = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                Self::parse(&s).map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(/// A calling system, as `[[caller]]` in the configuration names it: `inform`.
    App, identifier);
name!(/// A connection: one file in `policies/integrations/`.
    IntegrationId, identifier);
name!(/// One operation of a connection: `refer`.
    OperationId, identifier);
name!(/// An organisation in the registry: `riverside-council`.
    OrganisationId, identifier);
name!(/// A destination, which is a system and not a legal body: `riverside-council/housing-referrals`.
    SystemId, identifier);
name!(/// The rule that decided: a Cedar `@id`, or the name of a check made before Cedar is asked.
    RuleId, identifier);
name!(/// A consent's `jti`: 26 base32 characters when we issue it.
    ConsentId, label);
name!(/// A keyed label that stands for one client: `k1.<43 base64url characters>` (design section 6).
    SubjectLabel, label);
name!(/// A data category: `pd:X` for W3C DPV-PD terms, `hg:X` for our own.
    Category, category);

impl ConsentId {
    /// From 16 bytes of a cryptographic random source: 26 lower-case base32 characters, as `jti` is written.
    #[must_use]
    pub fn from_bytes(random: [u8; 16]) -> Self {
        Self(data_encoding::BASE32_NOPAD.encode(&random).to_ascii_lowercase().into())
    }
}

impl SubjectLabel {
    /// `"k" epoch "." base64url(mac)` (design section 6). `consent::subject` makes the MAC.
    #[must_use]
    pub fn from_mac(epoch: u16, mac: &[u8; 32]) -> Self {
        Self(format!("k{epoch}.{}", data_encoding::BASE64URL_NOPAD.encode(mac)).into())
    }
}

impl Category {
    /// The IRI that consent tokens use: `https://w3id.org/dpv/pd#X` or `urn:havengate:category:X`.
    #[must_use]
    pub fn iri(&self) -> String {
        match self.0.split_once(':') {
            Some(("pd", name)) => format!("https://w3id.org/dpv/pd#{name}"),
            Some((_, name)) => format!("urn:havengate:category:{name}"),
            None => String::new(),
        }
    }

    /// Reads an IRI back. The inverse of [`Category::iri`].
    ///
    /// # Errors
    /// When the IRI is of neither vocabulary.
    pub fn from_iri(iri: &str) -> Result<Self, NameError> {
        match (iri.strip_prefix("https://w3id.org/dpv/pd#"), iri.strip_prefix("urn:havengate:category:")) {
            (Some(name), _) => Self::parse(&format!("pd:{name}")),
            (_, Some(name)) => Self::parse(&format!("hg:{name}")),
            _ => Err(NameError::Unknown("https://w3id.org/dpv/pd#… and urn:havengate:category:…")),
        }
    }
}

macro_rules! closed {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every member, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The text used in files, on the wire and in records.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::flow::NameError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::flow::NameError::Unknown(concat!($($text, " "),+))),
                }
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let s = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                s.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use closed;

closed! {
    /// What a flow is for. A closed list: a purpose nobody defined has no rules.
    Purpose {
        /// Getting somebody accommodation: the only purpose of DATA-2.
        Accommodation = "accommodation",
        /// Health care and outreach.
        Health = "health",
        /// Support that is neither accommodation nor health.
        Support = "support",
        /// A referral to an independent immigration adviser; never waits for ADVICE.
        ImmigrationAdvice = "immigration-advice",
        /// A message to the client.
        ClientMessage = "client-message",
        /// Danger to life or a person at risk (design section 1, Emergencies).
        Safeguarding = "safeguarding",
        /// Counts for funders and commissioners.
        Statistics = "statistics",
        /// Running the organisation; carries nothing personal.
        Operations = "operations",
    }
}

closed! {
    /// The groups that categories belong to; figures and floor rules speak of these.
    Group {
        /// Names, dates of birth, identifiers.
        Identity = "identity",
        /// Ways to reach the person.
        Contact = "contact",
        /// Where the person is or sleeps.
        Location = "location",
        /// Immigration status and what is sensitive because of it.
        Immigration = "immigration",
        /// UK GDPR Article 9 and 10 data.
        Special = "special",
        /// Prose nobody has classified.
        FreeText = "free-text",
        /// Not about a person.
        Operational = "operational",
    }
}
