//! What compilers and linkers did, by area, as a table or as JSON.
//!
//! Knows the report; does not know which function belongs where.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::table::{Align, Table, bar, section};
use crate::analyze::area::Area;
use crate::units::Nanos;

const TITLE: &str = "What compilers and linkers did";
const NOTHING: &str = "nothing that took long enough to be sampled";
const HOW: &str =
    "samples of 10 ms: a share of few samples means little. The collector runs beside the work, on other processors.";

/// Writes the table.
///
/// # Errors
/// Those of `out`.
pub fn write(areas: &[(Area, Nanos)], out: &mut dyn Write) -> io::Result<()> {
    section(TITLE, out)?;
    let Some(table) = table(areas) else { return writeln!(out, "  {NOTHING}") };
    table.write(out)?;
    writeln!(out, "  {HOW}")
}

/// Writes the table in GitHub's Markdown.
///
/// # Errors
/// Those of `out`.
pub fn write_markdown(areas: &[(Area, Nanos)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### {TITLE}")?;
    let Some(table) = table(areas) else { return writeln!(out, "\n{NOTHING}") };
    table.markdown(out)?;
    writeln!(out, "<sub>{HOW}</sub>")
}

/// None where nothing was sampled.
fn table(areas: &[(Area, Nanos)]) -> Option<Table> {
    let total: Nanos = areas.iter().map(|(_, cpu)| *cpu).sum();
    let mut table = Table::new(&[("", Align::Left), ("CPU", Align::Right), ("share", Align::Right), ("", Align::Left)]);
    for (area, cpu) in areas {
        table.row([words(*area).to_owned(), cpu.to_string(), cpu.percent_of(total).to_string(), bar(*cpu, total)]);
    }
    (total > Nanos::ZERO).then_some(table)
}

/// Writes it as one object.
///
/// # Errors
/// Those of `out`.
pub fn write_json(areas: &[(Area, Nanos)], out: &mut dyn Write) -> io::Result<()> {
    let areas: Map<String, Value> =
        areas.iter().map(|(area, cpu)| (format!("{}_ns", key(*area)), json!(cpu.0))).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema": 1, "areas": areas }))?;
    writeln!(out)
}

const fn words(area: Area) -> &'static str {
    match area {
        Area::Parse => "parse",
        Area::TypeCheck => "type check",
        Area::UnifiedIr => "unified IR, written and read",
        Area::Inline => "inlining",
        Area::Escape => "escape analysis",
        Area::Walk => "walk",
        Area::SsaBuild => "SSA form built",
        Area::SsaPasses => "SSA passes",
        Area::Codegen => "machine code",
        Area::Objects => "object files, debug information",
        Area::Link => "link",
        Area::Gc => "garbage collection",
        Area::Other => "other",
    }
}

const fn key(area: Area) -> &'static str {
    match area {
        Area::Parse => "parse",
        Area::TypeCheck => "type_check",
        Area::UnifiedIr => "unified_ir",
        Area::Inline => "inline",
        Area::Escape => "escape",
        Area::Walk => "walk",
        Area::SsaBuild => "ssa_build",
        Area::SsaPasses => "ssa_passes",
        Area::Codegen => "codegen",
        Area::Objects => "objects",
        Area::Link => "link",
        Area::Gc => "gc",
        Area::Other => "other",
    }
}
