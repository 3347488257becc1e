//! The map as a picture: SVG 1.1 without scripts, styles from elsewhere or links to anywhere.
//!
//! A way to the Home Office is marked by the thickness and the dashes of its line and by words on it, so that the
//! picture can be read when it is printed in black and white. A reader who cannot see it is told every link.

use super::{
    Look, Map, Place,
    layout::{BOX, Frame, LEADING, Layout, Line, MARGIN, WORDS, layout},
};
use crate::policy::organisations::{Class, words};
use std::fmt::Write as _;

const INK: &str = "#1a1a1a";
const GRAVE: &str = "#7a0019";
const PALE: &str = "#5f5f5f";
/// The key's height.
const KEY: f64 = 132.0;

/// The picture.
#[must_use]
pub fn svg(map: &Map<'_>) -> String {
    let Layout { boxes, lines, width, bottom } = layout(map);
    let width = width.max(1040.0);
    let height = bottom + KEY;
    let title = match map.from {
        Some(from) => format!("Where data can go from {from}, as known on {}", words::day(map.today)),
        None => format!("Who passes data to whom, as known on {}", words::day(map.today)),
    };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" \
         width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         aria-labelledby=\"title description\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" \
         fill=\"{INK}\">\n<title id=\"title\">{}</title>\n<desc id=\"description\">{}</desc>\n",
        escaped(&title),
        escaped(&map.described()),
    );
    out.push_str("<defs>\n");
    for (id, colour) in [("grave", GRAVE), ("ink", INK), ("pale", PALE)] {
        let _ = writeln!(
            out,
            "<marker id=\"{id}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"11\" markerHeight=\"11\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 L10 5 L0 10 z\" fill=\"{colour}\"/></marker>"
        );
    }
    out.push_str("</defs>\n");
    let _ = writeln!(out, "<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>");
    text(&mut out, (MARGIN, 42.0), "font-size=\"22\" font-weight=\"bold\"", &title);
    text(&mut out, (MARGIN, 66.0), "", "Read from left to right. The Home Office is on the right.");
    for (edge, line) in map.edges.iter().zip(&lines) {
        link(&mut out, edge.look, line);
    }
    for (place, at) in map.places.iter().zip(&boxes) {
        organisation(&mut out, place, at);
    }
    for (edge, line) in map.edges.iter().zip(&lines) {
        let above = match edge.only() {
            // Longer would run over the line's end.
            Some(of) => format!("{}, {}", edge.verb(), shortened(&format!("only {of}"), 18)),
            None => edge.verb().to_owned(),
        };
        written(&mut out, edge.look, line, &above, &edge.holds());
    }
    key(&mut out, bottom + 18.0);
    out.push_str("</svg>\n");
    out
}

fn shortened(text: &str, letters: usize) -> String {
    match text.chars().count() > letters {
        true => text.chars().take(letters.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// How a line of this look is drawn, with its arrow.
const fn pen(look: Look) -> (&'static str, f64, &'static str, &'static str) {
    match look {
        Look::Certain => (GRAVE, 4.0, "", "grave"),
        Look::Perhaps => (INK, 2.4, " stroke-dasharray=\"11 6\"", "ink"),
        Look::Aside => (INK, 1.3, "", "ink"),
        Look::Past => (PALE, 1.3, " stroke-dasharray=\"2 4\"", "pale"),
    }
}

fn link(out: &mut String, look: Look, line: &Line) {
    let (colour, width, dashes, arrow) = pen(look);
    let ((x0, y0), (x1, y1)) = (line.start, line.end);
    let bend = x0 + WORDS;
    // A thick line would stick out beyond its arrow's tip.
    let tip = x1 - 2.0;
    let path = match line.back {
        None => {
            let middle = f64::midpoint(bend, tip);
            format!("M{x0:.1} {y0:.1} H{bend:.1} C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {tip:.1} {y1:.1}")
        }
        Some((below, aside)) => {
            let (right, left) = (bend + 8.0 + aside, x1 - 18.0 - aside);
            format!("M{x0:.1} {y0:.1} H{right:.1} V{below:.1} H{left:.1} V{y1:.1} H{tip:.1}")
        }
    };
    let _ = writeln!(
        out,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dashes} \
         marker-end=\"url(#{arrow})\"/>"
    );
}

/// The words above and below the straight part of a line.
fn written(out: &mut String, look: Look, line: &Line, above: &str, below: &str) {
    let (x, y) = line.start;
    let weight = if look == Look::Certain { " font-weight=\"bold\"" } else { "" };
    let said = match look {
        Look::Certain => format!("{below} → Home Office"),
        Look::Perhaps | Look::Aside | Look::Past => below.to_owned(),
    };
    let style = format!("font-size=\"11.5\"{weight}");
    text(out, (x + 8.0, y - 5.0), &style, above);
    text(out, (x + 8.0, y + 13.0), &style, &said);
}

fn organisation(out: &mut String, place: &Place<'_>, at: &Frame) {
    let (fill, width, dashes) = border(place.class());
    let Frame { x, y, height, .. } = at;
    let _ = writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{BOX}\" height=\"{height:.1}\" rx=\"4\" fill=\"{fill}\" \
         stroke=\"{INK}\" stroke-width=\"{width}\"{dashes}/>"
    );
    if place.class() == Some(Class::Root) {
        let (inner, tall) = (BOX - 10.0, height - 10.0);
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{inner}\" height=\"{tall:.1}\" fill=\"none\" stroke=\"{INK}\"/>",
            x + 5.0,
            y + 5.0
        );
    }
    let lines = at.name.len() + at.systems.len();
    let block = LEADING * super::layout::float(lines);
    let mut baseline = y + (height - block) / 2.0 + 13.0;
    for (line, style) in at
        .name
        .iter()
        .map(|l| (l, "font-size=\"14\" font-weight=\"bold\""))
        .chain(at.systems.iter().map(|l| (l, "font-size=\"12\"")))
    {
        text(out, (x + 12.0, baseline), style, line);
        baseline += LEADING;
    }
}

