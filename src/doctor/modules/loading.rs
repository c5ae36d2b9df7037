//! What go complains about where it loads packages, and no other check has named.
//!
//! Knows which words other checks name; what else go may say, go knows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::flags;
use crate::doctor::world::World;

/// What stands in complaints that other checks name: of checksums, the vendor folder, replacements, `#cgo` lines, names that
/// differ in case alone, byte order marks. And what is not here yet, which is nobody's fault.
const NAMED: [&str; 9] = [
    "missing go.sum entry",
    "checksum mismatch",
    "-mod=vendor",
    "replacement directory",
    " #cgo ",
    "case-insensitive",
    "byte order mark",
    "BOM",
    "disabled by GOPROXY=off",
];

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
    let packages = match world.packages() {
        Err(Unknown(why)) if why.contains(UPDATES) => {
            let says = "go.mod is not as the modules that it requires need it: go says: updates to go.mod needed";
            return Ok(Answer::error(says).mend("go mod tidy"));
        }
        packages => packages?,
    };
    let left_out = left_out(world)?;
    let is_named = |said: &str| NAMED.iter().any(|words| said.contains(words)) || left_out.contains(said);
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for error in packages.iter().flat_map(errors) {
        let said = error["Err"].as_str().unwrap_or_default();
        let place = place(error);
        // A package that is missing is missed in many places, and in one place in several words.
        let what = if place.is_empty() || said.contains(" package ") { said } else { &place };
        let is_new = told.insert(what.to_owned());
        if is_new && !said.is_empty() && !is_named(said) {
            found.push(answer(world, &place, said));
        }
    }
    Ok(Answer::worst(few(found), format!("go finds all that {} packages need", packages.len())))
}

/// A package's own error, and those of what it imports.
fn errors(package: &Value) -> impl Iterator<Item = &Value> {
    [&package["Error"]].into_iter().chain(package["DepsErrors"].as_array().into_iter().flatten())
}

/// Complaints about packages that are nothing but C, which are told where cgo is.
fn left_out(world: &World) -> Result<BTreeSet<String>, Unknown> {
    let folders = world.packages_with_cgo()?.lines().filter_map(|line| line.splitn(4, ' ').nth(3));
    Ok(folders.map(|folder| format!("build constraints exclude all Go files in {folder}")).collect())
}

/// The file and the line, or who imports whom.
fn place(error: &Value) -> String {
    let stack: Vec<&str> = error["ImportStack"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match error["Pos"].as_str().unwrap_or_default() {
        "" if stack.len() > 1 => stack.join(" imports "),
        place => place.to_owned(),
    }
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
        return answer.seen("it would be a package of this module, which has none of that name");
    }
    let command = others.lines().map(str::trim).find(|line| line.starts_with("go "));
    command.into_iter().fold(answer, Answer::mend)
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
