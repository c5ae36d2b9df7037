//! The vocabulary of the stories: a folder with a fake Go installation, the real gotrace, and what they leave behind.
//!
//! Knows how to start programs and how to read a trace; does not know what any story expects. Traces are read with
//! `serde_json` alone, so that gotrace's own reader cannot excuse what its writer wrote.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr};
use std::fs::{self, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

/// How long a story waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of its own for one story: `go/` is the installation, `bin/` is in PATH, `module/` is where go is started,
/// `tmp/` is TMPDIR. It stays, and is named, when the story fails.
pub(crate) struct World {
    root: Option<tempfile::TempDir>,
}

impl World {
    pub(crate) fn new() -> Self {
        // Hard links to the fake tool need the same file system.
        let root = tempfile::Builder::new().prefix("world-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let world = Self { root: Some(root.expect("a folder for the world")) };
        for folder in ["go/bin", "go/pkg/tool/linux_amd64", "bin", "module", "tmp"] {
            fs::create_dir_all(world.path(folder)).expect("a folder of the world");
        }
        world
    }

    /// A world in which compile does what `script` says (tests/fake/tool.rs lists the steps).
    pub(crate) fn where_compile(script: &str) -> Self {
        let world = Self::new();
        world.tool("compile", script);
        world
    }

    /// A path in the world.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.as_ref().expect("the world has a folder until it is dropped").path().join(name)
    }

    /// Where a file of the build would be in the go command's `$WORK`.
    pub(crate) fn work(&self, name: &str) -> PathBuf {
        self.path("tmp/go-build123").join(name)
    }

    /// A file with this content, its folders made on the way.
    pub(crate) fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder of a file");
        fs::write(&path, content).expect("a file of the world");
        path
    }

    /// An executable file with this content. Another process writes it: as long as any process has a file open for
    /// writing, which one that another story just forked may, it cannot be executed.
    pub(crate) fn executable(&self, name: &str, content: &str) {
        let source = self.file("content of an executable", content);
        let path = self.path(name);
        self.tool("cover", &format!("copy {} {}", quoted(&source), quoted(&path)));
        self.bare("cover").run().succeeds();
        fs::set_permissions(path, Permissions::from_mode(0o755)).expect("an executable file");
    }

    /// A tool of Go's with this script.
    pub(crate) fn tool(&self, name: &str, script: &str) -> PathBuf {
        self.program(&format!("go/pkg/tool/linux_amd64/{name}"), script)
    }

    /// A program anywhere in the world with this script.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        if !path.exists() {
            fs::hard_link(fake_tool(), &path).expect("a copy of the fake tool");
        }
        fs::write(path.with_extension("script"), script).expect("the script of a tool");
        path
    }

    /// The shim around a tool of Go's: what cmd/go starts.
    pub(crate) fn shim(&self, tool: &str) -> Call {
        self.gotrace().arg(self.tool_path(tool))
    }

    /// The same tool without the shim: what cmd/go starts without `-toolexec`.
    pub(crate) fn bare(&self, tool: &str) -> Call {
        self.call(&self.tool_path(tool))
    }

    /// A go command that does what `script` says; `gotrace` and `compile` in it are words for their paths.
    pub(crate) fn go(&self, script: &str) -> Call {
        let go = self.program("go/bin/go", &self.with_paths(script));
        self.call(&go)
    }

    /// The same in PATH, where it knows nothing to answer to `go env`.
    pub(crate) fn go_in_path(&self, script: &str) {
        self.program("bin/go", &format!("when env exit 1\n{}", self.with_paths(script)));
    }

    fn with_paths(&self, script: &str) -> String {
        let compile = quoted(&self.tool_path("compile"));
        let script = script.replace(" gotrace ", &format!(" {} ", quoted(Path::new(GOTRACE))));
        script.replace(" compile", &format!(" {compile}"))
    }

    pub(crate) fn gotrace(&self) -> Call {
        self.call(Path::new(GOTRACE))
    }

    /// A program by the name that it is to be called by, as seen from where go is started.
    pub(crate) fn program_called(&self, name: &str) -> Call {
        self.call(Path::new(name))
    }

    /// A go in PATH that reads its flags, and does what these lines of shell say (tests/fake/go.sh has their vocabulary).
    pub(crate) fn shell_go_in_path(&self, lines: &str) {
        self.executable("bin/go", &format!("{}{lines}\n", include_str!("fake/go.sh")));
    }

    /// A job, started as from a shell: the first word is looked up in the PATH of this world.
    pub(crate) fn plain(&self, words: &[&str]) -> Call {
        self.call(&self.path("bin").join(words[0])).args(&words[1..])
    }

    /// The same job below `gotrace record`.
    pub(crate) fn recorded(&self, words: &[&str]) -> Call {
        self.gotrace().args(["record", "--"]).args(words)
    }

    /// And without a word of gotrace's own.
    pub(crate) fn recorded_quietly(&self, words: &[&str]) -> Call {
        self.gotrace().args(["record", "--quiet", "--"]).args(words)
    }

    fn tool_path(&self, name: &str) -> PathBuf {
        self.path("go/pkg/tool/linux_amd64").join(name)
    }

    fn call(&self, program: &Path) -> Call {
        let mut command = Command::new(program);
        command
            .current_dir(self.path("module"))
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("TMPDIR", self.path("tmp"))
            .env("GOTRACE_FILE", self.path("trace.jsonl"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Call { command, stdin: None }
    }

    /// The events of the trace at its usual place in the stories.
    #[track_caller]
    pub(crate) fn trace(&self) -> Trace {
        Trace::read(&self.path("trace.jsonl"))
    }

    /// The end event of a world in which one tool ran.
    #[track_caller]
    pub(crate) fn end(&self) -> Event {
        let mut ends = self.trace().of_type("end");
        assert_eq!(ends.len(), 1, "one tool ran");
        ends.remove(0)
    }

    /// What the shim noted about troubles with the trace, beside it and in TMPDIR.
    #[track_caller]
    pub(crate) fn notes(&self) -> Notes {
        let read = |path: PathBuf| if path.exists() { Trace::read(&path).of_type("problem") } else { Vec::new() };
        let files = fs::read_dir(self.path("tmp")).expect("a folder").map(|entry| entry.expect("an entry").path());
        let in_temp = files.filter(|path| path.extension().is_some_and(|extension| extension == "problems"));
        Notes { beside: read(self.path("trace.jsonl.problems")), in_temp: in_temp.flat_map(read).collect() }
    }

    /// Where this user's notes are that can be nowhere else.
    pub(crate) fn note_in_temp(&self) -> PathBuf {
        let user = fs::metadata("/proc/self").expect("this process").uid();
        self.path(format!("tmp/gotrace-{user}.problems"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if thread::panicking() {
            let kept = self.root.take().map(tempfile::TempDir::keep);
            complain(&format!("the world of this story is kept in {}", kept.unwrap_or_default().display()));
        }
    }
}

const GOTRACE: &str = env!("CARGO_BIN_EXE_gotrace");

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}

/// Builds the fake tool once for all stories, and not again until its source changes.
fn fake_tool() -> &'static Path {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    TOOL.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake/tool.rs");
        let mut hasher = DefaultHasher::new();
        fs::read(&source).expect("the source of the fake tool").hash(&mut hasher);
        let tool = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fake-tool-{:016x}", hasher.finish()));
        if !tool.exists() {
            let unfinished = tool.with_extension(std::process::id().to_string());
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let options = ["--edition", "2024", "-C", "opt-level=1", "-C", "strip=symbols", "-o"];
            let status = Command::new(rustc).args(options).arg(&unfinished).arg(source).status();
            assert!(status.expect("rustc, to build the fake tool").success(), "the fake tool does not compile");
            fs::rename(unfinished, &tool).expect("the fake tool in its place");
        }
        tool
    })
}

