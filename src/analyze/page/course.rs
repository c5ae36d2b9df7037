//! What decided how long a go command took, as sections, and as marks in the timeline.
//!
//! Knows the course of one command, the longest of the trace; asks nobody else.

use std::collections::{BTreeSet, HashMap};

use super::Marks;
use super::runs::Window;
use super::section::{Bars, Block, Cell, Part, Section, Table, Tone};
use crate::analyze::course::Course;
use crate::analyze::course::account::{self, Load};
use crate::analyze::course::advice::Advice;
use crate::analyze::course::cache::Cache;
use crate::analyze::course::granted::{Granted, Throttled};
use crate::analyze::course::memory::Memory;
use crate::analyze::course::path::{CriticalPath, LIMIT};
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// So many idle windows are listed.
pub(super) const WINDOWS: usize = 12;

/// Where the critical path and the windows are in the build.
pub(super) fn marks(course: &Course) -> Marks {
    let critical: BTreeSet<usize> = course.path.steps.iter().flat_map(|step| step.runs.iter().copied()).collect();
    let window = |stretch: &account::Stretch| {
        let (start, end) = (course.begin + stretch.start, course.begin + stretch.end);
        Window { command: course.command, start, end, kind: stretch.load }
    };
    Marks { critical, windows: course.account.strip.iter().map(window).collect() }
}

/// Of each package the least slack of its steps.
pub(super) fn slack(course: &Course) -> HashMap<&str, Nanos> {
    // The least comes first.
    course.slack.iter().rev().map(|step| (step.package.as_str(), step.slack)).collect()
}

/// What there is to tell; of which command, where there are several.
pub(super) fn sections(course: &Course, commands: usize) -> Vec<Section> {
    let of = if commands > 1 { format!(" of command {}: {}", course.number, course.line) } else { String::new() };
    let mut sections = Vec::new();
    sections.extend((!course.advice.is_empty()).then(|| advice(&course.advice, course.account.wall, &of)));
    sections.push(workers(course, &of));
    sections.push(path(&course.path, &of));
    sections.push(memory(&course.memory, &of));
    sections.extend((!course.caches.is_empty()).then(|| cache(&course.caches)));
    sections
}

/// Nothing stands out less than a zero.
fn some(time: Nanos) -> Cell {
    if time == Nanos::ZERO { Cell::Nothing } else { Cell::Time(time) }
}

fn advice(advice: &[Advice], wall: Nanos, of: &str) -> Section {
    let row = |advice: &Advice| {
        vec![
            Cell::Text(advice.what.clone()),
            advice.gain.map_or(Cell::Nothing, Cell::Time),
            advice.gain.map_or(Cell::Nothing, |gain| Cell::Share(gain.percent_of(wall))),
            Cell::Text(advice.evidence.join(" ")),
            Cell::Text(advice.caveat.to_owned()),
        ]
    };
    let heads = ["change", "gain", "share", "what was seen", "what to keep in mind"];
    let table = Table::new(format!("Changes{of}, the largest gain first"), &heads, advice.iter().map(row).collect())
        .explain("gain", "how much less the command would take, about: by running it once more on paper")
        .explain("share", "of the command’s wall time");
    Section::of_table("advice", "What could be changed", &[], table)
}

fn workers(course: &Course, of: &str) -> Section {
    let account = &course.account;
    let part = |(load, time): &(Load, Nanos)| Part {
        name: load.name().to_owned(),
        what: load.what().to_owned(),
        time: *time,
        tone: Tone::Window(*load),
    };
    let parts = account.shares.iter().map(part).collect();
    let row = |window: &account::Window| {
        let ran: Vec<String> = window.ran.iter().take(3).map(|(name, time)| format!("{name} {time}")).collect();
        let more = window.ran.len().saturating_sub(3);
        let more = if more > 0 { format!(", {more} more") } else { String::new() };
        vec![
            Cell::Text(window.load.name().to_owned()),
            Cell::Time(window.start),
            Cell::Time(window.end.since(window.start)),
            some(window.gain),
            Cell::Text(ran.join(", ") + &more),
        ]
    };
    let windows = account.windows.iter().map(row).collect();
    let table =
        Table::new("Where workers were idle for longest", &["load", "after", "length", "gain", "what ran"], windows)
            .explain("gain", "how much faster the command would be if idle workers had done later work then");
    let known =
        if account.workers_are_known { "" } else { " (the most that ran: how many go had is not in the trace)" };
    let bars =
        Bars { caption: format!("Wall time{of}, by how busy its {} workers were{known}", account.workers), parts };
    let mut blocks = vec![Block::Bars(bars)];
    blocks.extend((!table.rows.is_empty()).then_some(Block::Table(table)));
    let mut lead = vec![format!("The go command ran up to {} actions at a time{known}.", account.workers)];
    if let Some(granted) = &course.granted {
        lead.push(granted.words());
        blocks.extend((!granted.throttled.is_empty()).then(|| Block::Table(throttled(granted))));
    }
    Section { id: "workers", title: String::from("Were the workers busy?"), lead, blocks }
}

