//! The shipped cases can be read, and each connection has its share.

use havengate::policy::{Policy, case::Case, shipped};
use std::{collections::BTreeMap, fs, path::Path};

#[test]
fn every_shipped_case_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/cases");
    let policy = Policy::compile(&shipped::sources()).unwrap();
    let mut count: BTreeMap<String, u32> = policy.integrations.keys().map(|id| (id.to_string(), 0)).collect();
    for entry in fs::read_dir(root).unwrap() {
        let dir = entry.unwrap().path();
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let text = |file: &str| fs::read_to_string(dir.join(file));
        let consent = text("consent.json").ok();
        let case =
            Case::parse(&name, &text("request.http").unwrap(), consent.as_deref(), &text("expect.toml").unwrap());
        let case = case.unwrap_or_else(|found| panic!("{found:#?}"));
        assert!(!case.expect.why.is_empty(), "{name}");
        let id = count.keys().find(|id| name.starts_with(id.as_str())).cloned();
        *count.get_mut(&id.unwrap_or_else(|| panic!("{name} begins with no connection's id"))).unwrap() += 1;
    }
    for (id, n) in count {
        assert!(n >= 3, "{id} has {n} cases");
    }
}
