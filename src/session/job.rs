//! The story of a session: what a person typed behind `gotrace record --`, from its start to its end.
//!
//! Knows the order of things; prints nothing. The job has the terminal, standard input and every signal as it would have
//! without us.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use super::diary::Reader;
use super::folder::{self, Folder};
use super::machine::{Cgroup, Limits, Memory};
use super::profiles::{self, Merged};
use super::samples::{Flight, Progress, Sampler, Stop};
use super::setting;
use crate::record::{
    Ended, NotStarted, PROFILES_VARIABLE, Running, Signals, Sink, Words, clock, cpus, is_compiler, masked, masked_list,
    usage,
};
use crate::trace::{FORMAT_VERSION, Line};

/// What is to be recorded.
#[derive(Debug)]
pub struct Job {
    /// The command and its arguments.
    pub words: Vec<OsString>,
    /// The trace.
    pub trace: PathBuf,
    /// Where the CPU profile of all compilers and linkers goes; none where none is wanted.
    pub compiler_profile: Option<PathBuf>,
    /// What is asked of go commands when they have ended.
    pub asked: Asked,
}

/// What is asked of go commands when they have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// What they hashed.
    Hashes,
}

/// How it went.
pub struct Report {
    ended: Ended,
    /// Where in the trace this session begins, in bytes.
    pub offset: u64,
    /// What could not be set up, a sentence each: it is not in the trace.
    pub not_seen: Vec<String>,
    /// The CPU profile of all compilers and linkers.
    pub profile: Option<Merged>,
}

impl Report {
    /// Ends this process as the job ended: with its exit code, which is returned, or by the signal that killed it.
    #[must_use]
    pub fn die_alike(self) -> i32 {
        self.ended.die_alike()
    }
}

/// Runs a job, and calls `view` a few times per second while it runs.
///
/// # Errors
/// There is no such program, or the trace cannot be written: nothing has run then.
pub fn record(job: &Job, view: &mut (dyn FnMut(&Progress) + Send)) -> io::Result<Report> {
    let trace = std::path::absolute(&job.trace)?;
    let is_new = !trace.exists();
    let (mut sink, mut of_samples) = (Sink::at(&trace)?, Sink::at(&trace)?);
    let offset = fs::metadata(&trace).map_or(0, |meta| meta.len());
    let go = GoEnv::ask();
    let mut not_seen = Vec::new();
    let folder = Folder::create(&go.compilers());
    let folder = folder
        .map_err(|error| not_seen.push(format!("C compilers and what go does itself: no folder for them ({error})")))
        .ok();
    set_environment(&trace, folder.as_ref(), &go, &mut not_seen);
    if let (Some(_), Some(folder)) = (&job.compiler_profile, &folder) {
        set(PROFILES_VARIABLE, folder.profiles().as_os_str());
    }
    if let (Asked::Hashes, Some(folder)) = (job.asked, &folder)
        && let Err(error) = folder.ask_why()
    {
        not_seen.push(format!("what cmd/go hashed ({error})"));
    }
    let signals = Signals::hold();
    let started = clock::now();
    let running = Words::of(&job.words)?.command().as_a_shell_would().start(None, signals).map_err(|error| {
        if is_new {
            // An empty trace would only be asked about. That it stays is no worse.
            let _ = fs::remove_file(&trace);
        }
        match error {
            NotStarted::NoTool(error) | NotStarted::NoProcess(error) => error,
        }
    })?;
    let session = format!("{}-{}", std::process::id(), started.monotonic_ns);
    let cgroup = Cgroup::of_this_process();
    sink.append(&first_event(job, &session, started, &go, cgroup.as_ref()));
    let kills_before = cgroup.as_ref().and_then(Cgroup::oom_kills);
    let sampler = Sampler {
        session: &session,
        root: std::process::id(),
        started_ns: started.monotonic_ns,
        cgroup: cgroup.as_ref(),
        flight: Flight::from(&trace, offset),
        diaries: folder.as_ref().map(|folder| Reader::of(folder::diaries(folder.path()), go.get("GOMODCACHE").into())),
    };
    let (ended, end_ns) = watch(running, sampler, &mut of_samples, view);
    let kills =
        cgroup.as_ref().and_then(Cgroup::oom_kills).zip(kills_before).map(|(now, before)| now.saturating_sub(before));
    sink.append_last(&last_event(&session, started.monotonic_ns..end_ns, &ended, kills));
    let profile = job.compiler_profile.as_deref().zip(folder.as_ref()).and_then(|(into, folder)| {
        let merged = profiles::merge(&folder.profiles(), &trace, offset, into);
        merged.map_err(|error| not_seen.push(format!("the profile of the compilers ({error})"))).ok()
    });
    Ok(Report { ended, offset, not_seen, profile })
}

/// Waits for the job, while another thread samples; how it ended, and when.
fn watch(
    running: Running,
    sampler: Sampler,
    sink: &mut Sink,
    view: &mut (dyn FnMut(&Progress) + Send),
) -> (Ended, u64) {
    let stop = Stop::default();
    thread::scope(|scope| {
        scope.spawn(|| sampler.run(&stop, sink, view));
        let ended = running.wait();
        let end_ns = clock::monotonic_ns();
        stop.now();
        (ended, end_ns)
    })
}