/// A program about to be started.
pub(crate) struct Call {
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Call {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn in_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    pub(crate) fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.command.stdin(Stdio::piped());
        self.stdin = Some(bytes);
        self
    }

    pub(crate) fn stdio(mut self, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout).stderr(stderr);
        self
    }

    /// In a process group of its own, as from a shell.
    pub(crate) fn in_own_group(mut self) -> Self {
        self.command.process_group(0);
        self
    }

    /// Changes the process right before it becomes the program; system calls only.
    #[expect(unsafe_code, reason = "pre_exec, for the states that Command has no words for")]
    pub(crate) fn before_exec(mut self, change: impl FnMut() -> io::Result<()> + Send + Sync + 'static) -> Self {
        // SAFETY: the stories make system calls only.
        unsafe { self.command.pre_exec(change) };
        self
    }

    /// Without the power of root over file permissions and other processes.
    pub(crate) fn without_power(self) -> Self {
        const CAP_DAC_OVERRIDE: libc::c_ulong = 1;
        const CAP_SYS_PTRACE: libc::c_ulong = 19;
        self.before_exec(|| {
            for power in [CAP_DAC_OVERRIDE, CAP_SYS_PTRACE] {
                #[expect(unsafe_code, reason = "prctl")]
                // SAFETY: no memory is involved. It fails where there is no such power to lose.
                unsafe {
                    libc::prctl(libc::PR_CAPBSET_DROP, power, 0, 0, 0)
                };
            }
            Ok(())
        })
    }

    /// Starts it and waits for its end.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        self.start().finish()
    }

    #[track_caller]
    pub(crate) fn start(self) -> Started {
        self.try_start().expect("a program to start")
    }

    /// Starts it, if the kernel does.
    pub(crate) fn try_start(mut self) -> io::Result<Started> {
        let mut child = self.command.spawn()?;
        let feeder = self
            .stdin
            .zip(child.stdin.take())
            .map(|(bytes, mut pipe)| thread::spawn(move || pipe.write_all(&bytes).expect("somebody who reads stdin")));
        Ok(Started { child, feeder })
    }
}

