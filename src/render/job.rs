//! A job as text: its go commands, what its wall time went to, its tests, downloads and memory.
//!
//! Knows the report and how a terminal lays it out; asks nobody about the build. Part of the summary.

use std::io::{self, Write};

use super::escape;
use super::table::{Align, HEAD, Table, plural, section};
use crate::analyze::job::forensics::{Evidence, Fits, Limit, OutOfMemory, Victim, Whose};
use crate::analyze::job::{Death, Download, GoCommand, Job, Memory, Share, Test, Waits};
use crate::units::{Nanos, Percent};

/// Writes what is known of a job, with at most this many rows in each table.
///
/// # Errors
/// Those of `out`.
pub(super) fn write(job: &Job, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    head(job, out)?;
    commands(job, out)?;
    account(job, out)?;
    tests(&job.tests, rows, out)?;
    downloads(job, rows, out)?;
    memory(&job.memory, out)?;
    if let Some(answer) = &job.out_of_memory {
        out_of_memory(answer, out)?;
    }
    for what in &job.not_seen {
        writeln!(out, "\nNot seen: {}", escape::terminal(what))?;
    }
    Ok(())
}

fn head(job: &Job, out: &mut dyn Write) -> io::Result<()> {
    let cpu = job.cpu.map(|cpu| format!(", {cpu} CPU")).unwrap_or_default();
    writeln!(out, "{HEAD}Job: {}{HEAD:#}", escape::terminal(&job.line))?;
    writeln!(out, "   {} wall{cpu}, {}; in {}", job.wall, ending(job.death), escape::terminal(&job.dir))
}

/// How a process ended, in words.
pub(super) fn ending(death: Option<Death>) -> String {
    match death {
        Some(Death::Exited(code)) => format!("exit code {code}"),
        Some(Death::Killed(signal)) => format!("killed by signal {signal}"),
        None => String::from("still running when the trace ends"),
    }
}

/// More than one is worth a list: who called whom.
fn commands(job: &Job, out: &mut dyn Write) -> io::Result<()> {
    if job.commands.len() < 2 {
        return Ok(());
    }
    section("Go commands of the job", out)?;
    let mut table =
        Table::new(&[("", Align::Right), ("wall", Align::Right), ("ended", Align::Left), ("command", Align::Left)]);
    for GoCommand { number, line, depth, wall, death } in &job.commands {
        let wall = wall.map_or_else(|| String::from("-"), |wall| wall.to_string());
        let ended = if *death == Some(Death::Exited(0)) {
            String::new()
        } else {
            death.map(|death| ending(Some(death))).unwrap_or_default()
        };
        table.row([number.to_string(), wall, ended, format!("{}{}", "  ".repeat(*depth), escape::terminal(line))]);
    }
    table.write(out)
}

fn account(job: &Job, out: &mut dyn Write) -> io::Result<()> {
    section("Where the wall time went", out)?;
    account_table(job).write(out)
}

pub(super) fn account_table(job: &Job) -> Table {
    let mut table = Table::new(&[("", Align::Left), ("wall", Align::Right), ("share", Align::Right)]);
    for (share, wall) in job.account.iter().filter(|(_, wall)| *wall > Nanos(0)) {
        table.row([words(*share).to_owned(), wall.to_string(), Percent::of(wall.0, job.wall.0).to_string()]);
    }
    table
}

const fn words(share: Share) -> &'static str {
    match share {
        Share::Tools => "Go's tools at work",
        Share::CCompilers => "only C compilers",
        Share::Tests => "only tests",
        Share::Program => "only the program of go run",
        Share::Downloads => "only module downloads",
        Share::Loading => "only loading of packages",
        Share::Cache => "only the build cache and go itself",
        Share::Recording => "gotrace itself",
        Share::Unexplained => "go, not known at what",
        Share::Outside => "no go command",
    }
}

