//! `gotrace diff`: what changed between two builds, and whether limits hold.

use std::path::{Path, PathBuf};

use super::profile;
use crate::analyze::diff::limit::{State, judge};
use crate::analyze::diff::run::{Run, run as run_of};
use crate::analyze::diff::{diff, limit::Ruling};
use crate::analyze::tally::Tally;
use crate::build::{Build, CommandId, Detail};
use crate::cli::args::{Choice, DiffArgs, DiffFormat, TraceArgs};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::input::Problems;
use crate::cli::{input, output};
use crate::render::diff::{self as page, Page, benchmark, github, json};

/// A table that is longer is not read.
const ROWS_ON_A_SCREEN: usize = 10;

/// Compares.
///
/// # Errors
/// A trace cannot be read, there are too few of them, or the report not be written.
pub(crate) fn run(args: &DiffArgs) -> Result<Exit, Stop> {
    let (old, new) = sides(args)?;
    let (old, old_problems) = read(&old, args)?;
    let (new, new_problems) = read(&new, args)?;
    let all: Vec<&Problems> = old_problems.iter().chain(&new_problems).collect();
    all.iter().for_each(|problems| output::problems(problems));
    let lines: Vec<String> = all.iter().flat_map(|problems| problems.lines()).collect();
    let diff = diff(&old, &new);
    let rulings = judge(&args.fail_over, &diff);
    let rows = args.rows.unwrap_or(if args.format == DiffFormat::Json { usize::MAX } else { ROWS_ON_A_SCREEN });
    let shown = Page { diff: &diff, rulings: &rulings, rows, problems: &lines };
    let file = args.output.as_deref();
    match args.format {
        DiffFormat::Text if file.is_none() => output::coloured(|out| page::text(&shown, out))?,
        DiffFormat::Text => output::plain(file, |out| page::text(&shown, out))?,
        DiffFormat::Markdown => output::report(file, |out| page::markdown(&shown, out))?,
        DiffFormat::Json => output::report(file, |out| json::write(&shown, out))?,
        DiffFormat::Benchstat => output::report(file, |out| benchmark::write(&old, &new, out))?,
    }
    if args.github {
        annotate(&rulings, args)?;
    }
    Ok(if rulings.iter().any(|ruling| ruling.state == State::Exceeded) { Exit::GateFailed } else { Exit::Fine })
}

/// Annotations are read from both streams of a step; they go where the report does not.
fn annotate(rulings: &[Ruling], args: &DiffArgs) -> Result<(), Stop> {
    if args.output.is_some() {
        return output::report(None, |out| github::write(rulings, out));
    }
    output::beside(|out| github::write(rulings, out));
    Ok(())
}

/// The traces of each side.
fn sides(args: &DiffArgs) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let (old, new) = match args.traces.as_slice() {
        [] => (args.old.clone(), args.new.clone()),
        [old, new] if args.old.is_empty() && args.new.is_empty() => (vec![old.clone()], vec![new.clone()]),
        _ => (Vec::new(), Vec::new()),
    };
    if old.is_empty() || new.is_empty() {
        let failure = Failure::new("a comparison needs an old and a new trace");
        return Err(failure.hint(
            "`gotrace diff old.jsonl new.jsonl`, or several runs of each: `gotrace diff --old a.jsonl b.jsonl --new c.jsonl d.jsonl`",
        ));
    }
    Ok((old, new))
}

/// Each trace is a run.
fn read(traces: &[PathBuf], args: &DiffArgs) -> Result<(Vec<Run>, Vec<Problems>), Failure> {
    let runs: Result<Vec<(Run, Problems)>, Failure> = traces.iter().map(|path| one(path, args.command)).collect();
    Ok(runs?.into_iter().unzip())
}

/// A trace that was read.
pub(super) struct Read {
    pub(super) build: Build,
    pub(super) tally: Tally,
    /// The go command that is asked about.
    pub(super) command: Option<CommandId>,
    pub(super) problems: Problems,
}

/// A trace as a run.
///
/// # Errors
/// It cannot be read, or no tool ran in it.
pub(super) fn one(path: &Path, command: Option<Choice>) -> Result<(Run, Problems), Failure> {
    let Read { build, tally, command, problems } = read_one(path, command, Detail::Calls)?;
    let run = run_of(&path.display().to_string(), &build, &tally, command);
    if run.totals.actions == 0 {
        return Err(Failure::new(format!("no tool ran in {}: there is nothing to compare", path.display()))
            .hint("everything came from the build cache; `go build -a`, or an empty GOCACHE, builds all of it"));
    }
    Ok((run, problems))
}

/// A trace that is to be compared with others, as much of it as `detail` says; maybe without any tool.
///
/// # Errors
/// It cannot be read.
pub(super) fn read_one(path: &Path, command: Option<Choice>, detail: Detail) -> Result<Read, Failure> {
    let trace = TraceArgs { traces: vec![path.to_path_buf()], command };
    if profile::named(&trace.traces)?.is_some() {
        let failure = Failure::new(format!("{} is a profile: traces are compared", path.display()));
        return Err(failure.hint("`go tool pprof -diff_base old.pb.gz new.pb.gz` compares profiles"));
    }
    let (build, tally, problems) = input::whole(&trace, input::commands(&trace), detail)?;
    let command = input::command(&trace, &build.catalog)?;
    Ok(Read { build, tally, command, problems })
}
