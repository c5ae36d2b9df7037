//! What could be changed so that a go command takes less, with the figures that speak for it.
//!
//! Knows rules, each of which asks the replay what its change would gain and says nothing where that is little; does not
//! know what a change costs the people who make it. A rule whose ground is not in the trace does not fire.

use super::account::{Account, Load};
use super::memory::Memory;
use super::path::{CriticalPath, LIMIT, PathStep};
use crate::analyze::costs::cost::Cost;
use crate::analyze::costs::dependencies::{self, Dependency};
use crate::analyze::costs::duplicates;
use crate::analyze::costs::imports::Imports;
use crate::analyze::costs::links::{self, Repeat};
use crate::analyze::costs::sources::{self, CgoPackage};
use crate::analyze::steps::{Step, Steps, Work};
use crate::analyze::whatif::{AsItWas, Change, Fit, Foretold, Question};
use crate::build::{Action, Build, CommandId, Session};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos, Percent};

/// One thing that could be changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    /// What it is about, in one word that does not change.
    pub id: &'static str,
    /// What to do.
    pub what: String,
    /// How much less time the command would take, about.
    pub gain: Option<Nanos>,
    /// What was seen; a sentence each.
    pub evidence: Vec<String>,
    /// What speaks against it, or what the figure leaves out.
    pub caveat: &'static str,
}

/// What the rules look at: a go command, and what was found about it.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The build that it is of.
    pub build: &'a Build,
    /// Which command of it.
    pub command: CommandId,
    /// Who imports whom in it.
    pub imports: &'a Imports,
    /// The same of the command alone.
    pub own_imports: &'a Imports,
    /// Its steps.
    pub steps: &'a Steps,
    /// The same, ready to be asked about.
    pub was: &'a AsItWas<'a>,
    /// How busy its workers were.
    pub account: &'a Account,
    /// What decided.
    pub path: &'a CriticalPath,
    /// Its memory.
    pub memory: &'a Memory,
    /// The memory that it may use, where that is known.
    pub limit: Option<Bytes>,
    /// How much of the compilers' CPU time was collecting garbage, where a profile tells.
    pub collecting: Option<Percent>,
}

/// A gain below this share of the wall time, in percent, is not worth a change.
const LEAST_GAIN: u64 = 3;

/// So many of the dearest modules are looked at.
const MODULES: usize = 12;

/// So many modules to do without are named.
const MOST_IMPORTS: usize = 3;

/// So many packages to split are named.
const MOST_SPLITS: usize = 3;

/// Looks for advice, the largest gain first.
#[must_use]
pub fn advice(of: &Ground) -> Vec<Advice> {
    let single = [
        of.processors(),
        of.memory(),
        of.garbage(),
        of.collected_often(),
        of.standard_library(),
        of.checks(),
        of.links(),
        of.stamps(),
        of.cgo(),
        of.before(),
    ];
    let mut advice: Vec<Advice> = single.into_iter().flatten().collect();
    advice.extend(of.splits());
    advice.extend(of.imports());
    advice.extend(of.duplicates());
    advice.sort_by(|one, other| (other.gain, one.id, &one.what).cmp(&(one.gain, other.id, &other.what)));
    advice
}

