//! go.work: which one is in effect, and what it uses.
//!
//! Knows folders; does not know what their modules require of one another.

use std::fs::DirEntry;
use std::path::Path;

use super::below::Below;
use super::files;
use crate::doctor::answer::{Answer, Unknown, few};
use crate::doctor::ask::{PATIENCE, ask};
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
    if let Some(here) = here.filter(|here| !uses(world, here)) {
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
fn uses(world: &World, module: &Path) -> bool {
    world.used_folders().unwrap_or_default().iter().any(|folder| real(folder) == real(module))
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
    if let Some(answer) = refused(world)? {
        return Ok(answer);
    }
    let known = world.used_folders()?;
    let below = Below::of(base);
    let mut others = below.modules.iter().filter(|folder| !known.contains(folder)).peekable();
    let Some(first) = others.peek().copied() else {
        let answer = Answer::ok(format!("{} uses {} folders, and each has a module", file.display(), used.len()));
        return Ok(below.told(answer));
    };
    let names: Vec<String> = others.map(|folder| folder.display().to_string()).collect();
    let answer = Answer::note(format!("{} does not use these modules below it: {}", file.display(), names.join(", ")));
    Ok(below.told(answer.mend(format!("go work use {}, or GOWORK=off for builds there", quoted(first.display())))))
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

/// What go says of modules that do not go together, where it does; then no go command works in any of them.
fn refused(world: &World) -> Result<Option<Answer>, Unknown> {
    const ABOUT: [&str; 3] =
        ["but go.work lists go", "appears multiple times in workspace", "conflicting replacements"];
    let said = ask(&mut world.go_command(&["list", "unsafe"])?, PATIENCE)?;
    let mut lines = said.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next().filter(|line| !said.status.success() && ABOUT.iter().any(|it| line.contains(it)))
    else {
        return Ok(None);
    };
    // Behind it stand the command that mends it, or the lines that contradict each other.
    let answer = lines.take(8).fold(Answer::error(first.trim_start_matches("go: ")), |answer, line| {
        if line.starts_with("go ") { answer.mend(line) } else { answer.seen(line) }
    });
    Ok(Some(answer))
}

/// Whoever starts in a wrong folder would learn from all the other checks that there is nothing to look at.
pub(super) fn module(world: &World) -> Result<Answer, Unknown> {
    if let Some(file) = world.go_mod()?.or(world.go_work()?) {
        return Ok(Answer::ok(format!("{} is in effect", file.display())));
    }
    let here = world.directory();
    let is_source = |entry: &DirEntry| entry.path().extension().is_some_and(|extension| extension == "go");
    if here.read_dir().is_ok_and(|entries| entries.flatten().any(|entry| is_source(&entry))) {
        return Ok(Answer::note(format!(
            "{} has Go sources, and no go.mod, nor has a folder above it",
            here.display()
        ))
        .mend("go mod init example.com/NAME, in the folder that is to be the module's"));
    }
    let below = Below::of(here);
    let Some(first) = below.modules.first() else {
        return Ok(Answer::not_applicable("there is no module here, nor below"));
    };
    let names = few(below.modules.iter().map(|folder| folder.display().to_string()));
    Ok(Answer::note(format!("there is no module here; below are {names}"))
        .mend(format!("gotrace doctor {}", quoted(first.display())))
        .mend("go work init, and go work use for each of them, to build them from here"))
}
