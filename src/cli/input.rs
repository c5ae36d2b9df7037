//! Opens traces and reads them into what an analysis needs, with a list of everything odd.
//!
//! Holds both ends: files on one side, the model on the other. Nothing that a trace says can make it fail; only a trace that
//! cannot be opened does.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::TraceArgs;
use super::exit::Failure;
use crate::analyze::tally::{Commands, Tally};
use crate::build::{Action, Build, Catalog, CommandId, Detail, Edges, Pairing, Reading};
use crate::trace::{Block, Delivery, Problem, Source, for_each_block, note_beside, note_in_temp};

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
pub(crate) fn tally(args: &TraceArgs, commands: Commands) -> Result<(Catalog, Tally, Problems), Failure> {
    let mut tally = Tally::new(commands);
    let (catalog, problems) = stream(&args.traces, Detail::Actions, |action, _| tally.add(&action))?;
    Ok((catalog, tally, problems))
}

/// Reads all actions of all traces.
///
/// # Errors
/// A trace cannot be opened.
pub(crate) fn build(args: &TraceArgs) -> Result<(Build, Problems), Failure> {
    let mut collected = Vec::new();
    let (catalog, problems) = stream(&args.traces, Detail::Edges, |action, edges| collected.push((action, edges)))?;
    Ok((Build::new(catalog, collected), problems))
}

/// The command that `--command` names.
///
/// # Errors
/// It is no number of a command.
pub(crate) fn command(args: &TraceArgs, catalog: &Catalog) -> Result<Option<CommandId>, Failure> {
    let Some(wanted) = &args.command else { return Ok(None) };
    let commands = catalog.commands_by_time();
    let found = match (wanted.as_str(), wanted.parse::<usize>()) {
        ("last", _) => commands.last(),
        (_, Ok(number)) if number > 0 => commands.get(number - 1),
        _ => None,
    };
    found.copied().map(Some).ok_or_else(|| {
        Failure::new(format!("there is no go command {wanted} in the trace: it has {}", commands.len()))
            .hint("`gotrace summary` lists them with their numbers; `--command last` takes the last one")
    })
}

fn stream(
    traces: &[PathBuf],
    detail: Detail,
    mut deliver: impl FnMut(Action, Edges),
) -> Result<(Catalog, Problems), Failure> {
    let sources: Vec<Source> = traces.iter().map(|path| open(path)).collect::<Result<_, _>>()?;
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
            pairing.take(part, &mut deliver);
        }
        Delivery::Broken { source, error } => {
            problems.add(names[source].clone(), format!("cannot be read beyond line {}: {error}", lines[source]));
        }
    });
    pairing.finish(&mut deliver);
    for path in traces {
        problems.add_notes(path);
    }
    Ok((reading.into_catalog(), problems))
}

fn open(path: &Path) -> Result<Source, Failure> {
    Source::open(path).map_err(|error| {
        let failure = Failure::new(format!("cannot read the trace {}: {error}", path.display()));
        if error.kind() != std::io::ErrorKind::NotFound {
            return failure;
        }
        let mut notes = Problems::default();
        notes.add_notes(path);
        match notes.shown.first() {
            Some(note) => failure.hint(format!("the shim noted: {}: {}", note.place, note.what)),
            None => failure.hint("record one with `go build -toolexec gotrace ./...`, or name the trace to read"),
        }
    })
}

impl Problems {
    fn add(&mut self, place: String, what: String) {
        if self.shown.len() < PROBLEMS_SHOWN {
            self.shown.push(Problem { place, what });
        } else {
            self.more += 1;
        }
    }

    /// What the shim could not write into this trace it noted elsewhere.
    fn add_notes(&mut self, trace: &Path) {
        let absolute = std::path::absolute(trace).unwrap_or_else(|_| trace.to_path_buf());
        for note in [note_beside(trace), note_in_temp()] {
            let Ok(text) = fs::read_to_string(&note) else { continue };
            let notes = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let mine: Vec<_> = notes.filter(|note| note["trace"].as_str() == absolute.to_str()).collect();
            if let Some(first) = mine.first() {
                let text = |key: &str| first[key].as_str().unwrap_or("?").to_owned();
                let times = if mine.len() == 1 { String::from("once") } else { format!("{} times", mine.len()) };
                let what = format!(
                    "while recording, {}: {} ({times}; noted in {})",
                    text("what"),
                    text("reason"),
                    note.display()
                );
                self.add(trace.display().to_string(), what);
            }
        }
    }

    /// One line each, the last one for those that are only counted.
    #[must_use]
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.shown.iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect();
        if self.more > 0 {
            lines.push(format!("and {} more problems", self.more));
        }
        lines
    }
}
