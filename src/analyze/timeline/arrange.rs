//! Lays tool runs out: lanes, an axis without long idle times, and the curves that go with them.
//!
//! Takes runs at moments of any one clock and knows nothing of where they come from.

use std::collections::BTreeMap;

use super::{Bar, Break, CommandSpan, NotDrawn, Outcome, Step, Timeline, ToolTotal};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// A tool run, at moments of a clock that all runs and commands share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub start: Nanos,
    /// When it ended, or the last moment at which it is known to have run.
    pub end: Nanos,
    /// What ran.
    pub tool: ToolKind,
    /// The package, or whatever names the run best.
    pub label: String,
    /// More to say of it, a line each.
    pub details: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Its peak resident set.
    pub rss: Bytes,
}

/// A go command, at moments of the same clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// When it began.
    pub start: Nanos,
    /// When it ended, or its last tool did.
    pub end: Nanos,
    /// Its command line.
    pub label: String,
    /// More to say of it, a line each.
    pub details: Vec<String>,
}

/// Lays runs and commands out. Runs shorter than `shortest` are counted and not drawn, unless something went wrong with
/// them: a failure is never too short to be seen.
#[must_use]
pub fn arrange(mut runs: Vec<Run>, mut commands: Vec<Command>, shortest: Nanos) -> Timeline {
    for run in &mut runs {
        run.end = run.end.max(run.start);
    }
    runs.sort_by(|a, b| (a.start, a.end, a.tool, &a.label).cmp(&(b.start, b.end, b.tool, &b.label)));
    commands.sort_by(|a, b| (a.start, a.end, &a.label).cmp(&(b.start, b.end, &b.label)));
    let spans = runs.iter().map(|run| (run.start, run.end));
    let axis = Axis::of(spans.chain(commands.iter().map(|command| (command.start, command.end))).collect());
    for run in &mut runs {
        (run.start, run.end) = (axis.place(run.start), axis.place(run.end));
    }
    let weights = |weight: fn(&Run) -> u64| curve(runs.iter().map(|run| (run.start, run.end, weight(run))));
    let (running, rss) = (weights(|_| 1), weights(|run| run.rss.0));
    let tools = totals(&runs);
    let (drawn, small): (Vec<Run>, Vec<Run>) =
        runs.into_iter().partition(|run| run.outcome != Outcome::Ok || run.end.since(run.start) >= shortest);
    let mut lanes = Lanes::default();
    Timeline {
        commands: command_spans(commands, &axis),
        bars: drawn.into_iter().map(|run| bar(run, &mut lanes)).collect(),
        lanes: lanes.ends.len(),
        length: axis.length,
        breaks: axis.breaks,
        running,
        rss,
        tools,
        not_drawn: not_drawn(&small, shortest),
        ..Timeline::default()
    }
}

/// The axis: pieces of real time in which something went on, put side by side.
#[derive(Debug)]
pub(in crate::analyze) struct Axis {
    pieces: Vec<Piece>,
    pub(in crate::analyze) breaks: Vec<Break>,
    pub(in crate::analyze) length: Nanos,
}

/// Real time from `from` on stands on the axis from `at` on.
#[derive(Debug)]
struct Piece {
    from: Nanos,
    at: Nanos,
}

impl Axis {
    /// Of spans in which something went on. Idle time is cut out where it takes more than a twentieth of the rest; an
    /// eightieth is left as the place of the cut.
    pub(in crate::analyze) fn of(spans: Vec<(Nanos, Nanos)>) -> Self {
        let busy = busy_times(spans);
        let rest: Nanos = busy.iter().map(|(from, to)| to.since(*from)).sum();
        let (long, width) = (Nanos(rest.0 / 20), Nanos(rest.0 / 80));
        let mut axis = Self { pieces: Vec::new(), breaks: Vec::new(), length: Nanos::ZERO };
        let mut last_end = None;
        for (from, to) in busy {
            let idle = last_end.map_or(Nanos::ZERO, |end| from.since(end));
            if idle > long {
                axis.breaks.push(Break { at: axis.length, width, idle });
                axis.length += width;
            } else {
                axis.length += idle;
            }
            if last_end.is_none() || idle > long {
                axis.pieces.push(Piece { from, at: axis.length });
            }
            axis.length += to.since(from);
            last_end = Some(to);
        }
        axis
    }