/// A program that is running.
pub(crate) struct Started {
    child: Child,
    feeder: Option<thread::JoinHandle<()>>,
}

impl Started {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    #[track_caller]
    pub(crate) fn finish(self) -> Outcome {
        self.finish_within(PATIENCE * 2)
    }

    /// Waits for its end; a program that hangs is killed, which no story expects.
    #[track_caller]
    pub(crate) fn finish_within(self, patience: Duration) -> Outcome {
        let pid = i32::try_from(self.pid()).expect("a pid");
        let (ended, watch) = mpsc::channel::<()>();
        let watchdog = thread::spawn(move || {
            if watch.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout) {
                complain(&format!("process {pid} hangs"));
                kill(pid, libc::SIGKILL);
            }
        });
        let Output { status, stdout, stderr } = self.child.wait_with_output().expect("the end of a program");
        drop(ended);
        watchdog.join().expect("the watchdog");
        if let Some(feeder) = self.feeder {
            feeder.join().expect("all of stdin taken");
        }
        Outcome { code: status.code(), signal: status.signal(), core_dumped: status.core_dumped(), stdout, stderr }
    }
}

/// How a program ended and what it said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) core_dumped: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits_with(0).quietly()
    }

    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!((self.code, self.signal), (Some(code), None), "exit code and signal; stderr: {}", self.err());
        self
    }

    #[track_caller]
    pub(crate) fn dies_of(self, signal: i32) -> Self {
        assert_eq!((self.code, self.signal), (None, Some(signal)), "exit code and signal; stderr: {}", self.err());
        self
    }

    /// Nothing on stdout but this line.
    #[track_caller]
    pub(crate) fn says(self, line: &str) -> Self {
        assert_eq!(self.stdout.escape_ascii().to_string(), format!("{line}\\n"), "stdout");
        self
    }

    /// Nothing on stderr.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        assert_eq!(self.err(), "", "stderr");
        self
    }

    /// Nothing on stdout or stderr.
    #[track_caller]
    pub(crate) fn silently(self) -> Self {
        assert_eq!((self.stdout.escape_ascii().to_string(), self.err()), (String::new(), String::new()));
        self
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// The lines of a trace, in its order.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) events: Vec<Event>,
}

impl Trace {
    /// Reads a trace in which nothing may be wrong.
    #[track_caller]
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("no trace {}: {error}", path.display()));
        Self::parse(&bytes)
    }

    #[track_caller]
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "the last line is ended");
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let events = lines.map(|line| match serde_json::from_slice(line) {
            Ok(keys) => Event { keys, line_length: line.len() },
            Err(error) => panic!("not an event ({error}): {}", line.escape_ascii()),
        });
        Self { events: events.collect() }
    }

    pub(crate) fn of_type(self, kind: &str) -> Vec<Event> {
        self.events.into_iter().filter(|event| event.text("type") == kind).collect()
    }

    /// How often each tool run, by pid and start, has a start event and an end event.
    #[track_caller]
    pub(crate) fn starts_and_ends(&self) -> BTreeMap<(u64, u64), (usize, usize)> {
        let mut runs = BTreeMap::new();
        for event in &self.events {
            let run: &mut (usize, usize) = runs.entry((event.number("pid"), event.number("start_ns"))).or_default();
            match event.text("type") {
                "start" => run.0 += 1,
                "end" => run.1 += 1,
                other => panic!("an event of type {other}"),
            }
        }
        runs
    }
}

