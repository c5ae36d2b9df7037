//! Why was it built again? For each package that a go command compiled or linked, what differs from the time before.
//!
//! Knows which earlier build of a package to compare with: the nearest one, in ways of building and in what it was made from. Does
//! not know of packages that came from the cache, nor of changes that a trace does not tell: it says so rather than guess.

pub mod cascade;
pub mod exact;
pub mod flags;
pub mod history;
mod keys;
pub mod reason;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::analyze::costs::cost::Cost;
use crate::build::{Build, CommandId, Hash};
use crate::tool_kind::ToolKind;
use cascade::{Cascades, Cause, Reached, maker};
use exact::Exact;
use history::{History, Made};
use keys::KeyHistory;
use reason::{Lack, Reason, distance, reasons};

/// What to tell.
#[derive(Debug)]
pub struct Config {
    /// All commands to compare, in order.
    pub commands: Vec<CommandId>,
    /// Those of them that are asked about.
    pub asked: Vec<CommandId>,
    /// How many go commands came after those that are asked about.
    pub later: usize,
    /// How many rows of a table.
    pub rows: usize,
    /// Only these packages, by import path or with the variant, and how it came to each of them.
    pub packages: Vec<String>,
}

/// The answer.
#[derive(Debug, Default)]
pub struct Why {
    /// The go commands that are asked about.
    pub commands: Vec<String>,
    /// How many go commands before them there are to compare with.
    pub earlier: usize,
    /// How many came after those that are asked about.
    pub later: usize,
    /// What they built.
    pub built: Cost,
    /// What somebody did, by what it cost: the dearest first.
    pub causes: Vec<Consequence>,
    /// How many more there are.
    pub more_causes: usize,
    /// What had several causes.
    pub several: Cost,
    /// Packages that were built again and came out as before.
    pub stopped: Vec<Stopped>,
    /// What was built, the dearest first.
    pub packages: Vec<Built>,
    /// How many more there are.
    pub more: usize,
    /// How many of them were recorded without what they were made from.
    pub without_hashes: usize,
    /// Of how many of them it is exactly known what was hashed, and of how many of these the reasons were others without that.
    pub exact: (usize, usize),
    /// Packages that had another key than before and were found in the build cache, by why.
    pub found: Vec<Found>,
    /// How many more there are.
    pub more_found: usize,
    /// Packages that were asked about and not built.
    pub not_built: Vec<String>,
}

/// Packages that had another key than before and were found in the build cache.
#[derive(Debug)]
pub struct Found {
    /// Their names.
    pub packages: Vec<String>,
    /// What had been hashed otherwise.
    pub reasons: Vec<Reason>,
}

/// A cause and what it cost.
#[derive(Debug)]
pub struct Consequence {
    /// What somebody did.
    pub cause: Cause,
    /// All that it reached.
    pub reach: Cost,
    /// What only it reached.
    pub alone: Cost,
}

/// A package that came out as before, so that nobody who imports it was built for its sake.
#[derive(Debug)]
pub struct Stopped {
    /// Its name.
    pub package: String,
    /// Why it was built.
    pub reasons: Vec<Reason>,
    /// How many packages import it.
    pub importers: u64,
    /// What it cost to build it.
    pub cost: Cost,
}

/// A package that was built.
#[derive(Debug)]
pub struct Built {
    /// Its name.
    pub package: String,
    /// What it cost.
    pub cost: Cost,
    /// Why; at least one.
    pub reasons: Vec<Reason>,
    /// The first cause.
    pub cause: Option<Cause>,
    /// What cmd/go itself hashed otherwise than before; none where a trace does not tell.
    pub exact: Option<Exact>,
    /// How many causes it had.
    pub causes: usize,
    /// Whom it was built for, where it had no reason of its own: from what it imports to where it begins.
    pub chain: Vec<(String, Vec<Reason>)>,
}

/// So many earlier builds of a package are looked at for the one that it is compared with.
const LOOKED_AT: usize = 8;

/// As many of those who imported a package are looked at, the latest.
const MOST_IMPORTERS: usize = 256;

/// As many steps of a chain are told.
const LONGEST: usize = 64;

