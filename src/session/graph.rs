//! What `-debug-actiongraph` tells: the actions of a go command that run no tool, or more than tools.
//!
//! Knows cmd/go's undocumented JSON as far as it is the same from 1.21 to 1.27; whatever else is in it is skipped. Tools are
//! in the trace already, measured nearer; here it is tests, look-ups in the build cache, and for how long each action had a
//! worker.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use chrono::DateTime;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::identity::Identity;

/// An action of cmd/go: a node of its graph.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node<'a> {
    #[serde(borrow)]
    mode: Cow<'a, str>,
    #[serde(default, borrow)]
    package: Cow<'a, str>,
    #[serde(default, borrow)]
    objdir: Cow<'a, str>,
    #[serde(default, borrow)]
    time_ready: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    time_start: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    time_done: Option<Cow<'a, str>>,
    /// Whether there is any is all that is asked.
    #[serde(default)]
    cmd: Option<IgnoredAny>,
}

/// What an action without a tool did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    /// A test binary ran.
    Test,
    /// The result of a test was in the build cache.
    TestCached,
    /// The program of `go run` ran.
    Program,
    /// A package, or what vet said of it, was in the build cache.
    Cached,
    /// An action with tools: from when it had a worker until it was done.
    Worked,
}

/// Tells the `span` events of a graph.
///
/// # Errors
/// It is not what these versions of cmd/go write.
pub(super) fn tell(text: &[u8], command: &Identity, tell: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let nodes: Vec<Node> = serde_json::from_slice(text)
        .map_err(|error| format!("tests and the build cache: this -debug-actiongraph is not understood ({error})"))?;
    let linked: HashMap<&str, bool> = nodes
        .iter()
        .filter(|node| node.mode == "link")
        .map(|node| (node.objdir.as_ref(), node.cmd.is_some()))
        .collect();
    nodes.iter().filter_map(|node| event(command, node, span(node, &linked)?)).for_each(|event| tell(&event));
    Ok(())
}

/// The keys of the packages of a graph; none where it is not understood, or has none.
pub(super) fn keys(text: &[u8]) -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Keyed {
        #[serde(default, rename = "ActionID")]
        action_id: String,
    }
    let nodes: Vec<Keyed> = serde_json::from_slice(text).ok()?;
    let keys: BTreeSet<String> = nodes.into_iter().map(|node| node.action_id).filter(|key| !key.is_empty()).collect();
    (!keys.is_empty()).then_some(keys)
}

/// A test whose binary was not linked came from the cache; a package that has no binary to link has no tests.
fn span(node: &Node, linked: &HashMap<&str, bool>) -> Option<Span> {
    let ran = node.cmd.is_some();
    match node.mode.as_ref() {
        "test run" => {
            linked.get(node.objdir.as_ref()).map(|linked| if *linked { Span::Test } else { Span::TestCached })
        }
        "go run" => Some(Span::Program),
        "build" | "vet" => Some(if ran { Span::Worked } else { Span::Cached }),
        "build check cache" => Some(Span::Cached),
        "link" | "cover" | "cgo run" | "collect cgo" => ran.then_some(Span::Worked),
        mode if mode.starts_with("cgo compile") => ran.then_some(Span::Worked),
        _ => None,
    }
}

fn event(command: &Identity, node: &Node, span: Span) -> Option<Vec<u8>> {
    let at = |time: &Option<Cow<str>>| command.monotonic(epoch_ns(time.as_deref()?)?);
    let (start, end) = (at(&node.time_start)?, at(&node.time_done)?);
    let mut line = command.line("span");
    line.text(
        "what",
        match span {
            Span::Test | Span::TestCached => b"test",
            Span::Program => b"program",
            Span::Cached => b"cache",
            Span::Worked => b"action",
        },
    );
    line.text("package", node.package.as_bytes());
    line.text_if(
        "objdir",
        node.objdir.trim_end_matches('/').rsplit('/').next().filter(|dir| !dir.is_empty()).map(str::as_bytes),
    );
    line.text("mode", node.mode.as_bytes());
    if matches!(span, Span::TestCached) {
        line.flag("cached");
    }
    line.number_if("ready_ns", at(&node.time_ready));
    line.number("start_ns", start);
    line.number("end_ns", end);
    Some(line.finish())
}

/// RFC 3339 with nanoseconds, as Go writes times; the zero time is none.
fn epoch_ns(time: &str) -> Option<u64> {
    let time = DateTime::parse_from_rfc3339(time).ok()?;
    u64::try_from(time.timestamp_nanos_opt()?).ok()
}
