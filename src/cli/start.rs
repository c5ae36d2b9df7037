//! From arguments to an exit code: the one place where everything that can go wrong becomes a line and a number.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::panic::catch_unwind;

use clap::{CommandFactory, Parser};

use super::args::{Cli, Subcommands};
use super::exit::{Exit, Failure, Stop};
use super::{commands, manual, output};

/// Runs the program with these arguments, the program's name first, and returns its exit code.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> i32 {
    open_standard_descriptors();
    // The message of a panic is printed by std's hook; what a user should do about it is said here.
    let exit = catch_unwind(|| parse_and_run(arguments)).unwrap_or_else(|_| {
        output::say("gotrace: this is a bug in gotrace; the lines above say where. The trace is as it was.");
        Exit::Unusable
    });
    exit.code()
}

/// Where a caller closed standard input, output or error, the next file that is opened would take its place, and a message
/// would end up in a report. std does this before its `main`; ours is C's.
fn open_standard_descriptors() {
    while let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
        if null.as_raw_fd() > 2 {
            break;
        }
        let _ = null.into_raw_fd();
    }
}

fn parse_and_run(arguments: Vec<OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Unusable } else { Exit::Fine };
            // A closed stdout or stderr leaves nobody to tell.
            let _ = error.print();
            return exit;
        }
    };
    match dispatch(&cli.action) {
        Ok(exit) => exit,
        Err(Stop::BrokenPipe) => Exit::Fine,
        Err(Stop::Failure(failure)) => {
            output::failure(&failure);
            Exit::Unusable
        }
    }
}

fn dispatch(action: &Subcommands) -> Result<Exit, Stop> {
    match action {
        Subcommands::Record(args) => commands::record::run(args),
        Subcommands::Flame(args) => commands::flame::run(args),
        Subcommands::Summary(args) => commands::summary::run(args),
        Subcommands::Report(args) => commands::report::run(args),
        Subcommands::Diff(args) => commands::diff::run(args),
        Subcommands::Whatif(args) => commands::whatif::run(args),
        Subcommands::History(args) => commands::history::run(args),
        Subcommands::Doctor(args) => commands::doctor::run(args),
        Subcommands::Redact(args) => commands::redact::run(args),
        Subcommands::Why(args) => commands::why::run(args),
        Subcommands::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "gotrace", &mut script);
            printed(&script)
        }
        Subcommands::Man => {
            let page = manual::page(&Cli::command())
                .map_err(|error| Failure::new(format!("cannot make the manual page: {error}")))?;
            printed(page.as_bytes())
        }
    }
}

fn printed(bytes: &[u8]) -> Result<Exit, Stop> {
    output::report(None, |out| out.write_all(bytes))?;
    Ok(Exit::Fine)
}
