//! Asks compile and link where their time goes, and reads what they answer.
//!
//! Knows the options by which Go's own tools tell it, from 1.21 to 1.27, and the texts that they tell it in:
//!
//! ```text
//! compile -bench=FILE      BenchmarkCompile:net/http:fe:parse    1   380998466 ns/op   10.13 %   29519 lines   77478 lines/s
//! link    -benchmark=cpu   BenchmarkLoadlib 1 344340423 ns/op⇥227568 B/op⇥882 allocs/op⇥16240240 heap-B
//! ```
//!
//! compile appends to the file once, when it has succeeded; link prints when it is done. Neither option is in a cache key or
//! changes a byte of what is written, because cmd/go does not know of them. Does not know what a phase means.

use std::ffi::{CStr, c_int};
use std::fs::File;
use std::io::Write;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

use super::bytes;
use super::child::{Capture, Listener, Streams};
use super::files::{self, Reader};
use super::tool::{Purpose, Tool, base_name};
use crate::trace::push_digits;

/// More than any version of a tool has.
const MOST_PHASES: usize = 64;

/// A line of link's answer is a hundred bytes long. What is longer is none.
const LINE_LIMIT: usize = 256;

/// With these, what link prints is meant for somebody: its phases, or what it looked at. There may be megabytes of it, and
/// all that gotrace could add is a risk.
const PRINTS_FOR_PEOPLE: [&[u8]; 8] =
    [b"benchmark", b"benchmarkprofile", b"v", b"dumpdep", b"c", b"debugnosplit", b"V", b"h"];

/// How one tool run is asked.
#[derive(Debug)]
pub(crate) enum Inquiry {
    /// compile is told to write into this file.
    ByFile(AnswerFile),
    /// link prints; its words go through this pipe.
    ByReport(Capture),
}

/// A file in memory, which the tool inherits.
#[derive(Debug)]
pub(crate) struct AnswerFile {
    file: OwnedFd,
    option: &'static CStr,
}

/// What a tool answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Phases {
    /// Nanoseconds by the tool's own names, in its order.
    pub(crate) times: Vec<(Vec<u8>, u64)>,
    /// How many lines of source compile has read.
    pub(crate) lines: Option<u64>,
    /// How many functions it has compiled.
    pub(crate) funcs: Option<u64>,
}

impl Inquiry {
    /// How to ask this tool; not at all if it has no phases to tell, or tells them to somebody else.
    pub(crate) fn of(tool: &Tool) -> Option<Self> {
        if tool.purpose != Purpose::Work {
            return None;
        }
        match base_name(tool.path) {
            b"compile" if !tool.has_any(&[b"bench"]) && is_on() => AnswerFile::new().map(Self::ByFile),
            // cmd/go gives its tools one pipe for both streams. Both are then read through one pipe again, so that their
            // order cannot change; in any other arrangement it could.
            b"link" if !tool.has_any(&PRINTS_FOR_PEOPLE) && is_on() && stdout_and_stderr_are_one_pipe() => {
                Capture::of(Streams::Both).map(Self::ByReport)
            }
            _ => None,
        }
    }

    /// The option that asks.
    pub(crate) fn option(&self) -> &'static CStr {
        match self {
            Self::ByFile(file) => file.option,
            Self::ByReport(_) => c"-benchmark=cpu",
        }
    }

    /// What is read along while the tool runs, and what is read when it has ended.
    pub(crate) fn into_parts(self) -> (Option<Capture>, Option<AnswerFile>) {
        match self {
            Self::ByFile(file) => (None, Some(file)),
            Self::ByReport(capture) => (Some(capture), None),
        }
    }
}

impl AnswerFile {
    /// A compile that cannot write its answer fails, with everything else written. So the shim does first what the compile
    /// will do: it opens the file by the name that it has in `/proc`. Where that is allowed to the one it is to the other; and a
    /// file in memory that is open has no other reason to refuse. `access` would be no cheaper, and not every
    /// security module is asked by it.
    #[expect(unsafe_code, reason = "std knows no files in memory")]
    fn new() -> Option<Self> {
        // SAFETY: the name is a C string; the descriptor, where there is one, is owned by nobody else.
        let file = unsafe {
            let fd = libc::memfd_create(c"gotrace".as_ptr(), 0);
            (fd >= 0).then(|| OwnedFd::from_raw_fd(fd))?
        };
        // Where the shim was started without stdout, the file would take its place.
        if file.as_raw_fd() <= libc::STDERR_FILENO {
            return None;
        }
        let option = bench_option(file.as_raw_fd());
        let opened = files::open(option.to_bytes().get(BENCH.len()..)?, libc::O_WRONLY | libc::O_APPEND).ok()?;
        // The process closes it when it ends, and keeps it from the tool.
        let _ = opened.into_raw_fd();
        Some(Self { file, option })
    }

