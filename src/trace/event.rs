//! The events of a trace as they are read: the wire types, one field per key.
//!
//! Knows the keys that this program uses and skips all others, so that a newer trace can be read by an older program.
//! Text borrows from the line. These types end at `build::assemble`; nothing behind it knows them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::place::FORMAT_VERSION;
use super::scan::{self, Raw};

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
    #[serde(borrow, default)]
    pub inside: Option<Text<'a>>,
    #[serde(default)]
    pub shim_cpu_ns: u64,
    /// Decoded only where phases are wanted.
    #[serde(borrow, default)]
    pub phases: Option<Raw<'a>>,

    #[serde(borrow, default)]
    pub module: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub module_version: Option<Text<'a>>,
    /// Decoded only where the graph is wanted.
    #[serde(borrow, default)]
    pub needs: Option<Raw<'a>>,

    #[serde(borrow, default)]
    pub go_args: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub go_dir: Option<Text<'a>>,
    #[serde(default)]
    pub go_age_ns: Option<u64>,
    #[serde(default)]
    pub go_parent_pid: Option<u64>,
    #[serde(borrow, default)]
    pub go_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub goos: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub goarch: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub goflags: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub cgo_enabled: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub env: Option<Raw<'a>>,
    #[serde(default)]
    pub cpus: Option<u64>,

    /// What it counts, from here on: kept undecoded, because most reports do not want it, and so that an odd value costs
    /// only itself.
    #[serde(borrow, default)]
    pub action_id: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub granted_c: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub source_files: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub source_bytes: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub output_bytes: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub packages_built: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub packages_cached: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub lines: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub funcs: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub involuntary_switches: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub cached: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub args: Option<Raw<'a>>,

    /// The line itself: what it was made from is decoded only where it is wanted.
    #[serde(skip)]
    pub(super) line: &'a str,
}

/// What an end tells of what it was made from.
#[derive(Debug, Default, Deserialize)]
#[expect(
    missing_docs,
    reason = "each is the key of the same name in docs/format.md, which a test compares with this list"
)]
pub struct Origins<'a> {
    #[serde(borrow, default)]
    pub source_dir: Option<Text<'a>>,
    #[serde(default)]
    pub source_bytes: u64,
    #[serde(borrow, default)]
    pub files: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub file_hashes: Text<'a>,
    #[serde(borrow, default)]
    pub native_files: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub native_hashes: Text<'a>,
    #[serde(borrow, default)]
    pub embed_files: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub embed_hashes: Text<'a>,
    #[serde(borrow, default)]
    pub pgo_hash: Text<'a>,
    #[serde(borrow, default)]
    pub build_info_hash: Text<'a>,
    #[serde(borrow, default)]
    pub vcs_revision: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub cached: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub import_hashes: Text<'a>,
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
        let glance: Self = scan::from_str(line).or_else(|| serde_json::from_str(line).ok())?;
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
        let event = match scan::from_str::<Self>(line) {
            Some(event) => event,
            None => serde_json::from_str(line).map_err(|error| why(&error))?,
        };
        match event.complaint() {
            Some(complaint) => Err(complaint),
            None => Ok(Self { line, ..event }),
        }
    }

    /// What it was made from. Odd values cost only this: the event stands.
    #[must_use]
    pub fn origins(&self) -> Origins<'a> {
        scan::from_str(self.line).or_else(|| serde_json::from_str(self.line).ok()).unwrap_or_default()
    }

    fn complaint(&self) -> Option<String> {
        match (self.kind, self.v) {
            (Kind::Unknown, _) => None,
            (_, 0) => Some(String::from("it has no format version (`v`)")),
            (_, version) if version > FORMAT_VERSION => Some(too_new(version)),
            _ if self.pid == 0 || self.start_ns == 0 => Some(String::from("it has no pid or no start_ns")),
            (Kind::End, _) if self.end_ns < self.start_ns => Some(String::from("it ends before it starts")),
            _ => None,
        }
    }
}

