//! `gotrace history`: how the cost of a project went over many traces.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::diff::{self, Read};
use crate::analyze::diff::run::sums;
use crate::analyze::history::keys::Keys;
use crate::analyze::history::{Past, history};
use crate::analyze::summary;
use crate::build::Detail;
use crate::cli::args::{HistoryArgs, HistoryFormat};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::output;
use crate::render::history::{self as page, Page};

/// A table that is longer is not read.
const ROWS: usize = 20;

/// Tells it.
///
/// # Errors
/// There is no trace, one cannot be read, or the report not be written.
pub(crate) fn run(args: &HistoryArgs) -> Result<Exit, Stop> {
    let traces = traces(&args.traces)?;
    let (mut past, mut keys) = (Vec::new(), Keys::default());
    let mut empty = 0;
    for trace in &traces {
        let Read { build, tally, command, problems } = diff::read_one(trace, None, Detail::Inputs)?;
        output::problems(&problems);
        let run = sums(&trace.display().to_string(), &build, &tally, command);
        if run.totals.actions == 0 {
            empty += 1;
            continue;
        }
        let began = summary::commands(&build.catalog, &tally, command).iter().filter_map(|row| row.started).min();
        keys.add(&build);
        past.push(Past { began, run });
    }
    if empty > 0 {
        output::say(&format!("gotrace: no tool ran in {empty} of {} traces, which are left out", traces.len()));
    }
    if past.is_empty() {
        return Err(Failure::new("no tool ran in any of the traces: there is no history to tell").into());
    }
    let history = history(past, keys);
    let all = matches!(args.format, HistoryFormat::Json);
    let shown = Page { history: &history, rows: args.rows.unwrap_or(if all { usize::MAX } else { ROWS }) };
    let file = args.output.as_deref();
    match args.format {
        HistoryFormat::Text if file.is_none() => output::coloured(|out| page::text(&shown, out))?,
        HistoryFormat::Text => output::plain(file, |out| page::text(&shown, out))?,
        HistoryFormat::Markdown => output::report(file, |out| page::markdown(&shown, out))?,
        HistoryFormat::Json => output::report(file, |out| page::json(&shown, out))?,
        HistoryFormat::Svg => output::report(file, |out| page::svg(&shown, out))?,
    }
    Ok(Exit::Fine)
}

/// The traces that are named, and all in the directories that are.
fn traces(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut traces = Vec::new();
    for path in named {
        if path.is_dir() {
            let before = traces.len();
            below(path, &mut traces)
                .map_err(|error| Failure::new(format!("cannot look for traces in {}: {error}", path.display())))?;
            if traces.len() == before {
                let failure = Failure::new(format!("there is no trace in {}", path.display()));
                return Err(failure.hint("traces are files that end in .jsonl or .jsonl.gz"));
            }
        } else {
            traces.push(path.clone());
        }
    }
    Ok(traces)
}

/// In the order of names, so that it is the same each time.
fn below(directory: &Path, traces: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            below(&entry.path(), traces)?;
        } else if is_trace(&entry.file_name()) {
            traces.push(entry.path());
        }
    }
    Ok(())
}

fn is_trace(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")
}
