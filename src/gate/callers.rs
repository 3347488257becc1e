//! Who is calling: a client certificate, a secret token, or the machine itself.

use super::accept::Peer;
use crate::{
    config::{Caller, Proof},
    flow::App,
    verdict::{Code, Refusal},
};
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use http::HeaderMap;

/// The header that carries a caller's secret. It is taken out of the request here and never leaves.
pub const TOKEN: http::HeaderName = http::HeaderName::from_static("havengate-token");

/// What proxies add to a request that they pass on (RFC 7239, RFC 9110 section 7.6.3, and those that many add).
static PASSED_ON: [http::HeaderName; 7] = [
    http::header::FORWARDED,
    http::header::VIA,
    http::HeaderName::from_static("x-forwarded-for"),
    http::HeaderName::from_static("x-forwarded-host"),
    http::HeaderName::from_static("x-forwarded-proto"),
    http::HeaderName::from_static("x-forwarded-server"),
    http::HeaderName::from_static("x-real-ip"),
];

/// The callers of the configuration, ready to be recognised.
#[derive(Debug)]
pub struct Callers {
    tokens: Vec<([u8; 32], App)>,
    names: Vec<(String, App)>,
    loopback: Option<App>,
}

impl Callers {
    /// From `[[caller]]`. Of two loopback callers, which the configuration refuses, the first is kept.
    #[must_use]
    pub fn new(callers: &[Caller]) -> Self {
        let mut these = Self { tokens: Vec::new(), names: Vec::new(), loopback: None };
        for Caller { app, proof } in callers {
            match proof {
                Proof::Token(sha256) => these.tokens.push((*sha256, app.clone())),
                // A DNS name has one spelling whatever its case; a URI, which has a colon, has not.
                Proof::San(uri) if uri.contains(':') => these.names.push((uri.clone(), app.clone())),
                Proof::San(name) => these.names.push((name.to_ascii_lowercase(), app.clone())),
                Proof::Loopback => {
                    these.loopback.get_or_insert_with(|| app.clone());
                }
            }
        }
        these
    }

    /// What of a request's head says who is calling, to be kept where the rest is not: for a record of what was
    /// refused before it was read, or failed while it was handled.
    #[must_use]
    pub fn claim(headers: &HeaderMap) -> HeaderMap {
        let mut claim = HeaderMap::new();
        for name in PASSED_ON.iter().chain(std::iter::once(&TOKEN)) {
            for value in headers.get_all(name) {
                claim.append(name.clone(), value.clone());
            }
        }
        claim
    }

    /// Finds the caller, and takes its token out of `headers`.
    ///
    /// Whatever is presented must be right: a token nobody has, a certificate that names nobody, or two
    /// proofs that name two callers refuse the request. A connection from this machine counts only when
    /// nothing else was presented, since it says nothing about who opened it.
    ///
    /// # Errors
    /// `caller-unknown`.
    pub fn authenticate(&self, peer: &Peer, headers: &mut HeaderMap) -> Result<App, Refusal> {
        let by_token = self.by_token(headers)?;
        let by_name = self.by_name(peer)?;
        match (by_token, by_name) {
            (Some(a), Some(b)) if a != b => {
                Err(unknown("The token and the client certificate belong to two different callers."))
            }
            (Some(app), _) | (None, Some(app)) => Ok(app.clone()),
            (None, None) => self.by_machine(peer, headers),
        }
    }

    /// A proxy on this machine would lend its place to everybody it lets in, so what was passed on proves nothing.
    fn by_machine(&self, peer: &Peer, headers: &HeaderMap) -> Result<App, Refusal> {
        let Some(app) = self.loopback.as_ref().filter(|_| peer.is_loopback()) else {
            return Err(unknown(
                "The request carries no proof of who is calling: send Havengate-Token or a client certificate.",
            ));
        };
        if PASSED_ON.iter().any(|name| headers.contains_key(name)) {
            return Err(unknown(
                "The request came through a proxy on this machine, so where it comes from proves nothing: let the \
                 caller send Havengate-Token or a client certificate.",
            ));
        }
        Ok(app.clone())
    }

    fn by_token(&self, headers: &mut HeaderMap) -> Result<Option<&App>, Refusal> {
        let http::header::Entry::Occupied(entry) = headers.entry(TOKEN) else {
            return Ok(None);
        };
        let mut tokens = entry.remove_entry_mult().1;
        let (first, second) = (tokens.next(), tokens.next());
        drop(tokens);
        let (Some(token), None) = (first, second) else {
            return Err(unknown("The request carries Havengate-Token twice; send it once."));
        };
        let presented = digest::digest(&digest::SHA256, token.as_bytes());
        // Every token is compared: the time taken says nothing about which was nearly right.
        let mut found = None;
        for (sha256, app) in &self.tokens {
            if verify_slices_are_equal(sha256, presented.as_ref()).is_ok() {
                found = Some(app);
            }
        }
        found.map(Some).ok_or_else(|| unknown("The Havengate-Token is nobody's; check the caller's secret."))
    }

