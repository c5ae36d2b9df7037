//! What came from the build cache, and what it would have taken to compile it.
//!
//! Knows the packages that compiles were told to import from the cache, by name, and what compiling a package took another
//! command, in this trace or in one that was named with it. Does not know what lies behind these packages: a link only
//! counts what it took from the cache, and a package that nothing compiled imports is not seen at all. What a package took is
//! taken from when it was last seen compiled for the same platform and in the same ways, before the command if it can be.

use std::collections::{HashMap, HashSet};

use crate::analyze::costs::imports::{Built, Imports};
use crate::build::{Build, CommandId, PackageId, Purpose, Secret, Ways};
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// The answer for one go command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Cache {
    /// Which command, counted from 1, by time.
    pub command: usize,
    /// How many packages came from the cache, as far as the trace names them.
    pub packages: u64,
    /// How many of them were seen compiled by another command.
    pub seen: u64,
    /// What compiling these took, in CPU time of all tools.
    pub cpu: Nanos,
    /// The most packages that one program took from the cache, with those that are not named.
    pub linked: u64,
}

impl Cache {
    /// The same as sentences.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let Self { packages, seen, cpu, linked, .. } = *self;
        let never = packages - seen;
        let mut words = Vec::new();
        match (packages, seen) {
            (0, _) => {}
            (_, 0) => words.push(format!(
                "{packages} packages came from the build cache; no other command of the trace was seen to compile one of them."
            )),
            _ if never == 0 => words.push(format!(
                "{packages} packages came from the build cache; compiling them took {cpu} of CPU when last seen."
            )),
            _ => words.push(format!(
                "{packages} packages came from the build cache; compiling {seen} of them took {cpu} of CPU when last seen, {never} \
                 were never seen here."
            )),
        }
        if linked > packages {
            words.push(format!(
                "One program took {linked} from it: the trace names those that something compiled imports, and only counts what \
                 lies behind them."
            ));
        }
        words
    }
}

/// A package that some command took from the cache: as which, and for which platform.
type Wanted<'a> = (PackageId, Ways, Option<&'a str>);

/// Finds it out for a command or for all; without those that are not known to have taken anything from the cache.
#[must_use]
pub fn cache(build: &Build, imports: &Imports, command: Option<CommandId>) -> Vec<Cache> {
    let numbers = build.catalog.commands_by_time();
    let mut caches = vec![Cache::default(); numbers.len()];
    (1..).zip(&numbers).for_each(|(number, id)| caches[id.index()].command = number);
    let mut wanted: HashSet<(CommandId, Wanted), Secret> = HashSet::default();
    let of_command = |it: CommandId| command.is_none_or(|only| only == it);
    for (index, action) in build.actions.iter().enumerate().filter(|(_, action)| of_command(action.command)) {
        match action.kind {
            _ if action.purpose != Purpose::Work => {}
            ToolKind::Link => {
                let cache = &mut caches[action.command.index()];
                cache.linked = cache.linked.max(build.figures(index).packages_cached.into());
            }
            _ => {
                let ways = build.figures(index).ways.of_all_packages();
                let platform = platform(build, action.command);
                let named = build.cached(index).iter();
                wanted.extend(named.map(|package| (action.command, (*package, ways, platform))));
            }
        }
    }
    let compiled = Compiled::of(build, imports, wanted.iter().map(|(_, wanted)| *wanted));
    for (command, package) in &wanted {
        let cache = &mut caches[command.index()];
        cache.packages += 1;
        if let Some(cpu) = compiled.last(build, *command, package) {
            cache.seen += 1;
            cache.cpu += cpu;
        }
    }
    let told = |cache: &Cache| cache.packages > 0 || cache.linked > 0;
    numbers.iter().map(|id| caches[id.index()]).filter(told).collect()
}

fn platform(build: &Build, command: CommandId) -> Option<&str> {
    build.catalog.commands.get(command).facts.as_ref()?.target.as_deref()
}

/// When packages were compiled that came from the cache elsewhere, on the calendar, by whom, and what it took.
struct Compiled<'a>(HashMap<Wanted<'a>, Vec<(Nanos, CommandId, Nanos)>, Secret>);

