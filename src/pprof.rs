//! Profiles in the format of `go tool pprof`: read, merged, written.
//!
//! Knows the protocol buffer message and gzip; does not know what the functions in it do. A merged profile keeps no addresses:
//! functions, files and lines say where, and they are the same in every process.

use std::collections::HashMap;
use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use prost::Message;

/// A profile as it is on disk. Texts are numbers of `strings`.
#[derive(Clone, PartialEq, Message)]
pub struct Profile {
    /// What the values of a sample are.
    #[prost(message, repeated, tag = "1")]
    pub value_types: Vec<ValueType>,
    /// Stacks with their values.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Places in the program.
    #[prost(message, repeated, tag = "4")]
    pub locations: Vec<Location>,
    /// Functions of the program.
    #[prost(message, repeated, tag = "5")]
    pub functions: Vec<Function>,
    /// All texts; the first one is empty.
    #[prost(string, repeated, tag = "6")]
    pub strings: Vec<String>,
    /// When it began, in nanoseconds since 1970.
    #[prost(int64, tag = "9")]
    pub time_nanos: i64,
    /// How long it took.
    #[prost(int64, tag = "10")]
    pub duration_nanos: i64,
    /// What happens between two samples.
    #[prost(message, optional, tag = "11")]
    pub period_type: Option<ValueType>,
    /// How much of it.
    #[prost(int64, tag = "12")]
    pub period: i64,
}

/// A kind of value and its unit.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct ValueType {
    /// `cpu`
    #[prost(int64, tag = "1")]
    pub kind: i64,
    /// `nanoseconds`
    #[prost(int64, tag = "2")]
    pub unit: i64,
}

/// A stack and what was counted with it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Sample {
    /// The leaf first.
    #[prost(uint64, repeated, tag = "1")]
    pub locations: Vec<u64>,
    /// One for each of the profile's `value_types`.
    #[prost(int64, repeated, tag = "2")]
    pub values: Vec<i64>,
    /// What else is known of it.
    #[prost(message, repeated, tag = "3")]
    pub labels: Vec<Label>,
}

/// A text with a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Label {
    /// Its name.
    #[prost(int64, tag = "1")]
    pub key: i64,
    /// The text.
    #[prost(int64, tag = "2")]
    pub text: i64,
}

/// A place in the program: a line of a function, and those that it was inlined into.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Location {
    /// By which samples name it.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The innermost first.
    #[prost(message, repeated, tag = "4")]
    pub lines: Vec<Line>,
}

/// A line of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Line {
    /// By which functions are named.
    #[prost(uint64, tag = "1")]
    pub function: u64,
    /// In its file.
    #[prost(int64, tag = "2")]
    pub line: i64,
}

/// A function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Function {
    /// By which lines name it.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// `cmd/compile/internal/ssa.Compile`
    #[prost(int64, tag = "2")]
    pub name: i64,
    /// As the linker calls it.
    #[prost(int64, tag = "3")]
    pub system_name: i64,
    /// Its file.
    #[prost(int64, tag = "4")]
    pub file: i64,
    /// Where it begins there.
    #[prost(int64, tag = "5")]
    pub start_line: i64,
}

impl Profile {
    /// Reads a profile, gzipped or not.
    ///
    /// # Errors
    /// It is no gzip file, or no profile.
    pub fn read(bytes: &[u8]) -> io::Result<Self> {
        let mut plain = Vec::new();
        let message = if bytes.starts_with(&[0x1f, 0x8b]) {
            MultiGzDecoder::new(bytes).read_to_end(&mut plain)?;
            plain.as_slice()
        } else {
            bytes
        };
        let profile =
            Self::decode(message).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        if profile.value_types.is_empty() || profile.strings.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it has no values"));
        }
        Ok(profile)
    }

    /// Writes it, gzipped as `go tool pprof` wants it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let mut packed = GzEncoder::new(out, Compression::default());
        packed.write_all(&self.encode_to_vec())?;
        packed.finish()?.flush()
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, number: i64) -> &str {
        usize::try_from(number).ok().and_then(|number| self.strings.get(number)).map_or("", String::as_str)
    }

    /// The text of a sample's label.
    #[must_use]
    pub fn label<'a>(&'a self, sample: &Sample, key: &str) -> Option<&'a str> {
        let label = sample.labels.iter().find(|label| self.text(label.key) == key)?;
        Some(self.text(label.text))
    }

    /// Which of a sample's values is CPU time, or else the last one.
    #[must_use]
    pub fn cpu_index(&self) -> usize {
        let is_cpu = |kind: &ValueType| self.text(kind.kind) == "cpu";
        self.value_types.iter().position(is_cpu).unwrap_or(self.value_types.len().saturating_sub(1))
    }
}

