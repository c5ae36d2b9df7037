//! `gotrace flame --chart`: what ran when, as a time-ordered chart.

use crate::analyze::chart::{self, Config};
use crate::analyze::timeline::Timeline;
use crate::build::{Action, Build, Catalog, Detail, Purpose};
use crate::cli::args::FlameArgs;
use crate::cli::exit::{Exit, Stop};
use crate::cli::{input, output};
use crate::render::chart::{ChartStyle, write};
use crate::render::text::Nothing;
use crate::units::Percent;

/// A bar of this width is a tenth of a pixel on a usual screen.
const SHORTEST: Percent = Percent::from_thousandths(10);

/// Draws.
///
/// # Errors
/// A trace cannot be read, or the picture not be written.
pub(crate) fn run(args: &FlameArgs) -> Result<Exit, Stop> {
    let (build, problems) = input::build(&args.trace, Detail::Actions)?;
    output::problems(&problems);
    let config = Config {
        command: input::command(&args.trace, &build.catalog)?,
        package: args.package.clone(),
        shortest: args.min.unwrap_or(SHORTEST),
    };
    let mut timeline = chart::chart(&build, &config);
    let title = args.title.clone().unwrap_or_else(|| title(&config, &build.catalog));
    let nothing = why_empty(args, &config, &build, &timeline);
    if let Some(nothing) = &nothing {
        output::nothing(nothing);
        // An axis with nothing on it would say less than the sentence that takes its place.
        timeline = Timeline::default();
    }
    timeline.problems = problems.lines();
    let nothing = nothing.map_or_else(String::new, |Nothing { why, hint }| format!("{why} {hint}"));
    let style = ChartStyle { title, width: args.width, nothing };
    output::report(args.output.as_deref(), |out| write(&timeline, &style, out))?;
    Ok(Exit::Fine)
}

/// Probes alone are no build: they run even where all of it comes from the cache. Where a job was recorded, it is seen to.
fn why_empty(args: &FlameArgs, config: &Config, build: &Build, timeline: &Timeline) -> Option<Nothing> {
    let is_work = |action: &Action| {
        action.purpose == Purpose::Work && config.command.is_none_or(|command| command == action.command)
    };
    match &args.package {
        _ if !timeline.chores.totals.is_empty() => None,
        _ if !build.actions.iter().any(is_work) => Some(Nothing::ran(timeline.commands.len())),
        Some(pattern) if timeline.runs() == 0 => Some(Nothing::matches(pattern.as_str())),
        _ => None,
    }
}

fn title(config: &Config, catalog: &Catalog) -> String {
    let all = catalog.commands_by_time();
    match (config.command, all.as_slice()) {
        (Some(only), _) => catalog.commands.get(only).line(),
        (None, [only]) => catalog.commands.get(*only).line(),
        (None, all) => format!("{} go commands", all.len()),
    }
}
