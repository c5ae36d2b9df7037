//! The vendor folder: whether it fits go.mod, and whether anybody changed it.
//!
//! Knows what go says of it, and how differences are told; how files are compared stands in `compare`.

use super::compare::{self, Comparison, Difference, Kind};
use super::files;
use crate::doctor::answer::{Answer, Unknown, Verdict};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::world::World;

pub(super) fn consistent(world: &World) -> Result<Answer, Unknown> {
    let Some(folder) = files::vendor(world)? else {
        return Ok(Answer::not_applicable("there is no vendor folder"));
    };
    let said = ask(&mut world.go_command(&["list", "-mod=vendor", "unsafe"])?, PATIENCE)?;
    if !said.status.success() && said.stderr.contains("inconsistent vendoring") {
        return Ok(contradictions(&said.stderr));
    }
    let said = said.fine("go list -mod=vendor");
    let lacks = |one: &&&str| one.contains("-mod=vendor");
    let complaints = said.and_then(|_| world.complaints())?;
    let missing =
        complaints.iter().filter(lacks).map(|one| Answer::error(one.replace("\n\t", " ")).mend("go mod vendor"));
    Ok(Answer::worst(missing, format!("{} fits go.mod", folder.display())))
}

/// All lines of go's own answer, and the command that it names.
fn contradictions(words: &str) -> Answer {
    let mut lines = words.lines().map(str::trim).skip_while(|line| !line.contains("inconsistent vendoring"));
    let head = lines.next().unwrap_or_default().trim_start_matches("go: ").to_owned();
    let answer = lines.by_ref().take_while(|line| !line.is_empty()).fold(Answer::error(head), Answer::seen);
    answer.mend(lines.last().filter(|last| last.starts_with("go ")).unwrap_or("go mod vendor"))
}

/// As many differences as are told one by one.
const MOST_LINES: usize = 1_000;

pub(super) fn unchanged(world: &World) -> Result<Answer, Unknown> {
    let Some(folder) = files::vendor(world)? else {
        return Ok(Answer::not_applicable("there is no vendor folder"));
    };
    let (patience, longer) = world.patience_to_read("vendor-unchanged");
    let found = compare::compare(&folder, world.go_env("GOMODCACHE")?.as_ref(), patience)?;
    let told = found.differences.iter().take(MOST_LINES).map(line);
    let answer = Answer::worst(told, format!("{} files are as their modules have them", found.files));
    let answer = match found.differences.len().checked_sub(MOST_LINES) {
        Some(more @ 1..) => answer.seen(format!("and {more} more")),
        _ => answer,
    };
    let longer = longer.filter(|_| found.unfinished.is_some());
    let gaps: Vec<String> = [absent(&found), found.unfinished.clone(), longer].into_iter().flatten().collect();
    if gaps.is_empty() || answer.verdict == Verdict::Error {
        return Ok(gaps.into_iter().fold(answer, Answer::seen));
    }
    // What was not compared may be worse than what was found.
    let noted = if found.differences.is_empty() { Vec::new() } else { answer.seen };
    Err(Unknown([gaps, noted].concat().join("; ")))
}

/// What could not be compared.
fn absent(found: &Comparison) -> Option<String> {
    let (absent, all) = (found.absent.len(), found.modules);
    match absent {
        0 => None,
        _ if absent == all && all > 1 => {
            Some(format!("none of the {all} modules is in the module cache to be compared with: go mod download"))
        }
        _ => {
            let names = found.absent.join(", ");
            Some(format!(
                "{absent} of {all} modules not in the module cache to be compared with, go mod download: {names}"
            ))
        }
    }
}

/// What builds read breaks their meaning; what they do not may well be meant to be away.
fn line(difference: &Difference) -> Answer {
    let Difference { file, kind, module } = difference;
    let of = module.as_deref().map_or_else(|| String::from("no module of vendor/modules.txt"), str::to_owned);
    let says = match kind {
        Kind::Changed => format!("changed: {file} is not as {of} has it"),
        Kind::LineEnds => format!("changed: {file} has other line ends than {of} has"),
        Kind::Unreadable => format!("changed: {file} is no plain file that can be read, as {of} has it"),
        Kind::Added => format!("added: {file} is of {of}"),
        Kind::Missing => format!("missing: {file} of {of}"),
    };
    let is_read = matches!(kind, Kind::Changed | Kind::LineEnds | Kind::Unreadable) || compare::is_source(file);
    let answer = if is_read { Answer::error(says) } else { Answer::note(says) };
    answer.mend("go mod vendor, and a replace or a fork for changes that are meant")
}
