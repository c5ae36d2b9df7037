//! Reads a trace as a stranger would, with `serde_json` and the format's description, so that gotrace is not
//! its own judge.
//!
//! Knows the keys; checks what every trace promises, whatever was built: each event is a line, each start has its end,
//! nothing was noted as a problem. Does not know what was built.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// An event of a trace; a key that is absent is empty, zero or false here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event {
    #[serde(rename = "type")]
    kind: String,
    v: u64,
    pub(crate) tool: String,
    pub(crate) package: String,
    pub(crate) variant: Option<String>,
    pub(crate) probe: bool,
    pid: u64,
    pub(crate) go_pid: u64,
    pub(crate) go_start_ticks: u64,
    pub(crate) go_parent_pid: u64,
    pub(crate) work: String,
    pub(crate) objdir: String,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) user_ns: u64,
    pub(crate) sys_ns: u64,
    pub(crate) shim_cpu_ns: u64,
    pub(crate) exit_code: Option<i32>,
    pub(crate) needs: Vec<String>,
    pub(crate) source_files: usize,
    pub(crate) module: String,
    pub(crate) module_version: Option<String>,
    pub(crate) args: Vec<String>,
    pub(crate) phases: BTreeMap<String, u64>,
    pub(crate) lines: u64,
    pub(crate) funcs: u64,
    pub(crate) output_bytes: Option<u64>,
    pub(crate) tool_version: String,
    pub(crate) go_args: Vec<String>,
    pub(crate) go_dir: String,
    pub(crate) go_version: String,
    pub(crate) goos: String,
    pub(crate) goarch: String,
}

/// The tool runs that a trace tells of, in the order in which they ended.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    /// Those that are part of a build.
    pub(crate) actions: Vec<Event>,
    /// Those by which cmd/go asks a tool for its version.
    pub(crate) probes: Vec<Event>,
}

impl Trace {
    #[track_caller]
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("no trace at {}: {error}", path.display()));
        assert!(text.is_empty() || text.ends_with('\n'), "the last line of the trace is whole");
        let note = format!("{}.problems", path.display());
        assert!(!Path::new(&note).exists(), "problems were noted: {}", fs::read_to_string(&note).unwrap_or_default());
        let events: Vec<Event> = text.lines().map(parse).collect();
        check_starts_and_ends(&events);
        let ends = events.into_iter().filter(|event| event.kind == "end");
        let (probes, actions) = ends.partition(|event| event.probe);
        Self { actions, probes }
    }

    /// The part that one go command wrote.
    pub(crate) fn of_go(&self, pid: u64) -> Self {
        let of = |events: &[Event]| events.iter().filter(|event| event.go_pid == pid).cloned().collect();
        Self { actions: of(&self.actions), probes: of(&self.probes) }
    }

    /// The part that one tool wrote.
    pub(crate) fn of_tool<'a>(&'a self, tool: &'a str) -> impl Iterator<Item = &'a Event> {
        self.actions.iter().filter(move |action| action.tool == tool)
    }

    /// The pids of the go commands in it.
    pub(crate) fn go_pids(&self) -> BTreeSet<u64> {
        self.actions.iter().chain(&self.probes).map(|event| event.go_pid).collect()
    }

    /// One line for each package outside of std: which tools ran for it, in their order. A failed one has its exit code.
    pub(crate) fn picture(&self) -> String {
        let mut actions: Vec<&Event> = self.actions.iter().filter(|action| !is_of_go_itself(&action.package)).collect();
        actions.sort_by_key(|action| action.start_ns);
        let mut lines = BTreeMap::<String, String>::new();
        for action in actions {
            let line = lines.entry(action.description()).or_default();
            line.push(' ');
            line.push_str(&action.tool_and_failure());
        }
        let mut lines: Vec<_> = lines.iter().map(|(description, tools)| format!("{description}:{tools}\n")).collect();
        lines.sort_unstable();
        lines.concat()
    }

    /// Compares the picture with the expected one, whose lines may be indented.
    #[track_caller]
    pub(crate) fn check_picture(&self, context: &str, expected: &str) {
        let picture = self.picture();
        let mut expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        expected.sort_unstable();
        let expected = expected.join("\n");
        assert!(picture.trim_end() == expected, "{context}: the trace has\n{picture}\nand should have\n{expected}");
    }
}

impl Event {
    /// The package as cmd/go describes it, `p [p.test]`; `-` for none.
    pub(crate) fn description(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{} [{variant}]", self.package),
            None if self.package.is_empty() => "-".into(),
            None => self.package.clone(),
        }
    }

    fn tool_and_failure(&self) -> String {
        match self.exit_code {
            Some(0) => self.tool.clone(),
            Some(code) => format!("{}!{code}", self.tool),
            None => format!("{}!signal", self.tool),
        }
    }

    fn key(&self) -> (u64, u64, u64) {
        (self.pid, self.go_pid, self.start_ns)
    }
}

/// Import paths of Go itself have no dot in their first part; that is how cmd/go tells them, too.
pub(crate) fn is_of_go_itself(package: &str) -> bool {
    let first = package.split('/').next().unwrap_or_default();
    !first.is_empty() && !first.contains('.') && first != "command-line-arguments"
}

#[track_caller]
fn parse(line: &str) -> Event {
    let event: Event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in the line\n{line}"));
    assert_eq!(event.v, 1, "the version of the format in the line\n{line}");
    event
}

#[track_caller]
fn check_starts_and_ends(events: &[Event]) {
    let keys = |kind: &str| {
        let events: Vec<_> = events.iter().filter(|event| event.kind == kind).collect();
        let keys: BTreeSet<_> = events.iter().map(|event| event.key()).collect();
        assert_eq!(keys.len(), events.len(), "each tool run has one {kind} event");
        keys
    };
    assert_eq!(keys("start"), keys("end"), "each start has its end");
    for event in events.iter().filter(|event| event.kind == "end") {
        assert!(event.start_ns < event.end_ns, "a tool ends after it started: {event:?}");
    }
}
