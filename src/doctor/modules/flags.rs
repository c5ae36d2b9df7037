//! GOFLAGS, and where it is set.
//!
//! Knows flags that surprise where nobody typed them; whether go takes them at all, go says itself.

use super::files;
use crate::doctor::answer::{Answer, Unknown, Verdict};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::origin::Origin;
use crate::doctor::world::World;
use crate::session::quoting;

/// Flags that nobody expects in every go command, and what each does there.
const SURPRISES: [(&str, Verdict, &str); 15] = [
    ("a", Verdict::Warn, "compiles everything anew in every build, the standard library too"),
    ("n", Verdict::Error, "builds nothing: commands are printed only"),
    (
        "race",
        Verdict::Warn,
        "puts the race detector into every program, release builds too, which is slow and needs cgo",
    ),
    ("msan", Verdict::Warn, "puts the memory sanitizer into every program, release builds too"),
    ("asan", Verdict::Warn, "puts the address sanitizer into every program, release builds too"),
    ("cover", Verdict::Warn, "puts coverage counters into every program, release builds too"),
    ("work", Verdict::Warn, "leaves the temporary folder of every build behind, until the disk is full"),
    ("insecure", Verdict::Warn, "is refused by go get"),
    ("linkshared", Verdict::Note, "links programs against libraries that must be there where they run"),
    ("modcacherw", Verdict::Note, "leaves the module cache writable, so that a slip can change what is built"),
    ("modfile", Verdict::Note, "makes another file the go.mod of every command"),
    ("overlay", Verdict::Note, "replaces source files in every command"),
    ("count", Verdict::Note, "runs every test again, also those whose result is in the cache"),
    ("x", Verdict::Note, "prints every command that is run"),
    ("debug-trace", Verdict::Note, "has every go command write a file about itself"),
];

pub(super) fn goflags(world: &World) -> Result<Answer, Unknown> {
    let value = world.go_env("GOFLAGS")?;
    if value.trim().is_empty() {
        return Ok(Answer::ok("GOFLAGS is not set"));
    }
    let origin = Origin::of("GOFLAGS", world);
    let set = format!("GOFLAGS is {value}, {origin}");
    if let Some(words) = refused(world)? {
        return Ok(Answer::error(set).seen(format!("go says: {words}")).mend(origin.mend("GOFLAGS")));
    }
    let words = quoting::split(value).unwrap_or_default();
    let (surprising, found): (Vec<&String>, Vec<Answer>) =
        in_effect(&words).filter_map(|word| Some((word, surprise(word, world)?))).unzip();
    if found.is_empty() {
        return Ok(Answer::ok(set));
    }
    let worst = Answer::worst(found, "");
    let answer = Answer { seen: [vec![set], worst.seen].concat(), ..worst };
    if surprising.len() == words.len() {
        return Ok(answer.mend(origin.mend("GOFLAGS")));
    }
    let all: Vec<&str> = surprising.into_iter().map(String::as_str).collect();
    Ok(answer.mend(format!("take {} out of GOFLAGS, {origin}", all.join(" "))))
}

/// Why go does not take it, in its own words; none where it does, or complains about something else.
fn refused(world: &World) -> Result<Option<String>, Unknown> {
    let said = ask(&mut world.go_loading(&["list", "unsafe"])?, PATIENCE)?;
    let words = said.stderr.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let is_about = words.contains("$GOFLAGS") || words.starts_with("-mod=") || words.contains("-mod may only be set");
    Ok((!said.status.success() && is_about).then(|| words.to_owned()))
}

/// Of several of a name the last one alone counts.
fn in_effect(words: &[String]) -> impl Iterator<Item = &String> {
    let is_last = |(at, word): &(usize, &String)| words[at + 1..].iter().all(|later| read(later).0 != read(word).0);
    words.iter().enumerate().filter(is_last).map(|(_, word)| word)
}

/// The name of a flag and its value.
fn read(word: &str) -> (&str, &str) {
    let flag = word.trim_start_matches('-');
    flag.split_once('=').unwrap_or((flag, "true"))
}

fn surprise(word: &str, world: &World) -> Option<Answer> {
    let (name, value) = read(word);
    match (name, value) {
        ("mod", "mod") => Some(Answer::warn(mod_mod(world))),
        ("mod", "vendor") if lacks_vendor(world) => Some(
            Answer::error("-mod=vendor takes packages from a vendor folder, and there is none").mend("go mod vendor"),
        ),
        ("p", "1") => Some(Answer::warn("-p=1 runs one compiler at a time, whatever the processors")),
        ("gcflags", value) if value.split([' ', '=']).any(|word| word == "-N") => {
            Some(Answer::note(format!("{word} compiles without optimisations")))
        }
        (_, "false" | "False" | "FALSE" | "f" | "F" | "0" | "") => None,
        _ => {
            let (_, verdict, what) = SURPRISES.iter().find(|(known, ..)| *known == name)?;
            Some(Answer { verdict: *verdict, ..Answer::note(format!("{word} {what}")) })
        }
    }
}

fn mod_mod(world: &World) -> String {
    let more = match files::vendor(world) {
        Ok(Some(_)) => ", and passes over the vendor folder",
        _ => "",
    };
    format!("-mod=mod lets every build change go.mod and go.sum, and fetch modules that they lack{more}")
}

fn lacks_vendor(world: &World) -> bool {
    files::vendor(world) == Ok(None) && !files::required(world).is_empty()
}