    /// The answer of a tool that has ended; an empty one where it did not answer.
    pub(crate) fn read(self, reader: &mut Reader) -> Phases {
        // The process ends soon, and closes it with everything else. The tool has opened it anew, so that this descriptor
        // still stands at the beginning. An answer is a kilobyte; what is behind a chunk is not read.
        let file = ManuallyDrop::new(File::from(self.file));
        Phases::of_compile(reader.once(&file).unwrap_or_default())
    }
}

fn is_on() -> bool {
    std::env::var_os("GOTRACE_PHASES").is_none_or(|value| value != "0" && value != "off")
}

const BENCH: &[u8] = b"-bench=";

/// `-bench=/proc/self/fd/4`. It becomes an argument of the tool, so it lives as long as the process.
#[expect(unsafe_code, reason = "std's ways look for a NUL first, in code that the shim needs for nothing else")]
fn bench_option(fd: c_int) -> &'static CStr {
    let mut option = Vec::with_capacity(48);
    option.extend_from_slice(BENCH);
    option.extend_from_slice(b"/proc/self/fd/");
    push_digits(&mut option, u64::from(fd.unsigned_abs()));
    option.push(0);
    // SAFETY: the NUL at the end is the only one: the rest are letters, signs and digits.
    unsafe { CStr::from_bytes_with_nul_unchecked(option.leak()) }
}

#[expect(unsafe_code, reason = "std cannot say whether two descriptors are one pipe")]
fn stdout_and_stderr_are_one_pipe() -> bool {
    let status = |fd| {
        let mut status = MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: the call writes a `stat`, for which all zeros are a valid value.
        unsafe {
            let is_known = libc::fstat(fd, status.as_mut_ptr()) == 0;
            let status = status.assume_init();
            (is_known && status.st_mode & libc::S_IFMT == libc::S_IFIFO).then_some((status.st_dev, status.st_ino))
        }
    };
    let stdout = status(libc::STDOUT_FILENO);
    stdout.is_some() && stdout == status(libc::STDERR_FILENO)
}

impl Phases {
    /// What compile wrote. Its last line is the total, which shows what stands in front of every name: the import path may
    /// hold anything.
    fn of_compile(text: &[u8]) -> Self {
        let mut phases = Self::default();
        let total = bytes::find_last(text, b":total ").and_then(|at| text.get(..at.saturating_add(1)));
        let decoration = total.and_then(|before| before.rsplit(|byte| *byte == b'\n').next()).unwrap_or_default();
        if !decoration.starts_with(b"BenchmarkCompile:") {
            return phases;
        }
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(line) = rest.strip_prefix(decoration) {
                rest = line;
                phases.compile_line(&mut rest);
            }
            let end = rest.iter().position(|byte| *byte == b'\n');
            rest = end.and_then(|end| rest.get(end.saturating_add(1)..)).unwrap_or_default();
        }
        phases
    }

    /// `fe:parse   1   380998466 ns/op   10.13 %   29519 lines   77478 lines/s`. Byte by byte and each once: what is read here
    /// is a tenth of what an action costs.
    fn compile_line(&mut self, rest: &mut &[u8]) {
        let (name, times, time, unit) = (word(rest), word(rest), word(rest), word(rest));
        if times != b"1" || unit != b"ns/op" || name == b"total" || name.ends_with(b":subtotal") {
            return;
        }
        self.add(name, time);
        let (_share, _percent, count) = (word(rest), word(rest), word(rest));
        match word(rest) {
            b"lines" => self.lines = bytes::number(count),
            b"funcs" => self.funcs = bytes::number(count),
            _ => {}
        }
    }

    /// A phase that comes twice took both times.
    fn add(&mut self, name: &[u8], time: &[u8]) {
        // What a trace's numbers are smaller than.
        let Some(time) = bytes::number(time).filter(|time| i64::try_from(*time).is_ok()) else { return };
        if let Some((_, sum)) = self.times.iter_mut().find(|(known, _)| known == name) {
            *sum = sum.saturating_add(time).min(i64::MAX.unsigned_abs());
        } else if self.times.len() < MOST_PHASES && is_name(name) {
            self.times.push((name.to_vec(), time));
        }
    }
}

