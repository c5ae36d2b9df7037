//! One go command of a session, called by the name `go` through the session's folder.
//!
//! Knows its line, its start and its end, and has cmd/go write down what only it knows; does not know the session. The
//! command runs as it would without us, and whatever goes wrong here costs only the record.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::go_line::GoLine;
use super::identity::Identity;
use super::{downloads, folder, graph, setting, spans};
use crate::record::{Argv, Ended, NotStarted, Parent, Signals, Sink, Words, clock, masked_list, usage};

/// Runs the go that is really meant, records it, and ends as it ended.
#[must_use]
pub fn go(argv: Argv) -> i32 {
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
    let notes = Notes::new(Path::new(&folder));
    let line = GoLine::of(argv.to_os_strings());
    let typed = line.words().to_vec();
    let line = notes
        .have_written(line)
        .with_toolexec(|users| setting::toolexec(std::env::current_exe().ok()?.to_str()?, users));
    let started = clock::now();
    let words = match Words::of(line.words()) {
        Ok(words) => words,
        Err(error) => return no_go(&error),
    };
    match words.command().really_meant().start(None, signals) {
        Ok(running) => {
            let command = Identity { parent: Parent::of_pid(running.pid()), started };
            quietly(|| command.sink().append(&command.first_event(&typed)));
            let ended = running.wait();
            let end_ns = clock::monotonic_ns();
            quietly(|| {
                let mut sink = command.sink();
                sink.append(&command.last_event(&ended, end_ns));
                notes.told(&command).iter().for_each(|event| sink.append(event));
            });
            notes.remove();
            ended.die_alike()
        }
        Err(NotStarted::NoTool(error) | NotStarted::NoProcess(error)) => no_go(&error),
    }
}

impl Identity {
    fn first_event(&self, typed: &[OsString]) -> Vec<u8> {
        let mut line = self.line("command");
        line.number("time_ns", self.started.realtime_ns);
        line.number("start_ns", self.started.monotonic_ns);
        masked_list(&mut line, "go_args", typed.iter().map(|word| word.as_bytes()));
        line.text_if("go_dir", std::env::current_dir().ok().as_deref().map(|dir| dir.as_os_str().as_bytes()));
        line.number_if("under_go_pid", Parent::go_above().map(|above| u64::from(above.pid)));
        line.finish()
    }

    fn last_event(&self, ended: &Ended, end_ns: u64) -> Vec<u8> {
        let mut line = self.line("command_end");
        line.number("start_ns", self.started.monotonic_ns);
        line.number("end_ns", end_ns);
        usage(&mut line, ended);
        line.finish()
    }

    /// The trace, opened anew when the command has ended: it may have removed the folder that the trace is in.
    fn sink(&self) -> Sink {
        Sink::open(None, &self.parent)
    }
}

/// What cmd/go is asked to write about itself, in files of the session's folder.
struct Notes {
    graph: PathBuf,
    spans: PathBuf,
    /// Where modules are downloaded to.
    module_cache: Option<PathBuf>,
}

impl Notes {
    fn new(folder: &Path) -> Self {
        let file = |name: &str| folder.join(format!("{name}-{}", std::process::id()));
        Self { graph: file("graph"), spans: file("spans"), module_cache: folder::module_cache(folder) }
    }

    /// The line with the flags that have them written, unless the user has a use for them.
    fn have_written(&self, line: GoLine) -> GoLine {
        let wanted = [("debug-actiongraph", &self.graph), ("debug-trace", &self.spans)];
        let goflags = std::env::var_os("GOFLAGS").unwrap_or_default();
        let is_free = |name: &str| line.takes(name) && !setting::sets(&goflags.to_string_lossy(), name);
        let flags: Vec<OsString> = wanted
            .into_iter()
            .filter(|(name, _)| is_free(name))
            .map(|(name, path)| {
                let mut flag = OsString::from(format!("-{name}="));
                flag.push(path);
                flag
            })
            .collect();
        line.with_flags(flags)
    }

    /// The events that they make. What is not there, or not understood, is not seen, and that is an event as well.
    fn told(&self, command: &Identity) -> Vec<Vec<u8>> {
        let read = |path: &Path| std::fs::read(path).ok();
        let of_graph = read(&self.graph).map(|text| graph::events(&text, command));
        let of_spans = read(&self.spans).map(|text| {
            let cache = self.module_cache.as_deref();
            let fetched = cache.map(|cache| downloads::since(cache, command.started.realtime_ns)).unwrap_or_default();
            spans::events(&text, &fetched, command)
        });
        let told = [of_graph, of_spans].into_iter().flatten();
        told.flat_map(|events| events.unwrap_or_else(|what| vec![not_understood(command, &what)])).collect()
    }

    fn remove(&self) {
        for path in [&self.graph, &self.spans] {
            // It goes with the session's folder otherwise.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn not_understood(command: &Identity, what: &str) -> Vec<u8> {
    let mut line = command.line("not_seen");
    line.text("what", what.as_bytes());
    line.finish()
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
