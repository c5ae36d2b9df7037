//! The story of one tool run, from the call by cmd/go to the death of the shim.
//!
//! Knows the order of things: say that the tool starts, start it, look around while it runs, wait, say how it ended, die
//! as it died. What each step does is told in the file of its own. Prints nothing (cmd/go would store it in the build
//! cache and replay it for years) but for the one case in which there is no tool to run.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::child::{Death, Ended, Output, Running};
use super::clock::{self, Moment};
use super::describe;
use super::invocation::Shim;
use super::parent::Parent;
use super::sink::Sink;
use super::tool::{Purpose, Tool};
use crate::trace::Line;

impl Shim {
    /// Runs the tool and records it. Returns the exit code of the tool; where a signal killed the tool, the same signal
    /// kills this process instead.
    #[must_use]
    pub fn run(self) -> i32 {
        let start = clock::now();
        let tool = Tool::of(self.argv, self.tool);
        let parent = Parent::look();
        let mut sink = Sink::open(self.trace, &parent);
        let call = Call { tool: &tool, parent: &parent, start };
        quietly(|| sink.append(&call.start_event()));

        let output = if tool.purpose == Purpose::VersionProbe { Output::StdoutRead } else { Output::Untouched };
        let Some(command) = self.argv.command(self.tool) else { return 127 };
        match command.start(output) {
            Ok(running) => {
                let (mut line, running) = call.look_around(running);
                let ended = running.wait();
                let end_ns = clock::monotonic_ns();
                quietly(|| {
                    describe::ending(&mut line, &tool, &ended, end_ns);
                    sink.append(&std::mem::take(&mut line).finish());
                });
                ended.die_alike()
            }
            Err(error) => {
                quietly(|| sink.append(&call.failed_event(&error)));
                say_why(&tool, &error);
                exit_code_of(&error)
            }
        }
    }
}

/// What is known before the tool runs.
struct Call<'a> {
    tool: &'a Tool,
    parent: &'a Parent,
    start: Moment,
}

impl Call<'_> {
    fn start_event(&self) -> Vec<u8> {
        let mut line = Line::new("start");
        describe::identity(&mut line, self.tool, self.parent, self.start);
        line.finish()
    }

    /// Does the reading and formatting while the tool runs, so that the end event needs only the kernel's figures.
    fn look_around(&self, mut running: Running) -> (Line, Running) {
        let mut line = Line::new("end");
        let version = running.read_along();
        quietly(|| {
            describe::identity(&mut line, self.tool, self.parent, self.start);
            describe::surroundings(&mut line, self.tool, self.parent, &version);
        });
        (line, running)
    }

    fn failed_event(&self, error: &std::io::Error) -> Vec<u8> {
        let mut line = Line::new("end");
        describe::identity(&mut line, self.tool, self.parent, self.start);
        line.number("end_ns", clock::monotonic_ns());
        line.number("exit_code", u64::try_from(exit_code_of(error)).unwrap_or(127));
        line.text("error", error.to_string().as_bytes());
        line.finish()
    }
}

/// Whatever goes wrong with the record, the tool's result stands.
fn quietly(work: impl FnOnce()) {
    // Nothing to add: a reader sees that the record is missing, and the build must not see anything.
    let _ = catch_unwind(AssertUnwindSafe(work));
}

/// There is no tool, so there is no output to keep clean, and a failed action is never cached: here a word helps.
fn say_why(tool: &Tool, error: &std::io::Error) {
    let path = String::from_utf8_lossy(tool.path);
    let hint = if tool.path.contains(&b'/') {
        "it was called as a tool of a go command, through -toolexec; is the Go installation complete?"
    } else {
        "it is neither a subcommand of gotrace nor a program in PATH; see gotrace --help"
    };
    let text = format!("gotrace: cannot run {path}: {error} ({hint})\n");
    // A closed stderr leaves nobody to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// As shells have it: 127 for a program that is not there, 126 for one that cannot be run.
fn exit_code_of(error: &std::io::Error) -> i32 {
    if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }
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