/// Finds out.
#[must_use]
pub fn why(build: &Build, config: &Config) -> Why {
    let history = History::of(build, &config.commands);
    let asked: HashSet<usize> = config.asked.iter().map(|command| command.index()).collect();
    let is_asked = |made: &Made| asked.contains(&made.command.index());
    let (before, mut all): (Vec<Option<usize>>, Vec<Vec<Reason>>) =
        (0..history.made.len()).map(|at| compared(build, &history, at)).unzip();
    let keys = KeyHistory::of(build, &config.commands);
    let mut exact: Vec<Option<Exact>> =
        (0..history.made.len()).map(|at| keys.complete(build, (&history, at), before[at], &mut all[at])).collect();
    let reached: Vec<Reached> =
        history.made.iter().zip(&all).map(|(made, reasons)| Reached { reasons, is_counted: is_asked(made) }).collect();
    let cascades = Cascades::of(build, &history, &reached);
    let name = |at: usize| build.catalog.packages.get(history.made[at].package).name().into_owned();
    let wanted: Vec<usize> = (0..history.made.len()).filter(|at| is_asked(&history.made[*at])).collect();
    let mut report = Why {
        commands: config.asked.iter().map(|command| build.catalog.commands.get(*command).line()).collect(),
        earlier: config.commands.iter().filter(|command| !asked.contains(&command.index())).count(),
        later: config.later,
        built: Cost::sum(wanted.iter().map(|at| &history.made[*at].cost)),
        several: cascades.several,
        without_hashes: wanted.iter().filter(|at| all[**at].contains(&Reason::Unknown(Lack::Hashes))).count(),
        exact: known(wanted.iter().filter_map(|at| exact[*at].as_ref())),
        stopped: stopped(build, &history, &before, &all, &wanted),
        ..Why::default()
    };
    let mut rows: Vec<Built> = wanted
        .iter()
        .filter(|at| config.packages.is_empty() || config.packages.iter().any(|asked| is_named(&name(**at), asked)))
        .map(|at| Built {
            package: name(*at),
            cost: history.made[*at].cost,
            reasons: all[*at].clone(),
            exact: exact[*at].take(),
            cause: cascades.of_made[*at].1.map(|cause| cascades.causes[cause].clone()),
            causes: cascades.of_made[*at].0,
            chain: chain(&history, &all, *at).into_iter().map(|at| (name(at), all[at].clone())).collect(),
        })
        .collect();
    rows.sort_by_cached_key(|row| (Reverse((row.cost.cpu, row.cost.wall)), row.package.clone()));
    let is_built = |asked: &&String| rows.iter().any(|row| is_named(&row.package, asked));
    report.not_built = config.packages.iter().filter(|asked| !is_built(asked)).cloned().collect();
    report.more = rows.len().saturating_sub(config.rows);
    rows.truncate(config.rows);
    report.packages = rows;
    report.add_causes(cascades, config.rows);
    report.add_found(keys.found(build, &history, &config.asked), config.rows);
    report
}

fn known<'e>(exact: impl Iterator<Item = &'e Exact>) -> (usize, usize) {
    exact.fold((0, 0), |(all, other), exact| (all + 1, other + usize::from(!exact.agrees())))
}

impl Why {
    fn add_found(&mut self, found: Vec<Found>, rows: usize) {
        self.found = found;
        self.more_found = self.found.len().saturating_sub(rows);
        self.found.truncate(rows);
    }

    fn add_causes(&mut self, cascades: Cascades, rows: usize) {
        let Cascades { causes, reach, alone, .. } = cascades;
        let all = causes.into_iter().zip(reach).zip(alone);
        let all = all.map(|((cause, reach), alone)| Consequence { cause, reach, alone });
        self.causes = all.filter(|consequence| consequence.reach.packages > 0).collect();
        self.causes.sort_by_cached_key(|row| (Reverse((row.reach.cpu, row.reach.wall)), row.cause.clone()));
        self.more_causes = self.causes.len().saturating_sub(rows);
        self.causes.truncate(rows);
    }
}

