//! Whether go gets as far as running tools.
//!
//! Knows that `go build -n` asks the tools for their versions, git for the commit, and whatever -toolexec names, and compiles
//! nothing; does not know why one of them fails, but for git.

use std::path::Path;

use super::sums;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::quoting::quoted;
use crate::doctor::repository;
use crate::doctor::world::World;

pub(super) fn plan(world: &World) -> Result<Answer, Unknown> {
    if !world.has_module()? {
        return Ok(Answer::not_applicable("there is no module here"));
    }
    let complaints = world.complaints()?;
    if complaints.iter().any(|said| said.contains(sums::OFF)) {
        return Err(Unknown(String::from(sums::NOT_HERE)));
    }
    if !complaints.is_empty() {
        return Ok(Answer::not_applicable("packages cannot be loaded, which other checks tell"));
    }
    // What stops one stops all. Programs are stamped; of several at once not every -buildmode can be made.
    let mut packages = world.packages()?.iter().filter(|package| package["Error"].is_null()).peekable();
    let first = packages.peek().copied();
    let chosen = packages.find(|package| package["Name"] == "main").or(first);
    let Some(path) = chosen.and_then(|package| package["ImportPath"].as_str()) else {
        return Ok(Answer::not_applicable("there is no package to build"));
    };
    // A folder in GOFLAGS, which takes programs only, must not decide.
    let said = ask(&mut world.go_loading(&["build", "-n", "-o", "/dev/null", path])?, PATIENCE)?;
    if said.status.success() {
        return Ok(Answer::ok(format!("go plans the build of {path}")));
    }
    // Before it stands what would be run.
    let begins = |line: &&str| line.starts_with("go: ") || line.starts_with("error ");
    let words: Vec<&str> = said.stderr.lines().skip_while(|line| !begins(line)).take(3).collect();
    let Some((first, more)) = words.split_first() else {
        return Err(Unknown(String::from("go build -n fails, and does not say why")));
    };
    let answer = more.iter().fold(Answer::error(*first), |answer, line| answer.seen(line.trim()));
    Ok(if words.iter().any(|line| line.contains("VCS")) { of_git(world, answer) } else { answer })
}

/// Git's own words, and what mends that.
fn of_git(world: &World, answer: Answer) -> Answer {
    const STAMPLESS: &str = "go build -buildvcs=false, where programs need not tell their commit";
    let Some(git) = world.in_path("git").into_iter().next() else {
        return answer.seen("there is no git in PATH").mend("install git").mend(STAMPLESS);
    };
    let said = world.ask(&git, &["status", "--porcelain"]).map(|said| said.stderr).unwrap_or_default();
    let answer = said.lines().next().into_iter().fold(answer, |answer, line| answer.seen(format!("git: {line}")));
    let root = repository::root(world.directory()).filter(|_| said.contains("dubious ownership"));
    let trust = |root: &Path| format!("git config --global --add safe.directory {}", quoted(root.display()));
    root.as_deref().map(trust).into_iter().fold(answer, Answer::mend).mend(STAMPLESS)
}
