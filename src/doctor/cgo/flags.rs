//! Flags for C that do not arrive: in variables that cgo does not read, and in lines that go does not take.
//!
//! Knows the variables; which flags go takes, go says.

use super::compiler;
use super::packages::{self, Owner};
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::origin::Origin;
use crate::doctor::quoting::quoted;
use crate::doctor::world::World;

/// What make and configure read, and cgo does not.
const NAMES: [&str; 5] = ["CFLAGS", "CPPFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS"];

pub(super) fn ignored(world: &World) -> Result<Answer, Unknown> {
    if !compiler::is_on(world)? {
        return Ok(Answer::not_applicable("cgo is off"));
    }
    let is_alone =
        |name: &&str| world.variable(name).is_some() && !Origin::of(&format!("CGO_{name}"), world).is_users();
    let alone: Vec<&str> = NAMES.iter().copied().filter(is_alone).collect();
    if alone.is_empty() {
        return Ok(Answer::ok("no flags for C are set where cgo does not read them"));
    }
    let packages = packages::importing_c(world)?;
    let reached: Vec<&str> =
        packages.iter().filter(|package| package.owner != Owner::Go).map(|package| package.path.as_str()).collect();
    let Some(first) = reached.first() else {
        return Ok(Answer::ok(format!("{} set, and no package here imports C", alone.join(", "))));
    };
    let found = alone.iter().map(|name| {
        let value = world.variable_text(name).unwrap_or_default();
        let says = format!("{name} is {value}, and CGO_{name} is not set: {first} is compiled without it");
        // Without its own, go takes -O2 -g.
        let kept = if *name == "CFLAGS" { "-O2 -g " } else { "" };
        Answer::warn(says)
            .mend(format!("export CGO_{name}={}, or unset {name} for go", quoted(format!("{kept}{value}"))))
    });
    Ok(Answer::worst(found, ""))
}

/// As many packages as go is asked for.
const MOST: usize = 100;

pub(super) fn refused(world: &World) -> Result<Answer, Unknown> {
    if !compiler::is_on(world)? {
        return Ok(Answer::not_applicable("cgo is off"));
    }
    let malformed = world.complaints()?.into_iter().filter(|said| said.contains(" #cgo "));
    let mut found: Vec<Answer> = malformed.map(Answer::error).collect();
    let mut paths: Vec<String> = Vec::new();
    for lines in packages::lines(world)? {
        if !lines.words.iter().all(|word| is_plain(word)) && !paths.contains(&lines.path) {
            paths.push(lines.path);
        }
    }
    if !paths.is_empty() {
        paths.truncate(MOST);
        // Prints what would be run, and runs into what go refuses.
        let words: Vec<&str> = ["build", "-n"].into_iter().chain(paths.iter().map(String::as_str)).collect();
        let said = ask(&mut world.go_loading(&words)?, PATIENCE)?;
        let lines = said.stderr.lines().chain(said.stdout.lines());
        found.extend(lines.filter(|line| line.contains("invalid flag in #cgo ")).map(refusal));
    }
    Ok(Answer::worst(found, "go takes all flags of #cgo lines"))
}

/// Flags that every go takes, so that it need not be asked.
fn is_plain(word: &str) -> bool {
    let letters = |rest: &str| rest.chars().all(|c| c.is_ascii_alphanumeric() || "_./".contains(c));
    match word.get(..2) {
        Some("-I" | "-L") => !word.contains(['@', ',']) && !word[2..].starts_with('-') && word.len() > 2,
        Some("-l" | "-D" | "-O") => word.len() > 2 && letters(&word[2..]),
        _ => ["-g", "-pthread", "-fPIC", "-Wall", "-Wextra", "-w"].contains(&word) || word.starts_with("-std="),
    }
}

/// `PACKAGE: invalid flag in #cgo CFLAGS: FLAG (see …)`.
fn refusal(line: &str) -> Answer {
    let line = line.split(" (see ").next().unwrap_or(line);
    let answer = Answer::error(line);
    let Some((name, flag)) = line.split_once("#cgo ").and_then(|(_, rest)| rest.split_once(": ")) else {
        return answer;
    };
    let literal: String =
        flag.chars().flat_map(|c| r"\.+*?()|[]{}^$".contains(c).then_some('\\').into_iter().chain([c])).collect();
    answer.mend(format!("export CGO_{name}_ALLOW={}, where the flag is meant", quoted(literal)))
}
