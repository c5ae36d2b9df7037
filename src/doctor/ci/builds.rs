//! What jobs have go do: with which Go, how often, and whether anew.
//!
//! Knows versions in go.mod and in workflow files; does not know caches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use crate::doctor::answer::Answer;
use crate::doctor::pipeline::{GoCommand, Host, Job, Pipelines, Step, Version};
use crate::doctor::text::text_of;

/// The jobs' Go is one that the module takes.
pub(super) fn go_version(pipelines: &Pipelines) -> Vec<Answer> {
    let wanted = required(&pipelines.root);
    let steps = pipelines.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)));
    let setups = steps.filter_map(|(job, step)| Some((job, step, step.version_of("actions/setup-go")?)));
    let of_setups = setups.filter_map(|(job, step, version)| {
        without_zero(job, step).or_else(|| unnamed(job, step)).or_else(|| too_old(job, step, version, wanted?))
    });
    let of_images = pipelines.jobs.iter().filter_map(|job| old_image(job, wanted?));
    of_setups.chain(of_images).collect()
}

/// Docker's images of Go are named by its version, and so are most that are made from them.
fn old_image(job: &Job, wanted: (u32, u32)) -> Option<Answer> {
    let (name, tag) = job.image.split('@').next()?.rsplit_once(':')?;
    let version = tag.split('-').next()?;
    let is_of_go = name.rsplit('/').next() == Some("golang");
    let has_other = job.steps.iter().any(|step| step.elsewhere || step.version_of("actions/setup-go").is_some());
    if !is_of_go || has_other || job.commands().next().is_none() || release(version)? >= wanted {
        return None;
    }
    let needs =
        format!("{}: {} has Go {version}, and go.mod needs 1.{}.{}", job.at(job.line), job.image, wanted.0, wanted.1);
    let answer = Answer::warn(needs);
    let answer = answer
        .seen("with GOTOOLCHAIN=local, as Docker's images have it, builds fail; else each run fetches a toolchain");
    Some(answer.mend(format!("image: golang:1.{}", wanted.0)))
}

/// The names and marks of the versions that a step asks for, those of its matrix where it names one.
fn versions<'a>(job: &'a Job, step: &'a Step) -> Vec<(&'a str, bool)> {
    let Some(given) = step.input("go-version") else { return Vec::new() };
    let key = given.strip_prefix("${{").and_then(|rest| rest.trim().strip_prefix("matrix."));
    let key = key.map(|rest| rest.trim_end_matches("}}").trim());
    match key {
        None => vec![(given, step.loses_a_zero)],
        Some(key) => job.matrix.get(key).into_iter().flatten().map(|(text, loses)| (text.as_str(), *loses)).collect(),
    }
}

fn without_zero(job: &Job, step: &Step) -> Option<Answer> {
    let (text, _) = versions(job, step).into_iter().find(|(_, loses)| *loses)?;
    let short = text.trim_end_matches('0');
    let seen = format!(
        "{}: go-version {text} without quotes is a number, which is {short}: setup-go sets up Go {short}",
        job.at_step(step)
    );
    Some(Answer::error(seen).mend("with: { go-version-file: go.mod }").mend(format!("or write it in quotes: '{text}'")))
}

fn unnamed(job: &Job, step: &Step) -> Option<Answer> {
    let named = step.input("go-version").is_some() || step.input("go-version-file").is_some();
    let seen =
        || format!("{}: setup-go is not told a version, so the Go of the runner's image is used", job.at_step(step));
    (!named).then(|| Answer::note(seen()).mend("with: { go-version-file: go.mod }"))
}

/// Since version 6 setup-go sets GOTOOLCHAIN to local; before, go fetches the toolchain that it lacks.
fn too_old(job: &Job, step: &Step, version: Version, wanted: (u32, u32)) -> Option<Answer> {
    if step.elsewhere || job.steps.iter().any(|step| step.elsewhere) {
        return None;
    }
    let all = versions(job, step);
    let (text, _) = all.into_iter().find(|(text, _)| release(text).is_some_and(|given| given < wanted))?;
    let needs = format!("go.mod needs 1.{}.{}", wanted.0, wanted.1);
    let sets =
        job.settings.contains_key("GOTOOLCHAIN") || job.steps.iter().any(|step| step.script.contains("GOTOOLCHAIN"));
    let answer = if matches!(version, Version::Tag(6.., _)) && !sets {
        Answer::error(format!(
            "{}: Go {text} is set up, {needs}, and setup-go lets go fetch no other",
            job.at_step(step)
        ))
    } else {
        Answer::warn(format!("{}: Go {text} is set up and {needs}, so each run fetches a toolchain", job.at_step(step)))
    };
    Some(answer.mend("with: { go-version-file: go.mod }"))
}

/// Minor and patch of the `go` line in the root's go.mod.
fn required(root: &Path) -> Option<(u32, u32)> {
    let text = text_of(&root.join("go.mod"), 1 << 20).ok()?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("go "))?;
    let version = line.split_whitespace().next()?;
    numbers(version, 0)
}

/// The last release that a version means; none where that is not clear.
fn release(text: &str) -> Option<(u32, u32)> {
    numbers(text.trim_end_matches(".x"), u32::MAX)
}

fn numbers(text: &str, patch: u32) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("1.")?.split('.');
    let minor = parts.next()?.parse().ok()?;
    let patch = parts.next().map_or(Some(patch), |part| part.parse().ok())?;
    parts.next().is_none().then_some((minor, patch))
}

/// What is in the cache is used.
pub(super) fn rebuilds(pipelines: &Pipelines) -> Vec<Answer> {
    let steps = pipelines.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)));
    let commands = steps.flat_map(|(job, step)| step.commands.iter().map(move |go| (job, step, go)));
    let oldest = required(&pipelines.root);
    commands.filter_map(|(job, step, go)| anew(job, step, go, oldest)).collect()
}

