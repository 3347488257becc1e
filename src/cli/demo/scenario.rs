//! What the demonstration shows, and what must come of it. Invented people; every client reference belongs to
//! one scenario, so that none rests on another's consent.

use crate::{
    flow::Clause,
    verdict::Code::{self, *},
};

/// One request and what must come of it.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) target: &'static str,
    pub(super) media: &'static str,
    pub(super) body: &'static str,
    pub(super) before: Vec<Before>,
    pub(super) stated: Stated,
}

/// What happens before the request is sent.
#[derive(Debug, Clone)]
pub(super) enum Before {
    /// A support worker records consent in the record book.
    Consent(Consent),
    /// The same, and then the person changes their mind.
    Ended(Consent),
    /// The case system sends a signed consent along.
    Token(Consent, Flaw),
    /// A worker records an emergency.
    Emergency { client: &'static str, to: &'static str },
    /// A worker downs tools for a connection.
    Stop(&'static str),
}

/// What one person agreed to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Consent {
    pub(super) client: &'static str,
    pub(super) to: &'static str,
    pub(super) purpose: &'static str,
    /// Category and form.
    pub(super) items: &'static [(&'static str, &'static str)],
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    Expired,
    /// One character of what was signed is another.
    Tampered,
}

/// What must come of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stated {
    /// Why it was refused; `None`: it was sent.
    pub(super) code: Option<Code>,
    /// A clause that decided.
    pub(super) clause: Option<Clause>,
    /// What the recipient must have received.
    pub(super) leaves: &'static [&'static str],
    /// What it must not have received.
    pub(super) stays: &'static [&'static str],
}

/// The media type of most requests.
pub(super) const JSON: &str = "application/json";
const COUNCIL: &str = "riverside-council/housing-referrals";
const SAFEGUARDING: &str = "westbridge-council/adult-safeguarding";
const REFERRAL: &[(&str, &str)] = &[
    ("pd:Identifier", "raw"),
    ("pd:Name", "raw"),
    ("pd:BirthDate", "generalised:year"),
    ("pd:TelephoneNumber", "raw"),
];

const fn council(client: &'static str) -> Consent {
    Consent { client, to: COUNCIL, purpose: "accommodation", items: REFERRAL }
}

const fn refused(code: Code, clause: Option<Clause>) -> Stated {
    Stated { code: Some(code), clause, leaves: &[], stays: &[] }
}

/// Every scenario, in the order it is shown. The last one stops a connection, which nothing here can lift.
pub(super) fn all() -> Vec<Scenario> {
    [
        without_consent(),
        with_consent(),
        recipients(),
        named_in_the_data(),
        several_people(),
        other_formats(),
        emergencies(),
        malformed(),
        stopped(),
    ]
    .concat()
}

fn without_consent() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "A housing referral without consent; the form needs a name",
            target: "/riverside/referrals/R-1001",
            media: JSON,
            body: r#"{"firstName":"Amina","dob":"1991-04-02","need":{"type":"hostel","beds":1}}"#,
            before: vec![],
            stated: refused(ConsentMissing, Some(Clause::Data2ii)),
        },
        Scenario {
            name: "What somebody needs, without consent: the need goes, the person stays",
            target: "/riverside/needs?area=Riverside",
            media: JSON,
            body: r#"{"ref":"R-1002","firstName":"Amina","dob":"1991-04-02","nationality":"Eritrean","lastPostcode":"SE15 4QN","roughSleeping":{"since":"2026-08","offersDeclined":2},"need":{"type":"hostel","beds":1},"priority":"high","caseWorkerNotes":"met by the canal"}"#,
            before: vec![],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data2ii),
                leaves: &["hostel", "high"],
                stays: &["Amina", "1991", "Eritrean", "SE15", "2026-08", "canal", "R-1002"],
            },
        },
        Scenario {
            name: "A National Insurance number and a postcode written where only a need belongs",
            target: "/riverside/needs",
            media: JSON,
            body: r#"{"ref":"R-1022","firstName":"Amina","need":{"type":"hostel for Amina, AB 12 34 56 C","beds":1,"from":"bedded down near SE15 4QN"},"priority":"high"}"#,
            before: vec![],
            stated: Stated {
                code: None,
                clause: None,
                leaves: &["\"beds\":1", "\"priority\":\"high\""],
                stays: &["Amina", "AB 12 34 56 C", "SE15 4QN"],
            },
        },
        Scenario {
            name: "Where somebody sleeps, even with their consent",
            target: "/riverside/needs",
            media: JSON,
            body: r#"{"ref":"R-1003","bedded_down":"under the arches, Mill Lane","need":{"type":"hostel","beds":1}}"#,
            before: vec![Before::Consent(Consent { items: &[("hg:SleepSite", "raw")], ..council("R-1003") })],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data3),
                leaves: &["hostel"],
                stays: &["arches", "Mill Lane"],
            },
        },
    ]
}