/// Fill, thickness and dashes of a box.
const fn border(class: Option<Class>) -> (&'static str, f64, &'static str) {
    match class {
        Some(Class::Root) => ("#e9e9e9", 2.5, ""),
        Some(Class::Associated) => ("#ffffff", 4.0, ""),
        Some(Class::Unassessed) | None => ("#ffffff", 1.5, " stroke-dasharray=\"7 4\""),
        Some(Class::Clear) => ("#ffffff", 1.2, ""),
    }
}

fn key(out: &mut String, y: f64) {
    text(out, (MARGIN, y + 12.0), "font-weight=\"bold\"", "Key");
    let looks = [
        (Look::Certain, "leads to the Home Office for certain"),
        (Look::Perhaps, "may lead there: contested or not certain"),
        (Look::Aside, "in force, leads elsewhere"),
        (Look::Past, "ended, or about policy only: carries nothing"),
    ];
    for ((look, said), row) in looks.into_iter().zip([1.0, 2.0, 3.0, 4.0]) {
        let (colour, width, dashes, arrow) = pen(look);
        let at = y + 12.0 + 22.0 * row;
        let _ = writeln!(
            out,
            "<path d=\"M{MARGIN} {:.1} h70\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dashes} \
             marker-end=\"url(#{arrow})\"/>",
            at - 4.0
        );
        text(out, (MARGIN + 84.0, at), "font-size=\"12\"", said);
    }
    let classes = [
        (Class::Root, "the Home Office, or working for it"),
        (Class::Associated, "data of a system here can reach the Home Office"),
        (Class::Unassessed, "a system here is not assessed, or in question"),
        (Class::Clear, "every system here is assessed, and no path is known"),
    ];
    for ((class, said), row) in classes.into_iter().zip([1.0, 2.0, 3.0, 4.0]) {
        let (fill, width, dashes) = border(Some(class));
        let (x, at) = (MARGIN + 440.0, y + 12.0 + 22.0 * row);
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{:.1}\" width=\"70\" height=\"15\" rx=\"3\" fill=\"{fill}\" stroke=\"{INK}\" \
             stroke-width=\"{width}\"{dashes}/>",
            at - 12.0
        );
        if class == Class::Root {
            let _ = writeln!(
                out,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"62\" height=\"7\" fill=\"none\" stroke=\"{INK}\"/>",
                x + 4.0,
                at - 8.0
            );
        }
        text(out, (x + 84.0, at), "font-size=\"12\"", said);
    }
}

fn text(out: &mut String, (x, y): (f64, f64), style: &str, said: &str) {
    let space = if style.is_empty() { "" } else { " " };
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\"{space}{style}>{}</text>", escaped(said));
}

/// Text of an XML document. Characters that XML cannot hold become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() && !matches!(c, '\t' | '\n') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
