//! What field names say. From the data standards of the sector (HMIS CSV, H-CLIC, FHIR and UK Core, Salesforce, Open
//! Referral UK, GOV.UK Notify, housing registers) and from what UK case systems usually call things.

use std::{collections::HashSet, sync::LazyLock};

/// What a name says, and in which words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Says {
    pub(super) category: &'static str,
    pub(super) words: &'static str,
}

/// Words that make a name or a number somebody's at work.
const AT_WORK: [&str; 18] = [
    "worker",
    "staff",
    "officer",
    "referrer",
    "referer",
    "agency",
    "organisation",
    "organization",
    "provider",
    "caseworker",
    "keyworker",
    "advisor",
    "adviser",
    "practitioner",
    "team",
    "created",
    "modified",
    "assessor",
];

/// Categories that are a member of staff's when those words stand beside them.
const OF_STAFF: [&str; 5] =
    ["pd:Name", "pd:TelephoneNumber", "pd:EmailAddress", "pd:EmailAddressPersonal", "pd:PhysicalAddress"];

/// Words for those whom a case is about. Beside one of them nothing is a member of staff's.
const PEOPLE: &str = "adult applicant baby beneficiary boy candidate carer case child children citizen claimant client \
     customer daughter dependant dependent father girl guardian guest household husband individual kin learner lodger \
     man member mother occupant occupier offender parent participant partner patient people person pupil relative \
     resident sibling son spouse student subject survivor tenant victim wife woman women men youth";

/// What may stand behind a word of [`AT_WORK`] that speaks of that member of staff, besides words for names and numbers.
const BESIDE: &str = "and by code contact department detail details direct duty grade head id info information job lead \
     leader main manager member members of office position post ref role site title user";

const STAFF: Says = Says { category: "hg:StaffContact", words: "a member of staff at work" };

/// What a field's name says, by the longest of the known phrases in it; its parent helps where it says nothing itself.
///
/// Somebody's at work is what the name itself says so of, or else the nearest parent: what stands further out, as an
/// agency's referral does around its client, is not about who is in it.
pub(super) fn says(parents: &[&str], name: &str) -> Option<Says> {
    let (own, parent) = (words(name), parents.last().map(|p| words(p)).unwrap_or_default());
    let around = [parent.as_slice(), &own].concat();
    let Some(found) = look(&own) else { return of_whom(&around, look(&around)?) };
    if found.category == STAFF.category && own.iter().any(|w| w == "user") && is_person(&parent) {
        return Some(personal(&own));
    }
    let says_where = own.iter().any(|w| AT_WORK.contains(&w.as_str()));
    if OF_STAFF.contains(&found.category) && !says_where && !is_person(&own) && !is_person(&parent) && at_work(&around)
    {
        return Some(STAFF);
    }
    of_whom(&own, found)
}

/// What a question says.
pub(super) fn asks(question: &str) -> Option<Says> {
    let words = words(question);
    of_whom(&words, look(&words)?)
}

/// What is found in these words, of whom they are about; `None`: somebody at work is named, but it is about another thing.
fn of_whom(words: &[String], found: Says) -> Option<Says> {
    let staff = found.category == STAFF.category;
    match () {
        () if staff && is_person(words) => Some(personal(words)),
        () if staff && words.iter().any(|w| AT_WORK.contains(&w.as_str())) && !at_work(words) => None,
        () if OF_STAFF.contains(&found.category) && at_work(words) => Some(STAFF),
        () => Some(found),
    }
}

/// What words say that are not about a member of staff.
fn personal(words: &[String]) -> Says {
    find(words, |category| category != STAFF.category).unwrap_or(Says { category: "pd:Name", words: "a name" })
}