/// One line of a trace.
#[derive(Debug)]
pub(crate) struct Event {
    keys: Map<String, Value>,
    pub(crate) line_length: usize,
}

impl Event {
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    #[track_caller]
    pub(crate) fn text(&self, key: &str) -> &str {
        self.value(key).as_str().unwrap_or_else(|| panic!("{key} is a text in {:?}", self.keys))
    }

    #[track_caller]
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.value(key).as_u64().unwrap_or_else(|| panic!("{key} is an unsigned number in {:?}", self.keys))
    }

    #[track_caller]
    pub(crate) fn list(&self, key: &str) -> Vec<&str> {
        let list = self.value(key).as_array().unwrap_or_else(|| panic!("{key} is a list in {:?}", self.keys));
        list.iter().map(|item| item.as_str().expect("a list of texts")).collect()
    }

    /// An object of numbers, by name.
    #[track_caller]
    pub(crate) fn numbers(&self, key: &str) -> BTreeMap<&str, u64> {
        let object = self.value(key).as_object().unwrap_or_else(|| panic!("{key} is an object in {:?}", self.keys));
        object.iter().map(|(name, value)| (name.as_str(), value.as_u64().expect("an unsigned number"))).collect()
    }

    #[track_caller]
    fn value(&self, key: &str) -> &Value {
        self.keys.get(key).unwrap_or_else(|| panic!("no {key} in {:?}", self.keys))
    }
}

/// Notes about troubles with the trace.
#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) beside: Vec<Event>,
    pub(crate) in_temp: Vec<Event>,
}

/// Waits for something that another process does.
#[track_caller]
pub(crate) fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < PATIENCE, "in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until a tool says, by a file with its pid, that it has come to some point; returns the pid.
#[track_caller]
pub(crate) fn pid_in(path: &Path) -> u32 {
    eventually(&format!("{} appears", path.display()), || path.exists());
    fs::read_to_string(path).expect("a pid").parse().expect("a pid")
}

/// Lets a tool go on that waits for this file.
pub(crate) fn release(path: &Path) {
    OpenOptions::new().create(true).append(true).open(path).expect("a file to wait for");
}

#[expect(unsafe_code, reason = "kill")]
pub(crate) fn kill(pid: i32, signal: i32) {
    // SAFETY: no memory is involved.
    let result = unsafe { libc::kill(pid, signal) };
    assert_eq!(result, 0, "signal {signal} to {pid}: {}", io::Error::last_os_error());
}

/// `setrlimit` by its system call: the C libraries do not agree on the type of its first argument.
#[expect(unsafe_code, reason = "prlimit64")]
pub(crate) fn limit_to(what: impl Into<libc::c_long>, limit: u64) -> io::Result<()> {
    let limits = [limit; 2];
    let (this_process, no_answer) = (0, std::ptr::null::<u64>());
    // SAFETY: `limits`, the soft and the hard one, live through the call.
    let result = unsafe { libc::syscall(libc::SYS_prlimit64, this_process, what.into(), limits.as_ptr(), no_answer) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has the kernel answer two system calls with an error, in this process and all that come of it.
#[expect(unsafe_code, reason = "a seccomp filter")]
pub(crate) fn refuse(calls: [libc::c_long; 2], errno: i32) -> io::Result<()> {
    const LOAD_SYSCALL_NUMBER: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let [first, second] = calls.map(|call| u32::try_from(call).expect("a system call"));
    let errno = u32::try_from(errno).expect("an error number");
    let mut program = [
        step(LOAD_SYSCALL_NUMBER, 0, 0, 0),
        step(JUMP_IF_EQUAL, 1, 0, first),
        step(JUMP_IF_EQUAL, 0, 1, second),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | errno),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let filter = libc::sock_fprog { len: 5, filter: program.as_mut_ptr() };
    // SAFETY: the filter and its program live through the calls.
    let result = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[expect(unsafe_code, reason = "mkfifo")]
pub(crate) fn make_fifo(path: &Path) {
    let name = CString::new(path.as_os_str().as_bytes()).expect("a path");
    // SAFETY: `name` is a C string that lives through the call.
    let result = unsafe { libc::mkfifo(name.as_ptr(), 0o600) };
    assert_eq!(result, 0, "mkfifo: {}", io::Error::last_os_error());
}

/// For what a story has to tell whoever runs it, such as the reason why it could not be told.
#[expect(clippy::print_stderr, reason = "a word to whoever runs the tests")]
pub(crate) fn complain(text: &str) {
    eprintln!("{text}");
}
