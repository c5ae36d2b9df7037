//! Which go, and whether its parts belong together.
//!
//! Knows PATH, GOROOT and what toolchains say of themselves.

use std::path::{Path, PathBuf};

use super::answer::{Answer, Unknown};
use super::check::{Check, Matters};
use super::world::World;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "go-in-path",
        title: "One go in PATH",
        why: "which go builds depends on the order of PATH, which an IDE, conda or a snap may have changed: another Go \
              compiles everything anew, and may not compile it at all",
        matters: Matters::Correctness,
        look: go_in_path,
    },
    Check {
        id: "goroot",
        title: "GOROOT is that of the go that runs",
        why: "GOROOT in the environment makes go use the tools and the standard library of another installation, which \
              are of another version or are gone",
        matters: Matters::Correctness,
        look: goroot,
    },
];

fn go_in_path(world: &World) -> Result<Answer, Unknown> {
    let all = world.in_path("go");
    let Some(winner) = all.first() else {
        return Ok(Answer::error("there is no go in PATH")
            .mend("install Go from https://go.dev/dl and put its bin folder into PATH"));
    };
    // Several names of one program are one go.
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let others: Vec<&PathBuf> = all.iter().filter(|path| real(path) != real(winner)).collect();
    let first = format!("{} is {}", winner.display(), version(world, winner)?);
    if others.is_empty() {
        return Ok(Answer::ok(first));
    }
    let mut answer = Answer::warn(format!("{first}, and comes first"));
    for other in others {
        let is = version(world, other).unwrap_or_else(|Unknown(why)| format!("not known: {why}"));
        answer = answer.seen(format!("{} is {is}", other.display()));
    }
    Ok(answer.mend("take the others out of PATH, or uninstall them"))
}

/// What a go binary says it is, without a module that sends it elsewhere.
fn version(world: &World, go: &Path) -> Result<String, Unknown> {
    let said = world.ask(go, &["version"])?.fine(&format!("{} version", go.display()))?;
    Ok(said.trim().trim_start_matches("go version ").to_owned())
}

fn goroot(world: &World) -> Result<Answer, Unknown> {
    let go = world.go()?;
    let Some(set) = world.variable("GOROOT") else {
        return Ok(Answer::ok("GOROOT is not set, so go finds its own"));
    };
    let own = go.canonicalize().ok().and_then(|go| Some(go.parent()?.parent()?.to_path_buf()));
    let own = own.ok_or_else(|| Unknown(format!("{} has no folder above its own", go.display())))?;
    let set = Path::new(set);
    if set.canonicalize().is_ok_and(|set| set == own) {
        return Ok(Answer::ok(format!("GOROOT is {}, where go is", set.display())));
    }
    Ok(Answer::error(format!("GOROOT is {}, and go is in {}", set.display(), own.display())).mend("unset GOROOT"))
}
