//! What a job is, whoever runs it.
//!
//! Knows the steps of a job, the caches that it names and the variables that it sets; does not know what is right.

use std::collections::BTreeMap;

use super::command::{GoCommand, Variables};
use super::yaml::Node;

/// Who runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doctor) enum Host {
    GitHub,
    GitLab,
    Buildkite,
}

/// A job of a file.
#[derive(Debug)]
pub(in crate::doctor) struct Job {
    pub(in crate::doctor) host: Host,
    /// From the root of the repository.
    pub(in crate::doctor) file: String,
    pub(in crate::doctor) line: usize,
    pub(in crate::doctor) name: String,
    /// GitHub's `runs-on`, GitLab's image.
    pub(in crate::doctor) runs_on: String,
    /// The image of the container that it runs in; empty without one.
    pub(in crate::doctor) image: String,
    /// Values of each key of the matrix, with a mark at those that lose a zero.
    pub(in crate::doctor) matrix: BTreeMap<String, Vec<(String, bool)>>,
    /// Variables of all its steps, with those that they set.
    pub(in crate::doctor) settings: Variables,
    pub(in crate::doctor) steps: Vec<Step>,
    /// GitLab's caches.
    pub(in crate::doctor) caches: Vec<Cache>,
    /// Nothing that it may keep or set stands where it is not seen.
    pub(in crate::doctor) is_whole: bool,
}

/// A step of a job; GitLab's jobs have one.
#[derive(Debug, Default)]
pub(in crate::doctor) struct Step {
    /// That of the job, or of the action that the job uses.
    pub(in crate::doctor) file: String,
    pub(in crate::doctor) line: usize,
    /// An action with its version.
    pub(in crate::doctor) uses: String,
    /// Its inputs.
    pub(in crate::doctor) with: Variables,
    /// Its `go-version` is a number that loses a zero.
    pub(in crate::doctor) loses_a_zero: bool,
    pub(in crate::doctor) script: String,
    pub(in crate::doctor) commands: Vec<GoCommand>,
    /// It runs in another folder than the root of the repository.
    pub(in crate::doctor) elsewhere: bool,
}

/// A cache of GitLab's.
#[derive(Debug)]
pub(in crate::doctor) struct Cache {
    pub(in crate::doctor) line: usize,
    pub(in crate::doctor) paths: Vec<String>,
}

/// Which version of an action is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doctor) enum Version {
    /// Major, and minor where it is named.
    Tag(u32, Option<u32>),
    /// Of a commit or a branch.
    Unnamed,
}

impl Job {
    /// Nothing but a name.
    pub(in crate::doctor) fn new(host: Host, file: &str, name: String) -> Self {
        Self {
            host,
            file: file.to_owned(),
            line: 0,
            name,
            runs_on: String::new(),
            image: String::new(),
            matrix: BTreeMap::new(),
            settings: BTreeMap::new(),
            steps: Vec::new(),
            caches: Vec::new(),
            is_whole: true,
        }
    }

    /// Where a line of it is, with its name.
    pub(in crate::doctor) fn at(&self, line: usize) -> String {
        format!("{}:{line} (job {})", self.file, self.name)
    }

    /// The same for one of its steps; of one in an action it is all the same which job it is.
    pub(in crate::doctor) fn at_step(&self, step: &Step) -> String {
        if step.file == self.file { self.at(step.line) } else { format!("{}:{}", step.file, step.line) }
    }

    /// All its go commands.
    pub(in crate::doctor) fn commands(&self) -> impl Iterator<Item = &GoCommand> {
        self.steps.iter().flat_map(|step| &step.commands)
    }

    /// Those that compile.
    pub(in crate::doctor) fn builds(&self) -> impl Iterator<Item = &GoCommand> {
        self.commands().filter(|go| go.builds())
    }
}

impl Step {
    /// The version of an action, where the step uses that one.
    pub(in crate::doctor) fn version_of(&self, action: &str) -> Option<Version> {
        let (name, version) = self.uses.split_once('@')?;
        let mut parts = version.strip_prefix('v').unwrap_or_default().split('.').map(|part| part.parse().ok());
        let tag = parts.next().flatten().map(|major| Version::Tag(major, parts.next().flatten()));
        name.eq_ignore_ascii_case(action).then_some(tag.unwrap_or(Version::Unnamed))
    }

    /// An input, where it is set to something.
    pub(in crate::doctor) fn input(&self, name: &str) -> Option<&str> {
        self.with.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}

/// More variables than any job has.
const MOST_VARIABLES: usize = 300;

/// Variables of a map, over those around it.
pub(super) fn variables(node: Option<&Node>, outer: &Variables) -> Variables {
    let mut all = outer.clone();
    let entries = node.map(Node::entries).unwrap_or_default();
    for (name, value) in entries.into_iter().take(MOST_VARIABLES).rev() {
        // GitLab has them as maps, too, with a description beside the value.
        if let Some(text) = value.text().or_else(|| value.get("value")?.text()) {
            all.insert(name.to_owned(), text.to_owned());
        }
    }
    all
}

/// The text of a key.
pub(super) fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.text().map(str::to_owned)
}
