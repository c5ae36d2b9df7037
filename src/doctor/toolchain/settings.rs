//! Settings that go refuses to work with.
//!
//! Knows which check has more to say of a setting; which one is at fault, go says, tried without it.

use std::path::Path;

use super::meant;
use super::trial::{Complaint, Fault, NO_CACHE, Set, Trial, complaint_of};
use crate::doctor::answer::{Answer, Unknown, Verdict};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::check::Check;
use crate::doctor::origin::{self, Chosen, Origin};
use crate::doctor::proxies::{entries, with_scheme};
use crate::doctor::secrets::masked;
use crate::doctor::world::{NAMES_SET, World};
use crate::doctor::{limits, modules, paths};

pub(super) fn go_settings(world: &World) -> Result<Answer, Unknown> {
    let Some(words) = complaint(world)? else {
        let late = [module_cache(world)?, module_proxies(world)?];
        return Ok(Answer::worst(late.into_iter().flatten(), "go takes them"));
    };
    let set = origin::all(world);
    let trial = Trial::new(world);
    match trial.fault(&set)? {
        Fault::Nobody => Ok(shipped(world, &words)
            .unwrap_or_else(|| Answer::ok(format!("it is not for its settings that go says: {words}")))),
        Fault::Each(each, complaint) => match each.iter().find_map(|set| told_by(world, set, &complaint)) {
            Some(check) => Ok(elsewhere(check)),
            None => Ok(any_of(&trial, &set, &each, &complaint)),
        },
        Fault::All(all) => Ok(all_of(world, &trial, &all)),
    }
}

/// What go is not content with, of what others ask it anyhow, and of all settings and a build that is only printed.
fn complaint(world: &World) -> Result<Option<String>, Unknown> {
    world.go()?;
    if let Err(Unknown(words)) = world.go_env("GOVERSION") {
        return Ok(Some(words));
    }
    for (asked, words) in [("go env -json", &["env", "-json"][..]), ("go build", &["build", "-n", "unsafe"])] {
        // In a workspace go refuses -mod=mod before it writes anything.
        let in_workspace = world.go_work()?.is_some();
        let mut command = if in_workspace { world.go_command(words)? } else { world.go_loading(words)? };
        command.env(NO_CACHE.0, NO_CACHE.1);
        if world.not_switched()?.is_some() {
            command.env("GOTOOLCHAIN", "local");
        }
        if let Some(Complaint { words }) = complaint_of(asked, ask(&mut command, PATIENCE)?) {
            return Ok(Some(words));
        }
    }
    Ok(None)
}

fn shown((name, Chosen { value, origin }): &Set) -> String {
    format!("{name} is {value}, {origin}")
}

fn elsewhere(check: &str) -> Answer {
    Answer::not_applicable(format!("go refuses a setting, of which {check} tells"))
}

/// A check that says more of it, where it has something to say.
fn told_by(world: &World, (name, _): &Set, complaint: &Complaint) -> Option<&'static str> {
    let (checks, ids): (&[Check], &[&str]) = match *name {
        "GOROOT" | "GOTOOLCHAIN" => (super::CHECKS, &["goroot", "toolchain-switch"]),
        "GOPATH" | "GO111MODULE" | "GOTMPDIR" | "TMPDIR" => {
            (paths::CHECKS, &["gopath", "go111module", "folders-writable"])
        }
        "GOMEMLIMIT" => (limits::CHECKS, &["gc-settings"]),
        "GOWORK" => (modules::CHECKS, &["go-mod", "go-work", "go-work-use"]),
        "GOFLAGS" if complaint.words.contains("vendoring") => (modules::CHECKS, &["goflags"]),
        _ => return None,
    };
    let says = |check: &&Check| (check.look)(world).is_ok_and(|answer| answer.verdict == Verdict::Error);
    checks.iter().filter(|check| ids.contains(&check.id)).find(says).map(|check| check.id)
}

/// What whoever made the installation set cannot be tried without: go names it, or nobody does.
fn shipped(world: &World, words: &str) -> Option<Answer> {
    // These stand in the file as Go comes, and are looked at elsewhere.
    const USUAL: [&str; 3] = ["GOPROXY", "GOSUMDB", "GOTOOLCHAIN"];
    let named = NAMES_SET.into_iter().filter(|name| !USUAL.contains(name) && words.contains(name));
    let mut set = named.filter_map(|name| Some((name, Chosen::of(name, world)?)));
    let one = set.find(|(_, chosen)| matches!(chosen.origin, Origin::Installation(_)))?;
    Some(Answer::error(shown(&one)).seen(words).mend(one.1.origin.mend(one.0)))
}

