//! Which sources are huge, which are slow to compile for their size, and what cgo costs.
//!
//! Knows compiles with the size of their sources, and CPU time, which other work on the machine makes longer far less than
//! wall time. What is slow is measured by the build's own median, among compiles that are large enough to say something. Does
//! not know which of the sources it is: a compile is told as one. Of cgo it knows the C compilers only where the job was
//! recorded by `gotrace record`; else they are not seen, but for those that run inside of cgo.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::build::{Action, Build, CommandId, Figures, PackageId, Purpose};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos, Percent};

use super::cost::Cost;
use crate::analyze::fold::{FrameKind, kind_of};

/// How much of it to tell.
#[derive(Debug)]
pub struct Config {
    /// Rows of each table.
    pub rows: usize,
    /// Only this command.
    pub command: Option<CommandId>,
    /// Smaller compiles have no rate: what every compile takes would be most of it.
    pub least_bytes: Bytes,
    /// Nor have shorter ones.
    pub least_cpu: Nanos,
    /// From how much of the median on a rate is slow.
    pub slow: Percent,
}

impl Config {
    /// The floors that stood the test of real builds: below, rates are noise.
    #[must_use]
    pub const fn with_rows(rows: usize) -> Self {
        Self {
            rows,
            command: None,
            least_bytes: Bytes(16 << 10),
            least_cpu: Nanos::from_millis(50),
            slow: Percent::from_thousandths(300_000),
        }
    }
}

/// The answer.
#[derive(Debug, Default)]
pub struct Sources {
    /// The packages with the most bytes of sources.
    pub largest: Vec<Source>,
    /// The packages that take far longer than their size says, the slowest first.
    pub slow: Vec<Source>,
    /// How many more are slow.
    pub more_slow: usize,
    /// CPU time for a KiB of source, the median of the compiles that are large enough.
    pub median_per_kib: Option<Nanos>,
    /// CPU time for a thousand lines, the same.
    pub median_per_kiloline: Option<Nanos>,
    /// How many compiles are large enough.
    pub measured: usize,
    /// Not seen: how many compiles told no size of their sources.
    pub without_size: usize,
    /// All compiles.
    pub total: Source,
    /// What cgo costs.
    pub cgo: Cgo,
}

/// The sources of a package; where it was compiled several times, of the compile that took most CPU time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The package.
    pub package: String,
    /// Whose it is.
    pub kind: Option<FrameKind>,
    /// How many files.
    pub files: u64,
    /// Their size.
    pub bytes: Bytes,
    /// How many lines of Go; 0 where the compiler did not tell.
    pub lines: u64,
    /// How many functions; 0 where the compiler did not tell.
    pub funcs: u64,
    /// CPU time of the compile.
    pub cpu: Nanos,
    /// Its wall time.
    pub wall: Nanos,
    /// The size of the archive.
    pub output: Bytes,
    /// Its CPU time for a KiB, where the median is 100 %; none where it is too small to say.
    pub rate: Option<Percent>,
}

impl Source {
    /// CPU time for a KiB of source.
    #[must_use]
    pub const fn per_kib(&self) -> Option<Nanos> {
        per(self.cpu, self.bytes.0, 1024)
    }

    /// CPU time for a thousand lines.
    #[must_use]
    pub const fn per_kiloline(&self) -> Option<Nanos> {
        per(self.cpu, self.lines, 1000)
    }
}

/// Time for so many units; whole units would be too coarse.
#[expect(clippy::cast_possible_truncation, reason = "it is cut off where it would be")]
const fn per(time: Nanos, count: u64, units: u64) -> Option<Nanos> {
    if count == 0 {
        return None;
    }
    let rate = time.0 as u128 * units as u128 / count as u128;
    Some(Nanos(if rate > u64::MAX as u128 { u64::MAX } else { rate as u64 }))
}

/// The cgo bill.
#[derive(Debug, Default)]
pub struct Cgo {
    /// The packages that use cgo, the dearest first.
    pub packages: Vec<CgoPackage>,
    /// How many more there are.
    pub more: usize,
    /// All of them.
    pub total: CgoPackage,
}

