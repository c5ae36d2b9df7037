//! go.work: which one is in effect, and what it uses.
//!
//! Knows folders; does not know what their modules require of one another.

use std::path::{Component, Path, PathBuf};

use super::files;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::filesystem::real;
use crate::doctor::quoting::quoted;
use crate::doctor::repository;
use crate::doctor::world::World;

pub(super) fn scope(world: &World) -> Result<Answer, Unknown> {
    let Some(file) = world.go_work()? else {
        return Ok(match world.go_env("GOWORK")? {
            "off" => Answer::ok("GOWORK is off"),
            _ => Answer::not_applicable("no go.work is in effect"),
        });
    };
    let folder = file.parent().unwrap_or(Path::new("/"));
    // Of one that cannot be read nobody knows what it uses.
    world.workspace()?;
    let here = world.go_mod()?.and_then(Path::parent);
    if let Some(here) = here.filter(|here| !uses(world, folder, here)) {
        let says = format!("{} is in effect, and does not use {}", file.display(), here.display());
        return Ok(Answer::error(says)
            .seen("go builds no package of this module by its folder")
            .mend("GOWORK=off go build ./...")
            .mend(format!("cd {} && go work use {}", quoted(folder.display()), quoted(here.display()))));
    }
    let says = format!("{} is in effect", file.display());
    let root = repository::root(world.directory());
    if root.is_none_or(|root| folder.starts_with(root)) {
        return Ok(Answer::ok(says));
    }
    let outside = format!("{says}, and is outside the repository: builds elsewhere have no such file");
    Ok(Answer::note(outside).mend("GOWORK=off go build ./..., to build as others do"))
}

/// Whether the workspace uses the module of a folder.
fn uses(world: &World, base: &Path, module: &Path) -> bool {
    let used = files::used(world).unwrap_or_default();
    used.iter().any(|folder| real(&base.join(folder)) == real(module))
}

pub(super) fn used(world: &World) -> Result<Answer, Unknown> {
    let Some(file) = world.go_work()? else {
        return Ok(Answer::not_applicable("no go.work is in effect"));
    };
    let base = file.parent().unwrap_or(Path::new("/"));
    let used = files::used(world)?;
    let lost: Vec<Answer> = used.iter().filter_map(|folder| lost(file, base, folder)).collect();
    if !lost.is_empty() {
        return Ok(Answer::worst(lost, ""));
    }
    let known: Vec<PathBuf> = used.iter().map(|folder| plain(&base.join(folder))).collect();
    let others: Vec<PathBuf> = modules_below(base).into_iter().filter(|folder| !known.contains(folder)).collect();
    let Some(first) = others.first() else {
        return Ok(Answer::ok(format!("{} uses {} folders, and each has a module", file.display(), used.len())));
    };
    let names: Vec<String> = others.iter().map(|folder| folder.display().to_string()).collect();
    Ok(Answer::note(format!("{} does not use these modules below it: {}", file.display(), names.join(", ")))
        .mend(format!("go work use {}, or GOWORK=off for builds there", quoted(first.display()))))
}

/// What is wrong with a folder that go.work uses.
fn lost(file: &Path, base: &Path, folder: &str) -> Option<Answer> {
    if base.join(folder).join("go.mod").is_file() {
        return None;
    }
    let says = format!("{} uses {folder}", file.display());
    let drop = format!("go work edit -dropuse={} {}", quoted(folder), quoted(file.display()));
    if folder.contains('\\') {
        let slashes = folder.replace('\\', "/");
        let answer = Answer::error(format!("{says}: a path with backslashes is one on Windows alone"));
        return Some(answer.mend(format!(
            "{drop} && go work edit -use={} {}",
            quoted(slashes),
            quoted(file.display())
        )));
    }
    let lack = if base.join(folder).is_dir() { "has no go.mod" } else { "is not there" };
    Some(Answer::error(format!("{says}, which {lack}")).mend(drop))
}

/// As many folders as are looked into, and as deep.
const MOST_FOLDERS: usize = 4_000;
const DEEPEST: usize = 4;

/// Folders with a go.mod below a folder, but for those that go passes over.
fn modules_below(base: &Path) -> Vec<PathBuf> {
    let mut ahead = vec![(plain(base), 0)];
    let (mut found, mut seen) = (Vec::new(), 0);
    while let Some((folder, depth)) = ahead.pop() {
        seen += 1;
        if folder.join("go.mod").is_file() {
            found.push(folder.clone());
        }
        if depth == DEEPEST || seen > MOST_FOLDERS {
            continue;
        }
        let entries = folder.read_dir().into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let taken = folders.filter(|entry| !passed_over(&entry.file_name().to_string_lossy()));
        ahead.extend(taken.map(|entry| (entry.path(), depth + 1)));
    }
    found.sort();
    found
}

fn passed_over(name: &str) -> bool {
    name.starts_with(['.', '_']) || ["vendor", "testdata", "node_modules"].contains(&name)
}

/// Without `.` and `..` in the midst, by their names alone.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            _ => plain.push(part),
        }
        plain
    })
}
