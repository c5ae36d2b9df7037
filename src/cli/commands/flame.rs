//! `gotrace flame`: a trace as a flame graph, a chart, or folded stacks.

use super::folding::{config, dimension, name, read_all, style, unit};
use super::{chart, difference, profile};
use crate::analyze::costs::imports::Chains;
use crate::analyze::fold::{self, Folded};
use crate::analyze::summary::{self, CommandRow};
use crate::analyze::tally::{Commands, Tally};
use crate::build::Catalog;
use crate::cli::args::{FlameArgs, Level, WeightArg};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::output;
use crate::render::flame::Style;
use crate::render::text::Nothing;
use crate::render::{flame, folded};

/// Draws.
///
/// # Errors
/// A trace cannot be read, or the picture not be written.
pub(crate) fn run(args: &FlameArgs) -> Result<Exit, Stop> {
    if let Some(path) = profile::named(&args.trace.traces)? {
        return profile::flame(args, path);
    }
    if args.chart {
        return chart::run(args);
    }
    refuse_phases_of_other_weights(args)?;
    if let Some(old) = &args.diff {
        return difference::run(args, old);
    }
    let (catalog, tally, imports) = read(args)?;
    let config = config(args, &catalog, imports)?;
    let stacks = fold::fold(&catalog, &tally, &config);
    let commands = summary::commands(&catalog, &tally, config.command);
    let nothing = why_empty(args, &stacks, &commands);
    if let Some(nothing) = &nothing {
        output::nothing(nothing);
    }
    let path = args.output.as_deref();
    match (&nothing, args.folded) {
        (Some(nothing), false) => output::report(path, |out| flame::write_empty(nothing, out))?,
        // A file all the same: whoever asked for it will look for it.
        (Some(_), true) => output::report(path, |_| Ok(()))?,
        (None, true) => output::report(path, |out| folded::write(&stacks, out))?,
        (None, false) => draw(args, &stacks, &commands)?,
    }
    Ok(Exit::Fine)
}

/// Sums stream; who imports whom takes the whole build, which is held no longer than for that.
fn read(args: &FlameArgs) -> Result<(Catalog, Tally, Chains), Failure> {
    let (catalog, tally, imports, problems) = read_all(&args.trace, &args.by, commands(args))?;
    output::problems(&problems);
    Ok((catalog, tally, imports))
}

fn draw(args: &FlameArgs, stacks: &Folded, commands: &[CommandRow]) -> Result<(), Stop> {
    let style = Style { title: args.title.clone().unwrap_or_else(|| title(args, stacks, commands)), ..style(args) };
    output::report(args.output.as_deref(), |out| flame::write(stacks, &style, out))
}

/// Commands are kept apart only where a level or a choice needs it: it takes a sum for each package of each command.
fn commands(args: &FlameArgs) -> Commands {
    let needed = args.trace.command.is_some() || args.by.iter().any(|level| dimension(*level).needs_commands());
    if needed { Commands::Apart } else { Commands::Merged }
}

/// The tools tell their phases in wall time; CPU and memory they do not divide, and to do so by time would be invented.
fn refuse_phases_of_other_weights(args: &FlameArgs) -> Result<(), Failure> {
    if args.weight == WeightArg::Wall || !args.by.contains(&Level::Phase) {
        return Ok(());
    }
    let what = name(args.weight);
    Err(Failure::new(format!(
        "{what} is not known by phase: compile and link tell how long their phases took, and nothing else"
    ))
    .hint("leave out --weight, or take phase out of --by"))
}

fn title(args: &FlameArgs, stacks: &Folded, commands: &[CommandRow]) -> String {
    let what = if args.weight == WeightArg::Rss { RSS_TITLE } else { name(args.weight) };
    let total = flame::weight_text(stacks.total(), unit(args.weight));
    let line = match commands {
        [command] => command.line.clone(),
        commands => format!("{} go commands", commands.len()),
    };
    let total = if args.weight == WeightArg::Rss { String::new() } else { format!(": {total}") };
    format!("{line} · {what}{total}")
}

const RSS_TITLE: &str = "peak memory (peaks, which do not add up)";

/// Probes alone are no build: they run even where all of it comes from the cache.
fn why_empty(args: &FlameArgs, stacks: &Folded, commands: &[CommandRow]) -> Option<Nothing> {
    match &args.package {
        _ if commands.iter().all(|command| command.sum.work.runs == 0) => Some(Nothing::ran(commands.len())),
        Some(pattern) if stacks.runs == 0 => Some(Nothing::matches(pattern.as_str())),
        _ => stacks.stacks.is_empty().then(|| Nothing::weighs(name(args.weight))),
    }
}
