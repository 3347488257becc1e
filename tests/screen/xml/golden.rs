//! Whole documents in the shapes of a FHIR bundle, SOAP envelopes and a statutory homelessness return, beside what leaves
//! of them. Every identifying value is then looked for in what leaves, however somebody might have spelled it.

use super::{FHIR, HOUSING, SOAP, SOAP12, screen};
use crate::rules::{Record, Rules, field, record, withhold, year};
use havengate::{
    flow::Form,
    policy::integration::FieldRule,
    screen::{Person, Ruling},
};

/// Only what the rule's category calls operational leaves exactly, and what has a rougher form leaves in it.
fn cautious(_: &Person, rule: &FieldRule) -> Ruling {
    match rule.otherwise {
        Some(form) => Ruling::Send(form),
        None if rule.category.as_str() == "hg:Operational" => Ruling::Send(Form::Raw),
        None => withhold(),
    }
}

fn operational(path: &str) -> FieldRule {
    FieldRule { category: "hg:Operational".parse().unwrap(), ..field(path) }
}

/// `personal` are listed and withheld, `operational` leave.
fn of(select: &str, subject: &str, operational_paths: &[&str], personal: &[&str]) -> Record {
    let mut kind = record(select, subject, &[]);
    kind.fields = operational_paths.iter().map(|p| operational(p)).chain(personal.iter().map(|p| field(p))).collect();
    kind
}

/// What must not leave, in no spelling: plain, without spaces, percent-encoded, in base64, escaped, in other case.
fn holds_none_of(sent: &str, values: &[&str]) {
    let folded = sent.to_lowercase();
    for value in values {
        let encode = |b: u8| format!("%{b:02x}");
        let spellings = [
            (*value).to_owned(),
            value.replace(' ', ""),
            value.bytes().map(encode).collect(),
            value.replace(' ', "%20"),
            value.replace(' ', "+"),
            value.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
            value.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect(),
            value.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect(),
        ];
        for spelling in spellings {
            assert!(!folded.contains(&spelling.to_lowercase()), "{spelling} left: {sent}");
        }
        // However the value lies among the others that were encoded with it.
        for shift in 0..3 {
            let padded = format!("{}{value}", " ".repeat(shift));
            let encoded = data_encoding::BASE64.encode(padded.as_bytes());
            let from = [0, 2, 3][shift];
            let core = encoded.trim_end_matches('=').get(from..).unwrap();
            let core = core.get(..core.len().saturating_sub(2)).unwrap();
            assert!(core.len() < 4 || !sent.contains(core), "{value} left in base64: {sent}");
        }
    }
}

#[test]
fn a_fhir_bundle() {
    let mut patient = of(
        "/f:Bundle/f:entry/f:resource/f:Patient",
        "f:id/@value",
        &["f:active/@value", "f:communication/f:language/f:coding/f:code/@value"],
        &["f:name/f:family/@value", "f:name/f:given/@value", "f:identifier/f:value/@value", "f:gender/@value"],
    );
    patient.fields.push(year("f:birthDate/@value"));
    let mut rules = Rules::of(&[patient]);
    rules.envelope = vec![operational("/f:Bundle/f:type/@value")];
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Bundle xmlns="{FHIR}">
  <type value="transaction"/>
  <entry>
    <fullUrl value="urn:uuid:QQ123456C"/>
    <resource>
      <Patient>
        <!-- seen at Kestrel Underpass -->
        <id value="HG-40211"/>
        <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">Ana Brankova, 2 April</div></text>
        <identifier><system value="https://fhir.example/ni"/><value value="QQ123456C"/></identifier>
        <active value="true"/>
        <name><family value="Brankova"/><given value="&#65;na"/></name>
        <gender value="female"/>
        <birthDate value="1987-04-02"/>
        <address><line value="Kestrel Underpass"/></address>
        <communication><language><coding><code value="bg"/><display value="Bulgarian"/></coding></language></communication>
      </Patient>
    </resource>
  </entry>
</Bundle>"#
    );
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Bundle xmlns=\"{FHIR}\"><type value=\"transaction\"/><entry><resource>\
         <Patient><identifier/><active value=\"true\"/><name/><birthDate value=\"1987\"/><communication><language><coding>\
         <code value=\"bg\"/></coding></language></communication></Patient></resource></entry></Bundle>"
    );
    let sent = screen(&rules, cautious, &body).unwrap();
    assert_eq!(sent, expected);
    holds_none_of(
        &sent,
        &["QQ123456C", "Brankova", "Ana", "female", "1987-04-02", "Kestrel Underpass", "HG-40211", "Bulgarian"],
    );
}

