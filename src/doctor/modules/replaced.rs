//! `replace` with folders.
//!
//! Knows where they lead; does not know why.

use std::path::Path;

use super::files::{self, Replace};
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
    let found = folders.iter().filter_map(|replace| judged(replace));
    Ok(Answer::worst(found, format!("{} replaced by folders that are here", folders.len())))
}

fn judged(replace: &Replace) -> Option<Answer> {
    let folder = replace.folder()?;
    let (old, new, file) = (&replace.old.path, &replace.new.path, replace.file.display());
    let says = format!("{file} replaces {old} by {new}");
    if !folder.join("go.mod").is_file() {
        let lack = if folder.is_dir() { "has no go.mod" } else { "is not there" };
        let verb = if replace.file.file_name().is_some_and(|name| name == "go.work") { "work" } else { "mod" };
        let drop = format!("go {verb} edit -dropreplace={} {}", named(replace), quoted(file));
        return Some(Answer::error(format!("{says}, which {lack}")).mend(drop));
    }
    let root = repository::root(replace.file.parent()?)?;
    if !is_inside(&folder, &root) {
        let outside = format!("{says}, which is outside the repository {}", root.display());
        return Some(Answer::warn(outside).mend("move such lines into a go.work that is not checked in"));
    }
    // A go.work is nobody's but its own repository's.
    let is_module = replace.file.file_name().is_some_and(|name| name == "go.mod");
    let tag = repository::version_tag(&root).filter(|_| is_module)?;
    let others =
        format!("{says}; who requires this module, as in {tag}, gets {old} itself, and `go install` of it fails");
    Some(Answer::note(others).mend("move such lines into a go.work"))
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
