//! Text in scripts that are written without spaces, or on to what is looked for.

use crate::found;
use havengate::detect::Kind;

#[test]
fn what_letters_of_another_script_are_written_on_to_is_found() {
    for (text, kind) in [
        ("电话07700900123", Kind::Phone),
        ("モバイル07700900123", Kind::Phone),
        ("07700900123和", Kind::Phone),
        ("请打０７７００９００１２３给她", Kind::Phone),
        ("тел07700900123", Kind::Phone),
        ("τηλ07700900123", Kind::Phone),
        ("هاتف٠٧٧٠٠٩٠٠١٢٣", Kind::Phone),
        ("전화+447700900456로", Kind::Phone),
        ("โทร07700900123นะ", Kind::Phone),
        ("住在SE1 7PB", Kind::Postcode),
        ("住在12 High Street, London SE1 7PB附近", Kind::Address),
        ("是AB123456C", Kind::NationalInsurance),
        ("وAB123456C", Kind::NationalInsurance),
        ("号码AB 12 34 56 C的", Kind::NationalInsurance),
        ("Home Office ref是A1234567", Kind::HomeOffice),
        ("Home Office номер дела A1234567", Kind::HomeOffice),
        ("内政部GWF123456789", Kind::HomeOffice),
        ("CHAIN号98765", Kind::Chain),
        ("NHS番号は943 476 5919です", Kind::Nhs),
        ("位置51.50799,-0.12797附近", Kind::Coordinates),
        ("在51.50799, -0.12797。", Kind::Coordinates),
        ("地图https://maps.app.goo.gl/abcDEF", Kind::Coordinates),
        ("what3words是filled.count.soap", Kind::Grid),
        ("///ひつじ.たぬき.きつね", Kind::Grid),
        ("护照passport号925665416", Kind::Passport),
        ("邮箱amina@example.org谢谢", Kind::Email),
        ("юлия@пример.рф", Kind::Email),
        ("地址203.0.113.7", Kind::Ip),
        ("睡在in the doorway of Boots", Kind::SleepSite),
        ("DOB是02/04/1987", Kind::BirthDate),
    ] {
        let all = found(text, "");
        assert!(all.iter().any(|one| one.category == kind), "{text}: {all:?}");
    }
    assert_eq!(found("桥下面那里", "sleepSite").len(), 1);
}

/// Letters that only look like others still are those.
#[test]
fn letters_drawn_alike_are_the_same_beside_other_letters() {
    for text in ["АВ123456С", "это АВ123456С", "是АВ12З456C的".replace('З', "3").as_str()] {
        assert!(found(text, "").iter().any(|one| one.category == Kind::NationalInsurance), "{text}");
    }
}

#[test]
fn prose_in_other_scripts_holds_nothing() {
    for text in [
        "昨天在日间中心见到他，情况稳定，2026年11月22日再见。",
        "第3次面谈，共12人，预算£1,200。",
        "彼は週2回、10時に来ます。部屋は201号室です。",
        "그는 매주 3번 10시에 온다. 방은 201호.",
        "เขามาทุกวันที่ 22 เวลา 10.30 น. ห้อง 201",
        "Он приходит в 10:30, комната 201, этаж 3, но не в 22/11/2026.",
        "Она получила 12 из 340 мест в 2026 году; отчёт №45.",
        "Έρχεται στις 10:30, δωμάτιο 201, όροφος 3.",
        "يأتي في الساعة 10:30، غرفة 201، الطابق 3، يوم 22/11/2026.",
        "הוא מגיע ב-10:30, חדר 201, קומה 3.",
        "በየሳምንቱ 3 ጊዜ በ10:30 ይመጣል። ክፍል 201።",
        "वह हर हफ़्ते 3 बार 10:30 बजे आता है, कमरा 201।",
        "订单号12345678，发票INV-2026-00123，版本v1.2.3",
        "床位B12，楼层3F，会议室A4，M25公路关闭",
        "注文12345を受け取りました。COVID-19とH1N1のワクチン。",
        "Квартира 5, подъезд 2, код 1234, автобус 25.",
    ] {
        assert_eq!(found(text, ""), [], "{text}");
    }
}
