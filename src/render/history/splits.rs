//! What split the keys of packages, in words and tables.
//!
//! Knows what a reader can do about a cause; does not know how it was found.

use super::{Section, name};
use crate::analyze::history::splits::{Cause, Consequence, Course, Splits, words};
use crate::render::escape;
use crate::render::table::{Align, Table};
use crate::tool_kind::ToolKind;
use crate::units::{Count, Nanos};

/// What alternating settings come to.
pub(super) fn lead(splits: &Splits) -> Option<String> {
    let is_spare = |row: &&Consequence| row.course == Course::SideBySide && row.tool == ToolKind::Compile;
    let rows: Vec<&Consequence> = splits.causes.iter().filter(is_spare).collect();
    let keys: usize = rows.iter().map(|row| row.keys).sum();
    let cpu: Nanos = rows.iter().map(|row| row.cpu).sum();
    (keys > 0).then(|| {
        format!(
            "Settings that alternate gave packages {} of their own: {cpu} of CPU to compile what another key had in the cache.",
            counted_keys(keys)
        )
    })
}

fn counted_keys(keys: usize) -> String {
    if keys == 1 { String::from("one key") } else { format!("{} keys", Count(keys as u64)) }
}

/// A row for each cause.
pub(super) fn causes(splits: &Splits, rows: usize) -> Option<Section> {
    let mut table = Table::new(&[
        ("packages", Align::Right),
        ("tool", Align::Left),
        ("keys", Align::Right),
        ("CPU", Align::Right),
        ("they differ in", Align::Name),
        ("what became of it", Align::Left),
        ("what makes them one key", Align::Left),
    ]);
    for row in splits.causes.iter().take(rows) {
        table.row([
            Count(row.packages as u64).to_string(),
            row.tool.name().to_owned(),
            Count(row.keys as u64).to_string(),
            row.cpu.to_string(),
            escape::terminal(&row.words()).into_owned(),
            became(row),
            advice(row),
        ]);
    }
    let title = "What split the build cache: keys of packages that had others before";
    (!splits.causes.is_empty()).then_some((title, Some(table), splits.causes.len().saturating_sub(rows)))
}

/// Packages with several keys.
pub(super) fn packages(splits: &Splits, rows: usize) -> Option<Section> {
    let mut table = Table::new(&[
        ("package", Align::Name),
        ("for", Align::Name),
        ("keys", Align::Right),
        ("by settings", Align::Right),
        ("CPU of these", Align::Right),
        ("keys differ in", Align::Name),
    ]);
    for split in splits.packages.iter().take(rows) {
        let link = if split.whose.tool == ToolKind::Link { "link of " } else { "" };
        let unseen = if split.unseen > 0 { format!(", {} not looked into", split.unseen) } else { String::new() };
        table.row([
            name(&format!("{link}{}", split.whose.package)),
            escape::terminal(split.whose.target.as_deref().unwrap_or_default()).into_owned(),
            Count(split.keys as u64).to_string(),
            Count(split.spare as u64).to_string(),
            split.cpu.to_string(),
            escape::terminal(&format!("{}{unseen}", words(&split.causes))).into_owned(),
        ]);
    }
    let title = "Packages with several keys, each variant and platform for itself";
    (!splits.packages.is_empty()).then_some((title, Some(table), splits.packages.len().saturating_sub(rows)))
}

/// For scripts.
pub(super) fn kind(cause: &Cause) -> (&'static str, Option<String>) {
    match cause {
        Cause::Place => ("place", None),
        Cause::Flag(flag) => ("flag", Some(flag.clone())),
        Cause::Tags => ("tags", None),
        Cause::Pgo => ("pgo", None),
        Cause::Setting(name) => ("setting", Some(name.clone())),
        Cause::Toolchain(..) => ("toolchain", Some(cause.to_string())),
        Cause::Stamp => ("stamp", None),
        Cause::Source => ("source", None),
        Cause::Import => ("import", None),
        Cause::Module => ("module", None),
        Cause::Unknown => ("unknown", None),
    }
}

/// For scripts.
pub(super) const fn course(course: Course) -> &'static str {
    match course {
        Course::SideBySide => "side-by-side",
        Course::Once => "once",
        Course::Edited => "edited",
    }
}

fn became(row: &Consequence) -> String {
    String::from(match row.course {
        Course::SideBySide => "both went on to be built",
        Course::Once => "changed, and stayed so",
        Course::Edited => "other work, which no setting spares",
    })
}

/// What would merge the keys; nothing where they are no waste.
pub(super) fn advice(row: &Consequence) -> String {
    if row.course != Course::SideBySide {
        return String::new();
    }
    row.merged_by().join("; ")
}
