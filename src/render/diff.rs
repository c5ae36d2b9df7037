//! What changed between two builds, for people: as text, and as Markdown for the page of a CI job.
//!
//! Knows a comparison and its rulings; does not know how they were found. Both formats are laid out from the same sections, so
//! that one does not say what the other leaves out.

pub mod benchmark;
pub mod github;
pub mod json;
pub mod words;

use std::io::{self, Write};

use super::escape;
use super::table::{Align, HEAD, Table, end_of};
use crate::analyze::diff::limit::{Ruling, State};
use crate::analyze::diff::number::{Doubt, Number, Verdict};
use crate::analyze::diff::packages::{Fate, Row};
use crate::analyze::diff::run::PathStep;
use crate::analyze::diff::{About, Diff, Pair};
use crate::units::{Change, Count, Nanos};

/// A comparison to be shown.
#[derive(Debug)]
pub struct Page<'a> {
    /// What was found.
    pub diff: &'a Diff,
    /// What follows from limits.
    pub rulings: &'a [Ruling],
    /// Rows of long tables.
    pub rows: usize,
    /// What was odd in the traces.
    pub problems: &'a [String],
}

/// A part of the page.
struct Section {
    title: &'static str,
    /// Sentences of ours.
    lead: Vec<String>,
    table: Option<Table>,
    /// What stands below the table.
    more: usize,
}

/// A name that is longer is cut.
const NAME_COLUMNS: usize = 64;

/// A command line.
const LINE_COLUMNS: usize = 100;

/// Writes it for a terminal.
///
/// # Errors
/// Those of `out`.
pub fn text(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    for (at, section) in sections(page).iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{HEAD}{}{HEAD:#}", section.title)?;
        for sentence in &section.lead {
            writeln!(out, "  {sentence}")?;
        }
        if let Some(table) = &section.table {
            table.write(out)?;
        }
        if section.more > 0 {
            writeln!(out, "  and {} more", Count(section.more as u64))?;
        }
    }
    Ok(())
}

/// Writes it for the page of a CI job.
///
/// # Errors
/// Those of `out`.
pub fn markdown(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}", escape::markdown(&words::outcome(page.diff, page.rulings)))?;
    for section in sections(page) {
        writeln!(out, "\n### {}", section.title)?;
        if !section.lead.is_empty() {
            writeln!(out)?;
        }
        for sentence in &section.lead {
            writeln!(out, "{}  ", escape::markdown(sentence))?;
        }
        if let Some(table) = &section.table {
            table.markdown(out)?;
        }
        if section.more > 0 {
            writeln!(out, "and {} more", Count(section.more as u64))?;
        }
    }
    if !page.problems.is_empty() {
        writeln!(out, "\n### Odd in the traces\n")?;
    }
    for problem in page.problems {
        writeln!(out, "- {}", escape::markdown_name(problem))?;
    }
    Ok(())
}

/// Those that have something to say.
fn sections(page: &Page) -> Vec<Section> {
    let (diff, rows) = (page.diff, page.rows);
    let all = [
        Some(limits(page.rulings)).filter(|_| !page.rulings.is_empty()),
        Some(compared(diff)),
        Some(numbers(diff)),
        Some(changed(diff, rows)),
        others(diff, rows),
        tools(diff),
        stages(diff, rows),
        path(diff, rows),
        archives(diff, rows),
    ];
    all.into_iter().flatten().collect()
}

fn name(name: &str) -> String {
    end_of(NAME_COLUMNS, &escape::terminal(name))
}

fn limits(rulings: &[Ruling]) -> Section {
    let mut table =
        Table::new(&[("", Align::Left), ("limit", Align::Left), ("of", Align::Name), ("what was found", Align::Left)]);
    for ruling in rulings {
        table.row([
            words::state(ruling.state).to_owned(),
            ruling.limit.clone(),
            name(&ruling.about),
            words::found(ruling),
        ]);
    }
    let failed = rulings.iter().filter(|ruling| ruling.state == State::Exceeded).count();
    let lead = if failed > 0 { vec![words::exceeded(failed)] } else { Vec::new() };
    Section { title: "Limits", lead, table: Some(table), more: 0 }
}

