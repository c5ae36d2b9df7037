//! What changed between two builds, each recorded once or several times.
//!
//! Knows runs, and puts the answers about them side by side; does not know how a trace is read or a verdict found. Figures are
//! shown as they were measured, the middle one of the runs; whether one changed is decided on what is left once the speed of
//! the machine is taken from it.

pub mod limit;
pub mod machine;
pub mod noise;
pub mod number;
pub mod packages;
pub mod run;

use std::collections::{BTreeMap, BTreeSet};

use crate::units::{Bytes, Change, Nanos};
use machine::Machine;
use noise::median;
use number::{Figure, Number, number};
use packages::{Row, packages};
use run::{Link, PathStep, Run, Setting, Unrest, Work};

/// The answer.
#[derive(Debug)]
pub struct Diff {
    /// The old runs.
    pub old: About,
    /// The new ones.
    pub new: About,
    /// What was not the same, so that figures mean something else, in words: of what, before, now.
    pub unlike: Vec<Unlike>,
    /// What the machine did; none where too few packages did the same work on both sides.
    pub machine: Option<Speed>,
    /// The figures of everything.
    pub numbers: Vec<Number>,
    /// The packages, those first that changed most.
    pub packages: Vec<Row>,
    /// The tools, the one first that changed most.
    pub tools: Vec<(String, Pair<Work>)>,
    /// What tools spent their wall time on, by tool and stage.
    pub stages: Vec<((String, String), Pair<Nanos>)>,
    /// The critical path.
    pub path: PathChange,
    /// What was linked.
    pub links: Vec<(String, Pair<Link>)>,
}

/// What is told of a side.
#[derive(Debug)]
pub struct About {
    /// The traces.
    pub names: Vec<String>,
    /// The go commands of the first one that ran tools.
    pub lines: Vec<String>,
    /// How restless the machine was, the middle of the runs: waits for a processor, per second of CPU time.
    pub switches: u64,
    /// The largest share of the time in which some task of the machine waited for a processor.
    pub stalled: Option<crate::units::Percent>,
}

/// Something that was not the same.
#[derive(Debug, PartialEq, Eq)]
pub struct Unlike {
    /// What.
    pub what: &'static str,
    /// Before.
    pub old: String,
    /// Now.
    pub new: String,
}

/// How much longer the same work took in the new runs, and what tells it.
#[derive(Debug, PartialEq, Eq)]
pub struct Speed {
    /// How much longer.
    pub change: Change,
    /// How many packages did the same work.
    pub packages: usize,
    /// Their CPU time.
    pub cpu: Nanos,
    /// How far the CPU time of everything differs from run to run by itself.
    pub spread: Change,
}

/// The same of both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pair<T> {
    /// Before.
    pub old: T,
    /// Now.
    pub new: T,
}

/// The critical paths of the middle runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PathChange {
    /// Steps that are on it now and were not, in order.
    pub came: Vec<PathStep>,
    /// Steps that were on it and are not, in order.
    pub left: Vec<PathStep>,
    /// How many steps stayed.
    pub stayed: usize,
}

/// Compares them.
#[must_use]
pub fn diff(old: &[Run], new: &[Run]) -> Diff {
    let machine = Machine::of(old, new);
    let known = machine.as_ref();
    Diff {
        old: about(old),
        new: about(new),
        unlike: unlike(old, new),
        machine: machine.as_ref().map(|it| Speed {
            change: it.change(),
            packages: it.packages,
            cpu: it.cpu,
            spread: noise::change(it.spread_of_everything()),
        }),
        numbers: Figure::ALL.iter().map(|figure| number(*figure, old, new, known)).collect(),
        packages: packages(old, new, known),
        tools: tools(old, new),
        stages: stages(old, new),
        path: path(old, new),
        links: links(old, new),
    }
}

impl Diff {
    /// One of the figures.
    #[must_use]
    pub fn number(&self, figure: Figure) -> Option<&Number> {
        self.numbers.iter().find(|number| number.figure == figure)
    }
}

fn about(runs: &[Run]) -> About {
    About {
        names: runs.iter().map(|run| run.name.clone()).collect(),
        lines: runs.first().map(|run| run.setting.lines.clone()).unwrap_or_default(),
        switches: median(runs.iter().map(|run| Unrest::switches_per_second(&run.unrest)).collect()),
        stalled: runs.iter().filter_map(|run| run.unrest.stalled).max(),
    }
}

