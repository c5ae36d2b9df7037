//! The build cache: where it is, how much it holds, and whether builds find in it what they made before.
//!
//! Knows what lies in a cache and what a trace tells of it; does not know whether its folder can be written to, which `paths`
//! looks at.

use std::path::Path;
use std::time::Duration;

use super::age;
use super::answer::{Answer, Cost, Unknown};
use super::check::{Check, Matters};
use super::entries::Entries;
use super::flags;
use super::origin::Chosen;
use super::version::Version;
use super::world::World;
use crate::analyze::history::splits::Consequence;
use crate::session::quoting;
use crate::units::{Bytes, Count, Percent};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "cache-size",
        title: "The build cache is no larger than what is in use",
        why: "go deletes what nobody used for five days, once a day and in no other way; a cache that CI carries from run to \
              run grows until carrying it takes longer than compiling",
        matters: Matters::Time,
        look: size,
    },
    Check {
        id: "cache-toolchains",
        title: "The build cache is of one toolchain",
        why: "no toolchain uses what another one has compiled: several of them in turn need several times the room, and \
              each of them compiles everything once",
        matters: Matters::Time,
        look: toolchains,
    },
    Check {
        id: "cache-hits",
        title: "The standard library comes from the build cache",
        why: "it does not change between builds with the same toolchain and settings: where it is compiled, the cache was \
              empty, was not kept, or is another one",
        matters: Matters::Time,
        look: |world| Ok(hits(world)),
    },
    Check {
        id: "cache-lost",
        title: "Nothing is compiled twice with the same cache key",
        why: "a result that was there before had to be made again: -a, a cache that was cleaned, or several caches",
        matters: Matters::Time,
        look: |world| Ok(lost(world)),
    },
    Check {
        id: "cache-keys",
        title: "Builds agree on their settings",
        why: "each way to build (race, cover, tags, -X, a path that is not trimmed) has cache keys of its own: packages are \
              compiled, and programs linked, once for each of them",
        matters: Matters::Time,
        look: keys,
    },
    Check {
        id: "cache-debug",
        title: "The build cache is not being debugged",
        why: "GODEBUG=gocacheverify=1 compiles everything again to compare it, and gocachehash=1 prints every hash",
        matters: Matters::Time,
        look: |world| Ok(debug(world)),
    },
    Check {
        id: "cache-program",
        title: "GOCACHEPROG can be run",
        why: "go asks that program instead of the folder; where it cannot be started, nothing is built",
        matters: Matters::Correctness,
        look: program,
    },
];

/// A cache that is larger takes minutes to carry.
const LARGE: Bytes = Bytes(10 << 30);

/// Entries that nobody used for longer are gone the next time go looks, once a day.
const DAYS: u64 = 7;

fn entries(world: &World) -> Result<Result<&Entries, Answer>, Unknown> {
    let folder = world.build_cache()?;
    let absent = || Answer::not_applicable(format!("{} is not there yet: nothing was built", folder.display()));
    Ok(world.entries()?.ok_or_else(absent))
}

fn size(world: &World) -> Result<Answer, Unknown> {
    let folder = world.build_cache()?;
    let entries = match entries(world)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let mut seen = vec![format!(
        "{}: {}{} in {} entries",
        folder.display(),
        if entries.is_whole() { "" } else { "about " },
        entries.size,
        entries.count
    )];
    seen.extend(entries.oldest.map(|age| format!("the oldest entry was last used {} ago", age::words(age))));
    seen.extend(entries.trimmed.map(|age| format!("go last deleted what nobody uses {} ago", age::words(age))));
    let is_stale = entries.oldest.is_some_and(|age| age > Duration::from_hours(DAYS * 24));
    let mut answer = if entries.size > LARGE || (is_stale && entries.size > Bytes(LARGE.0 / 10)) {
        Answer::note(seen.remove(0)).mend("go clean -cache deletes all of it; a build makes again what it needs")
    } else {
        Answer::ok(seen.remove(0))
    };
    answer.seen.extend(seen);
    Ok(answer)
}

fn toolchains(world: &World) -> Result<Answer, Unknown> {
    let entries = match entries(world)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let own = world.go_env("GOVERSION")?.split(" X:").next().unwrap_or_default();
    let about = if entries.is_whole() { "" } else { "about " };
    let list: Vec<String> =
        entries.toolchains.iter().map(|(toolchain, size)| format!("{toolchain}: {about}{size} of archives")).collect();
    let others = entries.toolchains.iter().filter(|(toolchain, _)| !toolchain.starts_with(&format!("{own} ")));
    let others: Bytes = others.map(|(_, size)| *size).sum();
    let mut answer = match list.split_first() {
        None => return Ok(Answer::ok("it holds no archives yet")),
        Some((first, _)) if others > Bytes(LARGE.0 / 10) => {
            Answer::note(first).mend("one version of Go for all builds here, or go clean -cache after a change of it")
        }
        Some((first, _)) => Answer::ok(first),
    };
    answer.seen.extend(list.into_iter().skip(1));
    Ok(answer)
}

