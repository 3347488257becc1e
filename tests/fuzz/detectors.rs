//! Texts of any characters: what is found lies in the text, in order, and is no more than it.

use crate::{mutate, rounds};
use havengate::detect::{Cue, scan, worth_scanning};

#[test]
fn broken_texts() {
    let texts = [
        "call 07700 900123 or write to a.b@example.org, room 12, M1 1AE",
        "NINO AB 12 34 56 C, born 04/05/1987, 51.50799, -0.12812 (CHAIN 123456)",
        "https://maps.example/?q=51.5,-0.1 filled.count.soap TQ 300 800 10.0.0.1",
    ];
    let words = [
        "é",
        "０７７００",
        "\u{200b}",
        "А",
        "․",
        "°",
        "′",
        "@",
        ".",
        "AB123456C",
        "51.",
        "N",
        "DOB ",
        "\u{301}",
        "😀",
        "-",
        " ",
        "99999999999999999999",
        "+44",
        "(0)",
        "///",
    ];
    rounds(|random| {
        let mut bytes = random.of(&texts).as_bytes().to_vec();
        let other = random.of(&texts);
        mutate(random, &mut bytes, &words, other.as_bytes());
        let text = String::from_utf8_lossy(&bytes);
        let cue =
            random.of(&[Cue::NONE, Cue::of_path("$.dateOfBirth"), Cue::of_path("$.phone"), Cue::of_path("$.lat")]);
        let mut found = Vec::new();
        scan(&text, cue, None, &mut found);
        assert!(found.is_empty() || worth_scanning(text.as_bytes(), cue), "{text:?} {found:?}");
        for one in &found {
            assert!(text.get(one.start..one.end).is_some_and(|part| !part.is_empty()), "{text:?} {one:?}");
        }
        assert!(found.is_sorted_by_key(|one| one.start), "{text:?} {found:?}");
        for (i, one) in found.iter().enumerate() {
            let same = found.iter().take(i).filter(|before| before.category == one.category);
            assert!(same.into_iter().all(|before| before.end <= one.start), "{text:?} {found:?}");
        }
    });
}
