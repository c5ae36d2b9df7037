//! Decides from the arguments alone whether this process is the shim, and if so, for which tool.
//!
//! Runs before anything else in the program, for every tool run of a build: it looks at three or four arguments and
//! touches nothing outside them.

use super::argv::Argv;
use super::bytes;
use super::tool::{base_name, is_compiler};

/// What the arguments ask for.
#[derive(Debug)]
pub enum Invocation {
    /// cmd/go calls: run this tool and record it.
    Shim(Shim),
    /// Somebody below `gotrace record` calls `go`, and found this program under that name.
    GoCommand(Argv),
    /// A person calls: a subcommand, an option, or nothing.
    CommandLine,
}

/// How the shim came to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calling {
    /// By cmd/go, through `-toolexec`.
    Toolexec,
    /// By a cmd/go that is asked what it hashes: tools may tell their versions, and nothing else.
    ForVersions,
    /// By the name of a C compiler: below `gotrace record` this program stands in PATH under it.
    CompilerName,
}

/// A tool to run and to record.
#[derive(Debug)]
pub struct Shim {
    pub(crate) argv: Argv,
    pub(crate) calling: Calling,
    /// Where in `argv` the program stands that is to be run.
    pub(crate) program: usize,
    /// Where in `argv` the tool stands: behind the words of the user's own `-toolexec`, where there is one.
    pub(crate) tool: usize,
    /// The trace that `-o FILE` names, as written.
    pub(crate) trace: Option<&'static [u8]>,
}

impl Invocation {
    /// A path is always a tool. A bare name is a tool (`gcc`) unless it is one of `subcommands`. In front of it, as they
    /// stand inside a quoted `-toolexec`, `-o FILE` names the trace, and `--around=N` says that the next N words are the
    /// user's own `-toolexec`, which runs the tool behind them; `--versions-only` comes before both. The name by which this program was called comes first.
    #[must_use]
    pub fn of(argv: Argv, subcommands: &[&str]) -> Self {
        match argv.get(0).map(base_name) {
            Some(b"go") => return Self::GoCommand(argv),
            Some(name) if is_compiler(name) => {
                return Self::Shim(Shim { argv, calling: Calling::CompilerName, program: 0, tool: 0, trace: None });
            }
            _ => {}
        }
        let (calling, first) = match argv.get(1) {
            Some(b"--versions-only") => (Calling::ForVersions, 2),
            _ => (Calling::Toolexec, 1_usize),
        };
        let (next, trace) = match (argv.get(first), argv.get(first.saturating_add(1))) {
            (Some(b"-o"), Some(file)) => (first.saturating_add(2), Some(file)),
            _ => (first, None),
        };
        let around = argv.get(next).and_then(|word| word.strip_prefix(b"--around=")).and_then(bytes::number);
        let (program, words) = match around.and_then(|words| usize::try_from(words).ok()) {
            Some(words) => (next.saturating_add(1), words),
            None => (next, 0),
        };
        let is_shim = match argv.get(program) {
            Some(first) if words == 0 => is_tool(first, subcommands),
            found => found.is_some(),
        };
        if !is_shim {
            return Self::CommandLine;
        }
        let tool = program.saturating_add(words);
        // Words that promise a tool and bring none are a tool themselves: nothing is refused here.
        let tool = if argv.get(tool).is_some() { tool } else { program };
        Self::Shim(Shim { argv, calling, program, tool, trace })
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
            Invocation::GoCommand(_) => panic!("{arguments:?} are none of go's"),
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
    fn the_users_own_toolexec_is_run_and_the_tool_behind_it_is_recorded() {
        let told = |arguments: &[&str]| match Invocation::of(Argv::of_test(arguments), &["flame"]) {
            Invocation::Shim(shim) => (shim.program, shim.tool),
            other => panic!("{other:?}"),
        };
        assert_eq!(told(&["--around=2", "wrap", "-v", "/go/compile", "-V=full"]), (2, 4));
        assert_eq!(told(&["-o", "t.jsonl", "--around=1", "wrap", "/go/compile"]), (4, 5));
        assert_eq!(told(&["--around=1", "flame", "/go/compile"]), (2, 3));
        assert_eq!(told(&["--around=9", "wrap", "/go/compile"]), (2, 2), "a promise that is not kept");
        check(&["--around=1"], None);
        check(&["--around=many", "/go/compile"], None);
    }

    #[test]
    fn the_name_by_which_it_is_called_decides_first() {
        let called = |name: &str| match Invocation::of(Argv::of_words(&[name, "flame"]), &["flame"]) {
            Invocation::Shim(shim) => format!("{:?} {}", shim.calling, shim.tool),
            Invocation::GoCommand(_) => String::from("go"),
            Invocation::CommandLine => String::from("command line"),
        };
        for name in ["gcc", "/s/bin/g++", "cc", "c++", "clang", "clang++-15", "gcc-12.2", "x86_64-linux-gnu-gcc"] {
            assert_eq!(called(name), "CompilerName 0", "{name}");
        }
        for name in ["gotrace", "/usr/bin/gotrace", "gotrace-1.2", "cgo", "goc", "", "-", "1-2"] {
            assert_eq!(called(name), "command line", "{name}");
        }
        assert_eq!((called("go"), called("/s/bin/go")), (String::from("go"), String::from("go")));
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