/// What a package that uses cgo cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CgoPackage {
    /// The package.
    pub package: String,
    /// cgo itself, without the C compilers that it asks.
    pub cgo: Cost,
    /// The C compilers, as far as they were recorded.
    pub compilers: Cost,
    /// Go's compiler and assembler.
    pub rest: Cost,
}

impl CgoPackage {
    /// CPU time that there would not be without cgo.
    #[must_use]
    pub fn cpu_of_cgo(&self) -> Nanos {
        self.cgo.cpu + self.compilers.cpu
    }

    fn add(&mut self, other: &Self) {
        self.cgo.add(&other.cgo);
        self.compilers.add(&other.compilers);
        self.rest.add(&other.rest);
    }
}

/// Looks at them.
#[must_use]
pub fn sources(build: &Build, config: &Config) -> Sources {
    let is_wanted = |action: &Action| {
        action.purpose == Purpose::Work && config.command.is_none_or(|command| command == action.command)
    };
    let is_compile = |action: &Action| is_wanted(action) && action.kind == ToolKind::Compile && action.inside.is_none();
    let mut report = Sources { cgo: cgo(build, config.rows, config.command), ..Sources::default() };
    let mut by_package: HashMap<PackageId, Source> = HashMap::new();
    for (index, action) in build.actions.iter().enumerate().filter(|(_, action)| is_compile(action)) {
        let figures = build.figures(index);
        let Some(package) = action.package.filter(|_| figures.source_files > 0) else {
            report.without_size += 1;
            continue;
        };
        let source = source(action, &figures);
        report.total.add(&source);
        let largest = by_package.entry(package).or_default();
        if (source.cpu, source.bytes) >= (largest.cpu, largest.bytes) {
            *largest = source;
        }
    }
    let catalog = &build.catalog;
    let named = |(id, source): (PackageId, Source)| {
        let package = catalog.packages.get(id).name().into_owned();
        Source { package, kind: Some(kind_of(catalog.module_of(id))), ..source }
    };
    let mut all: Vec<Source> = by_package.into_iter().map(named).collect();
    all.sort_by(|left, right| left.package.cmp(&right.package));
    report.measure(&mut all, config);
    all.sort_by_key(|source| Reverse(source.bytes));
    all.truncate(config.rows);
    report.largest = all;
    report
}

fn source(action: &Action, figures: &Figures) -> Source {
    Source {
        files: figures.source_files.into(),
        bytes: figures.source_bytes,
        lines: figures.lines.into(),
        funcs: figures.funcs.into(),
        cpu: action.cpu(),
        wall: action.wall(),
        output: figures.output_bytes,
        ..Source::default()
    }
}

impl Source {
    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.funcs += other.funcs;
        self.cpu += other.cpu;
        self.wall += other.wall;
        self.output += other.output;
    }
}

impl Sources {
    /// Gives rates to those that are large enough, and finds the slow ones.
    fn measure(&mut self, all: &mut [Source], config: &Config) {
        let is_large = |source: &Source| source.bytes >= config.least_bytes && source.cpu >= config.least_cpu;
        let large = || all.iter().filter(|source| is_large(source));
        self.measured = large().count();
        self.median_per_kib = median(large().filter_map(Source::per_kib).collect());
        self.median_per_kiloline = median(large().filter_map(Source::per_kiloline).collect());
        let Some(median) = self.median_per_kib.filter(|median| *median > Nanos::ZERO) else { return };
        for source in all.iter_mut().filter(|source| is_large(source)) {
            source.rate = source.per_kib().map(|rate| rate.percent_of(median));
        }
        let slow = all.iter().filter(|source| source.rate.is_some_and(|rate| rate >= config.slow));
        let mut slow: Vec<Source> = slow.cloned().collect();
        slow.sort_by_key(|source| Reverse(source.rate.map(Percent::thousandths)));
        self.more_slow = slow.len().saturating_sub(config.rows);
        slow.truncate(config.rows);
        self.slow = slow;
    }
}

