//! Go, tried with some of its settings taken back.
//!
//! Knows what go is asked, and which settings make it refuse; does not know what they mean. A setting is at fault where go is
//! content without it, or complains of nothing more than it does without any.

use std::time::{Duration, Instant};

use crate::doctor::answer::Unknown;
use crate::doctor::ask::{Said, ask};
use crate::doctor::flags;
use crate::doctor::origin::Chosen;
use crate::doctor::world::World;

/// A setting and its name.
pub(super) type Set = (&'static str, Chosen);

/// As long as all tries together may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// What go complains about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// What was asked, and go's own words.
    pub(super) words: String,
}

/// Which settings are at fault.
#[derive(Debug)]
pub(super) enum Fault<'a> {
    /// None that is known.
    Nobody,
    /// Without any one of these go is content.
    Each(Vec<&'a Set>, Complaint),
    /// Only without all of these is it, and this is what it says of each.
    All(Vec<(&'a Set, Complaint)>),
}

/// Tries that have some time left.
#[derive(Debug)]
pub(super) struct Trial<'w> {
    world: &'w World,
    /// Where the toolchain that is asked for is not here, the one in PATH is tried.
    toolchain: Option<&'static str>,
    until: Instant,
}

impl<'w> Trial<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let toolchain = world.not_switched().is_ok_and(|why| why.is_some()).then_some("local");
        Self { world, toolchain, until: Instant::now() + PATIENCE }
    }

    #[cfg(test)]
    pub(super) fn without_time(world: &'w World) -> Self {
        Self { world, toolchain: None, until: Instant::now() }
    }

    /// Which of these settings go refuses.
    ///
    /// # Errors
    /// Go cannot be asked, or there is not the time for it.
    pub(super) fn fault<'a>(&self, set: &'a [Set]) -> Result<Fault<'a>, Unknown> {
        let all: Vec<&Set> = set.iter().collect();
        let (with_all, with_none) = (self.complaint(&all)?, self.complaint(&[])?);
        let Some(complaint) = with_all.filter(|complaint| Some(complaint) != with_none.as_ref()) else {
            return Ok(Fault::Nobody);
        };
        let is_content = |kept: &[&Set]| -> Result<bool, Unknown> {
            let complaint = self.complaint(kept)?;
            Ok(complaint.is_none() || complaint == with_none)
        };
        let mut each = Vec::new();
        for &one in &all {
            if is_content(&without(&all, &[one]))? {
                each.push(one);
            }
        }
        if !each.is_empty() {
            return Ok(Fault::Each(each, complaint));
        }
        // Whatever can be given back is.
        let mut gone = all.clone();
        for group in groups(&all) {
            let fewer = without(&gone, &group);
            if is_content(&without(&all, &fewer))? {
                gone = fewer;
            }
        }
        let mut told = Vec::new();
        for &one in &gone {
            let others = without(&gone, &[one]);
            told.extend(self.complaint(&without(&all, &others))?.map(|complaint| (one, complaint)));
        }
        Ok(Fault::All(told))
    }

    /// Whether go takes this value in the place of that of a setting.
    ///
    /// # Errors
    /// Go cannot be asked.
    pub(super) fn takes(&self, set: &[Set], name: &str, value: &str) -> Result<bool, Unknown> {
        let others = set.iter().filter(|(other, _)| *other != name);
        let mut pairs: Vec<(&str, &str)> = others.map(|(name, chosen)| (*name, chosen.value.as_str())).collect();
        pairs.push((name, value));
        Ok(self.complaint_with(&pairs)?.is_none())
    }

    fn complaint(&self, kept: &[&Set]) -> Result<Option<Complaint>, Unknown> {
        let pairs: Vec<(&str, &str)> = kept.iter().map(|(name, chosen)| (*name, chosen.value.as_str())).collect();
        self.complaint_with(&pairs)
    }

    /// What it says first. `go env` reads all settings, with the flags for C and a temporary folder where it is asked for all; a
    /// build that is only printed reads the flags, and knows which systems there are.
    fn complaint_with(&self, kept: &[(&str, &str)]) -> Result<Option<Complaint>, Unknown> {
        let (work, everything) = (self.ask(kept, &["env", "GOWORK"])?, self.ask(kept, &["env", "-json"])?);
        let has_workspace = work.status.success() && !["", "off"].contains(&work.stdout.trim());
        // In a workspace go refuses -mod=mod before it writes anything.
        let writes = |list: &&str| !has_workspace && flags::value(list, "mod").as_deref() == Some("mod");
        let list = kept.iter().find(|(name, _)| *name == "GOFLAGS").map(|(_, list)| *list).filter(writes);
        let list = list.map(|list| format!("{list} -mod=readonly"));
        let loading: Vec<_> = kept.iter().copied().chain(list.as_deref().map(|list| ("GOFLAGS", list))).collect();
        let build = self.ask(&loading, &["build", "-n", "unsafe"])?;
        Ok(complaint_of("go env -json", everything).or_else(|| complaint_of("go build", build)))
    }

    fn ask(&self, kept: &[(&str, &str)], words: &[&str]) -> Result<Said, Unknown> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Unknown(String::from(
                "go does not take its settings, and there was no time to find out which",
            )));
        }
        let mut command = self.world.go_with(kept.iter().copied(), words)?;
        command.env(NO_CACHE.0, NO_CACHE.1);
        self.toolchain.map(|toolchain| command.env("GOTOOLCHAIN", toolchain));
        Ok(ask(&mut command, left)?)
    }
}

/// Without a cache go does everything but what needs one, and makes none: other checks know the cache.
pub(super) const NO_CACHE: (&str, &str) = ("GOCACHE", "off");

/// What go says of the cache that it lacks, and of the package that it is given, which is no program: not of a setting.
const OF_THE_QUESTION: [&str; 3] =
    ["disabled by GOCACHE=off", "requires exactly one main package", "no main packages to build"];

/// What go says first, where it is not for what it was asked.
pub(super) fn complaint_of(asked: &str, said: Said) -> Option<Complaint> {
    let Unknown(words) = said.fine(asked).err()?;
    let is_of_question = OF_THE_QUESTION.iter().any(|part| words.contains(part));
    (!is_of_question).then(|| Complaint { words: told(&words).to_owned() })
}

/// What a panic says, without the addresses, which are others each time.
fn told(words: &str) -> &str {
    let ends = ["goroutine ", "runtime stack:"].into_iter().filter_map(|end| words.find(end));
    words[..ends.min().unwrap_or(words.len())].trim_end()
}

fn without<'a>(all: &[&'a Set], gone: &[&Set]) -> Vec<&'a Set> {
    all.iter().copied().filter(|(name, _)| !gone.iter().any(|(other, _)| other == name)).collect()
}

/// A system and a processor go together: either alone may be one that there is not.
fn groups<'a>(all: &[&'a Set]) -> Vec<Vec<&'a Set>> {
    let is_target = |set: &&&Set| ["GOOS", "GOARCH"].contains(&set.0);
    let mut groups: Vec<Vec<&Set>> = all.iter().filter(|set| !is_target(set)).map(|set| vec![*set]).collect();
    groups.push(all.iter().filter(is_target).copied().collect());
    groups
}
