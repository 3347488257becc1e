//! A certificate of ours that a recipient asks for, and authorities of its own, both from the connection's file.

use crate::{
    support::{
        authority::{Authority, Identity as Issued},
        standin::Standin,
    },
    ways::{HOST, Way, get, integration, named, post, secure, times},
};
use havengate::{
    gate::{
        credentials::Credentials,
        resolve::Pinned,
        upstream::{FailureKind, Sent},
    },
    policy::integration::{Auth, ClientCertificate, Integration},
    verdict::{Code, Refusal},
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn put(keys: &Path, name: &str, text: &str, mode: u32) {
    let file = keys.join(name);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
}

/// A connection's files in a keys directory.
struct Files {
    keys: tempfile::TempDir,
    credentials: Credentials,
}

impl Files {
    fn new() -> Self {
        let keys = tempfile::tempdir().unwrap();
        Self { credentials: Credentials::new(keys.path().to_owned()), keys }
    }

    fn client(&self, issued: &Issued) -> Integration {
        put(self.keys.path(), "us.pem", &issued.pem.0, 0o644);
        put(self.keys.path(), "us.key", &issued.pem.1, 0o600);
        let files = ClientCertificate { certificate_file: "us.pem".into(), key_file: "us.key".into() };
        Integration { client_certificate: Some(files), ..integration(Auth::None) }
    }

    fn roots(&self, authority: &Authority) -> Integration {
        fs::rename(authority.write(self.keys.path()), self.keys.path().join("theirs.pem")).unwrap();
        Integration { upstream_roots: Some("theirs.pem".into()), ..integration(Auth::None) }
    }

    fn dress(&self, pinned: Pinned, integration: &Integration) -> Result<Pinned, Refusal> {
        Ok(pinned.with_identity(self.credentials.identity(integration)?))
    }
}

#[tokio::test]
async fn a_recipient_that_asks_who_we_are_is_told() {
    let (way, files, theirs) = (Way::new(times()).await, Files::new(), Authority::new());
    let standin = Standin::mutual(&way.authority.identity(&[HOST]), &theirs).await;
    let nobody = secure(&standin).await;
    // Over TLS 1.3 the recipient's no comes after our part of the handshake; either way it is no answer.
    way.send(post(&nobody, "{}")).await.unwrap_err();
    assert_eq!(standin.bytes(), b"");
    let us = files.dress(secure(&standin).await, &files.client(&theirs.identity(&["us.example"]))).unwrap();
    assert_eq!(way.get(&us).await, (200, r#"{"ok":true}"#.into()));
    let (stranger, other) = (Files::new(), Authority::new());
    let stranger = stranger.dress(secure(&standin).await, &stranger.client(&other.identity(&["us.example"]))).unwrap();
    way.send(post(&stranger, "{}")).await.unwrap_err();
    assert_eq!(standin.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_made_as_one_is_not_used_by_another() {
    let (way, files) = (Way::new(times()).await, Files::new());
    let standin = Standin::tls(&way.authority.identity(&[HOST])).await;
    let integration = files.client(&Authority::new().identity(&["us.example"]));
    let us = files.dress(secure(&standin).await, &integration).unwrap();
    let nobody = secure(&standin).await;
    for (pinned, connections) in [(&us, 1), (&us, 1), (&nobody, 2), (&us, 2), (&nobody, 2)] {
        way.get(pinned).await;
        assert_eq!(standin.connections(), connections);
    }
    // The certificate is renewed under the same name.
    files.client(&Authority::new().identity(&["us.example"]));
    files.credentials.forget();
    way.get(&files.dress(secure(&standin).await, &integration).unwrap()).await;
    assert_eq!(standin.connections(), 3);
}

#[tokio::test]
async fn a_recipients_own_authority_is_believed_for_it_alone() {
    let (way, files, theirs) = (Way::new(times()).await, Files::new(), Authority::new());
    let (own, usual) = (theirs.identity(&[HOST]), way.authority.identity(&[HOST]));
    let integration = files.roots(&theirs);
    for (issued, with_own, trusted) in
        [(&own, true, true), (&own, false, false), (&usual, true, false), (&usual, false, true)]
    {
        let standin = Standin::tls(issued).await;
        let pinned = secure(&standin).await;
        let pinned = if with_own { files.dress(pinned, &integration).unwrap() } else { pinned };
        match way.send(get(&pinned)).await {
            Ok(_) => assert!(trusted),
            Err(failure) => {
                assert!(!trusted);
                assert_eq!((failure.kind(), failure.sent()), (&FailureKind::Certificate, Sent::No));
            }
        }
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_send_nothing() {
    let issued = Authority::new().identity(&["us.example"]);
    let other = Authority::new().identity(&["us.example"]);
    for (name, text, mode) in [
        ("us.key", issued.pem.1.as_str(), 0o640),
        ("us.key", &issued.pem.1, 0o604),
        ("us.key", &other.pem.1, 0o600),
        ("us.key", "no key", 0o600),
        ("us.key", "", 0o600),
        ("us.pem", &issued.pem.0, 0o664),
        ("us.pem", "no certificate", 0o644),
        ("us.pem", &issued.pem.1, 0o644),
        ("us.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0o644),
    ] {
        let files = Files::new();
        let integration = files.client(&issued);
        files.credentials.identity(&integration).unwrap().unwrap();
        put(files.keys.path(), name, text, mode);
        files.credentials.forget();
        let refusal = files.credentials.identity(&integration).unwrap_err();
        assert_eq!((refusal.code, named(&refusal)), (Code::Internal, vec!["credential"]), "{name} {mode:o}");
        fs::remove_file(files.keys.path().join(name)).unwrap();
        files.credentials.identity(&integration).unwrap_err();
    }
    let files = Files::new();
    let roots = files.roots(&Authority::new());
    put(files.keys.path(), "theirs.pem", "", 0o644);
    files.credentials.identity(&roots).unwrap_err();
    assert!(files.credentials.identity(&integration(Auth::None)).unwrap().is_none());
}