/// One that must go, or several of which one must.
fn any_of(trial: &Trial, set: &[Set], each: &[&Set], complaint: &Complaint) -> Answer {
    let seen: Vec<String> = each.iter().map(|one| shown(one)).collect();
    let answer = Answer::error(seen.join("; ")).seen(complaint.words.clone());
    let answer = if each.len() > 1 { answer.seen("without either of them go is content") } else { answer };
    each.iter().fold(answer, |answer, one| answer.mend(mend(trial, set, one)))
}

/// Each that must go; where others tell of all of them, who does.
fn all_of(world: &World, trial: &Trial, all: &[(&Set, Complaint)]) -> Answer {
    let (mut own, mut others) = (Vec::new(), None);
    for (one, complaint) in all {
        if let Some(check) = told_by(world, one, complaint) {
            others = Some(check);
            continue;
        }
        let answer = Answer::error(shown(one)).seen(complaint.words.clone());
        own.push(answer.mend(mend(trial, &[], one)));
    }
    match others.filter(|_| own.is_empty()) {
        Some(check) => elsewhere(check),
        None => Answer::worst(own, "go takes them"),
    }
}

const QUOTE: &str = "put each flag with blanks in it into quotes of its own: GOFLAGS=\"'-ldflags=-s -w'\"";

/// The command that writes it right, where go takes what was probably meant, or takes it back.
fn mend(trial: &Trial, set: &[Set], (name, Chosen { value, origin }): &Set) -> String {
    /// As many are tried.
    const MOST: usize = 12;
    let candidates = if *name == "GOFLAGS" { meant::candidates(value) } else { Vec::new() };
    for better in candidates.into_iter().take(MOST) {
        match trial.takes(set, name, &better) {
            Ok(true) => {
                let command = origin.set(name, &better);
                // With the secrets that values have it is not shown, and without them not to be typed.
                return if masked(&command) == command { command } else { String::from(QUOTE) };
            }
            Ok(false) => {}
            // What was found is told, whether there was the time for a better mend or not.
            Err(_) => break,
        }
    }
    origin.mend(name)
}

/// Nothing complains of this before something has to be downloaded.
fn module_cache(world: &World) -> Result<Option<Answer>, Unknown> {
    let folder = world.go_env("GOMODCACHE")?;
    if folder.is_empty() || Path::new(folder).is_absolute() {
        return Ok(None);
    }
    let Some(chosen) = Chosen::of("GOMODCACHE", world) else { return Ok(None) };
    let undo = chosen.origin.mend("GOMODCACHE");
    let answer = Answer::error(shown(&("GOMODCACHE", chosen)));
    Ok(Some(answer.seen("it is not an absolute path, so that go downloads no module into it").mend(undo)))
}

/// Nor of this.
fn module_proxies(world: &World) -> Result<Option<Answer>, Unknown> {
    let list = world.go_env("GOPROXY")?;
    let is_address = |entry: &str| {
        let address = with_scheme(entry).to_ascii_lowercase();
        ["https://", "http://", "file://"].iter().any(|scheme| address.starts_with(scheme))
    };
    let entries = entries(list);
    let is_wrong = |entry: &&str| !["direct", "off"].contains(entry) && !is_address(entry);
    let wrong = entries.iter().map(|entry| entry.address).find(is_wrong);
    let why = match wrong {
        Some(entry) => {
            format!(
                "{entry} is no address that go knows: https://, http:// and file:// are, names of hosts, direct and off"
            )
        }
        None if entries.is_empty() && !list.is_empty() => String::from("there is no entry in it"),
        None => return Ok(None),
    };
    let Some(chosen) = Chosen::of("GOPROXY", world) else { return Ok(None) };
    let undo = chosen.origin.mend("GOPROXY");
    Ok(Some(Answer::error(shown(&("GOPROXY", chosen))).seen(why).mend(undo)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_has_a_mend_where_there_is_no_time_for_a_better_one() {
        let world = World::new(Path::new("/").to_path_buf(), None);
        let set = ("GOFLAGS", Chosen { value: String::from("-ldflags=-s -w"), origin: Origin::Environment });
        assert_eq!(mend(&Trial::without_time(&world), &[], &set), "unset GOFLAGS");
    }
}