/// Why a line of a later version is not read.
pub(super) fn too_new(version: u64) -> String {
    format!("it is of format version {version}, this gotrace reads up to {FORMAT_VERSION}: a newer gotrace is needed")
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

/// A number that was kept undecoded; 0 where it is no unsigned integer.
#[must_use]
pub fn number(raw: Option<Raw<'_>>) -> u64 {
    raw.and_then(|raw| raw.0.parse().ok()).unwrap_or(0)
}

/// A text that was kept undecoded; none where it is none.
#[must_use]
pub fn text(raw: Option<Raw<'_>>) -> Option<Text<'_>> {
    raw.and_then(|raw| scan::from_str(raw.0).or_else(|| serde_json::from_str(raw.0).ok()))
}

/// The strings of an array that was kept undecoded; none where it is not an array of strings.
#[must_use]
pub fn strings(array: Option<Raw<'_>>) -> Vec<Text<'_>> {
    let Some(Raw(array)) = array else { return Vec::new() };
    match scan::strings(array) {
        Some(strings) => strings.into_iter().map(|text| Text(Cow::Borrowed(text))).collect(),
        None => serde_json::from_str(array).unwrap_or_default(),
    }
}

/// Notes the numbers of an object that was kept undecoded, by name, as many as a shim writes; without those that are no
/// unsigned integers, and none at all where it is not an object.
pub fn each_number(object: Option<Raw<'_>>, note: impl FnMut(&str, u64)) {
    if let Some(Raw(text)) = object {
        // What is not an object was not written by a shim and tells nothing.
        let _ = serde_json::Deserializer::from_str(text).deserialize_map(NumbersVisitor(note));
    }
}

/// More than any tool has phases.
const MOST_NUMBERS: usize = 64;

struct NumbersVisitor<F>(F);

impl<'de, F: FnMut(&str, u64)> Visitor<'de> for NumbersVisitor<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object of numbers")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut rest = MOST_NUMBERS;
        while let Some((name, value)) = map.next_entry::<Text, Raw>()? {
            if let Ok(number) = value.0.parse()
                && rest > 0
            {
                rest -= 1;
                (self.0)(name.as_str(), number);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Line;
    use proptest::prelude::*;

    fn parsed(line: &[u8]) -> Event<'_> {
        Event::parse(std::str::from_utf8(line).expect("UTF-8").trim_end()).expect("what our writer wrote")
    }

    #[track_caller]
    fn check_refused(line: &str, expected: &str) {
        assert_eq!(Event::parse(line).err().as_deref(), Some(expected), "{line}");
    }

    /// Whether a version can be read: 1 can, none is no event, and a later one is for a later program.
    #[test]
    fn a_version_is_read_or_refused_with_a_reason() {
        let end = |v: &str| format!(r#"{{"type":"end",{v}"pid":1,"start_ns":1,"end_ns":2}}"#);
        assert!(Event::parse(&end("\"v\":1,")).is_ok());
        check_refused(&end(""), "it has no format version (`v`)");
        check_refused(&end("\"v\":0,"), "it has no format version (`v`)");
        for later in ["2", "3", "18446744073709551615"] {
            let reason =
                format!("it is of format version {later}, this gotrace reads up to 1: a newer gotrace is needed");
            check_refused(&end(&format!("\"v\":{later},")), &reason);
        }
    }

    #[test]
    fn a_type_of_the_future_is_skipped_whatever_else_it_says() {
        for line in [r#"{"type":"sample"}"#, r#"{"type":"sample","v":9,"end_ns":1,"start_ns":2}"#] {
            assert_eq!(Event::parse(line).map(|event| event.kind), Ok(Kind::Unknown), "{line}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused_with_a_reason() {
        check_refused("[\"start\",1,\"compile\"]", "it is not a JSON object");
        check_refused("null", "it is not a JSON object");
        check_refused("{\"type\":\"end\"", "it is cut off");
        check_refused("{\"type\":\"end\"}}", "it is not JSON (trailing characters, column 15)");
        check_refused(r#"{"type":"start","v":1,"start_ns":1}"#, "it has no pid or no start_ns");
        check_refused(r#"{"type":"end","v":1,"pid":1,"start_ns":2,"end_ns":1}"#, "it ends before it starts");
    }

    #[test]
    fn odd_phases_cost_only_themselves() {
        let read = |phases: &str| {
            let line = format!(r#"{{"type":"end","v":1,"pid":1,"start_ns":1,"end_ns":2,"phases":{phases}}}"#);
            let event = Event::parse(&line).expect("the event stands");
            let mut words = String::new();
            each_number(event.phases, |name, number| words += &format!("{name}={number} "));
            words
        };
        assert_eq!(read(r#"{"fe:parse":5,"a\"b":0}"#), "fe:parse=5 a\"b=0 ");
        assert_eq!(read(r#"{"a":"5","b":-1,"c":1.5,"d":1e3,"e":{},"f":null,"g":18446744073709551616,"h":7}"#), "h=7 ");
        for odd in ["[]", "[1]", "null", "\"x\"", "5", "{}", "true"] {
            assert_eq!(read(odd), "", "{odd}");
        }
        let many = (0..1000).map(|n| format!("\"p{n}\":1")).collect::<Vec<_>>().join(",");
        assert_eq!(read(&format!("{{{many}}}")).split(' ').count(), MOST_NUMBERS + 1);
    }

    #[test]
    fn odd_counts_cost_only_themselves() {
        let counted = |more: &str| {
            let line = format!(r#"{{"type":"end","v":1,"pid":1,"start_ns":1,"end_ns":2,"lines":7{more}}}"#);
            let event = Event::parse(&line).expect("the event stands");
            let id = text(event.action_id).map(|id| id.as_str().to_owned()).unwrap_or_default();
            (number(event.lines), number(event.output_bytes), strings(event.cached).len(), id)
        };
        let nothing = String::new;
        assert_eq!(
            counted(r#","output_bytes":9,"cached":["a","b\"","c"],"action_id":"x/y""#),
            (7, 9, 3, String::from("x/y"))
        );
        for odd in ["-9", "1.5", "1e3", "null", "\"9\"", "[9]", "18446744073709551616"] {
            assert_eq!(counted(&format!(r#","output_bytes":{odd}"#)), (7, 0, 0, nothing()), "{odd}");
        }
        for odd in ["{}", "null", "5", "\"x\"", "[]", "[\"a\",3]"] {
            assert_eq!(counted(&format!(r#","cached":{odd}"#)), (7, 0, 0, nothing()), "{odd}");
        }
        assert_eq!(counted(r#","action_id":5"#).3, nothing());
        assert_eq!(counted(r#","action_id":"a\u0062""#).3, "ab");
    }

    /// Hears for which keys a type asks.
    struct Keys<'k>(&'k mut Vec<&'static str>);

    impl<'de> Deserializer<'de> for Keys<'_> {
        type Error = de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(de::Error::custom("there is nothing to read"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            keys: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(keys);
            self.deserialize_any(visitor)
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    #[test]
    fn every_key_that_is_read_is_one_of_the_format() {
        let mut keys = Vec::new();
        assert!(Event::deserialize(Keys(&mut keys)).is_err());
        assert!(Origins::deserialize(Keys(&mut keys)).is_err());
        assert!(keys.contains(&"granted_c") && keys.contains(&"needs"), "{keys:?}");
        let rows = include_str!("../../docs/format.md").lines().filter(|line| line.starts_with("| `"));
        let documented: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
        let unknown: Vec<_> = keys.iter().filter(|key| !documented.contains(key)).collect();
        assert!(unknown.is_empty(), "docs/format.md lacks {unknown:?}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            tool in any::<Vec<u8>>(), package: String, probe: bool, pid in 1_u64.., start in 1_u64.., length: u64,
            rss: Option<u64>, needs in prop::collection::vec("b[0-9]{3}", 0..5),
            phases in prop::collection::btree_map("[ -~]{0,9}", any::<u64>(), 0..5),
        ) {
            let mut line = Line::new("end");
            line.number("v", FORMAT_VERSION);
            line.text("tool", &tool);
            line.text("package", package.as_bytes());
            if probe {
                line.flag("probe");
            }
            line.number("pid", pid);
            line.number("start_ns", start);
            line.number("end_ns", start.saturating_add(length));
            line.number_if("max_rss_bytes", rss);
            line.text_if("variant", None);
            line.list("needs", needs.iter().map(String::as_bytes));
            line.numbers("phases", phases.iter().map(|(name, time)| (name.as_bytes(), *time)));
            let line = line.finish();
            let event = parsed(&line);
            prop_assert_eq!((event.kind, event.v), (Kind::End, FORMAT_VERSION));
            prop_assert_eq!(event.tool.as_str(), String::from_utf8_lossy(&tool));
            prop_assert_eq!(event.package.as_ref().map(Text::as_str), Some(package.as_str()));
            prop_assert_eq!((event.probe, event.pid), (probe, pid));
            prop_assert_eq!((event.start_ns, event.end_ns), (start, start.saturating_add(length)));
            prop_assert_eq!((event.max_rss_bytes, event.variant), (rss.unwrap_or(0), None));
            let read: Vec<String> = strings(event.needs).iter().map(|text| text.as_str().to_owned()).collect();
            prop_assert_eq!(read, needs);
            let mut read = std::collections::BTreeMap::new();
            each_number(event.phases, |name, time| _ = read.insert(name.to_owned(), time));
            prop_assert_eq!(read, phases);
        }
    }
}
