//! Charts, drawn here and sent as SVG: they need no script, print well, and say in words what they show. Every one has
//! a table of the same figures beside it. Colour is never the only difference: series have patterns, cells have numbers.

mod bars;
mod heat;
mod lines;

pub use bars::{Point, bars};
pub use heat::heat;
pub use lines::lines;

use askama::Template;
use std::fmt::Write as _;

/// A chart with its table, as a page has it.
#[derive(Debug, Clone, Template)]
#[template(config = "src/panel/askama.toml", path = "chart.html")]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The drawing; made and escaped here.
    svg: String,
    /// The same figures.
    pub table: Table,
    /// Whether they are seen at once, and printed.
    open: bool,
}

impl Chart {
    /// With its figures open to be seen, for pages that are printed.
    #[must_use]
    pub fn opened(self) -> Self {
        Self { open: true, ..self }
    }
}

/// A page writes a chart as it is: its parts were escaped when it was made.
impl askama::filters::HtmlSafe for Chart {}

/// Figures as text. The first column names the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The columns' names.
    pub head: Vec<String>,
    /// The rows, each as long as the head.
    pub rows: Vec<Vec<String>>,
}

/// Every drawing is so many units wide, so that its letters can be read on a phone.
const WIDTH: u64 = 480;
/// How wide it is where there is room, in CSS pixels.
const SHOWN: u64 = 640;

/// The start of a drawing, with its title and description for those who do not see it. `id` is unique on its page.
fn open(svg: &mut String, id: &str, (title, desc): (&str, &str), height: u64) {
    let (title, desc) = (escape(title), escape(desc));
    let _ = write!(
        svg,
        "<svg role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{SHOWN}\" font-size=\"14\"><title id=\"{id}-title\">{title}</title>\
         <desc id=\"{id}-desc\">{desc}</desc>"
    );
}

/// Text as SVG and HTML hold it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text of at most so many characters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A round number that is no smaller, and even.
fn ceiling(most: u64) -> u64 {
    let mut ten = 1_u64;
    loop {
        for step in [2, 4, 6, 10] {
            let top = ten.saturating_mul(step);
            if top >= most {
                return top;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        let tops = [0, 1, 2, 3, 5, 7, 11, 40, 41, 99, 101, 1_000_000].map(ceiling);
        assert_eq!(tops, [2, 2, 2, 4, 6, 10, 20, 40, 60, 100, 200, 1_000_000]);
        assert!(ceiling(u64::MAX) >= u64::MAX - 1);
    }

    #[test]
    fn nothing_that_is_written_becomes_a_mark() {
        let points = [Point { label: "<script>\"'&".to_owned(), counts: vec![3] }];
        let series = ["</svg><b>".to_owned()];
        for chart in [
            bars("a", ("<i>", "<u>"), &series, &points),
            lines("a", ("<i>", "<u>"), ("<em>", "<s>"), &[("<b>".to_owned(), 1, "</text>".to_owned())]),
        ] {
            let html = chart.to_string();
            for mark in ["<script", "<b>", "<i>", "<u>", "<em>", "<s>", "</text></text>"] {
                assert!(!html.contains(mark), "{mark}: {html}");
            }
            assert!(html.contains("role=\"img\"") && html.contains("<caption>") && html.contains("scope=\"row\""));
        }
    }

    #[test]
    fn long_names_are_cut_and_the_table_has_them_whole() {
        let name = "a".repeat(200);
        let html = lines("a", ("T", "D"), ("Name", "Count"), &[(name.clone(), 1, "1".to_owned())]).to_string();
        assert!(html.contains(&format!("{}…", "a".repeat(51))) && html.contains(&name), "{html}");
    }
}
