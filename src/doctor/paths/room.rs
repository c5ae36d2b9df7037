//! What the folders that go writes to are on: which file systems, with how much room.
//!
//! Knows what go needs of them; does not know how that is found out.

use super::folders::{Folder, Role, folders};
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::filesystem::{Nature, Place, place};
use crate::doctor::version::Version;
use crate::doctor::world::World;
use crate::units::{Bytes, Count};

pub(super) fn file_system(world: &World) -> Result<Answer, Unknown> {
    let mut answers = vec![of_sources(&place(world.directory())?)];
    for folder in folders(world)? {
        answers.push(of_folder(&folder, &place(&folder.path)?));
    }
    Ok(Answer::worst(answers, "sources, caches and temporary folder are on local file systems"))
}

fn of_sources(place: &Place) -> Answer {
    let seen = || format!("the sources are on {}", place.mount.described());
    match place.mount.nature() {
        Nature::Windows => Answer::warn(format!("{}, a drive of Windows", seen()))
            .mend("keep the sources in the file system of Linux, as in ~/src"),
        Nature::Network | Nature::Host => {
            Answer::note(seen()).mend("build from a copy on a local disk, as of git clone")
        }
        Nature::Local | Nature::Memory => Answer::ok(""),
    }
}

fn of_folder(folder: &Folder, place: &Place) -> Answer {
    let seen = || format!("{} is on {}", folder.described(), place.mount.described());
    let name = if folder.role == Role::Temporary { "GOTMPDIR" } else { folder.name };
    let local = format!("export {name}=FOLDER, one on a local disk");
    match place.mount.nature() {
        Nature::Local => Answer::ok(""),
        // That a temporary folder is in memory is the custom.
        Nature::Memory if folder.role == Role::Temporary => Answer::ok(""),
        Nature::Memory => Answer::note(format!("{}: it takes memory, and is gone after a restart", seen())).mend(local),
        Nature::Network => Answer::warn(format!("{}, another machine", seen())).mend(local),
        Nature::Windows => Answer::warn(format!("{}, a drive of Windows", seen())).mend(local),
        Nature::Host => Answer::note(format!("{}, shared by the host", seen())).mend(local),
    }
}

/// A link of a large program writes as much at once.
const LITTLE: Bytes = Bytes(512 << 20);
/// Not even small builds get through with less.
const NOTHING: Bytes = Bytes(64 << 20);
/// The standard library alone makes some thousand files in a cache.
const FEW_FILES: u64 = 10_000;
const NO_FILES: u64 = 1_000;

pub(super) fn space(world: &World) -> Result<Answer, Unknown> {
    let mut answers = Vec::new();
    let mut told = Vec::new();
    for folder in folders(world)? {
        let place = place(&folder.path)?;
        answers.push(room(&folder, &place));
        told.push(format!("{} free for {}", place.free, folder.described()));
    }
    Ok(Answer::worst(answers, told.join(", ")))
}

fn room(folder: &Folder, place: &Place) -> Answer {
    // A file system that is as small as this by design, and read-only, is not full.
    if place.mount.is_read_only() {
        return Answer::ok("");
    }
    let on = format!("on {}", place.mount.described());
    let mend = match folder.role {
        Role::Cache => String::from("go clean -cache, or make room there"),
        Role::Modules => String::from("go clean -modcache, or make room there"),
        Role::Temporary => String::from("make room there, or export GOTMPDIR=FOLDER, one with room"),
    };
    let bytes = (place.free < LITTLE).then(|| {
        let seen = format!("{} has {} left {on}", folder.described(), place.free);
        let ends_builds = place.free < NOTHING && folder.role != Role::Cache;
        if ends_builds { Answer::error(seen) } else { Answer::warn(seen) }
    });
    let files = place.free_files.filter(|files| *files < FEW_FILES).map(|files| {
        let seen = format!("{} has room for {} more files {on}", folder.described(), Count(files));
        if files < NO_FILES { Answer::error(seen) } else { Answer::warn(seen) }
    });
    Answer::worst([bytes, files].into_iter().flatten().map(|answer| answer.mend(mend.clone())), "")
}

pub(super) fn programs(world: &World) -> Result<Answer, Unknown> {
    // Since then what go run and go tool build is kept in the cache, and run from there.
    let from_cache = Version::read(world.go_env("GOVERSION")?).is_some_and(|version| version.has(1, 24));
    let mut answers = Vec::new();
    for folder in folders(world)? {
        let runs = match folder.role {
            Role::Temporary => "go run and go test run programs from there",
            Role::Cache if from_cache => "go run and go tool run programs from there",
            Role::Cache | Role::Modules => continue,
        };
        let mount = place(&folder.path)?.mount;
        if mount.is_without_programs() {
            let name = if folder.role == Role::Temporary { "GOTMPDIR" } else { folder.name };
            let seen = format!("{} is on {}, mounted noexec; {runs}", folder.described(), mount.described());
            answers.push(Answer::error(seen).mend(format!("export {name}=FOLDER, one that is not on such a mount")));
        }
    }
    Ok(Answer::worst(answers, "none of the folders is mounted noexec"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::doctor::answer::Verdict;
    use crate::doctor::filesystem::place_of_line;

    /// For the sources, the build cache and the temporary folder. No such mounts can be made in a test of the program.
    #[track_caller]
    fn expect(mount: &str, sources: Verdict, cache: Verdict, temporary: Verdict) {
        let place = place_of_line(&format!("36 25 0:50 / /place rw - {mount}")).expect("a line of mountinfo");
        let folder = |name, role| Folder { name, path: PathBuf::from("/place"), role };
        let found = [
            of_sources(&place),
            of_folder(&folder("GOCACHE", Role::Cache), &place),
            of_folder(&folder("GOTMPDIR", Role::Temporary), &place),
        ];
        assert_eq!(found.map(|answer| answer.verdict), [sources, cache, temporary], "{mount}");
    }

    #[test]
    fn what_is_far_away_is_bad_for_caches_and_drives_of_windows_for_everything() {
        use Verdict::{Note, Ok, Warn};
        expect("ext4 /dev/sda1 rw", Ok, Ok, Ok);
        expect("tmpfs none rw", Ok, Note, Ok);
        expect("nfs4 server:/home rw", Note, Warn, Warn);
        expect("fuse.sshfs me@server: rw", Note, Warn, Warn);
        expect("virtiofs share rw", Note, Note, Note);
        expect("9p C: rw,aname=drvfs;path=C:", Warn, Warn, Warn);
    }
}
