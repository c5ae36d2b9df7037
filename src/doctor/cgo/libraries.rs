//! Static programs, and what glibc cannot give them.
//!
//! Knows where one asks for a static program; what is linked in the end, the linker knows.

use super::compiler;
use super::packages::{self, Owner};
use super::target;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::origin::Origin;
use crate::doctor::world::World;
use crate::session::quoting;

pub(super) fn statically(world: &World) -> Result<Answer, Unknown> {
    if !compiler::is_on(world)? {
        return Ok(Answer::not_applicable("cgo is off"));
    }
    let Some(wish) = wish(world)? else {
        return Ok(Answer::ok("no flag asks for static programs"));
    };
    let machine = target::machine(world)?;
    if !machine.contains("linux-gnu") {
        return Ok(Answer::ok(format!("{wish}, and {machine} has no glibc")));
    }
    // With the tags they have no C in them, and are not here.
    let asking = packages::importing_c(world)?;
    let asking = asking.iter().filter(|package| package.owner == Owner::Go).map(|package| package.path.as_str());
    let asking: Vec<&str> = asking.filter(|path| ["net", "os/user"].contains(path)).collect();
    if asking.is_empty() {
        return Ok(Answer::ok(format!("{wish}, and no package asks glibc for names")));
    }
    let tags: Vec<&str> = asking.iter().map(|path| if *path == "net" { "netgo" } else { "osusergo" }).collect();
    Ok(Answer::warn(format!("{wish}, and {} would ask glibc for names", asking.join(" and ")))
        .mend(format!("go build -tags {}", tags.join(",")))
        .mend("CGO_ENABLED=0, where nothing else needs C"))
}

/// Where a static program is asked for.
fn wish(world: &World) -> Result<Option<String>, Unknown> {
    let is_static = |word: &str| ["-static", "--static", "-static-pie"].contains(&word);
    let words = quoting::split(world.go_env("CGO_LDFLAGS")?).unwrap_or_default();
    if words.iter().any(|word| is_static(word)) {
        return Ok(Some(format!("CGO_LDFLAGS has -static, {}", Origin::of("CGO_LDFLAGS", world))));
    }
    let words = quoting::split(world.go_env("GOFLAGS")?).unwrap_or_default();
    let link =
        words.iter().find(|word| word.trim_start_matches('-').starts_with("ldflags=") && word.contains("extldflags"));
    if let Some(word) = link.filter(|word| word.split([' ', '=', '\'', '"']).any(is_static)) {
        return Ok(Some(format!("GOFLAGS has {word}, {}", Origin::of("GOFLAGS", world))));
    }
    let lines = packages::lines(world)?;
    let asks = lines.iter().find(|lines| lines.name == "LDFLAGS" && lines.words.iter().any(|word| is_static(word)));
    Ok(asks.map(|lines| format!("{} has -static in its #cgo LDFLAGS", lines.path)))
}
