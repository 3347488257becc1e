//! Pairs of sets, and the sentences that tell them apart.

use super::*;

/// The shipped set with these places of its files changed.
fn with(changes: &[(&str, &str, &str)]) -> Version {
    let mut sources = shipped::sources();
    for (file, from, to) in changes {
        let text = sources.get(file).unwrap_or_default().to_owned();
        assert!(text.contains(from), "{file} does not hold {from}");
        sources.insert(*file, text.replacen(from, to, 1));
    }
    read(sources)
}

fn read(sources: Sources) -> Version {
    Version::read(sources).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// What is said, with `+` before what lets more out and `-` before what lets less out.
fn said(old: &Version, new: &Version) -> Vec<String> {
    let sign = |way| match way {
        Way::Loosens => '+',
        Way::Tightens => '-',
        Way::Neither => '=',
        Way::Unclear => '?',
    };
    difference(old, new).said.iter().map(|s| format!("{} {}", sign(s.way), s.text)).collect()
}

const RIVERSIDE: &str = "integrations/inform-riverside.toml";
const ORGANISATIONS: &str = "organisations.toml";

#[test]
fn the_same_set_says_nothing() {
    let same = difference(&with(&[]), &with(&[]));
    assert_eq!((same.said.len(), same.files.len(), same.moves_nothing()), (0, 0, true));
}

#[test]
fn each_change_is_a_sentence_and_back_again_another() {
    let to = "Riverside Council (example) – housing referrals";
    let need = "(connection inform-riverside, operation need, `$.nationality`)";
    type Case<'a> = (&'a [(&'a str, &'a str, &'a str)], &'a str, &'a str);
    let cases: &[Case<'_>] = &[
        (
            &[(RIVERSIDE, "\"$.nationality\" = \"pd:Nationality\"\n", "")],
            &format!("- From now on nationality no longer goes to {to}, exact {need}."),
            &format!(
                "+ From now on nationality may go to {to}, exact, with consent and independent immigration advice {need}."
            ),
        ),
        (
            &[(RIVERSIDE, "unlisted = \"strip\"", "unlisted = \"block\"")],
            "- Something that no rule lists stops the whole request from now on; until now it was taken out and the rest was sent (connection inform-riverside, operation need).",
            "+ Something that no rule lists is taken out from now on and the rest is sent; until now it stopped the whole request (connection inform-riverside, operation need).",
        ),
        (
            &[(RIVERSIDE, "required = [\"$.firstName\"]", "required = []")],
            "+ Where this may not leave, the rest is sent all the same from now on (connection inform-riverside, operation refer, `$.firstName`).",
            "- Where this may not leave, nothing is sent from now on (connection inform-riverside, operation refer, `$.firstName`).",
        ),
        (
            &[(
                RIVERSIDE,
                "\"$.lastPostcode\" = { category = \"pd:PostalCode\", otherwise = \"postcode-area\", only = true }\n",
                "",
            )],
            &format!(
                "- From now on postcode no longer goes to {to}, roughly, as the first letters of the postcode (connection inform-riverside, operation need, `$.lastPostcode`)."
            ),
            &format!(
                "+ From now on postcode may go to {to}, roughly, as the first letters of the postcode, with consent (connection inform-riverside, operation need, `$.lastPostcode`)."
            ),
        ),
        (
            &[(RIVERSIDE, "\"$.nationality\" = \"pd:Nationality\"", "\"$.nationality\" = \"hg:Operational\"")],
            "+ What stands at `$.nationality` counts as “operational data” from now on, until now as “nationality” (connection inform-riverside, operation need).",
            "- What stands at `$.nationality` counts as “nationality” from now on, until now as “operational data” (connection inform-riverside, operation need).",
        ),
        (
            &[(ORGANISATIONS, "expires = 2027-09-30", "expires = 2027-01-31")],
            &format!("- The undertaking of {to} lapses earlier, on 31 January 2027, until now 30 September 2027."),
            &format!("+ The undertaking of {to} lasts until 30 September 2027, until now 31 January 2027."),
        ),
        (
            &[(ORGANISATIONS, "until = 2027-09-30, by = \"panel\"", "until = 2027-10-31, by = \"panel\"")],
            &format!("+ The assessment of {to} by the panel lasts until 31 October 2027, until now 30 September 2027."),
            &format!("- The assessment of {to} by the panel lasts until 30 September 2027, until now 31 October 2027."),
        ),
        (
            &[("local.cedar", "@id(\"operational-data\")\npermit", "@id(\"operational-data\")\nforbid")],
            "= The rule “operational-data”, which forbids something, reads otherwise.",
            "= The rule “operational-data”, which allows something, reads otherwise.",
        ),
        (
            &[(RIVERSIDE, "purpose     = \"accommodation\"", "purpose     = \"support\"")],
            "= The connection inform-riverside is for support from now on, until now for accommodation.",
            "= The connection inform-riverside is for accommodation from now on, until now for support.",
        ),
    ];
    for (changes, forth, back) in cases {
        let (old, new) = (with(&[]), with(changes));
        let (there, again) = (said(&old, &new), said(&new, &old));
        assert!(there.contains(&(*forth).to_owned()), "{forth}\nis not among\n{}", there.join("\n"));
        assert!(again.contains(&(*back).to_owned()), "{back}\nis not among\n{}", again.join("\n"));
        assert!(!difference(&old, &new).files.is_empty());
    }
}

/// What is told first must not hide what matters more.
#[test]
fn of_one_recipient_everything_that_differs_is_told() {
    let to = "Riverside Council (example) – housing referrals";
    let changes = [
        (
            ORGANISATIONS,
            "until = 2027-09-30, by = \"panel\"",
            "until = 2027-10-31, by = \"panel\", answers_chain = true",
        ),
        (
            ORGANISATIONS,
            "expires = 2027-09-30, except_required_by_law = true, tells_us_first = true",
            "expires = 2027-12-31, except_required_by_law = true, tells_us_first = false",
        ),
    ];
    let (old, new) = (with(&[]), with(&changes));
    let (there, again) = (said(&old, &new), said(&new, &old));
    for begins in [
        format!("+ The assessment of {to} by the panel lasts until 31 October 2027"),
        format!("+ The assessment of {to} answers the path to the Home Office that is spoken of: "),
        format!("+ The undertaking of {to} lasts until 31 December 2027"),
        format!("= The undertaking of {to} holds except what the law requires, without telling us first, until now"),
    ] {
        assert!(there.iter().any(|s| s.starts_with(&begins)), "{begins}\nis not among\n{}", there.join("\n"));
    }
    let shorter = [(
        ORGANISATIONS,
        "until = 2027-09-30, by = \"panel\"",
        "until = 2027-08-31, by = \"panel\", answers_chain = true",
    )];
    let there = said(&old, &with(&shorter));
    let opens = format!("+ The assessment of {to} answers the path");
    assert!(there.iter().any(|s| s.starts_with(&opens)), "an earlier end hides nothing: {}", there.join("\n"));
    let closes = format!("- The assessment of {to} no longer answers the path");
    assert!(again.iter().any(|s| s.starts_with(&closes)), "{}", again.join("\n"));
}

#[test]
fn one_of_two_links_alike_that_is_taken_out_is_told() {
    let link = |carries: &str| {
        format!(
            "\n[[link]]\nfrom = \"riverside-council\"\nto = \"home-office\"\nkind = \"shares-with\"\ncarries = {carries}\n\
             status = \"in-force\"\nconfidence = \"high\"\nsince = 2026-01-01\nevidence = [\"Minutes\"]\n"
        )
    };
    let having = |links: &[&str]| {
        let mut sources = shipped::sources();
        let links: String = links.iter().map(|carries| link(carries)).collect();
        let organisations = sources.get(ORGANISATIONS).unwrap().to_owned() + &links;
        sources.insert(ORGANISATIONS, organisations);
        read(sources)
    };
    let (one, other) = ("[\"riverside-council/nrpf\"]", "[\"riverside-council/housing-referrals\"]");
    let about = |old: &Version, new: &Version| {
        let all = difference(old, new).said;
        all.into_iter().filter(|s| s.area == Area::Links).map(|s| (s.way, s.text)).collect::<Vec<_>>()
    };
    let gone = about(&having(&[one, other]), &having(&[one]));
    assert!(gone.len() == 1 && gone[0].0 == Way::Loosens && gone[0].1.starts_with("A link is taken out"), "{gone:?}");
    let new = about(&having(&[one]), &having(&[one, other]));
    assert!(new.len() == 1 && new[0].0 == Way::Tightens && new[0].1.starts_with("A link is on record"), "{new:?}");
    let both = about(&having(&[one, other]), &having(&["\"all\""]));
    let begins = |n: usize, words: &str| both.get(n).is_some_and(|(_, text)| text.starts_with(words));
    assert!(both.len() == 2 && begins(0, "Of a link something") && begins(1, "A link is taken out"), "{both:?}");
}

#[test]
fn what_no_words_say_never_passes_for_no_difference() {
    let batch = "select     = \"$.clients[*]\"";
    let cases = [
        (batch, "select     = \"$..clients[*]\"", "operation.record.select"),
        ("subject = \"body:$.ref\"", "subject = \"body:$.firstName\"", "operation.body.record.subject"),
    ];
    for (from, to, setting) in cases {
        let found = difference(&with(&[]), &with(&[(RIVERSIDE, from, to)]));
        let unclear: Vec<_> = found.said.iter().filter(|s| s.way == Way::Unclear).collect();
        assert!(unclear.len() == 1 && !found.moves_nothing(), "{setting}: {found:#?}");
        assert!(unclear[0].text.contains(setting.rsplit('.').next().unwrap()), "{unclear:#?}");
    }
}

#[test]
fn texts_approvals_links_and_places_are_told_too() {
    let approved = "purpose     = \"accommodation\"\napproval    = { by = \"panel\", on = 2026-10-01, until = 2027-03-31, \
                    minutes_sha256 = \"b9d4163a4537b9a5e93cb8e57e9d0ee6baa3e87f6de8a30a8a2ab5e8bb9c5f9c\" }";
    let changes = [
        (RIVERSIDE, "purpose     = \"accommodation\"", approved),
        ("charter.toml", "adopted = \"\"", "adopted = \"We will not.\""),
        (
            ORGANISATIONS,
            "kind = \"shares-with\"\ncarries = [\"riverside-council/nrpf\"]\nstatus = \"in-force\"",
            "kind = \"shares-with\"\ncarries = [\"riverside-council/nrpf\"]\nstatus = \"ended\"\nended = 2026-09-30",
        ),
    ];
    let mut new = with(&changes).sources;
    new.insert(
        "categories.local.toml",
        "[category]\n\"hg:BenefitClaim\" = { label = \"Benefit claim\", parent = \"pd:Income\" }\n",
    );
    let (old, new) = (with(&[]), read(new));
    let all = said(&old, &new);
    for sentence in [
        "+ The panel's approval of the connection inform-riverside is on record, from 1 October 2026 until 31 March 2027.",
        "= The text that we adopted for DATA-1 is another.",
        "+ A link ended: Riverside Council (example) shares data with",
        "= There is a new category, benefit claim (hg:BenefitClaim), of the group identity.",
    ] {
        assert!(all.iter().any(|s| s.starts_with(sentence)), "{sentence}\n{}", all.join("\n"));
    }
    let back = said(&new, &old);
    assert!(
        back.iter().any(|s| s.starts_with("- The panel's approval of the connection inform-riverside is taken out"))
    );
    assert!(back.iter().any(|s| s.starts_with("= There is no category benefit claim")), "{back:#?}");
    assert!(difference(&old, &new).said.iter().all(|s| s.way != Way::Unclear), "{all:#?}");
}

#[test]
fn a_comment_moves_nothing_and_its_file_is_named() {
    let found = difference(&with(&[]), &with(&[(RIVERSIDE, "# Housing referrals", "# Our housing referrals")]));
    assert!(found.said.is_empty() && found.moves_nothing(), "{found:#?}");
    assert_eq!(found.files, [Changed { path: RIVERSIDE.to_owned(), how: "changed" }]);
}

#[test]
fn a_rule_shows_in_what_it_keeps_back_and_not_only_by_its_name() {
    let forbid = "\n@id(\"no-nationality\")\n@clause(\"DATA-3\")\nforbid (principal, action == HG::Action::\"disclose\", resource)\n\
                  when { context.category in HG::Category::\"pd:Nationality\" };\n";
    let mut sources = shipped::sources();
    let local = sources.get("local.cedar").unwrap().to_owned() + forbid;
    sources.insert("local.cedar", local);
    let (old, new) = (with(&[]), read(sources));
    let found = difference(&old, &new);
    let rule = found.said.iter().find(|s| s.text.contains("no-nationality")).unwrap();
    assert_eq!((rule.way, rule.area), (Way::Tightens, Area::Rules));
    assert!(rule.behind[0].contains("pd:Nationality"), "{rule:#?}");
    let kept = |s: &&Said| s.area == Area::Data && s.text.starts_with("From now on nationality no longer goes to");
    assert_eq!(found.said.iter().find(kept).map(|s| s.way), Some(Way::Tightens), "{found:#?}");
    assert!(found.said.is_sorted_by_key(|s| s.area));
    assert!(said(&new, &old).iter().any(|s| s.starts_with("+ From now on nationality may go to")));
}

#[test]
fn a_connection_that_comes_goes_or_leads_elsewhere_shows_all_that_may_go_by_it() {
    let mut without = shipped::sources();
    let text = without.0.remove(RIVERSIDE).unwrap();
    let (old, new) = (read(without.clone()), with(&[]));
    let found = difference(&old, &new);
    let added = found.said.iter().find(|s| s.text.starts_with("There is a new connection, inform-riverside")).unwrap();
    assert_eq!(added.way, Way::Loosens);
    let line = "Operation need: nationality, exact, with consent and independent immigration advice";
    assert!(added.behind.contains(&line.to_owned()), "{added:#?}");
    assert!(said(&new, &old).iter().any(|s| s.starts_with("- The connection inform-riverside to")));
    without.insert(
        RIVERSIDE,
        text.replace("riverside-council/housing-referrals", "harbour-crm/contacts")
            .replace("https://refer.riverside.example/v2", "https://harbour.crm.example/v2"),
    );
    let elsewhere = said(&new, &read(without));
    let expected = "+ The connection inform-riverside leads elsewhere: to Harbour CRM (example) – contacts, until now to \
                    Riverside Council (example) – housing referrals.";
    assert!(elsewhere.contains(&expected.to_owned()), "{elsewhere:#?}");
}

#[test]
fn a_link_that_is_found_closes_what_was_open() {
    let link = "\n[[link]]\nfrom = \"riverside-council\"\nto = \"home-office\"\nkind = \"shares-with\"\ncarries = \"all\"\n\
                status = \"in-force\"\nconfidence = \"high\"\nsince = 2026-01-01\nevidence = [\"Minutes of a meeting\"]\n";
    let mut sources = shipped::sources();
    let organisations = sources.get(ORGANISATIONS).unwrap().to_owned() + link;
    sources.insert(ORGANISATIONS, organisations);
    let (old, new) = (with(&[]), read(sources));
    let found = difference(&old, &new);
    let all = said(&old, &new);
    let has = |begins: &str| all.iter().any(|s| s.starts_with(begins));
    assert!(
        has("- Of Riverside Council (example) – housing referrals it is now said: client data can go on"),
        "{all:#?}"
    );
    assert!(has("- By the connection inform-riverside nothing can go to"), "{all:#?}");
    let link = found.said.iter().find(|s| s.area == Area::Links).unwrap();
    assert_eq!((link.way, link.behind.as_slice()), (Way::Tightens, &["Minutes of a meeting".to_owned()][..]));
    assert!(said(&new, &old).iter().any(|s| s.starts_with("+ A link is taken out: Riverside Council")));
}

#[test]
fn a_set_of_another_version_is_read_with_this_ones_core_or_not_at_all() {
    let mut sources = shipped::sources();
    sources.insert("categories.toml", "# older\n".to_owned() + sources.get("categories.toml").unwrap());
    let other = read(sources.clone());
    assert!(other.other_core);
    assert!(said(&other, &with(&[])).iter().any(|s| s.contains("of another version of Havengate")));
    sources.insert("local.cedar", "permit (principal, action, resource);");
    assert!(Version::read(sources).is_err());
}

#[test]
fn a_replay_tells_what_left_what_was_held_back_and_what_it_cannot_know() {
    use super::replay::{Fate, Recorded, fate, passes};
    use crate::flow::{Act, Form};
    use jiff::civil::date;
    let row = |operation: &str, category: &str, path: &str, act| Recorded {
        integration: "inform-riverside".parse().unwrap(),
        operation: operation.parse().unwrap(),
        category: category.parse().unwrap(),
        form: Some(Form::Raw),
        path: path.into(),
        act,
    };
    let phone = row("refer", "pd:TelephoneNumber", "$.phone", Act::Sent);
    let nationality = row("refer", "pd:Nationality", "$.nationality", Act::Stripped);
    let day = date(2026, 11, 20);
    let old = with(&[]).policy;
    let under = |changes: &[(&str, &str, &str)], row: &Recorded, day| fate(&old, &with(changes).policy, row, day);
    let phone_text = "\"$.phone\"      = \"pd:TelephoneNumber\"\n";
    let kept = |why: &str| Fate::Kept(why.to_owned());
    assert_eq!(under(&[], &phone, day), Fate::Same);
    assert_eq!(under(&[], &nationality, day), Fate::Same);
    assert_eq!(under(&[(RIVERSIDE, phone_text, "")], &phone, day), kept("the place is not listed"));
    let otherwise = phone_text.replace("pd:TelephoneNumber", "pd:Name");
    assert_eq!(
        under(&[(RIVERSIDE, phone_text, &otherwise)], &phone, day),
        kept("the place is listed as something else")
    );
    let rough = "\"$.lastName\"   = { category = \"pd:Name\", otherwise = \"initial\", only = true }";
    let name = row("refer", "pd:Name", "$.lastName", Act::Sent);
    let exact = "\"$.lastName\"   = { category = \"pd:Name\", otherwise = \"initial\" }";
    assert_eq!(under(&[(RIVERSIDE, exact, rough)], &name, day), kept("not in this form"));
    let lapsed = [(ORGANISATIONS, "expires = 2027-09-30", "expires = 2026-11-19")];
    assert_eq!(under(&lapsed, &phone, day), kept("the recipient is closed on that day"));
    assert_eq!(under(&lapsed, &phone, date(2026, 11, 19)), Fate::Same);
    let purpose = [(RIVERSIDE, "purpose     = \"accommodation\"", "purpose     = \"support\"")];
    assert_eq!(under(&purpose, &phone, day), kept("the consents were for another recipient or purpose"));
    // The first of this text is of another operation, which changes nothing here.
    let text = shipped::sources().get(RIVERSIDE).unwrap().to_owned();
    let open = text.replace("\"$.nationality\" = \"pd:Nationality\"", "\"$.nationality\" = \"hg:Operational\"");
    assert_eq!(under(&[(RIVERSIDE, &text, &open)], &nationality, day), Fate::Leaves("without consent".to_owned()));
    assert_eq!(under(&[], &row("refer", "pd:Name", "$.never", Act::Sent), day), Fate::Unknown);
    let (connection, operation) = (&phone.integration, &phone.operation);
    assert!(passes(&old, connection, operation, day) && !passes(&with(&lapsed).policy, connection, operation, day));
}
