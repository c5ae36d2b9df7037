//! The build on one screen: what ran, what it cost by tool, module and package, and what went wrong.
//!
//! Knows sums; does not know how they are laid out. Every table is sorted by what it is about, then by name, so the same
//! trace gives the same report.

use rustc_hash::{FxHashMap, FxHashSet};

use super::course::Course;
use super::job::forensics::Evidence;
use super::job::{self, Job};
use super::phases::{self, Phases};
use super::tally::{CommandSum, Sum, Tally};
use crate::build::{Action, Catalog, Command, CommandId, PackageId, Purpose};
use crate::units::{Bytes, Nanos};

pub use crate::build::Outcome;

/// How much of it to tell.
#[derive(Debug)]
pub struct Config {
    /// Rows of each table that may grow with the build.
    pub rows: usize,
    /// Only this command.
    pub command: Option<CommandId>,
}

/// The answer.
#[derive(Debug)]
pub struct Summary {
    /// The go commands in the order of time; the last ones where there are many.
    pub commands: Vec<CommandRow>,
    /// Sums over all of them.
    pub total: Total,
    /// Each tool, the longest first.
    pub tools: Vec<Row>,
    /// What ran inside other tools, `gcc in cgo`: it is in their figures.
    pub parts: Vec<Row>,
    /// Each module, the longest first.
    pub modules: Rows,
    /// The slowest packages.
    pub packages: Rows,
    /// The largest peaks of memory, by package and tool.
    pub memory: Rows,
    /// What compile and link spent their time on.
    pub phases: Phases,
    /// What failed, was killed, could not start or did not end.
    pub faults: Vec<Fault>,
    /// The jobs under `gotrace record`.
    pub jobs: Vec<Job>,
    /// The course of the command that was asked about, or of the longest one; none where no tool ran, or too many did to
    /// hold them all in memory.
    pub course: Option<Course>,
}

/// The first rows of a table.
#[derive(Debug, Default)]
pub struct Rows {
    /// The first ones.
    pub rows: Vec<Row>,
    /// How many more there are.
    pub more: usize,
}

/// The sums of something with a name.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// How many packages it has, where that is of interest.
    pub packages: u64,
    /// Its sums.
    pub sum: Sum,
}

/// One go command.
#[derive(Debug)]
pub struct CommandRow {
    /// Counted from 1, by time.
    pub number: usize,
    /// What was typed.
    pub line: String,
    /// Where.
    pub dir: String,
    /// When it began: nanoseconds since 1970.
    pub started: Option<Nanos>,
    /// The Go version.
    pub go_version: Option<String>,
    /// What it built for.
    pub target: Option<String>,
    /// How many CPUs it had.
    pub cpus: Option<u64>,
    /// From the start of `go`, or of its first tool where that is not known, to the end of its last tool.
    pub wall: Nanos,
    /// How long `go` ran before its first tool: loading packages, downloads.
    pub before: Option<Nanos>,
    /// Its sums.
    pub sum: CommandSum,
}

/// Sums over all commands.
#[derive(Debug, Default)]
pub struct Total {
    /// How many go commands.
    pub commands: usize,
    /// Wall time of the commands, added up.
    pub wall: Nanos,
    /// All actions.
    pub work: Sum,
    /// All probes.
    pub probes: Sum,
    /// How many packages were compiled.
    pub compiles: u64,
    /// CPU time that recording took.
    pub shim_cpu: Nanos,
}

/// Something that did not end well.
#[derive(Debug)]
pub struct Fault {
    /// The tool.
    pub tool: String,
    /// The package.
    pub package: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it had run.
    pub wall: Nanos,
    /// Its peak of memory, where the kernel could tell.
    pub max_rss: Bytes,
    /// Which command, counted from 1, by time.
    pub command: usize,
}

impl Summary {
    /// What speaks for it that a job was out of memory.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        self.jobs.iter().find_map(|job| Some(job.out_of_memory.as_ref()?.evidence))
    }
}

