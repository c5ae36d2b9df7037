//! The folders that go writes to, and whether it may.
//!
//! Knows rights and owners; does not know file systems.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::filesystem::{may_change, may_write, place};
use crate::doctor::quoting::quoted;
use crate::doctor::world::World;

/// A folder that go writes to.
#[derive(Debug)]
pub(super) struct Folder {
    /// What sets it, which is also how it is called.
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) role: Role,
}

/// What it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What was compiled.
    Cache,
    /// Sources of other modules.
    Modules,
    /// What is compiled right now.
    Temporary,
}

impl Folder {
    /// `GOCACHE, /home/me/.cache/go-build,`.
    pub(super) fn described(&self) -> String {
        format!("{} ({})", self.path.display(), self.name)
    }
}

/// Those that are known; another check tells of one that is not, or is relative.
pub(super) fn folders(world: &World) -> Result<Vec<Folder>, Unknown> {
    let (name, temporary) = world.temporary()?;
    let all = [
        ("GOCACHE", PathBuf::from(world.go_env("GOCACHE")?), Role::Cache),
        ("GOMODCACHE", PathBuf::from(world.go_env("GOMODCACHE")?), Role::Modules),
        (name, temporary, Role::Temporary),
    ];
    let known = all.into_iter().map(|(name, path, role)| Folder { name, path, role });
    Ok(known.filter(|folder| folder.path.is_absolute()).collect())
}

pub(super) fn writable(world: &World) -> Result<Answer, Unknown> {
    let folders = folders(world)?;
    let answers = folders.iter().map(one_writable).collect::<Result<Vec<_>, Unknown>>()?;
    let named: Vec<String> = folders.iter().map(Folder::described).collect();
    Ok(Answer::worst(answers, format!("all can be written: {}", named.join(", "))))
}

fn one_writable(folder: &Folder) -> Result<Answer, Unknown> {
    let exists = folder.path.is_dir();
    if folder.role == Role::Temporary && !exists {
        let answer = Answer::error(format!("{} is not there, and go does not make it", folder.described()));
        return Ok(answer.mend(format!("mkdir -p {}", quoted(folder.path.display()))));
    }
    let place = place(&folder.path)?;
    let Err(error) = may_write(&place.folder) else {
        return Ok(Answer::ok(""));
    };
    let seen = match exists {
        _ if place.mount.is_read_only() => {
            format!("{} is on {}, mounted read-only", folder.described(), place.mount.described())
        }
        true => format!("{} cannot be written: {error}; it belongs to {}", folder.described(), owner_of(&place.folder)),
        false => format!("{} cannot be made in {}: {error}", folder.described(), place.folder.display()),
    };
    // What is not there and cannot be made ends every build; a cache that has been filled can at least be read.
    let is_filled = folder.path.join("00").is_dir();
    let breaks = folder.role == Role::Temporary || (folder.role == Role::Cache && !is_filled);
    let answer = if breaks { Answer::error(seen) } else { Answer::warn(seen) };
    let set = match folder.role {
        Role::Temporary => {
            format!("export GOTMPDIR=FOLDER, one that can be written; or chown it: {}", folder.path.display())
        }
        Role::Cache | Role::Modules => format!("export {}=FOLDER, one that can be written; or chown it", folder.name),
    };
    Ok(answer.mend(set))
}

/// So many of the entries of a cache are looked at.
const MOST_ENTRIES: usize = 600;

pub(super) fn owner(world: &World) -> Result<Answer, Unknown> {
    let me = rustix::process::geteuid().as_raw();
    let caches = folders(world)?.into_iter().filter(|folder| folder.role != Role::Temporary && folder.path.is_dir());
    let caches: Vec<Folder> = caches.collect();
    if caches.is_empty() {
        return Ok(Answer::not_applicable("there are no caches yet"));
    }
    let answers = caches.iter().map(|folder| if me == 0 { left_by_root(folder) } else { foreign(folder, me) });
    Ok(Answer::worst(answers, format!("they belong to who builds, uid {me}")))
}

/// What root writes belongs to root, so who owns the cache cannot use it any more. In containers that is meant.
fn left_by_root(folder: &Folder) -> Answer {
    match folder.path.metadata().map(|meta| meta.uid()) {
        Ok(uid) if uid != 0 => Answer::note(format!(
            "{} belongs to uid {uid}, and root builds here: what it writes is root's",
            folder.described()
        ))
        .mend("build as who owns the cache, or give root one of its own: HOME=/root"),
        _ => Answer::ok(""),
    }
}

/// What is in a cache of ours and is somebody else's, whom we may not write to. Where the cache itself cannot be written,
/// another check says so.
fn foreign(folder: &Folder, me: u32) -> Answer {
    if may_write(&folder.path).is_err() {
        return Answer::ok("");
    }
    let entries = below(&folder.path);
    let is_foreign =
        |path: &&PathBuf| path.symlink_metadata().is_ok_and(|meta| meta.uid() != me) && may_use(path).is_err();
    let foreign: Vec<&PathBuf> = entries.iter().filter(is_foreign).collect();
    let Some(first) = foreign.first() else {
        return Answer::ok("");
    };
    let seen = format!(
        "in {} {} of the {} entries looked at cannot be written; {} belongs to {}",
        folder.described(),
        foreign.len(),
        entries.len(),
        first.display(),
        owner_of(first)
    );
    Answer::warn(seen).mend(format!("sudo chown -R \"$(id -u):$(id -g)\" {}", quoted(folder.path.display())))
}

fn may_use(path: &Path) -> Result<(), String> {
    if path.is_dir() { may_write(path) } else { may_change(path) }
}

/// The folders in it down to the third level, without following links, and the file that every download locks.
fn below(folder: &Path) -> Vec<PathBuf> {
    const LEVELS: usize = 3;
    let lock = folder.join("cache/lock");
    let mut found: Vec<PathBuf> = lock.exists().then_some(lock).into_iter().collect();
    let mut level = vec![folder.to_path_buf()];
    for _ in 0..LEVELS {
        let room = MOST_ENTRIES.saturating_sub(found.len());
        let entries = level.iter().filter_map(|path| fs::read_dir(path).ok()).flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        level = folders.map(|entry| entry.path()).take(room).collect();
        found.extend(level.iter().cloned());
    }
    found
}

fn owner_of(path: &Path) -> String {
    match path.symlink_metadata().map(|meta| meta.uid()) {
        Ok(0) => String::from("root"),
        Ok(uid) => format!("uid {uid}"),
        Err(error) => format!("nobody knows whom ({error})"),
    }
}
