//! The summary as text for a terminal or a log.
//!
//! Knows the report and the width of a line; asks nobody about the build. Names come from a trace that anybody may have
//! made, so nothing of it reaches a terminal unescaped.

use std::borrow::Cow;
use std::io::{self, Write};

use chrono::DateTime;

use super::course;
use super::escape;
use super::job;
use super::phases;
use super::table::{Align, HEAD, Table, bar, counted, section};
use crate::analyze::forensics::Evidence;
use crate::analyze::job::Death;
use crate::analyze::summary::{CommandRow, Fault, Outcome, Row, Rows, Summary};
use crate::units::{Nanos, Percent};

/// A command line that is longer is cut.
const LINE_COLUMNS: usize = 110;

/// Tests and downloads of a job beyond this are only counted.
const ROWS_OF_JOBS: usize = 10;

/// Commands beyond this are only counted.
const COMMANDS_SHOWN: usize = 8;

/// Writes the whole summary.
///
/// # Errors
/// Those of `out`.
pub fn write(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    for job in &summary.jobs {
        job::write(job, ROWS_OF_JOBS, out)?;
        writeln!(out)?;
    }
    commands(summary, out)?;
    if summary.total.work.runs == 0 {
        let gap = if summary.commands.is_empty() { "" } else { "\n" };
        let Nothing { why, hint } = why_nothing(summary);
        return writeln!(out, "{gap}{why}\n{hint}");
    }
    if let Some(course) = &summary.course {
        course::write(course, summary.commands.len(), out)?;
    }
    tools(summary, out)?;
    // Tools that ran for no package, as covdata does, leave these without a row.
    if !summary.packages.rows.is_empty() || summary.packages.more > 0 {
        modules(summary, out)?;
        packages(summary, out)?;
        phases::write(&summary.phases, out)?;
        memory(summary, out)?;
    }
    faults(summary, out)?;
    not_seen(summary, out)
}

/// Why a report has nothing to show, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nothing {
    /// A sentence.
    pub why: String,
    /// Another one.
    pub hint: &'static str,
}

impl Nothing {
    /// Of a trace without tool runs, given how many go commands it has.
    #[must_use]
    pub fn ran(commands: usize) -> Self {
        let (why, hint) = match commands {
            0 => (
                "The trace holds no tool run: no go command was recorded in it.",
                "To record a build: go build -a -toolexec gotrace ./...",
            ),
            _ => (
                "No tool ran: everything was up to date or came from the build cache.",
                "To record a full build, add -a: go build -a -toolexec gotrace ./...",
            ),
        };
        Self { why: why.to_owned(), hint }
    }

    /// Of a job whose go command gave up before the first tool.
    #[must_use]
    pub fn failed() -> Self {
        let hint = "What go said stands above; go list -e ./... tells what is wrong with the packages.";
        Self { why: String::from("No tool ran: go failed before it came to that."), hint }
    }

    /// Of a trace in which no package has the name that was asked for.
    #[must_use]
    pub fn matches(pattern: &str) -> Self {
        let hint = "Packages are named by their import paths; gotrace summary --rows 100 lists them.";
        Self { why: format!("No package in the trace matches {pattern}."), hint }
    }

    /// Of tool runs that weigh nothing.
    #[must_use]
    pub fn weighs(what: &str) -> Self {
        let hint = "Another --weight has more to show: wall, cpu, count.";
        Self { why: format!("There is nothing to draw: the tool runs add up to no {what}."), hint }
    }
}

/// Why a summary has no tool run.
pub(super) fn why_nothing(summary: &Summary) -> Nothing {
    if go_failed(summary) { Nothing::failed() } else { Nothing::ran(summary.total.commands) }
}

fn go_failed(summary: &Summary) -> bool {
    let commands = summary.jobs.iter().flat_map(|job| &job.commands);
    commands.filter_map(|command| command.death).any(|death| death != Death::Exited(0))
}

