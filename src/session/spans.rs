//! What `-debug-trace` tells: how long a go command loaded packages, downloaded modules and unpacked them.
//!
//! Knows the names that cmd/go gives its spans from 1.21 to 1.27; skips all others. The file is a JSON array of events in the
//! format of Chrome's tracing, `B` and `E` in pairs on each thread; a killed command leaves it without an end.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use super::downloads::{Fetched, From};
use super::identity::Identity;

#[derive(Debug, Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    ph: Cow<'a, str>,
    /// Microseconds since 1970.
    ts: f64,
    #[serde(default)]
    tid: u64,
}

/// A stretch of a go command's time, in nanoseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    what: &'static str,
    name: String,
    start: u64,
    end: u64,
}

impl Span {
    /// Whether a file came meanwhile.
    fn holds(&self, file: &Fetched) -> bool {
        (self.start..=self.end).contains(&file.epoch_ns)
    }
}

/// Tells the `span` events of a trace of cmd/go, with what was `fetched` meanwhile. A question about versions that brought nothing
/// was answered by the module cache.
///
/// # Errors
/// It is not what these versions of cmd/go write.
pub(super) fn tell(
    text: &[u8],
    fetched: &[Fetched],
    command: &Identity,
    tell: &mut dyn FnMut(&[u8]),
) -> Result<(), String> {
    let closed;
    let entries: Vec<Entry> = match serde_json::from_slice(text) {
        Ok(entries) => entries,
        Err(error) => {
            closed = close(text);
            serde_json::from_slice(&closed).map_err(|_| not_understood(&error))?
        }
    };
    told(&entries, fetched).iter().filter_map(|span| event(command, span)).for_each(|event| tell(&event));
    Ok(())
}

/// A command that was killed has not closed the array.
fn close(text: &[u8]) -> Vec<u8> {
    let cut = text.iter().rposition(|byte| *byte == b'}').map_or(0, |at| at + 1);
    let mut closed = text.get(..cut).unwrap_or_default().to_vec();
    closed.push(b']');
    closed
}

fn not_understood(error: &serde_json::Error) -> String {
    format!("loading and downloads: this -debug-trace is not understood ({error})")
}

fn told(entries: &[Entry], fetched: &[Fetched]) -> Vec<Span> {
    let mut spans = spans(entries);
    spans.retain(|span| span.what != "query" || fetched.iter().any(|file| span.holds(file)));
    let waits = waits(entries, &spans, fetched);
    spans.extend(waits);
    spans
}

