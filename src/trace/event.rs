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

/// One line of a trace.
#[derive(Debug)]
pub enum Event<'a> {
    /// A tool is about to run.
    Start(Box<Wire<'a>>),
    /// A tool has ended.
    End(Box<Wire<'a>>),
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
pub struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
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
    pub work: Option<Text<'a>>,
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
    pub major_faults: u64,
    #[serde(default)]
    pub involuntary_switches: u64,
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
    #[serde(borrow, default)]
    pub action_id: Option<Text<'a>>,
    #[serde(default)]
    pub granted_c: Option<u64>,
    #[serde(default)]
    pub source_files: u64,
    #[serde(default)]
    pub source_bytes: u64,
    #[serde(default)]
    pub output_bytes: u64,
    #[serde(default)]
    pub packages_built: Option<u64>,
    #[serde(default)]
    pub packages_cached: Option<u64>,
    /// `needs` and `cached` are decoded only where the graph is wanted.
    #[serde(borrow, default)]
    pub needs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub cached: Option<&'a RawValue>,

    #[serde(borrow, default)]
    pub tool_version: Option<Text<'a>>,
    #[serde(default)]
    pub go_args: Option<Vec<String>>,
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

impl<'a> Event<'a> {
    /// Reads one line, without its line end. The error says what is wrong with it, as a fragment.
    ///
    /// # Errors
    /// The line is not an event: it is not JSON, or no object, or one of a version that cannot be read.
    pub fn parse(line: &'a [u8]) -> Result<Self, String> {
        let wire: Wire = serde_json::from_slice(line).map_err(|error| why(line, &error))?;
        match (wire.kind.as_str(), wire.v) {
            ("start" | "end", 0) => Err(String::from("it has no format version (`v`)")),
            ("start" | "end", version) if version > FORMAT_VERSION => Err(format!(
                "it is of format version {version}, this gotrace reads up to {FORMAT_VERSION}: a newer gotrace is needed"
            )),
            ("start" | "end", _) if wire.pid == 0 || wire.start_ns == 0 => {
                Err(String::from("it has no pid or no start_ns"))
            }
            ("start", _) => Ok(Self::Start(Box::new(wire))),
            ("end", _) if wire.end_ns < wire.start_ns => Err(String::from("it ends before it starts")),
            ("end", _) => Ok(Self::End(Box::new(wire))),
            _ => Ok(Self::Unknown),
        }
    }
}

fn why(line: &[u8], error: &serde_json::Error) -> String {
    if line.first() != Some(&b'{') {
        return String::from("it is not a JSON object");
    }
    match error.classify() {
        serde_json::error::Category::Eof => String::from("it is cut off"),
        serde_json::error::Category::Data => format!("it is not an event of gotrace ({error})"),
        _ => format!("it is not JSON ({error})"),
    }
}

/// The strings of an array that was kept undecoded; none where it is not an array of strings.
#[must_use]
pub fn strings(array: Option<&RawValue>) -> Vec<Text<'_>> {
    array.and_then(|array| serde_json::from_str(array.get()).ok()).unwrap_or_default()
}
