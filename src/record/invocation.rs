//! Decides from the arguments alone whether this process is the shim, and if so, for which tool.
//!
//! Runs before anything else in the program, for every tool run of a build: it looks at two or three arguments and
//! touches nothing outside them.

use super::argv::Argv;

/// What the arguments ask for.
#[derive(Debug)]
pub enum Invocation {
    /// cmd/go calls: run this tool and record it.
    Shim(Shim),
    /// A person calls: a subcommand, an option, or nothing.
    CommandLine,
}

/// A call through `-toolexec`.
#[derive(Debug)]
pub struct Shim {
    pub(crate) argv: Argv,
    /// Where in `argv` the tool stands.
    pub(crate) tool: usize,
    /// The trace that `-o FILE` names, as written.
    pub(crate) trace: Option<&'static [u8]>,
}

impl Invocation {
    /// A path is always a tool. A bare name is a tool (`gcc`) unless it is one of `subcommands`. `-o FILE TOOL …`, as
    /// it stands inside a quoted `-toolexec`, names the trace first.
    #[must_use]
    pub fn of(argv: Argv, subcommands: &[&str]) -> Self {
        let (tool, trace) = match (argv.get(1), argv.get(2), argv.get(3)) {
            (Some(b"-o"), Some(file), Some(_)) => (3, Some(file)),
            (Some(first), ..) if is_tool(first, subcommands) => (1, None),
            _ => return Self::CommandLine,
        };
        Self::Shim(Shim { argv, tool, trace })
    }
}

fn is_tool(argument: &[u8], subcommands: &[&str]) -> bool {
    match argument {
        [] | [b'-', ..] => false,
        path if path.contains(&b'/') => true,
        name => !subcommands.iter().any(|subcommand| subcommand.as_bytes() == name),
    }
}
