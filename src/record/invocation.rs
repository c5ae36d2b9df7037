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
            (Some(b"-o"), Some(file), Some(tool)) if is_tool(tool, subcommands) => (3, Some(file)),
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

#[cfg(test)]
mod tests {
    use super::{Argv, Invocation};

    /// `Some((tool, trace))` where the arguments are a shim's.
    #[track_caller]
    fn check(arguments: &[&str], expected: Option<(&str, Option<&str>)>) {
        let text = |bytes: &'static [u8]| std::str::from_utf8(bytes).expect("UTF-8");
        let argv = Argv::of_test(arguments);
        let decided = match Invocation::of(argv, &["flame", "summary"]) {
            Invocation::Shim(shim) => Some((argv.get(shim.tool).map(text).expect("a tool"), shim.trace.map(text))),
            Invocation::CommandLine => None,
        };
        assert_eq!(decided, expected, "gotrace {arguments:?}");
    }

    #[test]
    fn a_path_is_a_tool() {
        check(
            &["/usr/local/go/pkg/tool/linux_amd64/compile", "-V=full"],
            Some(("/usr/local/go/pkg/tool/linux_amd64/compile", None)),
        );
        check(&["./flame"], Some(("./flame", None)));
        check(&["bin/summary", "-o", "x"], Some(("bin/summary", None)));
    }

    #[test]
    fn a_bare_name_is_a_tool_unless_it_is_a_subcommand() {
        check(&["gcc", "-###", "-x", "c", "-c", "-"], Some(("gcc", None)));
        check(&["flames"], Some(("flames", None)));
        check(&["flame"], None);
        check(&["summary", "/a/path"], None);
    }

    #[test]
    fn a_trace_can_be_named_in_front_of_the_tool() {
        check(&["-o", "t.jsonl", "/go/compile", "-o", "x"], Some(("/go/compile", Some("t.jsonl"))));
        check(&["-o", "a b", "gcc"], Some(("gcc", Some("a b"))));
    }

    #[test]
    fn anything_else_is_for_the_command_line() {
        for arguments in
            [&[][..], &[""], &["-h"], &["--help"], &["--version"], &["-o"], &["-o", "t.jsonl"], &["-V=full"]]
        {
            check(arguments, None);
        }
        check(&["-o", "a.svg", "flame", "t.jsonl"], None);
    }
}
