//! One `[[organisation.system]]`.

mod network;

use super::{Problems, place};
use crate::{
    flow::Host,
    policy::{
        Class,
        compile::upstream,
        organisations::{Assessment, Associated, Forum, ForumState, HostPattern, System, SystemKind, Undertaking},
        source::{
            At,
            organisations::{self as source, Organisation},
            read::{Day, across, hint},
        },
    },
};

/// Everything but what the links say.
pub(super) fn compile(file: &str, text: &source::System, of: &Organisation, problems: &mut Problems) -> System {
    if let Some(forum) = &text.forum {
        if text.kind != SystemKind::Forum {
            let mend = "write `kind = \"forum\"`, or take `forum` out";
            problems.error(
                place(file, forum.span()),
                format!("a system of kind {} has no forum state", text.kind),
                mend,
            );
        }
        let forum = forum.get_ref();
        if let Some(deadline) = &forum.deadline {
            in_order(file, &forum.since, deadline, problems);
        }
        if forum.state == ForumState::Challenged && forum.deadline.is_none() {
            let mend = "add `deadline = …`: the day on which you leave if the Home Office has not";
            problems.error(place(file, forum.since.span()), "a challenge without a deadline ends nowhere", mend);
        }
    }
    if let Some(associated) = text.associated.as_ref().map(At::get_ref) {
        not_empty(file, &associated.reason, "say why, so that a panel can follow it", problems);
    }
    System {
        id: text.id.get_ref().clone(),
        organisation: of.id.get_ref().clone(),
        name: of.name.get_ref().clone(),
        kind: text.kind,
        hosts: patterns(file, text, problems).collect(),
        addresses: text.addresses.iter().filter_map(|a| network::read(file, a, problems)).collect(),
        certificate_organisations: certificates(file, text, of, problems),
        assessed: text.assessed.as_ref().map(|a| assessment(file, a.get_ref(), problems)),
        undertaking: text.undertaking.as_ref().map(|u| undertaking(file, u, problems)),
        safeguarding_approved: text.safeguarding.as_ref().map(|s| {
            one_of(file, &s.get_ref().by, &["panel"], problems);
            s.get_ref().approved_on.get_ref().0
        }),
        chain: Vec::new(),
        linked: Class::Unassessed,
        home_office_forum: true,
        forum: text.forum.as_ref().map(|f| forum(f.get_ref())),
        associated: text.associated.as_ref().map(|a| Associated {
            reason: a.get_ref().reason.get_ref().clone(),
            evidence: a.get_ref().evidence.clone(),
        }),
        about: super::about(text.confidence.as_ref(), &text.evidence, text.note.as_deref()),
    }
}

fn forum(text: &source::Forum) -> Forum {
    let deadline = text.deadline.as_ref().map(|d| d.get_ref().0);
    Forum { state: text.state, since: text.since.get_ref().0, deadline }
}

/// What the system's certificates are made out to. Bodies of the core are known by their own names too; who only works
/// for the Home Office is not, for most of what such a firm does has nothing to do with it.
fn certificates(file: &str, text: &source::System, of: &Organisation, problems: &mut Problems) -> Vec<String> {
    for name in &text.certificate_organisations {
        not_empty(file, name, "write the organisation (O) as its certificates have it, or take it out", problems);
    }
    let own = (file == super::ROOTS).then(|| of.name.get_ref().clone());
    own.into_iter().chain(text.certificate_organisations.iter().map(|n| n.get_ref().clone())).collect()
}

fn assessment(file: &str, text: &source::Assessed, problems: &mut Problems) -> Assessment {
    in_order(file, &text.on, &text.until, problems);
    one_of(file, &text.by, &["panel", "organisation"], problems);
    not_empty(file, &text.reason, "say what was looked at and why it is safe", problems);
    Assessment {
        on: text.on.get_ref().0,
        until: text.until.get_ref().0,
        by: text.by.get_ref().clone(),
        reason: text.reason.get_ref().clone(),
        answers_chain: text.answers_chain,
    }
}

fn undertaking(file: &str, text: &At<source::Undertaking>, problems: &mut Problems) -> Undertaking {
    let span = text.span();
    let text = text.get_ref();
    in_order(file, &text.signed, &text.expires, problems);
    sha256(file, &text.sha256, problems);
    not_empty(file, &text.role, "name the signer's role, never the person", problems);
    if text.except_required_by_law && !*text.tells_us_first.get_ref() {
        let mend = "ask that they tell you before a disclosure the law requires, so that it can be challenged";
        problems.warn(place(file, span), "the undertaking excepts what the law requires and promises no warning", mend);
    }
    Undertaking {
        sha256: text.sha256.get_ref().clone(),
        role: text.role.get_ref().clone(),
        signed: text.signed.get_ref().0,
        expires: text.expires.get_ref().0,
        except_required_by_law: text.except_required_by_law,
        tells_us_first: *text.tells_us_first.get_ref(),
    }
}

