//! `gotrace doctor`: what in this environment slows down or breaks Go builds.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::diff::{self, Read};

use crate::analyze::evidence::{Evidence, evidence};
use crate::analyze::history::keys::Keys;
use crate::analyze::tally::Commands;
use crate::build;
use crate::cli::args::{DoctorArgs, DoctorFormat, FailOn};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::input::Everything;
use crate::cli::{input, output};
use crate::doctor::answer::Verdict;
use crate::doctor::examine::{FAMILIES, Report, examine};
use crate::doctor::manual::section;
use crate::doctor::{Network, World};
use crate::render::doctor::{self as page, Detail, Page};

/// Looks around.
///
/// # Errors
/// There is no such directory or check, the trace cannot be read, or the report not be written.
pub(crate) fn run(args: &DoctorArgs) -> Result<Exit, Stop> {
    if args.list {
        output::report(None, |out| {
            FAMILIES.iter().try_for_each(|family| {
                family
                    .checks
                    .iter()
                    .try_for_each(|check| writeln!(out, "{}\t{}\t{}", family.name, check.id, check.title))
            })
        })?;
        return Ok(Exit::Fine);
    }
    if let Some(name) = &args.explain {
        let section = section(name).ok_or_else(|| unknown(name))?;
        output::report(None, |out| writeln!(out, "{section}"))?;
        return Ok(Exit::Fine);
    }
    let only = args.only.iter().map(|name| name.trim()).collect::<Vec<_>>();
    known(&only)?;
    let directory = entered(&args.directory)?;
    let shown = directory.display().to_string();
    let evidence = (!args.traces.is_empty()).then(|| evidence_of(&args.traces)).transpose()?;
    let trace = named(&args.traces);
    let wanted = |family: &str, id: &str| only.is_empty() || only.iter().any(|name| [family, id].contains(name));
    let network = if args.network { Network::Allowed } else { Network::Silent };
    let world = World::new(directory, evidence).with_network(network);
    let world = if only.is_empty() { world } else { world.thoroughly() };
    let report = examine(world, wanted);
    if let Some(problem) = &report.problem {
        output::say(&format!("gotrace: {problem}"));
    }
    let detail = if args.verbose { Detail::Everything } else { Detail::Findings };
    let page = Page { report: &report, directory: &shown, trace: trace.as_deref(), detail };
    if let Some(file) = &args.json {
        output::report(Some(file), |out| page::json(&page, out))?;
    }
    match write(&page, args.format) {
        // That somebody reads the first lines only, as `head` does, lets nothing pass a gate.
        Ok(()) | Err(Stop::BrokenPipe) => Ok(exit(&report, args.fail_on)),
        Err(stop) => Err(stop),
    }
}

/// Where no command can be started nothing can be told, and whoever looks at it would take go for the culprit.
fn entered(directory: &Path) -> Result<PathBuf, Failure> {
    // The system says yes to this only where the directory may be entered.
    let found = directory.canonicalize().and_then(|path| path.join(".").metadata().map(|_| path));
    let why = match found {
        Ok(path) if path.is_dir() => return Ok(path),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            format!("{} cannot be entered: {error}", directory.display())
        }
        _ => format!("there is no directory {}", directory.display()),
    };
    Err(Failure::new(why)
        .hint("`gotrace doctor DIR` looks at builds that are started in DIR; without one, in the current directory"))
}

/// A check that is not there would look like one that found nothing.
fn known(only: &[&str]) -> Result<(), Failure> {
    let is_known = |name: &str| {
        FAMILIES.iter().any(|family| family.name == name || family.checks.iter().any(|check| check.id == name))
    };
    match only.iter().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> Failure {
    let why = if name.is_empty() {
        String::from("the name of a check is empty")
    } else {
        format!("there is no check {name}")
    };
    Failure::new(why).hint("`gotrace doctor --list` names them")
}

fn evidence_of(traces: &[PathBuf]) -> Result<Evidence, Failure> {
    if let Some(twice) = traces.iter().enumerate().find(|(at, trace)| traces[..*at].contains(trace)) {
        let failure = Failure::new(format!("{} is named twice, and would be counted twice", twice.1.display()));
        return Err(failure.hint("give each trace once, in the order of time"));
    }
    let Everything { build, tally, problems } = input::everything_of(traces, Commands::Merged)?;
    output::problems(&problems);
    let mut keys = Keys::default();
    for trace in traces {
        // What is wrong with it has been said.
        let Read { build, .. } = diff::read_one(trace, None, build::Detail::Inputs)?;
        if build.catalog.commands.is_empty() && build.catalog.sessions.is_empty() {
            let why = format!("{} tells of no go command, so not what anything cost", trace.display());
            return Err(Failure::new(why).hint("record one with `gotrace record -- go build ./...`"));
        }
        keys.add(&build);
    }
    Ok(evidence(&build, &tally, keys))
}

fn named(traces: &[PathBuf]) -> Option<String> {
    match traces {
        [] => None,
        [trace] => Some(trace.display().to_string()),
        several => Some(format!("{} traces", several.len())),
    }
}

fn write(page: &Page, format: DoctorFormat) -> Result<(), Stop> {
    match format {
        DoctorFormat::Text => output::coloured(|out| page::text(page, out)),
        DoctorFormat::Markdown => output::report(None, |out| page::markdown(page, out)),
        DoctorFormat::Json => output::report(None, |out| page::json(page, out)),
        DoctorFormat::Github => output::report(None, |out| page::github(page, out)),
    }
}

fn exit(report: &Report, fail_on: Option<FailOn>) -> Exit {
    let least = match fail_on {
        None => return Exit::Fine,
        Some(FailOn::Warn) => Verdict::Warn,
        Some(FailOn::Error) => Verdict::Error,
    };
    if report.worst() >= least { Exit::GateFailed } else { Exit::Fine }
}