/// Whether these words speak of somebody at work and of nothing else: `agency_phone`, but not `agencyReferralPhone`.
fn at_work(words: &[String]) -> bool {
    static BEHIND: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let names = TABLE.iter().filter(|(category, ..)| OF_STAFF.contains(category));
        let names = names.flat_map(|(.., phrases)| phrases.split(['|', ' ', '=']));
        names.chain(BESIDE.split_ascii_whitespace()).collect()
    });
    let is_behind = |w: &String| BEHIND.contains(w.as_str()) || w.bytes().all(|b| b.is_ascii_digit());
    let last = words.iter().rposition(|w| AT_WORK.contains(&w.as_str()));
    last.and_then(|at| words.get(at + 1..)).is_some_and(|rest| rest.iter().all(is_behind)) && !is_person(words)
}

/// Whether a word for somebody a case is about stands among these.
fn is_person(words: &[String]) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| PEOPLE.split_ascii_whitespace().collect());
    let at = |i: usize| words.get(i).map(String::as_str).unwrap_or_default();
    let of_staff = |word: &str| ["staff", "team"].contains(&word);
    let is = |(i, word): (usize, &String)| {
        let before = i.checked_sub(1).map(at).unwrap_or_default();
        match word.strip_suffix('s').unwrap_or(word) {
            "user" => before == "service",
            "member" => !(of_staff(before) || (at(i + 1) == "of" && of_staff(at(i + 2)))),
            "case" => !AT_WORK.contains(&at(i + 1)),
            one => WORDS.contains(one) || WORDS.contains(word.as_str()),
        }
    };
    words.iter().enumerate().any(is)
}

/// Categories of which a value may leave without consent: a name has to say them alone, or nothing else besides.
const OPERATIONAL: [&str; 7] = [
    "hg:HousingNeed",
    "hg:Priority",
    "hg:AppointmentTime",
    "hg:TemplateReference",
    "hg:BatchReference",
    "hg:StaffContact",
    "hg:Operational",
];

/// How well a phrase says what a name is: whole, then personal before operational, then by its length.
fn look(words: &[String]) -> Option<Says> {
    find(words, |_| true)
}

/// The same among some categories.
fn find(words: &[String], of: impl Fn(&str) -> bool) -> Option<Says> {
    let (spaced, joined) = (format!(" {} ", words.join(" ")), words.concat());
    let fits = |phrase: &Phrase| {
        let whole = joined == phrase.squashed;
        let ends = phrase.squashed.len() >= 6 && joined.ends_with(&phrase.squashed);
        let within = !phrase.whole_only && (ends || spaced.contains(&phrase.spaced));
        let personal = !OPERATIONAL.contains(&phrase.says.category);
        (whole || within).then_some(((whole, personal, phrase.spaced.len()), phrase.says))
    };
    let phrases = PHRASES.iter().filter(|phrase| of(phrase.says.category));
    phrases.filter_map(fits).max_by_key(|(rank, _)| *rank).map(|(_, says)| says)
}

/// A phrase of [`TABLE`], as names are looked through for it.
struct Phrase {
    says: Says,
    /// With a space before, between and behind its words.
    spaced: String,
    squashed: String,
    /// `=last` is the whole name or nothing: `LastServiceDate` is none.
    whole_only: bool,
}

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let all =
        TABLE.iter().flat_map(|(category, words, all)| all.split('|').map(move |p| (Says { category, words }, p)));
    let phrase = |(says, phrase): (Says, &str)| {
        let (phrase, whole_only) = phrase.strip_prefix('=').map_or((phrase, false), |p| (p, true));
        Phrase { says, spaced: format!(" {phrase} "), squashed: phrase.split(' ').collect(), whole_only }
    };
    all.map(phrase).collect()
});

