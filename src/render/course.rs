//! The course of a go command as text: how busy its workers were, what decided, and when memory was short. A part of `text`.

use std::io::{self, Write};

use super::escape;
use super::table::{Align, Table, bar, counted, end_of, section};
use crate::analyze::course::Course;
use crate::analyze::course::account::{Account, Load, Window};
use crate::analyze::course::granted::{Granted, Throttled};
use crate::analyze::course::memory::Memory;
use crate::analyze::course::path::{CriticalPath, LIMIT, PathStep};
use crate::units::Nanos;

/// The heaviest steps of the path are shown; there can be hundreds.
const STEPS: usize = 12;

/// Of a longer name the end is shown.
const NAME_COLUMNS: usize = 50;

/// Tools that ran in a window beyond these columns are only counted.
const RAN_COLUMNS: usize = 72;

/// Advice beyond this is only counted.
const ADVICE: usize = 4;

/// What came from the cache is told of so many commands, the last ones.
const CACHES: usize = 5;

/// Runs at the peak of memory beyond these are only counted.
pub(super) const ALIVE: usize = 4;

/// Writes it; where there are several commands, with the number of this one.
///
/// # Errors
/// Those of `out`.
pub(super) fn write(course: &Course, commands: usize, out: &mut dyn Write) -> io::Result<()> {
    let of = if commands > 1 { format!(" of command {}", course.number) } else { String::new() };
    section(&format!("Workers{of}"), out)?;
    account(&course.account, out)?;
    course.granted.iter().try_for_each(|granted| writeln!(out, "\n  {}", self::granted(granted).join("\n  ")))?;
    section(&format!("Critical path{of}"), out)?;
    path(&course.path, out)?;
    memory(&course.memory, out)?;
    cache(course, out)?;
    advice(course, out)
}

/// The sum, and the compile that idle processors could have made faster the most.
pub(super) fn granted(granted: &Granted) -> Vec<String> {
    let mut words = vec![granted.words()];
    if let Some(Throttled { package, wall, idle }) = granted.throttled.first() {
        let package = end_of(NAME_COLUMNS, &escape::terminal(package));
        let others = granted.throttled.len() - 1 + granted.more;
        let others = if others > 0 { format!(" (and {others} more)") } else { String::new() };
        words.push(format!("{package} had one for {wall}, {idle} of it beside idle processors{others}."));
    }
    words
}

fn cache(course: &Course, out: &mut dyn Write) -> io::Result<()> {
    if course.caches.is_empty() {
        return Ok(());
    }
    section("From the build cache", out)?;
    let hidden = course.caches.len().saturating_sub(CACHES);
    for cache in course.caches.iter().skip(hidden) {
        let command = if course.caches.len() > 1 { format!("command {}: ", cache.command) } else { String::new() };
        writeln!(out, "  {command}{}", cache.words().join("\n  "))?;
    }
    if hidden > 0 { writeln!(out, "  … and {hidden} commands before them") } else { Ok(()) }
}

fn account(account: &Account, out: &mut dyn Write) -> io::Result<()> {
    loads(account).write(out)?;
    if !account.workers_are_known {
        writeln!(out, "  {}", not_known(account))?;
    }
    let idle = idle(account);
    if idle.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  {IDLE}")?;
    windows(&idle).write(out)
}

/// What stands above the windows.
pub(super) const IDLE: &str = "Where workers were idle, and what it would gain to do later work there:";

pub(super) fn not_known(account: &Account) -> String {
    format!("How many workers go had is not in the trace; {} is the most that ran.", account.workers)
}

pub(super) fn loads(account: &Account) -> Table {
    let mut table =
        Table::new(&[("", Align::Left), ("wall", Align::Right), ("share", Align::Right), ("", Align::Left)]);
    for (load, wall) in account.shares {
        let what = words(load, account.workers);
        table.row([what, wall.to_string(), wall.percent_of(account.wall).to_string(), bar(wall, account.wall)]);
    }
    table
}

/// Of a time without any tool nothing is known.
pub(super) fn idle(account: &Account) -> Vec<&Window> {
    account.windows.iter().filter(|window| window.load != Load::Outside).collect()
}

pub(super) fn windows(idle: &[&Window]) -> Table {
    let mut table = Table::new(&[
        ("after", Align::Right),
        ("until", Align::Right),
        ("gain", Align::Right),
        ("what ran", Align::Name),
    ]);
    for window in idle {
        let (start, end, gain) = (window.start.to_string(), window.end.to_string(), window.gain.to_string());
        table.row([start, end, gain, ran(window)]);
    }
    table
}

