//! Which go, and whether it runs at all.
//!
//! Knows PATH; does not know what else belongs to a go.

use std::path::{Path, PathBuf};

use super::origin::origin;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::ask::{PATIENCE, Silence, ask};
use crate::doctor::filesystem::real;
use crate::doctor::world::World;

const INSTALL: &str = "install Go from https://go.dev/dl and put its bin folder into PATH";

pub(super) fn go_runs(world: &World) -> Result<Answer, Unknown> {
    let go = world.go()?;
    let said = match ask(&mut world.as_itself(&go, &["version"]), PATIENCE) {
        Ok(said) => said,
        // As where it is for another machine, or needs a loader that is not here.
        Err(Silence::NotStarted(Unknown(why))) => return Ok(Answer::error(why).mend(INSTALL)),
        Err(Silence::NoRoom(why) | Silence::Hangs(why)) => return Err(why),
    };
    match said.fine(&format!("{} version", go.display())) {
        Ok(version) => Ok(Answer::ok(format!("{} says: {}", go.display(), version.trim()))),
        // It is a good one then.
        Err(Unknown(why)) if why.contains("failed to create new OS thread") => {
            Ok(Answer::error(why).mend("raise the limit of processes and threads: ulimit -u, pids.max of the cgroup"))
        }
        Err(Unknown(why)) => Ok(Answer::error(why).mend(INSTALL)),
    }
}

pub(super) fn go_in_path(world: &World) -> Result<Answer, Unknown> {
    let all = world.in_path("go");
    let Some(path) = all.first() else {
        return Ok(Answer::error("there is no go in PATH").mend(INSTALL));
    };
    let winner = Installed::look(world, path)?;
    let first = format!("{} is {}", described(path), winner.version);
    let others: Vec<_> = all[1..].iter().filter(|other| real(other) != real(path)).collect();
    let others: Vec<_> = others.into_iter().map(|other| (other, Installed::look(world, other))).collect();
    // A shim of asdf, goenv or mise and the go that it starts are one.
    let is_another =
        |other: &Result<Installed, Unknown>| other.as_ref().map_or(true, |other| other.root != winner.root);
    let answers = others.into_iter().filter(|(_, other)| is_another(other)).map(|(path, other)| match other {
        Ok(other) if other.version == winner.version => {
            Answer::note(format!("{} is {} as well, in {}", described(path), other.version, other.root.display()))
        }
        Ok(other) => Answer::warn(format!("{} is {}", described(path), other.version)),
        Err(Unknown(why)) => Answer::warn(format!("{} is not known: {why}", described(path))),
    });
    let mut answer =
        Answer::worst(answers.map(|answer| answer.mend("take the others out of PATH, or uninstall them")), "");
    if answer.mend.is_empty() {
        return Ok(Answer::ok(first));
    }
    answer.seen.insert(0, format!("{first}, and comes first"));
    Ok(answer)
}

/// What a go says of itself.
struct Installed {
    version: String,
    root: PathBuf,
}

impl Installed {
    /// Without a module or a variable that sends it elsewhere.
    fn look(world: &World, go: &Path) -> Result<Self, Unknown> {
        let asked = format!("{} env", go.display());
        let said = ask(&mut world.as_itself(go, &["env", "GOVERSION", "GOROOT"]), PATIENCE)?.fine(&asked)?;
        let (version, root) = said.trim().split_once('\n').ok_or_else(|| Unknown(format!("{asked}: {said}")))?;
        Ok(Self { version: version.to_owned(), root: real(Path::new(root)) })
    }
}

fn described(go: &Path) -> String {
    match origin(go) {
        Some(who) => format!("{} (from {who})", go.display()),
        None => go.display().to_string(),
    }
}