fn tests(tests: &[Test], rows: usize, out: &mut dyn Write) -> io::Result<()> {
    if tests.is_empty() {
        return Ok(());
    }
    let cached = tests.iter().filter(|test| test.cached).count();
    let ran: Vec<&Test> = tests.iter().filter(|test| !test.cached).collect();
    section("Tests", out)?;
    let wall: Nanos = ran.iter().map(|test| test.wall).sum();
    writeln!(
        out,
        "  {} ran in {wall}, {cached} came from the build cache",
        plural(ran.len() as u64, "test binary", "test binaries")
    )?;
    let mut table = Table::new(&[("package", Align::Left), ("wall", Align::Right)]);
    for test in ran.iter().take(rows) {
        table.row([escape::terminal(&test.package).into_owned(), test.wall.to_string()]);
    }
    if ran.is_empty() { Ok(()) } else { table.write(out) }
}

fn downloads(job: &Job, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    if job.downloads.is_empty() {
        return Ok(());
    }
    section("Module downloads", out)?;
    let Waits { proxy, checksums } = job.waits;
    writeln!(out, "  go waited {proxy} for module servers, {checksums} for the checksum database")?;
    let head = [
        ("module", Align::Left),
        ("zip file", Align::Right),
        ("go.mod, versions", Align::Right),
        ("unpacking", Align::Right),
    ];
    let mut table = Table::new(&head);
    for Download { module, download, fetch, unzip } in job.downloads.iter().take(rows) {
        table.row([escape::terminal(module).into_owned(), download.to_string(), fetch.to_string(), unzip.to_string()]);
    }
    table.write(out)?;
    let more = job.downloads.len().saturating_sub(rows);
    if more > 0 { writeln!(out, "  … and {more} more (--rows N shows more)") } else { Ok(()) }
}

fn memory(memory: &Memory, out: &mut dyn Write) -> io::Result<()> {
    let Some(peak) = memory.peak else { return Ok(()) };
    section("Memory of the job", out)?;
    writeln!(
        out,
        "  at most {peak} resident in {} at a time, {} after the start",
        plural(memory.peak_processes, "process", "processes"),
        memory.peak_at
    )?;
    let limits = [
        memory.limits.cgroup.map(|limit| format!("the cgroup's limit is {limit}")),
        memory.limits.address_space.map(|limit| format!("ulimit -v is {limit}")),
        memory.limits.memory.map(|total| format!("the machine has {total}")),
        memory.least_available.map(|least| format!("{least} could still be had at the least")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        writeln!(out, "  {}", limits.join("; "))?;
    }
    if let Some(stalled) = memory.stalled.filter(|stalled| *stalled > Nanos(0)) {
        writeln!(out, "  some process waited for memory for {stalled}")?;
    }
    Ok(())
}

pub(super) fn out_of_memory(answer: &OutOfMemory, out: &mut dyn Write) -> io::Result<()> {
    section("Out of memory", out)?;
    match answer.evidence {
        Evidence::Counted(kills) => {
            writeln!(
                out,
                "  killed by the OOM killer: {}, by the kernel's count",
                plural(kills, "process", "processes")
            )?;
        }
        Evidence::Signal => {
            writeln!(
                out,
                "  killed by SIGKILL: by the OOM killer, unless somebody sent it (no cgroup counted a kill)"
            )?;
        }
    }
    for Victim { tool, package, peak } in &answer.victims {
        writeln!(out, "  {} {}, which had {peak}", escape::terminal(tool), escape::terminal(package))?;
    }
    if let Some(Limit { bytes, of }) = answer.limit {
        let whose = match of {
            Whose::Cgroup => "the cgroup's limit is",
            Whose::Machine => "the machine has",
        };
        let then = answer.rss.map(|rss| format!("; the whole job had {rss} in the second before")).unwrap_or_default();
        writeln!(out, "  {whose} {bytes}{then}")?;
    }
    match answer.fits {
        Some(Fits { at_a_time: 0, peaks }) => {
            writeln!(
                out,
                "  no -p is small enough: the largest tool run alone has {peaks}; it takes more memory, or GOGC=50"
            )
        }
        Some(Fits { at_a_time, peaks }) => writeln!(
            out,
            "  -p {at_a_time} would have fitted: the {at_a_time} largest tool runs of the trace have {peaks} at their peaks, and a tenth \
             is left for go"
        ),
        None => Ok(()),
    }
}
