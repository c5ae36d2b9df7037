//! What flame graphs of one trace and of two have in common: which sums are read, and what arguments mean.

use crate::analyze::costs::imports::Chains;
use crate::analyze::fold::{self, Dimension, Order, Weight};
use crate::analyze::tally::{Commands, Tally};
use crate::build::{Catalog, Detail};
use crate::cli::args::{FlameArgs, Level, TraceArgs, WeightArg};
use crate::cli::exit::Failure;
use crate::cli::input::{self, Problems};
use crate::render::flame::{Style, Unit};
use crate::units::Percent;

/// A frame of this width is half a pixel on a usual screen.
const NARROWEST: Percent = Percent::from_thousandths(50);

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

/// How it is drawn, but for the title.
pub(super) fn style(args: &FlameArgs) -> Style {
    Style {
        title: String::new(),
        width: args.width.and_then(|width| usize::try_from(width).ok()),
        min: args.min.unwrap_or(NARROWEST),
        unit: unit(args.weight),
    }
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

/// What a level folds by.
pub(super) const fn dimension(level: Level) -> Dimension {
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
