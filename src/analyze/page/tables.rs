//! Sums to sections: commands, what failed, packages, tools, modules, phases.
//!
//! Knows the summary's tables; does no sums.

use std::collections::HashMap;

use super::section::{Block, Cell, Section, Table};
use crate::analyze::fold::UNTOLD;
use crate::analyze::phases::Spent;
use crate::analyze::summary::{CommandRow, Fault, Row, Summary};
use crate::build::Stage;
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// The sections that every build has, as far as there is something in them; with the slack of the packages for which it is
/// known.
pub(super) fn sections(summary: &Summary, slack: &HashMap<&str, Nanos>) -> Vec<Section> {
    let total = summary.total.work.wall;
    let mut sections = vec![
        commands(summary),
        packages(&summary.packages.rows, total, slack),
        tools(summary),
        modules(&summary.modules.rows, total),
        phases(summary),
    ];
    sections.retain(|section| section.blocks.iter().any(has_rows));
    sections
}

fn has_rows(block: &Block) -> bool {
    !matches!(block, Block::Table(table) if table.rows.is_empty())
}

/// Of several; one is told of by the head of the page.
fn commands(summary: &Summary) -> Section {
    let row = |command: &CommandRow| {
        let sum = &command.sum;
        vec![
            Cell::Text(command.line.clone()),
            Cell::Count(u64::try_from(command.number).unwrap_or(0)),
            command.started.map_or(Cell::Nothing, Cell::Date),
            Cell::Time(command.wall),
            Cell::Time(sum.work.cpu() + sum.probes.cpu()),
            Cell::Count(sum.work.runs),
            Cell::Count(sum.compiles),
            Cell::Count(sum.faults),
        ]
    };
    let several = summary.commands.iter().filter(|_| summary.commands.len() > 1);
    let heads = ["go command", "number", "began (UTC)", "wall", "CPU", "runs", "compiled", "failed"];
    let table = Table::new("Go commands, in the order in which they began", &heads, several.map(row).collect())
        .explain("number", "what --command takes")
        .explain("compiled", "packages");
    Section::of_table("commands", "Go commands", &[], table)
}

/// What did not end well, where there is something.
pub(super) fn failures(summary: &Summary) -> Option<Section> {
    let row = |fault: &Fault| {
        vec![
            Cell::Tool(fault.tool.clone(), ToolKind::of(&fault.tool)),
            Cell::Name(fault.package.clone()),
            Cell::Outcome(fault.outcome),
            Cell::Time(fault.wall),
            if fault.max_rss == Bytes::ZERO { Cell::Nothing } else { Cell::Size(fault.max_rss) },
            Cell::Count(u64::try_from(fault.command).unwrap_or(0)),
        ]
    };
    let heads = ["tool", "package", "how it ended", "after", "peak RSS", "command"];
    let table = Table::new("Tool runs that did not end well", &heads, summary.faults.iter().map(row).collect());
    (!table.rows.is_empty()).then(|| Section::of_table("failures", "What did not end well", &[], table))
}

fn packages(rows: &[Row], total: Nanos, slack: &HashMap<&str, Nanos>) -> Section {
    let row = |row: &Row| {
        let sum = &row.sum;
        vec![
            Cell::Name(row.name.clone()),
            Cell::Count(sum.runs),
            Cell::Time(sum.wall),
            Cell::Share(sum.wall.percent_of(total)),
            Cell::Time(sum.cpu()),
            Cell::Size(sum.max_rss),
            slack.get(row.name.as_str()).map_or(Cell::Nothing, |slack| Cell::Time(*slack)),
        ]
    };
    let heads = ["package", "runs", "wall", "share", "CPU", "peak RSS", "slack"];
    let table = Table::new("Packages, the slowest first", &heads, rows.iter().map(row).collect()).explain(
        "slack",
        "how much longer its tools could have taken before they decided: 0 on the critical path of the command that is told of",
    );
    let lead = "All tool runs for a package, added up. A package that a test or a profile needs once more is a row of its own.";
    Section::of_table("packages", "Packages", &[lead], explained(table))
}