fn throttled(granted: &Granted) -> Table {
    let row = |it: &Throttled| vec![Cell::Name(it.package.clone()), Cell::Time(it.wall), Cell::Time(it.idle)];
    let rows = granted.throttled.iter().map(row).collect();
    let heads = ["package", "took", "beside idle processors"];
    let mut table = Table::new("Compiles that were granted one worker beside idle processors", &heads, rows).explain(
        "beside idle processors",
        "go grants a compile its workers when it begins, and no more when others end",
    );
    table.more += granted.more;
    table
}

fn cache(caches: &[Cache]) -> Section {
    let row = |cache: &Cache| {
        vec![
            Cell::Count(cache.command as u64),
            Cell::Count(cache.packages),
            Cell::Count(cache.seen),
            some(cache.cpu),
            if cache.linked == 0 { Cell::Nothing } else { Cell::Count(cache.linked) },
        ]
    };
    let heads = ["command", "packages", "seen compiled", "CPU when last seen", "most in a program"];
    let table = Table::new("What came from the build cache, by go command", &heads, caches.iter().map(row).collect())
        .explain("packages", "that something compiled imports: others are not named in the trace")
        .explain("seen compiled", "by another command of the trace")
        .explain("CPU when last seen", "what compiling these took then")
        .explain("most in a program", "that one link took from the cache, with what lies behind those that are named");
    let lead = if let [cache] = caches { cache.words() } else { Vec::new() };
    Section {
        id: "cache",
        title: String::from("What did the build cache save?"),
        lead,
        blocks: vec![Block::Table(table)],
    }
}

fn path(path: &CriticalPath, of: &str) -> Section {
    let rows = path.steps.iter().map(|step| {
        vec![
            Cell::Name(step.package.clone()),
            Cell::Tool(step.tool.name().to_owned(), step.tool),
            Cell::Time(step.start),
            Cell::Time(step.busy),
            some(step.wait.for_worker),
            some(step.wait.for_go),
            some(step.improvement),
        ]
    });
    let heads = ["package", "tool", "after", "took", "for a worker", "for go", "gain"];
    let table = Table::new(format!("Steps of the critical path{of}, one after the other"), &heads, rows.collect())
        .explain("after", "since the command began")
        .explain("for a worker", "how long it was ready and every worker was busy")
        .explain("for go", "how long it was ready and cmd/go hashed, or looked into its cache")
        .explain("gain", "how much shorter the path would be without it, before another chain decides");
    let lead = vec![
        format!(
            "{} of tools, one after the other, {} of the {} from the first tool to the last: {LIMIT}",
            path.length,
            path.length.percent_of(path.wall),
            path.wall
        ),
        format!(
            "Its steps waited {} for a free worker and {} for go itself.",
            path.waits.for_worker, path.waits.for_go
        ),
    ];
    Section { id: "path", title: String::from("Critical path"), lead, blocks: vec![Block::Table(table)] }
}

fn memory(memory: &Memory, of: &str) -> Section {
    let row = |alive: &crate::analyze::course::memory::Alive| {
        vec![
            Cell::Tool(alive.tool.clone(), ToolKind::of(&alive.tool)),
            Cell::Name(alive.package.clone()),
            Cell::Size(alive.max_rss),
        ]
    };
    let heads = ["tool", "package", "peak RSS"];
    let rows = memory.alive.iter().map(row).collect();
    let table = Table::new(format!("Tools that ran at the peak{of}, the largest first"), &heads, rows);
    let lead = vec![format!("Up to {} after {}: a sum of peaks, which need not have met.", memory.peak, memory.at)];
    Section { id: "memory", title: String::from("Memory at its peak"), lead, blocks: vec![Block::Table(table)] }
}