fn no_trace() -> Answer {
    Answer::not_applicable("only a trace tells: --trace trace.jsonl")
}

fn hits(world: &World) -> Answer {
    let Some(evidence) = world.evidence() else { return no_trace() };
    let (std, cached) = (evidence.std, evidence.cached);
    let compiled: u64 = evidence.compiles.values().map(|spent| spent.count).sum();
    let rate = format!(
        "of {} packages {cached} came from the cache ({})",
        Count(cached + compiled),
        Percent::of(cached, cached + compiled)
    );
    if std.count == 0 {
        return Answer::ok(format!("no package of it was compiled; {rate}"));
    }
    let seen = format!("{} of its packages were compiled; {rate}", std.count);
    let cost = Cost::of(std, |count| format!("compiling {count} packages of the standard library"));
    let how = "keep GOCACHE from run to run; the first build of a toolchain, of a target or with -a has to compile it";
    let is_ci = world.variable("CI").is_some();
    if is_ci { Answer::warn(seen) } else { Answer::note(seen) }.mend(how).costing(cost)
}

fn lost(world: &World) -> Answer {
    let Some(evidence) = world.evidence() else { return no_trace() };
    if evidence.lost.count == 0 {
        return Answer::ok("no package was compiled twice with the same key in the trace");
    }
    Answer::warn(format!("{} packages were compiled once more with a key that they had before", evidence.lost.count))
        .mend("no -a in GOFLAGS or scripts, one GOCACHE for all commands, no `go clean -cache` between them")
        .costing(Cost::of(evidence.lost, |count| format!("compiling {count} packages again")))
}

fn keys(world: &World) -> Result<Answer, Unknown> {
    let mut answers = Vec::new();
    if let Some(evidence) = world.evidence() {
        answers.extend(evidence.splits.iter().map(split));
    }
    let trimmed = flags::value(world.go_env("GOFLAGS")?, "trimpath").is_some_and(|value| value != "false");
    if world.variable("CI").is_some() && !trimmed {
        let directory = world.directory().display();
        answers.push(
            Answer::note(format!("GOFLAGS has no -trimpath, so keys of own packages hold {directory}"))
                .mend("GOFLAGS=-trimpath where runners have the sources in different places and share a cache"),
        );
    }
    let fine = if world.evidence().is_some() {
        "all builds of the trace had the same settings"
    } else {
        "nothing seen; --trace tells more"
    };
    Ok(Answer::worst(answers, fine))
}

/// A key beyond the first of a package, or of a program.
fn split(split: &Consequence) -> Answer {
    let seen = format!("{}, where only this differs: {}", split.repeated(), split.words());
    let advice = format!("{}, where they need not differ", split.merged_by().join(", "));
    let cost = Cost { time: split.cpu, what: split.repeated() };
    Answer::note(seen).mend(advice).costing(Some(cost))
}

fn debug(world: &World) -> Answer {
    let text = world.variable_text("GODEBUG").unwrap_or_default();
    let named = text.split(',').filter_map(|setting| setting.split_once('='));
    let on = named.filter(|(name, value)| name.starts_with("gocache") && *value == "1");
    let mend = if text.contains(',') { "take it out of GODEBUG" } else { "unset GODEBUG" };
    let answers = on.map(|(name, _)| Answer::warn(format!("GODEBUG has {name}=1")).mend(mend));
    Answer::worst(answers, "GODEBUG has no gocacheverify, gocachehash or gocachetest")
}

/// Words in one string, the first of which is the program.
fn program(world: &World) -> Result<Answer, Unknown> {
    let Some(Chosen { value, origin }) = Chosen::of("GOCACHEPROG", world) else {
        return Ok(Answer::not_applicable("GOCACHEPROG is not set"));
    };
    let version = world.go_env("GOVERSION")?;
    if Version::read(version).is_some_and(|version| !version.has(1, 24)) {
        let says = format!("GOCACHEPROG is {value}, {origin}, and {version} asks nobody, unless it was built to");
        return Ok(Answer::note(says).mend(origin.mend("GOCACHEPROG")));
    }
    let Some(name) = quoting::split(&value).and_then(|words| words.into_iter().next()) else {
        return Ok(Answer::error(format!("GOCACHEPROG is {value}, {origin}, in which a quote is not closed"))
            .mend(origin.mend("GOCACHEPROG")));
    };
    let is_there = if name.contains('/') { Path::new(&name).exists() } else { !world.in_path(&name).is_empty() };
    Ok(if is_there {
        Answer::note(format!("go asks {name} for what was built before"))
    } else {
        Answer::error(format!("GOCACHEPROG is {value}, {origin}, and there is no {name}"))
            .mend(origin.mend("GOCACHEPROG"))
    })
}
