//! What `-debug-trace` tells: how long a go command loaded packages, downloaded modules and unpacked them.
//!
//! Knows the names that cmd/go gives its spans from 1.21 to 1.27; skips all others. The file is a JSON array of events in the
//! format of Chrome's tracing, `B` and `E` in pairs on each thread; a killed command leaves it without an end.

use std::collections::HashMap;

use serde::Deserialize;

use super::command::Identity;

#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    ph: String,
    /// Microseconds since 1970.
    ts: f64,
    #[serde(default)]
    tid: u64,
}

/// The `span` events of a trace of cmd/go.
///
/// # Errors
/// It is not what these versions of cmd/go write.
pub(super) fn events(text: &[u8], command: &Identity) -> Result<Vec<Vec<u8>>, String> {
    let entries = entries(text)
        .map_err(|error| format!("loading and downloads: this -debug-trace is not understood ({error})"))?;
    let mut open: HashMap<(u64, &str), Vec<f64>> = HashMap::new();
    let mut events = Vec::new();
    for entry in &entries {
        let Some((what, name)) = meaning(&entry.name) else { continue };
        let begun = open.entry((entry.tid, entry.name.as_str())).or_default();
        match entry.ph.as_str() {
            "B" => begun.push(entry.ts),
            "E" => events.extend(begun.pop().and_then(|start| event(command, what, name, start, entry.ts))),
            _ => {}
        }
    }
    Ok(events)
}

/// A command that was killed has not closed the array.
fn entries(text: &[u8]) -> serde_json::Result<Vec<Entry>> {
    serde_json::from_slice(text).or_else(|error| {
        let cut = text.iter().rposition(|byte| *byte == b'}').map_or(0, |at| at + 1);
        let mut closed = text.get(..cut).unwrap_or_default().to_vec();
        closed.push(b']');
        serde_json::from_slice(&closed).map_err(|_| error)
    })
}

/// What a span of cmd/go is about, and its object.
fn meaning(name: &str) -> Option<(&'static str, &str)> {
    let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
    match first {
        "load.PackagesAndErrors" | "load.TestPackagesAndErrors" => Some(("load", "")),
        "modfetch.downloadZip" => Some(("download", rest)),
        "unzip" => Some(("unzip", rest)),
        "modload.queryProxy" => Some(("query", rest)),
        // Of the whole command: `Running build command`, and the execution of its actions.
        "Running" => Some(("command", rest)),
        "exec.Builder.Do" => Some(("build", "")),
        _ => None,
    }
}

fn event(command: &Identity, what: &str, name: &str, start: f64, end: f64) -> Option<Vec<u8>> {
    let mut line = command.line("span");
    line.text("what", what.as_bytes());
    if !name.is_empty() {
        line.text("name", name.as_bytes());
    }
    line.number("start_ns", command.monotonic(nanoseconds(start)?)?);
    line.number("end_ns", command.monotonic(nanoseconds(end)?)?);
    Some(line.finish())
}

/// Whole nanoseconds of microseconds; a quarter of one is what a double has room for today.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn nanoseconds(microseconds: f64) -> Option<u64> {
    (0.0..1e16).contains(&microseconds).then_some((microseconds * 1000.0) as u64)
}
