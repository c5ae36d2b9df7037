//! What a trace tells of what things cost that an environment does to a build.
//!
//! Knows figures of other analyses, each of which some check of the environment can point at; does not know the environment.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::costs::duplicates::{Reason, duplicates};
use super::costs::imports::Imports;
use super::course::{self, course};
use super::fold::{FrameKind, kind_of};
use super::history::keys::Keys;
use super::history::splits::{self, Consequence, Course};
use super::job::{self, forensics};
use super::tally::Tally;
use crate::build::{Build, Catalog, Purpose};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// CPU time of all tools.
    pub cpu: Nanos,
    /// Packages of the standard library that were compiled.
    pub std: Spent,
    /// Packages that were compiled with the same cache key as before.
    pub lost: Spent,
    /// Settings that gave packages and programs keys of their own, the dearest first.
    pub splits: Vec<Consequence>,
    /// Packages that came from the build cache, as far as that is known.
    pub cached: u64,
    /// Waiting for module servers; none where that was not recorded.
    pub waited: Option<Nanos>,
    /// Runs of C compilers.
    pub c: Spent,
    /// Compiles by the import path of the package.
    pub compiles: BTreeMap<String, Spent>,
    /// How many tools could run at a time.
    pub workers: Option<u64>,
    /// The peaks of resident memory of all tools of all packages, the largest first.
    pub peaks: Vec<Bytes>,
}

/// So many of something, and the CPU time that they took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// How many.
    pub count: u64,
    /// CPU time.
    pub cpu: Nanos,
}

impl Spent {
    fn add(&mut self, count: u64, cpu: Nanos) {
        self.count += count;
        self.cpu += cpu;
    }
}

/// Gathers it. Some traces are too large for a build to be kept of them, but the keys of each are known.
#[must_use]
pub fn evidence(build: &Build, tally: &Tally, keys: Keys) -> Evidence {
    let mut evidence = sums(&build.catalog, tally);
    evidence.splits = splits::in_order(keys).causes;
    evidence.splits.retain(|split| split.course != Course::Edited);
    evidence.splits.sort_by_key(|split| Reverse(split.cpu));
    let imports = Imports::of(build, None);
    for (reason, cost) in duplicates(build, &imports, 0).reasons {
        if reason == Reason::SameKey {
            evidence.lost.add(cost.packages, cost.cpu);
        }
    }
    if let Some(course) = course(build, &imports, None, &course::Config::default()) {
        evidence.cached = course.caches.iter().map(|cache| cache.packages).sum();
        evidence.workers = Some(course.account.workers);
    }
    evidence
}

/// What the sums tell.
fn sums(catalog: &Catalog, tally: &Tally) -> Evidence {
    let jobs = job::jobs(catalog, tally);
    let waited = jobs.iter().map(|job| job.waits.proxy + job.waits.checksums).sum();
    let mut evidence = Evidence {
        waited: (!jobs.is_empty()).then_some(waited),
        peaks: forensics::peaks(tally),
        ..Evidence::default()
    };
    for (cell, sum) in tally.cells(None).filter(|(cell, _)| cell.purpose == Purpose::Work) {
        let cpu = sum.cpu();
        if cell.inside.is_none() {
            evidence.cpu += cpu;
        }
        let kind = catalog.tools.get(cell.tool).kind;
        if kind == ToolKind::CCompiler {
            evidence.c.add(sum.runs, cpu);
        }
        let package = cell.package.map(|package| catalog.packages.get(package));
        let module = package.and_then(|package| package.module).map(|module| catalog.modules.get(module));
        if let Some(package) = package.filter(|_| kind == ToolKind::Compile) {
            evidence.compiles.entry(package.path.clone()).or_default().add(sum.runs, cpu);
        }
        if kind == ToolKind::Compile && kind_of(module) == FrameKind::Std {
            evidence.std.add(sum.runs, cpu);
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tally::Commands;
    use crate::build::picture;

    fn of_picture(drawn: &str) -> Evidence {
        let build = picture::build(drawn);
        let (_, tally) = Tally::of_picture(drawn, Commands::Merged);
        let mut keys = Keys::default();
        keys.add(&build);
        evidence(&build, &tally, keys)
    }

    #[test]
    fn the_standard_library_and_the_peaks_are_told() {
        let told = of_picture(
            "
            compile std:fmt 0-20 cpu=30 rss=90
            compile std:os 0-10 cpu=10 rss=70
            compile m:a 20-30 cpu=5 rss=200",
        );
        assert_eq!(told.std, Spent { count: 2, cpu: Nanos::from_millis(40) });
        assert_eq!(told.cpu, Nanos::from_millis(45));
        assert_eq!(told.compiles.get("os"), Some(&Spent { count: 1, cpu: Nanos::from_millis(10) }));
        assert_eq!(told.peaks.first(), Some(&Bytes::from_mib(200)));
        assert_eq!((told.lost, told.splits.len(), told.waited), (Spent::default(), 0, None));
    }
}
