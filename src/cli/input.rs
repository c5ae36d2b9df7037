//! Opens traces and reads them into what an analysis needs, with a list of everything odd.
//!
//! Holds both ends: files on one side, the model on the other. Nothing that a trace says can make it fail; only a trace that
//! cannot be opened does.

use std::io;
use std::path::{Path, PathBuf};

use super::args::{Choice, TraceArgs};
use super::exit::{Failure, reason};
use crate::analyze::tally::{Commands, Tally};
use crate::build::{Action, Aside, Build, Catalog, CommandId, Detail, Kept, Pairing, Reading};
use crate::trace::{Block, Delivery, Note, Problem, Source, TRACE_NAME, for_each_block, note_beside, note_in_temp};

/// Problems beyond this are counted.
const PROBLEMS_SHOWN: usize = 5;

/// What was odd in the traces: the first problems in words, the others as a number.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    shown: Vec<Problem>,
    more: u64,
}

/// Reads the sums of all traces.
///
/// # Errors
/// A trace cannot be opened.
pub(crate) fn tally(
    args: &TraceArgs,
    commands: Commands,
    detail: Detail,
) -> Result<(Catalog, Tally, Problems), Failure> {
    let mut tally = Tally::new(commands);
    let (catalog, problems) =
        stream(open_all(&args.traces)?, &args.traces, detail, |action, aside| tally.add(&action, aside.phases));
    Ok((catalog, tally, problems))
}

/// What there is to say of a trace: sums, which are always small, and the actions themselves where they are not too many.
pub(crate) struct Everything {
    /// Without actions where there are too many.
    pub(crate) build: Build,
    pub(crate) tally: Tally,
    pub(crate) problems: Problems,
}

/// A larger trace is only summed up: what is asked of a build as a whole needs it in memory as a whole.
const MOST_BYTES: u64 = 256 << 20;
const MOST_ACTIONS: usize = 300_000;

/// Reads sums and actions.
///
/// # Errors
/// A trace cannot be opened.
pub(crate) fn everything(args: &TraceArgs, commands: Commands) -> Result<Everything, Failure> {
    everything_of(&args.traces, commands)
}

/// The same of traces that are named otherwise.
///
/// # Errors
/// A trace cannot be opened.
pub(crate) fn everything_of(traces: &[PathBuf], commands: Commands) -> Result<Everything, Failure> {
    let bytes = traces.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum();
    Ok(read_everything(open_all(traces)?, traces, commands, bytes))
}

/// The same of a trace from some place on.
///
/// # Errors
/// The trace cannot be opened.
pub(crate) fn everything_from(trace: &Path, offset: u64, commands: Commands) -> Result<Everything, Failure> {
    let bytes = std::fs::metadata(trace).map_or(0, |file| file.len().saturating_sub(offset));
    Ok(read_everything(vec![open(trace, offset)?], &[trace.to_path_buf()], commands, bytes))
}

fn read_everything(sources: Vec<Source>, traces: &[PathBuf], commands: Commands, bytes: u64) -> Everything {
    let mut tally = Tally::new(commands);
    let mut kept = (bytes <= MOST_BYTES).then(Vec::new);
    let detail = if kept.is_some() { Detail::Figures } else { Detail::Phases };
    let (catalog, problems) = stream(sources, traces, detail, |action, aside| {
        tally.add(&action, aside.phases);
        if let Some(actions) = kept.as_mut().filter(|actions| actions.len() < MOST_ACTIONS) {
            actions.push((action, Kept::of(&action, aside)));
        } else {
            kept = None;
        }
    });
    Everything { build: Build::new(catalog, kept.unwrap_or_default()), tally, problems }
}

/// Reads all actions of all traces, and as much of each as `detail` says.
///
/// # Errors
/// A trace cannot be opened.
pub(crate) fn build(args: &TraceArgs, detail: Detail) -> Result<(Build, Problems), Failure> {
    let mut collected = Vec::new();
    let (catalog, problems) = stream(open_all(&args.traces)?, &args.traces, detail, |action, aside| {
        collected.push((action, Kept::of(&action, aside)));
    });
    Ok((Build::new(catalog, collected), problems))
}

/// Reads both: the sums of all traces and all their actions, as much of each as `detail` says.
///
/// # Errors
/// A trace cannot be opened.
pub(crate) fn whole(args: &TraceArgs, commands: Commands, detail: Detail) -> Result<(Build, Tally, Problems), Failure> {
    let (mut tally, mut collected) = (Tally::new(commands), Vec::new());
    let (catalog, problems) = stream(open_all(&args.traces)?, &args.traces, detail, |action, aside| {
        tally.add(&action, aside.phases);
        let kept = if detail >= Detail::Calls { Kept::whole(aside) } else { Kept::of(&action, aside) };
        collected.push((action, kept));
    });
    Ok((Build::new(catalog, collected), tally, problems))
}

/// Commands are kept apart where one of them is asked for.
pub(crate) const fn commands(args: &TraceArgs) -> Commands {
    if args.command.is_some() { Commands::Apart } else { Commands::Merged }
}

/// The command that `--command` names. The last one of none is none, so that a job may always ask for it.
///
/// # Errors
/// The trace has no command with this number.
pub(crate) fn command(args: &TraceArgs, catalog: &Catalog) -> Result<Option<CommandId>, Failure> {
    numbered(&catalog.commands_by_time(), args.command, &args.traces)
}