/// Sets what the job inherits. What cannot be set is named.
fn set_environment(trace: &Path, folder: Option<&Folder>, go: &GoEnv, not_seen: &mut Vec<String>) {
    set("GOTRACE_FILE", trace.as_os_str());
    let own = std::env::current_exe().ok().and_then(|own| own.into_os_string().into_string().ok());
    let users = go.flags();
    match own.and_then(|own| setting::goflags(&users, &own)) {
        Some(flags) => set("GOFLAGS", OsStr::new(&flags)),
        None => not_seen.push(format!("tools: gotrace cannot be added to GOFLAGS, which is {users:?}")),
    }
    if let Some(folder) = folder {
        set(folder::VARIABLE, folder.path().as_os_str());
        set("PATH", &setting::path(&folder.bin(), std::env::var_os("PATH")));
    }
}

#[expect(unsafe_code, reason = "std cannot know that there is one thread")]
fn set(name: &str, value: &OsStr) {
    // SAFETY: the sampling thread is started later, and reads no variables.
    unsafe { std::env::set_var(name, value) };
}

/// What `go env` says, where there is a go.
#[derive(Debug, Default)]
struct GoEnv(serde_json::Map<String, serde_json::Value>);

/// What of it is told in the trace: whatever decides what is built, by what, and how fast.
const TOLD: [(&str, &str); 14] = [
    ("go_version", "GOVERSION"),
    ("goos", "GOOS"),
    ("goarch", "GOARCH"),
    ("cgo_enabled", "CGO_ENABLED"),
    ("cc", "CC"),
    ("cxx", "CXX"),
    ("goflags", "GOFLAGS"),
    ("goexperiment", "GOEXPERIMENT"),
    ("gocache", "GOCACHE"),
    ("gocacheprog", "GOCACHEPROG"),
    ("gomodcache", "GOMODCACHE"),
    ("goproxy", "GOPROXY"),
    ("gotoolchain", "GOTOOLCHAIN"),
    ("goroot", "GOROOT"),
];

/// What the Go runtime of every go command and tool is told.
const RUNTIME: [(&str, &str); 4] =
    [("gogc", "GOGC"), ("gomemlimit", "GOMEMLIMIT"), ("gomaxprocs", "GOMAXPROCS"), ("godebug", "GODEBUG")];

impl GoEnv {
    /// By name: asked for everything, go would ask the C compiler as well, which takes as long again.
    fn ask() -> Self {
        let names = TOLD.iter().map(|(_, name)| name);
        let asked =
            Command::new("go").args(["env", "-json"]).args(names).stdin(Stdio::null()).stderr(Stdio::null()).output();
        Self(asked.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(serde_json::Value::as_str).unwrap_or_default()
    }

    /// GOFLAGS, wherever it is set. A go that does not answer, or is only called by its path, has what is in the environment.
    fn flags(&self) -> String {
        let from_env =
            || std::env::var_os("GOFLAGS").map(|flags| flags.to_string_lossy().into_owned()).unwrap_or_default();
        if self.0.is_empty() { from_env() } else { self.get("GOFLAGS").to_owned() }
    }

    /// The programs of CC and CXX where they are bare names: those are looked up in PATH.
    fn compilers(&self) -> Vec<String> {
        let program = |name| self.get(name).split_whitespace().next().map(str::to_owned);
        let is_bare = |name: &String| !name.contains('/') && is_compiler(name.as_bytes());
        ["CC", "CXX"].into_iter().filter_map(program).filter(is_bare).collect()
    }
}

fn first_event(job: &Job, session: &str, started: clock::Moment, go: &GoEnv, cgroup: Option<&Cgroup>) -> Vec<u8> {
    let mut line = Line::new("session");
    line.number("v", FORMAT_VERSION);
    line.text("session", session.as_bytes());
    line.number("time_ns", started.realtime_ns);
    line.number("start_ns", started.monotonic_ns);
    masked_list(&mut line, "line", job.words.iter().map(|word| word.as_bytes()));
    line.text_if("dir", std::env::current_dir().ok().as_deref().map(|dir| dir.as_os_str().as_bytes()));
    for (key, name) in TOLD {
        if !go.get(name).is_empty() {
            line.text(key, &masked(go.get(name).as_bytes()));
        }
    }
    for (key, name) in RUNTIME {
        line.text_if(key, std::env::var_os(name).as_deref().map(OsStrExt::as_bytes));
    }
    line.number_if("cpus", cpus::usable_by(std::process::id()));
    line.number_if("memory_bytes", Memory::read().total);
    line.number_if("cgroup_limit_bytes", cgroup.and_then(Cgroup::limit));
    let limits = Limits::read();
    line.number_if("address_space_bytes", limits.address_space_bytes);
    line.number_if("open_files", limits.open_files);
    line.number_if("processes", limits.processes);
    line.finish()
}

fn last_event(session: &str, time: Range<u64>, ended: &Ended, oom_kills: Option<u64>) -> Vec<u8> {
    let mut line = Line::new("session_end");
    line.number("v", FORMAT_VERSION);
    line.text("session", session.as_bytes());
    line.number("start_ns", time.start);
    line.number("end_ns", time.end);
    usage(&mut line, ended);
    line.number_if("oom_kills", oom_kills);
    line.number("record_cpu_ns", clock::own_cpu_ns());
    line.finish()
}
