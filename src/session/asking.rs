//! What a go command hashed: it is asked once more when it has ended, by a `go list` of the same packages.
//!
//! Knows how that is asked; does not know what is answered. The user's own command is not run with `GODEBUG=gocachehash=1`:
//! its words would come between the user's on standard error, the programs and tests that it runs would inherit the setting,
//! and since 1.24 cmd/go hashes GODEBUG into the keys of test results. `go list -export` hashes what the command has hashed,
//! finds it in the cache, and writes nothing; what it does not find is not compiled, because its tools only tell their
//! versions. Whether it hashed the same shows: a key is a hash of its inputs.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::path::Path;

use super::go_line::GoLine;
use super::setting;
use crate::record::{Signals, Words, stand_in};

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    words: Vec<OsString>,
}

/// One package at a time: the lines of two that have one name could not be told apart.
const LIST: [&str; 6] = ["list", "-e", "-export", "-deps", "-p=1", "-f={{.ImportPath}}\t{{.BuildID}}"];

impl Question {
    /// For this command line; none where it builds nothing, or its tools are not run by this program.
    pub(super) fn of(line: &GoLine) -> Option<Self> {
        let goflags = std::env::var("GOFLAGS").unwrap_or_default();
        let in_between = setting::flag_of(&goflags, "toolexec")?;
        let users = line.value("toolexec");
        let in_between = match users {
            Some(users) => {
                let gotrace = super::quoting::split(&in_between)?.into_iter().next()?;
                setting::toolexec(&gotrace, &super::quoting::split(&users)?)?
            }
            None => in_between,
        };
        let toolexec = OsString::from(format!("-toolexec={}", setting::for_versions(&in_between)?));
        let words = line.listing(LIST.map(OsString::from).into_iter().chain([toolexec]))?;
        Some(Self { words })
    }

    /// Asks it in the place of the command that has ended, whose streams nobody needs any more. What goes wrong costs the answer.
    pub(super) fn ask(self, answers: [&Path; 2], signals: Signals) {
        let [packages, hashes] = answers;
        let streams = [OpenOptions::new().read(true).open("/dev/null"), File::create(packages), File::create(hashes)];
        let [Ok(nothing), Ok(packages), Ok(hashes)] = streams else { return };
        if [(&nothing, 0), (&packages, 1), (&hashes, 2)].into_iter().any(|(file, fd)| stand_in(file, fd).is_err()) {
            return;
        }
        set("GODEBUG", &setting::godebug(std::env::var_os("GODEBUG"), "gocachehash=1"));
        // Its probes are none of the job's.
        set("GOTRACE_FILE", OsStr::new("/dev/null"));
        let Ok(words) = Words::of(&self.words) else { return };
        if let Ok(running) = words.command().really_meant().start(None, signals) {
            running.wait();
        }
    }
}

#[expect(unsafe_code, reason = "std cannot know that there is one thread")]
fn set(name: &str, value: &OsStr) {
    // SAFETY: this process has one thread.
    unsafe { std::env::set_var(name, value) };
}
