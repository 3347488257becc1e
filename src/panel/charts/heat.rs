//! A week by hours: how often something happens when. Every cell has its number; the shade only helps the eye.

use super::{Chart, Table, escape, open};
use std::fmt::Write as _;

/// The weekdays, Monday first.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const LEFT: u64 = 60;
const WIDE: u64 = 60;
const TALL: u64 = 22;
const TOP: u64 = 24;

/// A map of a week by weekday from Monday (0) and hour. `id` is unique on its page.
#[must_use]
pub fn heat(id: &str, (title, desc): (&str, &str), count: impl Fn(u8, u8) -> u64) -> Chart {
    let mut svg = String::new();
    open(&mut svg, id, (title, desc), TOP + 24 * TALL + 4);
    let most = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour))).map(|(day, hour)| count(day, hour)).max();
    let most = most.unwrap_or(0).max(1);
    for (x, name) in (0_u64..).zip(DAYS) {
        let middle = LEFT + WIDE * x + WIDE / 2;
        let short: String = name.chars().take(3).collect();
        let _ = write!(svg, "<text x=\"{middle}\" y=\"14\" text-anchor=\"middle\">{}</text>", escape(&short));
    }
    for hour in 0..24_u8 {
        let y = TOP + TALL * u64::from(hour);
        let _ = write!(svg, "<text x=\"0\" y=\"{}\">{}</text>", y + 16, said(hour));
        for day in 0..7_u8 {
            let (n, x) = (count(day, hour), LEFT + WIDE * u64::from(day));
            // In fifths: more shades are not told apart.
            let shade = (n.saturating_mul(5)).div_ceil(most).min(5);
            let opacity = if shade == 5 { "1".to_owned() } else { format!("0.{}", shade * 2) };
            let _ = write!(
                svg,
                "<rect class=\"soft axis\" fill-opacity=\"{opacity}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"/>",
                WIDE - 2,
                TALL - 2
            );
            if n > 0 {
                let _ =
                    write!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{n}</text>", x + WIDE / 2 - 1, y + 15);
            }
        }
    }
    svg.push_str("</svg>");
    let row = |hour: u8| {
        let counts = (0..7).map(|day| count(day, hour).to_string());
        [said(hour)].into_iter().chain(counts).collect()
    };
    let head = ["Hour"].into_iter().chain(DAYS).map(str::to_owned).collect();
    Chart { title: title.to_owned(), svg, table: Table { head, rows: (0..24).map(row).collect() }, open: false }
}

fn said(hour: u8) -> String {
    format!("{hour:02}:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_hour_has_its_number_and_the_darkest_shade() {
        let chart = heat("c", ("T", "D"), |day, hour| match (day, hour) {
            (0, 9) => 10,
            (6, 23) => 1,
            _ => 0,
        });
        let monday = r#"<rect class="soft axis" fill-opacity="1" x="60" y="222" width="58" height="20"/><text x="89" y="237" text-anchor="middle">10</text>"#;
        let sunday = r#"<rect class="soft axis" fill-opacity="0.2" x="420" y="530" width="58" height="20"/><text x="449" y="545" text-anchor="middle">1</text>"#;
        assert!(chart.svg.contains(monday) && chart.svg.contains(sunday), "{}", chart.svg);
        assert_eq!(chart.svg.matches("<rect").count(), 168);
        assert_eq!(chart.table.rows[9], ["09:00", "10", "0", "0", "0", "0", "0", "0"]);
        assert_eq!(chart.table.rows[23][7], "1");
    }
}
