//! Whether the caches that jobs restore are those that they need.
//!
//! Knows what actions/setup-go and actions/cache of GitHub do, and which paths GitLab can keep.
//!
//! setup-go restores and saves both GOCACHE and GOMODCACHE, since version 4 unless told not to, under a key of the runner, the
//! Go version and the hash of one file in the root: go.sum, since version 6.3 go.mod. Whatever has that key is never
//! written again, and nothing but that key is looked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::doctor::answer::Answer;
use crate::doctor::pipeline::{Cache, GoCommand, Host, Job, Pipelines, Step, Version, expanded};

/// A step that sets Go up.
struct Setup<'a> {
    job: &'a Job,
    step: &'a Step,
    /// Which of the steps of the job.
    number: usize,
    version: Version,
}

/// Those that keep a cache, for sure.
fn cached(pipelines: &Pipelines) -> impl Iterator<Item = Setup<'_>> {
    pipelines.jobs.iter().flat_map(setups).filter(Setup::is_cached)
}

fn setups(job: &Job) -> impl Iterator<Item = Setup<'_>> {
    job.steps.iter().enumerate().filter_map(move |(number, step)| {
        let version = step.version_of("actions/setup-go")?;
        Some(Setup { job, step, number, version })
    })
}

impl Setup<'_> {
    fn is_cached(&self) -> bool {
        match self.step.input("cache") {
            // A commit is taken for one of a version of today.
            None => !matches!(self.version, Version::Tag(..4, _)),
            Some(given) => given == "true",
        }
    }

    /// The files of the root, one of which its key is made of.
    fn hashed(&self) -> &'static [&'static str] {
        match self.version {
            Version::Unnamed => &["go.mod", "go.sum"],
            Version::Tag(7.., _) | Version::Tag(6, None | Some(3..)) => &["go.mod"],
            Version::Tag(..) => &["go.sum"],
        }
    }

    /// What its key depends on, as far as it stands in the file.
    fn key(&self) -> [String; 4] {
        let input = |name| self.step.input(name).unwrap_or_default().to_owned();
        [self.job.runs_on.clone(), input("go-version"), input("go-version-file"), input("cache-dependency-path")]
    }

    fn at(&self) -> String {
        self.job.at_step(self.step)
    }
}

/// What the key is made of is there when it is made.
pub(super) fn key_file(pipelines: &Pipelines) -> Vec<Answer> {
    cached(pipelines).filter_map(|setup| lost_key(pipelines, &setup)).collect()
}

fn lost_key(pipelines: &Pipelines, setup: &Setup) -> Option<Answer> {
    let checkout = setup.job.steps.iter().position(|step| step.version_of("actions/checkout").is_some())?;
    if checkout > setup.number {
        let seen = format!(
            "{}: setup-go stands before checkout, so it finds no file for its key and caches nothing",
            setup.at()
        );
        return Some(Answer::warn(seen).mend("put actions/checkout before actions/setup-go"));
    }
    let other = &setup.job.steps[checkout].with;
    if other.contains_key("path") || other.contains_key("repository") {
        return None;
    }
    let is_there = |name: &str| pipelines.root.join(name).is_file();
    if let Some(given) = setup.step.input("cache-dependency-path") {
        let names: Vec<&str> = given.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
        let lost = names.iter().all(|name| !name.contains(['*', '?', '[', '$', '!', '~']) && !is_there(name));
        let seen =
            || format!("{}: cache-dependency-path names {given}, which is not there, so nothing is cached", setup.at());
        return lost.then(|| Answer::warn(seen()).mend("name the go.sum of the module in cache-dependency-path"));
    }
    let hashed = setup.hashed();
    if hashed.iter().any(|name| is_there(name)) {
        return None;
    }
    let names = hashed.join(" or ");
    let seen = format!(
        "{}: the root of the repository has no {names}, of which setup-go makes its key, so nothing is cached",
        setup.at()
    );
    let instead =
        if is_there("go.mod") { "cache-dependency-path: go.mod" } else { "cache-dependency-path: '**/go.sum'" };
    Some(Answer::warn(seen).mend(format!("with: {{ {instead} }}")))
}

