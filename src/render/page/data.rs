//! What the script draws the timeline from: names once, figures in columns.
//!
//! Knows how little a figure can cost; page.js knows the same the other way round. A column is a list of unsigned integers,
//! seven bits a byte with the lowest first and the eighth bit set where more follow, in base64. Times are in microseconds,
//! sizes in KiB. The page's size is what people send each other, so an action costs some 40 bytes of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::analyze::course::account::Load;
use crate::analyze::page::{Curve, CurveUnit, Names, Run, Runs};
use crate::analyze::summary::Outcome;
use crate::analyze::timeline::Step;
use crate::render::{escape, palette, text};
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// A curve has no more points than this: more than a screen has columns, and enough to zoom in.
const MOST_POINTS: usize = 10_000;

/// Writes the object.
pub(super) fn write(runs: &Runs, out: &mut dyn Write) -> io::Result<()> {
    let mut columns = Columns::default();
    runs.runs.iter().enumerate().for_each(|(index, run)| columns.add(index, run, &runs.names));
    writeln!(
        out,
        "{{\"runs\":{},\"lanes\":{},\"length\":{},\"cpus\":{},",
        runs.runs.len(),
        runs.lanes,
        micros(runs.length),
        runs.cpus.unwrap_or(0),
    )?;
    names(&runs.names, out)?;
    columns.write(out)?;
    steps(runs, out)?;
    let curves: Vec<String> = runs.curves.iter().map(|curve| self::curve(curve, runs.length)).collect();
    writeln!(out, "\"curves\":[{}],", curves.join(","))?;
    let windows = runs.windows.iter().map(|(from, to, kind)| {
        let kind = Load::ALL.iter().position(|other| other == kind).unwrap_or(0);
        format!("[{},{},{kind}]", micros(*from), micros(*to))
    });
    writeln!(out, "\"windows\":[{}],", windows.collect::<Vec<_>>().join(","))?;
    let breaks =
        runs.breaks.iter().map(|cut| format!("[{},{},{}]", micros(cut.at), micros(cut.width), micros(cut.idle)));
    writeln!(out, "\"breaks\":[{}],", breaks.collect::<Vec<_>>().join(","))?;
    let chores = runs.chores.iter().map(|chore| {
        let label = string(&format!("{} {}", chore.chore.name(), chore.label));
        let details = strings(chore.details.iter().map(String::as_str));
        format!("[{label},{},{},{},{details}]", micros(chore.start), micros(chore.end), chore.lane)
    });
    writeln!(out, "\"chores\":[{}],", chores.collect::<Vec<_>>().join(","))?;
    let commands = runs.commands.iter().map(|command| {
        let details = strings(command.details.iter().map(String::as_str));
        let (from, to) = (micros(command.start), micros(command.end));
        format!("[{},{from},{to},{},{details}]", string(&command.label), command.row)
    });
    write!(out, "\"commands\":[{}]}}", commands.collect::<Vec<_>>().join(","))
}

fn names(names: &Names, out: &mut dyn Write) -> io::Result<()> {
    let kinds = ToolKind::ALL.map(|kind| {
        format!("[{},{},{}]", string(kind.name()), string(kind.sign()), string(&palette::tool(kind).to_string()))
    });
    writeln!(out, "\"kinds\":[{}],", kinds.join(","))?;
    let tools = names.tools.iter().map(|(name, kind)| format!("[{},{}]", string(name), kind_number(*kind)));
    writeln!(out, "\"tools\":[{}],", tools.collect::<Vec<_>>().join(","))?;
    writeln!(out, "\"modules\":{},", strings(names.modules.iter().map(String::as_str)))?;
    writeln!(out, "\"stages\":{},", strings(names.stages.iter().map(String::as_str)))?;
    let packages: Vec<String> =
        names.packages.iter().map(|package| escape::terminal(&package.name).into_owned()).collect();
    let shared = shared_beginnings(&packages);
    let ends = packages.iter().zip(&shared).map(|(name, shared)| name.chars().skip(*shared).collect::<String>());
    writeln!(out, "\"packages\":{},", strings(ends.collect::<Vec<_>>().iter().map(String::as_str)))?;
    writeln!(out, "\"shared\":{},", Column::of(shared.iter().map(|count| wide(*count))))?;
    let modules = names.packages.iter().map(|package| package.module.map_or(0, |module| wide(module) + 1));
    writeln!(out, "\"packageModules\":{},", Column::of(modules))?;
    let mut words: BTreeMap<&str, u64> = names.calls.iter().flatten().map(|word| (word.as_str(), 0)).collect();
    words.values_mut().zip(0..).for_each(|(number, count)| *number = count);
    let calls = names.calls.iter().flat_map(|call| {
        let numbers = call.iter().map(|word| words.get(word.as_str()).copied().unwrap_or(0));
        [wide(call.len())].into_iter().chain(numbers).collect::<Vec<_>>()
    });
    writeln!(out, "\"calls\":{},", Column::of(calls))?;
    // Marks of calls are control characters, so these words are made visible by the script, behind the marks.
    let marked: Vec<String> = words.keys().map(|word| visible_but_marks(word)).collect();
    writeln!(out, "\"words\":{},", strings_as_they_are(&marked))
}

