//! What a recipient's certificate says of who it is, shown to the rules whole.

use crate::{flow::Host, gate::resolve::Denials, verdict::Refusal};
use rustls_pki_types::CertificateDer;
use std::net::IpAddr;
use x509_parser::{
    asn1_rs::{Any, Tag},
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
    x509::AttributeTypeAndValue,
};

/// The certificate cannot be read, though webpki could: then it cannot be judged, and nothing is sent. Also a name in
/// it that holds NUL or another control character, which two readers end in different places.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Shows the rules every name a certificate answers to, and the organisation it is made out to.
pub(super) fn judge(denials: &dyn Denials, der: &CertificateDer<'_>) -> Result<Option<Refusal>, Unreadable> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| Unreadable)?;
    let alternatives = certificate.subject_alternative_name().map_err(|_| Unreadable)?;
    let mut denied = None;
    for name in alternatives.iter().flat_map(|n| &n.value.general_names) {
        denied = denied.or(alternative(denials, name)?);
    }
    for common in certificate.subject().iter_common_name() {
        denied = denied.or(named(denials, &text(common)?));
    }
    let subject = certificate.subject();
    for organisation in subject.iter_organization().chain(subject.iter_organizational_unit()) {
        let denial = denials.denies_organisation(&text(organisation)?);
        denied = denied.or(denial);
    }
    Ok(denied)
}

fn alternative(denials: &dyn Denials, name: &GeneralName<'_>) -> Result<Option<Refusal>, Unreadable> {
    Ok(match name {
        GeneralName::DNSName(name) => named(denials, plain(name)?),
        GeneralName::IPAddress(bytes) => denials.denies_certificate(&Host::Address(address(bytes)?), false),
        GeneralName::URI(uri) => {
            let url = url::Url::parse(plain(uri)?).ok();
            url.and_then(|url| named(denials, url.host_str()?))
        }
        GeneralName::RFC822Name(mail) => plain(mail)?.rsplit_once('@').and_then(|(_, domain)| named(denials, domain)),
        GeneralName::Invalid(..) => return Err(Unreadable),
        _ => None,
    })
}

/// `*.x` stands for every name just below `x`. What is no host at all is neutral.
fn named(denials: &dyn Denials, name: &str) -> Option<Refusal> {
    let (wildcard, name) = name.strip_prefix("*.").map_or((false, name), |base| (true, base));
    denials.denies_certificate(&Host::parse(name).ok()?, wildcard)
}

fn plain(text: &str) -> Result<&str, Unreadable> {
    if text.chars().any(char::is_control) { Err(Unreadable) } else { Ok(text) }
}

/// The text of a name's part in each of ASN.1's alphabets (X.520; T.61 as everybody writes it, in Latin-1).
fn text(part: &AttributeTypeAndValue<'_>) -> Result<String, Unreadable> {
    let text = decoded(part.attr_value()).ok_or(Unreadable)?;
    plain(&text)?;
    Ok(text)
}

fn decoded(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            String::from_utf8(bytes.to_vec()).ok()
        }
        Tag::T61String => Some(bytes.iter().map(|b| char::from(*b)).collect()),
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|u| u16::from_be_bytes(*u)).collect();
            String::from_utf16(&units).ok().filter(|_| rest.is_empty())
        }
        Tag::UniversalString => {
            let (units, rest) = bytes.as_chunks::<4>();
            let text = units.iter().map(|u| char::from_u32(u32::from_be_bytes(*u))).collect::<Option<String>>();
            text.filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Result<IpAddr, Unreadable> {
    let address = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).map(IpAddr::from),
        _ => return Err(Unreadable),
    };
    address.map(|a| a.to_canonical()).map_err(|_| Unreadable)
}
