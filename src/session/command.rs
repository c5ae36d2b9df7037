//! One go command of a session, called by the name `go` through the session's folder.
//!
//! Knows its line, its start and its end, and has cmd/go write down what only it knows; does not read it. The command runs
//! as it would without us, and whatever goes wrong here costs only the record.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::asking::Question;
use super::diary::Diary;
use super::go_line::GoLine;
use super::identity::Identity;
use super::{folder, setting};
use crate::record::{Argv, Ended, NotStarted, Parent, Signals, Sink, Words, clock, masked_list, usage};

/// Runs the go that is really meant, records it, and ends as it ended.
#[must_use]
pub fn go(argv: Argv) -> i32 {
    let called_ns = clock::monotonic_ns();
    let signals = Signals::hold();
    std::panic::set_hook(Box::new(|_| {}));
    let Some(folder) = folder::of_environment() else {
        // Somebody calls this program `go` without being a session: there is nothing to record it in.
        return no_go(
            &argv
                .command(0)
                .map_or_else(|| std::io::ErrorKind::NotFound.into(), |go| go.really_meant().replace_shim(signals)),
        );
    };
    let folder = Path::new(&folder);
    let line = GoLine::of(argv.to_os_strings());
    let typed = line.words().to_vec();
    let question = if folder::asks_why(folder) { Question::of(&line) } else { None };
    let diary = if line.builds() { Diary::begin(&folder::diaries(folder)) } else { None };
    let line = have_written(diary.as_ref(), line)
        .with_toolexec(|users| setting::toolexec(std::env::current_exe().ok()?.to_str()?, users));
    let words = match Words::of(line.words()) {
        Ok(words) => words,
        Err(error) => return no_go(&error),
    };
    let started = clock::now();
    match words.command().really_meant().start(None, signals) {
        Ok(running) => {
            let go = Parent::of_pid(running.pid());
            let command = Identity::of(&go, started);
            quietly(|| sink(&go).append(&first_event(&command, &typed, called_ns)));
            let ended = running.wait();
            let end_ns = clock::monotonic_ns();
            quietly(|| {
                let mut sink = sink(&go);
                if let Some(diary) = &diary {
                    if let Some(question) = question.filter(|_| ended.is_of_its_own() && !Signals::was_called_off()) {
                        question.ask(diary.answers(), signals);
                    }
                    diary.close(&command, end_ns);
                    folder::leave(folder);
                }
                sink.append(&last_event(&command, &ended, end_ns));
            });
            ended.die_alike()
        }
        Err(NotStarted::NoTool(error) | NotStarted::NoProcess(error)) => no_go(&error),
    }
}

/// The line with the flags that have go write its diary, unless the user has a use for them.
fn have_written(diary: Option<&Diary>, line: GoLine) -> GoLine {
    let goflags = std::env::var_os("GOFLAGS").unwrap_or_default();
    let is_free = |name: &str| line.takes(name) && !setting::sets(&goflags.to_string_lossy(), name);
    let flags: Vec<OsString> = diary
        .into_iter()
        .flat_map(Diary::flags)
        .filter(|(name, _)| is_free(name))
        .map(|(name, path)| {
            let mut flag = OsString::from(format!("-{name}="));
            flag.push(path);
            flag
        })
        .collect();
    line.with_flags(flags)
}

fn first_event(command: &Identity, typed: &[OsString], called_ns: u64) -> Vec<u8> {
    let mut line = command.line("command");
    line.number("time_ns", command.epoch_ns);
    line.number("start_ns", command.start_ns);
    line.number("before_ns", command.start_ns.saturating_sub(called_ns));
    masked_list(&mut line, "go_args", typed.iter().map(|word| word.as_bytes()));
    line.text_if("go_dir", std::env::current_dir().ok().as_deref().map(|dir| dir.as_os_str().as_bytes()));
    line.number_if("under_go_pid", Parent::go_above().map(|above| u64::from(above.pid)));
    line.finish()
}

fn last_event(command: &Identity, ended: &Ended, end_ns: u64) -> Vec<u8> {
    let mut line = command.line("command_end");
    line.number("start_ns", command.start_ns);
    line.number("end_ns", end_ns);
    line.number("after_ns", clock::monotonic_ns().saturating_sub(end_ns));
    usage(&mut line, ended);
    line.finish()
}

/// The trace, opened anew when the command has ended: it may have removed the folder that the trace is in.
fn sink(go: &Parent) -> Sink {
    Sink::open(None, go)
}

fn quietly(work: impl FnOnce()) {
    // A record that is thin is seen as thin; the command's result stands.
    let _ = catch_unwind(AssertUnwindSafe(work));
}

/// There is no go: the shell would have said so.
fn no_go(error: &std::io::Error) -> i32 {
    // A closed stderr leaves nobody to tell.
    let _ = std::io::stderr().write_all(format!("gotrace: cannot run go: {error} (is it in PATH?)\n").as_bytes());
    if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }
}
