//! The story of one tool run, from the call by cmd/go to the death of the shim.
//!
//! Knows the order of things: say that the tool starts, start it, look around while it runs, wait, hear where its time
//! went, say how it ended, die as it died. What each step does is told in the file of its own. Prints nothing (cmd/go would
//! store it in the build cache and replay it for years) but for the one case in which there is no tool to run.

use std::ffi::CStr;
use std::io::{Error, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::child::{Beginning, Capture, Command, Death, Ended, NotStarted, Running, Streams};
use super::clock::{self, Moment};
use super::describe;
use super::files::Reader;
use super::invocation::{Calling, Shim};
use super::masquerade;
use super::parent::Parent;
use super::phases::{AnswerFile, Inquiry, Phases, Report};
use super::profile;
use super::program;
use super::signals::Signals;
use super::sink::Sink;
use super::tool::{Purpose, Tool};
use crate::trace::Line;

impl Shim {
    /// Runs the tool and records it. Returns the exit code of the tool; where a signal killed the tool, the same signal
    /// kills this process instead.
    #[must_use]
    pub fn run(self) -> i32 {
        let signals = Signals::hold();
        let start = clock::now();
        std::panic::set_hook(Box::new(|_| {}));
        let tool = Tool::of(self.argv, self.tool);
        let Some(mut command) = self.argv.command(self.program) else { return 127 };
        let parent = match self.calling {
            Calling::Toolexec => Parent::look(),
            Calling::CompilerName => {
                command = command.really_meant();
                leave_path(tool.name);
                match Parent::go_above() {
                    Some(go) => go,
                    // Whoever calls a compiler beside the go commands of a job gets just that.
                    None => return exit_code_of(&command.replace_shim(signals)),
                }
            }
        };
        if let Some(error) = typing_error(command, &parent) {
            say_why(&tool, &parent, &error);
            return exit_code_of(&error);
        }
        let mut sink = Sink::open(self.trace, &parent);
        let call = Call::of(&tool, &parent, start);
        quietly(|| sink.append(&call.start_event()));

        match self.start(&tool, command, start, signals) {
            Ok((mut running, answer)) => {
                let mut report = Report::default();
                let mut reader = Reader::new();
                let line = call.look_around(&mut running, &mut report, &mut reader);
                let ended = running.wait();
                let end_ns = clock::monotonic_ns();
                let phases = || answer.map_or(report.phases, |answer| answer.read(&mut reader));
                quietly(|| sink.append_last(&call.end_event(line, &ended, end_ns, &phases())));
                ended.die_alike()
            }
            Err(NotStarted::NoTool(error)) => call.give_up(&mut sink, &error),
            Err(NotStarted::NoProcess(error)) => {
                quietly(|| sink.note("no process left for the tool: it ran in the shim's place, unrecorded", &error));
                call.give_up(&mut sink, &command.replace_shim(signals))
            }
        }
    }

    /// Starts the tool and asks it for its phases, and for a profile where one is wanted; where that makes its command line too long, as it was called.
    fn start(
        &self,
        tool: &Tool,
        command: Command,
        start: Moment,
        signals: Signals,
    ) -> Result<(Running, Option<AnswerFile>), NotStarted> {
        let inquiry = Inquiry::of(tool);
        let options: [Option<&CStr>; 2] = [inquiry.as_ref().map(Inquiry::option), profile::option(tool, start)];
        let options: Vec<&CStr> = options.into_iter().flatten().collect();
        if !options.is_empty()
            && let Some(asking) = self.argv.command_with(self.program, self.tool, &options)
        {
            let (capture, answer) = inquiry.map(Inquiry::into_parts).unwrap_or_default();
            match asking.start(capture, signals) {
                Err(NotStarted::NoTool(error)) if error.raw_os_error() == Some(libc::E2BIG) => {}
                started => return started.map(|running| (running, answer)),
            }
        }
        let is_read = tool.purpose == Purpose::VersionProbe;
        let capture = if is_read { Capture::of(Streams::Stdout) } else { None };
        command.start(capture, signals).map(|running| (running, None))
    }
}

/// What is known before the tool runs.
struct Call<'a> {
    tool: &'a Tool,
    parent: &'a Parent,
    identity: Line,
}

