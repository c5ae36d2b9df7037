//! Lays out what happened: lanes, an axis without long idle times, and the curves that go with them.
//!
//! Takes events at moments of any one clock and knows nothing of where they come from.

use std::collections::BTreeMap;

use super::measured::{self, Watched};
use super::{
    Bar, Break, Chore, ChoreBar, ChoreTotal, Chores, CommandSpan, NotDrawn, Outcome, Step, Timeline, ToolTotal,
};
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

/// Something that a go command did itself, at moments of the same clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoreRun {
    /// When it began.
    pub start: Nanos,
    /// When it ended.
    pub end: Nanos,
    /// What it was.
    pub chore: Chore,
    /// The package or module, or whatever names it best.
    pub label: String,
    /// More to say of it, a line each.
    pub details: Vec<String>,
}

/// All that is laid out, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    /// Tool runs.
    pub runs: Vec<Run>,
    /// Go commands.
    pub commands: Vec<Command>,
    /// What those did themselves.
    pub chores: Vec<ChoreRun>,
    /// What was seen of jobs and the machine.
    pub watched: Vec<Watched>,
}

/// Lays events out. Runs and chores shorter than `shortest` are counted and not drawn, unless something went wrong with them:
/// a failure is never too short to be seen.
#[must_use]
pub fn arrange(events: Events, shortest: Nanos) -> Timeline {
    let Events { mut runs, mut commands, mut chores, watched } = events;
    for run in &mut runs {
        run.end = run.end.max(run.start);
    }
    runs.sort_by(|a, b| (a.start, a.end, a.tool, &a.label).cmp(&(b.start, b.end, b.tool, &b.label)));
    commands.sort_by(|a, b| (a.start, a.end, &a.label).cmp(&(b.start, b.end, &b.label)));
    let spans = runs.iter().map(|run| (run.start, run.end));
    let spans = spans.chain(commands.iter().map(|command| (command.start, command.end)));
    let axis = Axis::of(spans.chain(chores.iter().map(|chore| (chore.start, chore.end))).collect());
    for run in &mut runs {
        (run.start, run.end) = (axis.place(run.start), axis.place(run.end));
    }
    for chore in &mut chores {
        (chore.start, chore.end) = (axis.place(chore.start), axis.place(chore.end));
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
        running,
        rss,
        tools,
        not_drawn: not_drawn(small.iter().map(|run| run.end.since(run.start)), shortest),
        chores: lay_out(chores, shortest),
        measured: measured::curves(&watched, |at| axis.place(at)),
        breaks: axis.breaks,
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

/// Real time from `from` to `to` stands on the axis from `at` on.
#[derive(Debug)]
struct Piece {
    from: Nanos,
    to: Nanos,
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
            match axis.pieces.last_mut() {
                Some(piece) if idle <= long => piece.to = to,
                _ => axis.pieces.push(Piece { from, to, at: axis.length }),
            }
            axis.length += to.since(from);
            last_end = Some(to);
        }
        axis
    }

    /// What is in idle time that was cut out stands where the cut begins.
    pub(in crate::analyze) fn place(&self, real: Nanos) -> Nanos {
        let after = self.pieces.partition_point(|piece| piece.from <= real);
        let piece = after.checked_sub(1).and_then(|index| self.pieces.get(index));
        piece.map_or(Nanos::ZERO, |piece| piece.at + real.min(piece.to).since(piece.from))
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

/// Go commands in rows: those that overlap have rows of their own.
pub(in crate::analyze) fn command_spans(commands: Vec<Command>, axis: &Axis) -> Vec<CommandSpan> {
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

/// Chores, at places of the axis, in lanes of their own.
fn lay_out(mut chores: Vec<ChoreRun>, shortest: Nanos) -> Chores {
    chores.sort_by(|a, b| {
        (a.start, a.end, a.chore, &a.label, &a.details).cmp(&(b.start, b.end, b.chore, &b.label, &b.details))
    });
    let mut totals: BTreeMap<Chore, ChoreTotal> = BTreeMap::new();
    for ChoreRun { chore, start, end, .. } in &chores {
        let total = totals.entry(*chore).or_insert(ChoreTotal { chore: *chore, count: 0, time: Nanos::ZERO });
        total.count += 1;
        total.time += end.since(*start);
    }
    let (drawn, small): (Vec<ChoreRun>, Vec<ChoreRun>) =
        chores.into_iter().partition(|chore| chore.end.since(chore.start) >= shortest);
    let mut lanes = Lanes::default();
    let bar = |ChoreRun { start, end, chore, label, details }| ChoreBar {
        lane: lanes.take(start, end),
        start,
        end,
        chore,
        label,
        details,
    };
    Chores {
        bars: drawn.into_iter().map(bar).collect(),
        lanes: lanes.ends.len(),
        totals: totals.into_values().collect(),
        not_drawn: not_drawn(small.iter().map(|chore| chore.end.since(chore.start)), shortest),
    }
}

fn not_drawn(small: impl ExactSizeIterator<Item = Nanos>, shorter_than: Nanos) -> NotDrawn {
    NotDrawn { runs: u64::try_from(small.len()).unwrap_or(u64::MAX), time: small.sum(), shorter_than }
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
    use super::{Chore, ChoreRun, Command, Events, Nanos, Outcome, Run, Step, Timeline, Watched, arrange};
    use crate::analyze::timeline::peak;
    use crate::tool_kind::ToolKind;
    use crate::units::Bytes;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// `a 0-30 rss=5` is a run of package a from 0 ms to 30 ms; `$ go build 0-40` a command; `!` marks a failure.
    #[track_caller]
    fn check(picture: &str, expected: &Expect) {
        let (runs, commands) = read(picture);
        expected.assert_eq(&print(&arranged(runs, commands, Nanos::from_millis(2))));
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
            arranged(runs, commands, Nanos::ZERO).breaks.len()
        };
        assert_eq!((breaks(1_100), breaks(1_101)), (0, 1));
    }

    #[test]
    fn commands_that_overlap_have_rows_of_their_own() {
        let (runs, commands) = read("$ outer 0-100\n$ inner 20-40\n$ later 100-110");
        let timeline = arranged(runs, commands, Nanos::ZERO);
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
        assert_eq!(arranged(Vec::new(), Vec::new(), Nanos::ZERO), Timeline::default());
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
            let timeline = arranged(runs, Vec::new(), Nanos::ZERO);
            prop_assert_eq!(timeline.tool_time(), Nanos(time));
            prop_assert_eq!(area(&timeline.running), time);
            prop_assert_eq!(area(&timeline.rss), weighted);
        }

        #[test]
        fn there_are_as_many_lanes_as_tools_at_once_and_bars_of_a_lane_never_overlap(runs in any_runs()) {
            let runs: Vec<Run> = runs.into_iter().filter(|run| run.start < run.end).collect();
            let timeline = arranged(runs, Vec::new(), Nanos::ZERO);
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
            let timeline = arranged(runs.clone(), Vec::new(), Nanos::ZERO);
            let origin = runs.first().map_or(0, |run| run.start.0);
            for (run, bar) in runs.iter().zip(&timeline.bars) {
                prop_assert_eq!(run.end.0 - run.start.0, bar.end.0 - bar.start.0);
                prop_assert_eq!(timeline.elapsed(bar.start), Nanos(run.start.0 - origin));
            }
        }

        #[test]
        fn neither_the_order_of_the_runs_nor_the_origin_of_the_clock_matters(runs in any_runs(), shift in 0_u64..1_000_000) {
            let expected = arranged(runs.clone(), Vec::new(), Nanos(100));
            let mut shifted = runs;
            shifted.reverse();
            for run in &mut shifted {
                run.start += Nanos(shift);
                run.end += Nanos(shift);
            }
            prop_assert_eq!(arranged(shifted, Vec::new(), Nanos(100)), expected);
        }
    }

    fn chore(label: &str, start: u64, end: u64) -> ChoreRun {
        let (start, end) = (Nanos::from_millis(start), Nanos::from_millis(end));
        ChoreRun { start, end, chore: Chore::Test, label: label.to_owned(), details: Vec::new() }
    }

    #[test]
    fn what_go_did_itself_has_lanes_and_sums_of_its_own() {
        let (runs, _) = read("a 0-30\nb 10-30");
        let chores = vec![chore("t", 20, 40), chore("u", 30, 50), chore("v", 40, 60), chore("w", 60, 61)];
        let tools_alone = arranged(runs.clone(), Vec::new(), Nanos::ZERO);
        let timeline = arrange(Events { runs, chores, ..Events::default() }, Nanos::from_millis(2));
        let bars: Vec<_> = timeline.chores.bars.iter().map(|bar| (bar.lane, bar.label.as_str())).collect();
        assert_eq!(bars, [(0, "t"), (1, "u"), (0, "v")]);
        assert_eq!((timeline.chores.lanes, timeline.chores.not_drawn.runs), (2, 1));
        assert_eq!((timeline.chores.totals[0].count, timeline.chores.totals[0].time), (4, Nanos::from_millis(61)));
        assert_eq!((&timeline.bars, &timeline.running), (&tools_alone.bars, &tools_alone.running), "the tools stay");
        assert_eq!(timeline.length, Nanos::from_millis(61), "a test is nothing idle");
    }

    #[test]
    fn what_was_seen_in_idle_time_goes_with_it() {
        let (runs, _) = read("a 0-80\nb 5080-5160");
        let look = |start: u64, end: u64| Watched {
            start: Nanos::from_millis(start),
            end: Nanos::from_millis(end),
            rss: Bytes(start),
            busy: None,
        };
        let watched = vec![look(0, 60), look(60, 2_000), look(2_000, 4_000), look(4_000, 5_100), look(5_100, 5_120)];
        let timeline = arrange(Events { runs, watched, ..Events::default() }, Nanos::ZERO);
        let curve = timeline.measured.rss.iter().map(|it| (it.start.0 / 1_000_000, it.end.0 / 1_000_000, it.value));
        assert_eq!(curve.collect::<Vec<_>>(), [(0, 60, 0), (60, 80, 60), (80, 102, 4_000), (102, 122, 5_100)]);
    }

    fn arranged(runs: Vec<Run>, commands: Vec<Command>, shortest: Nanos) -> Timeline {
        arrange(Events { runs, commands, ..Events::default() }, shortest)
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
