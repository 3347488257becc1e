//! Links in an answer: turned into the gateway's own route, or withheld.

use crate::{
    flow::Host,
    gate::resolve::Pinned,
    policy::integration::{Integration, RouteRule},
};
use http::{HeaderName, HeaderValue, header};
use url::Url;

/// Links of one `Link` header, at most.
const MOST: usize = 64;

/// How a caller's path and the recipient's belong together: `prefix` on our side stands for `base` on theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRoute(Option<Sides>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sides {
    prefix: Vec<String>,
    base: Vec<String>,
}

impl OwnRoute {
    /// Of a connection.
    #[must_use]
    pub fn of(integration: &Integration) -> Self {
        let prefix = match &integration.route {
            RouteRule::Prefix(prefix) => prefix.clone(),
            RouteRule::Host(_) => Vec::new(),
        };
        Self(Some(Sides { prefix, base: integration.upstream.base.clone() }))
    }

    /// No route leads there: every link is withheld.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }
}

/// Reads and rewrites the links of one answer.
pub(super) struct Links<'a> {
    route: Option<&'a Sides>,
    pinned: &'a Pinned,
    own: Option<Url>,
}

/// What is left of one header.
pub(super) struct Rewritten {
    pub(super) values: Vec<HeaderValue>,
    /// Nothing had to be withheld.
    pub(super) whole: bool,
}

impl<'a> Links<'a> {
    /// `own` is the request's URL at the recipient.
    pub(super) fn new(route: &'a OwnRoute, pinned: &'a Pinned, own: &str) -> Self {
        Self { route: route.0.as_ref(), pinned, own: Url::parse(own).ok() }
    }

    pub(super) fn rewrite<'v>(&self, name: &HeaderName, values: impl Iterator<Item = &'v HeaderValue>) -> Rewritten {
        match *name {
            header::LINK => self.list(values),
            header::REFRESH => self.single(values, |text| self.refresh(text)),
            _ => self.single(values, |text| self.reference(text)),
        }
    }

    /// One link. Two `Location` headers mean different things to different readers, so none is passed on.
    fn single<'v>(
        &self,
        mut values: impl Iterator<Item = &'v HeaderValue>,
        own: impl Fn(&str) -> Option<String>,
    ) -> Rewritten {
        let one = values.next().filter(|_| values.next().is_none());
        let value = one.and_then(|v| own(v.to_str().ok()?)).and_then(|s| HeaderValue::try_from(s).ok());
        Rewritten { whole: value.is_some(), values: value.into_iter().collect() }
    }

    /// `5`, or `5; url=/next` as browsers write and read it (HTML, section 4.2.5.3, less its freedoms).
    fn refresh(&self, text: &str) -> Option<String> {
        let (seconds, target) = text.split_once([';', ',']).map_or((text, None), |(s, t)| (s, Some(t.trim())));
        let seconds = seconds.trim();
        (!seconds.is_empty() && seconds.len() < 10 && seconds.bytes().all(|b| b.is_ascii_digit())).then_some(())?;
        let Some(target) = target else { return Some(seconds.to_owned()) };
        let (name, link) = target.split_once('=')?;
        name.trim().eq_ignore_ascii_case("url").then_some(())?;
        let link = link.trim();
        let quoted = ['"', '\''].iter().find_map(|q| link.strip_prefix(*q)?.strip_suffix(*q));
        let link = quoted.unwrap_or(link);
        (!link.contains(['"', '\''])).then(|| self.reference(link)).flatten().map(|own| format!("{seconds}; url={own}"))
    }

    /// RFC 8288: `<target>; rel="next", <target>; …`. A header that cannot be read is withheld whole.
    fn list<'v>(&self, values: impl Iterator<Item = &'v HeaderValue>) -> Rewritten {
        let mut rewritten = Rewritten { values: Vec::new(), whole: true };
        for value in values {
            let Some(links) = value.to_str().ok().and_then(split_links) else {
                rewritten.whole = false;
                continue;
            };
            let kept: Vec<_> = links.iter().filter_map(|link| self.link(link)).collect();
            rewritten.whole &= kept.len() == links.len();
            if !kept.is_empty() {
                rewritten.values.extend(HeaderValue::try_from(kept.join(", ")));
            }
        }
        rewritten
    }

    fn link(&self, (target, parameters): &(&str, &str)) -> Option<String> {
        // `anchor` is a second link, which says what the first is about.
        let lower = parameters.to_ascii_lowercase();
        (!lower.contains("anchor")).then(|| self.reference(target)).flatten().map(|own| format!("<{own}>{parameters}"))
    }

    /// A link into the recipient's base becomes a path on the gateway; any other is `None`.
    pub(super) fn reference(&self, link: &str) -> Option<String> {
        let sides = self.route?;
        let url = self.own.as_ref()?.join(link).ok()?;
        let same = url.scheme() == self.pinned.scheme()
            && url.username().is_empty()
            && url.password().is_none()
            && url.port_or_known_default() == Some(self.pinned.port())
            && Host::parse(url.host_str()?).is_ok_and(|h| h == *self.pinned.host());
        if !same {
            return None;
        }
        let mut path = url.path_segments()?;
        for segment in &sides.base {
            (percent_decoded(path.next()?)? == *segment).then_some(())?;
        }
        let rest: Vec<_> = path.collect();
        // An empty segment would make `//host`, which is somebody else.
        let before = rest.split_last().map_or(&[][..], |(_, before)| before);
        if before.iter().any(|s| s.is_empty()) {
            return None;
        }
        let mut own = encoded(&sides.prefix)?;
        for segment in rest {
            own.push('/');
            own.push_str(segment);
        }
        if own.is_empty() {
            own.push('/');
        }
        Some(with_tail(own, &url))
    }
}