/// `p` names `p [p.test]`, too.
fn is_named(name: &str, asked: &str) -> bool {
    name.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ["))
}

/// What was made at this place of the history is compared with an earlier build of the same: which, and what differs.
fn compared(build: &Build, history: &History, at: usize) -> (Option<usize>, Vec<Reason>) {
    let made = &history.made[at];
    let tool = made.maker();
    if history.is_repeated(build, at) {
        return (None, vec![repetition(build, made)]);
    }
    if history.is_retried(build, at) {
        return (None, vec![Reason::Retried]);
    }
    let by_same_tool = |before: &usize| history.made[*before].first(tool).is_some();
    // The nearest one explains most simply; of several the latest.
    history
        .before(at)
        .take(LOOKED_AT * LOOKED_AT)
        .filter(by_same_tool)
        .take(LOOKED_AT)
        .map(|before| (before, reasons(build, history, before, at)))
        .min_by_key(|(before, reasons)| distance(build, &history.made[*before], made, reasons))
        .map_or_else(|| (None, vec![Reason::First]), |(before, reasons)| (Some(before), reasons))
}

fn repetition(build: &Build, made: &Made) -> Reason {
    let is_all = |args: &[String]| args.iter().any(|arg| matches!(arg.as_str(), "-a" | "--a" | "-a=true"));
    if made.facts(build).is_some_and(|facts| is_all(&facts.args)) {
        return Reason::Forced;
    }
    if made.maker() == ToolKind::Compile { Reason::Lost } else { Reason::Relinked }
}

/// From what a package imports to where it begins, for one that was only built because of an import.
fn chain(history: &History, all: &[Vec<Reason>], from: usize) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut at = from;
    while chain.len() < LONGEST {
        // Imports come last: what has a reason of its own begins here.
        let Some(Reason::Import(..)) = all[at].first() else { break };
        let makers = all[at].iter().filter_map(|reason| match reason {
            Reason::Import(path, _) => maker(history, at, path),
            _ => None,
        });
        let Some(next) = makers.max() else { break };
        chain.push(next);
        at = next;
    }
    chain
}

/// Packages that were built for a reason, and came out as before.
fn stopped(
    build: &Build,
    history: &History,
    before: &[Option<usize>],
    all: &[Vec<Reason>],
    wanted: &[usize],
) -> Vec<Stopped> {
    let importers = importers(history);
    let package = |at: usize| build.catalog.packages.get(history.made[at].package);
    // Who imports a variant does so under the same path as others import the package itself.
    let is_plain = |at: &usize| package(*at).variant.is_none();
    let mut found = Vec::new();
    for at in wanted.iter().copied().filter(is_plain) {
        let made = &history.made[at];
        let Some(before) = before[at] else { continue };
        let known = importers.get(package(at).path.as_str()).map_or(&[][..], Vec::as_slice);
        let (earlier, later) = known.split_at(known.partition_point(|by| history.made[*by].order < made.order));
        let earlier = &earlier[earlier.len().saturating_sub(MOST_IMPORTERS)..];
        let packages: BTreeSet<usize> = earlier.iter().map(|by| history.made[*by].package.index()).collect();
        // In another way of building nothing comes out as before.
        if all[at].iter().any(Reason::is_form) || packages.is_empty() || made.maker() == ToolKind::Link {
            continue;
        }
        // Of what failed nothing came out, and nobody was built for that reason.
        if !made.is_done(build, made.maker()) {
            continue;
        }
        let is_same = match same_content(made, &history.made[before]) {
            Some(is_same) => is_same,
            None => {
                later.first().is_none_or(|by| history.made[*by].order > made.order)
                    && is_same_line(build, history, at, earlier)
            }
        };
        if is_same {
            let (package, reasons) = (package(at).name().into_owned(), all[at].clone());
            found.push(Stopped { package, reasons, importers: packages.len() as u64, cost: made.cost });
        }
    }
    found.sort_by_cached_key(|stopped| (Reverse(stopped.cost.cpu), stopped.package.clone()));
    found
}

fn same_content(made: &Made, before: &Made) -> Option<bool> {
    let (new, old): (Hash, Hash) = (made.content?, before.content?);
    Some(new == old)
}

/// Whether the command was to build the same as one that had built an importer.
fn is_same_line(build: &Build, history: &History, at: usize, importers: &[usize]) -> bool {
    let line = |of: usize| build.catalog.commands.get(history.made[of].command).line();
    let this_line = line(at);
    importers.iter().any(|by| line(*by) == this_line)
}

