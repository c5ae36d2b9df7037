//! `gotrace report`: everything about a build as one HTML page.

use super::profile;
use crate::analyze::page::{self, Config};
use crate::build::Detail;
use crate::cli::args::ReportArgs;
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::{input, output};
use crate::render;

/// Writes the page.
///
/// # Errors
/// A trace cannot be read, or the page not be written.
pub(crate) fn run(args: &ReportArgs) -> Result<Exit, Stop> {
    if let Some(path) = profile::named(&args.trace.traces)? {
        let failure = Failure::new(format!("{} is a profile: a page is made of a trace", path.display()));
        return Err(failure.hint("`gotrace flame` draws a profile, and `gotrace summary` prints it").into());
    }
    let (build, tally, problems) = input::whole(&args.trace, input::commands(&args.trace), Detail::Calls)?;
    output::problems(&problems);
    let config = Config { command: input::command(&args.trace, &build.catalog)? };
    let mut page = page::page(&build, &tally, &config);
    page.problems = problems.lines();
    if let Some(title) = &args.title {
        page.title.clone_from(title);
    }
    output::report(args.output.as_deref(), |out| render::page::write(&page, out))?;
    Ok(Exit::Fine)
}
