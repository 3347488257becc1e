//! Bars that lie: one for each name, the longest first as they come.

use super::{Chart, Table, WIDTH, escape, open, short};
use std::fmt::Write as _;

const ROW: u64 = 42;

/// A bar for each row: its name, how long, and the figure as it is said. `id` is unique on its page. `columns` are the
/// table's two.
#[must_use]
pub fn lines(id: &str, (title, desc): (&str, &str), columns: (&str, &str), rows: &[(String, u64, String)]) -> Chart {
    let mut svg = String::new();
    open(&mut svg, id, (title, desc), (ROW * rows.len() as u64).max(8));
    let most = rows.iter().map(|(_, n, _)| *n).max().unwrap_or(0).max(1);
    for (i, (name, n, said)) in rows.iter().enumerate() {
        let y = ROW * i as u64;
        let room = WIDTH - 130;
        let long = u64::try_from(u128::from(*n) * u128::from(room) / u128::from(most)).unwrap_or(room);
        let long = if *n > 0 { long.max(2) } else { 0 };
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{}\">{}</text><rect class=\"bar\" x=\"0\" y=\"{}\" width=\"{long}\" height=\"14\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            y + 14,
            escape(&short(name, 52)),
            y + 20,
            long + 6,
            y + 32,
            escape(said)
        );
    }
    svg.push_str("</svg>");
    let table = rows.iter().map(|(name, _, said)| vec![name.clone(), said.clone()]).collect();
    let head = vec![columns.0.to_owned(), columns.1.to_owned()];
    Chart { title: title.to_owned(), svg, table: Table { head, rows: table }, open: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_takes_the_room() {
        let rows = [("Riverside", 4, "4"), ("Elsewhere", 1, "1"), ("Nobody", 0, "none")];
        let rows = rows.map(|(name, n, said)| (name.to_owned(), n, said.to_owned()));
        let chart = lines("c", ("T", "D"), ("Recipient", "Stopped"), &rows);
        let drawn = chart.svg.split_once("</desc>").unwrap().1.replace("><", ">\n<");
        assert_eq!(
            drawn,
            r#"<text x="0" y="14">Riverside</text>
<rect class="bar" x="0" y="20" width="350" height="14"/>
<text x="356" y="32">4</text>
<text x="0" y="56">Elsewhere</text>
<rect class="bar" x="0" y="62" width="87" height="14"/>
<text x="93" y="74">1</text>
<text x="0" y="98">Nobody</text>
<rect class="bar" x="0" y="104" width="0" height="14"/>
<text x="6" y="116">none</text>
</svg>"#
        );
        assert_eq!(chart.table.rows[2], ["Nobody", "none"]);
    }
}