/// Who imports a path.
fn importers(history: &History) -> HashMap<&str, Vec<usize>> {
    let mut importers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, made) in history.made.iter().enumerate().filter(|(_, made)| made.maker() == ToolKind::Compile) {
        for import in &made.imports {
            importers.entry(&import.path).or_default().push(at);
        }
    }
    importers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// The last command of a picture, compared with those before it.
    fn of(drawn: &str) -> Why {
        let build = picture::build(drawn);
        let commands = build.catalog.commands_by_time();
        let asked = commands.last().copied().into_iter().collect();
        why(&build, &Config { commands, asked, later: 0, rows: usize::MAX, packages: Vec::new() })
    }

    /// CPU in milliseconds.
    #[track_caller]
    fn check(drawn: &str, expected: &Expect) {
        let why = of(drawn);
        let mut words = String::new();
        for built in &why.packages {
            let chain: Vec<&str> = built.chain.iter().map(|(package, _)| package.as_str()).collect();
            words += &format!("{}: {:?} {}\n", built.package, built.reasons, chain.join(" "));
        }
        for Consequence { cause, reach, alone } in &why.causes {
            let [reach, alone] = [reach, alone].map(|cost| format!("{} in {}", cost.packages, cost.cpu.0 / 1_000_000));
            words +=
                &format!("{:?} of {}: {reach}, alone {alone}\n", cause.reason, cause.of.as_deref().unwrap_or("all"));
        }
        words.extend(
            why.stopped.iter().map(|stopped| format!("stopped at {}, {}\n", stopped.package, stopped.importers)),
        );
        expected.assert_eq(&words);
    }

    const BEFORE: &str = "
        $ go build
        probe compile 0-1
        compile m:m/lib 1-2 dir=b002 id=l1 at=/m/lib src=a.go@1,b.go@1 cached=fmt hold=f
        compile m:m/mid 2-3 dir=b003 id=m1 at=/m/mid src=m.go@1 needs=b002 hold=1
        compile m:m 3-4 dir=b001 id=x1 at=/m src=main.go@1 needs=b003 cached=fmt hold=1,f
        link m:m 4-5 dir=b001 id=k1 needs=b001 hold=1 info=1 commit=c1
        ";

    #[track_caller]
    fn check_after(after: &str, expected: &Expect) {
        check(&format!("{BEFORE}{after}"), expected);
    }

    #[test]
    fn one_edit_is_the_cause_of_all_that_imports_it() {
        check_after(
            "$ go build
             probe compile 10-11
             compile m:m/lib 11-12 dir=b005 id=l2 cpu=1 at=/m/lib src=a.go@2,c.go@1 cached=fmt hold=f
             compile m:m/mid 12-13 dir=b006 id=m2 cpu=2 at=/m/mid src=m.go@1 needs=b005 hold=2
             compile m:m 13-14 dir=b007 id=x2 cpu=4 at=/m src=main.go@1 needs=b006 cached=fmt hold=2,f
             link m:m 14-15 dir=b007 id=k2 cpu=8 needs=b007 hold=2 info=1 commit=c1",
            &expect![[r#"
                m: [Import("m/mid", Known)] m/mid m/lib
                m/mid: [Import("m/lib", Known)] m/lib
                m/lib: [Files(Source, [Edit { what: Changed, file: "a.go" }, Edit { what: Added, file: "c.go" }, Edit { what: Removed, file: "b.go" }])] 
                Files(Source, [Edit { what: Changed, file: "a.go" }, Edit { what: Added, file: "c.go" }, Edit { what: Removed, file: "b.go" }]) of m/lib: 3 in 15, alone 3 in 15
            "#]],
        );
    }

    #[test]
    fn what_comes_out_as_before_stops_the_cascade() {
        check_after(
            "$ go build
             probe compile 10-11
             compile m:m/lib 11-12 dir=b005 id=l2 at=/m/lib src=a.go@2,b.go@1 cached=fmt hold=f",
            &expect![[r#"
                m/lib: [Files(Source, [Edit { what: Changed, file: "a.go" }])] 
                Files(Source, [Edit { what: Changed, file: "a.go" }]) of m/lib: 1 in 0, alone 1 in 0
                stopped at m/lib, 1
            "#]],
        );
        // What fails is no end of a cascade.
        check_after(
            "$ go build
             probe compile 10-11
             compile m:m/lib 11-12 dir=b005 id=l2 at=/m/lib src=a.go@2,b.go@1 cached=fmt hold=f !2",
            &expect![[r#"
                m/lib: [Files(Source, [Edit { what: Changed, file: "a.go" }])] 
                Files(Source, [Edit { what: Changed, file: "a.go" }]) of m/lib: 1 in 0, alone 1 in 0
            "#]],
        );
        // mid was built for a reason of its own, and tells that lib came out as before.
        check_after(
            "$ go build ./other
             probe compile 10-11
             compile m:m/lib 11-12 dir=b005 id=l2 at=/m/lib src=a.go@2,b.go@1 cached=fmt hold=f
             compile m:m/mid 12-13 dir=b006 id=m2 at=/m/mid src=m.go@2 needs=b005 hold=1",
            &expect![[r#"
                m/lib: [Files(Source, [Edit { what: Changed, file: "a.go" }])] 
                m/mid: [Files(Source, [Edit { what: Changed, file: "m.go" }])] 
                Files(Source, [Edit { what: Changed, file: "a.go" }]) of m/lib: 1 in 0, alone 1 in 0
                Files(Source, [Edit { what: Changed, file: "m.go" }]) of m/mid: 1 in 0, alone 1 in 0
                stopped at m/lib, 1
            "#]],
        );
    }

    #[test]
    fn who_was_not_asked_for_says_nothing_of_what_came_out() {
        check_after(
            "$ go build ./lib
             probe compile 10-11
             compile m:m/lib 11-12 dir=b005 id=l2 at=/m/lib src=a.go@2,b.go@1 cached=fmt hold=f",
            &expect![[r#"
                m/lib: [Files(Source, [Edit { what: Changed, file: "a.go" }])] 
                Files(Source, [Edit { what: Changed, file: "a.go" }]) of m/lib: 1 in 0, alone 1 in 0
            "#]],
        );
    }

    #[test]
    fn two_edits_share_what_imports_both() {
        check_after(
            "$ go build
             probe compile 10-11
             compile m:m/lib 11-12 dir=b005 id=l2 cpu=1 at=/m/lib src=a.go@2,b.go@1 cached=fmt hold=f
             compile m:m/mid 12-13 dir=b006 id=m2 cpu=2 at=/m/mid src=m.go@1 needs=b005 hold=2
             compile m:m 13-14 dir=b007 id=x2 cpu=4 at=/m src=main.go@2 needs=b006 cached=fmt hold=2,f",
            &expect![[r#"
                m: [Files(Source, [Edit { what: Changed, file: "main.go" }]), Import("m/mid", Known)] 
                m/mid: [Import("m/lib", Known)] m/lib
                m/lib: [Files(Source, [Edit { what: Changed, file: "a.go" }])] 
                Files(Source, [Edit { what: Changed, file: "a.go" }]) of m/lib: 3 in 7, alone 2 in 3
                Files(Source, [Edit { what: Changed, file: "main.go" }]) of m: 1 in 4, alone 0 in 0
            "#]],
        );
    }

    #[test]
    fn another_way_of_building_is_one_cause_for_all() {
        check_after(
            "$ GOAMD64=v3 go build
             probe compile 10-11
             compile m:m/lib 11-12 dir=b002 id=l2 cpu=1 at=/m/lib src=a.go@1,b.go@1 cached=fmt hold=g
             compile m:m/mid 12-13 dir=b003 id=m2 cpu=2 at=/m/mid src=m.go@1 needs=b002 hold=2",
            &expect![[r#"
                m/mid: [Setting("GOAMD64", Change { old: "", new: "v3" }), Import("m/lib", Known)] 
                m/lib: [Setting("GOAMD64", Change { old: "", new: "v3" })] 
                Setting("GOAMD64", Change { old: "", new: "v3" }) of all: 2 in 3, alone 2 in 3
            "#]],
        );
        check_after(
            "$ GOOS=js go build
             probe compile 10-11
             compile m:m/lib 11-12 dir=b002 id=l2 cpu=1 at=/m/lib src=a.go@1 cached=fmt hold=g",
            &expect![[r#"
                m/lib: [Platform(Change { old: "linux/amd64", new: "js/amd64" })] 
                Platform(Change { old: "linux/amd64", new: "js/amd64" }) of all: 1 in 1, alone 1 in 1
            "#]],
        );
        check_after(
            "$ go build -tags x
             probe compile 10-11
             compile m:m/lib 11-12 dir=b002 id=l2 cpu=1 at=/m/lib src=a.go@1,x.go@1 cached=fmt hold=f",
            &expect![[r#"
                m/lib: [Tags(Change { old: "", new: "x" }, [Edit { what: Added, file: "x.go" }, Edit { what: Removed, file: "b.go" }])] 
                Tags(Change { old: "", new: "x" }, []) of all: 1 in 1, alone 1 in 1
            "#]],
        );
        check_after(
            "$ go build -gcflags=-N
             probe compile 10-11
             compile m:m/lib 11-12 dir=b002 id=l2 at=/m/lib src=a.go@1,b.go@1 args=-o,$WORK/b002/_pkg_.a,-N,-c=2 cached=fmt hold=f
             $ go build
             probe compile 20-21
             compile m:m/lib 21-22 dir=b004 id=l3 at=/m/lib src=a.go@1,b.go@2 args=-o,$WORK/b004/_pkg_.a,-c=4 cached=fmt hold=f
             $ go build -gcflags=-N
             probe compile 30-31
             compile m:m/lib 31-32 dir=b002 id=l4 at=/m/lib src=a.go@1,b.go@2 args=-o,$WORK/b002/_pkg_.a,-N,-c=2 cached=fmt hold=f",
            &expect![[r#"
                m/lib: [Files(Source, [Edit { what: Changed, file: "b.go" }])] 
                Files(Source, [Edit { what: Changed, file: "b.go" }]) of m/lib: 1 in 0, alone 1 in 0
            "#]],
        );
    }

    #[test]
    fn a_key_that_was_there_before_is_a_repetition() {
        let again = "probe compile 10-11\ncompile m:m/lib 11-12 dir=b002 id=l1 src=a.go@1,b.go@1\nlink m:m 14-15 dir=b007 id=k1 info=1";
        check_after(
            &format!("$ go build\n{again}"),
            &expect![[r#"
            m: [Relinked] 
            m/lib: [Lost] 
            Lost of all: 1 in 0, alone 1 in 0
            Relinked of all: 1 in 0, alone 1 in 0
        "#]],
        );
        check_after(
            &format!("$ go build -a\n{again}"),
            &expect![[r#"
            m: [Forced] 
            m/lib: [Forced] 
            Forced of all: 2 in 0, alone 2 in 0
        "#]],
        );
    }

    #[test]
    fn a_moved_module_another_version_and_another_commit_are_causes_of_their_own() {
        check_after(
            "$ go build
             probe compile 10-11
             compile m:m/lib 11-12 dir=b002 id=l2 at=/n/lib src=a.go@1,b.go@1 cached=fmt hold=f
             compile m:m/mid 12-13 dir=b003 id=m2 at=/n/mid src=m.go@1 needs=b002 hold=1
             link m:m 14-15 dir=b007 id=k2 info=2 commit=c2",
            &expect![[r#"
                m: [BuildInfo(Some(Change { old: "c1", new: "c2" }))] 
                m/lib: [Moved(Change { old: "/m", new: "/n" })] 
                m/mid: [Moved(Change { old: "/m", new: "/n" })] 
                Moved(Change { old: "/m", new: "/n" }) of m: 2 in 0, alone 2 in 0
                BuildInfo(Some(Change { old: "c1", new: "c2" })) of m: 1 in 0, alone 1 in 0
                stopped at m/lib, 1
                stopped at m/mid, 1
            "#]],
        );
        check(
            "$ go build
             probe compile 0-1
             compile d@v1:d/a 1-2 id=1 at=/mod/d@v1/a src=a.go@1
             $ go build
             probe compile 10-11
             compile d@v2:d/a 11-12 id=2 at=/mod/d@v2/a src=a.go@2,b.go@1",
            &expect![[r#"
                d/a: [Version(Change { old: "d@v1", new: "d@v2" })] 
                Version(Change { old: "v1", new: "v2" }) of d: 1 in 0, alone 1 in 0
            "#]],
        );
    }

    #[test]
    fn what_somebody_else_built_is_followed_as_far_as_it_was_recorded() {
        check_after(
            "$ go build ./lib
             probe compile 10-11
             compile m:m/lib 11-12 dir=b005 id=l2 at=/m/lib src=a.go@2,b.go@1 cached=fmt hold=f
             $ go build
             probe compile 20-21
             compile m:m/mid 22-23 dir=b006 id=m2 cpu=2 at=/m/mid src=m.go@1 cached=m/lib hold=2
             compile m:m 23-24 dir=b007 id=x2 cpu=4 at=/m src=main.go@1 needs=b006 cached=fmt hold=2,g",
            &expect![[r#"
                m: [Import("fmt", Known), Import("m/mid", Known)] m/mid m/lib
                m/mid: [Import("m/lib", Known)] m/lib
                Files(Source, [Edit { what: Changed, file: "a.go" }]) of m/lib: 2 in 6, alone 1 in 2
                Import("fmt", Known) of fmt: 1 in 4, alone 0 in 0
            "#]],
        );
    }

    #[test]
    fn what_failed_is_tried_again_and_was_never_in_the_cache() {
        check(
            "$ go build
             probe compile 0-1
             compile m:m/lib 1-2 id=l1 !2
             $ go build
             probe compile 10-11
             compile m:m/lib 11-12 id=l1",
            &expect![[r#"
                m/lib: [Retried] 
                Retried of all: 1 in 0, alone 1 in 0
            "#]],
        );
    }

    #[test]
    fn an_edit_of_a_package_is_one_cause_for_its_variants_too() {
        check_after(
            "$ go test
             probe compile 10-11
             compile m:m/lib[m/lib.test] 11-12 dir=b005 id=t1 at=/m/lib src=a.go@1,b.go@1,b_test.go@1 cached=fmt hold=f
             $ go test
             probe compile 20-21
             compile m:m/lib 21-22 dir=b005 id=l2 at=/m/lib src=a.go@2,b.go@1 cached=fmt hold=f
             compile m:m/lib[m/lib.test] 22-23 dir=b006 id=t2 at=/m/lib src=a.go@2,b.go@1,b_test.go@1 needs=b005 cached=fmt hold=2,f",
            &expect![[r#"
                m/lib: [Files(Source, [Edit { what: Changed, file: "a.go" }])] 
                m/lib [m/lib.test]: [Files(Source, [Edit { what: Changed, file: "a.go" }])] 
                Files(Source, [Edit { what: Changed, file: "a.go" }]) of m/lib: 2 in 0, alone 2 in 0
            "#]],
        );
    }

    #[test]
    fn a_trace_that_tells_less_is_told_less_of() {
        check(
            "$ go build
             probe compile 0-1
             compile m:m/a 1-2 id=1 source=10
             compile m:m/b 1-2 id=1 source=10
             compile m:m/c 1-2 id=1
             link m:m 2-3 id=1 args=-X=main.key=***
             $ go build
             probe compile 10-11
             compile m:m/a 11-12 id=2 source=11
             compile m:m/b 11-12 id=2 source=10
             compile m:m/c 11-12
             link m:m 12-13 id=2 args=-X=main.key=***",
            &expect![[r#"
                m: [Hidden] 
                m/a: [Sources] 
                m/b: [Unknown(Hashes)] 
                m/c: [Unknown(Hashes)] 
                Unknown(Hashes) of all: 2 in 0, alone 2 in 0
                Sources of m/a: 1 in 0, alone 1 in 0
                Hidden of all: 1 in 0, alone 1 in 0
            "#]],
        );
    }

    proptest! {
        #[test]
        fn each_package_has_a_reason_and_causes_cost_no_more_than_all_of_it(runs in picture::any()) {
            let why = of(&picture::draw(&runs, 0));
            prop_assert_eq!(why.packages.len() as u64, why.built.packages);
            prop_assert!(why.packages.iter().all(|built| !built.reasons.is_empty() && built.causes > 0));
            let mut sum = Cost::sum(why.causes.iter().map(|row| &row.alone));
            sum.add(&why.several);
            prop_assert_eq!(sum, why.built);
            prop_assert!(why.causes.iter().all(|row| row.alone.cpu <= row.reach.cpu && row.reach.cpu <= why.built.cpu));
        }
    }
}
