//! The policies that come with the product: they compile, without a warning, and say what they should.

use havengate::{
    flow::{Category, Group, Host},
    policy::{Class, Policy, Sources, shipped},
};

#[test]
fn the_shipped_set_compiles_without_a_warning() {
    let sources = shipped::sources();
    let policy = Policy::compile(&sources).unwrap_or_else(|found| panic!("{found:#?}"));
    assert_eq!(policy.warnings, []);
}

#[test]
fn nothing_of_the_home_office_is_mistaken_for_another() {
    let registry = Policy::compile(&shipped::sources()).unwrap().registry;
    let class = |host: &str, path: &[&str]| {
        let path: Vec<String> = path.iter().map(|s| (*s).to_owned()).collect();
        registry.system_of(&Host::parse(host).unwrap(), &path).map(|s| s.linked)
    };
    for host in [
        "homeoffice.gov.uk",
        "www.HomeOffice.gov.uk.",
        "a.b.homeoffice.gov.uk",
        "homeoffice。gov。uk",
        "view-immigration-status.service.gov.uk",
        "apply.visas-immigration.service.gov.uk",
        "www.ukvcas.co.uk",
    ] {
        assert_eq!(class(host, &[]), Some(Class::Root), "{host}");
    }
    assert_eq!(class("www.gov.uk", &["report-immigration-crime", "start"]), Some(Class::Root));
    assert_eq!(class("www.gov.uk", &["government", "organisations", "immigration-enforcement"]), Some(Class::Root));
    assert_eq!(class("www.gov.uk", &["browse", "housing"]), None);
    assert_eq!(class("homeoffice.gov.uk.example", &[]), None);
}

#[test]
fn the_shipped_set_is_the_directory() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut found: Vec<String> = Vec::new();
    for dir in ["", "integrations/"] {
        for entry in std::fs::read_dir(root.join(dir)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                found.push(format!("{dir}{}", entry.file_name().to_str().unwrap()));
            }
        }
    }
    found.sort();
    let mut shipped: Vec<_> = shipped::CORE.iter().chain(shipped::START).map(|(name, _)| (*name).to_owned()).collect();
    shipped.sort();
    assert_eq!(found, shipped);
}

#[test]
fn the_hash_names_every_byte() {
    let sources = shipped::sources();
    let hash = sources.hash();
    assert_eq!(hash, shipped::sources().hash());
    let mut with_case = sources.clone();
    assert!(!with_case.insert("cases/x/request.http", "GET / HTTP/1.1"));
    assert!(!with_case.insert("README.md", "other"));
    assert_eq!(with_case.hash(), hash);
    let changed = super::with("local.cedar", "// Exactly", "// exactly");
    assert_ne!(changed.hash(), hash);
    let mut moved = sources;
    let text = moved.0.remove("local.cedar").unwrap();
    moved.insert("local.ceda", format!("r{text}"));
    assert_ne!(moved.hash(), hash);
}

/// The bytes that the documentation of `Sources::hash` names.
#[test]
fn the_hash_is_the_one_documented() {
    let mut sources = Sources::default();
    sources.insert("b", "two");
    sources.insert("a", "");
    let mut bytes = b"havengate-policy-v1\0".to_vec();
    for part in ["a", "", "b", "two"] {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    assert_eq!(sources.hash().0, expected.as_ref());
}

#[test]
fn every_category_the_design_names_is_there() {
    let categories = Policy::compile(&shipped::sources()).unwrap().categories;
    for name in [
        "SleepSite",
        "ImmigrationStatus",
        "HomeOfficeReference",
        "NationalInsuranceNumber",
        "ChainNumber",
        "RoughSleepingHistory",
        "SupportOfferDeclined",
        "AntisocialBehaviour",
        "ReconnectionOffer",
        "FreeText",
        "Document",
        "Recipient",
        "ClientContact",
        "Credential",
        "Operational",
    ] {
        assert!(categories.group(&Category::parse(&format!("hg:{name}")).unwrap()).is_some(), "{name}");
    }
    for name in ["RoughSleepingHistory", "SupportOfferDeclined", "AntisocialBehaviour", "ChainNumber"] {
        let group = categories.group(&Category::parse(&format!("hg:{name}")).unwrap());
        assert_eq!(group, Some(Group::Immigration), "{name}");
    }
    assert!(categories.0.len() >= 80);
    let coarse: Vec<_> = categories.0.iter().filter(|(_, f)| f.coarse).map(|(c, _)| c.as_str()).collect();
    assert_eq!(coarse, ["hg:LocalAuthority", "pd:Region"]);
}