impl Ground<'_> {
    fn ask(&self, question: &Question) -> Option<Foretold> {
        self.was.foretell(self.build, question).ok()
    }

    /// What a change gains, where it is worth it.
    fn gain(&self, question: &Question) -> Option<Nanos> {
        let gain = self.was.recorded().since(self.ask(question)?.wall);
        self.is_much(gain).then_some(gain)
    }

    fn gain_of(&self, change: Change) -> Option<Nanos> {
        self.gain(&Question { changes: vec![change], ..Question::default() })
    }

    fn wall(&self) -> Nanos {
        self.account.wall
    }

    fn is_much(&self, part: Nanos) -> bool {
        part.percent_of(self.wall()) >= Percent::of(LEAST_GAIN, 100)
    }

    fn share(&self, part: Nanos) -> Percent {
        part.percent_of(self.wall())
    }

    fn time_of(&self, wanted: impl Fn(&Step) -> bool) -> Nanos {
        self.steps.steps.iter().filter(|step| wanted(step)).map(|step| step.busy).sum()
    }

    fn processors(&self) -> Option<Advice> {
        let cpus = self.steps.cpus?.saturating_mul(2);
        let saturated = self.account.shares.iter().find(|(load, _)| *load == Load::Saturated)?.1;
        if self.share(saturated) < Percent::of(1, 5) {
            return None;
        }
        let gain = self.gain(&Question { cpus: Some(cpus), ..Question::default() })?;
        Some(Advice {
            id: "processors",
            what: format!("Give it {cpus} processors"),
            gain: Some(gain),
            evidence: vec![
                format!(
                    "All {} workers were busy for {saturated}, {} of the time.",
                    self.account.workers,
                    self.share(saturated)
                ),
                format!("The critical path is {} of tools: {LIMIT}", self.path.length),
            ],
            caveat: "Memory grows with the tools that run at a time.",
        })
    }

    fn memory(&self) -> Option<Advice> {
        let limit = self.limit?;
        let peak = self.memory.peak;
        if peak.percent_of(limit) < Percent::of(80, 100) {
            return None;
        }
        let answer = self.ask(&Question { memory: Some(limit), ..Question::default() })?;
        let longer = answer.wall.since(self.was.recorded());
        let largest = self.memory.alive.first()?;
        let workers = answer.machine.workers;
        let (what, then) = match answer.fits {
            Some(Fit::Fits) if workers < self.account.workers => (
                format!("Build with -p {workers}, or with more memory"),
                format!("With -p {workers} they have up to {}, and the command takes {longer} longer.", answer.peak),
            ),
            Some(Fit::Fits) => {
                (format!("Leave it at -p {workers}, or give it more memory"), String::from("That many still fit."))
            }
            _ => (
                String::from("Give it more memory"),
                format!("Not even one tool at a time leaves a tenth of it: up to {}.", answer.peak),
            ),
        };
        Some(Advice {
            id: "memory",
            what,
            gain: None,
            evidence: vec![
                format!(
                    "Tools had up to {peak} of {limit} ({}), {} the most of it ({}).",
                    peak.percent_of(limit),
                    largest.package,
                    largest.max_rss
                ),
                then,
            ],
            caveat: "Peaks are added up as if they met; go itself and tests need memory too.",
        })
    }

    /// Compilers are told by GOGC how often to collect garbage, and cmd/go keeps that out of its cache keys. Only a profile tells
    /// what collecting took.
    fn garbage(&self) -> Option<Advice> {
        let collecting = self.collecting?;
        // Without collecting, a compile has twice the memory and a bit.
        let fits = |limit: Bytes| Bytes(self.memory.peak.0.saturating_mul(2)).percent_of(limit) < Percent::of(80, 100);
        let is_set = self.build.catalog.sessions.iter().any(|(_, session)| session.gogc.is_some());
        if is_set || !self.limit.is_none_or(fits) {
            return None;
        }
        let compiled = self.time_of(|step| step.tool == ToolKind::Compile);
        let gain = self.gain_of(Change::Lighter(String::from("compile"), collecting))?.min(compiled);
        Some(Advice {
            id: "garbage",
            what: String::from(
                "Let compilers collect garbage less often: GOGC=off, or GOGC=400, in the environment of go",
            ),
            gain: Some(gain),
            evidence: vec![format!(
                "Compilers spent {collecting} of their CPU time on collecting garbage, and {} of the critical path is theirs.",
                self.on_path(|step| step.tool == ToolKind::Compile)
            )],
            caveat: "A compile without it has about twice the memory. The gain is what no collecting at all would gain.",
        })
    }

    /// Set by somebody for programs of his own, they also hold for every compiler.
    fn collected_often(&self) -> Option<Advice> {
        let often =
            |session: &Session| session.gogc.clone().filter(|gogc| gogc.parse().is_ok_and(|gogc: u64| gogc < 100));
        let gogc = self.build.catalog.sessions.iter().find_map(|(_, session)| often(session))?;
        Some(Advice {
            id: "garbage",
            what: format!("Build without GOGC={gogc} in the environment"),
            gain: None,
            evidence: vec![format!(
                "GOGC={gogc} holds for each compiler, too: it collects garbage more often than usual, and begins with a small heap."
            )],
            caveat: "A compile has more memory without it.",
        })
    }

    /// A toolchain's own packages change only with the toolchain.
    fn standard_library(&self) -> Option<Advice> {
        let is_std = |step: &Step| step.work == Work::Build && self.module(step).as_deref() == Some("std");
        let packages = self.steps.steps.iter().filter(|step| is_std(step)).count();
        let compiled = self.time_of(is_std);
        if packages < 50 || !self.is_much(compiled) {
            return None;
        }
        let gain = self.gain_of(Change::Cached(String::from("std")))?.min(compiled);
        Some(Advice {
            id: "cache",
            what: String::from("Keep the build cache from run to run (GOCACHE)"),
            gain: Some(gain),
            evidence: vec![format!(
                "{packages} packages of the standard library were compiled, which took {compiled} of tools."
            )],
            caveat: "On purpose, with -a, or after a change of the toolchain, of GOFLAGS or of the target it has to be.",
        })
    }

    fn checks(&self) -> Option<Advice> {
        let vet = self.time_of(|step| step.work == Work::Check);
        if !self.is_much(vet) || vet == self.time_of(|_| true) {
            return None;
        }
        let gain = self.gain_of(Change::Free(String::from("vet")))?.min(vet);
        Some(Advice {
            id: "vet",
            what: String::from("Run go vet beside the tests instead of before them: go test -vet=off"),
            gain: Some(gain),
            evidence: vec![format!(
                "vet took {vet} of tools, {} of the critical path.",
                self.on_path(|step| step.tool == ToolKind::Vet)
            )],
            caveat: "Somebody has to run go vet then.",
        })
    }

    fn links(&self) -> Option<Advice> {
        let links = self.steps.steps.iter().filter(|step| step.work == Work::Link).count();
        let time = self.time_of(|step| step.work == Work::Link);
        if !self.is_much(time) {
            return None;
        }
        let gain = self.gain_of(Change::Free(String::from("link")))?.min(time);
        let what = if links > 1 {
            "Link less: fewer test packages or programs, or without debug information (-ldflags=-w)"
        } else {
            "Link faster: without debug information (-ldflags=-w), or with fewer packages in the program"
        };
        Some(Advice {
            id: "link",
            what: what.to_owned(),
            gain: Some(gain),
            evidence: vec![format!(
                "{} took {time}, {} of the critical path.",
                if links == 1 { String::from("One link") } else { format!("{links} links") },
                self.on_path(|step| step.tool == ToolKind::Link)
            )],
            caveat: "The gain is what no link at all would gain: it is the most that can be had.",
        })
    }

    fn cgo(&self) -> Option<Advice> {
        let bill = sources::cgo(self.build, 3, Some(self.command));
        let time = bill.total.cgo.wall + bill.total.compilers.wall;
        if !self.is_much(time) {
            return None;
        }
        let gain = self.gain_of(Change::Free(String::from("cgo")))?.min(time);
        let of_c = |package: &CgoPackage| format!("{} {}", package.package, package.cgo.wall + package.compilers.wall);
        let named: Vec<String> = bill.packages.iter().map(of_c).collect();
        Some(Advice {
            id: "cgo",
            what: String::from(
                "Build without cgo where it is not needed: CGO_ENABLED=0, or the tags netgo and osusergo",
            ),
            gain: Some(gain),
            evidence: vec![format!("cgo and C compilers ran for {time}: {}.", named.join(", "))],
            caveat: "net and os/user behave a little differently, and packages that need C are not there.",
        })
    }

    fn before(&self) -> Option<Advice> {
        let before = self.steps.span().0.since(self.steps.begin);
        (before.percent_of(self.wall()) >= Percent::of(15, 100) && before >= Nanos::from_millis(2000)).then(|| Advice {
            id: "before",
            what: String::from("See what go does before its first tool: gotrace record -- …"),
            gain: None,
            evidence: vec![format!("{before} went by before the first tool, {} of the time.", self.share(before))],
            caveat: "It loads packages and downloads modules then; GOMODCACHE may not be kept from run to run.",
        })
    }

    /// Packages of one's own and of others that decide: the toolchain's are as they are.
    fn splits(&self) -> Vec<Advice> {
        let mut steps: Vec<&PathStep> =
            self.path.steps.iter().filter(|step| !["std", "cmd"].contains(&step.module.as_str())).collect();
        steps.sort_by_key(|step| (std::cmp::Reverse(step.improvement), step.index));
        steps.truncate(MOST_SPLITS);
        steps.into_iter().filter(|step| step.tool == ToolKind::Compile).filter_map(|step| self.split(step)).collect()
    }

    fn split(&self, step: &PathStep) -> Option<Advice> {
        if !self.is_much(step.busy) {
            return None;
        }
        let path = &self.build.catalog.packages.get(self.steps.steps[step.index].package?).path;
        let gain = self.gain_of(Change::Split(path.clone(), 2))?;
        Some(Advice {
            id: "split",
            what: format!("Split {path} into packages that do not import each other"),
            gain: Some(gain),
            evidence: vec![format!(
                "Compiling it took {}, on the critical path; without it the path would be {} shorter.",
                step.busy, step.improvement
            )],
            caveat: "The figure is for two halves that need the same imports.",
        })
    }

    /// Modules of others whose packages nobody else needs, and what these import alone.
    fn imports(&self) -> Vec<Advice> {
        let others = dependencies::modules_of_others(&self.build.catalog, self.own_imports, MODULES);
        let mut advice: Vec<Advice> = others.iter().filter_map(|module| self.import(module)).collect();
        advice.sort_by_key(|advice| std::cmp::Reverse(advice.gain));
        advice.truncate(MOST_IMPORTS);
        advice
    }

    fn import(&self, module: &Dependency) -> Option<Advice> {
        if !self.is_much(module.gone.wall) {
            return None;
        }
        let path = module.name.split('@').next()?;
        let gain = self.gain_of(Change::Without(format!("{path}/...")))?;
        let importers =
            if module.importers == 1 { "1 package imports" } else { &format!("{} packages import", module.importers) };
        Some(Advice {
            id: "import",
            what: format!("Do without {}", module.name),
            gain: Some(gain),
            evidence: vec![format!(
                "{importers} it; it and what nobody else needs are {} packages, {} of CPU and {} to link.",
                module.gone.packages, module.gone.cpu, module.gone.output
            )],
            caveat: "The figure is for a build that compiles it; from a warm cache only the link gains.",
        })
    }

    fn duplicates(&self) -> Vec<Advice> {
        let cpu: Nanos = self.build.actions.iter().map(Action::cpu).sum();
        let dear = |cost: &Cost| cost.cpu.percent_of(cpu) >= Percent::of(5, 100);
        let reasons = duplicates::duplicates(self.build, self.imports, 0).reasons.into_iter();
        let could_be_spared = reasons.filter(|(reason, cost)| reason.can_be_spared() && dear(cost));
        could_be_spared
            .map(|(reason, cost)| Advice {
                id: "duplicates",
                what: format!("Compile packages once: {}", reason.remedy()),
                gain: None,
                evidence: vec![format!(
                    "{} packages were compiled once more, {}: {} of CPU, {} of the whole trace.",
                    cost.packages,
                    reason.words(),
                    cost.cpu,
                    cost.cpu.percent_of(cpu)
                )],
                caveat: "What is compiled beside something else costs processors, and not always time.",
            })
            .collect()
    }

    /// Programs that are linked anew although nothing in them has changed.
    fn stamps(&self) -> Option<Advice> {
        let repeated = links::repeated(self.build, self.imports);
        let stamped: Vec<&Repeat> = repeated.iter().filter(|repeat| repeat.told_otherwise > 0).collect();
        let first = stamped.first()?;
        let wall: Nanos = stamped.iter().map(|repeat| repeat.beyond.wall).sum();
        let times: u64 = stamped.iter().map(|repeat| repeat.told_otherwise).sum();
        self.is_much(wall).then(|| Advice {
            id: "stamp",
            what: String::from("Link a program once: without -X values and VCS stamps that change (-buildvcs=false)"),
            gain: None,
            evidence: vec![format!(
                "{} was linked {} times; {times} links had the inputs of one before, and took {wall}.",
                first.package, first.links
            )],
            caveat: "The program does not tell its version then, unless it is told in another way.",
        })
    }

    fn on_path(&self, wanted: impl Fn(&PathStep) -> bool) -> Nanos {
        self.path.steps.iter().filter(|step| wanted(step)).map(|step| step.busy).sum()
    }

    fn module(&self, step: &Step) -> Option<String> {
        Some(self.build.catalog.module_of(step.package?)?.name().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::course::{Config, course};
    use crate::build::picture;

    fn advised(drawn: &str, collecting: Option<Percent>) -> Vec<Advice> {
        let build = picture::build(drawn);
        let config = Config { windows: 3, slack: 0, collecting };
        course(&build, &Imports::of(&build, None), None, &config).expect("tools ran").advice
    }

    /// The ids of the advice with the milliseconds that it gains.
    fn of(drawn: &str) -> Vec<(&'static str, Option<u64>)> {
        let advice = advised(drawn, None);
        advice.iter().map(|advice| (advice.id, advice.gain.map(|gain| gain.0 / 1_000_000))).collect()
    }

    #[test]
    fn a_package_that_decides_is_to_be_split_and_one_of_the_toolchain_is_not() {
        let build = |module: &str| {
            format!(
                "$ go build -p 4
                 probe compile 0-0
                 compile {module}:big 0-1000 cpu=1000 dir=b002
                 compile m:small 0-10 cpu=10 dir=b003
                 compile m:main 1000-1010 cpu=10 dir=b001 needs=b002,b003"
            )
        };
        assert_eq!(of(&build("m")), [("split", Some(500))]);
        assert_eq!(of(&build("std")), []);
    }

    #[test]
    fn a_link_that_decides_is_told_with_the_most_that_can_be_had() {
        let build = "$ go build -p 4
             probe compile 0-0
             compile std:main 0-100 cpu=100 dir=b001
             link std:main 100-300 cpu=200 dir=b001 needs=b001";
        assert_eq!(of(build), [("link", Some(200))]);
    }

    #[test]
    fn a_standard_library_that_is_compiled_should_come_from_the_cache() {
        let packages = (0..60).map(|n| format!("compile std:p{n} {}-{} cpu=10 dir=b{}\n", n * 10, n * 10 + 10, n + 2));
        let build = format!("$ go build -p 1\nprobe compile 0-0\n{}", packages.collect::<String>());
        assert_eq!(of(&build), [("cache", Some(600))]);
    }

    #[test]
    fn a_module_that_nobody_else_needs_is_told_with_what_goes_with_it() {
        let build = "$ go build -p 1
             probe compile 0-0
             compile big@v1:big/deep 0-500 cpu=500 dir=b003
             compile big@v1:big 500-600 cpu=100 dir=b004 needs=b003
             compile m:lib 600-700 cpu=100 dir=b002 needs=b004
             compile m:main 700-800 cpu=100 dir=b001 needs=b002";
        assert!(of(build).contains(&("import", Some(600))), "{:?}", of(build));
    }

    #[test]
    fn packages_that_are_compiled_again_for_nothing_are_told() {
        let build = "$ go build -p 1
             probe compile 0-0
             compile m:a 0-500 cpu=500 dir=b002 id=k1
             $ go build -p 1
             probe compile 600-600
             compile m:a 600-1100 cpu=500 dir=b002 id=k1";
        assert!(of(build).contains(&("duplicates", None)), "{:?}", of(build));
    }

    /// Two compiles of 50 MiB beside each other.
    fn with_memory(mib: u64) -> String {
        format!(
            "job 0-400 memory={mib}
             $ go build -p 2
             probe compile 0-0
             compile std:a 0-200 cpu=200 rss=50 dir=b002
             compile std:b 0-200 cpu=200 rss=50 dir=b003"
        )
    }

    #[test]
    fn near_the_limit_the_workers_are_told_that_fit() {
        let told = |mib| {
            let advice = advised(&with_memory(mib), None);
            advice.iter().find(|advice| advice.id == "memory").map(|advice| advice.what.clone())
        };
        assert_eq!(told(200), None);
        assert_eq!(told(120).as_deref(), Some("Leave it at -p 2, or give it more memory"));
        assert_eq!(told(105).as_deref(), Some("Build with -p 1, or with more memory"));
        assert_eq!(told(50).as_deref(), Some("Give it more memory"));
    }

    #[test]
    fn collecting_garbage_is_told_where_a_profile_tells_and_memory_allows() {
        let told = |drawn: &str, share: u64| {
            let advice = advised(drawn, Some(Percent::of(share, 100)));
            let found = advice.iter().find(|advice| advice.id == "garbage");
            found.map(|advice| advice.gain.map(|gain| gain.0 / 1_000_000))
        };
        assert_eq!(told(&with_memory(10_000), 20), Some(Some(40)));
        assert_eq!(told(&with_memory(10_000), 2), None, "too little to matter");
        assert_eq!(told(&with_memory(240), 20), None, "twice the memory would be too near the limit");
        assert_eq!(of(&with_memory(10_000)), [], "without a profile it cannot be said");
        let set = |gogc| with_memory(10_000).replace("job 0-400", &format!("job 0-400 gogc={gogc}"));
        assert_eq!(told(&set("200"), 20), None, "somebody has thought of it");
        assert_eq!(of(&set("50")), [("garbage", None)]);
    }

    #[test]
    fn where_nothing_gains_much_nothing_is_advised() {
        let even = (0..100).map(|n| format!("compile m:p{n} {}-{} cpu=10 dir=b{}\n", n * 10, n * 10 + 10, n + 2));
        assert_eq!(of(&format!("$ go build -p 1\nprobe compile 0-0\n{}", even.collect::<String>())), []);
    }
}