    pub(in crate::analyze) fn place(&self, real: Nanos) -> Nanos {
        let after = self.pieces.partition_point(|piece| piece.from <= real);
        let piece = after.checked_sub(1).and_then(|index| self.pieces.get(index));
        piece.map_or(Nanos::ZERO, |piece| piece.at + real.since(piece.from))
    }
}

/// The times in which a command or a tool ran, as disjoint intervals in order.
fn busy_times(mut spans: Vec<(Nanos, Nanos)>) -> Vec<(Nanos, Nanos)> {
    spans.iter_mut().for_each(|(start, end)| *end = (*end).max(*start));
    spans.sort_unstable();
    let mut busy: Vec<(Nanos, Nanos)> = Vec::new();
    for (start, end) in spans {
        match busy.last_mut() {
            Some((_, last_end)) if start <= *last_end => *last_end = end.max(*last_end),
            _ => busy.push((start, end)),
        }
    }
    busy
}

/// The weights of spans at every moment, summed.
pub(in crate::analyze) fn curve(spans: impl Iterator<Item = (Nanos, Nanos, u64)>) -> Vec<Step> {
    let mut changes: BTreeMap<Nanos, (u128, u128)> = BTreeMap::new();
    for (start, end, weight) in spans {
        let weight = u128::from(weight);
        changes.entry(start).or_default().0 += weight;
        changes.entry(end).or_default().1 += weight;
    }
    let mut sum: u128 = 0;
    let mut steps: Vec<Step> = Vec::new();
    for (at, (more, less)) in changes {
        sum = (sum + more).saturating_sub(less);
        let value = u64::try_from(sum).unwrap_or(u64::MAX);
        if steps.last().map_or(0, |step| step.value) != value {
            steps.push(Step { at, value });
        }
    }
    steps
}

fn totals(runs: &[Run]) -> Vec<ToolTotal> {
    let mut totals: BTreeMap<ToolKind, ToolTotal> = BTreeMap::new();
    for run in runs {
        let tool = run.tool;
        let total = totals.entry(tool).or_insert(ToolTotal { tool, runs: 0, time: Nanos::ZERO });
        total.runs += 1;
        total.time += run.end.since(run.start);
    }
    totals.into_values().collect()
}

fn command_spans(commands: Vec<Command>, axis: &Axis) -> Vec<CommandSpan> {
    let mut rows = Lanes::default();
    let span = |Command { start, end, label, details }| {
        let (start, end) = (axis.place(start), axis.place(end).max(axis.place(start)));
        CommandSpan { row: rows.take(start, end), start, end, label, details }
    };
    commands.into_iter().map(span).collect()
}

fn bar(Run { start, end, tool, label, details, outcome, .. }: Run, lanes: &mut Lanes) -> Bar {
    Bar { lane: lanes.take(start, end), start, end, tool, label, details, outcome }
}

fn not_drawn(runs: &[Run], shorter_than: Nanos) -> NotDrawn {
    NotDrawn {
        runs: u64::try_from(runs.len()).unwrap_or(u64::MAX),
        time: runs.iter().map(|run| run.end.since(run.start)).sum(),
        shorter_than,
    }
}

/// Gives each span, taken in order of their starts, the first lane that is free: as few lanes as run at once.
#[derive(Debug, Default)]
pub(in crate::analyze) struct Lanes {
    pub(in crate::analyze) ends: Vec<Nanos>,
}

impl Lanes {
    pub(in crate::analyze) fn take(&mut self, start: Nanos, end: Nanos) -> usize {
        let free = self.ends.iter().position(|last_end| *last_end <= start);
        let lane = free.unwrap_or(self.ends.len());
        match self.ends.get_mut(lane) {
            Some(last_end) => *last_end = end,
            None => self.ends.push(end),
        }
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Nanos, Outcome, Run, Step, Timeline, arrange};
    use crate::analyze::timeline::peak;
    use crate::tool_kind::ToolKind;
    use crate::units::Bytes;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// `a 0-30 rss=5` is a run of package a from 0 ms to 30 ms; `$ go build 0-40` a command; `!` marks a failure.
    #[track_caller]
    fn check(picture: &str, expected: &Expect) {
        let (runs, commands) = read(picture);
        expected.assert_eq(&print(&arrange(runs, commands, Nanos::from_millis(2))));
    }

