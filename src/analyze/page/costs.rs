//! What is built besides one's own code, and more often than once, as sections: dependencies, duplicates, links, cgo.
//!
//! Knows the reports of these questions; adds nothing up.

use super::section::{Block, Cell, Section, Table};
use crate::analyze::costs::dependencies::{self, Dependencies, Dependency};
use crate::analyze::costs::duplicates::{self, Duplicate, Duplicates};
use crate::analyze::costs::imports::Imports;
use crate::analyze::costs::links::{self, Bill, Link, Links, Repeat};
use crate::analyze::costs::sources::{self, CgoPackage, Source, Sources};
use crate::build::{Build, CommandId};
use crate::units::{Bytes, Nanos};

/// Rows of each table: what is behind them is not worth a change.
const ROWS: usize = 100;

/// The sections that have something to tell. The imports are of the command, where only one is asked about.
pub(super) fn sections(build: &Build, imports: &Imports, command: Option<CommandId>) -> Vec<Section> {
    let rows = ROWS;
    let dependencies = dependencies::dependencies(&build.catalog, imports, rows);
    let duplicates = duplicates::duplicates(build, imports, rows);
    let links = links::links(build, imports, &links::Config { rows, inputs: 3 });
    let sources = sources::sources(build, &sources::Config { command, ..sources::Config::with_rows(rows) });
    [
        self::dependencies(&dependencies),
        self::duplicates(&duplicates),
        self::links(&links),
        slow(&sources),
        cgo(&sources),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A section of the tables that have rows, if there are any.
fn section(id: &'static str, title: &str, lead: Vec<String>, tables: Vec<Table>) -> Option<Section> {
    let blocks: Vec<Block> = tables.into_iter().filter(|table| !table.rows.is_empty()).map(Block::Table).collect();
    (!blocks.is_empty()).then(|| Section { id, title: title.to_owned(), lead, blocks })
}

fn dependencies(report: &Dependencies) -> Option<Section> {
    let total = report.total.cpu;
    let row = |row: &Dependency| {
        vec![
            Cell::Name(row.name.clone()),
            Cell::Count(row.gone.packages),
            Cell::Time(row.gone.cpu),
            Cell::Share(row.gone.cpu.percent_of(total)),
            Cell::Time(row.own.cpu),
            Cell::Time(row.shared_cpu()),
            Cell::Size(row.gone.max_rss),
            Cell::Size(row.gone.output),
            Cell::Count(row.importers),
        ]
    };
    let table = |caption: &str, name: &str, rows: &[Dependency]| {
        let heads =
            [name, "packages", "CPU gone", "share", "own CPU", "shared CPU", "peak RSS", "archives", "importers"];
        Table::new(caption, &heads, rows.iter().map(row).collect())
            .explain("packages", "that would not be built without it")
            .explain(
                "CPU gone",
                "CPU time of the tools that would not run without it: itself, and what nobody else needs",
            )
            .explain("shared CPU", "what it needs, and others need, too")
            .explain("peak RSS", "the largest of a tool that would not run without it")
            .explain("archives", "bytes of archives, and of programs, that would not be written without it")
            .explain("importers", "packages that import it directly")
    };
    let modules = table("Modules, the dearest first", "module", &report.modules);
    let packages = table("Packages, the dearest first", "package", &report.packages);
    let lead = String::from("What would not have been built without it: itself, and what nobody else needs.");
    let wall = String::from("What the command would take without a package, gotrace whatif --without tells.");
    section("dependencies", "What does a dependency cost?", vec![lead, wall], vec![modules, packages])
}

fn duplicates(report: &Duplicates) -> Option<Section> {
    let row = |row: &Duplicate| {
        let reasons: Vec<&str> = row.reasons.iter().map(|(reason, _)| reason.words()).collect();
        let more = if row.more_forms > 0 { format!(" and {} more", row.more_forms) } else { String::new() };
        vec![
            Cell::Name(row.path.clone()),
            Cell::Count(row.builds),
            Cell::Time(row.beyond.cpu),
            Cell::Text(reasons.join("; ")),
            Cell::Text(row.forms.join("; ") + &more),
        ]
    };
    let heads = ["package", "builds", "CPU beyond the first", "it was compiled once more", "compiled as"];
    let packages = Table::new("Packages, the dearest first", &heads, report.packages.iter().map(row).collect());
    let reasons = report.reasons.iter().map(|(reason, cost)| {
        vec![
            Cell::Text(reason.words().to_owned()),
            Cell::Count(cost.runs),
            Cell::Time(cost.cpu),
            Cell::Text(reason.remedy().to_owned()),
        ]
    });
    let heads = ["a package was compiled once more", "runs", "CPU", "what would spare it"];
    let reasons = Table::new("Why", &heads, reasons.collect());
    let lead = format!("Builds beyond the first one of their package took {} of CPU.", report.beyond.cpu);
    section("duplicates", "What was compiled several times?", vec![lead], vec![reasons, packages])
}

fn links(report: &Links) -> Option<Section> {
    let table = |caption: &str, bill: &Bill| {
        let heads =
            ["program", "wall", "CPU", "peak RSS", "size", "built", "from cache", "took longest", "largest inputs"];
        let mut table = Table::new(caption, &heads, bill.rows.iter().map(link).collect())
            .explain("built", "packages of the program that this command built")
            .explain("took longest", "phases of the link")
            .explain("largest inputs", "archives, of the packages that were built");
        table.more += bill.more;
        table
    };
    let repeated = |row: &Repeat| {
        vec![
            Cell::Name(row.package.clone()),
            Cell::Count(row.links),
            Cell::Time(row.beyond.cpu),
            Cell::Count(row.again),
            Cell::Count(row.told_otherwise),
            Cell::Count(row.changed),
            Cell::Count(row.from_cache + row.unknown),
        ]
    };
    let heads = ["program", "links", "CPU beyond the first", "the same", "told otherwise", "changed", "not known"];
    let repeats = Table::new("Linked more than once", &heads, report.repeated.iter().map(repeated).collect())
        .explain("the same", "with the cache key of a link before")
        .explain("told otherwise", "with other options, such as -X or the state of the repository")
        .explain("changed", "with another main package");
    let (programs, tests) = (&report.programs, &report.tests);
    let bill = |what: &str, bill: &Bill| {
        (bill.links > 0)
            .then(|| format!("{} {what}: {} of CPU, {} written.", bill.links, bill.cost.cpu, bill.cost.output))
    };
    let lead = [bill("programs", programs), bill("test binaries", tests)].into_iter().flatten().collect();
    let tables =
        vec![table("Programs, the slowest first", programs), table("Test binaries, the slowest first", tests), repeats];
    section("links", "Links", lead, tables)
}

fn link(link: &Link) -> Vec<Cell> {
    let inputs = link.inputs.iter().map(|input| format!("{} {}", input.package, input.bytes));
    let phases = link.phases.iter().take(3).map(|(name, time)| format!("{name} {time}"));
    vec![
        Cell::Name(link.package.clone()),
        Cell::Time(link.cost.wall),
        Cell::Time(link.cost.cpu),
        Cell::Size(link.cost.max_rss),
        if link.cost.output == Bytes::ZERO { Cell::Nothing } else { Cell::Size(link.cost.output) },
        Cell::Count(link.built.into()),
        Cell::Count(link.cached.into()),
        Cell::Text(phases.collect::<Vec<_>>().join(", ")),
        Cell::Text(inputs.collect::<Vec<_>>().join(", ")),
    ]
}

fn slow(report: &Sources) -> Option<Section> {
    let row = |row: &Source| {
        vec![
            Cell::Name(row.package.clone()),
            Cell::Time(row.cpu),
            Cell::Size(row.bytes),
            Cell::Count(row.files),
            row.per_kib().map_or(Cell::Nothing, Cell::Time),
            row.rate.map_or(Cell::Nothing, Cell::Rate),
        ]
    };
    let table = |caption: &str, rows: &[Source]| {
        let heads = ["package", "CPU", "sources", "files", "CPU per KiB", "of the median"];
        Table::new(caption, &heads, rows.iter().map(row).collect())
    };
    let slow = table("Slow for their size, the slowest first", &report.slow);
    let largest = table("The largest sources", &report.largest);
    let median =
        report.median_per_kib.map(|median| format!("Compiles took {median} of CPU for a KiB of source in the median."));
    section(
        "sources",
        "Which sources are large, or slow to compile?",
        median.into_iter().collect(),
        vec![slow, largest],
    )
}

fn cgo(report: &Sources) -> Option<Section> {
    let row = |row: &CgoPackage| {
        let compilers = if row.compilers.cpu == Nanos::ZERO { Cell::Nothing } else { Cell::Time(row.compilers.cpu) };
        vec![Cell::Name(row.package.clone()), Cell::Time(row.cgo.cpu), compilers, Cell::Time(row.rest.cpu)]
    };
    let heads = ["package", "cgo", "C compilers", "Go’s own tools"];
    let table =
        Table::new("Packages that use cgo, the dearest first", &heads, report.cgo.packages.iter().map(row).collect());
    let lead = format!("Without cgo there would be {} of CPU less.", report.cgo.total.cpu_of_cgo());
    section("cgo", "What does cgo cost?", vec![lead], vec![table])
}