/// Words besides those of [`TABLE`] of which names of places are made.
const AROUND: &str = "a about accommodation address after agreed all allocated an and answer any applicant applicants \
     application applications applied applies area array assessment assessments assigned at attribute attributes \
     authority available base before begin body bundle by calls case cases category change child children city client \
     clients close closed code codes collection completed contact contacts content count country created current \
     currently custom data date dates day days dd decision decisions default details due duty email end ended entered \
     entries entry envelope event expiry field fields final first flag for form format from full function given group \
     has header home homeless homelessness hour household households housing how identifier if in index info \
     information is item items key kind label last length level line links list living mailing main manager max \
     member members message meta metadata method min mm mobile modified month months name names need new next no not \
     number object of offer old on only open opened or order organisation origin other outcome outcomes output owner \
     page paid parent parents part path payload people percent period permanent person phase placement preferred \
     present prevention previous primary priority process product profile project property provider question \
     questions range reason reasons received record records referral referrals region registered related released \
     relief requested required resource resources response result results role row rows sample score second secondary \
     section sent serial service services settings shared signed since site size source staff stage start started \
     state status step street sub subject submission submissions submitted summary support system tag tags target \
     task temporary tenancy tenure text the their time times title to today total tracking type types unit until \
     update updated url use used user users uses valid value values verified version visit visits was week what when \
     where which who why with work worker year years yes your yy yyyy";

/// Whether names of places are made of this word, which is in small letters: then it names nobody.
pub(super) fn is_of_names(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let phrases = TABLE.iter().flat_map(|(.., phrases)| phrases.split(['|', ' ', '=']));
        phrases.chain(AROUND.split_ascii_whitespace()).chain(AT_WORK).map(str::trim).collect()
    });
    WORDS.contains(word) || word.bytes().all(|b| b.is_ascii_digit())
}

/// `dateOfBirth`, `date_of_birth`, `Date of birth?`, `NHSNumber`, `IsClient__c` in small letters, word by word.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let hump = c.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next.is_lowercase()));
        if (!c.is_alphanumeric() || hump) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    if !word.is_empty() {
        found.push(word);
    }
    // Salesforce marks its custom fields with `__c`.
    if found.len() > 1 && found.last().is_some_and(|w| w == "c") {
        found.pop();
    }
    found
}

