//! The events that `gotrace record` writes besides those of tools: jobs, go commands, what cmd/go tells of itself, samples.
//!
//! Knows the keys that this program uses and skips all others. There are few of these lines, so nothing is borrowed.
//! These types end at `build::assemble`.

use serde::Deserialize;

use super::place::FORMAT_VERSION;

/// One event about something that is no tool run.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told {
    /// A job begins.
    Session(SessionLine),
    /// A job has ended.
    SessionEnd(EndLine),
    /// A go command begins.
    Command(CommandLine),
    /// A go command has ended.
    CommandEnd(EndLine),
    /// Something that a go command did itself.
    Span(SpanLine),
    /// The machine and the job at one moment.
    Sample(SampleLine),
    /// What a go command hashed into the key of a package.
    Key(KeyLine),
    /// Something that a go command was asked to tell and that was not understood.
    NotSeen(NotSeenLine),
    /// A type of the future.
    #[serde(other)]
    Unknown,
}

/// `session`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each is the key of the same name in docs/format.md")]
pub struct SessionLine {
    pub v: u64,
    pub session: String,
    pub time_ns: u64,
    pub start_ns: u64,
    #[serde(default)]
    pub line: Vec<String>,
    #[serde(default)]
    pub dir: String,
    pub cpus: Option<u64>,
    pub memory_bytes: Option<u64>,
    pub cgroup_limit_bytes: Option<u64>,
    pub address_space_bytes: Option<u64>,
    pub gogc: Option<String>,
    pub gomemlimit: Option<String>,
}

/// `session_end` and `command_end`: the first names its session, the second its command.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each is the key of the same name in docs/format.md")]
pub struct EndLine {
    pub v: u64,
    pub session: Option<String>,
    #[serde(default)]
    pub go_pid: u64,
    pub go_start_ticks: Option<u64>,
    pub start_ns: u64,
    pub end_ns: u64,
    #[serde(default)]
    pub user_ns: u64,
    #[serde(default)]
    pub sys_ns: u64,
    #[serde(default)]
    pub max_rss_bytes: u64,
    pub exit_code: Option<u64>,
    pub signal: Option<u64>,
    pub oom_kills: Option<u64>,
    pub record_cpu_ns: Option<u64>,
    #[serde(default)]
    pub after_ns: u64,
}

/// `command`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each is the key of the same name in docs/format.md")]
pub struct CommandLine {
    pub v: u64,
    pub go_pid: u64,
    pub go_start_ticks: Option<u64>,
    pub time_ns: u64,
    pub start_ns: u64,
    #[serde(default)]
    pub before_ns: u64,
    #[serde(default)]
    pub go_args: Vec<String>,
    #[serde(default)]
    pub go_dir: String,
    pub under_go_pid: Option<u64>,
}

/// `span`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each is the key of the same name in docs/format.md")]
pub struct SpanLine {
    pub v: u64,
    pub go_pid: u64,
    pub go_start_ticks: Option<u64>,
    pub what: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub package: String,
    #[serde(default)]
    pub cached: bool,
    pub start_ns: u64,
    pub end_ns: u64,
}

/// `sample`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each is the key of the same name in docs/format.md")]
pub struct SampleLine {
    pub v: u64,
    pub session: String,
    pub at_ns: u64,
    #[serde(default)]
    pub processes: u64,
    #[serde(default)]
    pub rss_bytes: u64,
    pub host_busy_ns: Option<u64>,
    pub host_steal_ns: Option<u64>,
    pub available_bytes: Option<u64>,
    pub cpu_stall_ns: Option<u64>,
    pub memory_stall_ns: Option<u64>,
    pub io_stall_ns: Option<u64>,
    pub cgroup_bytes: Option<u64>,
    pub oom_kills: Option<u64>,
}

/// `key`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each is the key of the same name in docs/format.md")]
pub struct KeyLine {
    pub v: u64,
    pub go_pid: u64,
    pub go_start_ticks: Option<u64>,
    pub package: String,
    pub variant: Option<String>,
    pub action_id: String,
    #[serde(default)]
    pub inputs: Vec<String>,
}

/// `not_seen`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each is the key of the same name in docs/format.md")]
pub struct NotSeenLine {
    pub v: u64,
    pub go_pid: u64,
    pub go_start_ticks: Option<u64>,
    pub what: String,
}

impl Told {
    /// The event of a line.
    ///
    /// # Errors
    /// The line is not one, or is of a later version; the text says why.
    pub fn parse(line: &str) -> Result<Self, String> {
        let told: Self = serde_json::from_str(line).map_err(|error| {
            format!("it is not an event of gotrace ({})", error.to_string().replace(" at line 1 column ", ", column "))
        })?;
        match told.version() {
            Some(version) if version > FORMAT_VERSION => Err(super::event::too_new(version)),
            _ if told.ends_before_it_starts() => Err(String::from("it ends before it starts")),
            _ => Ok(told),
        }
    }

    fn version(&self) -> Option<u64> {
        match self {
            Self::Session(line) => Some(line.v),
            Self::SessionEnd(line) | Self::CommandEnd(line) => Some(line.v),
            Self::Command(line) => Some(line.v),
            Self::Span(line) => Some(line.v),
            Self::Sample(line) => Some(line.v),
            Self::Key(line) => Some(line.v),
            Self::NotSeen(line) => Some(line.v),
            Self::Unknown => None,
        }
    }

    fn ends_before_it_starts(&self) -> bool {
        match self {
            Self::SessionEnd(line) | Self::CommandEnd(line) => line.end_ns < line.start_ns,
            Self::Span(line) => line.end_ns < line.start_ns,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Told;

    #[track_caller]
    fn check_refused(line: &str, expected: &str) {
        assert_eq!(Told::parse(line).err().as_deref(), Some(expected), "{line}");
    }

    #[test]
    fn what_is_no_such_event_is_refused_with_a_reason() {
        check_refused(
            r#"{"type":"span","v":1,"go_pid":1,"what":"load","start_ns":2,"end_ns":1}"#,
            "it ends before it starts",
        );
        check_refused(
            r#"{"type":"not_seen","v":2,"go_pid":1,"what":"x"}"#,
            "it is of format version 2, this gotrace reads up to 1: a newer gotrace is needed",
        );
        check_refused(r#"{"type":"session","v":1}"#, "it is not an event of gotrace (missing field `session`)");
    }

    #[test]
    fn a_type_of_the_future_and_keys_of_the_future_are_skipped() {
        assert!(matches!(Told::parse(r#"{"type":"prophecy","v":9}"#), Ok(Told::Unknown)));
        let line = r#"{"type":"not_seen","v":1,"go_pid":1,"what":"x","later":{"a":[1]}}"#;
        assert!(matches!(Told::parse(line), Ok(Told::NotSeen(_))));
    }
}
