//! The tables of the summary that say what compile and link spent their time on.
//!
//! Knows the report and the width of a line. A part of `text`.

use std::borrow::Cow;
use std::io::{self, Write};

use super::escape;
use super::table::{Align, Table, bar, end_of, section};
use crate::analyze::fold::UNTOLD;
use crate::analyze::phases::{Phases, Spent};
use crate::units::Nanos;

/// Of a longer import path the end is shown, which says more than the beginning.
const NAME_COLUMNS: usize = 40;

/// A stage below this share of all compiles, in percent, has no column of its own.
const LEAST_SHARE: u64 = 1;

/// Writes them; nothing where no run told its phases.
///
/// # Errors
/// Those of `out`.
pub(super) fn write(phases: &Phases, out: &mut dyn Write) -> io::Result<()> {
    if phases.tools.is_empty() {
        return Ok(());
    }
    section("By phase", out)?;
    tools(&phases.tools).write(out)?;
    writeln!(
        out,
        "  parse+types is one timer of the compiler: syntax, type check, and its own representation written and read.\n  \
         backend is from there to machine code, SSA included. other: process start and end, and what has no timer."
    )?;
    if !phases.packages.is_empty() {
        section("Slowest compiles by phase", out)?;
        packages(phases).write(out)?;
        if phases.more > 0 {
            writeln!(out, "  … and {} more (--rows N shows more)", phases.more)?;
        }
    }
    Ok(())
}

/// A row for each stage, its share that of its tool.
pub(super) fn tools(tools: &[Spent]) -> Table {
    let mut table = Table::new(&[
        ("tool", Align::Left),
        ("phase", Align::Name),
        ("wall", Align::Right),
        ("share", Align::Right),
        ("", Align::Left),
    ]);
    for tool in tools {
        for (stage, time) in &tool.stages {
            table.row([
                tool.name.clone(),
                escape::terminal(stage).into_owned(),
                time.to_string(),
                time.percent_of(tool.wall).to_string(),
                bar(*time, tool.wall),
            ]);
        }
    }
    table
}

/// A row for each package, with a column for each stage that counts.
pub(super) fn packages(phases: &Phases) -> Table {
    let stages = columns(&phases.tools);
    let heads: Vec<Cow<str>> = stages.iter().map(|stage| escape::terminal(stage)).collect();
    let mut columns = vec![("package", Align::Name), ("compile", Align::Right)];
    columns.extend(heads.iter().map(|head| (head.as_ref(), Align::Right)));
    let mut table = Table::new(&columns);
    for package in &phases.packages {
        let share = |stage: &&str| package.on(stage).map_or_else(String::new, |time| share(time, package.wall));
        let name = end_of(NAME_COLUMNS, &escape::terminal(&package.name));
        table.row([name, package.wall.to_string()].into_iter().chain(stages.iter().map(share)));
    }
    table
}

fn share(part: Nanos, whole: Nanos) -> String {
    part.percent_of(whole).to_string()
}

/// The stages of compile that are worth a column.
fn columns(tools: &[Spent]) -> Vec<&str> {
    let Some(compile) = tools.iter().find(|tool| tool.name == "compile") else { return Vec::new() };
    let counts = |time: Nanos| u128::from(time.0) * 100 >= u128::from(compile.wall.0) * u128::from(LEAST_SHARE);
    let told = compile.stages.iter().filter(|(stage, _)| stage != UNTOLD);
    told.filter(|(_, time)| counts(*time)).map(|(stage, _)| stage.as_str()).take(8).collect()
}