fn visible_but_marks(word: &str) -> String {
    let parts = word.split_inclusive(['\u{1}', '\u{2}']).map(|part| {
        let mark = part.chars().next_back().filter(|last| ['\u{1}', '\u{2}'].contains(last));
        let words = mark.map_or(part, |mark| part.strip_suffix(mark).unwrap_or(part));
        escape::terminal(words).into_owned() + &mark.map(String::from).unwrap_or_default()
    });
    parts.collect()
}

/// How many characters each name has in common with the one before.
fn shared_beginnings(names: &[String]) -> Vec<usize> {
    let common =
        |left: &str, right: &str| left.chars().zip(right.chars()).take_while(|(one, other)| one == other).count();
    let before = [String::new()].into_iter().chain(names.iter().cloned());
    before.zip(names).map(|(before, name)| common(&before, name)).collect()
}

/// One list of figures for each property of runs.
#[derive(Default)]
struct Columns {
    /// Tool, whether it is a probe, the tool around it, and the command: few ever differ together.
    sorts: BTreeMap<(usize, bool, Option<usize>, usize), u64>,
    /// Which stages a run told of, together.
    shapes: BTreeMap<Vec<usize>, u64>,
    figures: BTreeMap<&'static str, Column>,
    last_start: u64,
    next_step: u64,
    last_critical: u64,
    /// What did not end well.
    odd: Vec<String>,
}

impl Columns {
    fn add(&mut self, index: usize, run: &Run, names: &Names) {
        let start = micros(run.start);
        let is_probe =
            run.kind == ToolKind::Probe && names.tools.get(run.tool).is_none_or(|(_, kind)| *kind != run.kind);
        let sorts = wide(self.sorts.len());
        let sort = *self.sorts.entry((run.tool, is_probe, run.inside, run.command)).or_insert(sorts);
        self.push("sort", sort);
        self.push("begin", start.saturating_sub(self.last_start));
        self.last_start = start;
        self.push("wall", micros(run.end).saturating_sub(start));
        self.push("user", micros(run.user));
        self.push("sys", micros(run.sys));
        self.push("rss", run.max_rss.0 / 1024);
        self.push("lane", wide(run.lane));
        self.push("package", run.package.map_or(0, |package| wide(package) + 1));
        self.push("call", run.call.map_or(0, |call| wide(call) + 1));
        self.push("dir", run.dir.map_or(0, |dir| u64::from(dir) + 1));
        self.step(run.step);
        self.stages(run);
        if run.is_critical {
            self.push("critical", wide(index) - self.last_critical);
            self.last_critical = wide(index);
        }
        if run.outcome != Outcome::Done {
            let sort = match run.outcome {
                // Asked whether it could do something, it could not.
                _ if run.kind == ToolKind::Probe => 3,
                Outcome::Killed(_) => 1,
                Outcome::Unfinished => 2,
                _ => 0,
            };
            self.odd.push(format!("[{index},{sort},{}]", string(&text::ending(run.outcome, None))));
        }
    }

    fn push(&mut self, column: &'static str, number: u64) {
        self.figures.entry(column).or_default().push(number);
    }