fn spans(entries: &[Entry]) -> Vec<Span> {
    let mut open: HashMap<(u64, &str), Vec<u64>> = HashMap::new();
    let mut spans = Vec::new();
    for entry in entries {
        let (Some((what, name)), Some(at)) = (meaning(&entry.name), nanoseconds(entry.ts)) else { continue };
        let begun = open.entry((entry.tid, entry.name.as_ref())).or_default();
        match entry.ph.as_ref() {
            "B" => begun.push(at),
            "E" => spans.extend(begun.pop().map(|start| Span { what, name: name.to_owned(), start, end: at })),
            _ => {}
        }
    }
    spans
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

/// The waits for files that cmd/go says nothing of. A file was waited for since cmd/go last said anything, or since the file
/// before it came: it asks for one when it has nothing else to do, or for several at once.
fn waits(entries: &[Entry], spans: &[Span], fetched: &[Fetched]) -> Vec<Span> {
    if fetched.is_empty() {
        return Vec::new();
    }
    let said = entries.iter().filter_map(|entry| nanoseconds(entry.ts));
    let arrived = fetched.iter().map(|file| file.epoch_ns);
    let moments: BTreeSet<u64> = said.chain(arrived).collect();
    let is_told = |file: &Fetched| {
        let tells = |span: &Span| matches!(span.what, "download" | "query") && span.holds(file);
        file.from == From::Proxy && spans.iter().any(tells)
    };
    let wait = |file: &Fetched| {
        let start = moments.range(..file.epoch_ns).next_back()?;
        let what = match file.from {
            From::Proxy => "fetch",
            From::ChecksumDatabase => "checksum",
        };
        Some(Span { what, name: file.name.clone(), start: *start, end: file.epoch_ns })
    };
    fetched.iter().filter(|file| !is_told(file)).filter_map(wait).collect()
}

fn event(command: &Identity, span: &Span) -> Option<Vec<u8>> {
    let mut line = command.line("span");
    line.text("what", span.what.as_bytes());
    if !span.name.is_empty() {
        line.text("name", span.name.as_bytes());
    }
    line.number("start_ns", command.monotonic(span.start)?);
    line.number("end_ns", command.monotonic(span.end)?);
    Some(line.finish())
}

/// Whole nanoseconds of microseconds; a quarter of one is what a double has room for today.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn nanoseconds(microseconds: f64) -> Option<u64> {
    (0.0..1e16).contains(&microseconds).then_some((microseconds * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = r#"[
        {"name":"Running build command","ph":"B","ts":1,"pid":0,"tid":0},
        {"name":"load.PackagesAndErrors","ph":"B","ts":2,"pid":0,"tid":0},
        {"name":"modfetch.downloadZip /c/cache/download/m/@v/v1.zip","ph":"B","ts":10,"pid":0,"tid":3},
        {"name":"modfetch.downloadZip /c/cache/download/m/@v/v1.zip","ph":"E","ts":20,"pid":0,"tid":3},
        {"name":"modload.loadImport m","ph":"B","ts":21,"pid":0,"tid":0},
        {"name":"load.PackagesAndErrors","ph":"E","ts":60,"pid":0,"tid":0},
        {"name":"","ph":"s","ts":61.5,"pid":0,"tid":0,"id":1,"cat":"flow","bp":"e"}"#;

    /// Spans as `what start-end`, in microseconds.
    fn words(spans: &[Span]) -> Vec<String> {
        spans.iter().map(|Span { what, start, end, .. }| format!("{what} {}-{}", start / 1000, end / 1000)).collect()
    }

    fn file(microseconds: u64, from: From) -> Fetched {
        Fetched { epoch_ns: microseconds * 1000, from, name: String::from("m/@v/v1.mod") }
    }

    #[test]
    fn what_has_an_end_is_told_also_of_a_command_that_was_killed() {
        for text in [TOLD.to_owned(), format!("{TOLD}\n]"), format!("{TOLD},\n{{\"name\":\"lo")] {
            let mut events = Vec::new();
            let go = Identity { pid: 1, start_ticks: None, epoch_ns: 0, start_ns: 5000 };
            tell(text.as_bytes(), &[], &go, &mut |event| events.push(String::from_utf8_lossy(event).into_owned()))
                .expect("it is understood");
            let [download, load] = &events[..] else { panic!("{events:?}") };
            assert!(
                download.contains(r#""what":"download""#) && download.contains(r#""start_ns":15000,"end_ns":25000"#)
            );
            assert!(load.contains(r#""what":"load""#) && load.contains(r#""start_ns":7000,"end_ns":65000"#));
        }
        for text in ["{}", "", "[1]"] {
            let go = Identity { pid: 1, start_ticks: None, epoch_ns: 0, start_ns: 0 };
            let what = tell(text.as_bytes(), &[], &go, &mut |_| panic!("there is nothing to tell")).expect_err(text);
            assert!(what.starts_with("loading and downloads: "), "{what}");
        }
    }

    #[test]
    fn a_file_was_waited_for_since_go_last_said_anything() {
        let closed = close(TOLD.as_bytes());
        let entries: Vec<Entry> = serde_json::from_slice(&closed).expect("entries");
        let spans = spans(&entries);
        let waited = |files: &[Fetched]| words(&waits(&entries, &spans, files));
        assert_eq!(waited(&[file(15, From::Proxy)]), [""; 0], "a part of the download");
        assert_eq!(waited(&[file(50, From::Proxy)]), ["fetch 21-50"]);
        let several = [file(30, From::Proxy), file(31, From::Proxy), file(40, From::ChecksumDatabase)];
        assert_eq!(waited(&several), ["fetch 21-30", "fetch 30-31", "checksum 31-40"]);
    }
}