/// Jobs that compile otherwise have other keys.
pub(super) fn shared_key(pipelines: &Pipelines) -> Vec<Answer> {
    let mut groups: BTreeMap<[String; 4], Vec<Setup>> = BTreeMap::new();
    for setup in cached(pipelines) {
        groups.entry(setup.key()).or_default().push(setup);
    }
    groups.values().filter_map(|group| collision(group)).collect()
}

fn collision(group: &[Setup]) -> Option<Answer> {
    let variants = |setup: &Setup| -> BTreeSet<String> {
        let all = setup.job.builds().map(|go| go.variant().into_iter().collect::<Vec<_>>().join(" "));
        all.collect()
    };
    // Of what is set in some runs only it is not known which variant it makes.
    let sure = group.iter().filter(|setup| setup.job.builds().all(GoCommand::is_sure));
    let of_jobs: Vec<(&Setup, BTreeSet<String>)> =
        sure.map(|setup| (setup, variants(setup))).filter(|(_, variants)| !variants.is_empty()).collect();
    let all: BTreeSet<&String> = of_jobs.iter().flat_map(|(_, variants)| variants).collect();
    let differ = of_jobs.iter().any(|(_, variants)| variants.len() < all.len());
    let legs = of_jobs.iter().any(|(setup, variants)| variants.iter().any(|variant| has_legs(setup, variant)));
    if !differ && !legs {
        return None;
    }
    let words = |variant: &String| if variant.is_empty() { String::from("no flags") } else { variant.clone() };
    let mut answer = Answer::warn(
        "setup-go has one key for jobs that compile differently: whoever ends first saves its build cache, the others miss it always",
    );
    for (setup, variants) in &of_jobs {
        let variants: Vec<String> = variants.iter().map(words).collect();
        answer = answer.seen(format!("{}: {}", setup.at(), variants.join("; ")));
    }
    Some(answer.mend(
        "with: { cache: false }, and a step of actions/cache for ~/.cache/go-build and ~/go/pkg/mod whose key has \
         ${{ github.job }} and what tells the legs of the matrix apart",
    ))
}

/// A variant of the matrix that the key has no part of.
fn has_legs(setup: &Setup, variant: &str) -> bool {
    let keys = variant.split("${{").skip(1).filter_map(|rest| rest.trim().strip_prefix("matrix."));
    let names = keys.filter_map(|rest| {
        rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-').next()
    });
    let in_key = |name: &str| setup.key().iter().any(|part| part.contains(&format!("matrix.{name}")));
    let several = |name: &str| setup.job.matrix.get(name).is_some_and(|values| values.len() > 1);
    names.into_iter().any(|name| several(name) && !in_key(name))
}

/// What paths keep in a job: what was built, and modules.
fn keeps(paths: &str, job: &Job) -> (bool, bool) {
    let (built, modules) = keeps_by_name(paths);
    let all: Vec<String> = paths.lines().map(|path| place(path, job)).filter(|path| !path.is_empty()).collect();
    // What a command would have to say is not known.
    let known = |name: &str, below: &str| Some(place(job.settings.get(name)?, job) + below);
    let known = |name: &str, below: &str| known(name, below).filter(|place| !place.contains('$'));
    let holds = |place: String| all.iter().any(|path| place == *path || place.starts_with(&format!("{path}/")));
    let built_there = known("GOCACHE", "").or_else(|| known("XDG_CACHE_HOME", "/go-build"));
    let modules_there = known("GOMODCACHE", "").or_else(|| known("GOPATH", "/pkg/mod"));
    // What an earlier step found out is not known, either.
    let is_open = paths.contains("${{ steps.") || paths.contains("${{steps.");
    (is_open || built_there.map_or(built, holds), is_open || modules_there.map_or(modules, holds))
}

