//! What `go install` has put somewhere, and with which Go it was built.
//!
//! Knows what binaries say of themselves; does not run any of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::version::Version;
use crate::doctor::world::World;

/// Programs that read Go sources with the compiler's own front end, which knows the language as it was when they were built.
const ANALYSERS: [&str; 14] = [
    "deadcode",
    "dlv",
    "errcheck",
    "gocritic",
    "golangci-lint",
    "gopls",
    "gosec",
    "govulncheck",
    "mockery",
    "nilaway",
    "revive",
    "staticcheck",
    "stringer",
    "wire",
];

/// So many are looked at: who has more has put something else there.
const MOST_PROGRAMS: usize = 300;

/// So many are named.
const MOST_NAMES: usize = 8;

pub(super) fn installed_tools(world: &World) -> Result<Answer, Unknown> {
    let here = world.go_env("GOVERSION")?;
    let programs = programs(world)?;
    if programs.is_empty() {
        return Ok(Answer::not_applicable("go install has installed nothing"));
    }
    let built = built_with(world, &programs)?;
    let others: BTreeMap<&Path, &str> = built
        .iter()
        .filter(|(_, version)| *version != here)
        .map(|(path, version)| (path.as_path(), version.as_str()))
        .collect();
    if others.is_empty() {
        return Ok(Answer::ok(format!("{} programs, built with {here}", built.len())));
    }
    let wanted = language(world);
    let is_too_old = |path: &Path, version: &str| {
        let is_analyser = path.file_name().is_some_and(|name| ANALYSERS.iter().any(|analyser| name == *analyser));
        is_analyser
            && Version::read(version).is_some_and(|version| wanted.is_some_and(|wanted| version.language() < wanted))
    };
    let old: Vec<_> = others.iter().filter(|(path, version)| is_too_old(path, version)).collect();
    if let Some((major, minor)) = wanted.filter(|_| !old.is_empty()) {
        let first = Answer::warn(format!("the module is written in Go {major}.{minor}"));
        let answer = old
            .iter()
            .fold(first, |answer, (path, version)| answer.seen(format!("{} was built with {version}", path.display())));
        return Ok(answer.mend(format!("install them anew with {here}: go install PACKAGE@latest")));
    }
    let named = others.iter().take(MOST_NAMES).map(|(path, version)| format!("{} ({version})", path.display()));
    let answer = named.fold(
        Answer::note(format!("{} of {} were built with another Go than {here}", others.len(), built.len())),
        Answer::seen,
    );
    Ok(answer.mend("nothing, where they do what they should; else go install PACKAGE@latest"))
}

/// The language of the module or the workspace: what an analyser has to understand.
fn language(world: &World) -> Option<(u32, u32)> {
    let file = world.module().or_else(|_| world.workspace()).ok()?;
    Some(Version::read(file.get("Go")?.as_str()?)?.language())
}

/// What is in the folder of `go install`, and the analysers that are in PATH.
fn programs(world: &World) -> Result<Vec<PathBuf>, Unknown> {
    let mut found: Vec<PathBuf> = Vec::new();
    if let Some(folder) = world.bin_folder()? {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_PROGRAMS);
        found.extend(entries.map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    for analyser in ANALYSERS {
        found.extend(world.in_path(analyser).into_iter().next());
    }
    // The `go` and `gofmt` of an installation are of that installation.
    found.retain(|path| path.file_name().is_some_and(|name| name != "go" && name != "gofmt"));
    found.sort();
    found.dedup();
    Ok(found)
}

/// The Go that each was built with; what is not built with Go has none. It is not run.
fn built_with(world: &World, programs: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, Unknown> {
    let mut command = world.as_itself(&world.go()?, &["version"]);
    command.args(programs);
    // Of what is not built with Go it says so, and fails in the end.
    let said = ask(&mut command, PATIENCE)?;
    let mut built = Vec::new();
    for line in said.stdout.lines() {
        let found = programs.iter().find_map(|path| {
            let version = line.strip_prefix(path.to_str()?)?.strip_prefix(": ")?;
            Version::read(version).map(|_| (path.clone(), version.to_owned()))
        });
        built.extend(found);
    }
    Ok(built)
}
