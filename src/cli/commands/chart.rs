//! `gotrace flame --chart`: what ran when, as a time-ordered chart.

use crate::analyze::chart::{self, Config};
use crate::analyze::timeline::Timeline;
use crate::cli::args::FlameArgs;
use crate::cli::exit::{Exit, Stop};
use crate::cli::{input, output};
use crate::render::chart::{ChartStyle, write};
use crate::render::text;
use crate::units::Percent;

/// A bar of this width is a tenth of a pixel on a usual screen.
const SHORTEST: Percent = Percent::from_thousandths(10);

/// Draws.
///
/// # Errors
/// A trace cannot be read, or the picture not be written.
pub(crate) fn run(args: &FlameArgs) -> Result<Exit, Stop> {
    let (build, problems) = input::build(&args.trace)?;
    output::problems(&problems);
    let config = Config {
        command: input::command(&args.trace, &build.catalog)?,
        package: args.pattern()?,
        shortest: args.min.unwrap_or(SHORTEST),
    };
    let mut timeline = chart::chart(&build, &config);
    timeline.problems = problems.lines();
    let commands = timeline.commands.len();
    let nothing = match &args.package {
        Some(pattern) if !build.actions.is_empty() => format!("No package in the trace matches {pattern}."),
        _ => text::nothing_ran(commands),
    };
    if timeline.bars.is_empty() {
        output::say(&format!("gotrace: {nothing}"));
    }
    let style =
        ChartStyle { title: args.title.clone().unwrap_or_else(|| title(&timeline)), width: args.width, nothing };
    output::report(args.output.as_deref(), |out| write(&timeline, &style, out))?;
    Ok(Exit::Fine)
}

fn title(timeline: &Timeline) -> String {
    match timeline.commands.as_slice() {
        [command] => command.label.clone(),
        commands => format!("{} go commands", commands.len()),
    }
}
