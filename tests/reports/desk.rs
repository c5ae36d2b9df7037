//! The vocabulary of the stories: a folder of its own, the real gotrace in it, and what it said.
//!
//! Knows how to start the program; does not know what any story expects. The environment is empty but for what a story puts
//! there, so a test means the same on every machine.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read, Write, pipe};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// How the folder of a story is called in expected texts.
pub(crate) const HOME: &str = "/home/you/project";

/// A folder with `tmp/` as TMPDIR. It goes away with the story.
pub(crate) struct Desk {
    root: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("desk-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let desk = Self { root: root.expect("a folder for the desk") };
        fs::create_dir(desk.path("tmp")).expect("a folder for temporary files");
        desk
    }

    /// With this trace as `trace.jsonl`.
    pub(crate) fn with(trace: impl AsRef<[u8]>) -> Self {
        let desk = Self::new();
        desk.file("trace.jsonl", trace);
        desk
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        path.parent().map(fs::create_dir_all).transpose().unwrap_or_else(|error| panic!("{name}: {error}"));
        fs::write(&path, content).unwrap_or_else(|error| panic!("{name}: {error}"));
        path
    }

    /// Leaves notes where the shim leaves those that can be nowhere else: a file of each user's own.
    pub(crate) fn notes_in_temp(&self, notes: impl AsRef<[u8]>) {
        self.file(&format!("tmp/{}", Self::name_of_notes()), notes);
    }

    fn name_of_notes() -> String {
        format!("gotrace-{}.problems", fs::metadata("/proc/self").expect("this process").uid())
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of what lies in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path()).expect("the folder of the desk");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name().display().to_string();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// `gotrace` with these words as arguments.
    pub(crate) fn gotrace(&self, words: &str) -> Call {
        self.gotrace_with(words.split_whitespace())
    }

    /// `gotrace` with these arguments, which may hold anything.
    pub(crate) fn gotrace_with(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Call {
        self.program(env!("CARGO_BIN_EXE_gotrace"), arguments)
    }

    /// Any program in this folder and its bare environment.
    pub(crate) fn program(
        &self,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Call {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.root.path()).env_clear().env("TMPDIR", self.path("tmp"));
        Call { command, input: Vec::new(), home: self.root.path().display().to_string() }
    }
}

/// A call that has yet to be made.
pub(crate) struct Call {
    pub(crate) command: Command,
    input: Vec<u8>,
    home: String,
}

impl Call {
    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self
    }

    /// What it finds on standard input.
    pub(crate) fn reads(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub(crate) fn run(mut self) -> Answer {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = loop {
            match self.command.spawn() {
                // A copy of the program, and another story's child that was forked while it was being written.
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => thread::yield_now(),
                child => break child.unwrap_or_else(|error| panic!("{:?}: {error}", self.command)),
            }
        };
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = self.input;
        // Who is turned away by its arguments does not read its input.
        let feeder = thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("its output");
        feeder.join().expect("the input is written");
        let text = |bytes: Vec<u8>| {
            let said = String::from_utf8(bytes).expect("gotrace prints UTF-8");
            said.replace(&self.home, HOME).replace(&Desk::name_of_notes(), "gotrace-1000.problems")
        };
        Answer { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs it with a standard output that nobody reads, and returns its exit code, its signal, and what it complained of.
    pub(crate) fn run_without_reader(mut self) -> (Option<i32>, Option<i32>, String) {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        self.command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let output = self.command.output().expect("gotrace runs");
        let complaint = String::from_utf8(output.stderr).expect("UTF-8");
        (output.status.code(), output.status.signal(), complaint)
    }
}

/// What it said, with the folder of the story called [`HOME`], and its user 1000.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The answer, which came without a word on standard error.
    #[track_caller]
    pub(crate) fn plain(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "an answer and no complaint");
        self.out
    }

    /// The answer, and what was said beside it.
    #[track_caller]
    pub(crate) fn with_remarks(self) -> (String, String) {
        assert_eq!(self.code, Some(0), "{}", self.err);
        assert_ne!(self.err, "", "there is something to remark");
        (self.out, self.err)
    }

    /// The words with which it turned the user away.
    #[track_caller]
    pub(crate) fn refusal(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "exit code 2 and no answer; it said: {}", self.err);
        self.err
    }
}

/// Reads all there is.
pub(crate) fn read_all(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).expect("bytes");
    bytes
}
