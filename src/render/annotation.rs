//! Annotations of a GitHub workflow.
//!
//! Knows the workflow commands of GitHub's runners; does not know what is annotated. Ten of a level are shown for a step,
//! so no more are written, and the last one says how many there were.

use std::borrow::Cow;
use std::io::{self, Write};

use super::escape;

/// More are not shown.
const MOST: usize = 10;

/// How loud it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Error,
    Warning,
    Notice,
}

/// Writes a line for each title and message.
pub(super) fn write(level: Level, all: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
    let kind = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let shown = if all.len() > MOST { MOST - 1 } else { all.len() };
    for (title, message) in &all[..shown] {
        writeln!(out, "::{kind} title={}::{}", property(title), data(message))?;
    }
    if shown < all.len() {
        writeln!(out, "::{kind} title=gotrace::and {} more", all.len() - shown)?;
    }
    Ok(())
}

/// The text of a workflow command. Line ends of ours stay; what a trace or a file holds is made visible.
fn data(text: &str) -> String {
    let lines: Vec<Cow<str>> = text.split('\n').map(escape::terminal).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which a colon or a comma would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
