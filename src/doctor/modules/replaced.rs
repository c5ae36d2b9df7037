//! `replace` with folders.
//!
//! Knows where they lead; does not know why.

use std::path::Path;

use super::files::{self, Module, Replace};
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::quoting::quoted;
use crate::doctor::repository;
use crate::doctor::world::World;

pub(super) fn local(world: &World) -> Result<Answer, Unknown> {
    world.go_env("GOMOD")?;
    let all = files::replaced(world);
    let folders: Vec<&Replace> = all.iter().filter(|replace| replace.new.version.is_none()).collect();
    if folders.is_empty() {
        return Ok(Answer::ok("nothing is replaced by a folder"));
    }
    let required = files::required(world);
    let found = folders.iter().filter_map(|replace| judged(replace, &required));
    Ok(Answer::worst(found, format!("{} replaced by folders that are here", folders.len())))
}

fn judged(replace: &Replace, required: &[Module]) -> Option<Answer> {
    let folder = replace.folder()?;
    let (old, new, file) = (&replace.old.path, &replace.new.path, replace.file.display());
    let says = format!("{file} replaces {old} by {new}");
    if !folder.join("go.mod").is_file() {
        let lack = if folder.is_dir() { "has no go.mod" } else { "is not there" };
        let answer = Answer::error(format!("{says}, which {lack}"));
        return Some(taken_back(replace, required).into_iter().fold(answer, Answer::mend));
    }
    let module = replace.file.parent()?;
    let root = repository::root(module)?;
    if !is_inside(&folder, &root) {
        let outside = format!("{says}, which is outside the repository {}", root.display());
        return Some(Answer::warn(outside).mend("move such lines into a go.work that is not checked in"));
    }
    // A go.work is nobody's but its own repository's.
    let tag = repository::version_tag(&root, module).filter(|_| replace.is_of_go_mod())?;
    let others =
        format!("{says}; who requires this module, as in {tag}, gets {old} itself, and `go install` of it fails");
    Some(Answer::note(others).mend("move such lines into a go.work"))
}

/// The commands that take such a line back. A version that was made up for it is nowhere to be had, and keeps go from asking
/// for another.
fn taken_back(replace: &Replace, required: &[Module]) -> Vec<String> {
    let (module, file) = (quoted(&replace.old.path), quoted(replace.file.display()));
    let line = quoted(named(replace));
    if !replace.is_of_go_mod() {
        return vec![format!("go work edit -dropreplace={line} {file}")];
    }
    let is_made_up = |version: &&String| *version == "v0.0.0" || version.starts_with("v0.0.0-00010101");
    let version = required.iter().find(|one| one.path == replace.old.path).and_then(|one| one.version.as_ref());
    match version.filter(is_made_up) {
        Some(version) => vec![
            format!("go mod edit -dropreplace={line} -droprequire={module} {file} && go get {module}"),
            format!(
                "or put the module into {} again, where there is no other: nobody has its {version}",
                replace.new.path
            ),
        ],
        None => vec![format!("go mod edit -dropreplace={line} {file}")],
    }
}

/// As `go mod edit` wants it.
fn named(replace: &Replace) -> String {
    match &replace.old.version {
        Some(version) => format!("{}@{version}", replace.old.path),
        None => replace.old.path.clone(),
    }
}

fn is_inside(folder: &Path, root: &Path) -> bool {
    matches!((folder.canonicalize(), root.canonicalize()), (Ok(folder), Ok(root)) if folder.starts_with(&root))
}
