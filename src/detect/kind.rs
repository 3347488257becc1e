//! What can be found, and under which category it is decided.

/// What a detector found. Closed: each kind has one category of `policies/categories.toml` and one rule id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// National Insurance number, or the temporary number in its place.
    NationalInsurance,
    /// NHS number.
    Nhs,
    /// Driving licence number.
    DrivingLicence,
    /// Unique taxpayer reference.
    TaxReference,
    /// Vehicle registration.
    Vehicle,
    /// Passport number or the machine-readable line of one.
    Passport,
    /// Biometric residence permit, or registration card (ARC), or the asylum support number on it.
    ResidencePermit,
    /// Home Office, port, UAN, GWF, UKVI customer, CID or Atlas reference.
    HomeOffice,
    /// Share code: with a date of birth it opens a person's whole eVisa.
    ShareCode,
    /// CHAIN client number.
    Chain,
    /// Sort code with account number.
    BankAccount,
    /// IBAN, or an account number by its cue.
    Account,
    /// Telephone number.
    Phone,
    /// E-mail address.
    Email,
    /// Date of birth, or a part of one by its key.
    BirthDate,
    /// IP address.
    Ip,
    /// Hardware address.
    Mac,
    /// IMEI of a telephone.
    Device,
    /// Photograph, inline.
    Picture,
    /// Fingerprint, inline.
    Fingerprint,
    /// Face record, inline.
    FacePrint,
    /// Iris or another biometric record, inline.
    Biometric,
    /// Postcode, whole, or partial by its cue.
    Postcode,
    /// House number, street and postcode.
    Address,
    /// Coordinates in degrees in any spelling, or a link to a place on a map.
    Coordinates,
    /// National Grid, easting and northing, MGRS, UTM, geohash, Plus code, what3words.
    Grid,
    /// UPRN.
    Property,
    /// Identity of a mobile cell: where a telephone is.
    Cell,
    /// Where somebody sleeps rough, in prose or on the organisation's list.
    SleepSite,
    /// Where a refuge is: on the organisation's list.
    Refuge,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 30] = [
        Self::NationalInsurance,
        Self::Nhs,
        Self::DrivingLicence,
        Self::TaxReference,
        Self::Vehicle,
        Self::Passport,
        Self::ResidencePermit,
        Self::HomeOffice,
        Self::ShareCode,
        Self::Chain,
        Self::BankAccount,
        Self::Account,
        Self::Phone,
        Self::Email,
        Self::BirthDate,
        Self::Ip,
        Self::Mac,
        Self::Device,
        Self::Picture,
        Self::Fingerprint,
        Self::FacePrint,
        Self::Biometric,
        Self::Postcode,
        Self::Address,
        Self::Coordinates,
        Self::Grid,
        Self::Property,
        Self::Cell,
        Self::SleepSite,
        Self::Refuge,
    ];

    /// The category it is decided under, as in `policies/categories.toml`.
    pub const fn category(self) -> &'static str {
        self.both().0
    }

    /// The id of the detector, as findings and records name it.
    pub const fn name(self) -> &'static str {
        self.both().1
    }

    const fn both(self) -> (&'static str, &'static str) {
        match self {
            Self::NationalInsurance => ("hg:NationalInsuranceNumber", "detect-nino"),
            Self::Nhs => ("hg:NhsNumber", "detect-nhs-number"),
            Self::DrivingLicence => ("hg:DrivingLicenceNumber", "detect-driving-licence"),
            Self::TaxReference => ("hg:TaxReference", "detect-utr"),
            Self::Vehicle => ("pd:VehicleLicense", "detect-vehicle"),
            Self::Passport => ("pd:Passport", "detect-passport"),
            Self::ResidencePermit => ("hg:ResidencePermit", "detect-residence-permit"),
            Self::HomeOffice => ("hg:HomeOfficeReference", "detect-home-office"),
            Self::ShareCode => ("hg:ShareCode", "detect-share-code"),
            Self::Chain => ("hg:ChainNumber", "detect-chain"),
            Self::BankAccount => ("pd:BankAccount", "detect-bank-account"),
            Self::Account => ("pd:FinancialAccountNumber", "detect-account-number"),
            Self::Phone => ("pd:TelephoneNumber", "detect-telephone"),
            Self::Email => ("pd:EmailAddress", "detect-email"),
            Self::BirthDate => ("pd:BirthDate", "detect-birth-date"),
            Self::Ip => ("pd:IPAddress", "detect-ip-address"),
            Self::Mac => ("pd:MACAddress", "detect-mac-address"),
            Self::Device => ("pd:DeviceBased", "detect-imei"),
            Self::Picture => ("pd:Picture", "detect-picture"),
            Self::Fingerprint => ("pd:Fingerprint", "detect-fingerprint"),
            Self::FacePrint => ("pd:FacialPrint", "detect-face-print"),
            Self::Biometric => ("pd:Biometric", "detect-biometric"),
            Self::Postcode => ("pd:PostalCode", "detect-postcode"),
            Self::Address => ("pd:PhysicalAddress", "detect-address"),
            Self::Coordinates => ("pd:GPSCoordinate", "detect-coordinates"),
            Self::Grid => ("hg:GridReference", "detect-grid-reference"),
            Self::Property => ("hg:PropertyReference", "detect-uprn"),
            Self::Cell => ("pd:Location", "detect-cell"),
            Self::SleepSite => ("hg:SleepSite", "detect-sleep-site"),
            Self::Refuge => ("hg:RefugeLocation", "detect-refuge"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::shipped;

    #[test]
    fn every_kind_has_a_category_of_the_tree_and_a_rule_of_its_own() {
        let sources = shipped::sources();
        let tree = sources.get("categories.toml").unwrap();
        let mut names = std::collections::BTreeSet::new();
        for kind in Kind::ALL {
            assert!(tree.contains(&format!("\n\"{}\"", kind.category())), "{kind:?}: {}", kind.category());
            assert!(names.insert(kind.name()), "{kind:?}: {}", kind.name());
        }
    }
}