    #[test]
    fn a_run_takes_the_first_free_lane() {
        check(
            "a 0-30 rss=5
             b 10-20 rss=3
             c 20-50 rss=2
             d 25-40",
            &expect![[r"
                lane 0: a 0-30
                lane 1: b 10-20, c 20-50
                lane 2: d 25-40
                running: 0=1 10=2 25=3 30=2 40=1 50=0
                rss: 0=5 10=8 20=7 30=2 50=0
                length 50, covered 50
            "]],
        );
    }

    #[test]
    fn short_runs_are_counted_and_not_drawn_but_failures_are() {
        check(
            "a 0-10
             b 10-11
             c 10-11 !",
            &expect![[r"
                lane 0: a 0-10, c! 10-11
                running: 0=1 10=2 11=0
                not drawn: 1 runs, 1
                length 11, covered 11
            "]],
        );
    }

    #[test]
    fn idle_time_between_commands_is_cut_out() {
        check(
            "$ go build 1000-1080
             a 1010-1080
             $ go vet 5080-5160
             b 5080-5100",
            &expect![[r"
                $ go build 0-80
                $ go vet 82-162
                lane 0: a 10-80, b 82-102
                running: 10=1 80=0 82=1 102=0
                break at 80, 2 wide, 4000 idle
                length 162, covered 160
            "]],
        );
    }

    #[test]
    fn idle_time_within_a_command_and_short_pauses_stay() {
        check(
            "$ go test 0-1000
             a 0-100
             b 900-1000
             $ go vet 1020-1200",
            &expect![[r"
                $ go test 0-1000
                $ go vet 1020-1200
                lane 0: a 0-100, b 900-1000
                running: 0=1 100=0 900=1 1000=0
                length 1200, covered 1200
            "]],
        );
    }

    #[test]
    fn idle_time_is_cut_from_a_twentieth_of_the_rest_on() {
        let breaks = |second: u64| {
            let (runs, commands) = read(&format!("a 0-1000\nb {second}-{}", second + 1000));
            arrange(runs, commands, Nanos::ZERO).breaks.len()
        };
        assert_eq!((breaks(1_100), breaks(1_101)), (0, 1));
    }

    #[test]
    fn commands_that_overlap_have_rows_of_their_own() {
        let (runs, commands) = read("$ outer 0-100\n$ inner 20-40\n$ later 100-110");
        let timeline = arrange(runs, commands, Nanos::ZERO);
        assert_eq!(timeline.commands.iter().map(|command| command.row).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn a_run_that_ends_before_it_begins_has_no_length() {
        check(
            "a 30-10 !",
            &expect![[r"
                lane 0: a! 0-0
                length 0, covered 0
            "]],
        );
    }

    #[test]
    fn nothing_gives_an_empty_report() {
        assert_eq!(arrange(Vec::new(), Vec::new(), Nanos::ZERO), Timeline::default());
    }

    fn any_runs() -> impl Strategy<Value = Vec<Run>> {
        let run = (0_u64..100_000, 0_u64..5_000, 0_u64..9).prop_map(|(start, length, rss)| Run {
            start: Nanos(start * start),
            end: Nanos(start * start + length),
            tool: ToolKind::ALL[usize::try_from(rss).unwrap()],
            label: rss.to_string(),
            details: Vec::new(),
            outcome: Outcome::Ok,
            rss: Bytes(rss),
        });
        prop::collection::vec(run, 0..60)
    }

    proptest! {
        #[test]
        fn the_curves_enclose_the_durations(runs in any_runs()) {
            let time: u64 = runs.iter().map(|run| run.end.0 - run.start.0).sum();
            let weighted: u64 = runs.iter().map(|run| (run.end.0 - run.start.0) * run.rss.0).sum();
            let timeline = arrange(runs, Vec::new(), Nanos::ZERO);
            prop_assert_eq!(timeline.tool_time(), Nanos(time));
            prop_assert_eq!(area(&timeline.running), time);
            prop_assert_eq!(area(&timeline.rss), weighted);
        }

        #[test]
        fn there_are_as_many_lanes_as_tools_at_once_and_bars_of_a_lane_never_overlap(runs in any_runs()) {
            let runs: Vec<Run> = runs.into_iter().filter(|run| run.start < run.end).collect();
            let timeline = arrange(runs, Vec::new(), Nanos::ZERO);
            prop_assert_eq!(u64::try_from(timeline.lanes).unwrap(), peak(&timeline.running));
            for lane in 0..timeline.lanes {
                let bars: Vec<_> = timeline.bars.iter().filter(|bar| bar.lane == lane).collect();
                prop_assert!(bars.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(!bars.is_empty());
            }
        }

        #[test]
        fn cutting_idle_time_changes_no_duration_and_loses_no_time(runs in any_runs()) {
            let mut runs = runs;
            runs.sort_by_key(|run| (run.start, run.end, run.tool, run.label.clone()));
            let timeline = arrange(runs.clone(), Vec::new(), Nanos::ZERO);
            let origin = runs.first().map_or(0, |run| run.start.0);
            for (run, bar) in runs.iter().zip(&timeline.bars) {
                prop_assert_eq!(run.end.0 - run.start.0, bar.end.0 - bar.start.0);
                prop_assert_eq!(timeline.elapsed(bar.start), Nanos(run.start.0 - origin));
            }
        }

        #[test]
        fn neither_the_order_of_the_runs_nor_the_origin_of_the_clock_matters(runs in any_runs(), shift in 0_u64..1_000_000) {
            let expected = arrange(runs.clone(), Vec::new(), Nanos(100));
            let mut shifted = runs;
            shifted.reverse();
            for run in &mut shifted {
                run.start += Nanos(shift);
                run.end += Nanos(shift);
            }
            prop_assert_eq!(arrange(shifted, Vec::new(), Nanos(100)), expected);
        }
    }

    fn area(curve: &[Step]) -> u64 {
        curve.windows(2).map(|pair| (pair[1].at.0 - pair[0].at.0) * pair[0].value).sum()
    }

    fn read(picture: &str) -> (Vec<Run>, Vec<Command>) {
        let (mut runs, mut commands) = (Vec::new(), Vec::new());
        for line in picture.lines().map(str::trim) {
            let (label, rest) = line.split_at(line.find(|c: char| c.is_ascii_digit()).unwrap());
            let mut words = rest.split(' ');
            let (start, end) = words.next().unwrap().split_once('-').unwrap();
            let (start, end) = (Nanos::from_millis(start.parse().unwrap()), Nanos::from_millis(end.parse().unwrap()));
            let (label, details) = (label.trim().trim_start_matches("$ ").to_owned(), Vec::new());
            if line.starts_with('$') {
                commands.push(Command { start, end, label, details });
                continue;
            }
            let (mut outcome, mut rss) = (Outcome::Ok, Bytes::ZERO);
            for word in words {
                match word.strip_prefix("rss=") {
                    Some(bytes) => rss = Bytes(bytes.parse().unwrap()),
                    None => outcome = Outcome::Failed,
                }
            }
            runs.push(Run { start, end, tool: ToolKind::Compile, label, details, outcome, rss });
        }
        (runs, commands)
    }

    fn print(timeline: &Timeline) -> String {
        let millis = |nanos: Nanos| nanos.0 / 1_000_000;
        let mut lines: Vec<String> = Vec::new();
        for command in &timeline.commands {
            lines.push(format!("$ {} {}-{}", command.label, millis(command.start), millis(command.end)));
        }
        for lane in 0..timeline.lanes {
            let mark = |outcome| if outcome == Outcome::Ok { "" } else { "!" };
            let bars = timeline.bars.iter().filter(|bar| bar.lane == lane);
            let bars =
                bars.map(|bar| format!("{}{} {}-{}", bar.label, mark(bar.outcome), millis(bar.start), millis(bar.end)));
            lines.push(format!("lane {lane}: {}", bars.collect::<Vec<_>>().join(", ")));
        }
        for (name, curve) in [("running", &timeline.running), ("rss", &timeline.rss)] {
            let steps: Vec<_> = curve.iter().map(|step| format!("{}={}", millis(step.at), step.value)).collect();
            if !steps.is_empty() {
                lines.push(format!("{name}: {}", steps.join(" ")));
            }
        }
        for cut in &timeline.breaks {
            lines.push(format!("break at {}, {} wide, {} idle", millis(cut.at), millis(cut.width), millis(cut.idle)));
        }
        if timeline.not_drawn.runs > 0 {
            lines.push(format!("not drawn: {} runs, {}", timeline.not_drawn.runs, millis(timeline.not_drawn.time)));
        }
        lines.push(format!("length {}, covered {}\n", millis(timeline.length), millis(timeline.covered())));
        lines.join("\n")
    }
}