fn anew(job: &Job, step: &Step, go: &GoCommand, oldest: Option<(u32, u32)>) -> Option<Answer> {
    let seen = |what: &str| format!("{}: `{}` {what}", job.at_step(step), go.line());
    if go.builds() && go.settings.get("GOCACHE").is_some_and(|value| value == "off") {
        return Some(Answer::error(seen("with GOCACHE=off, which go refuses")));
    }
    if go.builds() && go.has("-a") {
        let answer = Answer::warn(seen("compiles everything anew, the standard library as well"));
        return Some(answer.mend("leave -a out: go knows what has changed"));
    }
    // Where nothing is kept, it makes room.
    if go.verb == "clean" && (go.has("-cache") || go.has("-modcache")) && may_keep(job) {
        return Some(Answer::warn(seen("empties the cache")).mend("leave it out"));
    }
    let tests = go.has("-count=1") && has_kept_results(go, oldest) && may_keep(job);
    tests.then(|| Answer::note(seen("runs tests anew whose result is in the cache")))
}

/// Whether go keeps the results of these tests, but for -count: it does of packages that are named, and of no measurements;
/// with a profile of their coverage since 1.25, which the oldest Go that the module takes has to be.
fn has_kept_results(go: &GoCommand, oldest: Option<(u32, u32)>) -> bool {
    const KEEPS_COVERAGE: (u32, u32) = (25, 0);
    const MEASURING: [&str; 7] =
        ["-bench=", "-fuzz=", "-cpuprofile=", "-memprofile=", "-blockprofile=", "-mutexprofile=", "-trace="];
    let is_measured = |flag: &String| MEASURING.iter().any(|name| flag.starts_with(name));
    let is_shuffled = |flag: &String| flag.starts_with("-shuffle=") && flag != "-shuffle=off";
    let covers = |flag: &String| flag.starts_with("-coverprofile=") && oldest < Some(KEEPS_COVERAGE);
    let flags = go.flags();
    let never = |flag: &String| is_measured(flag) || is_shuffled(flag) || covers(flag);
    go.verb == "test" && go.names_packages() && !flags.iter().any(never)
}

/// Jobs without caches do not do the same.
pub(super) fn same_work(pipelines: &Pipelines) -> Vec<Answer> {
    let mut groups: BTreeMap<[String; 4], Vec<&Job>> = BTreeMap::new();
    for job in pipelines.jobs.iter().filter(|job| !may_keep(job)) {
        let words = |go: &GoCommand| go.variant().into_iter().chain([go.line()]).collect::<Vec<_>>().join(" ");
        let lines: BTreeSet<String> = job.builds().filter(|go| go.is_sure()).map(words).collect();
        let version = job.steps.iter().find_map(|step| step.input("go-version")).unwrap_or_default();
        for line in lines {
            let jobs = groups.entry([job.file.clone(), job.runs_on.clone(), version.to_owned(), line]).or_default();
            jobs.push(job);
        }
    }
    let several = groups.iter().filter(|(_, jobs)| jobs.len() > 1);
    several
        .map(|([file, .., line], jobs)| {
            let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
            let seen = format!("{file}: `{line}` is run by the jobs {}, which share no cache", names.join(" and "));
            Answer::note(seen).mend("give them one cache, or make them one job")
        })
        .collect()
}

/// Some cache, of whatever; or a machine that keeps its disk; or what is not seen may keep one.
fn may_keep(job: &Job) -> bool {
    let caches = job.steps.iter().any(|step| {
        let setup = step.version_of("actions/setup-go").is_some() && step.input("cache") != Some("false");
        setup || step.uses.contains("cache")
    });
    caches
        || !job.is_whole
        || !job.caches.is_empty()
        || job.host == Host::Buildkite
        || job.runs_on.contains("self-hosted")
}

/// Results of tests that read files are found again.
pub(super) fn file_times(pipelines: &Pipelines) -> Vec<Answer> {
    let oldest = required(&pipelines.root);
    let tests = pipelines.jobs.iter().filter(|job| may_keep(job) && job.host != Host::Buildkite).filter(|job| {
        let restored = job.steps.iter().any(|step| step.script.contains("mtime") || step.script.contains("touch "));
        let fresh = job
            .commands()
            .any(|go| has_kept_results(go, oldest) && !go.flags().iter().any(|flag| flag.starts_with("-count=")));
        fresh && !restored
    });
    let Some(job) = tests.into_iter().next() else { return Vec::new() };
    let Some(folder) = testdata(&pipelines.root) else { return Vec::new() };
    let folder = folder.strip_prefix(&pipelines.root).unwrap_or(&folder).display().to_string();
    let seen = format!(
        "{}: a checkout gives every file the time of now, so the kept result of a test that opens files ({folder}) never fits",
        job.at(job.line)
    );
    vec![Answer::note(seen).mend("give files the time of their last commit after the checkout, as `git restore-mtime` does; it needs the whole history")]
}

/// A folder of files for tests, where there is one not too deep below.
fn testdata(root: &Path) -> Option<PathBuf> {
    const MOST_FOLDERS: usize = 300;
    const MOST_ENTRIES: usize = 1_000;
    let mut ahead = VecDeque::from([root.to_path_buf()]);
    for _ in 0..MOST_FOLDERS {
        let folder = ahead.pop_front()?;
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let entries = entries.take(MOST_ENTRIES).flatten();
        for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            match entry.file_name().to_string_lossy().as_ref() {
                "testdata" => return Some(entry.path()),
                "node_modules" | "vendor" => {}
                name if name.starts_with(['.', '_']) => {}
                _ => ahead.push_back(entry.path()),
            }
        }
    }
    None
}
