//! `gotrace summary`: what ran and what it cost, on one screen or as JSON.

use super::profile;
use crate::analyze::costs::imports::Imports;
use crate::analyze::course::{self, course};
use crate::analyze::summary::{self, Config, Summary};
use crate::cli::args::{SummaryArgs, SummaryFormat};
use crate::cli::exit::{Exit, Stop};
use crate::cli::input::Everything;
use crate::cli::{input, output};
use crate::render::{json, markdown, text};

/// A table that is longer is not read.
const ROWS_ON_A_SCREEN: usize = 10;

/// Prints.
///
/// # Errors
/// A trace cannot be read, or the report not be written.
pub(crate) fn run(args: &SummaryArgs) -> Result<Exit, Stop> {
    if let Some(path) = profile::named(&args.trace.traces)? {
        return profile::summary(args, path);
    }
    let Everything { build, tally, problems } = input::everything(&args.trace, input::commands(&args.trace))?;
    let rows = args.rows.unwrap_or(match args.format {
        SummaryFormat::Text | SummaryFormat::Markdown => ROWS_ON_A_SCREEN,
        SummaryFormat::Json => usize::MAX,
    });
    let config = Config { rows, command: input::command(&args.trace, &build.catalog)? };
    let slack = if args.format == SummaryFormat::Json { rows } else { 0 };
    let detail = course::Config { windows: rows, slack, collecting: None };
    let course = course(&build, &Imports::of(&build, None), config.command, &detail);
    let summary = Summary { course, ..summary::summarize(&build.catalog, &tally, &config) };
    match args.format {
        SummaryFormat::Text => output::coloured(|out| text::write(&summary, out))?,
        SummaryFormat::Markdown => output::report(None, |out| markdown::write(&summary, &problems.lines(), out))?,
        SummaryFormat::Json => output::report(None, |out| json::write(&summary, &problems.lines(), out))?,
    }
    output::problems(&problems);
    Ok(Exit::Fine)
}
