//! A forum that the Home Office can reach is closed from the day it is written down (DATA-5, TRANS-2).

use havengate::{
    flow::{Clause, Code, IntegrationId},
    policy::{Policy, shipped},
    verdict::destination::opening,
};
use jiff::civil::date;

/// What a connection to an assessed, committed meeting is told on a day.
fn told(forum: &str, links: &str) -> Result<(), (Code, Vec<String>, bool)> {
    let mut sources = shipped::sources();
    let organisations = sources.get("organisations.toml").unwrap().replace("2027-09-30", "2090-09-30");
    let text = format!(
        "\n[[organisation]]\nid = \"m\"\nname = \"M\"\n[[organisation.system]]\nid = \"m/meeting\"\nkind = \"forum\"\n\
         hosts = [\"list.m.example\"]\n{forum}\n\
         assessed = {{ on = 2026-01-01, until = 2090-01-01, by = \"panel\", reason = \"r\", answers_chain = true }}\n\
         undertaking = {{ sha256 = \"{}\", role = \"Chair\", signed = 2026-01-01, expires = 2090-01-01, \
         except_required_by_law = true, tells_us_first = true }}\n{links}",
        "ab".repeat(32)
    );
    sources.insert("organisations.toml", organisations + &text);
    let connection = sources.get("integrations/inform-riverside.toml").unwrap();
    let connection = connection
        .replace("id          = \"inform-riverside\"", "id = \"meeting\"")
        .replace("riverside-council/housing-referrals", "m/meeting")
        .replace("refer.riverside.example/v2", "list.m.example")
        .replace("/riverside", "/meeting");
    sources.insert("integrations/meeting.toml", connection);
    let policy = Policy::compile(&sources).unwrap_or_else(|e| panic!("{e:#?}"));
    let connection = &policy.integrations[&IntegrationId::parse("meeting").unwrap()];
    opening(&policy, connection, date(2026, 11, 22)).map_err(|refusal| {
        let data_5 = refusal.reasons.iter().any(|r| r.clause == Some(Clause::Data5));
        (refusal.code, refusal.reasons.iter().map(|r| r.rule.to_string()).collect(), data_5)
    })
}

#[test]
fn flows_close_from_present_on_and_stay_closed() {
    assert_eq!(told("", ""), Ok(()));
    for forum in [
        "forum = { state = \"present\", since = 2026-11-22 }",
        "forum = { state = \"present\", since = 2030-01-01 }",
        "forum = { state = \"challenged\", since = 2026-11-01, deadline = 2026-12-01 }",
        "forum = { state = \"challenged\", since = 2026-01-01, deadline = 2026-02-01 }",
        "forum = { state = \"left\", since = 2026-11-01 }",
    ] {
        let (code, rules, data_5) = told(forum, "").unwrap_err();
        assert_eq!(
            (code, rules.as_slice(), data_5),
            (Code::Forum, &["no-home-office-forum".to_owned()][..], true),
            "{forum}"
        );
    }
}

#[test]
fn attendance_closes_it_without_a_state_and_an_ended_one_does_not() {
    let link = |more: &str| {
        format!(
            "[[link]]\nfrom = \"m/meeting\"\nto = \"home-office\"\nkind = \"forum-attended-by\"\nevidence = [\"minutes\"]\n\
             confidence = \"high\"\n{more}\n"
        )
    };
    let (code, rules, _) = told("", &link("status = \"in-force\"")).unwrap_err();
    assert!(matches!(code, Code::Forum | Code::DestinationLinked), "{code}");
    assert!(rules.iter().any(|r| r == "no-home-office-forum"), "{rules:?}");
    assert_eq!(told("", &link("status = \"ended\"\nended = 2026-10-01")), Ok(()));
}