/// The same of commands that stand in order, out of these traces.
///
/// # Errors
/// There is none with this number.
pub(crate) fn numbered(
    commands: &[CommandId],
    choice: Option<Choice>,
    traces: &[PathBuf],
) -> Result<Option<CommandId>, Failure> {
    let number = match choice {
        None => return Ok(None),
        Some(Choice::Last) => return Ok(commands.last().copied()),
        Some(Choice::Number(number)) => number.get(),
    };
    commands.get(number - 1).copied().map(Some).ok_or_else(|| {
        let count = match commands.len() {
            0 => String::from("is none"),
            1 => String::from("is only one"),
            count => format!("are {count}"),
        };
        Failure::new(format!("there is no go command {number}: there {count} in {}", named(traces)))
            .hint("`gotrace summary` lists them, and `--command last` takes the last one")
    })
}

fn named(traces: &[PathBuf]) -> String {
    traces.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

fn open_all(traces: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    traces.iter().map(|path| open(path, 0)).collect()
}

fn stream(
    sources: Vec<Source>,
    traces: &[PathBuf],
    detail: Detail,
    mut deliver: impl FnMut(Action, Aside<'_>),
) -> (Catalog, Problems) {
    let names: Vec<String> = sources.iter().map(|source| source.name().to_owned()).collect();
    let mut problems = Problems::default();
    let mut pairing = Pairing::default();
    let mut lines = vec![0; names.len()];
    let reading = Reading::new(detail);
    let read = |block: &Block| (block.source, reading.part(block.source, block.text));
    for_each_block(sources, read, |delivery| match delivery {
        Delivery::Mapped((source, part)) => {
            for (line, what) in &part.problems {
                problems.add(format!("{}: line {}", names[source], lines[source] + line), what.clone());
            }
            lines[source] += part.lines;
            reading.take(&mut pairing, part, &mut deliver);
        }
        Delivery::Broken { source, error } => {
            let beyond = if lines[source] > 0 { format!(" beyond line {}", lines[source]) } else { String::new() };
            problems.add(names[source].clone(), format!("cannot be read{beyond}: {}", reason(&error.to_string())));
        }
    });
    reading.finish(pairing, &mut deliver);
    for path in traces {
        problems.add_notes(path);
    }
    (reading.into_catalog(), problems)
}

/// Opens a trace from this byte on.
///
/// # Errors
/// It cannot be opened.
pub(crate) fn open(path: &Path, offset: u64) -> Result<Source, Failure> {
    Source::open_at(path, offset).map_err(|error| {
        let (why, hint) = match error.kind() {
            io::ErrorKind::NotFound => (missing(path), Some(how_to_get(path))),
            io::ErrorKind::IsADirectory => (String::from("it is a directory"), Some(which_file(path))),
            io::ErrorKind::PermissionDenied => {
                let hint = format!("another user may have recorded it: `ls -l {}` shows who", path.display());
                (reason(&error.to_string()).to_owned(), Some(hint))
            }
            _ => (reason(&error.to_string()).to_owned(), None),
        };
        let failure = Failure::new(format!("cannot read the trace {}: {why}", path.display()));
        hint.into_iter().fold(failure, Failure::hint)
    })
}

/// Looking in the wrong directory is what happens to everybody, so the directory is named.
fn missing(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match absolute.parent() {
        Some(parent) if parent.is_dir() => format!("there is no such file in {}", parent.display()),
        Some(parent) => format!("there is no directory {}", parent.display()),
        None => String::from("there is no such file"),
    }
}

fn how_to_get(path: &Path) -> String {
    let mut notes = Problems::default();
    notes.add_notes(path);
    match notes.shown.first() {
        Some(note) => note.what.clone(),
        None => String::from(
            "record one with `go build -toolexec gotrace ./...`, which writes trace.jsonl where go is started, or name another",
        ),
    }
}

fn which_file(directory: &Path) -> String {
    let inside = directory.join(TRACE_NAME);
    if inside.is_file() { format!("did you mean {}?", inside.display()) } else { String::from("name the trace in it") }
}

impl Problems {
    fn add(&mut self, place: String, what: String) {
        if self.shown.len() < PROBLEMS_SHOWN {
            self.shown.push(Problem { place, what });
        } else {
            self.more += 1;
        }
    }

    /// What the shim could not write into this trace it noted elsewhere: beside it, where every note is about it even after
    /// both were moved, or in the temporary folder, where the notes of all traces are.
    fn add_notes(&mut self, trace: &Path) {
        let absolute = std::path::absolute(trace).unwrap_or_else(|_| trace.to_path_buf());
        let beside = note_beside(trace);
        self.add_notes_of(trace, &beside, |_| true);
        self.add_notes_of(trace, &note_in_temp(), |of| of == absolute.to_str());
    }

    fn add_notes_of(&mut self, trace: &Path, place: &Path, is_mine: impl Fn(Option<&str>) -> bool) {
        let mine: Vec<_> = Note::all_in(place).into_iter().filter(|note| is_mine(note.trace.as_deref())).collect();
        let Some(first) = mine.first() else { return };
        let times = if mine.len() == 1 { String::from("once") } else { format!("{} times", mine.len()) };
        let (what, why, place) = (&first.what, reason(&first.reason), place.display());
        self.add(
            trace.display().to_string(),
            format!("the shim noted {times} while recording: {what}: {why} (in {place})"),
        );
    }

    /// One line each, the last one for those that are only counted.
    #[must_use]
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.shown.iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect();
        if self.more > 0 {
            lines.push(format!("and {} more problem{}", self.more, if self.more == 1 { "" } else { "s" }));
        }
        lines
    }
}
