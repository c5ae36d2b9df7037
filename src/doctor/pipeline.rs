//! What the CI of a repository does: its jobs, as its files have them.
//!
//! Knows where GitHub, GitLab and Buildkite have their files; does not know what is right. Few files of moderate size are
//! read; none is ever run or fetched, so of what stands in other repositories only is known that something does.

mod buildkite;
mod command;
mod github;
mod gitlab;
mod job;
mod script;
mod shell;
mod yaml;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub(super) use self::command::GoCommand;
pub(super) use self::job::{Cache, Host, Job, Step, Version};
pub(super) use self::script::expanded;
use self::yaml::{Node, read};
use super::repository;
use super::text::text_of;

/// More files than anybody has, and larger ones.
const MOST_FILES: usize = 100;
const MOST_BYTES: u64 = 1 << 20;

/// More jobs than all workflows of anybody have, and more steps in all of them: aliases and actions make many of a few lines.
const MOST_JOBS: usize = 2_000;
const MOST_STEPS: usize = 20_000;

/// All jobs, and what could not be read.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub(super) root: PathBuf,
    pub(super) jobs: Vec<Job>,
    /// How many files there are.
    pub(super) files: usize,
    /// Those of them that could not be read.
    pub(super) broken: Vec<Broken>,
}

/// A file that could not be read.
#[derive(Debug)]
pub(super) struct Broken {
    /// From the root of the repository.
    pub(super) file: String,
    pub(super) fault: Fault,
}

/// Why it could not.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is no YAML, to whoever runs it either: the line, and why.
    NoYaml(usize, String),
    /// Others may read it.
    NotHere(String),
}

/// A file by its path from the root, and what it says.
type Tree = (String, Rc<Node>);

impl Pipelines {
    /// Those of the repository that a directory is in, or of the directory, where it is in none.
    pub(super) fn around(directory: &Path) -> Self {
        let root = repository::root(directory).unwrap_or_else(|| directory.to_path_buf());
        let mut all = Self { root: root.clone(), jobs: Vec::new(), files: 0, broken: Vec::new() };
        all.add_github();
        let gitlab = [".gitlab-ci.yml", ".gitlab-ci.yaml"].map(PathBuf::from);
        if let Some(file) = gitlab.iter().find(|file| root.join(file).is_file()) {
            all.add_gitlab(file);
        }
        let buildkite = ["pipeline.yml", "pipeline.yaml"].map(|name| Path::new(".buildkite").join(name));
        if let Some(file) = buildkite.iter().find(|file| root.join(file).is_file()) {
            let tree = all.tree(file);
            all.jobs.extend(tree.iter().flat_map(buildkite::jobs));
        }
        all
    }

    /// Workflows, with the actions of the repository that they use.
    fn add_github(&mut self) {
        let trees: Vec<Tree> = workflows(&self.root).iter().filter_map(|file| self.tree(file)).collect();
        let mut ahead: Vec<String> = trees.iter().flat_map(|(_, tree)| github::own_actions(tree)).collect();
        let mut actions: BTreeMap<String, Option<Tree>> = BTreeMap::new();
        while let Some(name) = ahead.pop() {
            if actions.contains_key(&name) || actions.len() >= MOST_FILES {
                continue;
            }
            let files = ["action.yml", "action.yaml"].map(|file| Path::new(&name).join(file));
            let file = files.iter().find(|file| self.root.join(file).is_file());
            let action = file.and_then(|file| self.tree(file));
            ahead.extend(action.iter().flat_map(|(_, tree)| github::used_by(tree)));
            actions.insert(name, action);
        }
        for tree in &trees {
            self.add_workflow(tree, &actions);
        }
    }

    /// All jobs of a workflow, or none of them where they would be too many with those before.
    fn add_workflow(&mut self, tree: &Tree, actions: &BTreeMap<String, Option<Tree>>) {
        let before = self.jobs.len();
        let mut steps: usize = self.jobs.iter().map(|job| job.steps.len()).sum();
        for job in github::jobs(tree, actions) {
            steps += job.steps.len();
            if self.jobs.len() == MOST_JOBS || steps > MOST_STEPS {
                self.jobs.truncate(before);
                let why = format!("more than {MOST_JOBS} jobs or {MOST_STEPS} steps in all workflows up to this one");
                self.broken.push(Broken { file: tree.0.clone(), fault: Fault::NotHere(why) });
                return;
            }
            self.jobs.push(job);
        }
    }

    /// The file and those of the repository that it includes, as one.
    fn add_gitlab(&mut self, first: &Path) {
        let mut ahead = vec![first.to_path_buf()];
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut trees = Vec::new();
        let broken_elsewhere = self.broken.len();
        while let Some(file) = ahead.pop() {
            if seen.contains(&file) || seen.len() >= MOST_FILES {
                continue;
            }
            seen.push(file.clone());
            let Some(tree) = self.tree(&file) else { continue };
            let inside = |file: &PathBuf| self.root.join(file).is_file();
            ahead.extend(gitlab::local_includes(&tree.1).into_iter().filter(inside));
            trees.push(tree);
        }
        let is_whole = self.broken.len() == broken_elsewhere;
        let jobs = gitlab::jobs(&trees).into_iter();
        self.jobs.extend(jobs.map(|job| Job { is_whole: job.is_whole && is_whole, ..job }));
    }

    fn tree(&mut self, file: &Path) -> Option<Tree> {
        self.files += 1;
        let text = text_of(&self.root.join(file), MOST_BYTES).map_err(|error| Fault::NotHere(error.to_string()));
        let tree = text.and_then(|text| {
            read(&text).map_err(|fault| match fault {
                yaml::Fault::NoYaml(line, why) => Fault::NoYaml(line, why),
                yaml::Fault::TooMuch(why) => Fault::NotHere(why),
            })
        });
        let file = file.display().to_string();
        match tree {
            Ok(tree) => Some((file, tree?)),
            Err(fault) => {
                self.broken.push(Broken { file, fault });
                None
            }
        }
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