/// The lower one of two in the middle: a rate that some compile had.
fn median(mut rates: Vec<Nanos>) -> Option<Nanos> {
    rates.sort_unstable();
    rates.get(rates.len().saturating_sub(1) / 2).copied()
}

/// What cgo costs, of one command or of all. It is what ran in the directories where cgo ran. A C compiler inside cgo is in
/// the figures of cgo, and is taken out of them.
#[must_use]
pub fn cgo(build: &Build, rows: usize, command: Option<CommandId>) -> Cgo {
    let is_wanted =
        |action: &Action| action.purpose == Purpose::Work && command.is_none_or(|command| command == action.command);
    let place = |action: &Action| Some((action.command.index(), action.objdir?));
    let mut by_place = HashMap::new();
    let cgo_runs = |action: &&Action| is_wanted(action) && action.kind == ToolKind::Cgo && action.inside.is_none();
    for action in build.actions.iter().filter(cgo_runs) {
        if let (Some(place), Some(package)) = (place(action), action.package) {
            by_place.entry(place).or_insert((package, CgoPackage::default(), Cost::default()));
        }
    }
    for (index, action) in build.actions.iter().enumerate().filter(|(_, action)| is_wanted(action)) {
        let Some((_, package, inside_cgo)) = place(action).and_then(|place| by_place.get_mut(&place)) else { continue };
        let cost = Cost::of_run(action, &build.figures(index));
        let inside = action.inside.map(|tool| build.catalog.tools.get(tool).kind);
        match (action.kind, inside) {
            (ToolKind::Link | ToolKind::Vet, _) | (_, Some(ToolKind::Link)) => {}
            (ToolKind::CCompiler, Some(ToolKind::Cgo)) => inside_cgo.add(&cost),
            (ToolKind::CCompiler, _) => package.compilers.add(&cost),
            (ToolKind::Cgo, _) => package.cgo.add(&cost),
            _ => package.rest.add(&cost),
        }
    }
    let mut by_name: BTreeMap<String, CgoPackage> = BTreeMap::new();
    let mut report = Cgo::default();
    for (id, mut package, inside_cgo) in by_place.into_values() {
        package.cgo.cpu = package.cgo.cpu.since(inside_cgo.cpu);
        package.cgo.wall = package.cgo.wall.since(inside_cgo.wall);
        package.compilers.add(&inside_cgo);
        report.total.add(&package);
        by_name.entry(build.catalog.packages.get(id).name().into_owned()).or_default().add(&package);
    }
    report.packages = by_name.into_iter().map(|(name, package)| CgoPackage { package: name, ..package }).collect();
    report.packages.sort_by_key(|package| Reverse(package.cpu_of_cgo()));
    report.more = report.packages.len().saturating_sub(rows);
    report.packages.truncate(rows);
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn of(drawn: &str, rows: usize) -> Sources {
        let config = Config {
            least_bytes: Bytes(1024),
            least_cpu: Nanos::from_millis(2),
            slow: Percent::from_thousandths(200_000),
            ..Config::with_rows(rows)
        };
        sources(&picture::build(drawn), &config)
    }

    #[track_caller]
    fn check(drawn: &str, rows: usize, expected: &Expect) {
        let report = of(drawn, rows);
        let line = |source: &Source| {
            let rate = source.rate.map(|rate| rate.to_string()).unwrap_or_default();
            let (per_kib, per_line) = (source.per_kib().unwrap_or_default(), source.per_kiloline().unwrap_or_default());
            format!(
                "{} {} in {}: {per_kib} a KiB, {per_line} a kline, {rate}\n",
                source.package, source.bytes, source.cpu
            )
        };
        let lines = |sources: &[Source]| sources.iter().map(line).collect::<String>();
        let mut words = format!(
            "largest:\n{}slow:\n{}and {} more\n",
            lines(&report.largest),
            lines(&report.slow),
            report.more_slow
        );
        words += &format!(
            "median {:?} {:?} of {}, without size {}, all {}\n",
            report.median_per_kib.unwrap_or_default(),
            report.median_per_kiloline.unwrap_or_default(),
            report.measured,
            report.without_size,
            report.total.bytes
        );
        for package in &report.cgo.packages {
            let millis = |cost: &Cost| cost.cpu.0 / 1_000_000;
            words += &format!(
                "{}: cgo {} compilers {} rest {}\n",
                package.package,
                millis(&package.cgo),
                millis(&package.compilers),
                millis(&package.rest)
            );
        }
        words += &format!("and {} more\n", report.cgo.more);
        expected.assert_eq(&words);
    }

    #[test]
    fn what_is_slow_for_its_size_is_told_by_the_median_of_what_is_large_enough() {
        check(
            "compile std:a 0-1 cpu=2 files=1 source=2048 lines=100
             compile b 1-2 cpu=4 files=1 source=4096 lines=100
             compile c 2-3 cpu=9 files=3 source=3072 lines=1000
             compile slow 2-3 cpu=40 files=1 source=1024 lines=50
             compile slow 3-4 cpu=20 files=1 source=1024 lines=50
             compile tiny 2-3 cpu=50 files=1 source=100
             compile short 2-3 cpu=1 files=1 source=1024
             compile unknown 2-3 cpu=1
             asm a 2-3 cpu=1 files=9 source=9999",
            3,
            &expect![[r#"
                largest:
                b 4.00 KiB in 4.00 ms: 1.00 ms a KiB, 40.0 ms a kline, 100.0 %
                c 3.00 KiB in 9.00 ms: 3.00 ms a KiB, 9.00 ms a kline, 300.0 %
                a 2.00 KiB in 2.00 ms: 1.00 ms a KiB, 20.0 ms a kline, 100.0 %
                slow:
                slow 1.00 KiB in 40.0 ms: 40.0 ms a KiB, 800 ms a kline, 4000.0 %
                c 3.00 KiB in 9.00 ms: 3.00 ms a KiB, 9.00 ms a kline, 300.0 %
                and 0 more
                median Nanos(1000000) Nanos(20000000) of 4, without size 1, all 12.1 KiB
                and 0 more
            "#]],
        );
    }

    #[test]
    fn cgo_is_told_without_the_compilers_inside_it() {
        check(
            "cgo std:net 0-9 cpu=30 dir=b002
             gcc net 1-3 cpu=8 dir=b002 inside=cgo
             gcc net 9-11 cpu=16 dir=b002
             compile std:net 12-13 cpu=4 dir=b002
             link net 13-14 cpu=99 dir=b002
             gcc net 13-14 cpu=99 dir=b002 inside=link
             cgo c 0-9 cpu=1 dir=b003
             cgo d 0-9 cpu=0 dir=b005
             compile other 0-9 cpu=99 dir=b004",
            2,
            &expect![[r#"
                largest:
                slow:
                and 0 more
                median Nanos(0) Nanos(0) of 0, without size 2, all 0 B
                net: cgo 22 compilers 24 rest 4
                c: cgo 1 compilers 0 rest 0
                and 1 more
            "#]],
        );
    }

    proptest! {
        #[test]
        fn no_more_is_told_than_there_was(runs in picture::any(), rows in 0_usize..4) {
            let report = of(&picture::draw(&runs, 0), rows);
            prop_assert!(report.largest.len() <= rows && report.slow.len() <= rows && report.cgo.packages.len() <= rows);
            prop_assert!(report.largest.windows(2).all(|pair| pair[0].bytes >= pair[1].bytes));
        }

        /// Twice the CPU time everywhere is a slower machine: the same packages are slow.
        #[test]
        fn a_slower_machine_has_the_same_outliers(sizes in prop::collection::vec((1_u64..50, 3_u64..90), 1..9)) {
            let drawn = |speed: u64| {
                let line = |(at, (size, cpu)): (usize, &(u64, u64))| {
                    format!("compile p{at} {at}-{} cpu={} files=1 source={}\n", at + 1, cpu * speed, size * 1024)
                };
                sizes.iter().enumerate().map(line).collect::<String>()
            };
            let names = |speed| {
                let report = of(&drawn(speed), usize::MAX);
                report.slow.into_iter().map(|source| source.package).collect::<Vec<_>>()
            };
            prop_assert_eq!(names(1), names(2));
        }
    }
}