fn compared(diff: &Diff) -> Section {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("runs", Align::Right),
        ("trace", Align::Name),
        ("go command", Align::Name),
        ("waits for a processor", Align::Right),
    ]);
    for (side, about) in [("old", &diff.old), ("new", &diff.new)] {
        table.row([
            side.to_owned(),
            about.names.len().to_string(),
            traces(about),
            command(about),
            format!("{}/s", Count(about.switches)),
        ]);
    }
    let mut lead = words::machine(diff.machine.as_ref());
    for unlike in &diff.unlike {
        let (old, new) = (escape::terminal(&unlike.old).into_owned(), escape::terminal(&unlike.new).into_owned());
        lead.push(format!(
            "Not the same: {}: {} before, {} now.",
            unlike.what,
            end_of(LINE_COLUMNS, &old),
            end_of(LINE_COLUMNS, &new)
        ));
    }
    for (side, about) in [("old", &diff.old), ("new", &diff.new)] {
        if let Some(stalled) = about.stalled.filter(|stalled| stalled.thousandths() > 0) {
            lead.push(format!(
                "Of the {side} runs some task of the machine waited for a processor in up to {stalled} of the time."
            ));
        }
    }
    Section { title: "Compared", lead, table: Some(table), more: 0 }
}

fn traces(about: &About) -> String {
    let first = about.names.first().map(|it| name(it)).unwrap_or_default();
    let more = about.names.len().saturating_sub(1);
    if more > 0 { format!("{first} and {more} more") } else { first }
}

fn command(about: &About) -> String {
    let first = about.lines.first().map(|line| end_of(LINE_COLUMNS, &escape::terminal(line))).unwrap_or_default();
    let more = about.lines.len().saturating_sub(1);
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// How a change is called that is not as it was measured.
fn likely(diff: &Diff) -> &'static str {
    if diff.machine.is_some() { "at the same speed" } else { "likely" }
}

fn numbers(diff: &Diff) -> Section {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("old", Align::Right),
        ("new", Align::Right),
        ("measured", Align::Right),
        (likely(diff), Align::Right),
        ("between", Align::Left),
        ("verdict", Align::Left),
    ]);
    for number in diff.numbers.iter().filter(|number| number.old > 0 || number.new > 0) {
        table.row(number_row(number));
    }
    Section { title: "Figures", lead: Vec::new(), table: Some(table), more: 0 }
}

fn number_row(number: &Number) -> [String; 7] {
    let unit = number.figure.unit();
    [
        number.figure.words().to_owned(),
        unit.show(number.old),
        unit.show(number.new),
        number.measured.map(|change| change.to_string()).unwrap_or_default(),
        number.interval.map(|found| found.change.to_string()).unwrap_or_default(),
        number.interval.map(|found| words::between(&found)).unwrap_or_default(),
        words::verdict(number.verdict).to_owned(),
    ]
}

/// Packages that were built on both sides and took more or less.
fn changed(diff: &Diff, rows: usize) -> Section {
    let is_shown = |row: &&Row| matches!(row.fate, Fate::Changed | Fate::SameWork) && row.verdict == Verdict::Changed;
    let both = || diff.packages.iter().filter(|row| matches!(row.fate, Fate::Changed | Fate::SameWork));
    let shown: Vec<&Row> = both().filter(is_shown).collect();
    let same = both().filter(|row| row.fate == Fate::SameWork).count();
    let lead = words::packages(both().count(), same, shown.len());
    if both().all(|row| matches!(row.verdict, Verdict::CannotTell(Doubt::NothingInCommon))) && both().count() > 0 {
        return Section {
            title: "Packages",
            lead: vec![words::no_verdict()],
            table: Some(by_cpu(both(), rows, "measured")),
            more: 0,
        };
    }
    let table = (!shown.is_empty()).then(|| by_cpu(shown.iter().copied(), rows, likely(diff)));
    Section { title: "Packages", lead: vec![lead], table, more: shown.len().saturating_sub(rows) }
}

fn by_cpu<'a>(shown: impl Iterator<Item = &'a Row>, rows: usize, likely: &str) -> Table {
    let mut table = Table::new(&[
        ("package", Align::Name),
        ("old CPU", Align::Right),
        ("new CPU", Align::Right),
        (likely, Align::Right),
        ("between", Align::Left),
        ("", Align::Left),
    ]);
    for row in shown.take(rows) {
        let change = row.interval.map(|found| found.change).or_else(|| Change::between(row.old.cpu.0, row.new.cpu.0));
        table.row([
            name(&row.name),
            row.old.cpu.to_string(),
            row.new.cpu.to_string(),
            change.map(|change| change.to_string()).unwrap_or_default(),
            row.interval.map(|found| words::between(&found)).unwrap_or_default(),
            words::pace(row).to_owned(),
        ]);
    }
    table
}

