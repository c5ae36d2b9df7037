//! Sums to sections: what failed, packages, tools, modules, phases, links.
//!
//! Knows the summary's tables; does no sums but those of links, each of which is a row of its own.

use super::section::{Block, Cell, Section, Table};
use crate::analyze::fold::UNTOLD;
use crate::analyze::phases::Spent;
use crate::analyze::summary::{CommandRow, Fault, Row, Summary};
use crate::build::{Action, Build, CommandId, Purpose, Stage};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// The sections that every build has, as far as there is something in them.
pub(super) fn sections(build: &Build, summary: &Summary, only: Option<CommandId>) -> Vec<Section> {
    let total = summary.total.work.wall;
    let mut sections = vec![
        commands(summary),
        packages(&summary.packages.rows, total),
        tools(summary),
        modules(&summary.modules.rows, total),
        phases(summary),
        links(build, only),
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

fn packages(rows: &[Row], total: Nanos) -> Section {
    let row = |row: &Row| {
        let sum = &row.sum;
        vec![
            Cell::Name(row.name.clone()),
            Cell::Count(sum.runs),
            Cell::Time(sum.wall),
            Cell::Share(sum.wall.percent_of(total)),
            Cell::Time(sum.cpu()),
            Cell::Size(sum.max_rss),
        ]
    };
    let heads = ["package", "runs", "wall", "share", "CPU", "peak RSS"];
    let table = Table::new("Packages, the slowest first", &heads, rows.iter().map(row).collect());
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

const LINK: [Stage; 6] =
    [Stage::Load, Stage::Deadcode, Stage::Dwarf, Stage::Layout, Stage::WriteProgram, Stage::HostLink];

fn links(build: &Build, only: Option<CommandId>) -> Section {
    let is_link = |action: &Action| {
        action.kind == ToolKind::Link
            && action.purpose == Purpose::Work
            && only.is_none_or(|only| only == action.command)
    };
    let mut links: Vec<(usize, &Action)> =
        build.actions.iter().enumerate().filter(|(_, action)| is_link(action)).collect();
    links.sort_by_key(|(index, action)| (std::cmp::Reverse(action.wall()), *index));
    let heads: Vec<&str> =
        ["program", "wall", "CPU", "peak RSS"].into_iter().chain(LINK.iter().map(|stage| stage.name())).collect();
    let rows = links.into_iter().map(|(index, action)| link(build, index, action)).collect();
    let table = Table::new("Links, the slowest first", &heads, rows)
        .explain("host link", "the C linker, which link waited for");
    Section::of_table(
        "links",
        "Links",
        &["One program each; a link waits for the whole program to be compiled."],
        table,
    )
}

fn link(build: &Build, index: usize, action: &Action) -> Vec<Cell> {
    let package = action.package.map(|id| build.catalog.packages.get(id).name().into_owned());
    let told = build.phases(index);
    let on = |stage: &Stage| {
        let is_it = |(phase, _): &&(crate::build::Phase, Nanos)| *phase == crate::build::Phase::Known(*stage);
        told.iter().find(is_it).map_or(Cell::Nothing, |(_, time)| Cell::Time(*time))
    };
    let figures = [Cell::Time(action.wall()), Cell::Time(action.cpu()), Cell::Size(action.max_rss)];
    [Cell::Name(package.unwrap_or_default())].into_iter().chain(figures).chain(LINK.iter().map(on)).collect()
}
