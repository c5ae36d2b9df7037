//! go.work: which one is in effect, and what it uses.
//!
//! Knows folders; does not know what their modules require of one another.

use std::collections::VecDeque;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::files;
use crate::doctor::answer::{Answer, Unknown, few};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::filesystem::{plain, real};
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

/// As many folders as are looked into, and as deep.
const MOST_FOLDERS: usize = 4_000;
const DEEPEST: usize = 16;

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

/// What lies below a folder, but for what go passes over.
#[derive(Debug, Default)]
struct Below {
    /// Folders with a go.mod.
    modules: Vec<PathBuf>,
    /// Why these are not all, where they are not.
    cut: Option<String>,
}

impl Below {
    fn of(base: &Path) -> Self {
        // Folder by folder downwards: one of many folders keeps none beside it from being looked into.
        let mut ahead = VecDeque::from([(plain(base), 0)]);
        let (mut found, mut seen) = (Self::default(), 0);
        while let Some((folder, depth)) = ahead.pop_front() {
            if seen == MOST_FOLDERS {
                found.cut = Some(format!("only the first {MOST_FOLDERS} folders below it were looked into"));
                break;
            }
            seen += 1;
            if folder.join("go.mod").is_file() {
                found.modules.push(folder.clone());
            }
            let inside = folders_in(&folder);
            if depth < DEEPEST {
                ahead.extend(inside.into_iter().map(|folder| (folder, depth + 1)));
            } else if !inside.is_empty() {
                found.cut = Some(format!("only {DEEPEST} folders deep was looked below it"));
            }
        }
        found.modules.sort();
        found
    }

    /// Where not everything was seen, that is said.
    fn told(&self, answer: Answer) -> Answer {
        self.cut.iter().fold(answer, Answer::seen)
    }
}

/// In the order of their names.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let folders = folders.filter(|entry| !passed_over(&entry.file_name().to_string_lossy()));
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn passed_over(name: &str) -> bool {
    name.starts_with(['.', '_']) || ["vendor", "testdata", "node_modules"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::{Below, DEEPEST, MOST_FOLDERS};

    #[test]
    fn the_walk_over_a_large_folder_ends_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let make = |range: std::ops::Range<usize>| {
            range.for_each(|number| std::fs::create_dir(folder.path().join(number.to_string())).expect("a folder"));
        };
        make(0..MOST_FOLDERS - 1);
        assert_eq!(Below::of(folder.path()).cut, None);
        make(MOST_FOLDERS - 1..MOST_FOLDERS);
        assert!(Below::of(folder.path()).cut.is_some());
    }

    #[test]
    fn modules_far_below_are_found_and_where_they_may_be_farther_it_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = |depth: usize| folder.path().join(vec!["d"; depth].join("/"));
        std::fs::create_dir_all(deep(DEEPEST)).expect("folders");
        std::fs::write(deep(6).join("go.mod"), "").expect("a go.mod");
        assert_eq!((Below::of(folder.path()).modules.len(), Below::of(folder.path()).cut), (1, None));
        std::fs::create_dir(deep(DEEPEST + 1)).expect("a folder");
        assert!(Below::of(folder.path()).cut.is_some());
    }

    #[test]
    fn a_folder_with_many_in_it_hides_no_module_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        for large in ["a", "z"] {
            for number in 0..MOST_FOLDERS {
                std::fs::create_dir_all(folder.path().join(large).join(number.to_string())).expect("a folder");
            }
        }
        std::fs::create_dir(folder.path().join("m")).expect("a folder");
        std::fs::write(folder.path().join("m/go.mod"), "").expect("a go.mod");
        assert_eq!(Below::of(folder.path()).modules, [folder.path().join("m")]);
    }
}