/// Packages that were built on one side only.
fn others(diff: &Diff, rows: usize) -> Option<Section> {
    let is_one_sided = |row: &&Row| !matches!(row.fate, Fate::Changed | Fate::SameWork);
    let shown: Vec<&Row> = diff.packages.iter().filter(is_one_sided).collect();
    if shown.is_empty() {
        return None;
    }
    let mut table = Table::new(&[("package", Align::Name), ("CPU", Align::Right), ("what became of it", Align::Left)]);
    for row in shown.iter().take(rows) {
        let cpu = if row.fate == Fate::Gone || row.fate == Fate::CachedNow { row.old.cpu } else { row.new.cpu };
        table.row([name(&row.name), cpu.to_string(), words::fate(row.fate).to_owned()]);
    }
    let more = shown.len().saturating_sub(rows);
    Some(Section { title: "Built on one side only", lead: words::fates(&shown), table: Some(table), more })
}

fn tools(diff: &Diff) -> Option<Section> {
    let mut table = Table::new(&[
        ("tool", Align::Name),
        ("old runs", Align::Right),
        ("new runs", Align::Right),
        ("old CPU", Align::Right),
        ("new CPU", Align::Right),
        ("measured", Align::Right),
    ]);
    for (tool, it) in &diff.tools {
        table.row([
            name(tool),
            Count(it.old.runs).to_string(),
            Count(it.new.runs).to_string(),
            it.old.cpu.to_string(),
            it.new.cpu.to_string(),
            words::measured(it.old.cpu.0, it.new.cpu.0),
        ]);
    }
    (!diff.tools.is_empty()).then_some(Section { title: "Tools", lead: Vec::new(), table: Some(table), more: 0 })
}

fn stages(diff: &Diff, rows: usize) -> Option<Section> {
    let told = |of: fn(&Pair<Nanos>) -> Nanos| diff.stages.iter().any(|(_, it)| of(it) > Nanos::ZERO);
    // Tools can be left unasked, and old traces know nothing of stages.
    if !told(|it| it.old) || !told(|it| it.new) {
        return None;
    }
    let mut table = Table::new(&[
        ("tool", Align::Left),
        ("stage", Align::Name),
        ("old wall", Align::Right),
        ("new wall", Align::Right),
        ("measured", Align::Right),
    ]);
    for ((tool, stage), it) in diff.stages.iter().take(rows) {
        let change = words::measured(it.old.0, it.new.0);
        table.row([tool.clone(), name(stage), it.old.to_string(), it.new.to_string(), change]);
    }
    let more = diff.stages.len().saturating_sub(rows);
    (!diff.stages.is_empty()).then_some(Section { title: "Stages", lead: Vec::new(), table: Some(table), more })
}

fn path(diff: &Diff, rows: usize) -> Option<Section> {
    let change = &diff.path;
    if change.came.is_empty() && change.left.is_empty() && change.stayed == 0 {
        return None;
    }
    let mut table =
        Table::new(&[("", Align::Left), ("took", Align::Right), ("tool", Align::Left), ("package", Align::Name)]);
    let steps = change.left.iter().map(|step| ("left", step)).chain(change.came.iter().map(|step| ("came", step)));
    let mut steps: Vec<(&str, &PathStep)> = steps.collect();
    steps.sort_by_key(|(_, step)| std::cmp::Reverse(step.busy));
    for (what, step) in steps.iter().take(rows) {
        table.row([(*what).to_owned(), step.busy.to_string(), step.tool.name().to_owned(), name(&step.package)]);
    }
    let more = steps.len().saturating_sub(rows);
    let table = (!steps.is_empty()).then_some(table);
    Some(Section { title: "Critical path", lead: vec![words::path(change)], table, more })
}

/// What was linked, and the archives that grew or shrank.
fn archives(diff: &Diff, rows: usize) -> Option<Section> {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("package", Align::Name),
        ("old", Align::Right),
        ("new", Align::Right),
        ("change", Align::Right),
    ]);
    let mut count = 0;
    for (package, it) in diff.links.iter().filter(|(_, it)| it.old.output != it.new.output) {
        count += 1;
        let change = words::measured(it.old.output.0, it.new.output.0);
        table.row([
            String::from("program"),
            name(package),
            it.old.output.to_string(),
            it.new.output.to_string(),
            change,
        ]);
    }
    let mut grown: Vec<&Row> =
        diff.packages.iter().filter(|row| row.archive.0 != row.archive.1 && row.fate == Fate::Changed).collect();
    grown.sort_by_key(|row| (std::cmp::Reverse(row.archive.0.0.abs_diff(row.archive.1.0)), &row.name));
    for row in grown.iter().take(rows) {
        count += 1;
        let (old, new) = row.archive;
        table.row([
            String::from("archive"),
            name(&row.name),
            old.to_string(),
            new.to_string(),
            words::measured(old.0, new.0),
        ]);
    }
    let more = grown.len().saturating_sub(rows);
    (count > 0).then_some(Section { title: "Sizes", lead: Vec::new(), table: Some(table), more })
}