/// Many profiles of the same kind becoming one.
#[derive(Debug, Default)]
pub struct Merger {
    profile: Profile,
    strings: HashMap<String, i64>,
    functions: HashMap<Function, u64>,
    locations: HashMap<Vec<Line>, u64>,
    samples: HashMap<(Vec<u64>, Vec<Label>), usize>,
}

impl Merger {
    /// Adds a profile; all its samples get these labels.
    ///
    /// # Errors
    /// It counts something else than those before.
    pub fn add(&mut self, other: &Profile, labels: &[(&str, &str)]) -> Result<(), String> {
        self.text("");
        let kinds: Vec<ValueType> = other
            .value_types
            .iter()
            .map(|kind| ValueType { kind: self.text(other.text(kind.kind)), unit: self.text(other.text(kind.unit)) })
            .collect();
        if self.profile.value_types.is_empty() {
            self.profile.value_types = kinds;
            self.profile.period = other.period;
            let period = other.period_type.unwrap_or_default();
            let (kind, unit) = (self.text(other.text(period.kind)), self.text(other.text(period.unit)));
            self.profile.period_type = Some(ValueType { kind, unit });
            self.profile.time_nanos = other.time_nanos;
        } else if self.profile.value_types != kinds {
            return Err(String::from("it counts something else than the others"));
        }
        self.profile.time_nanos = self.profile.time_nanos.min(other.time_nanos);
        self.profile.duration_nanos = self.profile.duration_nanos.saturating_add(other.duration_nanos);
        let places = self.places(other);
        let labels: Vec<Label> =
            labels.iter().map(|(key, text)| Label { key: self.text(key), text: self.text(text) }).collect();
        for sample in &other.samples {
            let stack: Vec<u64> = sample.locations.iter().filter_map(|id| places.get(id).copied()).collect();
            self.count(stack, labels.clone(), &sample.values);
        }
        Ok(())
    }

    /// All of them as one.
    #[must_use]
    pub fn finish(self) -> Profile {
        self.profile
    }

    /// What the locations of a profile are called here.
    fn places(&mut self, other: &Profile) -> HashMap<u64, u64> {
        let functions: HashMap<u64, u64> =
            other.functions.iter().map(|function| (function.id, self.function(other, function))).collect();
        let mut places = HashMap::new();
        for location in &other.locations {
            let known =
                |line: &Line| Line { function: functions.get(&line.function).copied().unwrap_or(0), line: line.line };
            let lines: Vec<Line> = location.lines.iter().map(known).collect();
            places.insert(location.id, self.location(lines));
        }
        places
    }

    fn function(&mut self, other: &Profile, function: &Function) -> u64 {
        let known = Function {
            id: 0,
            name: self.text(other.text(function.name)),
            system_name: self.text(other.text(function.system_name)),
            file: self.text(other.text(function.file)),
            start_line: function.start_line,
        };
        let next = self.functions.len() as u64 + 1;
        *self.functions.entry(known).or_insert_with(|| {
            self.profile.functions.push(Function { id: next, ..known });
            next
        })
    }

    fn location(&mut self, lines: Vec<Line>) -> u64 {
        let next = self.locations.len() as u64 + 1;
        *self.locations.entry(lines).or_insert_with_key(|lines| {
            self.profile.locations.push(Location { id: next, lines: lines.clone() });
            next
        })
    }

    fn text(&mut self, text: &str) -> i64 {
        if let Some(number) = self.strings.get(text) {
            return *number;
        }
        let next = i64::try_from(self.profile.strings.len()).unwrap_or(i64::MAX);
        self.profile.strings.push(text.to_owned());
        self.strings.insert(text.to_owned(), next);
        next
    }

