//! What the CI of a repository does: its jobs, as its files have them.
//!
//! Knows where GitHub, GitLab and Buildkite have their files and what a job is in each; does not know what is right. Few
//! files of moderate size are read; none is ever run or fetched.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::gitlab;
use super::job::{Host, Job, Step, variables};
use super::script::{GoCommand, go_commands};
use super::yaml::{Node, read};
use crate::doctor::text::text_of;

/// More files than anybody has, and larger ones.
const MOST_FILES: usize = 100;
const MOST_BYTES: u64 = 1 << 20;

/// All jobs, and what could not be read.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub(super) root: PathBuf,
    pub(super) jobs: Vec<Job>,
    /// How many files there are.
    pub(super) files: usize,
    /// Which of them could not be read, and why.
    pub(super) broken: Vec<String>,
}

impl Pipelines {
    /// Those of the repository that a directory is in, or of the directory, where it is in none.
    pub(super) fn around(directory: &Path) -> Self {
        let root = directory.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(directory);
        let mut all = Self { root: root.to_path_buf(), jobs: Vec::new(), files: 0, broken: Vec::new() };
        for file in workflows(root) {
            all.add(&file, github_jobs);
        }
        let gitlab = [PathBuf::from(".gitlab-ci.yml"), PathBuf::from(".gitlab-ci.yaml")];
        if let Some(file) = gitlab.iter().find(|file| root.join(file).is_file()) {
            all.add_gitlab(file);
        }
        let buildkite = ["pipeline.yml", "pipeline.yaml"].map(|name| Path::new(".buildkite").join(name));
        if let Some(file) = buildkite.iter().find(|file| root.join(file).is_file()) {
            all.add(file, buildkite_jobs);
        }
        all
    }

    fn add(&mut self, file: &Path, jobs: fn(&str, &Node) -> Vec<Job>) {
        if let Some(tree) = self.tree(file) {
            self.jobs.extend(jobs(&file.display().to_string(), &tree));
        }
    }

    fn tree(&mut self, file: &Path) -> Option<Rc<Node>> {
        self.files += 1;
        let path = self.root.join(file);
        let text = text_of(&path, MOST_BYTES).map_err(|error| error.to_string());
        match text.and_then(|text| read(&text)) {
            Ok(tree) => tree,
            Err(why) => {
                self.broken.push(format!("{}: {why}", file.display()));
                None
            }
        }
    }

    /// The file and those of the repository that it includes, as one.
    fn add_gitlab(&mut self, first: &Path) {
        let mut ahead = vec![first.to_path_buf()];
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut trees = Vec::new();
        while let Some(file) = ahead.pop() {
            if seen.contains(&file) || seen.len() >= MOST_FILES {
                continue;
            }
            seen.push(file.clone());
            let Some(tree) = self.tree(&file) else { continue };
            let inside = |file: &PathBuf| self.root.join(file).is_file();
            ahead.extend(gitlab::local_includes(&tree).into_iter().filter(inside));
            trees.push((file.display().to_string(), tree));
        }
        self.jobs.extend(gitlab::jobs(&trees));
    }
}

/// Workflow files of GitHub, in the order of their names.
fn workflows(root: &Path) -> Vec<PathBuf> {
    let folder = Path::new(".github").join("workflows");
    let Ok(entries) = fs::read_dir(root.join(&folder)) else { return Vec::new() };
    let names = entries.take(MOST_FILES * 10).filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())));
    let yaml = |name: &PathBuf| name.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
    let mut files: Vec<PathBuf> = names.filter(yaml).map(|name| folder.join(name)).collect();
    files.sort();
    files.truncate(MOST_FILES);
    files
}

fn github_jobs(file: &str, tree: &Node) -> Vec<Job> {
    let jobs = tree.get("jobs").map(Node::entries).unwrap_or_default();
    let all = variables(tree.get("env"), &BTreeMap::new());
    jobs.into_iter().map(|(name, job)| github_job(file, name, job, &all)).collect()
}

