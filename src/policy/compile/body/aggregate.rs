//! Tables of counts: what is counted, by which dimensions, and which tables nobody may make by default.
//!
//! A table of nationality by place once told the Home Office where to look. So a count of a few people is personal
//! data, and a table that crosses who people are with where they are needs the panel's decision besides.

use super::{
    Meaning, Problems, fields, parse, place,
    record::{self, Draft},
};
use crate::{
    flow::{Category, Group},
    policy::{
        compile::{connection, fields::Site},
        integration::{Aggregate, FieldRule, Format, RecordTarget},
        source::{
            At,
            integration::{Aggregate as Text, Body, Field, Record},
        },
    },
};

/// What a count is: at least ten people, or it does not leave.
const COUNT: &str = "hg:Count";

/// The one kind of record that a table of counts has, each record a cell. `None` where the body is none.
pub(super) fn compile(
    file: &str,
    body: &Body,
    text: &At<Text>,
    format: &Format,
    places: &super::Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Draft> {
    let written = text.get_ref();
    if !matches!(format, Format::Json | Format::JsonLines | Format::Table(_)) {
        let mend = "send the table as JSON or CSV";
        problems.error(place(file, text.span()), "a table of counts cannot be read in this format", mend);
        return None;
    }
    for record in body.record.iter().take(1) {
        let mend = "take it out; what else each cell holds is listed under `fields` of the aggregate";
        problems.error(place(file, record.span()), "a table of counts has no other records", mend);
    }
    if let (Format::Table(_), Some(select)) = (format, &written.select) {
        let mend = "take it out: every row of a table is a cell";
        problems.error(place(file, select.span()), "a table's rows are not selected", mend);
    }
    crossed(file, text, meaning, problems);
    tells_apart(file, written, meaning, problems);
    plain(file, written, format, problems);
    let whole = Record { aggregate: true, ..Record::default() };
    let record = toml::Spanned::new(text.span(), whole);
    let mut draft = record::compile(file, &record, format, places, meaning, problems);
    for fields in [&written.dimensions, &written.fields] {
        for (key, rule) in fields::compile(file, fields, Site::within(format), meaning, problems) {
            draft.list(file, key, rule, format, problems);
        }
    }
    let mut counts = Vec::new();
    for key in &written.count.get_ref().0 {
        let rule = FieldRule::plain(key.get_ref(), Category::parse(COUNT).ok()?);
        if let Some(at) = draft.list(file, key, rule, format, problems) {
            counts.push(at);
        }
    }
    if written.dimensions.is_empty() || written.count.get_ref().0.is_empty() {
        let mend = "name at least one dimension and where the count is";
        problems.error(place(file, text.span()), "a table of counts needs both", mend);
    }
    let crossed = written.crossed.as_ref().map(|approval| connection::approved(file, approval.get_ref(), problems));
    draft.aggregate = Some(Aggregate { counts, crosses: crosses(written, meaning), crossed });
    Some(draft)
}

impl Draft {
    /// Lists one more place. Gives its rule's position.
    fn list(
        &mut self,
        file: &str,
        key: &At<String>,
        rule: FieldRule,
        format: &Format,
        problems: &mut Problems,
    ) -> Option<u16> {
        let selector = parse(file, key.span(), key.get_ref(), format, problems)?;
        super::selectors::no_filter(file, &key.span(), &selector, problems);
        let at = super::index(self.fields.len());
        self.place(key.span(), selector, RecordTarget::Field(at));
        self.fields.push(rule);
        Some(at)
    }
}

/// Everything that a cell holds beside its counts. Whatever it is listed as, it leaves as the group's.
fn cell(text: &Text) -> impl Iterator<Item = &At<Field>> {
    text.dimensions.values().chain(text.fields.values())
}

/// What tells people apart counts nobody: a cell that says it is a person, however large its count.
const APART: [&str; 14] = [
    "pd:Name",
    "pd:Identifier",
    "pd:OfficialID",
    "pd:BankAccount",
    "pd:BirthDate",
    "pd:Picture",
    "pd:Passport",
    "pd:Biometric",
    "pd:Genetic",
    "pd:HealthRecord",
    "hg:Credential",
    "hg:HomeOfficeReference",
    "hg:ChainNumber",
    "hg:SleepSite",
];

fn tells_apart(file: &str, text: &Text, meaning: &Meaning<'_>, problems: &mut Problems) {
    const SHARED: &str = "count by something that many people share, such as an age band, a month or a local authority";
    const BESIDE: &str = "take it out: what stands beside a count of people says nothing of one of them";
    let mends = text.dimensions.values().map(|_| SHARED).chain(text.fields.values().map(|_| BESIDE));
    for (field, mend) in cell(text).zip(mends) {
        let Some(category) = &field.get_ref().category else { continue };
        let group = meaning.categories.group(category);
        let by_group = matches!(group, Some(Group::Contact | Group::FreeText));
        if by_group || APART.iter().any(|name| meaning.categories.is_within(category, name)) {
            problems.error(place(file, field.span()), format!("`{category}` tells people apart"), mend);
        }
    }
}

/// What is within a value would leave with its cell, and neither of the two checks would have seen it. Of tables it is
/// reported of every place that no query is read there.
fn plain(file: &str, text: &Text, format: &Format, problems: &mut Problems) {
    let table = matches!(format, Format::Table(_));
    for field in cell(text) {
        let Field { encoding, template, parameters, language, .. } = field.get_ref();
        let query = template.is_some() || parameters.is_some() || language.is_some();
        if encoding.is_some() || (query && !table) {
            let mend = "send each of the values that are within by itself, and list it with its category";
            problems.error(place(file, field.span()), "a cell of a table of counts holds plain values", mend);
        }
    }
}

/// Whether a table says who people are, in the ways that are used against them, and where.
fn crosses(text: &Text, meaning: &Meaning<'_>) -> bool {
    let of = |group| {
        let mut categories = cell(text).filter_map(|field| field.get_ref().category.as_ref());
        categories.any(|category| meaning.categories.group(category) == Some(group))
    };
    of(Group::Location) && (of(Group::Immigration) || of(Group::Special))
}

fn crossed(file: &str, text: &At<Text>, meaning: &Meaning<'_>, problems: &mut Problems) {
    let written = text.get_ref();
    match (crosses(written, meaning), &written.crossed) {
        (true, None) => {
            let mend = "take one of the two out; if the panel decides otherwise, add `crossed = { by = \"panel\", on = …, \
                        until = …, minutes_sha256 = \"…\" }`";
            let message = "this table crosses nationality, immigration or ethnicity with places";
            problems.error(place(file, text.span()), message, mend);
        }
        (false, Some(approval)) => {
            let mend = "take `crossed` out";
            problems.warn(place(file, approval.span()), "this table crosses nothing that needs a decision", mend);
        }
        _ => {}
    }
}