fn with_tail(mut path: String, url: &Url) -> String {
    for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
        if let Some(part) = part {
            path.push(mark);
            path.push_str(part);
        }
    }
    path
}

/// The text of a path segment, where it is text.
fn percent_decoded(segment: &str) -> Option<String> {
    let bytes = segment.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let digits = std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

/// `/a/b%20c` for `["a", "b c"]`; empty for none.
pub(in crate::gate) fn encoded(segments: &[String]) -> Option<String> {
    if segments.is_empty() {
        return Some(String::new());
    }
    let mut url = Url::parse("http://x/").ok()?;
    url.path_segments_mut().ok()?.clear().extend(segments);
    Some(url.path().to_owned())
}

/// Targets and the text of their parameters, `;` included.
fn split_links(value: &str) -> Option<Vec<(&str, &str)>> {
    let (mut rest, mut links) = (value.trim(), Vec::new());
    while !rest.is_empty() {
        let (target, after) = rest.strip_prefix('<')?.split_once('>')?;
        let (mut quoted, mut escaped) = (false, false);
        let end = after.find(|c| {
            let comma = c == ',' && !quoted;
            quoted ^= c == '"' && !escaped;
            escaped = quoted && c == '\\' && !escaped;
            comma
        });
        let (parameters, next) = end.and_then(|at| after.split_at_checked(at)).unwrap_or((after, ""));
        links.push((target, parameters.trim()));
        rest = next.trim_start_matches([',', ' ', '\t']);
        if links.len() > MOST {
            return None;
        }
    }
    Some(links)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gate::resolve::{Resolver, Rules},
        policy::{PolicyHash, integration::Upstream},
    };
    use proptest::prelude::*;
    use std::{collections::BTreeMap, sync::Arc};

    async fn pinned() -> Pinned {
        let host = Host::parse("refer.riverside.example").unwrap();
        let fixed = crate::config::Override { address: [127, 0, 0, 1].into(), port: None };
        let gateway = crate::config::Gateway {
            name: "g".into(),
            audience: "a".into(),
            listen: vec![],
            tls: None,
            resolve: BTreeMap::from([(host.clone(), fixed)]),
            dns: vec![],
            upstream_roots: None,
        };
        let upstream = Upstream { host, port: 443, plain_http: None, base: vec!["v2".into()] };
        let rules = Rules { epoch: PolicyHash([0; 32]), denials: Arc::new(|_: &Host| None) };
        Resolver::new(&gateway, &[]).judge_and_pin(&rules, &[], &upstream).await.unwrap()
    }

    fn sides(prefix: &[&str], base: &[&str]) -> OwnRoute {
        let own = |s: &[&str]| s.iter().map(ToString::to_string).collect();
        OwnRoute(Some(Sides { prefix: own(prefix), base: own(base) }))
    }

    #[tokio::test]
    async fn a_link_into_the_base_is_put_under_our_prefix_and_no_other_is() {
        let pinned = pinned().await;
        let route = sides(&["riverside"], &["v2"]);
        let links = Links::new(&route, &pinned, "https://refer.riverside.example/v2/referrals?x=1");
        for (link, own) in [
            ("/v2/referrals/7", Some("/riverside/referrals/7")),
            ("https://refer.riverside.example/v2/referrals/7?a=b#c", Some("/riverside/referrals/7?a=b#c")),
            ("https://REFER.riverside.example:443/v2/x%20y", Some("/riverside/x%20y")),
            ("referrals/7", Some("/riverside/referrals/7")),
            ("?page=2", Some("/riverside/referrals?page=2")),
            ("/v2", Some("/riverside")),
            ("/v2/", Some("/riverside/")),
            ("/%762/a", Some("/riverside/a")),
            ("/v2/a/../b", Some("/riverside/b")),
            ("/v1/a", None),
            ("/", None),
            ("/v2/../v1/a", None),
            ("/v2/%2e%2e/v1/a", None),
            ("/v2//evil.example", None),
            ("https://evil.example/v2/a", None),
            ("//evil.example/v2/a", None),
            ("\\\\evil.example/v2/a", None),
            ("http://refer.riverside.example/v2/a", None),
            ("https://refer.riverside.example:8443/v2/a", None),
            ("https://user@refer.riverside.example/v2/a", None),
            ("javascript:alert(1)", None),
            ("mailto:a@b", None),
        ] {
            assert_eq!(links.reference(link).as_deref(), own, "{link}");
        }
    }

    #[tokio::test]
    async fn without_prefix_and_base_a_link_never_names_another_host() {
        let pinned = pinned().await;
        let route = sides(&[], &[]);
        let links = Links::new(&route, &pinned, "https://refer.riverside.example/a");
        assert_eq!(links.reference("/").as_deref(), Some("/"));
        assert_eq!(links.reference("/b?c").as_deref(), Some("/b?c"));
        for other in ["https://refer.riverside.example//evil.example/x", "/.//evil.example", "//evil.example"] {
            assert_eq!(links.reference(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn a_link_header_keeps_what_is_ours() {
        let pinned = pinned().await;
        let route = sides(&["r"], &["v2"]);
        let links = Links::new(&route, &pinned, "https://refer.riverside.example/v2/a");
        let value = |s| HeaderValue::from_str(s).unwrap();
        let got = links.list(
            [
                value(r#"</v2/a?p=2>; rel="next"; title="a, \"b", <https://evil.example/>; rel=prev, </v2/x>"#),
                value(r#"</v2/y>; anchor="https://evil.example/""#),
                value("nonsense"),
            ]
            .iter(),
        );
        assert!(!got.whole);
        assert_eq!(got.values, [value(r#"</r/a?p=2>; rel="next"; title="a, \"b", </r/x>"#)]);
    }

    #[tokio::test]
    async fn a_refresh_keeps_its_seconds() {
        let pinned = pinned().await;
        let route = sides(&["r"], &["v2"]);
        let links = Links::new(&route, &pinned, "https://refer.riverside.example/v2/a");
        for (refresh, own) in [
            ("5", Some("5")),
            (" 0 ; URL = '/v2/b?c' ", Some("0; url=/r/b?c")),
            ("0,url=https://refer.riverside.example/v2/b", Some("0; url=/r/b")),
            ("0; url=https://evil.example/", None),
            ("0; https://evil.example/", None),
            ("0; url=/v2/b'", None),
            ("0 url=/v2/b", None),
            ("x", None),
            ("; url=/v2/b", None),
            ("", None),
        ] {
            assert_eq!(links.refresh(refresh).as_deref(), own, "{refresh}");
        }
    }

    proptest! {
        /// Whatever a recipient writes, what is passed on leads to our own route and nowhere else.
        #[test]
        fn no_link_leads_around_us(
            link in prop_oneof![
                "\\PC{0,40}",
                "(https?:|/|//|\\\\|\\.\\./|%2e|%2f|v2|refer\\.riverside\\.example|:443|@|\\?|#|a| |\t){0,12}",
            ],
            prefix in prop_oneof![Just(vec![]), Just(vec!["riverside"])],
            base in prop_oneof![Just(vec![]), Just(vec!["v2"])],
        ) {
            let pinned = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(pinned());
            let route = sides(&prefix, &base);
            let links = Links::new(&route, &pinned, "https://refer.riverside.example/v2/a");
            if let Some(own) = links.reference(&link) {
                let ours = Url::parse("http://gateway.local/").unwrap().join(&own).unwrap();
                prop_assert_eq!(ours.host_str(), Some("gateway.local"), "{}", own);
                prop_assert!(ours.path().starts_with(&format!("/{}", prefix.concat())), "{}", own);
            }
            if let Some(split) = split_links(&link) {
                prop_assert!(split.len() <= MOST);
            }
        }
    }

    #[test]
    fn segments_are_encoded_once() {
        assert_eq!(encoded(&["a".into(), "b c/d".into()]).as_deref(), Some("/a/b%20c%2Fd"));
        assert_eq!(encoded(&[]).as_deref(), Some(""));
        assert_eq!(percent_decoded("b%20c").as_deref(), Some("b c"));
        assert_eq!(percent_decoded("b%2"), None);
        assert_eq!(percent_decoded("%ff"), None);
    }
}
