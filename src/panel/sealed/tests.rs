use super::*;

const TEXT: &str = "Somebody told the council who sleeps where. <script>é</script>\n";

struct Member {
    id: String,
    public: Public,
    private: Private,
}

fn member(id: &str) -> Member {
    let (public, private) = generate().unwrap();
    Member { id: id.to_owned(), public, private }
}

fn to(members: &[&Member]) -> Vec<(String, Public)> {
    members.iter().map(|m| (m.id.clone(), m.public)).collect()
}

fn read(sealed: &Sealed, by: &Member) -> Result<String, SealError> {
    open("concern", sealed, &by.id, &by.private).map(|text| text.to_string())
}

#[test]
fn each_member_reads_it_and_nobody_else() {
    let (amina, bo, other) = (member("amina"), member("bo"), member("other"));
    let sealed = seal("concern", TEXT, &to(&[&amina, &bo])).unwrap();
    let kept = sealed.to_string();
    assert!(!kept.contains("council") && !kept.contains('\n'));
    let sealed: Sealed = kept.parse().unwrap();
    assert_eq!((read(&sealed, &amina), read(&sealed, &bo)), (Ok(TEXT.to_owned()), Ok(TEXT.to_owned())));
    assert_eq!(read(&sealed, &other), Err(SealError::NotForYou));
    let pretending = Member { id: "amina".to_owned(), ..other };
    assert_eq!(read(&sealed, &pretending), Err(SealError::Closed));
}

#[test]
fn without_members_it_is_not_taken() {
    assert_eq!(seal("concern", TEXT, &[]), Err(SealError::NoMember));
}

#[test]
fn a_purpose_is_bound_in() {
    let amina = member("amina");
    let sealed = seal("breach", TEXT, &to(&[&amina])).unwrap();
    assert_eq!(read(&sealed, &amina), Err(SealError::Closed));
    let (mut a, b) = (seal("concern", "a", &to(&[&amina])).unwrap(), seal("concern", "b", &to(&[&amina])).unwrap());
    a.text = b.text;
    assert_eq!(read(&a, &amina), Err(SealError::Closed), "a text stays with its keys");
}

#[test]
fn a_wrapped_key_is_for_its_member_alone() {
    let (amina, bo) = (member("amina"), member("bo"));
    let mut sealed = seal("concern", TEXT, &to(&[&amina])).unwrap();
    let key = sealed.keys.get("amina").unwrap().clone();
    sealed.keys.insert("bo".to_owned(), key);
    assert_eq!(read(&sealed, &bo), Err(SealError::Closed));
    let renamed = Member { id: "bo".to_owned(), ..amina };
    assert_eq!(read(&sealed, &renamed), Err(SealError::Closed), "not even under another name");
}

#[test]
fn any_bit_changed_closes_it() {
    let amina = member("amina");
    let sealed = seal("concern", TEXT, &to(&[&amina])).unwrap();
    for at in (0..sealed.text.0.len()).step_by(7) {
        let mut changed = sealed.clone();
        *changed.text.0.get_mut(at).unwrap() ^= 1;
        assert_eq!(read(&changed, &amina), Err(SealError::Closed), "text {at}");
    }
    for at in 0..32 {
        let mut changed = sealed.clone();
        *changed.keys.get_mut("amina").unwrap().enc.0.get_mut(at).unwrap() ^= 1;
        assert_eq!(read(&changed, &amina), Err(SealError::Closed), "enc {at}");
        let mut changed = sealed.clone();
        *changed.keys.get_mut("amina").unwrap().key.0.get_mut(at).unwrap() ^= 1;
        assert_eq!(read(&changed, &amina), Err(SealError::Closed), "key {at}");
    }
    for bad in ["", "{}", "null", r#"{"text":"!","keys":{}}"#, r#"{"text":"","keys":{},"more":1}"#] {
        assert_eq!(bad.parse::<Sealed>(), Err(SealError::Closed), "{bad}");
    }
    let mut cut = sealed;
    cut.text.0.truncate(5);
    assert_eq!(read(&cut, &amina), Err(SealError::Closed));
}

#[test]
fn a_member_who_reads_it_lets_another_read_it() {
    let (amina, bo, other) = (member("amina"), member("bo"), member("other"));
    let mut sealed = seal("concern", TEXT, &to(&[&amina])).unwrap();
    let by_other = add_member("concern", &mut sealed, ("other", &other.private), ("bo", &bo.public));
    assert_eq!((by_other, sealed.is_for("bo")), (Err(SealError::NotForYou), false));
    add_member("concern", &mut sealed, ("amina", &amina.private), ("bo", &bo.public)).unwrap();
    assert_eq!((read(&sealed, &bo), read(&sealed, &amina)), (Ok(TEXT.to_owned()), Ok(TEXT.to_owned())));
}

#[test]
fn its_length_says_little() {
    let amina = member("amina");
    let length = |n: usize| seal("concern", &"x".repeat(n), &to(&[&amina])).unwrap().text.0.len();
    assert_eq!((length(0), length(1), length(1020)), (1024 + 28, 1024 + 28, 1024 + 28));
    assert_eq!((length(1021), length(2044)), (2048 + 28, 2048 + 28));
    let longest = "é".repeat(20_000);
    let sealed = seal("concern", &longest, &to(&[&amina])).unwrap();
    assert_eq!(read(&sealed, &amina).unwrap(), longest);
}

#[test]
fn two_seals_of_one_text_have_nothing_in_common() {
    let amina = member("amina");
    let (a, b) = (seal("concern", TEXT, &to(&[&amina])).unwrap(), seal("concern", TEXT, &to(&[&amina])).unwrap());
    assert_ne!(a.text, b.text);
    assert_ne!(a.keys, b.keys);
}

#[test]
fn an_answer_is_read_with_its_code_only() {
    let sealed = seal_under_code("k3q9-7ttm-xxaa-9p2d-bb31", TEXT).unwrap();
    assert_eq!(open_under_code("k3q9-7ttm-xxaa-9p2d-bb31", &sealed).unwrap().as_str(), TEXT);
    assert_eq!(open_under_code("k3q9-7ttm-xxaa-9p2d-bb32", &sealed), Err(SealError::Closed));
    assert_eq!(open_under_code("", &sealed), Err(SealError::Closed));
    for at in (0..sealed.len()).step_by(11) {
        let mut changed = sealed.clone();
        *changed.get_mut(at).unwrap() ^= 0x80;
        assert_eq!(open_under_code("k3q9-7ttm-xxaa-9p2d-bb31", &changed), Err(SealError::Closed), "{at}");
    }
    assert_eq!(open_under_code("k3q9-7ttm-xxaa-9p2d-bb31", sealed.get(..20).unwrap()), Err(SealError::Closed));
    assert_ne!(seal_under_code("a", TEXT), seal_under_code("a", TEXT));
}

/// RFC 9180 appendix A.2.1 (X25519, HKDF-SHA256, ChaCha20-Poly1305, base mode): what others seal, this suite opens.
#[test]
fn the_suite_opens_what_the_standard_seals() {
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let private =
        Private::from_bytes(&hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")).unwrap();
    let enc = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    let sealed =
        hex(concat!("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db", "21993c62ce81883d2dd1b51a28"));
    let opened = SUITE.open(
        &EncapsulatedSecret(enc),
        &hex("4f6465206f6e2061204772656369616e2055726e"),
        b"Count-0",
        &sealed,
        &private.0,
    );
    assert_eq!(opened.unwrap(), b"Beauty is truth, truth beauty");
}