/// A part of a setting, in words.
type OfSetting = fn(&Setting) -> Vec<String>;

fn unlike(old: &[Run], new: &[Run]) -> Vec<Unlike> {
    let sets: [(&'static str, OfSetting); 6] = [
        ("Go", |it| it.go.iter().cloned().collect()),
        ("target", |it| it.targets.iter().cloned().collect()),
        ("processors", |it| it.cpus.iter().map(u64::to_string).collect()),
        ("ways to compile", |it| it.ways.iter().map(|way| (*way).to_owned()).collect()),
        ("go commands", |it| it.lines.clone()),
        ("tools that did not end well", |it| vec![it.failures.to_string()]),
    ];
    let words = |runs: &[Run], of: OfSetting| {
        let all: BTreeSet<String> = runs.iter().map(|run| of(&run.setting).join(", ")).collect();
        let all: Vec<String> =
            all.into_iter().map(|it| if it.is_empty() { String::from("none") } else { it }).collect();
        all.join("; ")
    };
    let pairs = sets.into_iter().map(|(what, of)| Unlike { what, old: words(old, of), new: words(new, of) });
    // What differs within a side is as bad.
    pairs.filter(|it| it.old != it.new || it.old.contains("; ")).collect()
}

fn tools(old: &[Run], new: &[Run]) -> Vec<(String, Pair<Work>)> {
    let names: BTreeSet<&String> = old.iter().chain(new).flat_map(|run| run.tools.keys()).collect();
    let middle = |runs: &[Run], name: &String| {
        Work::middle(runs.iter().map(|run| run.tools.get(name).copied().unwrap_or_default()))
    };
    let mut rows: Vec<(String, Pair<Work>)> =
        names.into_iter().map(|name| (name.clone(), Pair { old: middle(old, name), new: middle(new, name) })).collect();
    rows.sort_by_key(|(_, it)| std::cmp::Reverse(it.old.cpu.0.abs_diff(it.new.cpu.0)));
    rows
}

fn stages(old: &[Run], new: &[Run]) -> Vec<((String, String), Pair<Nanos>)> {
    let names: BTreeSet<&(String, String)> = old.iter().chain(new).flat_map(|run| run.stages.keys()).collect();
    let middle = |runs: &[Run], name: &(String, String)| {
        Nanos(median(runs.iter().map(|run| run.stages.get(name).map_or(0, |wall| wall.0)).collect()))
    };
    let mut rows: Vec<_> =
        names.into_iter().map(|name| (name.clone(), Pair { old: middle(old, name), new: middle(new, name) })).collect();
    rows.sort_by_key(|(_, it)| std::cmp::Reverse(it.old.0.abs_diff(it.new.0)));
    rows
}

fn path(old: &[Run], new: &[Run]) -> PathChange {
    let (old, new) = (middle_path(old), middle_path(new));
    let is_on =
        |path: &[PathStep], step: &PathStep| path.iter().any(|it| (it.tool, &it.package) == (step.tool, &step.package));
    let without = |path: &[PathStep], other: &[PathStep]| {
        path.iter().filter(|step| !is_on(other, step)).cloned().collect::<Vec<PathStep>>()
    };
    let came = without(&new, &old);
    PathChange { stayed: new.len() - came.len(), left: without(&old, &new), came }
}

/// That of the run whose path has the middle length.
fn middle_path(runs: &[Run]) -> Vec<PathStep> {
    let middle = median(runs.iter().map(|run| run.totals.critical.0).collect());
    runs.iter().find(|run| run.totals.critical.0 == middle).map(|run| run.path.clone()).unwrap_or_default()
}

fn links(old: &[Run], new: &[Run]) -> Vec<(String, Pair<Link>)> {
    let of = |runs: &[Run]| {
        let mut links: BTreeMap<String, Vec<Link>> = BTreeMap::new();
        for (name, link) in runs.iter().flat_map(|run| &run.links) {
            links.entry(name.clone()).or_default().push(*link);
        }
        links.into_iter().map(|(name, links)| (name, middle_link(&links))).collect::<BTreeMap<String, Link>>()
    };
    let (old, new) = (of(old), of(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let one = |side: &BTreeMap<String, Link>, name: &String| side.get(name).copied().unwrap_or_default();
    names.into_iter().map(|name| (name.clone(), Pair { old: one(&old, name), new: one(&new, name) })).collect()
}

fn middle_link(links: &[Link]) -> Link {
    let of = |figure: fn(&Link) -> u64| median(links.iter().map(figure).collect());
    let work = Work::middle(links.iter().map(|link| link.work));
    Link { work, output: Bytes(of(|link| link.output.0)), packages: of(|link| link.packages) }
}

#[cfg(test)]
mod tests {
    use super::limit::{Limit, State, judge};
    use super::number::{Doubt, Verdict};
    use super::packages::Fate;
    use super::*;
    use crate::analyze::tally::{Commands, Tally};
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn run(drawn: &str) -> Run {
        let (_, tally) = Tally::of_picture(drawn, Commands::Merged);
        run::run("a trace", &picture::build(drawn), &tally, None)
    }

    /// A build of a dozen packages of others, which take so many percent of what they are drawn with, and of one's own.
    fn build(speed: u64, own: &str) -> Run {
        let others = (0..12).map(|at| {
            let cpu = (10 + at * 3 % 7) * speed;
            format!("compile std:p{at} {}-{} cpu={cpu} rss=50 id=k{at} dir=b{}\n", at * 2000, at * 2000 + cpu, at + 10)
        });
        run(&format!("$ go build\nprobe compile 0-1\n{}{own}", others.collect::<String>()))
    }

    fn own(cpu: u64, key: &str) -> String {
        format!("compile m:shop 30000-{} cpu={cpu} rss=80 id={key} dir=b001", 30000 + cpu)
    }

    fn verdict(diff: &Diff, figure: Figure) -> Verdict {
        diff.number(figure).expect("a figure").verdict
    }

    fn package<'a>(diff: &'a Diff, name: &str) -> &'a Row {
        diff.packages.iter().find(|row| row.name == name).expect("a package")
    }

    fn states(limits: &[&str], diff: &Diff) -> Vec<State> {
        let limits: Vec<Limit> = limits.iter().map(|text| Limit::parse(text).expect("a limit")).collect();
        judge(&limits, diff).into_iter().map(|ruling| ruling.state).collect()
    }

    /// What all packages have in common is the machine's, and no limit is about that.
    #[test]
    fn a_slower_machine_is_no_slower_build() {
        let diff = diff(&[build(100, &own(3000, "a"))], &[build(130, &own(3900, "a"))]);
        assert_eq!(diff.machine.as_ref().expect("witnesses").change.to_string(), "+30.0 %");
        assert_eq!(verdict(&diff, Figure::Cpu), Verdict::WithinNoise);
        assert_eq!(diff.number(Figure::Cpu).and_then(|cpu| cpu.measured).expect("a change").to_string(), "+30.0 %");
        assert_eq!(states(&["cpu>5%", "package:cpu>5%"], &diff), [State::Holds, State::Holds]);
    }

    #[test]
    fn a_package_that_takes_twice_as_long_is_found_on_a_slower_machine() {
        let diff = diff(&[build(100, &own(3000, "a"))], &[build(110, &own(6600, "b"))]);
        let row = package(&diff, "shop");
        assert_eq!((row.fate, row.verdict), (Fate::Changed, Verdict::Changed));
        assert_eq!(row.interval.expect("an interval").change.to_string(), "+100.0 %");
        assert_eq!(states(&["cpu>5%", "package:cpu>20%"], &diff), [State::Exceeded, State::Exceeded]);
    }

    /// … but for a limit it is nobody's fault: the inputs were the same.
    #[test]
    fn a_package_that_did_the_same_work_is_held_to_no_limit() {
        let diff = diff(&[build(100, &own(3000, "a"))], &[build(100, &own(6600, "a"))]);
        assert_eq!((package(&diff, "shop").fate, package(&diff, "shop").verdict), (Fate::SameWork, Verdict::Changed));
        assert_eq!(states(&["package:cpu>20%"], &diff), [State::Holds]);
        assert_eq!(states(&["cpu>5%"], &diff), [State::MayBe], "of the whole, one run and one package are no evidence");
    }

    #[test]
    fn wall_time_of_one_run_each_is_no_evidence() {
        let slow = build(100, &own(30_000, "b"));
        let diff = diff(&[build(100, &own(3000, "a"))], &[slow]);
        assert_eq!(verdict(&diff, Figure::Wall), Verdict::CannotTell(Doubt::OneRunEach));
        assert_eq!(states(&["wall>10%", "wall>1s"], &diff), [State::OneNoisyNumber, State::OneNoisyNumber]);
    }

    #[test]
    fn without_packages_in_common_one_run_each_tells_nothing_of_times() {
        let diff = diff(&[run("compile a 0-900 cpu=900 id=x")], &[run("compile a 0-1900 cpu=1900 id=y")]);
        assert_eq!(diff.machine, None);
        assert_eq!(verdict(&diff, Figure::Cpu), Verdict::CannotTell(Doubt::NothingInCommon));
        assert_eq!(states(&["cpu>5%", "package:cpu>5%"], &diff), [State::OneNoisyNumber, State::OneNoisyNumber]);
    }

    #[test]
    fn several_runs_speak_for_themselves() {
        let side = |cpu: u64, key: &str| {
            (0..6).map(|at| run(&format!("compile a 0-{cpu} cpu={} id={key}", cpu + at * 3))).collect::<Vec<Run>>()
        };
        let slower = diff(&side(900, "x"), &side(1000, "y"));
        assert_eq!(verdict(&slower, Figure::Cpu), Verdict::Changed);
        assert_eq!(
            states(&["cpu>5%", "wall>5%", "cpu>20%", "cpu>10.5%"], &slower)[..3],
            [State::Exceeded, State::Exceeded, State::Holds]
        );
        assert_eq!(states(&["cpu>10.5%"], &slower), [State::MayBe], "the best guess is beyond it, the low end is not");
    }

    #[test]
    fn what_is_counted_is_exact() {
        let before = build(100, &own(3000, "a"));
        let after =
            build(100, "compile m:shop 30000-30300 cpu=300 id=a dir=b001\ncompile m:more 30300-30301 cpu=1 id=c");
        let diff = diff(&[before], &[after]);
        assert_eq!(verdict(&diff, Figure::Built), Verdict::Changed);
        let limits = ["built>+0", "built>+1", "built>13", "built>14", "actions>5%"];
        let expected = [State::Exceeded, State::Holds, State::Exceeded, State::Holds, State::Exceeded];
        assert_eq!(states(&limits, &diff), expected);
        assert_eq!(package(&diff, "more").fate, Fate::Added);
    }

    #[test]
    fn a_package_is_built_again_gone_or_in_the_cache() {
        let before = run("compile m:a 0-1 id=a cached=fmt\ncompile m:b 1-2 id=b\ncompile m:c 2-3 id=c");
        let after = run("compile m:a 0-1 id=a2 cached=b\ncompile std:fmt 1-2 id=f\ncompile m:d 2-3 id=d");
        let diff = diff(&[before], &[after]);
        let fate = |name| package(&diff, name).fate;
        let fates = ["a", "b", "c", "d", "fmt"].map(fate);
        assert_eq!(fates, [Fate::Changed, Fate::CachedNow, Fate::Gone, Fate::Added, Fate::BuiltNow]);
    }

    #[test]
    fn the_path_tells_who_came_and_who_left() {
        let before = run(
            "compile a 0-10 dir=b002\ncompile b 10-30 dir=b003 needs=b002\nlink b 30-35 dir=b003 needs=b003 out=900",
        );
        let after = run(
            "compile a 0-10 dir=b002\ncompile c 10-60 dir=b004 needs=b002\ncompile b 60-61 dir=b003 needs=b004\nlink b 61-66 dir=b003 needs=b003 out=950",
        );
        let diff = diff(&[before], &[after]);
        assert_eq!(diff.path.came.iter().map(|step| step.package.as_str()).collect::<Vec<_>>(), ["c"]);
        assert_eq!((diff.path.left.len(), diff.path.stayed), (0, 3));
        let (name, link) = &diff.links[0];
        assert_eq!((name.as_str(), link.old.output, link.new.output), ("b", Bytes(900), Bytes(950)));
        assert_eq!(verdict(&diff, Figure::Linked), Verdict::Changed);
    }

    #[test]
    fn what_makes_two_builds_unlike_is_said() {
        let before = run("$ go build\nprobe compile 0-1\ncompile a 1-2 args=-race");
        let after = run("$ GOOS=js go build -x\nprobe compile 0-1\ncompile a 1-2 !1");
        let found: Vec<String> =
            diff(&[before], &[after]).unlike.iter().map(|it| format!("{}: {} / {}", it.what, it.old, it.new)).collect();
        let expected = [
            "target: linux/amd64 / js/amd64",
            "ways to compile: race / none",
            "go commands: go build / go build -x",
            "tools that did not end well: 0 / 1",
        ];
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check_refused(limit: &str, expected: &Expect) {
        expected.assert_eq(&Limit::parse(limit).expect_err("it is wrong"));
    }

    #[test]
    fn a_limit_that_means_nothing_is_refused_with_what_would() {
        check_refused(
            "cpu",
            &expect!["it is a figure, > and what it may be at most, such as cpu>5%, rss>500MB or package:cpu>20%"],
        );
        check_refused(
            "time>5%",
            &expect![
                "there is no figure time: there are cpu, wall, critical, rss, peak, linked, built, cached, actions, and package:cpu, package:rss, package:archive"
            ],
        );
        check_refused(
            "package:wall>5%",
            &expect!["there is no figure package:wall: package: goes with cpu, rss or archive"],
        );
        check_refused("cpu>five%", &expect!["five is no number of percent, such as 5 or 2.5"]);
        check_refused("cpu>500MB", &expect!["500MB is no time: cpu takes 5%, 90s or +1.5s (ms, s, min, h)"]);
        check_refused(
            "rss>5s",
            &expect!["5s is no size: rss takes 5%, 500MB or +20MB (kB, MB, GB, in powers of 1024)"],
        );
        check_refused("built>1.5", &expect!["1.5 is no number: built takes 5%, 200 or +3"]);
        for fine in ["cpu > 5 %", "cpu>+5%", "cpu>250%", "wall>90s", "rss>+20MiB", "package:archive>1MB", "built>+0"] {
            assert!(Limit::parse(fine).is_ok(), "{fine}");
        }
    }

    proptest! {
        #[test]
        fn nothing_changed_against_itself(runs in picture::any()) {
            let same = run(&picture::draw(&runs, 0));
            let diff = diff(std::slice::from_ref(&same), std::slice::from_ref(&same));
            prop_assert!(diff.numbers.iter().all(|number| number.verdict == Verdict::Same));
            prop_assert!(diff.packages.iter().all(|row| row.cpu_more() == 0 && row.fate <= Fate::SameWork));
            prop_assert!(diff.path.came.is_empty() && diff.path.left.is_empty() && diff.unlike.is_empty());
            let limits = ["cpu>0%", "wall>0%", "rss>0%", "built>0%", "package:cpu>0%"];
            prop_assert!(states(&limits, &diff).iter().all(|state| *state == State::Holds));
        }

        #[test]
        fn the_other_way_round_everything_is_the_other_way_round(old in picture::any(), new in picture::any()) {
            let (old, new) = (run(&picture::draw(&old, 0)), run(&picture::draw(&new, 0)));
            let there = diff(std::slice::from_ref(&old), std::slice::from_ref(&new));
            let back = diff(std::slice::from_ref(&new), std::slice::from_ref(&old));
            let more = |diff: &Diff| diff.packages.iter().map(|row| (row.name.clone(), row.cpu_more())).collect::<BTreeMap<_, _>>();
            let negated: BTreeMap<_, _> = more(&back).into_iter().map(|(name, more)| (name, -more)).collect();
            prop_assert_eq!(more(&there), negated);
            prop_assert_eq!(&there.path.came, &back.path.left);
            for (one, other) in there.numbers.iter().zip(&back.numbers) {
                prop_assert_eq!((one.old, one.new, one.verdict), (other.new, other.old, other.verdict));
            }
        }

        #[test]
        fn packages_add_up_to_the_whole(old in picture::any(), new in picture::any()) {
            let (old, new) = (run(&picture::draw(&old, 0)), run(&picture::draw(&new, 0)));
            let whole = i128::from(new.totals.cpu.0) - i128::from(old.totals.cpu.0);
            let diff = diff(&[old], &[new]);
            prop_assert_eq!(diff.packages.iter().map(Row::cpu_more).sum::<i128>(), whole);
        }
    }
}