    /// Most runs begin the next step.
    fn step(&mut self, step: Option<usize>) {
        let Some(step) = step.map(wide) else { return self.push("step", 0) };
        let (ahead, behind) = (step.saturating_sub(self.next_step), self.next_step.saturating_sub(step));
        self.push("step", 1 + if behind > 0 { behind * 2 - 1 } else { ahead * 2 });
        self.next_step = step + 1;
    }

    /// The shares of its wall time, in thousandths.
    fn stages(&mut self, run: &Run) {
        if run.stages.is_empty() {
            return self.push("shape", 0);
        }
        let shapes = wide(self.shapes.len()) + 1;
        let shape = run.stages.iter().map(|(stage, _)| *stage).collect();
        let shape = *self.shapes.entry(shape).or_insert(shapes);
        self.push("shape", shape);
        let wall = run.end.since(run.start);
        run.stages.iter().for_each(|(_, time)| self.push("parts", time.percent_of(wall).thousandths() / 100));
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = [
            "sort", "begin", "wall", "user", "sys", "rss", "lane", "package", "call", "dir", "step", "shape", "parts",
            "critical",
        ];
        for name in names {
            let empty = Column::default();
            writeln!(out, "\"{name}\":{},", self.figures.get(name).unwrap_or(&empty))?;
        }
        let mut sorts: Vec<_> = self.sorts.iter().collect();
        sorts.sort_by_key(|(_, number)| **number);
        let sorts = sorts.into_iter().map(|((tool, is_probe, inside, command), _)| {
            let inside = inside.map_or(0, |inside| inside + 1);
            format!("[{tool},{},{inside},{command}]", u8::from(*is_probe))
        });
        writeln!(out, "\"sorts\":[{}],", sorts.collect::<Vec<_>>().join(","))?;
        let mut shapes: Vec<_> = self.shapes.iter().collect();
        shapes.sort_by_key(|(_, number)| **number);
        let shapes = shapes
            .into_iter()
            .map(|(stages, _)| format!("[{}]", stages.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")));
        writeln!(out, "\"shapes\":[{}],", shapes.collect::<Vec<_>>().join(","))?;
        writeln!(out, "\"odd\":[{}],", self.odd.join(","))
    }
}

/// Of each step how many it waited for, and which: how far each is below the one named before, beginning with itself.
fn steps(runs: &Runs, out: &mut dyn Write) -> io::Result<()> {
    let needs = runs.steps.iter().enumerate().flat_map(|(index, step)| {
        let mut last = index;
        let mut numbers = vec![wide(step.needs.len())];
        numbers.extend(step.needs.iter().rev().map(|need| wide(std::mem::replace(&mut last, *need) - need)));
        numbers
    });
    writeln!(out, "\"steps\":{},\n\"needs\":{},", runs.steps.len(), Column::of(needs))
}

fn curve(curve: &Curve, length: Nanos) -> String {
    let steps = thinned(&curve.steps, length);
    let mut last = 0;
    let at = steps.iter().map(|step| {
        let at = micros(step.at);
        at - std::mem::replace(&mut last, at)
    });
    let at = Column::of(at);
    let in_unit = |value: u64| if curve.unit == CurveUnit::Bytes { value / 1024 } else { value };
    let values = Column::of(steps.iter().map(|step| in_unit(step.value)));
    let unit = match curve.unit {
        CurveUnit::Count => 0,
        CurveUnit::Bytes => 1,
        CurveUnit::Thousandths => 2,
    };
    format!("[{},{},{},{unit},{at},{values}]", string(curve.id), string(curve.title), string(curve.what))
}

/// As many points as are seen: of those that stand too close together the highest, and the last one, from which it goes on.
fn thinned(steps: &[Step], length: Nanos) -> Vec<Step> {
    let close = if steps.len() > MOST_POINTS { Nanos(length.0 / wide(MOST_POINTS / 2)) } else { Nanos::ZERO };
    let mut kept: Vec<Step> = Vec::new();
    for group in steps.chunk_by(|left, right| close > Nanos::ZERO && left.at.0 / close.0 == right.at.0 / close.0) {
        let highest = group.iter().max_by_key(|step| step.value);
        let last = group.last().filter(|last| Some(*last) != highest);
        if let Some(highest) = highest {
            kept.push(*highest);
            kept.extend(last.map(|last| Step { at: last.at.max(highest.at), ..*last }));
        }
    }
    kept
}

fn micros(time: Nanos) -> u64 {
    time.0 / 1000
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn kind_number(kind: ToolKind) -> usize {
    ToolKind::ALL.iter().position(|other| *other == kind).unwrap_or(0)
}

/// A list of figures.
#[derive(Default)]
struct Column(Vec<u8>);

impl Column {
    fn of(numbers: impl Iterator<Item = u64>) -> Self {
        let mut column = Self::default();
        numbers.for_each(|number| column.push(number));
        column
    }

    fn push(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or(0));
    }
}

impl std::fmt::Display for Column {
    /// Base64, as `atob` reads it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::with_capacity(self.0.len().div_ceil(3) * 4 + 2);
        text.push('"');
        for three in self.0.chunks(3) {
            let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            for place in 0..4 {
                let letter = LETTERS.get(bits as usize >> (18 - 6 * place) & 63).copied().unwrap_or(b'=');
                text.push(if place <= three.len() { char::from(letter) } else { '=' });
            }
        }
        text.push('"');
        f.write_str(&text)
    }
}

fn strings<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(string).collect::<Vec<_>>().join(","))
}