/// The next word of a line; an empty one at its end.
fn word<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let skip = |from: &'a [u8], is: fn(u8) -> bool| from.iter().position(|byte| !is(*byte)).unwrap_or(from.len());
    let (_, from) = rest.split_at(skip(rest, |byte| byte == b' '));
    let (word, behind) = from.split_at(skip(from, |byte| byte > b' '));
    *rest = behind;
    word
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= LINE_LIMIT && name.iter().all(u8::is_ascii_graphic)
}

/// Takes link's report out of what it prints.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What was in it.
    pub(crate) phases: Phases,
    line: LineSoFar,
    /// The beginning of a line that may be one of the report's.
    held: Vec<u8>,
    /// What is handed on of one piece: kept, to be used again.
    passed: Vec<u8>,
}

/// What is known of the line that is being heard.
#[derive(Debug, Default, PartialEq, Eq)]
enum LineSoFar {
    #[default]
    Open,
    /// It is none of the report's, and the beginning of it is handed on.
    Foreign,
}

impl Listener for Report {
    /// Holds back nothing but whole lines of the report, and for a moment what may become one: everything else is handed on
    /// with the piece that it came in.
    fn hear(&mut self, words: &[u8], to: &mut dyn Write) {
        self.passed.clear();
        for part in words.split_inclusive(|byte| *byte == b'\n') {
            self.take(part);
        }
        hand_on(&self.passed, to);
    }

    fn end(&mut self, to: &mut dyn Write) {
        hand_on(&self.held, to);
        self.held.clear();
    }
}

impl Report {
    /// Takes the rest of a line, or as much of it as is there.
    fn take(&mut self, part: &[u8]) {
        if self.line == LineSoFar::Foreign {
            self.passed.extend_from_slice(part);
        } else {
            self.held.extend_from_slice(part);
            if let Some((name, time)) = report_line(&self.held) {
                if name != b"TotalTime" {
                    self.phases.add(name, time);
                }
                self.held.clear();
            } else if part.ends_with(b"\n") || !may_become_report_line(&self.held) {
                self.passed.append(&mut self.held);
                self.line = LineSoFar::Foreign;
            }
        }
        if part.ends_with(b"\n") {
            self.line = LineSoFar::Open;
        }
    }
}

/// The name and the time of one line of the report; its line end belongs to it. The last line has no more than these.
fn report_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut columns = line.strip_suffix(b"\n")?.split(|byte| *byte == b'\t');
    let mut words = columns.next()?.strip_prefix(MARK)?.split(|byte| *byte == b' ');
    let (Some(name), Some(b"1"), Some(time), Some(b"ns/op"), None) =
        (words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        return None;
    };
    bytes::number(time)?;
    let mut has = |unit| columns.next().is_some_and(|column| is_count(column, unit));
    let is_whole = name == b"TotalTime" || (has(b" B/op") && has(b" allocs/op") && has(b" heap-B"));
    (is_whole && columns.next().is_none() && !name.is_empty()).then_some((name, time))
}

const MARK: &[u8] = b"Benchmark";

fn is_count(column: &[u8], unit: &[u8]) -> bool {
    column.strip_suffix(unit).and_then(bytes::number).is_some()
}

fn may_become_report_line(line: &[u8]) -> bool {
    line.len() <= LINE_LIMIT && (line.starts_with(MARK) || MARK.starts_with(line))
}