/// What is a twentieth of the window at least, as far as there is room for it.
fn ran(window: &Window) -> String {
    let least = Nanos(window.end.since(window.start).0 / 20);
    let large = window.ran.iter().filter(|(_, time)| *time >= least);
    let words = large.map(|(name, time)| format!("{} {time}", end_of(NAME_COLUMNS, &escape::terminal(name))));
    let mut columns = 0;
    let shown: Vec<String> = words
        .take_while(|words| {
            columns += words.chars().count() + 2;
            columns <= RAN_COLUMNS
        })
        .collect();
    let more = window.ran.len() - shown.len();
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn words(load: Load, workers: u64) -> String {
    match load {
        Load::Saturated => format!("all {workers} busy"),
        Load::Starved => String::from("some idle, nothing ready"),
        Load::Serial => String::from("one tool alone"),
        Load::Outside => String::from("no tool"),
    }
}

fn path(path: &CriticalPath, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}:", length(path))?;
    writeln!(out, "  {LIMIT}")?;
    writeln!(out, "  {}", tools(path))?;
    let (table, hidden) = steps(path);
    table.write(out)?;
    if let Some(hidden) = hidden {
        writeln!(out, "  {hidden}")?;
    }
    writeln!(out, "  {}", waits(path))
}

pub(super) fn length(path: &CriticalPath) -> String {
    let share = path.length.percent_of(path.wall);
    format!("{} of tools, one after the other ({share} of {} from the first tool to the last)", path.length, path.wall)
}

/// The path by kind of tool.
pub(super) fn tools(path: &CriticalPath) -> String {
    let tools = path.by_tool.iter().map(|(tool, wall)| format!("{} {}", tool.name(), wall.percent_of(path.length)));
    tools.collect::<Vec<_>>().join(", ")
}

pub(super) fn waits(path: &CriticalPath) -> String {
    format!("Its steps waited {} for a free worker, and {} for go itself.", path.waits.for_worker, path.waits.for_go)
}

/// How long a step is that is shown.
fn least_shown(path: &CriticalPath) -> Nanos {
    let mut times: Vec<Nanos> = path.steps.iter().map(|step| step.busy).collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    times.get(STEPS - 1).copied().unwrap_or(Nanos::ZERO)
}

/// The heaviest steps, and how many are between them.
pub(super) fn steps(path: &CriticalPath) -> (Table, Option<String>) {
    let least = least_shown(path);
    let (shown, hidden): (Vec<&PathStep>, Vec<&PathStep>) = path.steps.iter().partition(|step| step.busy >= least);
    let wall: Nanos = hidden.iter().map(|step| step.busy).sum();
    let count = hidden.len() as u64;
    let more = format!("… and {} between them, {wall} together", counted(count, "shorter step"));
    (table(&shown), (count > 0).then_some(more))
}

fn table(steps: &[&PathStep]) -> Table {
    let mut table = Table::new(&[
        ("after", Align::Right),
        ("took", Align::Right),
        ("waited", Align::Right),
        ("gain", Align::Right),
        ("tool", Align::Left),
        ("package", Align::Name),
    ]);
    for step in steps {
        table.row([
            step.start.to_string(),
            step.busy.to_string(),
            if step.wait.length() == Nanos::ZERO { String::new() } else { step.wait.length().to_string() },
            step.improvement.to_string(),
            step.tool.name().to_owned(),
            end_of(NAME_COLUMNS, &escape::terminal(&step.package)),
        ]);
    }
    table
}

fn memory(memory: &Memory, out: &mut dyn Write) -> io::Result<()> {
    section("Memory of tools at its peak", out)?;
    writeln!(out, "  {}", peak(memory))?;
    for alive in memory.alive.iter().take(ALIVE) {
        writeln!(
            out,
            "    {}  {} {}",
            alive.max_rss,
            escape::terminal(&alive.tool),
            end_of(NAME_COLUMNS, &escape::terminal(&alive.package))
        )?;
    }
    let more = memory.alive.len().saturating_sub(ALIVE);
    if more > 0 { writeln!(out, "    … and {more} more") } else { Ok(()) }
}

fn advice(course: &Course, out: &mut dyn Write) -> io::Result<()> {
    if course.advice.is_empty() {
        return Ok(());
    }
    section("What could be changed", out)?;
    for advice in course.advice.iter().take(ADVICE) {
        let share = |gain: Nanos| gain.percent_of(course.account.wall);
        let gain = advice.gain.map(|gain| format!(" ({gain} less, {})", share(gain))).unwrap_or_default();
        writeln!(out, "  {}{gain}", escape::terminal(&advice.what))?;
        for sentence in &advice.evidence {
            writeln!(out, "    {}", escape::terminal(sentence))?;
        }
        writeln!(out, "    {}", advice.caveat)?;
    }
    let more = course.advice.len().saturating_sub(ADVICE);
    if more > 0 { writeln!(out, "  … and {more} more in gotrace report") } else { Ok(()) }
}

pub(super) fn peak(memory: &Memory) -> String {
    format!("up to {} after {}: a sum of peaks, which need not have met", memory.peak, memory.at)
}