fn commands(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let hidden = summary.commands.len().saturating_sub(COMMANDS_SHOWN);
    if hidden > 0 {
        writeln!(out, "{hidden} earlier go commands are in the sums but not listed here (--command N shows one)\n")?;
    }
    for command in summary.commands.iter().skip(hidden) {
        command_block(command, out)?;
    }
    if summary.commands.len() > 1 {
        let total = &summary.total;
        writeln!(
            out,
            "{HEAD}All {} commands{HEAD:#}: {} wall, {} CPU, {}, {} compiled",
            total.commands,
            total.wall,
            total.work.cpu() + total.probes.cpu(),
            counted(total.work.runs, "action"),
            counted(total.compiles, "package"),
        )?;
    }
    Ok(())
}

fn command_block(command: &CommandRow, out: &mut dyn Write) -> io::Result<()> {
    let sum = &command.sum;
    writeln!(out, "{HEAD}{}  {}{HEAD:#}", command.number, cut(&escape::terminal(&command.line)))?;
    let facts = facts(command);
    if !facts.is_empty() {
        writeln!(out, "   {}", facts.join(", "))?;
    }
    let before = command.before.map(|before| format!(" ({before} of it before the first tool)")).unwrap_or_default();
    let cpu = sum.work.cpu() + sum.probes.cpu();
    writeln!(
        out,
        "   {} wall{before}, {cpu} CPU, {} tools at work on average",
        command.wall,
        ratio(sum.work.wall, command.wall),
    )?;
    writeln!(
        out,
        "   {}, {} compiled, {}; recording took {} of CPU ({})",
        counted(sum.work.runs, "action"),
        counted(sum.compiles, "package"),
        counted(sum.probes.runs, "probe"),
        sum.shim_cpu,
        Percent::of(sum.shim_cpu.0, cpu.0),
    )
}

/// What is known of a command before it ran: Go, target, processors, where and when.
pub(super) fn facts(command: &CommandRow) -> Vec<String> {
    let started = command.started.and_then(date).map(|date| format!("{date} UTC"));
    let place = (!command.dir.is_empty()).then(|| format!("in {}", escape::terminal(&command.dir)));
    let cpus = command.cpus.map(|cpus| counted(cpus, "CPU"));
    let text = |text: &Option<String>| text.as_deref().map(|text| escape::terminal(text).into_owned());
    [text(&command.go_version), text(&command.target), cpus, place, started].into_iter().flatten().collect()
}

/// A command line with many flags ends with a `…`; JSON has all of it.
fn cut(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(LINE_COLUMNS) {
        Some((end, _)) => Cow::Owned(format!("{}…", line[..end].trim_end())),
        None => Cow::Borrowed(line),
    }
}

fn tools(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    section("By tool", out)?;
    tool_table(summary).write(out)?;
    if summary.parts.is_empty() {
        return Ok(());
    }
    section("Inside other tools, and in their figures", out)?;
    part_table(summary).write(out)
}

pub(super) fn tool_table(summary: &Summary) -> Table {
    use Column::{Bar, Cpu, Name, Rss, Runs, Share, Wall};
    table(&[Name("tool"), Runs, Wall, Share, Cpu, Rss, Bar], &summary.tools, wall_of_tools(summary))
}

pub(super) fn part_table(summary: &Summary) -> Table {
    use Column::{Cpu, Name, Rss, Runs, Share, Wall};
    table(&[Name("tool"), Runs, Wall, Share, Cpu, Rss], &summary.parts, wall_of_tools(summary))
}

fn wall_of_tools(summary: &Summary) -> Nanos {
    summary.tools.iter().map(|row| row.sum.wall).sum()
}

fn modules(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    section("By module", out)?;
    module_table(summary).write(out)?;
    more(&summary.modules, out)
}

pub(super) fn module_table(summary: &Summary) -> Table {
    use Column::{Bar, Cpu, Name, Packages, Share, Wall};
    table(&[Name("module"), Packages, Wall, Share, Cpu, Bar], &summary.modules.rows, summary.total.work.wall)
}

fn packages(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    section("Slowest packages", out)?;
    package_table(summary).write(out)?;
    more(&summary.packages, out)
}

pub(super) fn package_table(summary: &Summary) -> Table {
    use Column::{Cpu, Name, Rss, Runs, Share, Wall};
    table(&[Name("package"), Runs, Wall, Share, Cpu, Rss], &summary.packages.rows, summary.total.work.wall)
}