fn github_job(file: &str, name: &str, job: &Node, outer: &BTreeMap<String, String>) -> Job {
    let settings = variables(job.get("env"), outer);
    let matrix = job.get("strategy").and_then(|strategy| strategy.get("matrix"));
    let folder = job.get("defaults").and_then(|defaults| defaults.get("run")?.get("working-directory"));
    let mut exported = settings.clone();
    let mut steps = Vec::new();
    for step in job.get("steps").map(Node::items).unwrap_or_default() {
        let script = script_of(step);
        // What stands in this file has its value from here on.
        exported.extend(written(&script, "GITHUB_ENV"));
        let with = step.get("with").map(Node::entries).unwrap_or_default();
        steps.push(Step {
            line: step.line,
            uses: text(step, "uses").unwrap_or_default(),
            with: with
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value.text()?.to_owned())))
                .collect(),
            loses_a_zero: step.get("with").and_then(|with| with.get("go-version")).is_some_and(Node::loses_a_zero),
            commands: go_commands(&script, &variables(step.get("env"), &exported)),
            elsewhere: folder.is_some() || step.get("working-directory").is_some(),
            script,
        });
    }
    Job {
        host: Host::GitHub,
        file: file.to_owned(),
        line: job.line,
        name: name.to_owned(),
        runs_on: job.get("runs-on").map(|on| on.texts().join(" ")).unwrap_or_default(),
        matrix: matrix.map(matrix_of).unwrap_or_default(),
        settings,
        steps,
        caches: Vec::new(),
    }
}

/// What a step runs, or what an action runs for it; an expression in it is one word.
fn script_of(step: &Node) -> String {
    let given = || step.get("with").and_then(|with| text(with, "run"));
    let script = text(step, "run").or_else(given).unwrap_or_default();
    script.replace("${{ ", "${{").replace(" }}", "}}")
}

/// The values of each key of a matrix, with a mark at those that lose a zero.
fn matrix_of(matrix: &Node) -> BTreeMap<String, Vec<(String, bool)>> {
    let values = |node: &Node| -> Vec<(String, bool)> {
        let items = node.items().into_iter();
        items.filter_map(|item| Some((item.text()?.to_owned(), item.loses_a_zero()))).collect()
    };
    let mut all: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for (key, node) in matrix.entries().into_iter().filter(|(key, _)| *key != "exclude") {
        if key != "include" {
            all.entry(key.to_owned()).or_default().extend(values(node));
            continue;
        }
        for (key, node) in node.items().into_iter().flat_map(Node::entries) {
            all.entry(key.to_owned()).or_default().extend(values(node));
        }
    }
    all
}

/// Lines like `echo NAME=value >> $FILE`.
fn written(script: &str, file: &str) -> Vec<(String, String)> {
    let lines = script.lines().filter(|line| line.contains(file));
    let words = lines.filter_map(|line| line.trim().strip_prefix("echo ")?.split(">>").next());
    words
        .filter_map(|words| words.trim().trim_matches(['"', '\'']).split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn buildkite_jobs(file: &str, tree: &Node) -> Vec<Job> {
    let settings = variables(tree.get("env"), &BTreeMap::new());
    let steps = tree.get("steps").map(Node::items).unwrap_or_default();
    let job = |step: &Node| -> Option<Job> {
        let commands = step.get("command").or_else(|| step.get("commands"))?;
        // `$$` is for the agent what `$` is for the upload of the pipeline.
        let script = commands.texts().join("\n").replace("$$", "$");
        let settings = variables(step.get("env"), &settings);
        let name = text(step, "label").or_else(|| text(step, "key")).unwrap_or_else(|| String::from("step"));
        let found: Vec<GoCommand> = go_commands(&script, &settings);
        let step = Step { line: step.line, script, commands: found, ..Step::default() };
        Some(Job { settings, steps: vec![step], ..Job::new(Host::Buildkite, file, name) })
    };
    steps.into_iter().filter_map(job).collect()
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.text().map(str::to_owned)
}