/// Sums it up.
#[must_use]
pub fn summarize(catalog: &Catalog, tally: &Tally, config: &Config) -> Summary {
    let order = catalog.commands_by_time();
    let commands = commands(catalog, tally, config.command);
    let tables = Tables::collect(catalog, tally, config);
    Summary {
        total: total(&commands),
        commands,
        tools: sorted(tables.tools, by_wall),
        parts: sorted(tables.parts, by_wall),
        modules: first(sorted(tables.modules, by_wall), config.rows),
        packages: first(sorted(tables.packages, by_wall), config.rows),
        memory: first(sorted(tables.memory, by_memory), config.rows),
        phases: phases::phases(catalog, tally, config.command, config.rows),
        faults: faults(catalog, tally, &order, config),
        jobs: if config.command.is_none() { job::jobs(catalog, tally) } else { Vec::new() },
        course: None,
    }
}

/// The go commands by time, or the one that is asked for.
#[must_use]
pub fn commands(catalog: &Catalog, tally: &Tally, only: Option<CommandId>) -> Vec<CommandRow> {
    let order = catalog.commands_by_time();
    let numbered = order.iter().enumerate().filter(|(_, id)| only.is_none_or(|only| only == **id));
    numbered.map(|(index, id)| command_row(index + 1, catalog.commands.get(*id), tally.command(*id))).collect()
}

fn command_row(number: usize, command: &Command, sum: CommandSum) -> CommandRow {
    let facts = command.facts.clone().unwrap_or_default();
    let (first, last) = match (sum.span, command.run.start.zip(command.run.ending)) {
        (span, Some((start, ending))) => (span.map_or(ending.end, |(first, _)| first.max(start)), ending.end),
        (span, None) => span.unwrap_or_default(),
    };
    let began = command.go_started().map_or(first, |started| started.min(first));
    CommandRow {
        number,
        line: command.line(),
        dir: if facts.dir.is_empty() { command.run.dir.clone() } else { facts.dir },
        started: command.anchor.map(|anchor| anchor.epoch_of(began)),
        go_version: facts.go_version,
        target: facts.target,
        cpus: facts.cpus,
        wall: last.since(began),
        before: command.go_started().filter(|_| sum.span.is_some()).map(|started| first.since(started)),
        sum,
    }
}

fn total(commands: &[CommandRow]) -> Total {
    let mut total = Total { commands: commands.len(), ..Total::default() };
    for command in commands {
        total.wall += command.wall;
        total.work.merge(&command.sum.work);
        total.probes.merge(&command.sum.probes);
        total.compiles += command.sum.compiles;
        total.shim_cpu += command.sum.shim_cpu;
    }
    total
}

/// The rows of all tables, by name.
#[derive(Default)]
struct Tables {
    tools: FxHashMap<String, Row>,
    parts: FxHashMap<String, Row>,
    modules: FxHashMap<String, Row>,
    packages: FxHashMap<String, Row>,
    memory: FxHashMap<String, Row>,
}

impl Tables {
    fn collect(catalog: &Catalog, tally: &Tally, config: &Config) -> Self {
        let mut tables = Self::default();
        let mut seen: FxHashSet<PackageId> = FxHashSet::default();
        for (cell, sum) in tally.cells(config.command) {
            let tool = &catalog.tools.get(cell.tool).name;
            if let Some(outer) = cell.inside {
                add(&mut tables.parts, format!("{tool} in {}", catalog.tools.get(outer).name), sum, 1);
                continue;
            }
            let Some(package) = cell.package.filter(|_| cell.purpose == Purpose::Work) else {
                let name = if cell.purpose == Purpose::Probe { String::from("(probes)") } else { tool.clone() };
                add(&mut tables.tools, name, sum, 0);
                continue;
            };
            let is_new = u64::from(seen.insert(package));
            let name = catalog.packages.get(package).name();
            let module = catalog.module_of(package).map_or("(module not known)".into(), |module| module.name());
            add(&mut tables.tools, tool.clone(), sum, 1);
            add(&mut tables.modules, module.into_owned(), sum, is_new);
            add(&mut tables.memory, format!("{tool} {name}"), sum, 1);
            add(&mut tables.packages, name.into_owned(), sum, 1);
        }
        tables
    }
}

