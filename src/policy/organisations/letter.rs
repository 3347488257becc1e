//! Letters to print and sign: the challenge in a forum (TRANS-2), the request for an undertaking (DATA-4).

use super::{
    Class, Registry, System, SystemKind,
    words::{self, day},
};
use crate::flow::name_closed as closed;
use jiff::{ToSpan as _, civil::Date};
use std::fmt::Write as _;

/// Characters of a printed line.
const WIDTH: usize = 76;

/// Evidence is never quoted: it may say who told us, and the letter goes to those it is about.
const FOUND: &str = "[what you found, without naming who told you]";

closed! {
    /// What is asked.
    Asks {
        /// That the Home Office leave a forum, or its access end.
        Challenge = "challenge",
        /// For a no-onward-sharing undertaking.
        Undertaking = "undertaking",
    }
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it asks.
    pub asks: Asks,
    /// Plain text; what has to be filled in stands in square brackets.
    pub text: String,
    /// The day by which an answer is asked for.
    pub deadline: Date,
}

/// Why no letter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLetter {
    /// To the Home Office.
    #[error("it is the Home Office or works for it: nothing is asked of it, and nothing goes there")]
    Root,
    /// To the whole of a council, of which one undertaking would say nothing.
    #[error("it is a whole council, known by its domain alone\n  mend: {}", words::ADD_THE_ONE)]
    Council,
}

/// The letter for a recipient.
///
/// # Errors
/// [`NoLetter`] for a root or the whole of a council.
pub fn letter(registry: &Registry, system: &System, today: Date) -> Result<Letter, NoLetter> {
    if system.class(today) == Class::Root {
        return Err(NoLetter::Root);
    }
    if registry.organisations.get(&system.organisation).is_some_and(|o| o.council) {
        return Err(NoLetter::Council);
    }
    let deadline = system.forum.and_then(|f| f.deadline).filter(|d| *d >= today);
    let deadline = deadline.unwrap_or_else(|| today.saturating_add(28.days()));
    let asks = if system.kind == SystemKind::Forum { Asks::Challenge } else { Asks::Undertaking };
    let (subject, paragraphs) = match asks {
        Asks::Challenge => challenge(system, deadline),
        Asks::Undertaking => undertaking(registry, system, deadline),
    };
    let mut text = format!(
        "[Your organisation]\n[Address]\n\n{}\n\n[Name of the person you write to]\n{}\n[Address]\n\nDear [name],\n\n",
        day(today),
        system.name
    );
    let _ = write!(text, "{subject}\n\n");
    for paragraph in paragraphs {
        wrap(&paragraph, &mut text);
        text.push('\n');
    }
    text.push_str("Yours sincerely,\n\n\n[Signature]\n[Name], [role]\nFor [your organisation]\n");
    Ok(Letter { asks, text, deadline })
}

fn challenge(system: &System, deadline: Date) -> (String, Vec<String>) {
    let mut paragraphs = vec![format!(
        "We take part in [name of the meeting, group or mailing list], which we know as {}. We understand that the \
         Home Office, or somebody working for it, attends it or can reach what is shared in it. {FOUND}",
        system.id,
    )];
    paragraphs.extend([
        "We have adopted the Support Not Deport charter. It commits us to share nothing in a forum that the Home \
         Office has access to which could identify people or do them harm, to challenge its presence where we find it, \
         and to leave if it stays. People who sleep rough need to know that asking for help does not lead to their \
         being detained; many stay away from help because they fear it."
            .to_owned(),
        "We therefore ask you:".to_owned(),
        "1. that the Home Office no longer attends, and no longer receives minutes, lists or data from it; or, where \
         only named people or a named access are meant, that [name the access] ends;"
            .to_owned(),
        "2. to tell us in writing what information about individuals was shared there while it had access, and since \
         when;"
            .to_owned(),
        "3. to confirm in writing that access will not be given again without telling every member beforehand."
            .to_owned(),
        format!(
            "Please answer by {}. Until then we share nothing there. If the Home Office is still present after that \
             day we will leave, and say why to the other members, to our workers and to the people we support.",
            day(deadline)
        ),
        "If we are mistaken, please tell us what is right; we will correct our record at once.".to_owned(),
    ]);
    ("Access of the Home Office to your forum".to_owned(), paragraphs)
}

fn undertaking(registry: &Registry, system: &System, deadline: Date) -> (String, Vec<String>) {
    let before = match &system.undertaking {
        Some(u) => format!(" Your present undertaking ends with {}.", day(u.expires)),
        None => String::new(),
    };
    // Of these no undertaking makes an ordinary recipient, and the letter must not promise it.
    let opening = if system.linked == Class::Associated {
        format!(
            "We have adopted the Support Not Deport charter. On what we know, information that reaches your system {} \
             can reach the Home Office, so we do not send information about people we support to it. There is one \
             exception: accommodation that our scrutiny panel has approved, for a person who has had independent \
             advice and agrees to each item. For that too we need an undertaking; it opens nothing else.{before}",
            system.id
        )
    } else {
        format!(
            "We would like to go on sending, or to begin to send, information about people we support to your system \
             {}.{before} We have adopted the Support Not Deport charter, and share data only with those who undertake \
             not to pass it on. Our gateway stops what has no undertaking in date.",
            system.id
        )
    };
    let mut paragraphs = vec![
        opening,
        "Please let somebody with the authority to do so sign this undertaking:".to_owned(),
        "\"We will not pass information about the people [your organisation] refers to us, in whole or in part, to the \
         Home Office, to immigration enforcement or to anybody acting for them, directly or through others, and will \
         not keep it in a database to which they have access."
            .to_owned(),
        "Where the law requires us to disclose something, we will tell [your organisation] before we do so, unless the \
         law forbids that too, so that it can be challenged; and will disclose no more than is required."
            .to_owned(),
        "We will tell [your organisation] without delay when our own sharing, suppliers or databases change so that \
         this is no longer so. This undertaking is given by [name and role], for [organisation and system], from [date] \
         until [date, one year later].\""
            .to_owned(),
    ];
    if !system.chain.is_empty() {
        let steps: Vec<_> = system.chain.iter().map(|s| words::step(registry, s)).collect();
        paragraphs.push(format!(
            "We understand this: {} {FOUND} Please tell us whether that is right, whether it concerns this \
             system, and what has changed since.",
            steps.join(" ")
        ));
    }
    paragraphs.push(
        "Please also tell us: who else can see what we send (suppliers and partners included); whether any of it is \
         matched with or copied into another database; for how long it is kept."
            .to_owned(),
    );
    paragraphs.push(format!("Please answer by {}. Thank you for helping to keep people safe.", day(deadline)));
    ("A no-onward-sharing undertaking".to_owned(), paragraphs)
}

/// Breaks a paragraph into printed lines.
fn wrap(paragraph: &str, out: &mut String) {
    let mut length = 0;
    for word in paragraph.split_whitespace() {
        let size = word.chars().count();
        if length > 0 && length + 1 + size > WIDTH {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        out.push_str(word);
        length += size;
    }
    out.push('\n');
}