fn tools(summary: &Summary) -> Section {
    let total = summary.total.work.wall + summary.total.probes.wall;
    let row = |row: &Row| {
        let kind = if row.name == "(probes)" { ToolKind::Probe } else { ToolKind::of(first_word(&row.name)) };
        let sum = &row.sum;
        vec![
            Cell::Tool(row.name.clone(), kind),
            Cell::Count(sum.runs),
            Cell::Time(sum.wall),
            Cell::Share(sum.wall.percent_of(total)),
            Cell::Time(sum.user),
            Cell::Time(sum.sys),
            Cell::Size(sum.max_rss),
        ]
    };
    let heads = ["tool", "runs", "wall", "share", "user CPU", "system CPU", "peak RSS"];
    let table = Table::new("Tools, by wall time", &heads, summary.tools.iter().map(row).collect());
    let parts = Table::new("What ran inside other tools", &heads, summary.parts.iter().map(row).collect());
    let mut section = Section::of_table("tools", "Tools", &[], explained(table));
    if !parts.rows.is_empty() {
        section
            .lead
            .push(String::from("What ran inside other tools is in the figures of these, and listed once more."));
        section.blocks.push(Block::Table(explained(parts)));
    }
    section
}

/// `gcc` of `gcc in cgo`.
fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

fn modules(rows: &[Row], total: Nanos) -> Section {
    let row = |row: &Row| {
        vec![
            Cell::Name(row.name.clone()),
            Cell::Count(row.packages),
            Cell::Count(row.sum.runs),
            Cell::Time(row.sum.wall),
            Cell::Share(row.sum.wall.percent_of(total)),
            Cell::Time(row.sum.cpu()),
        ]
    };
    let heads = ["module", "packages", "runs", "wall", "share", "CPU"];
    let table = Table::new("Modules, by wall time", &heads, rows.iter().map(row).collect());
    Section::of_table("modules", "Modules", &[], explained(table))
}

fn explained(table: Table) -> Table {
    table
        .explain("wall", "wall times of the tool runs, added up")
        .explain("share", "of the wall time of all tool runs")
        .explain("peak RSS", "resident memory of the largest process at its peak")
}

fn phases(summary: &Summary) -> Section {
    let phases = &summary.phases;
    let of_tools = phases.tools.iter().flat_map(|tool| {
        let kind = ToolKind::of(&tool.name);
        tool.stages.iter().map(move |(stage, time)| {
            vec![
                Cell::Tool(tool.name.clone(), kind),
                Cell::Text(stage.clone()),
                Cell::Time(*time),
                Cell::Share(time.percent_of(tool.wall)),
            ]
        })
    });
    let heads = ["tool", "phase", "wall", "share"];
    let tools = Table::new("Phases of compile and link", &heads, of_tools.collect())
        .explain("share", "of the wall time of this tool");
    let lead = "As the tools tell them. Parsing, type check and the unified IR are one timer of the compiler, as are SSA and \
                code generation.";
    let mut section = Section::of_table("phases", "What compile and link did", &[lead], tools);
    if !phases.packages.is_empty() {
        section.blocks.push(Block::Table(stages("Compiles by package, the slowest first", &COMPILE, &phases.packages)));
    }
    section
}

/// The stages that have a column.
const COMPILE: [Stage; 5] = [Stage::ParseTypes, Stage::Inline, Stage::Escape, Stage::Backend, Stage::WriteObject];

fn stages(caption: &str, columns: &[Stage], spent: &[Spent]) -> Table {
    let row = |spent: &Spent| {
        let known: Vec<Cell> =
            columns.iter().map(|stage| spent.on(stage.name()).map_or(Cell::Nothing, Cell::Time)).collect();
        let listed: Nanos = columns.iter().filter_map(|stage| spent.on(stage.name())).sum();
        let untold = spent.on(UNTOLD).unwrap_or_default();
        let mut row = vec![Cell::Name(spent.name.clone()), Cell::Time(spent.wall)];
        row.extend(known);
        row.push(if untold == spent.wall { Cell::Nothing } else { Cell::Time(spent.wall.since(listed)) });
        row
    };
    let heads: Vec<&str> =
        ["package", "wall"].into_iter().chain(columns.iter().map(|stage| stage.name())).chain(["other"]).collect();
    Table::new(caption, &heads, spent.iter().map(row).collect())
}
