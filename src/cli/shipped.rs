//! Every file that `init` puts into `policies/`: the set that comes with this version, and its cases.

use crate::policy::shipped::{CORE, START};

macro_rules! cases {
    ($part:literal of $($name:literal),+ $(,)?) => {
        &[$((
            concat!("cases/", $name, "/", $part),
            include_str!(concat!("../../policies/cases/", $name, "/", $part)),
        )),+]
    };
}

macro_rules! every_case {
    ($($name:literal),+ $(,)?) => {
        /// The cases that `havengate check` runs on the shipped set, by path below `policies/`.
        const CASES: [&[(&str, &str)]; 2] =
            [cases!["request.http" of $($name),+], cases!["expect.toml" of $($name),+]];
    };
}

every_case![
    "city-messages-email-home-office",
    "city-messages-email-unlisted",
    "city-messages-partner-clear",
    "city-messages-partner-home-office",
    "city-messages-partner-linked",
    "city-messages-partner-two-at-once",
    "city-messages-partner-unassessed",
    "city-messages-partner-unreadable",
    "city-messages-sms-consented",
    "city-messages-sms-free-text",
    "city-messages-sms-without-consent",
    "inform-riverside-batch-one-consented",
    "inform-riverside-need-names-home-office",
    "inform-riverside-need-sleep-site-never",
    "inform-riverside-need-soap-consented",
    "inform-riverside-need-table-one-consented",
    "inform-riverside-need-without-consent",
    "inform-riverside-refer-borrowed",
    "inform-riverside-refer-consented",
    "inform-riverside-refer-ended",
    "inform-riverside-refer-expired",
    "inform-riverside-refer-hollow",
    "inform-riverside-refer-note-blocks",
    "inform-riverside-refer-stopped",
    "inform-riverside-unlisted-operation",
    "salesforce-contact-any-query",
    "salesforce-contact-create-without-consent",
    "salesforce-contact-next-page",
    "salesforce-contact-update-consented",
    "salesforce-contact-update-without-consent",
    "street-health-refer-consented",
    "street-health-refer-ended",
    "street-health-refer-without-consent",
    "street-health-refer-wrong-purpose",
    "westbridge-safeguarding-after-four-hours",
    "westbridge-safeguarding-emergency",
    "westbridge-safeguarding-passes-a-stop",
    "westbridge-safeguarding-place-only",
    "westbridge-safeguarding-without-grant",
];

/// What is in force in those cases in which anything is.
const SITUATIONS: &[(&str, &str)] = cases!["consent.json" of
    "city-messages-email-home-office",
    "city-messages-email-unlisted",
    "city-messages-sms-consented",
    "city-messages-sms-free-text",
    "city-messages-sms-without-consent",
    "inform-riverside-batch-one-consented",
    "inform-riverside-need-sleep-site-never",
    "inform-riverside-need-soap-consented",
    "inform-riverside-need-table-one-consented",
    "inform-riverside-need-without-consent",
    "inform-riverside-refer-borrowed",
    "inform-riverside-refer-consented",
    "inform-riverside-refer-ended",
    "inform-riverside-refer-expired",
    "inform-riverside-refer-hollow",
    "inform-riverside-refer-note-blocks",
    "inform-riverside-refer-stopped",
    "inform-riverside-unlisted-operation",
    "salesforce-contact-create-without-consent",
    "salesforce-contact-update-consented",
    "salesforce-contact-update-without-consent",
    "street-health-refer-consented",
    "street-health-refer-ended",
    "street-health-refer-without-consent",
    "street-health-refer-wrong-purpose",
    "westbridge-safeguarding-after-four-hours",
    "westbridge-safeguarding-emergency",
    "westbridge-safeguarding-passes-a-stop",
    "westbridge-safeguarding-place-only",
    "westbridge-safeguarding-without-grant",
];

/// Path below `policies/` and text.
pub(super) fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    CORE.iter().chain(START).chain(CASES.into_iter().flatten()).chain(SITUATIONS).copied()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    fn below(directory: &Path, found: &mut BTreeSet<String>, root: &Path) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found, root);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn no_file_of_policies_is_left_behind() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let mut there = BTreeSet::new();
        below(&root, &mut there, &root);
        let shipped: BTreeSet<String> = super::files().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(shipped, there, "say every file of policies/ in policy::shipped or in cli::shipped");
    }
}