impl<'a> Call<'a> {
    fn of(tool: &'a Tool, parent: &'a Parent, start: Moment) -> Self {
        let identity = quietly(|| {
            let mut line = Line::default();
            describe::identity(&mut line, tool, parent, start);
            line
        });
        Self { tool, parent, identity: identity.unwrap_or_default() }
    }

    fn start_event(&self) -> Vec<u8> {
        self.line("start").finish()
    }

    /// Does the reading and formatting while the tool runs, so that the end event needs only the kernel's figures and the
    /// tool's. What link prints meanwhile waits in its pipe for these few files; a probe's answer is wanted first.
    fn look_around(&self, running: &mut Running, report: &mut Report, reader: &mut Reader) -> Line {
        let mut version = Beginning::default();
        if self.tool.purpose == Purpose::VersionProbe {
            running.read_along(&mut version);
        }
        let line = quietly(|| {
            let mut line = self.line("end");
            describe::surroundings(&mut line, self.tool, self.parent, &version.0, reader);
            line
        });
        running.read_along(report);
        line.unwrap_or_else(|| self.line("end"))
    }

    /// Both events begin alike.
    fn line(&self, kind: &str) -> Line {
        let mut line = Line::new(kind);
        line.keys_of(&self.identity);
        line
    }

    fn end_event(&self, mut line: Line, ended: &Ended, end_ns: u64, phases: &Phases) -> Vec<u8> {
        describe::phases(&mut line, phases);
        describe::ending(&mut line, self.tool, ended, end_ns);
        line.finish()
    }

    /// Nothing ran: records why, says why, and returns the exit code for it.
    #[cold]
    fn give_up(&self, sink: &mut Sink, error: &Error) -> i32 {
        quietly(|| sink.append_last(&self.failed_event(error)));
        say_why(self.tool, self.parent, error);
        exit_code_of(error)
    }

    #[cold]
    fn failed_event(&self, error: &Error) -> Vec<u8> {
        let mut line = self.line("end");
        line.number("end_ns", clock::monotonic_ns());
        line.number("exit_code", u64::try_from(exit_code_of(error)).unwrap_or(127));
        line.text("error", error.to_string().as_bytes());
        line.finish()
    }
}

/// Whatever goes wrong with the record, the tool's result stands. A reader sees that the record is missing or thin; the
/// build must not see anything, which is why the panic hook is a silent one.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// No program, and no go command called: somebody mistyped a subcommand, or named a trace without one. That is not worth a
/// trace, and what was named may be one.
fn typing_error(command: Command, parent: &Parent) -> Option<Error> {
    if parent.is_go {
        return None;
    }
    command.find_program().and_then(|program| program::check(&program)).err()
}

/// Gives the compiler the PATH that the user has. No other thread can be reading the environment: there is none.
#[expect(unsafe_code, reason = "std cannot know that there is one thread")]
#[cold]
fn leave_path(name: &[u8]) {
    let path = masquerade::path_without_us(name);
    // SAFETY: the shim has one thread.
    unsafe { std::env::set_var("PATH", path) };
}

/// There is no tool, so there is no output to keep clean, and a failed action is never cached: here a word helps.
#[cold]
fn say_why(tool: &Tool, parent: &Parent, error: &Error) {
    let path = String::from_utf8_lossy(tool.path);
    let hint = if parent.is_go {
        "it was called as a tool of a go command, through -toolexec; is the Go installation complete?"
    } else {
        "it is neither a subcommand of gotrace nor a program; see gotrace --help"
    };
    let text = format!("gotrace: cannot run {path}: {error} ({hint})\n");
    // A closed stderr leaves nobody to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// As shells have it: 127 for a program that is not there, 126 for one that cannot be run.
fn exit_code_of(error: &Error) -> i32 {
    if error.kind() == ErrorKind::NotFound { 127 } else { 126 }
}

impl Ended {
    pub(crate) fn exit_code(&self) -> Option<u64> {
        match self.death {
            Death::Exited(code) => u64::try_from(code).ok(),
            Death::Killed(_) => None,
        }
    }

    pub(crate) fn signal(&self) -> Option<u64> {
        match self.death {
            Death::Exited(_) => None,
            Death::Killed(signal) => u64::try_from(signal).ok(),
        }
    }
}