fn add(table: &mut FxHashMap<String, Row>, name: String, sum: &Sum, packages: u64) {
    let row = table.entry(name).or_insert_with_key(|name| Row { name: name.clone(), packages: 0, sum: Sum::default() });
    row.sum.merge(sum);
    row.packages += packages;
}

fn by_wall(row: &Row) -> u64 {
    row.sum.wall.0
}

fn by_memory(row: &Row) -> u64 {
    row.sum.max_rss.0
}

fn sorted(table: FxHashMap<String, Row>, by: fn(&Row) -> u64) -> Vec<Row> {
    let mut rows: Vec<Row> = table.into_values().collect();
    rows.sort_by(|left, right| by(right).cmp(&by(left)).then_with(|| left.name.cmp(&right.name)));
    rows
}

fn first(mut rows: Vec<Row>, count: usize) -> Rows {
    let more = rows.len().saturating_sub(count);
    rows.truncate(count);
    Rows { rows, more }
}

/// By command, and in each as they began.
fn faults(catalog: &Catalog, tally: &Tally, order: &[CommandId], config: &Config) -> Vec<Fault> {
    let wanted = |action: &&Action| config.command.is_none_or(|only| only == action.command);
    let mut faults: Vec<(Nanos, Fault)> =
        tally.faults().iter().filter(wanted).map(|action| (action.start, fault(catalog, order, action))).collect();
    faults.sort_by_cached_key(|(start, fault)| {
        (fault.command, *start, fault.wall, fault.tool.clone(), fault.package.clone())
    });
    faults.into_iter().map(|(_, fault)| fault).collect()
}

