//! Files of the module: what tools, checkouts and other machines make of them.
//!
//! Knows names, sizes and times; does not know what the sources mean.

mod embedded;
mod latency;
mod text;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::age;
use super::answer::{Answer, Cost, few};
use super::check::{Check, Matters};
use super::quoting::quoted;
use super::tree::{File, Sign, Tree};
use super::world::World;
use crate::units::Bytes;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "byte-order-mark",
        title: "Files begin without a byte order mark",
        why: "editors do not show it; go.mod cannot be read with one, a script not be run, JSON not be parsed, and a \
              //go:generate in the first line is passed over in silence",
        matters: Matters::Correctness,
        look: |world| Ok(of_tree(world, text::marks)),
    },
    Check {
        id: "line-endings",
        title: "Lines end alike in every checkout",
        why: "cache keys are hashes of bytes: a checkout with CR LF shares nothing with one without, embeds other bytes, and \
              its scripts do not run",
        matters: Matters::Reproducibility,
        look: |world| Ok(of_tree(world, text::line_endings)),
    },
    Check {
        id: "large-sources",
        title: "No source is very large",
        why: "a package is compiled as a whole, and whatever imports it waits; a large source takes memory in proportion",
        matters: Matters::Time,
        look: |world| Ok(of_tree(world, large_sources)),
    },
    Check {
        id: "case-collisions",
        title: "No two names differ in case alone",
        why: "macOS and Windows have room for one of the two only, and go refuses two such packages or sources in one build",
        matters: Matters::Correctness,
        look: |world| Ok(of_tree(world, case_collisions)),
    },
    Check {
        id: "future-files",
        title: "No file is newer than the clock",
        why: "go trusts no file that was changed less than two seconds ago: a test that opens one is never taken from the \
              cache, and its package is read anew by each go command",
        matters: Matters::Time,
        look: |world| Ok(of_tree(world, future_files)),
    },
    Check {
        id: "embedded-trees",
        title: "What is embedded is small",
        why: "each embedded file is hashed to find out whether anything changed, compiled into an archive, kept in the cache \
              and copied into each program, again for each variant",
        matters: Matters::Time,
        look: embedded::trees,
    },
    Check {
        id: "file-latency",
        title: "Files of the cache and the temp folder are opened at once",
        why: "a build opens a file or two for each package and each source: a virus scanner or a server that adds a \
              millisecond to each adds seconds to all builds, also to those that have nothing to do",
        matters: Matters::Time,
        look: latency::latency,
    },
];

fn large_sources(world: &World, tree: &Tree) -> Answer {
    const LARGE: u64 = 1 << 20;
    const HUGE: u64 = 10 << 20;
    let is_source = |file: &&File| file.is("go") && !file.path.iter().any(|part| part == "testdata");
    let mut large: Vec<&File> = tree.files.iter().filter(is_source).filter(|file| file.bytes >= LARGE).collect();
    large.sort_by_key(|file| std::cmp::Reverse(file.bytes));
    let answers = large.iter().map(|file| {
        let generated = if file.shows(Sign::Generated) { ", generated" } else { "" };
        let seen = format!("{}: {}{generated}", file.path.display(), Bytes(file.bytes));
        let answer = if file.bytes >= HUGE { Answer::warn(seen) } else { Answer::note(seen) };
        answer
            .mend("put it into a package of its own that little imports; tables of data: go:embed compiles in no time")
            .costing(compiled(world, tree, file))
    });
    with_cut(Answer::worst(answers, format!("no Go source of {} or more", Bytes(LARGE))), tree)
}

/// What the compile of its package cost.
fn compiled(world: &World, tree: &Tree, file: &File) -> Option<Cost> {
    let compiles = &world.evidence()?.compiles;
    let folder = tree.root.join(file.path.parent()?);
    let package =
        world.packages().ok()?.iter().find(|package| package["Dir"].as_str().map(Path::new) == Some(&folder))?;
    let package = package["ImportPath"].as_str()?;
    Cost::of(*compiles.get(package)?, |_| format!("compiling {package}"))
}

fn case_collisions(_: &World, tree: &Tree) -> Answer {
    let mut alike: BTreeMap<(&Path, String), Vec<&Path>> = BTreeMap::new();
    for path in tree.files.iter().map(|file| &file.path).chain(&tree.folders) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        alike.entry((path.parent().unwrap_or(Path::new("")), name)).or_default().push(path);
    }
    let answers = alike.into_values().filter(|paths| paths.len() > 1).map(|paths| {
        let seen = few(paths.iter().map(|path| path.display().to_string()));
        let is_source =
            paths.iter().all(|path| path.extension().is_some_and(|own| own == "go") && !is_passed_over(path));
        let is_folder = paths.iter().any(|path| tree.root.join(path).is_dir());
        let answer = match (is_source, is_folder) {
            (_, true) => Answer::warn(format!("{seen}: folders")),
            (true, false) => Answer::error(format!("{seen}: go refuses to build both")),
            (false, false) => Answer::note(seen),
        };
        answer.mend("rename all but one, with git mv in two steps where the file system cannot tell them apart")
    });
    with_cut(Answer::worst(answers, format!("all {} names differ", tree.files.len() + tree.folders.len())), tree)
}

/// Whether go looks for no packages there.
fn is_passed_over(path: &Path) -> bool {
    let names = path.iter().map(|name| name.to_string_lossy());
    names.into_iter().any(|name| name == "testdata" || name.starts_with(['.', '_']))
}

fn future_files(_: &World, tree: &Tree) -> Answer {
    let now = SystemTime::now();
    // Whatever is written while we look is not of the future.
    let ahead = |file: &File| file.modified?.duration_since(now).ok().filter(|ahead| *ahead > Duration::from_secs(2));
    let newer: Vec<(&File, Duration)> = tree.files.iter().filter_map(|file| Some((file, ahead(file)?))).collect();
    let Some(furthest) = newer.iter().map(|(_, ahead)| *ahead).max() else {
        return with_cut(Answer::ok(format!("none of {} files is", tree.files.len())), tree);
    };
    let names = few(newer.iter().map(|(file, _)| file.path.display().to_string()));
    let (count, all, furthest) = (newer.len(), tree.files.len(), age::words(furthest));
    let answer = Answer::warn(format!("{count} of {all} files, by up to {furthest}: {names}"));
    let folders: Vec<String> = tree.modules.iter().map(|folder| quoted(folder.display())).collect();
    let touch = format!("find {} -type f -newermt now -exec touch {{}} +", folders.join(" "));
    with_cut(answer.mend(format!("set the clock, where that is wrong; else {touch}")), tree)
}

/// What is found among the files, where there is a module.
fn of_tree(world: &World, look: fn(&World, &Tree) -> Answer) -> Answer {
    world.tree().map_or_else(no_module, |tree| look(world, tree))
}

fn no_module() -> Answer {
    Answer::not_applicable("there is no module here")
}

/// Where not everything was seen, that is said.
fn with_cut(answer: Answer, tree: &Tree) -> Answer {
    match &tree.cut {
        None => answer,
        Some(why) => answer.seen(why),
    }
}