/// Category, what it says for people, and the phrases that say it, parted by `|`. The longest phrase found in a name counts.
type Row = (&'static str, &'static str, &'static str);

const TABLE: &[Row] = &[
    (
        "pd:Name",
        "a name",
        "name|first name|last name|surname|forename|middle name|given name|family name|full name|known as\
         |salutation|name suffix|=given|=family|client name|=first|=last",
    ),
    ("hg:Alias", "another name", "alias|street name|nickname|preferred name"),
    ("pd:BirthDate", "date of birth", "dob|date of birth|birth date|birthdate|birthday|=born|deceased date"),
    ("pd:AgeExact", "an age", "age|age at|current age"),
    ("pd:AgeRange", "an age range", "age range|age band|age group"),
    (
        "pd:Identifier",
        "the client's reference",
        "client id|client ref|client reference|person id|personal id|patient id|contact id|applicant id\
         |service user id|individual id|unique id|client number|ref|reference|household id|enrollment id\
         |account id|owner id|id|external id|uuid|guid|=client",
    ),
    (
        "hg:CaseReference",
        "a case reference",
        "case id|case ref|case reference|case number|referral id|referral reference|referral number\
         |application id|application reference|application number",
    ),
    ("hg:HouseholdReference", "a household's reference", "household id|household ref|household reference|family id"),
    (
        "hg:NationalInsuranceNumber",
        "National Insurance number",
        "ni|nino|ni number|ni no|national insurance|national insurance number",
    ),
    ("hg:NhsNumber", "NHS number", "nhs|nhs no|nhs number"),
    ("pd:OfficialID", "an official number", "ssn|official id|id number|document number|social security number"),
    (
        "hg:DrivingLicenceNumber",
        "driving licence number",
        "driving licence|driving license|driver licence|driving licence number",
    ),
    ("hg:TaxReference", "tax reference", "utr|tax reference"),
    ("pd:VehicleLicense", "vehicle registration", "vehicle registration|number plate|car reg"),
    ("pd:Picture", "a picture", "photo|picture|avatar|selfie|portrait"),
    ("pd:Gender", "gender", "gender|=sex|gender identity|pronouns|=woman|=man|non binary|transgender|sex at birth"),
    (
        "pd:PhysicalCharacteristic",
        "what a person looks like",
        "=height|=weight|eye colour|hair colour|tattoos|distinguishing|description of person|appearance",
    ),
    ("pd:Language", "language", "language|first language|preferred language|main language|interpreter"),
    ("pd:MaritalStatus", "marital status", "marital status|civil status"),
    (
        "pd:FamilyStructure",
        "who is in the household",
        "relationship to hoh|household type|household size|household composition|number of children\
         |dependants|dependents|family type",
    ),
    ("pd:Relationship", "a relationship", "relationship|partner|spouse"),
    ("pd:Offspring", "children", "children|=child"),
    (
        "pd:Income",
        "income",
        "income|earnings|salary|wages|benefits|benefit|universal credit|total monthly income|=amount",
    ),
    ("pd:BankAccount", "bank account", "bank account|account number|sort code|iban|bank"),
    ("pd:LoanRecord", "debts", "debt|debts|arrears|rent arrears|loan"),
    ("pd:EmploymentHistory", "work", "employment|employed|employer|occupation|job|employment status"),
    ("pd:Education", "education", "education|school|last grade completed|qualification|school status"),
    (
        "hg:HousingHistory",
        "housing history",
        "housing history|last settled|previous address history|living situation|prior residence\
         |address history|eviction|reason for homelessness|reason for leaving|last settled base\
         |length of stay|date to street|destination",
    ),
    ("hg:CareLeaver", "was in care", "care leaver|in care|looked after"),
    (
        "hg:ArmedForces",
        "was in the armed forces",
        "veteran|veteran status|armed forces|military branch|discharge status|year entered service",
    ),
    ("hg:SupportNeed", "a support need", "support need|support needs|vulnerability|vulnerabilities"),
    ("hg:Credential", "a password, token or key", "password|passcode|token|secret|api key|access token|=pin"),
    (
        "pd:TelephoneNumber",
        "a telephone number",
        "phone|telephone|=tel|mobile|mobile phone|phone number|mobile number|contact number|home phone|fax\
         |whatsapp",
    ),
    ("pd:EmailAddress", "an e-mail address", "email|e mail|email address|=mail"),
    ("pd:SocialMedia", "a social media account", "facebook|instagram|twitter|social media|tiktok"),
    ("hg:ContactPerson", "another contact person", "next of kin|emergency contact|nok|contact person"),
    ("pd:DeviceBased", "a device", "imei|device id|user agent"),
    ("pd:IPAddress", "an IP address", "ip|ip address"),
    (
        "pd:PhysicalAddress",
        "an address",
        "address|street|address line|address 1|address 2|address1|address2|mailing street|other street|line 1\
         |line 2|line1|line2|home address|correspondence address|current address|last known address",
    ),
    ("pd:PostalCode", "a postcode", "postcode|post code|postal code|zip|zip code|last postcode"),
    ("pd:City", "a town or city", "city|town|mailing city|post town"),
    ("pd:Locality", "part of a town", "locality|=ward|neighbourhood"),
    ("pd:Region", "a region", "region|county|mailing state|=state"),
    (
        "hg:LocalAuthority",
        "a local authority",
        "local authority|la code|council|borough|enrollment coc|local connection",
    ),
    (
        "pd:GPSCoordinate",
        "coordinates",
        "latitude|longitude|=lat|lng|=lon|=long|gps|coordinates|geolocation|=geo|=position",
    ),
    ("hg:PropertyReference", "a property reference", "uprn|property reference"),
    (
        "hg:GridReference",
        "a grid reference or spelling of a place",
        "what3words|grid reference|grid ref|easting|northing|plus code",
    ),
    (
        "hg:AccommodationAddress",
        "the address of a placement",
        "placement address|accommodation address|temporary accommodation address|hostel address",
    ),
    (
        "hg:MeetingPlace",
        "where the person can be met",
        "meet at|meeting place|meeting point|where met|best place to find",
    ),
    (
        "hg:SleepSite",
        "where somebody sleeps rough",
        "sleep site|sleeping site|bedded down|rough sleeping location|location details|sleeping location\
         |doorway|where sleeping|sleep location|bedded down location|where bedded down|contact location\
         |hotspot",
    ),
    ("hg:RefugeLocation", "where a refuge is", "refuge address|refuge location|safe house"),
    ("pd:Location", "a place", "location|=place|assessment location|location crisis"),
    (
        "hg:ImmigrationStatus",
        "immigration status",
        "immigration|immigration status|residential status|leave to remain|overseas visitor|visa|visa status\
         |settled status|eu settlement|euss",
    ),
    ("hg:RecourseToPublicFunds", "recourse to public funds", "nrpf|recourse|recourse to public funds|no recourse"),
    ("hg:HousingEligibility", "eligibility for housing help", "eligibility|eligible|eligible for assistance"),
    ("hg:RightToRent", "right to rent", "right to rent"),
    ("hg:RightToWork", "right to work", "right to work"),
    ("hg:AsylumClaim", "an asylum claim", "asylum|asylum seeker|asylum support|refugee|nass"),
    ("pd:Nationality", "nationality", "nationality|nationalities|country of nationality"),
    ("pd:Citizenship", "citizenship", "citizenship|citizen"),
    ("pd:CountryOfBirth", "country of birth", "country of birth|birth country"),
    ("pd:PlaceOfBirth", "place of birth", "place of birth|birth place|birthplace"),
    ("pd:Residency", "residency", "residency|country of residence|habitual residence"),
    (
        "hg:ArrivalDate",
        "date of arrival in the UK",
        "arrival date|date of arrival|arrived in uk|date of entry|date entered uk",
    ),
    (
        "hg:HomeOfficeReference",
        "a Home Office reference",
        "home office|home office reference|ho ref|ho reference|port reference|=cid|atlas",
    ),
    ("hg:ShareCode", "a share code", "share code"),
    ("hg:ResidencePermit", "a residence permit", "brp|residence permit|biometric residence permit|=arc|arc number"),
    ("pd:Passport", "passport", "passport|passport number"),
    ("hg:ChainNumber", "CHAIN number", "=chain|chain number|chain id|chain ref"),
    (
        "hg:RoughSleepingHistory",
        "rough-sleeping history",
        "rough sleeping|rough sleeper|sleeping rough|sleeping rough since|times homeless|months homeless\
         |verified rough sleeper|date last seen",
    ),
    ("hg:SupportOfferDeclined", "an offer that was declined", "offers declined|declined|refused offer|offer refused"),
    (
        "hg:AntisocialBehaviour",
        "antisocial behaviour",
        "asb|antisocial|anti social behaviour|antisocial behaviour|begging",
    ),
    ("hg:ReconnectionOffer", "reconnection", "reconnection|voluntary return"),
    ("pd:Health", "health", "health|medical|health needs|general health status"),
    (
        "pd:PhysicalHealth",
        "physical health",
        "condition|physical health|diagnosis|chronic|chronic health condition|hiv|hiv aids|viral load\
         |t cell count|allergies",
    ),
    ("pd:MentalHealth", "mental health", "mental health|mental health disorder|=mental|self harm|suicide"),
    (
        "pd:Disability",
        "disability",
        "disability|disabilities|disabling condition|disabled|developmental disability|physical disability\
         |mobility",
    ),
    ("pd:Prescription", "medicine", "medication|medicine|prescription|methadone"),
    ("hg:Pregnancy", "pregnancy", "pregnant|pregnancy|due date|pregnancy status"),
    (
        "hg:SubstanceUse",
        "alcohol or drugs",
        "substance|substances|=drug|drugs|alcohol|substance use|substance misuse|drug use\
         |substance use disorder",
    ),
    ("hg:RiskOfHarm", "risk of harm", "risk|risk of harm|risk to self|risk assessment|safeguarding|risk level"),
    (
        "hg:DomesticAbuse",
        "domestic abuse",
        "domestic abuse|domestic violence|domestic violence survivor|=dv|=da|perpetrator|currently fleeing",
    ),
    ("hg:Trafficking", "trafficking or modern slavery", "trafficking|modern slavery|nrm|exploitation"),
    (
        "pd:EthnicOrigin",
        "ethnic origin",
        "ethnicity|ethnic origin|ethnic group|ethnic category|hispanic latinao|am ind ak native|=asian\
         |black af american|mid east n african|native hi pacific|=white|race ethnicity\
         |additional race ethnicity",
    ),
    ("pd:Race", "race", "race|race none"),
    ("pd:Religion", "religion", "religion|faith|religious belief"),
    ("pd:SexualPreference", "sexual orientation", "sexual orientation|sexuality"),
    ("pd:Biometric", "biometrics", "biometric|fingerprint|face scan"),
    (
        "pd:Criminal",
        "criminal matters",
        "criminal|offence|offences|conviction|convictions|probation|prison|arrest|=bail|mappa|offending",
    ),
    ("hg:CaseNote", "case notes", "case note|case notes|support notes|contact notes"),
    (
        "hg:FreeText",
        "free text",
        "note|notes|comment|comments|description|details|summary|free text|additional information\
         |other information|narrative|=reason|=message|=other|=text|remarks|background|circumstances|=history\
         |body text",
    ),
    ("hg:Document", "a document", "document|attachment|=file|=content|pdf|upload|=image|=scan"),
    (
        "hg:HousingNeed",
        "what accommodation is needed",
        "beds|bedrooms|bedroom need|need type|accommodation type|room type|accessible|wheelchair accessible\
         |pets|=need",
    ),
    ("hg:Priority", "how urgent", "priority|urgency|urgent"),
    ("hg:AppointmentTime", "time of an appointment", "appointment|appointment date|appointment time|slot"),
    (
        "hg:TemplateReference",
        "which template or form",
        "template|template id|form id|form version|record type id|schema version",
    ),
    ("hg:BatchReference", "batch number", "batch|batch id|export id|message id|correlation id|request id|reference id"),
    (
        "hg:StaffContact",
        "a member of staff at work",
        "worker|staff|referrer|referred by|key worker|keyworker|caseworker|case worker|officer|source contact\
         |created by|updated by|user id|user first name|user last name|user email|verified by|assessor",
    ),
    (
        "hg:Operational",
        "a technical matter",
        "date created|date updated|created at|updated at|sent at|timestamp|all or none|method|sms sender id\
         |email reply to id|one click unsubscribe url|data quality|record type|attributes type|hash status\
         |version|name data quality|ssn data quality|dob data quality",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, shipped};

    fn of(parents: &[&str], name: &str) -> Option<&'static str> {
        says(parents, name).map(|s| s.category)
    }

    #[test]
    fn every_category_is_one_of_the_tree() {
        let policy = Policy::compile(&shipped::sources()).unwrap();
        for (category, ..) in TABLE {
            assert!(policy.categories.group(&category.parse().unwrap()).is_some(), "{category}");
        }
    }

    #[test]
    fn names_are_read_however_they_are_written() {
        for name in
            ["dateOfBirth", "date_of_birth", "DATE-OF-BIRTH", "DOB", "Birthdate", "Date of birth", "dateofbirth"]
        {
            assert_eq!(of(&[], name), Some("pd:BirthDate"), "{name}");
        }
        for (name, category) in [
            ("NHSNumber", "hg:NhsNumber"),
            ("MailingPostalCode", "pd:PostalCode"),
            ("mailingpostalcode", "pd:PostalCode"),
            ("PersonalID", "pd:Identifier"),
            ("LocationDetails", "hg:SleepSite"),
            ("NameDataQuality", "hg:Operational"),
            ("Client_Reference__c", "pd:Identifier"),
            ("ResidentialStatus", "hg:ImmigrationStatus"),
            ("phone_number", "pd:TelephoneNumber"),
            ("nationalInsuranceNumber", "hg:NationalInsuranceNumber"),
            ("DomesticViolenceSurvivor", "hg:DomesticAbuse"),
            ("OtherPhone", "pd:TelephoneNumber"),
            ("medicalPriority", "pd:Health"),
            ("priority", "hg:Priority"),
        ] {
            assert_eq!(of(&[], name), Some(category), "{name}");
        }
        for name in ["frobnication", "LastServiceDate__c", "IsClient__c", "careNeed", "status"] {
            assert_eq!(of(&[], name), None, "{name}");
        }
    }

    #[test]
    fn whom_a_name_is_about_is_said_by_what_stands_nearest() {
        let staff = Some("hg:StaffContact");
        for (parents, name) in [
            (&["client", "worker"][..], "name"),
            (&["agency"], "phone"),
            (&["organisation"], "address1"),
            (&["createdBy"], "email"),
            (&["client"], "workerName"),
            (&["worker"], "role"),
            (&[], "case_worker_first_name"),
            (&[], "staffMemberEmail"),
            (&[], "referring_agency_contact_name"),
            (&[], "CaseWorker"),
            (&[], "VerifiedBy"),
        ] {
            assert_eq!(of(parents, name), staff, "{parents:?} {name}");
        }
        for (parents, name, category) in [
            (&["AgencyReferral", "Client"][..], "Name", "pd:Name"),
            (&["AgencyReferral", "Client"], "Phone", "pd:TelephoneNumber"),
            (&["AgencyReferral"], "Email", "pd:EmailAddress"),
            (&["SubmitProviderReferralRequest", "Applicant"], "FirstName", "pd:Name"),
            (&["SubmitProviderReferralRequest"], "FirstName", "pd:Name"),
            (&["organisation", "clients"], "name", "pd:Name"),
            (&["organisation", "clients"], "phone", "pd:TelephoneNumber"),
            (&["organisation"], "clientPhone", "pd:TelephoneNumber"),
            (&["createdReferral", "client"], "firstName", "pd:Name"),
            (&["createdReferral"], "firstName", "pd:Name"),
            (&["agencyClients"], "name", "pd:Name"),
            (&["serviceUser"], "userEmail", "pd:EmailAddress"),
            (&["StaffReferralForm"], "Person", "pd:Name"),
            (&[], "agencyClientName", "pd:Name"),
            (&[], "workerClientPhone", "pd:TelephoneNumber"),
            (&[], "staffTenant", "pd:Name"),
            (&[], "AgencyReferral_FirstName", "pd:Name"),
            (&[], "provider_service_user_email", "pd:EmailAddress"),
        ] {
            assert_eq!(of(parents, name), Some(category), "{parents:?} {name}");
        }
        assert_eq!(of(&["staff"], "zorblina"), None);
        assert_eq!(asks("Staff: what is the client called?").map(|s| s.category), Some("pd:Name"));
        assert_eq!(asks("Staff: who sleeps there?"), None);
    }

    #[test]
    fn what_stands_above_helps() {
        assert_eq!(of(&["worker"], "name"), Some("hg:StaffContact"));
        assert_eq!(of(&["client"], "name"), Some("pd:Name"));
        assert_eq!(of(&["address"], "unit"), Some("pd:PhysicalAddress"));
        assert_eq!(asks("What is your date of birth?").map(|s| s.category), Some("pd:BirthDate"));
    }
}
