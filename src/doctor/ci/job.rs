//! What a job is, whoever runs it.
//!
//! Knows the steps of a job, the caches that it names and the variables that it sets; does not know what is right.

use std::collections::BTreeMap;

use super::script::GoCommand;
use super::yaml::Node;

/// Who runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    GitHub,
    GitLab,
    Buildkite,
}

/// A job of a file.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) host: Host,
    /// From the root of the repository.
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) name: String,
    /// GitHub's `runs-on`, GitLab's image.
    pub(super) runs_on: String,
    /// Values of each key of the matrix, with a mark at those that lose a zero.
    pub(super) matrix: BTreeMap<String, Vec<(String, bool)>>,
    /// Variables of all its steps.
    pub(super) settings: BTreeMap<String, String>,
    pub(super) steps: Vec<Step>,
    /// GitLab's caches.
    pub(super) caches: Vec<Cache>,
}

/// A step of a job; GitLab's jobs have one.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) line: usize,
    /// An action with its version.
    pub(super) uses: String,
    /// Its inputs.
    pub(super) with: BTreeMap<String, String>,
    /// Its `go-version` is a number that loses a zero.
    pub(super) loses_a_zero: bool,
    pub(super) script: String,
    pub(super) commands: Vec<GoCommand>,
    /// It runs in another folder than the root of the repository.
    pub(super) elsewhere: bool,
}

/// A cache of GitLab's.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) line: usize,
    pub(super) paths: Vec<String>,
}

/// Which version of an action is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// Major, and minor where it is named.
    Tag(u32, Option<u32>),
    /// Of a commit or a branch.
    Unnamed,
}

impl Job {
    /// Nothing but a name.
    pub(super) fn new(host: Host, file: &str, name: String) -> Self {
        Self {
            host,
            file: file.to_owned(),
            line: 0,
            name,
            runs_on: String::new(),
            matrix: BTreeMap::new(),
            settings: BTreeMap::new(),
            steps: Vec::new(),
            caches: Vec::new(),
        }
    }

    /// Where a line of it is, with its name.
    pub(super) fn at(&self, line: usize) -> String {
        format!("{}:{line} (job {})", self.file, self.name)
    }

    /// All its go commands.
    pub(super) fn commands(&self) -> impl Iterator<Item = &GoCommand> {
        self.steps.iter().flat_map(|step| &step.commands)
    }

    /// Those that compile.
    pub(super) fn builds(&self) -> impl Iterator<Item = &GoCommand> {
        self.commands().filter(|go| go.builds())
    }
}

impl Step {
    /// The version of an action, where the step uses that one.
    pub(super) fn version_of(&self, action: &str) -> Option<Version> {
        let (name, version) = self.uses.split_once('@')?;
        let mut parts = version.strip_prefix('v').unwrap_or_default().split('.').map(|part| part.parse().ok());
        let tag = parts.next().flatten().map(|major| Version::Tag(major, parts.next().flatten()));
        name.eq_ignore_ascii_case(action).then_some(tag.unwrap_or(Version::Unnamed))
    }

    /// An input, where it is set to something.
    pub(super) fn input(&self, name: &str) -> Option<&str> {
        self.with.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}

/// Variables of a map, over those around it.
pub(super) fn variables(node: Option<&Node>, outer: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = outer.clone();
    for (name, value) in node.map(Node::entries).unwrap_or_default().into_iter().rev() {
        // GitLab has them as maps, too, with a description beside the value.
        if let Some(text) = value.text().or_else(|| value.get("value")?.text()) {
            all.insert(name.to_owned(), text.to_owned());
        }
    }
    all
}