fn hand_on(words: &[u8], to: &mut dyn Write) {
    if !words.is_empty() {
        // Where cmd/go no longer listens there is nobody to tell; the tool still has to be reaped.
        let _ = to.write_all(words);
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_LIMIT, Listener, Phases, Report};
    use proptest::prelude::*;

    /// What is handed on of pieces that come one after the other, and the phases that are told.
    fn heard<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Phases) {
        let (mut report, mut passed) = (Report::default(), Vec::new());
        for piece in pieces {
            report.hear(piece, &mut passed);
        }
        report.end(&mut passed);
        (passed, report.phases)
    }

    /// Lines of a report, lines that are nearly such, and anything else.
    fn any_line() -> impl Strategy<Value = (bool, Vec<u8>)> {
        let own = "[A-Z][a-zA-Z0-9]{0,12}".prop_filter("the total is longer", |name| name != "TotalTime");
        let own = (own, 0..1_u64 << 40).prop_map(|(name, time)| {
            (true, format!("Benchmark{name} 1 {time} ns/op\t1 B/op\t2 allocs/op\t3 heap-B\n").into_bytes())
        });
        let near = prop::sample::select(vec![
            "Benchmark\n",
            "BenchmarkX 1 2 ns/op\n",
            "BenchmarkX 2 2 ns/op\t1 B/op\t2 allocs/op\t3 heap-B\n",
            "BenchmarkX 1 2 ns/op\t1 B/op\t2 allocs/op\t3 live-B\n",
            "BenchmarkX 1 2 ns/op\t1 B/op\t2 allocs/op\t3 heap-B\t\n",
            "Benchmark 1 2 ns/op\t1 B/op\t2 allocs/op\t3 heap-B\n",
            "xBenchmarkX 1 2 ns/op\t1 B/op\t2 allocs/op\t3 heap-B\n",
            "\n",
        ]);
        let long = (0..600_usize).prop_map(|length| [b"Benchmark".repeat(length), vec![b'\n']].concat());
        let other = prop::collection::vec(any::<u8>().prop_filter("a line", |byte| *byte != b'\n'), 0..20);
        let other = other.prop_map(|line| [line, vec![b'\n']].concat());
        let foreign = prop_oneof![near.prop_map(|line| line.as_bytes().to_vec()), long, other];
        prop_oneof![own, foreign.prop_map(|line| (false, line))]
    }

    proptest! {
        #[test]
        fn all_but_the_lines_of_the_report_is_handed_on_however_it_is_cut(
            lines in prop::collection::vec(any_line(), 0..12),
            last in prop::sample::select(vec!["", "Bench", "BenchmarkX 1 2 ns/op\t1 B/op", "x"]),
            cuts in prop::collection::vec(1..40_usize, 1..8),
        ) {
            let mut all: Vec<u8> = lines.iter().flat_map(|(_, line)| line.clone()).collect();
            all.extend_from_slice(last.as_bytes());
            let foreign = lines.iter().filter(|(is_own, _)| !is_own);
            let mut expected: Vec<u8> = foreign.flat_map(|(_, line)| line.clone()).collect();
            expected.extend_from_slice(last.as_bytes());

            let (mut pieces, mut rest) = (Vec::new(), all.as_slice());
            for cut in cuts.iter().cycle() {
                let (piece, others) = rest.split_at(rest.len().min(*cut));
                pieces.push(piece);
                rest = others;
                if rest.is_empty() {
                    break;
                }
            }
            let (passed, phases) = heard(pieces);
            prop_assert_eq!(passed.escape_ascii().to_string(), expected.escape_ascii().to_string());
            prop_assert!(phases.times.len() <= lines.iter().filter(|(is_own, _)| *is_own).count());
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let with_total = [b"BenchmarkCompile:", bytes.as_slice(), b"\nBenchmarkCompile:p:total 1 1 ns/op\n"].concat();
            Phases::of_compile(&bytes);
            Phases::of_compile(&with_total);
            prop_assert_eq!(heard([bytes.as_slice()]).0, bytes);
        }
    }

    #[test]
    fn what_may_become_a_line_of_the_report_waits_and_everything_else_does_not() {
        let (mut report, mut passed) = (Report::default(), Vec::new());
        for (piece, expected) in [("Ben", ""), ("ch", ""), ("x", "Benchx"), ("Benchmark", "BenchxBenchmark")] {
            report.hear(piece.as_bytes(), &mut passed);
            assert_eq!(passed.escape_ascii().to_string(), expected, "after {piece}");
        }
        let endless = "BenchmarkX 1 ".repeat(LINE_LIMIT);
        report.hear(b"\n", &mut passed);
        report.hear(endless.as_bytes(), &mut passed);
        assert!(passed.ends_with(endless.as_bytes()), "a line that is too long for the report");
    }

    /// What Go 1.21 calls its phases.
    #[test]
    fn names_are_the_tools_own_and_sums_are_none() {
        let text = b"commit: go1.21.13\nBenchmarkCompile:a/fe:fe:pgo-devirtualization    1    2473 ns/op      0.00 %\n\
            BenchmarkCompile:a/fe:fe:parse    1    5 ns/op  7.29 %    63185 lines    47740 lines/s\n\
            BenchmarkCompile:a/fe:fe:parse    1    6 ns/op  7.29 %\n\
            BenchmarkCompile:a/fe:fe:subtotal    1    2484 ns/op    10.12 %\n\
            BenchmarkCompile:a/fe:total    1    2484 ns/op    100.00 %\n";
        let times = vec![(b"fe:pgo-devirtualization".to_vec(), 2473), (b"fe:parse".to_vec(), 11)];
        assert_eq!(Phases::of_compile(text), Phases { times, lines: Some(63185), funcs: None });
    }
}