fn with_consent() -> Vec<Scenario> {
    const BODY: &str = r#"{"firstName":"Amina","lastName":"Tesfay","dob":"1991-04-02","phone":"07700 900123","ni":"QQ123456C","nationality":"Eritrean","need":{"type":"hostel","beds":1}}"#;
    vec![
        Scenario {
            name: "The referral with her consent, item by item: what she agreed to goes, nothing else",
            target: "/riverside/referrals/R-1004",
            media: JSON,
            body: BODY,
            before: vec![Before::Consent(council("R-1004"))],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data2ii),
                leaves: &["Amina", "Tesfay", "\"1991\"", "07700 900123", "hostel"],
                stays: &["1991-04-02", "QQ123456C", "Eritrean"],
            },
        },
        Scenario {
            name: "The same with a signed consent that travels with the request",
            target: "/riverside/referrals/R-1005",
            media: JSON,
            body: BODY,
            before: vec![Before::Token(council("R-1005"), Flaw::None)],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data2ii),
                leaves: &["Amina", "\"1991\""],
                stays: &["1991-04-02", "QQ123456C", "Eritrean", "havengate", "Consent-Token"],
            },
        },
        Scenario {
            name: "She changed her mind: the consent is ended",
            target: "/riverside/referrals/R-1006",
            media: JSON,
            body: BODY,
            before: vec![Before::Ended(council("R-1006"))],
            stated: refused(ConsentEnded, Some(Clause::Data2ii)),
        },
        Scenario {
            name: "The consent has expired",
            target: "/riverside/referrals/R-1007",
            media: JSON,
            body: BODY,
            before: vec![Before::Token(council("R-1007"), Flaw::Expired)],
            stated: refused(ConsentExpired, Some(Clause::Data2ii)),
        },
        Scenario {
            name: "Another client's consent is borrowed",
            target: "/riverside/referrals/R-1008",
            media: JSON,
            body: BODY,
            before: vec![Before::Token(council("R-9999"), Flaw::None)],
            stated: refused(ConsentInvalid, Some(Clause::Data2ii)),
        },
        Scenario {
            name: "A consent that somebody tampered with",
            target: "/riverside/referrals/R-1009",
            media: JSON,
            body: BODY,
            before: vec![Before::Token(council("R-1009"), Flaw::Tampered)],
            stated: refused(ConsentInvalid, Some(Clause::Data2ii)),
        },
    ]
}

fn recipients() -> Vec<Scenario> {
    let body = r#"{"beds":1}"#;
    vec![
        Scenario {
            name: "A council team whose data reaches the Home Office",
            target: "/demo/nrpf/referrals",
            media: JSON,
            body,
            before: vec![],
            stated: refused(DestinationLinked, Some(Clause::Data1)),
        },
        Scenario {
            name: "The Home Office itself",
            target: "/demo/home-office/referrals",
            media: JSON,
            body,
            before: vec![],
            stated: refused(DestinationLinked, Some(Clause::Data1)),
        },
        Scenario {
            name: "A shelter that nobody has assessed",
            target: "/demo/unassessed/referrals",
            media: JSON,
            body,
            before: vec![],
            stated: refused(DestinationUnassessed, Some(Clause::Data1)),
        },
        Scenario {
            name: "A recipient whose undertaking has lapsed",
            target: "/demo/lapsed/referrals",
            media: JSON,
            body,
            before: vec![],
            stated: refused(DestinationUncommitted, Some(Clause::Data4)),
        },
    ]
}

fn several_people() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "A batch of two clients; one has agreed",
            target: "/riverside/batches",
            media: JSON,
            body: r#"{"batchId":"B-77","clients":[{"ref":"R-1010","firstName":"Amina","dob":"1991-04-02","beds":1},{"ref":"R-1011","firstName":"Tomasz","dob":"1984-11-30","beds":1}]}"#,
            before: vec![Before::Consent(council("R-1010"))],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data2ii),
                leaves: &["B-77", "Amina", "\"1991\""],
                stays: &["Tomasz", "1984", "1991-04-02", "R-1011"],
            },
        },
        Scenario {
            name: "A household: the mother's consent does not cover the child",
            target: "/riverside/batches",
            media: JSON,
            body: r#"{"batchId":"B-78","clients":[{"ref":"R-1012","firstName":"Leyla","dob":"1990-01-15","beds":2,"children":[{"ref":"R-1013","firstName":"Sami","dob":"2019-06-01"}]}]}"#,
            before: vec![Before::Consent(council("R-1012"))],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data2ii),
                leaves: &["B-78", "Leyla", "\"1990\""],
                stays: &["Sami", "2019", "R-1013"],
            },
        },
    ]
}

