//! Values that are written on to their own cue.

use crate::found;
use havengate::detect::Kind;

#[test]
fn a_value_is_found_that_its_cue_is_written_on_to() {
    for (text, part, kind) in [
        ("tel07700900123", "07700900123", Kind::Phone),
        ("ring TEL020 7946 0018 today", "020 7946 0018", Kind::Phone),
        ("telephone07700900123", "07700900123", Kind::Phone),
        ("mob07700 900123", "07700 900123", Kind::Phone),
        ("NIAB123456C", "AB123456C", Kind::NationalInsurance),
        ("his ninoAB123456C.", "AB123456C", Kind::NationalInsurance),
        ("ninoAB123456", "AB123456", Kind::NationalInsurance),
        ("DOB02/04/1987", "02/04/1987", Kind::BirthDate),
        ("dob1987-04-02", "1987-04-02", Kind::BirthDate),
        ("CHAIN98765", "98765", Kind::Chain),
        ("chainno98765", "98765", Kind::Chain),
        ("NHS943 476 5919", "943 476 5919", Kind::Nhs),
        ("nhsno9434765919", "9434765919", Kind::Nhs),
        ("CID12345678", "12345678", Kind::HomeOffice),
        ("horefA1234567", "A1234567", Kind::HomeOffice),
        ("BRPZU1234567", "ZU1234567", Kind::ResidencePermit),
        ("NASS18/05/01234", "18/05/01234", Kind::ResidencePermit),
        ("passport925665416", "925665416", Kind::Passport),
        ("UTR1955839661", "1955839661", Kind::TaxReference),
        ("ibanGB29NWBK60161331926819", "GB29NWBK60161331926819", Kind::Account),
        ("imei490154203237518", "490154203237518", Kind::Device),
        ("sortcode08-99-99", "08-99-99", Kind::BankAccount),
        ("uprn10092008082", "10092008082", Kind::Property),
        ("lat51.50799", "51.50799", Kind::Coordinates),
        ("vanAB51ABC", "AB51ABC", Kind::Vehicle),
        ("电话tel07700900123和", "07700900123", Kind::Phone),
    ] {
        let all = found(text, "");
        let there = all.iter().any(|one| one.category == kind && text[one.start..one.end] == *part);
        assert!(there, "{text}: {all:?}");
    }
}

#[test]
fn words_that_begin_like_a_cue_are_words() {
    for text in [
        "sharepoint2019 shared2 share1234 sharepoint12345",
        "port8080 ports1024 portal2026",
        "tax2026 taxi12345678 taxonomy2",
        "chain2026 chains12 chainsaw1234",
        "mac10 mac12 macbook2023 macro123456",
        "zip64 zips1 zipcode1",
        "house1234567 hotel1234567 home1234567 host123456 hours24 ho1234567",
        "night123456 nice123456 niche2024 nissan2019 ni18n",
        "car2 van3 cars12345678 vans1234567 care2026 cart12345678",
        "region12345678 regular12 reg12 registry2026",
        "tel12 telegram2024 telnet23",
        "born2run born1",
        "ipad2024 iphone12 ip4 ips1 ipsum12345678",
        "arcade2024 archive20261122 arch64 arc90",
        "sort1 sorted12 sortable123",
        "lat1 late12 latest20 lon12 london2012 long64 longitude1",
        "grid12 grids2026 gps2 gridlock1",
        "order12345678 invoice490154203237518 build9434765919 job123456789",
        "uprn1 cid1 cidr10 cid123 nhs1 nhs111 nhsx2020 utr1 dob1 account1 customers1234567",
        "trn12 brp1 brps123456 nass1 ukvi2 vrm1 imei1 fax1 mobs12 mob1",
        "driver12 passports1 residence1 vehicle1234 plates12 residences1234567",
    ] {
        assert_eq!(found(text, ""), [], "{text}");
    }
}
