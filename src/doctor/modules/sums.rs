//! Checksums: those of go.sum, of the module cache, and of the database.
//!
//! Knows go's own answers and who is asked; computes none itself.

use std::path::Path;

use super::files;
use super::pattern;
use super::vendor_list;
use crate::doctor::answer::{Answer, Unknown, Verdict};
use crate::doctor::ask::ask;
use crate::doctor::flags;
use crate::doctor::origin::{self, Origin};
use crate::doctor::world::World;
use crate::units::Bytes;

/// What go says of a module that it would have to fetch.
pub(super) const OFF: &str = "disabled by GOPROXY=off";
pub(super) const NOT_HERE: &str =
    "not all modules are in the module cache, and none is fetched for this: go mod download";

/// Verdicts of `go mod verify` on a module.
const CHANGED: [&str; 3] = ["has been modified", "missing ziphash", "checksum mismatch"];

pub(super) fn verified(world: &World) -> Result<Answer, Unknown> {
    if !world.has_module()? {
        return Ok(Answer::not_applicable("there is no module here"));
    }
    if files::required(world).is_empty() && world.go_work()?.is_none() {
        return Ok(Answer::not_applicable("go.mod requires no module"));
    }
    let cache = Path::new(world.go_env("GOMODCACHE")?);
    if !cache.is_absolute() {
        return Err(Unknown(String::from("GOMODCACHE is not an absolute path")));
    }
    let bytes = vendor_list::downloaded(&files::required(world), cache);
    let Some(patience) = world.patience_for(bytes) else {
        let much = Bytes(bytes);
        let why = format!("it takes time to hash {much} of modules: `gotrace doctor --only modules-verified` does");
        return Err(Unknown(why));
    };
    let said = ask(&mut world.go_command(&["mod", "verify"])?, patience)?;
    if said.status.success() {
        return Ok(Answer::ok(said.stdout.trim().to_owned()));
    }
    let lines: Vec<&str> =
        said.stderr.lines().filter(|line| CHANGED.iter().any(|words| line.contains(words))).collect();
    if let Some((first, others)) = lines.split_first() {
        let answer = others.iter().fold(Answer::error(*first), |answer, line| answer.seen(*line));
        return Ok(answer
            .mend("where go.sum was changed: go back to the go.sum of the repository")
            .mend("where the module cache was changed: go clean -modcache && go mod download"));
    }
    if said.stderr.contains(OFF) && files::vendor(world)?.is_some() {
        return Ok(Answer::not_applicable("builds take the vendor folder, and the module cache has not all modules"));
    }
    if said.stderr.contains(OFF) {
        return Err(Unknown(String::from(NOT_HERE)));
    }
    said.fine("go mod verify").map(Answer::ok)
}

pub(super) fn go_sum(world: &World) -> Result<Answer, Unknown> {
    if !world.has_module()? {
        return Ok(Answer::not_applicable("there is no module here"));
    }
    let complaints = match world.complaints() {
        Err(Unknown(why)) if why.contains("checksum mismatch") => {
            return Ok(Answer::error(why).mend("go mod verify, and ask who changed go.sum or the module"));
        }
        Err(Unknown(why)) if why.contains("malformed go.sum") => {
            let mend = "mend the line, as where a merge left its marks, then go mod tidy; or git checkout go.sum";
            return Ok(Answer::error(why).mend(mend));
        }
        complaints => complaints?,
    };
    let lacks = |one: &&&str| one.contains("missing go.sum entry");
    let missing: Vec<&str> =
        complaints.iter().filter(lacks).filter_map(|one| one.lines().next()?.split("; to add").next()).collect();
    let Some((first, others)) = missing.split_first() else {
        if complaints.iter().any(|one| one.contains(OFF)) {
            return Err(Unknown(String::from(NOT_HERE)));
        }
        return Ok(Answer::ok("go.sum has all that ./... needs"));
    };
    let answer = others.iter().fold(Answer::error(*first), |answer, line| answer.seen(*line));
    let answer = answer.mend("go mod tidy");
    if flags::value(world.go_env("GOFLAGS")?, "mod").as_deref() == Some("mod") {
        return Ok(
            Answer { verdict: Verdict::Note, ..answer }.seen("with -mod=mod in GOFLAGS builds add it themselves")
        );
    }
    Ok(answer)
}

pub(super) fn database(world: &World) -> Result<Answer, Unknown> {
    let (sums, proxies) = (world.go_env("GOSUMDB")?, world.go_env("GOPROXY")?);
    let mut found = Vec::new();
    // With no proxy nothing is downloaded.
    if sums == "off" && proxies != "off" {
        found.push(switched_off(world, proxies));
    }
    for (name, what) in [
        ("GONOSUMDB", "is compared with no database"),
        ("GOINSECURE", "may be fetched without TLS, from whoever answers"),
    ] {
        found.extend(too_wide(name, world.go_env(name)?, what, world));
    }
    Ok(Answer::worst(found, format!("what is downloaded is compared with {sums}")))
}

fn switched_off(world: &World, proxies: &str) -> Answer {
    let origin = Origin::of("GOSUMDB", world);
    let says = format!("GOSUMDB is off, {origin}");
    let is_direct = proxies.split([',', '|']).next().is_some_and(|first| first.trim() == "direct");
    if !is_direct {
        return Answer::note(format!("{says}: a module that go.sum does not know yet is what {proxies} says it is"))
            .mend(origin.mend("GOSUMDB"));
    }
    let answer = Answer::warn(format!(
        "{says}, and GOPROXY is {proxies}: what go.sum does not know yet is compared with nothing"
    ));
    let local = files::replaced(world).iter().any(|replace| world.go_work() == Ok(Some(&replace.file)));
    let answer = if local { answer.seen("replacements in go.work have no lines in go.sum at all") } else { answer };
    answer.mend(origin.mend("GOSUMDB"))
}

/// Hosts where everybody's modules are.
const EVERYBODY: [&str; 5] = ["github.com", "gitlab.com", "bitbucket.org", "golang.org", "gopkg.in"];

/// Patterns that name what nobody can have meant.
fn too_wide(name: &str, list: &str, what: &str, world: &World) -> Option<Answer> {
    let wide: Vec<&str> =
        EVERYBODY.into_iter().filter(|host| pattern::names(list, &format!("{host}/nobody-in-particular/x"))).collect();
    if wide.is_empty() {
        return None;
    }
    // Where it is not set, it is GOPRIVATE.
    let set = [name, "GOPRIVATE"].into_iter().find(|name| Origin::of(name, world).is_users()).unwrap_or(name);
    let says = format!("{set} is {list}, so what is on {} {what}", wide.join(", "));
    Some(Answer::warn(says).mend(format!("{}, say: only what is meant", origin::set(set, "github.com/OWNER/*", world))))
}