/// A path as it is below the project or below the home, without what stands for the project.
fn place(path: &str, job: &Job) -> String {
    const PROJECT: [&str; 10] = [
        "$CI_PROJECT_DIR/",
        "${CI_PROJECT_DIR}/",
        "${{ github.workspace }}/",
        "${{github.workspace}}/",
        "$GITHUB_WORKSPACE/",
        "${GITHUB_WORKSPACE}/",
        "$PWD/",
        "${PWD}/",
        "$(pwd)/",
        "./",
    ];
    const HOME: [&str; 4] = ["$HOME/", "${HOME}/", "/home/runner/", "/root/"];
    let path = expanded(path.trim(), |name| job.settings.get(name));
    let path = PROJECT.iter().find_map(|project| path.strip_prefix(project)).unwrap_or(&path);
    let path = path.trim_end_matches('*').trim_end_matches('/');
    let below = HOME.iter().find_map(|home| path.strip_prefix(home));
    below.map_or_else(|| path.to_owned(), |below| format!("~/{below}"))
}

/// The same by what folders are mostly called.
fn keeps_by_name(paths: &str) -> (bool, bool) {
    let paths = paths.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| paths.contains(word));
    let is = |whole: &[&str]| paths.lines().any(|line| whole.contains(&line.trim().trim_end_matches('/')));
    let built = has(&["go-build", "gocache", ".go/cache"]) || is(&["~/.cache"]);
    (built, has(&["pkg/mod", "gomodcache"]) || is(&["~/go", "go", ".go"]))
}

/// Steps that keep some of Go's caches by themselves.
fn own_caches(job: &Job) -> impl Iterator<Item = &Step> {
    let actions = ["actions/cache", "actions/cache/restore", "actions/cache/save"];
    let steps = job.steps.iter().filter(move |step| actions.iter().any(|name| step.version_of(name).is_some()));
    steps.filter(move |step| keeps(step.input("path").unwrap_or_default(), job) != (false, false))
}

/// Nothing is restored twice.
pub(super) fn two_caches(pipelines: &Pipelines) -> Vec<Answer> {
    let twice = cached(pipelines).filter_map(|setup| {
        let own = own_caches(setup.job).next()?;
        let seen = format!(
            "{}: actions/cache keeps {} beside setup-go of {}:{}, which keeps it as well: both are packed, fetched and unpacked over each other",
            setup.job.at_step(own),
            own.input("path").unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(", "),
            setup.step.file,
            setup.step.line
        );
        Some(Answer::warn(seen).mend("with: { cache: false } for actions/setup-go, or without the step of actions/cache"))
    });
    twice.collect()
}

/// A key changes when what it stands for does.
pub(super) fn fixed_key(pipelines: &Pipelines) -> Vec<Answer> {
    const CONSTANT: [&str; 6] = ["runner.", "matrix.", "github.job", "github.workflow", "github.ref", "strategy."];
    let never_changes = |key: &str| {
        let mut expressions = key.split("${{").skip(1);
        expressions.all(|rest| {
            CONSTANT.iter().any(|constant| rest.trim_start().starts_with(constant)) && !rest.contains("hashFiles")
        })
    };
    let fixed = pipelines.jobs.iter().flat_map(|job| own_caches(job).map(move |step| (job, step))).filter_map(|(job, step)| {
        let key = step.input("key").filter(|key| never_changes(key))?;
        let seen = format!("{}: the key {key} never changes, and a cache is never written again under its key", job.at_step(step));
        Some(Answer::warn(seen).mend("key: …-${{ hashFiles('**/go.sum') }}-${{ github.sha }}, with restore-keys for what stands before the last part"))
    });
    fixed.collect()
}

/// What was built is kept where modules are.
pub(super) fn build_cache(pipelines: &Pipelines) -> Vec<Answer> {
    let building = pipelines.jobs.iter().filter(|job| job.builds().next().is_some());
    building.filter_map(|job| not_built(job, kept_by(job)?)).collect()
}