#[test]
fn a_soap_1_1_envelope() {
    let kind = of(
        "/soap:Envelope/soap:Body/h:SubmitReferral/h:Case",
        "@ref",
        &["h:Need/@code", "h:Need", "h:Worker/h:Team"],
        &["h:Person/h:Name/h:Given", "h:Person/h:Name/h:Family", "h:Person/@dob", "h:Note"],
    );
    let mut rules = Rules::of(&[kind]);
    rules.envelope = vec![operational("/soap:Envelope/soap:Header/h:MessageId")];
    let body = format!(
        r#"<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:hou="{HOUSING}" xmlns:secret="urn:SW1A-2AA">
  <soapenv:Header>
    <hou:MessageId>m-77</hou:MessageId>
    <wsse:Security xmlns:wsse="urn:example:wsse" soapenv:mustUnderstand="1"><wsse:Password>hunter2</wsse:Password></wsse:Security>
  </soapenv:Header>
  <soapenv:Body>
    <hou:SubmitReferral>
      <hou:Case ref="HG-40211">
        <hou:Person dob="1987-04-02"><hou:Name><hou:Given><![CDATA[Ana]]></hou:Given><hou:Family>Bran&#107;ova</hou:Family></hou:Name></hou:Person>
        <hou:Need code="B2">two <!-- QQ123456C -->beds &amp; a cot</hou:Need>
        <hou:Note>sleeps at Kestrel Underpass</hou:Note>
        <hou:Location lat="51.4706" lon="-0.0702"/>
        <hou:Worker><hou:Team>Outreach</hou:Team><hou:Email>w@example.org</hou:Email></hou:Worker>
      </hou:Case>
    </hou:SubmitReferral>
  </soapenv:Body>
</soapenv:Envelope>"#
    );
    let expected = format!(
        "<soap:Envelope xmlns:soap=\"{SOAP}\" xmlns:h=\"{HOUSING}\"><soap:Header><h:MessageId>m-77</h:MessageId></soap:Header>\
         <soap:Body><h:SubmitReferral><h:Case><h:Person><h:Name/></h:Person><h:Need code=\"B2\">two beds &amp; a cot</h:Need>\
         <h:Worker><h:Team>Outreach</h:Team></h:Worker></h:Case></h:SubmitReferral></soap:Body></soap:Envelope>"
    );
    let sent = screen(&rules, cautious, &body).unwrap();
    assert_eq!(sent, expected);
    holds_none_of(
        &sent,
        &[
            "Ana",
            "Brankova",
            "1987-04-02",
            "QQ123456C",
            "Kestrel Underpass",
            "51.4706",
            "hunter2",
            "SW1A-2AA",
            "HG-40211",
        ],
    );
}

#[test]
fn a_soap_1_2_envelope() {
    let rules = Rules::of(&[of("/env:Envelope/env:Body/h:Enquiry", "h:Ref", &["h:Area"], &["h:Name"])]);
    let body = format!(
        "<env:Envelope xmlns:env='{SOAP12}'><env:Header><t:Trace xmlns:t='urn:t'>Ana</t:Trace></env:Header>\
         <env:Body><Enquiry xmlns='{HOUSING}'><Ref>HG-1</Ref><Name>Ana Brankova</Name><Area>SE</Area></Enquiry></env:Body></env:Envelope>"
    );
    let expected = format!(
        "<env:Envelope xmlns:env=\"{SOAP12}\"><env:Body><Enquiry xmlns=\"{HOUSING}\"><Area>SE</Area></Enquiry>\
         </env:Body></env:Envelope>"
    );
    let sent = screen(&rules, cautious, &body).unwrap();
    assert_eq!(sent, expected);
    holds_none_of(&sent, &["Ana", "Brankova", "HG-1"]);
}

#[test]
fn a_return_of_homelessness_cases() {
    let mut kind = of(
        "/Return/Cases/Case",
        "@CaseReference",
        &["Assessment/@Outcome", "Assessment/SupportNeeds/Need", "Household/@Size"],
        &[
            "Household/Applicant/NationalInsuranceNumber",
            "Household/Applicant/Surname",
            "Household/Member/Surname",
            "Household/Applicant/Nationality",
        ],
    );
    kind.fields.push(year("Household/Applicant/DateOfBirth"));
    kind.dependants = Some(("Household/Member".to_owned(), "@Id".to_owned()));
    let mut rules = Rules::of(&[kind]);
    rules.envelope = vec![operational("/Return/@Quarter"), operational("/Return/Authority")];
    let body = r#"<Return Quarter="2026-Q3" Contact="w@example.org">
    <Authority>E09000033</Authority>
    <Cases>
      <Case CaseReference="C/1001" LastSettledAddress="12 Alder Row">
        <Household Size="2">
          <Applicant><Surname>Brankova</Surname><NationalInsuranceNumber>QQ 12 34<?x?> 56 C</NationalInsuranceNumber>
            <DateOfBirth>02/04/1987</DateOfBirth><Nationality>BGR</Nationality></Applicant>
          <Member Id="C/1001/2"><Surname>Brankov</Surname></Member>
        </Household>
        <Assessment Outcome="relief"><SupportNeeds><Need>health</Need><Need>English</Need></SupportNeeds></Assessment>
      </Case>
    </Cases>
</Return>"#;
    let expected = "<Return Quarter=\"2026-Q3\"><Authority>E09000033</Authority><Cases><Case><Household Size=\"2\">\
                    <Applicant><DateOfBirth>1987</DateOfBirth></Applicant><Member/></Household><Assessment Outcome=\"relief\">\
                    <SupportNeeds><Need>health</Need><Need>English</Need></SupportNeeds></Assessment></Case></Cases></Return>";
    let sent = screen(&rules, cautious, body).unwrap();
    assert_eq!(sent, expected);
    holds_none_of(&sent, &["Brankov", "QQ 12 34 56 C", "02/04/1987", "BGR", "C/1001", "12 Alder Row", "w@example.org"]);
}