/// What is not JSON is judged alike.
fn other_formats() -> Vec<Scenario> {
    const NAME: &[(&str, &str)] = &[("pd:Name", "raw")];
    vec![
        Scenario {
            name: "A spreadsheet of two clients; one has agreed, and nobody listed the last column",
            target: "/riverside/needs/table",
            media: "text/csv",
            body: "Ref,First Name,Need,Beds,Priority,Where\r\nR-1030,Amina,hostel,1,high,by the canal\r\nR-1031,Tomasz,\"hostel, for Tomasz\",2,normal,Mill Lane\r\n",
            before: vec![Before::Consent(Consent { items: NAME, ..council("R-1030") })],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data2ii),
                leaves: &["Ref,First Name,Need,Beds,Priority,withheld_6", ",Amina,hostel,1,high,", ",,,2,normal,"],
                stays: &["Where", "Tomasz", "canal", "Mill Lane", "R-1030", "R-1031"],
            },
        },
        Scenario {
            name: "A SOAP envelope for an older system: her date of birth, and a comment, stay",
            target: "/riverside/needs/soap",
            media: "text/xml; charset=utf-8",
            body: r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="urn:example:riverside:housing"><s:Body><!-- Amina, by the canal --><n:Need ref="R-1032"><n:FirstName>Am&#105;na</n:FirstName><n:Dob>1991-04-02</n:Dob><n:Type>hostel</n:Type></n:Need></s:Body></s:Envelope>"#,
            before: vec![],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data2ii),
                leaves: &["<h:Type>hostel</h:Type>"],
                stays: &["Amina", "Am&", "1991", "canal", "R-1032"],
            },
        },
    ]
}

/// A service that passes messages on is not who receives them.
fn named_in_the_data() -> Vec<Scenario> {
    const PARTNER: &str = "/messages/v2/notifications/partner-email";
    vec![
        Scenario {
            name: "A message to the Home Office, by way of a messaging service that may be used",
            target: PARTNER,
            media: JSON,
            body: r#"{"email_address":"Escalations@HomeOffice.gov.uk","template_id":"beds","personalisation":{"beds":2}}"#,
            before: vec![],
            stated: refused(RecipientDenied, Some(Clause::Data1)),
        },
        Scenario {
            name: "The same to a partner that is assessed, with a copy to somebody nobody knows",
            target: PARTNER,
            media: JSON,
            body: r#"{"email_address":"duty@street-health.example","template_id":"beds","copy_to":["nobody@unknown.example"],"personalisation":{"beds":2}}"#,
            before: vec![],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data1),
                leaves: &["duty@street-health.example"],
                stays: &["nobody@unknown.example"],
            },
        },
        Scenario {
            name: "A web address of the Home Office in a harmless field, in another spelling",
            target: "/riverside/needs",
            media: JSON,
            body: r#"{"ref":"R-1016","priority":"see www%2EHome\uff2fffice\u3002gov.uk","need":{"type":"hostel","beds":1}}"#,
            before: vec![],
            stated: Stated {
                code: None,
                clause: Some(Clause::Data1),
                leaves: &["hostel"],
                stays: &["gov.uk", "ffice"],
            },
        },
    ]
}

fn emergencies() -> Vec<Scenario> {
    const BODY: &str = r#"{"adult":{"ref":"R-1014","name":"Jan Novak","dob":"1970-03-03","nationality":"Czech","status":"refused"},"concern":{"risk":"hypothermia","where":"underpass, Mill Lane","urgency":"now"}}"#;
    vec![
        Scenario {
            name: "Life at risk tonight: an emergency disclosure to the safeguarding team",
            target: "/westbridge-safeguarding/concerns",
            media: JSON,
            body: BODY,
            before: vec![Before::Emergency { client: "R-1014", to: SAFEGUARDING }],
            stated: Stated {
                code: None,
                clause: None,
                leaves: &["Jan Novak", "underpass, Mill Lane", "hypothermia"],
                stays: &["Czech", "refused"],
            },
        },
        Scenario {
            name: "The same way used without an emergency",
            target: "/westbridge-safeguarding/concerns",
            media: JSON,
            body: r#"{"adult":{"ref":"R-1015","name":"Jan Novak"},"concern":{"where":"underpass, Mill Lane","urgency":"routine"}}"#,
            before: vec![],
            stated: refused(ConsentMissing, Some(Clause::Data2ii)),
        },
    ]
}

fn malformed() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "Broken JSON",
            target: "/riverside/needs",
            media: JSON,
            body: r#"{"need":{"type":"hostel","#,
            before: vec![],
            stated: refused(BodyMalformed, None),
        },
        Scenario {
            name: "One key twice, spelled two ways",
            target: "/riverside/needs",
            media: JSON,
            body: r#"{"priority":"high","prior\u0069ty":"Amina Tesfay"}"#,
            before: vec![],
            stated: refused(BodyMalformed, None),
        },
        Scenario {
            name: "An operation that nobody listed",
            target: "/riverside/export/everyone",
            media: JSON,
            body: r#"{"all":true}"#,
            before: vec![],
            stated: refused(OperationUnknown, None),
        },
    ]
}

fn stopped() -> Vec<Scenario> {
    vec![Scenario {
        name: "A worker has downed tools for this connection",
        target: "/street-health/referrals",
        media: JSON,
        body: r#"{"urgency":"routine"}"#,
        before: vec![Before::Stop("street-health")],
        stated: refused(Stopped, Some(Clause::Tools1)),
    }]
}