    fn by_name(&self, peer: &Peer) -> Result<Option<&App>, Refusal> {
        let Some(presented) = peer.certificate.as_deref() else {
            return Ok(None);
        };
        let mut found: Option<&App> = None;
        for (name, app) in &self.names {
            if presented.contains(name) && found.replace(app).is_some_and(|before| before != app) {
                return Err(unknown("The client certificate names two different callers."));
            }
        }
        found.map(Some).ok_or_else(|| unknown("The client certificate names no known caller."))
    }
}

fn unknown(detail: &str) -> Refusal {
    Refusal::plain(Code::CallerUnknown, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn callers() -> Callers {
        let sha = |s: &str| digest::digest(&digest::SHA256, s.as_bytes()).as_ref().try_into().unwrap();
        let caller = |app: &str, proof| Caller { app: app.parse().unwrap(), proof };
        Callers::new(&[
            caller("inform", Proof::Token(sha("secret-1"))),
            caller("inform", Proof::San("inform.charity.example".into())),
            caller("outreach", Proof::Token(sha("secret-2"))),
            caller("outreach", Proof::San("urn:app:outreach".into())),
            caller("local", Proof::Loopback),
        ])
    }

    fn peer(address: &str, certificate: Option<&[&str]>) -> Peer {
        Peer {
            address: address.parse().unwrap(),
            tls: certificate.is_some(),
            certificate: certificate.map(|c| c.iter().map(|s| (*s).to_owned()).collect()),
            server_name: None,
        }
    }

    fn ask(peer: &Peer, tokens: &[&str]) -> (Result<String, String>, bool) {
        let mut headers = HeaderMap::new();
        for t in tokens {
            headers.append(TOKEN, HeaderValue::from_str(t).unwrap());
        }
        let answer = callers().authenticate(peer, &mut headers);
        if let Err(refusal) = &answer {
            assert_eq!(refusal.code, Code::CallerUnknown);
        }
        (answer.map(|a| a.to_string()).map_err(|r| r.detail), headers.contains_key(TOKEN))
    }

    #[test]
    fn what_a_proxy_passed_on_is_not_from_this_machine() {
        let from_here = peer("127.0.0.1:5", None);
        for name in &PASSED_ON {
            let mut headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("192.0.2.7"))]);
            let refusal = callers().authenticate(&from_here, &mut headers).unwrap_err();
            assert_eq!(refusal.code, Code::CallerUnknown, "{name}");
            assert!(refusal.detail.contains("through a proxy"), "{name}");
            // Where the caller proves itself, a proxy between changes nothing.
            headers.insert(TOKEN, HeaderValue::from_static("secret-1"));
            assert_eq!(callers().authenticate(&from_here, &mut headers).unwrap().as_str(), "inform");
        }
    }

    #[test]
    fn each_proof_names_its_caller_and_the_token_is_taken_out() {
        let far = "192.0.2.1:5";
        let ok = |s: &str| (Ok(s.to_owned()), false);
        assert_eq!(ask(&peer(far, None), &["secret-1"]), ok("inform"));
        assert_eq!(ask(&peer(far, Some(&["urn:app:outreach"])), &[]), ok("outreach"));
        assert_eq!(ask(&peer(far, Some(&["urn:app:outreach"])), &["secret-2"]), ok("outreach"));
        assert_eq!(ask(&peer("127.0.0.1:5", None), &[]), ok("local"));
        assert_eq!(ask(&peer("[::ffff:127.0.0.1]:5", None), &[]), ok("local"));
        assert_eq!(ask(&peer("127.0.0.1:5", None), &["secret-1"]), ok("inform"));
    }

    #[test]
    fn what_is_wrong_or_disagrees_is_refused() {
        let (far, near) = ("192.0.2.1:5", "127.0.0.1:5");
        for (peer, tokens, says) in [
            (peer(far, None), &[][..], "no proof"),
            (peer(near, None), &["secret-3"], "nobody's"),
            (peer(near, None), &[""], "nobody's"),
            (peer(near, None), &["secret-1", "secret-1"], "twice"),
            (peer(near, Some(&["other.example"])), &[], "names no known caller"),
            (peer(near, Some(&[])), &["secret-1"], "names no known caller"),
            (peer(far, Some(&["inform.charity.example"])), &["secret-2"], "two different callers"),
            (peer(far, Some(&["inform.charity.example", "urn:app:outreach"])), &[], "two different callers"),
        ] {
            let (answer, kept) = ask(&peer, tokens);
            assert!(answer.clone().is_err_and(|d| d.contains(says)), "{answer:?} {says}");
            assert!(!kept);
        }
    }
}