fn fault(catalog: &Catalog, order: &[CommandId], action: &Action) -> Fault {
    Fault {
        tool: catalog.tools.get(action.tool).name.clone(),
        package: action.package.map_or_else(String::new, |package| catalog.packages.get(package).name().into_owned()),
        outcome: action.outcome,
        wall: action.wall(),
        max_rss: action.max_rss,
        command: order.iter().position(|id| *id == action.command).map_or(0, |index| index + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tally::Commands;
    use crate::build::picture::{self, AnyRun};
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use std::fmt::Write;

    /// Rows as `name runs wall`, in milliseconds.
    #[track_caller]
    fn check(picture: &str, expected: &Expect) {
        let (catalog, tally) = Tally::of_picture(picture, Commands::Merged);
        let summary = summarize(&catalog, &tally, &Config { rows: 2, command: None });
        expected.assert_eq(&words(&summary).expect("memory takes it"));
    }

    fn words(summary: &Summary) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        for command in &summary.commands {
            let CommandSum { compiles, faults, .. } = command.sum;
            let wall = millis(command.wall);
            writeln!(text, "$ {} wall {wall} compiles {compiles} faults {faults}", command.line)?;
        }
        for (title, rows) in [
            ("tool", &summary.tools),
            ("module", &summary.modules.rows),
            ("package", &summary.packages.rows),
            ("memory", &summary.memory.rows),
        ] {
            for Row { name, packages, sum } in rows {
                let (runs, wall, rss) = (sum.runs, millis(sum.wall), sum.max_rss);
                writeln!(text, "{title} {name}: runs {runs} packages {packages} wall {wall} rss {rss}")?;
            }
        }
        for Fault { tool, package, outcome, wall, .. } in &summary.faults {
            writeln!(text, "fault {tool} {package} {outcome:?} after {}", millis(*wall))?;
        }
        writeln!(text, "more packages {}", summary.packages.more)?;
        Ok(text)
    }

    fn millis(time: Nanos) -> u64 {
        time.0 / 1_000_000
    }

    #[test]
    fn tables_are_sorted_by_what_they_are_about() {
        check(
            "$ go build ./...
             probe compile 0-1
             compile std:a 1-11 rss=5
             compile std:b 1-31 rss=3
             compile m@v1:c 31-36 rss=9
             link c 36-40",
            &expect![[r"
                $ go build ./... wall 40 compiles 3 faults 0
                tool compile: runs 3 packages 3 wall 45 rss 9.00 MiB
                tool link: runs 1 packages 1 wall 4 rss 0 B
                tool (probes): runs 1 packages 0 wall 1 rss 0 B
                module std: runs 2 packages 2 wall 40 rss 5.00 MiB
                module m@v1: runs 2 packages 1 wall 9 rss 9.00 MiB
                package b: runs 1 packages 1 wall 30 rss 3.00 MiB
                package a: runs 1 packages 1 wall 10 rss 5.00 MiB
                memory compile c: runs 1 packages 1 wall 5 rss 9.00 MiB
                memory compile a: runs 1 packages 1 wall 10 rss 5.00 MiB
                more packages 1
            "]],
        );
    }

    #[test]
    fn what_did_not_end_well_is_named_with_its_tool_and_package() {
        check(
            "$ go vet
             compile a 0-5 !2
             compile b 0-7 signal=9
             compile c 3-
             compile d 3-10",
            &expect![[r"
                $ (go command not recorded) wall 10 compiles 1 faults 3
                tool compile: runs 4 packages 4 wall 26 rss 0 B
                module (module not known): runs 4 packages 4 wall 26 rss 0 B
                package b: runs 1 packages 1 wall 7 rss 0 B
                package c: runs 1 packages 1 wall 7 rss 0 B
                memory compile a: runs 1 packages 1 wall 5 rss 0 B
                memory compile b: runs 1 packages 1 wall 7 rss 0 B
                fault compile a Failed(2) after 5
                fault compile b Killed(9) after 7
                fault compile c Unfinished after 7
                more packages 2
            "]],
        );
    }

    /// Everything that is summed up of any build that begins at this millisecond, but for the date.
    fn of_any(runs: &[AnyRun], origin: u64, commands: Commands) -> Summary {
        let (catalog, tally) = Tally::of_picture(&picture::draw(runs, origin), commands);
        let mut summary = summarize(&catalog, &tally, &Config { rows: usize::MAX, command: None });
        summary.commands.iter_mut().for_each(|command| {
            command.started = None;
            command.sum.span = None;
        });
        summary
    }

    proptest! {
        #[test]
        fn when_a_build_ran_changes_nothing(runs in picture::any(), origin in 0_u64..100_000) {
            let (now, later) = (of_any(&runs, 0, Commands::Merged), of_any(&runs, origin, Commands::Merged));
            prop_assert_eq!(format!("{now:?}"), format!("{later:?}"));
        }

        #[test]
        fn keeping_commands_apart_changes_no_sum(runs in picture::any()) {
            let (merged, apart) = (of_any(&runs, 0, Commands::Merged), of_any(&runs, 0, Commands::Apart));
            prop_assert_eq!(format!("{:?}", merged.total), format!("{:?}", apart.total));
            let sums = |summary: &Summary| {
                let row = |row: &Row| (row.name.clone(), row.sum);
                summary.packages.rows.iter().chain(&summary.tools).map(row).collect::<Vec<_>>()
            };
            prop_assert_eq!(sums(&merged), sums(&apart));
        }

        #[test]
        fn every_table_adds_up_to_the_same(runs in picture::any()) {
            let summary = of_any(&runs, 0, Commands::Merged);
            let wall = |rows: &[Row]| rows.iter().map(|row| row.sum.wall).sum::<Nanos>();
            let work = summary.total.work.wall;
            prop_assert_eq!(wall(&summary.tools), work + summary.total.probes.wall);
            prop_assert_eq!(wall(&summary.modules.rows), work);
            prop_assert_eq!(wall(&summary.packages.rows), work);
            let packages: u64 = summary.modules.rows.iter().map(|row| row.packages).sum();
            prop_assert_eq!(packages, u64::try_from(summary.packages.rows.len()).expect("a number"));
        }
    }
}
