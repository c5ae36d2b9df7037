//! What go complains about where it loads packages, and no other check has named.
//!
//! Knows which words other checks name; what else go may say, go knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files;
use super::sums;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::flags;
use crate::doctor::world::{Complaint, World};

/// How parts of complaints begin that other checks name: of checksums, replacements, a go.work that does not use the module, byte
/// order marks, names that differ in case alone.
const NAMED: [&str; 6] = [
    "missing go.sum entry",
    "checksum mismatch",
    "replacement directory ",
    "directory ",
    "illegal byte order mark",
    "case-insensitive file name collision",
];

/// Of `#cgo` lines, where cgo is on; else nobody looks at them.
const CGO: [&str; 2] = ["invalid #cgo ", "malformed #cgo "];

/// Of the vendor folder, where there is one.
const VENDOR: [&str; 2] = ["import lookup disabled by -mod=vendor", "cannot query module due to -mod=vendor"];

/// What go says of all packages at once.
const UPDATES: &str = "updates to go.mod needed";

pub(super) fn packages(world: &World) -> Result<Answer, Unknown> {
    if !world.has_module()? {
        return Ok(Answer::not_applicable("there is no module here"));
    }
    if flags::value(world.go_env("GOFLAGS")?, "mod").as_deref() == Some("mod") {
        return Err(Unknown(String::from(
            "with -mod=mod builds look for what is missing, and nothing is fetched for this",
        )));
    }
    let errors = match world.errors() {
        Err(Unknown(why)) if why.contains(UPDATES) => {
            let says = "go.mod is not as the modules that it requires need it: go says: updates to go.mod needed";
            return Ok(Answer::error(says).mend("go mod tidy"));
        }
        errors => errors?,
    };
    let mut errors = errors.peekable();
    // Which packages are nothing but C takes go as long again to tell.
    let left_out = if errors.peek().is_some() { left_out(world)? } else { BTreeSet::new() };
    let phrases = phrases(world)?;
    let own = world.module().ok().and_then(|module| module["Module"]["Path"].as_str());
    let is_named = |said: &str| is_told(said, &phrases, own) || left_out.contains(said);
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    let (named, own): (Vec<Complaint>, Vec<Complaint>) = errors.partition(|complaint| is_named(complaint.said));
    for Complaint { place, said } in own {
        // A package that is missing is missed in many places, and in one place in several words.
        let what = if place.is_empty() || said.contains(" package ") { said } else { &place };
        if told.insert(what.to_owned()) {
            found.push(answer(world, &place, said));
        }
    }
    if found.is_empty() && named.iter().any(|complaint| complaint.said.contains(sums::OFF)) {
        return Err(Unknown(String::from(sums::NOT_HERE)));
    }
    let ok = match named.len() {
        0 => format!("go finds all that {} packages need", world.packages()?.len()),
        _ => String::from("what go complains about is told by other checks"),
    };
    Ok(Answer::worst(few(found), ok))
}

/// What other checks look for here.
fn phrases(world: &World) -> Result<Vec<&'static str>, Unknown> {
    let cgo = if world.go_env("CGO_ENABLED")? == "1" { &CGO[..] } else { &[] };
    let vendor = if files::vendor(world)?.is_some() { &VENDOR[..] } else { &[] };
    Ok([&NAMED[..], cgo, vendor].concat())
}

/// Whether another check tells it. Names of packages and files are no words of go's: its own stand where a part begins.
fn is_told(said: &str, phrases: &[&str], own: Option<&str>) -> bool {
    // What is not here yet is nobody's fault.
    if said.contains(sums::OFF) {
        return true;
    }
    // Folders of this module are looked at, those of others are not.
    if said.starts_with("case-insensitive import collision") {
        return own.is_some_and(|own| said.matches(&format!("\"{own}/")).count() == 2);
    }
    let begins = |part: &str, words: &str| {
        part.starts_with(words) && (words != "directory " || part.contains(" modules listed in go.work"))
    };
    said.split(": ").any(|part| phrases.iter().any(|words| begins(part, words)))
}

/// Complaints about packages that are nothing but C, which are told where cgo is.
fn left_out(world: &World) -> Result<BTreeSet<String>, Unknown> {
    let folders = world.packages_with_cgo()?.lines().filter_map(|line| line.splitn(4, ' ').nth(3));
    Ok(folders.map(|folder| format!("build constraints exclude all Go files in {folder}")).collect())
}

/// Go's words, and the command that it names.
fn answer(world: &World, place: &str, said: &str) -> Answer {
    let (first, others) = said.split_once('\n').unwrap_or((said, ""));
    let first = first.split("; to add").next().unwrap_or(first);
    let answer = Answer::error(if place.is_empty() { first.to_owned() } else { format!("{place}: {first}") });
    let own = world.module().ok().and_then(|module| module["Module"]["Path"].as_str());
    let missing = first.split_once("no required module provides package ").map(|(_, path)| path);
    if let (Some(own), Some(path)) = (own, missing)
        && path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'))
    {
        // Go names a command here too, which asks others for a package of one's own.
        let nested =
            world.go_mod().ok().flatten().and_then(Path::parent).and_then(|root| module_above(root, path, own));
        return match nested {
            None => answer.seen("it would be a package of this module, which has none of that name"),
            Some(file) => answer
                .seen(format!("{} makes its folder another module", file.display()))
                .mend("go work init . and go work use that folder; or take its go.mod away"),
        };
    }
    let command = others.lines().map(str::trim).find(|line| line.starts_with("go "));
    command.into_iter().fold(answer, Answer::mend)
}

/// The go.mod between the root of a module and a package that would be in it.
fn module_above(root: &Path, package: &str, own: &str) -> Option<PathBuf> {
    let folder = root.join(package.strip_prefix(own)?.trim_start_matches('/'));
    let between = folder.ancestors().take_while(|folder| *folder != root).map(|folder| folder.join("go.mod"));
    between.into_iter().find(|file| file.is_file())
}

/// As many as anybody reads, and how many there are beyond.
fn few(mut found: Vec<Answer>) -> Vec<Answer> {
    const MOST: usize = 20;
    let beyond = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    if let Some(last) = found.pop() {
        let last = if beyond > 0 { last.seen(format!("and {beyond} more: go list -e -deps ./...")) } else { last };
        found.push(last);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{NAMED, is_told};

    #[test]
    fn names_that_sound_like_complaints_are_none() {
        let told = |said: &str| is_told(said, &NAMED, Some("example.com/app"));
        assert!(told("example.com/a@v1.0.0: missing go.sum entry for go.mod file; to add it:"));
        assert!(told("a.go:1:4: illegal byte order mark"));
        assert!(told(
            "directory /a is contained in a module that is not one of the workspace modules listed in go.work"
        ));
        assert!(told("case-insensitive import collision: \"example.com/app/a\" and \"example.com/app/A\""));
        for said in [
            "no required module provides package example.com/BOM/x; to add it:",
            "no required module provides package example.com/case-insensitive/x",
            "pattern missing go.sum entry: no matching files found",
            "directory gone is not here",
            "case-insensitive import collision: \"example.com/a\" and \"example.com/A\"",
        ] {
            assert!(!told(said), "{said}");
        }
    }
}
