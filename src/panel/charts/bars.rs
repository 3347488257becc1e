//! Bars over time, stacked.

use super::{Chart, Table, WIDTH, ceiling, escape, open};
use std::fmt::Write as _;

/// One bar: its label on the axis, and a count for each series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Such as `3 Nov`.
    pub label: String,
    /// As many as there are series.
    pub counts: Vec<u64>,
}

const LEFT: u64 = 44;
const TOP: u64 = 16;
const TALL: u64 = 160;
/// Labels along the axis.
const LABELS: usize = 6;

/// Bars over time. At most four series: what is more is drawn like the fourth. `id` is unique on its page.
#[must_use]
pub fn bars(id: &str, (title, desc): (&str, &str), series: &[String], points: &[Point]) -> Chart {
    let legend = if series.len() > 1 { 22 * series.len() as u64 } else { 0 };
    let mut svg = String::new();
    open(&mut svg, id, (title, desc), TOP + TALL + 34 + legend);
    patterns(&mut svg, id);
    let top = ceiling(points.iter().map(|p| p.counts.iter().sum()).max().unwrap_or(0));
    for (n, at) in [(0, TOP + TALL), (top / 2, TOP + TALL / 2), (top, TOP)] {
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{at}\" x2=\"{WIDTH}\" y2=\"{at}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{n}</text>",
            LEFT - 6,
            at + 4
        );
    }
    let room = WIDTH - LEFT;
    let each = room / (points.len() as u64).max(1);
    let wide = (each * 4 / 5).clamp(1, 48);
    let every = points.len().div_ceil(LABELS).max(1);
    for (i, point) in points.iter().enumerate() {
        let x = LEFT + room * i as u64 / points.len() as u64;
        let mut below = 0_u64;
        for (s, n) in point.counts.iter().enumerate() {
            let (from, to) = (height(below, top), height(below + n, top));
            below += n;
            if to > from {
                bar(&mut svg, id, s, (x, TOP + TALL - to, wide, to - from));
            }
        }
        if i % every == 0 {
            let label = escape(&point.label);
            let _ = write!(svg, "<text x=\"{x}\" y=\"{}\">{label}</text>", TOP + TALL + 20);
        }
    }
    if legend > 0 {
        for (s, name) in series.iter().enumerate() {
            let y = TOP + TALL + 34 + 22 * s as u64;
            bar(&mut svg, id, s, (LEFT, y, 14, 14));
            let _ = write!(svg, "<text x=\"{}\" y=\"{}\">{}</text>", LEFT + 22, y + 12, escape(name));
        }
    }
    svg.push_str("</svg>");
    Chart { title: title.to_owned(), svg, table: table(series, points), open: false }
}

fn height(n: u64, top: u64) -> u64 {
    u64::try_from(u128::from(n) * u128::from(TALL) / u128::from(top.max(1))).unwrap_or(TALL)
}

/// A piece of a bar: a colour, and from the second series on a pattern over it.
fn bar(svg: &mut String, id: &str, series: usize, (x, y, width, height): (u64, u64, u64, u64)) {
    let n = series.min(3) + 1;
    let class = if n == 1 { "bar".to_owned() } else { format!("bar-{n}") };
    let place = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
    let _ = write!(svg, "<rect class=\"{class}\" {place}/>");
    if n > 1 {
        let _ = write!(svg, "<rect fill=\"url(#{id}-{n})\" {place}/>");
    }
}

fn patterns(svg: &mut String, id: &str) {
    let lines = ["M0 6L6 0", "M0 3H6", "M0 0L6 6M0 6L6 0"];
    svg.push_str("<defs>");
    for (n, path) in (2..).zip(lines) {
        let _ = write!(
            svg,
            "<pattern id=\"{id}-{n}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
             <path class=\"hatch\" d=\"{path}\"/></pattern>"
        );
    }
    svg.push_str("</defs>");
}

fn table(series: &[String], points: &[Point]) -> Table {
    let head = ["When".to_owned()].into_iter().chain(series.iter().cloned()).collect();
    let row = |p: &Point| [p.label.clone()].into_iter().chain(p.counts.iter().map(u64::to_string)).collect();
    Table { head, rows: points.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_days_of_two_kinds() {
        let points = [("1 Nov", vec![1, 1]), ("2 Nov", vec![0, 4])];
        let points = points.map(|(label, counts)| Point { label: label.to_owned(), counts });
        let chart =
            bars("c", ("Two days", "The most on 2 November."), &["Stopped".to_owned(), "Left".to_owned()], &points);
        let drawn =
            chart.svg.split_once("</defs>").unwrap().1.replace("/><", "/>\n<").replace("</text><", "</text>\n<");
        assert_eq!(
            drawn,
            r#"<line class="axis" x1="44" y1="176" x2="480" y2="176"/>
<text x="38" y="180" text-anchor="end">0</text>
<line class="axis" x1="44" y1="96" x2="480" y2="96"/>
<text x="38" y="100" text-anchor="end">2</text>
<line class="axis" x1="44" y1="16" x2="480" y2="16"/>
<text x="38" y="20" text-anchor="end">4</text>
<rect class="bar" x="44" y="136" width="48" height="40"/>
<rect class="bar-2" x="44" y="96" width="48" height="40"/>
<rect fill="url(#c-2)" x="44" y="96" width="48" height="40"/>
<text x="44" y="196">1 Nov</text>
<rect class="bar-2" x="262" y="16" width="48" height="160"/>
<rect fill="url(#c-2)" x="262" y="16" width="48" height="160"/>
<text x="262" y="196">2 Nov</text>
<rect class="bar" x="44" y="210" width="14" height="14"/>
<text x="66" y="222">Stopped</text>
<rect class="bar-2" x="44" y="232" width="14" height="14"/>
<rect fill="url(#c-2)" x="44" y="232" width="14" height="14"/>
<text x="66" y="244">Left</text>
</svg>"#
        );
        assert_eq!(chart.table.rows, [["1 Nov", "1", "1"], ["2 Nov", "0", "4"]]);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        for points in [vec![], vec![Point { label: "1 Nov".to_owned(), counts: vec![0] }]] {
            let chart = bars("c", ("T", "D"), &["Stopped".to_owned()], &points);
            assert!(!chart.svg.contains("<rect class=\"bar"), "{}", chart.svg);
        }
        // No figure makes a drawing that leaves its frame.
        let huge = [Point { label: "x".to_owned(), counts: vec![u64::MAX / 2] }];
        assert!(
            bars("c", ("T", "D"), &["Stopped".to_owned()], &huge).svg.contains("height=\"160\"")
                || cfg!(debug_assertions)
        );
    }
}