impl<'a> Compiled<'a> {
    fn of(build: &'a Build, imports: &Imports, wanted: impl Iterator<Item = Wanted<'a>>) -> Self {
        let mut compiled: HashMap<Wanted, Vec<_>, Secret> = wanted.map(|wanted| (wanted, Vec::new())).collect();
        let of_package = |built: &Built| {
            let (package, compile) = built.package.zip(built.compile)?;
            let ways = build.figures(compile).ways.of_all_packages();
            let at = build.catalog.commands.get(built.command).on_calendar(build.actions[compile].start);
            Some(((package, ways, platform(build, built.command)), (at, built.command, built.own.cpu)))
        };
        for (package, seen) in imports.packages.iter().filter_map(of_package) {
            if let Some(all) = compiled.get_mut(&package) {
                all.push(seen);
            }
        }
        compiled.values_mut().for_each(|all| all.sort_unstable_by_key(|(at, _, cpu)| (*at, *cpu)));
        Self(compiled)
    }

    fn last(&self, build: &Build, command: CommandId, package: &Wanted) -> Option<Nanos> {
        let all = self.0.get(package)?;
        let begin = build.catalog.commands.get(command).anchor?.epoch;
        let before = all.get(..all.partition_point(|(at, ..)| *at < begin)).and_then(<[_]>::last);
        // One that the command itself compiled did not come from the cache then.
        let by_another = before.or(all.last()).filter(|(_, by, _)| *by != command);
        by_another.map(|(_, _, cpu)| *cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use proptest::prelude::*;

    fn of(drawn: &str) -> Vec<(usize, u64, u64, u64, u64)> {
        let build = picture::build(drawn);
        let of = |it: &Cache| (it.command, it.packages, it.seen, it.cpu.0 / 1_000_000, it.linked);
        cache(&build, &Imports::of(&build, None), None).iter().map(of).collect()
    }

    #[test]
    fn what_came_from_the_cache_took_what_it_took_when_it_was_last_compiled_before() {
        let trace = "
            $ go build
            probe compile 0-1
            compile fmt 1-2 cpu=5 dir=b002
            asm fmt 2-3 cpu=2 dir=b002
            $ go build
            probe compile 10-11
            compile fmt 11-12 cpu=10 dir=b002
            $ go build
            probe compile 20-21
            compile a 21-22 cpu=1 dir=b002 cached=fmt,os
            compile b 22-23 cpu=1 dir=b003 cached=fmt
            link b 23-24 dir=b003 from-cache=40
            $ go build -a
            probe compile 30-31
            compile fmt 31-32 cpu=900 dir=b002";
        assert_eq!(of(trace), [(3, 2, 1, 10, 40)]);
    }

    #[test]
    fn for_another_platform_or_with_race_it_is_another_package() {
        let trace = "
            $ GOOS=js go build
            probe compile 0-1
            compile fmt 1-2 cpu=5
            $ go build -race
            probe compile 10-11
            compile fmt 11-12 cpu=7 args=-race,-p
            $ go build
            probe compile 20-21
            compile a 21-22 cached=fmt
            $ go build -race
            probe compile 30-31
            compile a 31-32 cached=fmt args=-race,-coveragecfg=x";
        assert_eq!(of(trace), [(3, 1, 0, 0, 0), (4, 1, 1, 7, 0)]);
    }

    #[test]
    fn it_is_said_what_is_not_known() {
        let words = |cache: Cache| cache.words().join(" ");
        let some = Cache { packages: 312, seen: 292, cpu: Nanos::from_millis(84_000), ..Cache::default() };
        assert_eq!(
            words(some),
            "312 packages came from the build cache; compiling 292 of them took 1 min 24 s of CPU when last seen, 20 were never \
             seen here."
        );
        let never = words(Cache { seen: 0, linked: 400, ..some });
        assert!(never.contains("no other command") && never.contains("took 400 from it"), "{never}");
        assert_eq!(words(Cache::default()), "");
    }

    proptest! {
        #[test]
        fn no_more_is_seen_than_came_from_the_cache(runs in picture::any(), cached in any::<u16>()) {
            let drawn = picture::draw(&runs, 0);
            let with_imports = |(at, line): (usize, &str)| {
                let takes = line.starts_with("compile") && !line.ends_with('-') && cached >> (at % 16) & 1 == 1;
                if takes { format!("{line} cached=net,net/http,m\n") } else { format!("{line}\n") }
            };
            let drawn: String = drawn.lines().enumerate().map(with_imports).collect();
            let build = picture::build(&drawn);
            let imports = Imports::of(&build, None);
            let all: Nanos = imports.packages.iter().map(|built| built.own.cpu).sum();
            for cache in cache(&build, &imports, None) {
                prop_assert!(cache.seen <= cache.packages && cache.cpu <= all);
            }
        }
    }
}
