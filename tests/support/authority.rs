//! A certification authority of the test's own.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// An authority that issues what a test asks for, right or wrong.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    serial: AtomicU64,
}

/// A certificate to be issued.
pub struct Wanted<'a> {
    /// DNS names or addresses.
    pub names: &'a [&'a str],
    /// The year its validity ends in.
    pub until: i32,
    /// The organisation in its subject.
    pub organisation: Option<&'a str>,
}

/// A certificate with its key, ready for a rustls server.
#[derive(Clone)]
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    pub key: Arc<PrivateKeyDer<'static>>,
    /// Both once more, as PEM.
    pub pem: (String, String),
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "A test's authority");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2060, 1, 1);
        params.serial_number = Some(SerialNumber::from(1));
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer, serial: AtomicU64::new(2) }
    }

    /// Its certificate as PEM, written into a directory.
    pub fn write(&self, directory: &Path) -> PathBuf {
        let file = directory.join("roots.pem");
        std::fs::write(&file, self.issuer.pem()).unwrap();
        file
    }

    /// Its certificate.
    pub fn root(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// A server's certificate in date for these names.
    pub fn identity(&self, names: &[&str]) -> Identity {
        self.issue(&Wanted { names, until: 2059, organisation: None })
    }

    pub fn issue(&self, wanted: &Wanted<'_>) -> Identity {
        let organisation = wanted.organisation.map(|o| (DnType::OrganizationName, DnValue::from(o)));
        self.made(wanted.names, wanted.until, organisation.as_slice())
    }

    /// A server's certificate in date for these names, with this subject.
    pub fn issue_to(&self, names: &[&str], subject: &[(DnType, DnValue)]) -> Identity {
        self.made(names, 2059, subject)
    }

    fn made(&self, names: &[&str], until: i32, subject: &[(DnType, DnValue)]) -> Identity {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.serial_number = Some(SerialNumber::from(self.serial.fetch_add(1, Ordering::Relaxed)));
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, value) in subject {
            params.distinguished_name.push(kind.clone(), value.clone());
        }
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        let (certificate, pem) = (signed.der().clone(), (signed.pem(), key.serialize_pem()));
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Identity { certificate, key: Arc::new(key), pem }
    }
}