fn memory(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    section("Largest peak memory of one tool run", out)?;
    memory_table(summary).write(out)?;
    more(&summary.memory, out)
}

pub(super) fn memory_table(summary: &Summary) -> Table {
    table(&[Column::Name("tool and package"), Column::Rss], &summary.memory.rows, summary.total.work.wall)
}

/// A column of the tables: what it says of a row.
#[derive(Clone, Copy)]
enum Column {
    /// The name, under this head.
    Name(&'static str),
    Runs,
    Packages,
    Wall,
    /// Of the table's total, in wall time.
    Share,
    Cpu,
    Rss,
    /// The share as a bar.
    Bar,
}

impl Column {
    const fn head(self) -> (&'static str, Align) {
        match self {
            Self::Name(head) => (head, Align::Name),
            Self::Runs => ("runs", Align::Right),
            Self::Packages => ("packages", Align::Right),
            Self::Wall => ("wall", Align::Right),
            Self::Share => ("share", Align::Right),
            Self::Cpu => ("CPU", Align::Right),
            Self::Rss => ("peak RSS", Align::Right),
            Self::Bar => ("", Align::Left),
        }
    }

    fn cell(self, row: &Row, total: Nanos) -> String {
        let sum = &row.sum;
        match self {
            Self::Name(_) => escape::terminal(&row.name).into_owned(),
            Self::Runs => sum.runs.to_string(),
            Self::Packages => row.packages.to_string(),
            Self::Wall => sum.wall.to_string(),
            Self::Share => sum.wall.percent_of(total).to_string(),
            Self::Cpu => sum.cpu().to_string(),
            Self::Rss => sum.max_rss.to_string(),
            Self::Bar => bar(sum.wall, total),
        }
    }
}

fn table(columns: &[Column], rows: &[Row], total: Nanos) -> Table {
    let mut table = Table::new(&columns.iter().map(|column| column.head()).collect::<Vec<_>>());
    for row in rows {
        table.row(columns.iter().map(|column| column.cell(row, total)));
    }
    table
}

fn faults(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    if summary.faults.is_empty() {
        return Ok(());
    }
    section("What did not end well", out)?;
    for fault in &summary.faults {
        let number = if summary.commands.len() > 1 { format!(" (command {})", fault.command) } else { String::new() };
        let (tool, package) = (escape::terminal(&fault.tool), escape::terminal(&fault.package));
        writeln!(out, "  {tool} {package}{number}")?;
        write!(out, "    {}", what_happened(fault, summary.evidence()))?;
        writeln!(out, "{}", how_long(fault))?;
    }
    Ok(())
}

/// How long a tool ran that did not end well, and how much memory it had.
pub(super) fn how_long(fault: &Fault) -> String {
    match (fault.outcome, fault.max_rss.0) {
        (Outcome::NotStarted(_), _) => String::new(),
        (_, 0) => format!("; after {}, peak RSS not known", fault.wall),
        _ => format!("; after {}, peak RSS {}", fault.wall, fault.max_rss),
    }
}

/// The cause in words. cmd/go names the program that it started, which is gotrace, where a tool ends without a message.
#[must_use]
pub fn what_happened(fault: &Fault, evidence: Option<Evidence>) -> String {
    ending(fault.outcome, evidence)
}

/// How a tool run ended, in words.
pub(super) fn ending(outcome: Outcome, evidence: Option<Evidence>) -> String {
    match outcome {
        Outcome::Killed(9) if matches!(evidence, Some(Evidence::Counted(_))) => {
            String::from("killed by the OOM killer (SIGKILL)")
        }
        Outcome::Done => String::from("exit code 0"),
        Outcome::Failed(code) => format!("exit code {code}"),
        Outcome::Killed(9) => String::from("killed by signal 9 (SIGKILL): out of memory, unless somebody killed it"),
        Outcome::Killed(signal) => format!("killed by signal {signal}{}", signal_name(signal)),
        Outcome::NotStarted(126) => String::from("could not be started: it may not be executed"),
        Outcome::NotStarted(_) => String::from("could not be started: there is no such program"),
        Outcome::Unfinished => String::from("no end in the trace: still running, or killed with its shim"),
    }
}

const fn signal_name(signal: u64) -> &'static str {
    match signal {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        3 => " (SIGQUIT)",
        6 => " (SIGABRT)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    }
}

fn not_seen(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nNot seen: {}", unseen(summary))
}

/// … as a sentence.
pub(super) fn not_seen_words(summary: &Summary) -> String {
    let words = unseen(summary).replace('\n', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a shim cannot see, and `gotrace record` can.
fn unseen(summary: &Summary) -> &'static str {
    if summary.jobs.is_empty() {
        "packages that came from the build cache; what go does itself (loading, downloads, cache look-ups, running\n\
         tests); the C compilers that cgo and the linker start, which are in the figures of the tool that waited for them\n\
         or, where go starts them, nowhere (`gotrace record` sees all these); phases finer than those that compile and\n\
         link tell."
    } else {
        "what programs, tests and generators do; go commands that are called by their path, but for their tools; C\n\
         compilers that are called by theirs; phases finer than those that compile and link tell (see --compiler-profile)."
    }
}

fn more(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    if rows.more > 0 {
        writeln!(out, "  … and {} more (--rows N shows more)", rows.more)?;
    }
    Ok(())
}

/// How many times `whole` goes into `part`, to one decimal: 1.7.
pub(super) fn ratio(part: Nanos, whole: Nanos) -> String {
    if whole.0 == 0 {
        return String::from("0.0");
    }
    let tenths = (u128::from(part.0) * 10 + u128::from(whole.0) / 2) / u128::from(whole.0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

pub(super) fn date(epoch: Nanos) -> Option<String> {
    let seconds = i64::try_from(epoch.0 / 1_000_000_000).ok()?;
    Some(DateTime::from_timestamp(seconds, 0)?.format("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    #[track_caller]
    fn check_cause(outcome: Outcome, expected: &str) {
        let (wall, max_rss) = (Nanos(1), Bytes(1));
        let fault =
            Fault { tool: String::from("compile"), package: String::from("p"), outcome, wall, max_rss, command: 1 };
        assert_eq!(what_happened(&fault, None), expected);
    }

    #[test]
    fn every_ending_is_told_in_words() {
        check_cause(Outcome::Failed(2), "exit code 2");
        check_cause(Outcome::Killed(9), "killed by signal 9 (SIGKILL): out of memory, unless somebody killed it");
        check_cause(Outcome::Killed(11), "killed by signal 11 (SIGSEGV)");
        check_cause(Outcome::Killed(64), "killed by signal 64");
        check_cause(Outcome::NotStarted(127), "could not be started: there is no such program");
        check_cause(Outcome::NotStarted(126), "could not be started: it may not be executed");
        check_cause(Outcome::Unfinished, "no end in the trace: still running, or killed with its shim");
    }

    #[test]
    fn a_ratio_has_one_decimal_and_nothing_is_divided_by_nothing() {
        let ratios = [(15, 10), (0, 10), (1, 0), (999, 1000)].map(|(part, whole)| ratio(Nanos(part), Nanos(whole)));
        assert_eq!(ratios, ["1.5", "0.0", "0.0", "1.0"]);
    }

    #[test]
    fn a_date_is_told_where_there_is_one() {
        assert_eq!(date(Nanos(0)).as_deref(), Some("1970-01-01 00:00:00"));
        assert_eq!(date(Nanos(1_790_000_000_999_999_999)).as_deref(), Some("2026-09-21 14:13:20"));
        assert_eq!(date(Nanos(u64::MAX)).as_deref(), Some("2554-07-21 23:34:33"));
    }

    #[test]
    fn a_long_command_line_is_cut_and_a_short_one_is_not() {
        assert_eq!(cut("go build ./..."), "go build ./...");
        let long = "größe ".repeat(50);
        let cut = cut(&long);
        assert!(cut.ends_with('…') && long.starts_with(cut.trim_end_matches('…')), "{cut}");
        assert_eq!(cut.chars().count(), LINE_COLUMNS + 1, "{cut}");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "probe")), ["0 probes", "1 probe", "2 probes"]);
    }
}
