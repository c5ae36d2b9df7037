//! What builds lack where cgo is off.
//!
//! Knows what go leaves out; why cgo is off, go and whoever set it know.

use std::collections::BTreeSet;

use super::packages::{self, Owner, Package};
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::world::World;

/// Nobody asked for it: there is no compiler, or the target is another.
pub(super) fn switched_off(world: &World, compiler: &str) -> Result<Answer, Unknown> {
    let target = [world.go_env("GOOS")?, world.go_env("GOARCH")?];
    let host = [world.go_env("GOHOSTOS")?, world.go_env("GOHOSTARCH")?];
    let (why, mend) = if target == host {
        (
            format!("go has switched cgo off, because there is no {compiler}"),
            String::from("install a C compiler, or set CC"),
        )
    } else {
        let why = format!(
            "go has switched cgo off, because builds are for {} and this is {}",
            target.join("/"),
            host.join("/")
        );
        (why, String::from("CGO_ENABLED=1, and CC set to a compiler for that"))
    };
    left_out(world, Off::ByGo, why, &mend)
}

/// Who switched cgo off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Off {
    ByGo,
    BySomebody,
}

/// What builds lack without cgo.
pub(super) fn left_out(world: &World, off: Off, why: String, mend: &str) -> Result<Answer, Unknown> {
    let importing = packages::importing_c(world)?;
    let others: Vec<&Package> = importing.iter().filter(|package| package.owner != Owner::Go).collect();
    if others.is_empty() {
        return Ok(Answer::ok(format!("{why}; no package here imports C")));
    }
    let complaints = world.complaints()?;
    let found: Result<Vec<Answer>, Unknown> =
        others.into_iter().map(|package| judged(world, off, package, &complaints)).collect();
    let worst = Answer::worst(found?, "");
    Ok(Answer { seen: [vec![why], worst.seen].concat(), ..worst }.mend(mend))
}

/// Go, of a package of which no file is left.
const EXCLUDED: &str = "build constraints exclude all Go files in ";

fn judged(world: &World, off: Off, package: &Package, complaints: &BTreeSet<&str>) -> Result<Answer, Unknown> {
    let Package { path, folder, owner } = package;
    if complaints.iter().any(|said| said.split_once(EXCLUDED).is_some_and(|(_, excluded)| excluded == folder)) {
        return Ok(Answer::error(format!("{path} has no file left, and what imports it does not build")));
    }
    let partly = format!("{path} is built without its files that import C");
    if *owner != Owner::Own {
        return Ok(Answer::note(partly));
    }
    let gone = format!("{path} imports C, and is left out of ./...");
    Ok(match (packages::is_built(world, path)?, off) {
        (true, Off::ByGo) => Answer::warn(partly),
        (true, Off::BySomebody) => Answer::note(partly),
        (false, Off::ByGo) => Answer::error(gone),
        (false, Off::BySomebody) => Answer::note(gone),
    })
}
