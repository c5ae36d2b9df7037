//! The events of a trace as they are read: the wire types, one field per key.
//!
//! Knows the keys that this program uses and skips all others, so that a newer trace can be read by an older program.
//! Text borrows from the line. These types end at `build::assemble`; nothing behind it knows them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::value::RawValue;

use super::place::FORMAT_VERSION;

/// What a line of a trace tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A tool is about to run.
    Start,
    /// A tool has ended.
    End,
    /// A type that this version does not know: skipped, not an error.
    Unknown,
}

/// Every key that is read, flat as in the line. Which ones are there depends on the event and the tool; docs/format.md
/// has the table with units.
#[derive(Debug, Deserialize)]
#[expect(
    missing_docs,
    reason = "each is the key of the same name in docs/format.md, which a test compares with this list"
)]
pub struct Event<'a> {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub v: u64,
    #[serde(borrow, default)]
    pub tool: Text<'a>,
    #[serde(borrow, default)]
    pub package: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub variant: Option<Text<'a>>,
    #[serde(default)]
    pub probe: bool,
    #[serde(default)]
    pub pid: u64,
    #[serde(default)]
    pub go_pid: u64,
    #[serde(default)]
    pub go_start_ticks: Option<u64>,
    #[serde(borrow, default)]
    pub objdir: Option<Text<'a>>,
    #[serde(default)]
    pub time_ns: u64,
    #[serde(default)]
    pub start_ns: u64,

    #[serde(default)]
    pub end_ns: u64,
    #[serde(default)]
    pub user_ns: u64,
    #[serde(default)]
    pub sys_ns: u64,
    #[serde(default)]
    pub max_rss_bytes: u64,
    #[serde(default)]
    pub exit_code: Option<u64>,
    #[serde(default)]
    pub signal: Option<u64>,
    #[serde(borrow, default)]
    pub error: Option<Text<'a>>,
    #[serde(default)]
    pub shim_cpu_ns: u64,

    #[serde(borrow, default)]
    pub module: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub module_version: Option<Text<'a>>,
    /// Decoded only where the graph is wanted.
    #[serde(borrow, default)]
    pub needs: Option<&'a RawValue>,

    #[serde(borrow, default)]
    pub go_args: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub go_dir: Option<Text<'a>>,
    #[serde(default)]
    pub go_age_ns: Option<u64>,
    #[serde(borrow, default)]
    pub go_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub goos: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub goarch: Option<Text<'a>>,
    #[serde(default)]
    pub cpus: Option<u64>,
}

/// Text of a line: borrowed unless it holds escapes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    /// The decoded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

/// `Cow` by itself is always read as owned; this keeps what can be borrowed.
struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(|text| match text.as_str() {
            "start" => Self::Start,
            "end" => Self::End,
            _ => Self::Unknown,
        })
    }
}

/// The part of a start that pairs it with its end.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Glance {
    /// The shim's process.
    pub pid: u64,
    /// When it was.
    pub start_ns: u64,
}

impl Glance {
    /// Of a line that begins as this version writes its starts; any other is for [`Event::parse`].
    #[must_use]
    pub fn at_start(line: &str) -> Option<Self> {
        if !line.starts_with("{\"type\":\"start\",\"v\":1,") {
            return None;
        }
        let glance: Self = serde_json::from_str(line).ok()?;
        (glance.pid > 0 && glance.start_ns > 0).then_some(glance)
    }
}

impl<'a> Event<'a> {
    /// Reads one line, without its line end. The error says what is wrong with it, as a fragment.
    ///
    /// # Errors
    /// The line is not an event: it is not JSON, or no object, or one of a version that cannot be read.
    pub fn parse(line: &'a str) -> Result<Self, String> {
        if !line.starts_with('{') {
            // serde would take an array for a struct whose keys come in order.
            return Err(String::from("it is not a JSON object"));
        }
        let event: Self = serde_json::from_str(line).map_err(|error| why(&error))?;
        match event.complaint() {
            Some(complaint) => Err(complaint),
            None => Ok(event),
        }
    }

    fn complaint(&self) -> Option<String> {
        match (self.kind, self.v) {
            (Kind::Unknown, _) => None,
            (_, 0) => Some(String::from("it has no format version (`v`)")),
            (_, version) if version > FORMAT_VERSION => Some(format!(
                "it is of format version {version}, this gotrace reads up to {FORMAT_VERSION}: a newer gotrace is needed"
            )),
            _ if self.pid == 0 || self.start_ns == 0 => Some(String::from("it has no pid or no start_ns")),
            (Kind::End, _) if self.end_ns < self.start_ns => Some(String::from("it ends before it starts")),
            _ => None,
        }
    }
}

fn why(error: &serde_json::Error) -> String {
    // serde_json counts lines too, and is given one.
    let reason = error.to_string().replace(" at line 1 column ", ", column ");
    match error.classify() {
        serde_json::error::Category::Eof => String::from("it is cut off"),
        serde_json::error::Category::Data => format!("it is not an event of gotrace ({reason})"),
        _ => format!("it is not JSON ({reason})"),
    }
}

/// The strings of an array that was kept undecoded; none where it is not an array of strings.
#[must_use]
pub fn strings(array: Option<&RawValue>) -> Vec<Text<'_>> {
    array.and_then(|array| serde_json::from_str(array.get()).ok()).unwrap_or_default()
}
