//! `gotrace record`: runs a command with everything switched on, and tells at its end what was seen.

use std::io;
use std::path::{Path, PathBuf};

use super::profile;
use crate::analyze::costs::imports::Imports;
use crate::analyze::course::{self, course};
use crate::analyze::profile::{areas, collecting};
use crate::analyze::summary::{self, Config, Summary};
use crate::analyze::tally::Commands;
use crate::cli::args::RecordArgs;
use crate::cli::exit::{Exit, Failure, Stop, reason};
use crate::cli::input::Everything;
use crate::cli::{input, live, output};
use crate::render::{self, text};
use crate::session::{self, Asked, Job, Progress, Report};
use crate::trace::TRACE_NAME;

/// The build's own words are above: this comes after them, and is short.
const ROWS: usize = 5;

/// Runs the command.
///
/// # Errors
/// The command cannot be started, or the trace not be written.
pub(crate) fn run(args: &RecordArgs) -> Result<Exit, Stop> {
    let from_env = std::env::var_os("GOTRACE_FILE").filter(|name| !name.is_empty()).map(PathBuf::from);
    let trace = args.output.clone().or(from_env).unwrap_or_else(|| PathBuf::from(TRACE_NAME));
    let asked = if args.why { Asked::Hashes } else { Asked::Nothing };
    let job = Job { words: args.command.clone(), trace, compiler_profile: args.compiler_profile.clone(), asked };
    let is_watched = !args.quiet && live::is_watched();
    let mut view = |progress: &Progress| {
        if is_watched {
            live::show(progress);
        }
    };
    let report = session::record(&job, &mut view).map_err(|error| failure(&job, &error))?;
    if is_watched {
        live::clear();
    }
    if !args.quiet
        && let Err(failure) = tell(&job.trace, &report)
    {
        // The job may have removed its own trace; how it ended stands.
        output::failure(&failure);
    }
    Ok(Exit::OfJob(report.die_alike()))
}

/// The summary, on standard error: standard output is the command's.
fn tell(trace: &Path, report: &Report) -> Result<(), Failure> {
    let Everything { build, tally, problems } = input::everything_from(trace, report.offset, Commands::Merged)?;
    let sums = summary::summarize(&build.catalog, &tally, &Config { rows: ROWS, command: None });
    let profile = report.profile.as_ref().map(|merged| profile::read(&merged.path)).transpose()?;
    let collecting = profile.as_ref().and_then(collecting);
    let config = course::Config { windows: ROWS, slack: 0, collecting };
    let summary = Summary { course: course(&build, &Imports::of(&build, None), None, &config), ..sums };
    output::beside(|out| text::write(&summary, out));
    if let Some((merged, profile)) = report.profile.as_ref().zip(profile) {
        output::beside(|out| render::profile::write(&areas(&profile), out));
        let unread = if merged.unread > 0 { format!(", {} could not be read", merged.unread) } else { String::new() };
        output::say(&format!(
            "gotrace: the profile of {} tool runs is {}{unread}",
            merged.profiles,
            merged.path.display()
        ));
    }
    for what in &report.not_seen {
        output::say(&format!("gotrace: not seen: {what}"));
    }
    output::problems(&problems);
    output::say(&format!("gotrace: the trace is {}", trace.display()));
    Ok(())
}

fn failure(job: &Job, error: &io::Error) -> Failure {
    let why = reason(&error.to_string()).to_owned();
    let program = job.words.first().map(|word| word.display().to_string()).unwrap_or_default();
    Failure::new(format!("cannot record {program} in {}: {why}", job.trace.display()))
        .hint("nothing was run; it takes a program in PATH and a trace that can be written (-o FILE)")
}
