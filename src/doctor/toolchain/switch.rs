//! Whether another toolchain than the go in PATH builds here.
//!
//! Knows GOTOOLCHAIN and the lines `go` and `toolchain`; does not know how a toolchain is fetched.

use serde_json::Value;

use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::origin::{Chosen, Origin};
use crate::doctor::quoting::quoted;
use crate::doctor::version::Version;
use crate::doctor::world::World;

pub(super) fn toolchain_switch(world: &World) -> Result<Answer, Unknown> {
    let go = world.go()?;
    let local = ask(&mut world.as_itself(&go, &["env", "GOVERSION"]), PATIENCE)?.fine("go env GOVERSION")?;
    let local = local.trim();
    if Version::read(local).is_some_and(|version| !version.has(1, 21)) {
        return Ok(Answer::not_applicable(format!("{local} never switches to another toolchain")));
    }
    let chosen = Chosen::of("GOTOOLCHAIN", world);
    let wishes = wishes(world, chosen.as_ref());
    let said = |answer: Answer| wishes.iter().fold(answer, |answer, wish| answer.seen(wish.said.clone()));
    if let Some(why) = world.not_switched()? {
        return Ok(said(absent(world, why, local, chosen.as_ref(), &wishes)?));
    }
    let here = world.go_env("GOVERSION")?;
    let is_too_new =
        |wish: &Wish| wish.binds && wish.version.zip(Version::read(here)).is_some_and(|(wished, here)| wished > here);
    let too_new = wishes.iter().find(|wish| is_too_new(wish));
    if let Some(wish) = too_new {
        let answer = said(Answer::error(format!("{here} builds here, and may not switch to what is asked for")));
        let answer = answer.mend(format!("install {} or newer", named(wish)));
        let undo = chosen.map(|chosen| format!("or let go switch: {}", chosen.origin.mend("GOTOOLCHAIN")));
        return Ok(undo.into_iter().fold(answer, Answer::mend));
    }
    if here != local {
        let answer = Answer::note(format!(
            "the go in PATH is {local}, but {here} builds here, from {}",
            world.go_env("GOROOT")?
        ));
        return Ok(said(answer).mend(format!("install {here} where {local} is, and no go command has to switch")));
    }
    Ok(said(Answer::ok(format!("the go in PATH is {local}, and builds here"))))
}

/// Something that asks for a version.
struct Wish {
    said: String,
    version: Option<Version>,
    /// Whether an older go refuses to work, not only would rather have another.
    binds: bool,
}

fn named(wish: &Wish) -> String {
    wish.version.map_or_else(|| String::from("another Go"), |version| version.to_string())
}

/// The lines of go.work where one is in effect, else of go.mod: the others are not asked.
fn wishes(world: &World, chosen: Option<&Chosen>) -> Vec<Wish> {
    let file = world.workspace().map(|file| ("go.work", file)).or_else(|_| world.module().map(|file| ("go.mod", file)));
    let mut wishes = Vec::new();
    if let Ok((name, file)) = file {
        for (key, line, binds) in [("Go", "go", true), ("Toolchain", "toolchain", false)] {
            if let Some(value) = file.get(key).and_then(Value::as_str) {
                wishes.push(Wish {
                    said: format!("{name} says: {line} {value}"),
                    version: Version::read(value),
                    binds,
                });
            }
        }
    }
    if let Some(Chosen { value, origin }) = chosen.filter(|chosen| chosen.value != "auto") {
        wishes.push(Wish { said: format!("GOTOOLCHAIN is {value} {origin}"), version: None, binds: false });
    }
    wishes
}

/// What is asked for is not on this machine.
fn absent(world: &World, why: &str, local: &str, chosen: Option<&Chosen>, wishes: &[Wish]) -> Result<Answer, Unknown> {
    let highest = wishes.iter().filter_map(|wish| wish.version).max().map(|version| version.to_string());
    let wanted = wanted_in(why).map(str::to_owned).or(highest).unwrap_or_else(|| String::from("another Go"));
    if let Some(chosen) = chosen.filter(|_| why.contains("invalid GOTOOLCHAIN")) {
        let answer = Answer::error(format!("no go command works here: {why}"));
        return Ok(answer.mend(chosen.origin.mend("GOTOOLCHAIN")));
    }
    let install = format!("install {wanted}");
    // It has no proxy from us; whether it has one otherwise is another question.
    let is_not_here = why.contains("toolchain not available") || why.contains("GOMODCACHE entry is relative");
    if is_not_here && nowhere(world.go_env("GOPROXY")?) {
        let answer = Answer::error(format!(
            "the go in PATH is {local}, {wanted} is not here, and GOPROXY is off: no go command works here"
        ));
        return Ok(answer.mend(install).mend(Origin::of("GOPROXY", world).mend("GOPROXY")));
    }
    if is_not_here {
        let answer = Answer::warn(format!("the go in PATH is {local}; the first go command downloads {wanted}"));
        return Ok(answer
            .mend(format!("{install} in the image or on the machine"))
            .mend("or fetch it before the build, into a module cache that is kept: go version"));
    }
    let answer = Answer::error(format!("the go in PATH is {local}, and no go command works here: {why}"));
    let cache = ["permission denied", "read-only file system", "could not create module cache"];
    if cache.iter().any(|words| why.contains(words)) {
        let folder = world.go_env("GOMODCACHE")?;
        return Ok(answer
            .mend(install)
            .mend(format!("or let it be downloaded: make {} writable for whoever builds", quoted(folder))));
    }
    Ok(answer.mend(install))
}

/// Whether go may not ask anybody.
fn nowhere(proxies: &str) -> bool {
    proxies.split([',', '|']).map(str::trim).find(|entry| !entry.is_empty()) == Some("off")
}

/// The version that go's complaint is about: `go1.98.1` of `cannot find "go1.98.1" in PATH`, or of
/// `golang.org/toolchain@v0.0.1-go1.98.1.linux-amd64`.
fn wanted_in(why: &str) -> Option<&str> {
    let text = &why[why.find("go1.")?..];
    let is_of_version = |letter: char| letter.is_ascii_digit() || ".rcbeta".contains(letter);
    let end = text[2..].find(|letter| !is_of_version(letter)).map_or(text.len(), |end| end + 2);
    Some(text[..end].trim_end_matches('.'))
}