fn not_built(job: &Job, kept: (bool, bool)) -> Option<Answer> {
    let at = job.at(job.line);
    match kept {
        (false, true) => Some(
            Answer::warn(format!("{at}: modules are kept, and what was built of them is not"))
                .mend("keep the folder of `go env GOCACHE`, too"),
        ),
        (false, false) if job.is_whole => Some(Answer::note(format!("{at}: nothing of Go's caches is kept"))),
        _ => None,
    }
}

/// What its caches keep; none where setup-go keeps both, or that cannot be told.
fn kept_by(job: &Job) -> Option<(bool, bool)> {
    let caches: Vec<(bool, bool)> = match job.host {
        Host::GitHub => own_caches(job).map(|step| keeps(step.input("path").unwrap_or_default(), job)).collect(),
        Host::GitLab => job.caches.iter().map(|cache| keeps(&cache.paths.join("\n"), job)).collect(),
        Host::Buildkite => return None,
    };
    let setup = setups(job).next();
    let is_open = |setup: &Setup| !["", "false"].contains(&setup.step.input("cache").unwrap_or_default());
    // Machines of one's own keep their disks.
    let disk = job.runs_on.contains("self-hosted");
    let told = !disk && !setup.as_ref().is_some_and(|setup| setup.is_cached() || is_open(setup));
    told.then(|| caches.iter().fold((false, false), |all, one| (all.0 || one.0, all.1 || one.1)))
}

/// GitLab keeps nothing outside the project's folder, and nothing that is never put into it.
pub(super) fn gitlab_paths(pipelines: &Pipelines) -> Vec<Answer> {
    let jobs = pipelines.jobs.iter().filter(|job| job.host == Host::GitLab);
    let caches = jobs.flat_map(|job| job.caches.iter().map(move |cache| (job, cache)));
    caches.filter_map(|(job, cache)| outside(job, cache).or_else(|| never_filled(job, cache))).collect()
}

const MOVED: &str = "variables: { GOCACHE: $CI_PROJECT_DIR/.cache/go-build, GOMODCACHE: $CI_PROJECT_DIR/.cache/mod }, and \
                     cache: { paths: [.cache/] }";

fn outside(job: &Job, cache: &Cache) -> Option<Answer> {
    let is_outside = |path: &&String| {
        let variable =
            path.trim_start_matches('$').trim_matches(['{', '}']).split(['/', '}']).next().unwrap_or_default();
        match path.chars().next() {
            Some('/') => !path.starts_with("/builds/"),
            Some('~') => true,
            Some('$') => ["HOME", "GOPATH", "GOCACHE", "GOMODCACHE"].contains(&variable) && !sets(job, variable),
            _ => path.starts_with("../"),
        }
    };
    let paths: Vec<String> = cache.paths.iter().filter(is_outside).cloned().collect();
    let seen = || {
        format!(
            "{}: the cache has {}, and GitLab keeps nothing outside $CI_PROJECT_DIR",
            job.at(cache.line),
            paths.join(", ")
        )
    };
    (!paths.is_empty()).then(|| Answer::warn(seen()).mend(MOVED))
}

fn never_filled(job: &Job, cache: &Cache) -> Option<Answer> {
    let paths: Vec<&String> = cache.paths.iter().filter(|path| keeps(path, job) != (false, false)).collect();
    let moved = !job.is_whole
        || ["GOCACHE", "GOMODCACHE", "GOPATH", "XDG_CACHE_HOME", "HOME", "GOENV"].iter().any(|name| sets(job, name));
    let first = paths.first().filter(|_| !moved && job.builds().next().is_some())?;
    let seen = format!("{}: the cache has {first}, and nothing tells go to put anything there", job.at(cache.line));
    Some(Answer::warn(seen).mend(MOVED))
}

/// A variable of the file, or one that the script speaks of.
fn sets(job: &Job, name: &str) -> bool {
    job.settings.contains_key(name) || job.steps.iter().any(|step| step.script.contains(&format!("{name}=")))
}
