//! `gotrace flame`: a trace as a flame graph, a chart, or folded stacks.

use super::{chart, difference, profile};
use crate::analyze::costs::imports::Chains;
use crate::analyze::fold::{self, Dimension, Folded, Order, Weight};
use crate::analyze::summary::{self, Summary};
use crate::analyze::tally::{Commands, Tally};
use crate::build::{Catalog, Detail};
use crate::cli::args::{FlameArgs, Level, TraceArgs, WeightArg};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::input::Problems;
use crate::cli::{input, output};
use crate::render::flame::{Style, Unit};
use crate::render::text::Nothing;
use crate::render::{flame, folded};
use crate::units::Percent;

/// A frame of this width is half a pixel on a usual screen.
const NARROWEST: Percent = Percent::from_thousandths(50);

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
    let facts = summary::summarize(&catalog, &tally, &summary::Config { rows: 0, command: config.command });
    let nothing = why_empty(args, &stacks, &facts);
    if let Some(nothing) = &nothing {
        output::nothing(nothing);
    }
    let path = args.output.as_deref();
    match (&nothing, args.folded) {
        (Some(nothing), false) => output::report(path, |out| flame::write_empty(nothing, out))?,
        // A file all the same: whoever asked for it will look for it.
        (Some(_), true) => output::report(path, |_| Ok(()))?,
        (None, true) => output::report(path, |out| folded::write(&stacks, out))?,
        (None, false) => draw(args, &stacks, &facts)?,
    }
    Ok(Exit::Fine)
}

/// Sums stream; who imports whom takes the whole build, which is held no longer than for that.
fn read(args: &FlameArgs) -> Result<(Catalog, Tally, Chains), Failure> {
    let (catalog, tally, imports, problems) = read_all(&args.trace, &args.by, commands(args))?;
    output::problems(&problems);
    Ok((catalog, tally, imports))
}

/// Of any traces, as much as these levels need.
///
/// # Errors
/// A trace cannot be read.
pub(super) fn read_all(
    traces: &TraceArgs,
    by: &[Level],
    commands: Commands,
) -> Result<(Catalog, Tally, Chains, Problems), Failure> {
    if by.contains(&Level::Import) {
        let (build, tally, problems) = input::whole(traces, Commands::Apart, Detail::Edges)?;
        let imports = Chains::of(&build, None);
        return Ok((build.catalog, tally, imports, problems));
    }
    // Phases are read only where they are a level.
    let detail = if by.contains(&Level::Phase) { Detail::Phases } else { Detail::Actions };
    let (catalog, tally, problems) = input::tally(traces, commands, detail)?;
    Ok((catalog, tally, Chains::default(), problems))
}

fn draw(args: &FlameArgs, stacks: &Folded, facts: &Summary) -> Result<(), Stop> {
    let style = Style { title: args.title.clone().unwrap_or_else(|| title(args, stacks, facts)), ..style(args) };
    output::report(args.output.as_deref(), |out| flame::write(stacks, &style, out))
}

/// How it is drawn, but for the title.
pub(super) fn style(args: &FlameArgs) -> Style {
    Style {
        title: String::new(),
        width: args.width.and_then(|width| usize::try_from(width).ok()),
        min: args.min.unwrap_or(NARROWEST),
        unit: unit(args.weight),
    }
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

/// What to fold.
///
/// # Errors
/// There is no such command.
pub(super) fn config(args: &FlameArgs, catalog: &Catalog, imports: Chains) -> Result<fold::Config, Failure> {
    Ok(fold::Config {
        by: args.by.iter().map(|level| dimension(*level)).collect(),
        weight: weight(args.weight),
        order: if args.reverse { Order::Reversed } else { Order::Forward },
        package: args.package.clone(),
        command: input::command(&args.trace, catalog)?,
        imports,
    })
}

const fn dimension(level: Level) -> Dimension {
    match level {
        Level::Command => Dimension::Command,
        Level::Module => Dimension::Module,
        Level::Package => Dimension::Package,
        Level::Import => Dimension::Import,
        Level::Tool => Dimension::Tool,
        Level::Phase => Dimension::Phase,
        Level::Target => Dimension::Target,
        Level::Go => Dimension::Go,
    }
}

const fn weight(weight: WeightArg) -> Weight {
    match weight {
        WeightArg::Wall => Weight::Wall,
        WeightArg::Cpu => Weight::Cpu,
        WeightArg::User => Weight::User,
        WeightArg::Sys => Weight::Sys,
        WeightArg::Rss => Weight::Rss,
        WeightArg::Count => Weight::Count,
    }
}

/// What weights are.
pub(super) const fn unit(weight: WeightArg) -> Unit {
    match weight {
        WeightArg::Rss => Unit::Memory,
        WeightArg::Count => Unit::Runs,
        WeightArg::Wall | WeightArg::Cpu | WeightArg::User | WeightArg::Sys => Unit::Time,
    }
}

fn title(args: &FlameArgs, stacks: &Folded, facts: &Summary) -> String {
    let what = if args.weight == WeightArg::Rss { RSS_TITLE } else { name(args.weight) };
    let total = flame::weight_text(stacks.total(), unit(args.weight));
    let line = match facts.commands.as_slice() {
        [command] => command.line.clone(),
        commands => format!("{} go commands", commands.len()),
    };
    let total = if args.weight == WeightArg::Rss { String::new() } else { format!(": {total}") };
    format!("{line} · {what}{total}")
}

/// In words.
pub(super) const fn name(weight: WeightArg) -> &'static str {
    match weight {
        WeightArg::Wall => "wall time of tools",
        WeightArg::Cpu => "CPU time",
        WeightArg::User => "user CPU time",
        WeightArg::Sys => "system CPU time",
        WeightArg::Rss => "peak memory",
        WeightArg::Count => "tool runs",
    }
}

const RSS_TITLE: &str = "peak memory (peaks, which do not add up)";

/// Probes alone are no build: they run even where all of it comes from the cache.
fn why_empty(args: &FlameArgs, stacks: &Folded, facts: &Summary) -> Option<Nothing> {
    match &args.package {
        _ if facts.total.work.runs == 0 => Some(Nothing::ran(facts.commands.len())),
        Some(pattern) if stacks.runs == 0 => Some(Nothing::matches(pattern.as_str())),
        _ => stacks.stacks.is_empty().then(|| Nothing::weighs(name(args.weight))),
    }
}