    fn count(&mut self, stack: Vec<u64>, labels: Vec<Label>, values: &[i64]) {
        let next = self.profile.samples.len();
        let index = *self.samples.entry((stack, labels)).or_insert_with_key(|(locations, labels)| {
            let values = vec![0; values.len()];
            self.profile.samples.push(Sample { locations: locations.clone(), values, labels: labels.clone() });
            next
        });
        if let Some(sample) = self.profile.samples.get_mut(index) {
            for (sum, value) in sample.values.iter_mut().zip(values) {
                *sum = sum.saturating_add(*value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile of one stack, the root first, with its strings in this order behind the empty one.
    fn profile(stack: &[&str], nanoseconds: i64) -> Profile {
        let mut strings: Vec<String> = ["", "samples", "count", "cpu", "nanoseconds"].map(String::from).to_vec();
        let first = i64::try_from(strings.len()).expect("few");
        strings.extend(stack.iter().map(|name| (*name).to_owned()));
        let numbers = || 1..=stack.len() as u64;
        let function = |id: u64| Function {
            id: id + 100,
            name: first + i64::try_from(id).expect("few") - 1,
            ..Function::default()
        };
        Profile {
            value_types: vec![ValueType { kind: 1, unit: 2 }, ValueType { kind: 3, unit: 4 }],
            samples: vec![Sample {
                locations: numbers().rev().collect(),
                values: vec![1, nanoseconds],
                labels: vec![],
            }],
            locations: numbers().map(|id| Location { id, lines: vec![Line { function: id + 100, line: 7 }] }).collect(),
            functions: numbers().map(function).collect(),
            strings,
            duration_nanos: 10,
            period: 10_000_000,
            ..Profile::default()
        }
    }

    /// Samples as `root;leaf value {label}`, sorted.
    fn words(profile: &Profile) -> Vec<String> {
        let function = |id: &u64| {
            let location = profile.locations.iter().find(|location| location.id == *id).expect("a location");
            let function = profile.functions.iter().find(|function| function.id == location.lines[0].function);
            profile.text(function.expect("a function").name).to_owned()
        };
        let mut words: Vec<String> = profile
            .samples
            .iter()
            .map(|sample| {
                let stack: Vec<String> = sample.locations.iter().rev().map(function).collect();
                let package = profile.label(sample, "package").unwrap_or("-");
                format!("{} {} {{{package}}}", stack.join(";"), sample.values[profile.cpu_index()])
            })
            .collect();
        words.sort();
        words
    }

    #[test]
    fn equal_stacks_of_a_package_add_up_and_those_of_others_stay_apart() {
        let mut merger = Merger::default();
        merger.add(&profile(&["main", "parse"], 10), &[("package", "a")]).expect("the first");
        merger.add(&profile(&["main", "parse"], 20), &[("package", "a")]).expect("the second");
        merger.add(&profile(&["main", "parse"], 5), &[("package", "b")]).expect("another package");
        merger.add(&profile(&["main", "check", "parse"], 1), &[("package", "b")]).expect("another stack");
        let merged = merger.finish();
        assert_eq!(words(&merged), ["main;check;parse 1 {b}", "main;parse 30 {a}", "main;parse 5 {b}"]);
        assert_eq!((merged.functions.len(), merged.duration_nanos, merged.period), (3, 40, 10_000_000));
    }

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        let written = profile(&["main", "größe"], 10);
        written.write(&mut bytes).expect("memory takes it");
        assert_eq!(Profile::read(&bytes).expect("what was written"), written);
        assert_eq!(Profile::read(&written.encode_to_vec()).expect("also without gzip"), written);
    }

    #[test]
    fn what_is_no_profile_is_refused() {
        for bytes in [&b""[..], b"{\"type\":\"end\"}", b"\x1f\x8b\x08\x00", &[0xff; 100]] {
            assert!(Profile::read(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn profiles_of_different_things_do_not_mix() {
        let mut merger = Merger::default();
        merger.add(&profile(&["main"], 1), &[]).expect("the first");
        let heap = Profile { value_types: vec![ValueType { kind: 1, unit: 2 }], ..profile(&["main"], 1) };
        assert!(merger.add(&heap, &[]).is_err());
    }
}
