//! `gotrace why`: why was it built again.

use std::path::{Path, PathBuf};

use crate::analyze::why::{Config, why};
use crate::build::{Catalog, CommandId, Detail};
use crate::cli::args::{Format, TraceArgs, WhyArgs};
use crate::cli::exit::{Exit, Stop};
use crate::cli::{input, output};
use crate::render::why::{Scope, json, text};
use crate::trace::TRACE_NAME;

/// A table that is longer is not read.
const ROWS_ON_A_SCREEN: usize = 10;

/// Answers.
///
/// # Errors
/// A trace cannot be read, the command is not there, or the answer cannot be written.
pub(crate) fn run(args: &WhyArgs) -> Result<Exit, Stop> {
    let (mut traces, packages): (Vec<&PathBuf>, Vec<&PathBuf>) = args.words.iter().partition(|word| is_trace(word));
    let default = PathBuf::from(TRACE_NAME);
    if traces.is_empty() {
        traces.push(&default);
    }
    let packages: Vec<String> = packages.iter().map(|package| package.to_string_lossy().into_owned()).collect();
    // What is compared with stands first, so that each command says by its trace which side it is of.
    let traces: Vec<PathBuf> = traces.into_iter().cloned().collect();
    let all = args.since.iter().chain(&traces).cloned().collect();
    let (build, problems) = input::build(&TraceArgs { traces: all, command: args.command }, Detail::Inputs)?;
    output::problems(&problems);
    let order = order(&build.catalog, args.since.len());
    let named = input::numbered(&order.new, args.command, &traces)?;
    let worked = |command: &&CommandId| {
        build.actions.iter().any(|action| action.command == **command && action.package.is_some())
    };
    let asked: Vec<CommandId> = match named {
        Some(command) => vec![command],
        None if args.since.is_empty() => {
            order.new.iter().rev().find(worked).or(order.new.last()).copied().into_iter().collect()
        }
        None => order.new.clone(),
    };
    let is_until_asked = |command: &CommandId| asked.last().is_none_or(|last| last == command);
    let mut commands = order.old;
    let until = order.new.iter().position(is_until_asked).map_or(order.new.len(), |at| at + 1);
    commands.extend(&order.new[..until]);
    let rows = args.rows.unwrap_or(match args.format {
        Format::Text if packages.is_empty() => ROWS_ON_A_SCREEN,
        Format::Text | Format::Json => usize::MAX,
    });
    let scope = if packages.is_empty() { Scope::All } else { Scope::Some };
    let report = why(&build, &Config { commands, asked, later: order.new.len() - until, rows, packages });
    match args.format {
        Format::Text => output::coloured(|out| text(&report, scope, out))?,
        Format::Json => output::report(None, |out| json(&report, out))?,
    }
    Ok(Exit::Fine)
}

/// A file, or what is called as traces are; anything else is a package.
fn is_trace(word: &Path) -> bool {
    let name = word.to_string_lossy();
    name == "-" || [".jsonl", ".gz"].iter().any(|ending| name.ends_with(ending)) || word.is_file()
}

/// The commands of both sides, each by time.
struct Order {
    old: Vec<CommandId>,
    new: Vec<CommandId>,
}

fn order(catalog: &Catalog, old_traces: usize) -> Order {
    let old: Vec<CommandId> =
        catalog.commands.keys().filter(|(key, _)| key.source < old_traces).map(|(_, id)| id).collect();
    let by_time = catalog.commands_by_time();
    let (old, new) = by_time.into_iter().partition(|command| old.contains(command));
    Order { old, new }
}