/// Where the system is found, each entry with its place. Entries that cannot be read are reported and left out.
fn patterns(file: &str, text: &source::System, problems: &mut Problems) -> impl Iterator<Item = HostPattern> {
    let mut read = |list: &[At<String>], parse: fn(&str) -> Result<HostPattern, (String, &'static str)>| {
        let mut found = Vec::new();
        for entry in list {
            match parse(entry.get_ref()) {
                Ok(pattern) => found.push(pattern),
                Err((message, mend)) => problems.error(place(file, entry.span()), message, mend),
            }
        }
        found
    };
    let hosts = read(&text.hosts, host_pattern);
    let paths = read(&text.paths, path_pattern);
    let mail = read(&text.mail_domains, |s| {
        Ok(match host_pattern(s)? {
            HostPattern::Exact(Host::Name(name)) => HostPattern::Mail(name),
            HostPattern::Below(name) => HostPattern::MailBelow(name),
            _ => return Err((format!("`{s}` is not a mail domain"), "write a domain, such as riverside.example")),
        })
    });
    let tenants = read(&text.tenants, |s| match s.trim() {
        "" => Err(("a tenant id is empty".to_owned(), "write the id, or take it out")),
        id => Ok(HostPattern::Tenant(id.to_owned())),
    });
    hosts.into_iter().chain(paths).chain(mail).chain(tenants)
}

/// `refer.riverside.example`, an address, or `*.riverside.example`.
pub(super) fn host_pattern(text: &str) -> Result<HostPattern, (String, &'static str)> {
    let Some(x) = text.strip_prefix("*.") else {
        let wrong = |e| (format!("`{text}` {e}"), "write a host alone, such as refer.riverside.example");
        return Host::parse(text).map(HostPattern::Exact).map_err(wrong);
    };
    let Ok(Host::Name(name)) = Host::parse(x) else {
        return Err((format!("`{text}` is not a pattern"), "write `*.` and a domain, such as *.riverside.example"));
    };
    if psl::suffix(name.as_bytes()).is_none_or(|suffix| suffix == name.as_bytes()) {
        let mend = "name the organisation's own domain: under this one anybody can have a name";
        return Err((format!("`{text}` is a wildcard over the public suffix `{name}`"), mend));
    }
    Ok(HostPattern::Below(name))
}

/// `www.gov.uk/report-immigration-crime`.
pub(super) fn path_pattern(text: &str) -> Result<HostPattern, (String, &'static str)> {
    const MEND: &str = "write a host and a path without `%`, `?` or `#`, such as www.gov.uk/report-immigration-crime";
    let wrong = || (format!("`{text}` is not a host and a path"), MEND);
    let (host, path) = text.split_once('/').ok_or_else(wrong)?;
    let path = upstream::segments(path).filter(|p| !p.is_empty()).ok_or_else(wrong)?;
    Ok(HostPattern::Path(Host::parse(host).map_err(|_| wrong())?, path))
}

/// Both ends are inclusive, so that one day is enough.
pub(in crate::policy::compile) fn in_order(file: &str, first: &At<Day>, last: &At<Day>, problems: &mut Problems) {
    if first.get_ref() > last.get_ref() {
        problems.error(
            place(file, across(first, last)),
            "the dates are the wrong way round",
            "exchange or correct them",
        );
    }
}

pub(in crate::policy::compile) fn not_empty(file: &str, text: &At<String>, mend: &str, problems: &mut Problems) {
    if text.get_ref().trim().is_empty() {
        problems.error(place(file, text.span()), "this is empty", mend);
    }
}

pub(in crate::policy::compile) fn one_of(file: &str, text: &At<String>, known: &[&str], problems: &mut Problems) {
    if !known.contains(&text.get_ref().as_str()) {
        let mend = format!("{}known: {}", hint(text.get_ref(), known.iter().copied()), known.join(", "));
        problems.error(place(file, text.span()), format!("`{}` is not known here", text.get_ref()), mend);
    }
}

pub(in crate::policy::compile) fn sha256(file: &str, text: &At<String>, problems: &mut Problems) {
    let s = text.get_ref();
    if s.len() != 64 || !s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        let mend = "write the 64 lower-case hexadecimal digits that `sha256sum` prints for the signed document";
        problems.error(place(file, text.span()), "this is not a SHA-256", mend);
    }
}