fn strings_as_they_are(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","))
}

/// A name as JSON, with everything in it visible.
fn string(text: &str) -> String {
    quoted(&escape::terminal(text))
}

/// Within a script element `<` could begin its end, or a comment.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::{Column, quoted, shared_beginnings, thinned};
    use crate::analyze::timeline::{Step, peak};
    use crate::units::Nanos;
    use proptest::prelude::*;

    /// Reads a column back, as the script does.
    fn read(column: &str) -> Vec<u64> {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let place = |letter: u8| letters.iter().position(|other| *other == letter);
        let sixes: Vec<usize> = column.trim_matches('"').bytes().filter_map(place).collect();
        let bits: String = sixes.iter().map(|six| format!("{six:06b}")).collect();
        let bytes = bits
            .as_bytes()
            .chunks_exact(8)
            .map(|eight| eight.iter().fold(0, |sum, bit| sum * 2 + u64::from(bit - b'0')));
        let (mut numbers, mut number, mut shift) = (Vec::new(), 0, 0);
        for byte in bytes {
            number |= (byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                numbers.push(number);
                (number, shift) = (0, 0);
            }
        }
        numbers
    }

    #[test]
    fn a_small_figure_costs_a_byte() {
        assert_eq!(Column::of([0, 1, 127].into_iter()).to_string(), "\"AAF/\"");
        assert_eq!(Column::of([128].into_iter()).to_string(), "\"gAE=\"");
        assert_eq!(Column::default().to_string(), "\"\"");
    }

    #[test]
    fn nothing_in_a_name_ends_the_script_or_begins_a_comment() {
        assert_eq!(quoted("</script><!--\u{1}\""), "\"\\u003c/script>\\u003c!--\\u0001\\\"\"");
    }

    #[test]
    fn names_share_their_beginnings() {
        let names = ["net", "net/http", "net/url", "ä", "äö"].map(str::to_owned);
        assert_eq!(shared_beginnings(&names), [0, 3, 4, 0, 1]);
    }

    #[test]
    fn a_curve_of_many_points_keeps_its_peak_and_its_end() {
        let value = |index: u64| if index == 33_333 { 99 } else { index % 7 };
        let steps: Vec<Step> = (0..50_000).map(|index| Step { at: Nanos(index * 10), value: value(index) }).collect();
        let kept = thinned(&steps, Nanos(500_000));
        assert!(kept.len() <= 10_001, "{}", kept.len());
        assert_eq!((peak(&kept), kept.last()), (99, steps.last()));
        assert!(kept.is_sorted_by_key(|step| step.at));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(numbers in prop::collection::vec(any::<u64>(), 0..20)) {
            prop_assert_eq!(read(&Column::of(numbers.iter().copied()).to_string()), numbers);
        }
    }
}
