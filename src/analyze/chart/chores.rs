//! What the jobs of a trace tell besides tool runs, as the timeline takes it: what go commands did themselves, and what was
//! seen of the machine.
//!
//! Knows which of these are worth a bar and what to say of each; does not know where it will stand.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::analyze::job::module_of_file;
use crate::analyze::timeline::{Chore, ChoreRun, Watched};
use crate::build::{Anchor, Build, Command, CommandId, Doing, Sample, Session, Span};
use crate::units::Nanos;

/// More names than this are counted.
const NAMES_TOLD: usize = 6;

/// What the go commands did themselves, or only one of them; about everything, or only what matches.
#[must_use]
pub fn of(build: &Build, only: Option<CommandId>, package: Option<&Regex>) -> Vec<ChoreRun> {
    let wanted = build.catalog.commands.iter().filter(|(id, _)| only.is_none_or(|only| only == *id));
    wanted.flat_map(|(_, command)| of_command(command, package)).collect()
}

/// Files that came at one moment were waited for together, and are one chore: cmd/go does not tell them apart.
fn of_command(command: &Command, package: Option<&Regex>) -> Vec<ChoreRun> {
    let mut together: BTreeMap<(Nanos, Nanos, Doing, String), BTreeSet<String>> = BTreeMap::new();
    for span in command.run.spans.iter().filter(|span| meaning(span.what).is_some()) {
        let object = object(span);
        if package.is_none_or(|pattern| !object.is_empty() && pattern.is_match(&object)) {
            let is_wait = matches!(span.what, Doing::Fetch | Doing::Checksum);
            let alone = if is_wait { String::new() } else { object.clone() };
            together.entry((span.start, span.end, span.what, alone)).or_default().insert(object);
        }
    }
    let run = |((start, end, what, _), names): (_, BTreeSet<String>)| {
        let (chore, says) = meaning(what)?;
        let (label, others) = label(what, &names);
        let says = Some(says).filter(|says| !says.is_empty()).map(str::to_owned);
        let (start, end) = (command.on_calendar(start), command.on_calendar(end));
        Some(ChoreRun { start, end, chore, label, details: says.into_iter().chain(others).collect() })
    };
    together.into_iter().filter_map(run).collect()
}

/// The kind of a chore, and what is to be said of it. An action is its tools, and `build` and `command` are what the others
/// are parts of.
const fn meaning(what: Doing) -> Option<(Chore, &'static str)> {
    Some(match what {
        Doing::Load => (Chore::Load, "which packages there are, and what they import"),
        Doing::Download => (Chore::Download, "its zip file"),
        Doing::Fetch => (Chore::Download, "go.mod files and versions, until they were there"),
        Doing::Checksum => (Chore::Download, "answers of the checksum database, until they were there"),
        Doing::Unzip => (Chore::Download, "unpacked"),
        Doing::Query => (Chore::Download, "asked which versions there are"),
        Doing::Cache => (Chore::Cache, ""),
        Doing::Test => (Chore::Test, ""),
        Doing::CachedTest => (Chore::Test, "its result came from the build cache"),
        Doing::Program => (Chore::Program, ""),
        Doing::Action | Doing::Build | Doing::Command => return None,
    })
}

/// The package or module that a span is about, if it is about one.
fn object(span: &Span) -> String {
    match span.what {
        Doing::Download | Doing::Unzip | Doing::Fetch => module_of_file(&span.object),
        Doing::Query => span.object.replacen(' ', "@", 1),
        Doing::Checksum => span.object.rsplit_once("/lookup/").map_or("checksums", |(_, module)| module).to_owned(),
        _ => span.object.clone(),
    }
}

/// One name for all of them, and the first ones as lines where there are several.
fn label(what: Doing, names: &BTreeSet<String>) -> (String, Vec<String>) {
    let first = match (names.first().map_or("", String::as_str), what) {
        ("", Doing::Load) => "loading packages",
        ("", Doing::Program) => "go run",
        (name, _) => name,
    };
    if names.len() <= 1 {
        return (first.to_owned(), Vec::new());
    }
    let more = names.len().saturating_sub(NAMES_TOLD);
    let rest = (more > 0).then(|| format!("and {more} more"));
    (format!("{first} and {} more", names.len() - 1), names.iter().take(NAMES_TOLD).cloned().chain(rest).collect())
}

/// What was seen from one sample to the next, on the calendar as everything else.
#[must_use]
pub fn watched(build: &Build) -> Vec<Watched> {
    build.catalog.sessions.iter().flat_map(|(_, session)| of_session(session)).collect()
}

fn of_session(session: &Session) -> Vec<Watched> {
    let anchor = Anchor { monotonic: session.start, epoch: session.epoch };
    let mut samples = session.samples.clone();
    samples.sort_unstable();
    let pair = |pair: &[Sample]| {
        let [from, to] = pair else { return None };
        let busy = from.host_busy.zip(to.host_busy).map(|(before, after)| after.since(before));
        let busy = busy.map(|busy| without_ticks(busy, to.at.since(from.at), session.limits.cpus.unwrap_or(0)));
        Some(Watched { start: anchor.epoch_of(from.at), end: anchor.epoch_of(to.at), rss: from.rss, busy })
    };
    // The last sample stands for what is left of the job: less than until the next one.
    let last = samples.last().zip(session.ending).map(|(last, ending)| Watched {
        start: anchor.epoch_of(last.at),
        end: anchor.epoch_of(ending.end),
        rss: last.rss,
        busy: None,
    });
    samples.windows(2).filter_map(pair).chain(last).collect()
}

/// The kernel counts in ticks of 10 ms, so a short stretch may seem to have had more than all processors.
fn without_ticks(busy: Nanos, length: Nanos, cpus: u64) -> Nanos {
    let all = Nanos(length.0.saturating_mul(cpus));
    let is_near = busy.since(all) <= Nanos(cpus.saturating_mul(20_000_000));
    if is_near { busy.min(all) } else { busy }
}
