//! Jobs of GitLab: templates, includes and defaults resolved as far as they stand in the repository.
//!
//! Knows the keys of `.gitlab-ci.yml`; does not know what is right.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::job::{Cache, Host, Job, Step, variables};
use super::script::go_commands;
use super::yaml::Node;

/// A job and templates of templates that are followed.
const MOST_TEMPLATES: usize = 32;

/// More jobs than any pipeline has.
const MOST_JOBS: usize = 1_000;

/// Files of the repository that a file includes, by their paths from its root; patterns are not followed.
pub(super) fn local_includes(tree: &Node) -> Vec<PathBuf> {
    let items = tree.get("include").map(Node::items).unwrap_or_default();
    let named = items.into_iter().filter_map(|item| item.text().or_else(|| item.get("local")?.text()));
    let local = named.filter(|name| !name.contains("://") && !name.contains(['*', '$']));
    let paths = local.map(|name| PathBuf::from(name.trim_start_matches('/')));
    let inside = |path: &PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
    paths.filter(inside).filter(|path| path != Path::new("")).collect()
}

/// The jobs of files that are one pipeline together.
pub(super) fn jobs(trees: &[(String, Rc<Node>)]) -> Vec<Job> {
    let all: BTreeMap<&str, &Node> = trees.iter().flat_map(|(_, tree)| tree.entries()).rev().collect();
    let mut jobs = Vec::new();
    for (file, tree) in trees {
        let entries = tree.entries().into_iter().filter(|(name, _)| !name.starts_with('.') && !is_reserved(name));
        for (name, node) in entries {
            let job = Template { own: node, all: &all };
            if let Some(script) = job.get("script").filter(|_| jobs.len() < MOST_JOBS) {
                jobs.push(job.resolved(file, name, script));
            }
        }
    }
    jobs
}

fn is_reserved(name: &str) -> bool {
    ["default", "variables", "workflow", "include", "stages", "spec", "image", "services", "cache"].contains(&name)
}

/// A job with the names of all others.
struct Template<'a> {
    own: &'a Node,
    all: &'a BTreeMap<&'a str, &'a Node>,
}

impl<'a> Template<'a> {
    /// A key of its own, else of what it extends, the last first, else of the defaults.
    fn get(&self, key: &str) -> Option<&'a Node> {
        let default = || self.all.get("default").and_then(|default| default.get(key));
        let global = || self.all.get(key).copied();
        self.inherited(key).or_else(default).or_else(global)
    }

    fn inherited(&self, key: &str) -> Option<&'a Node> {
        self.lineage().into_iter().find_map(|node| node.get(key))
    }

    /// Itself and what it extends, in the order in which a key is looked for.
    fn lineage(&self) -> Vec<&'a Node> {
        let (mut lineage, mut ahead) = (Vec::new(), vec![self.own]);
        while let Some(node) = ahead.pop().filter(|_| lineage.len() < MOST_TEMPLATES) {
            lineage.push(node);
            let parents = node.get("extends").map(Node::texts).unwrap_or_default();
            ahead.extend(parents.into_iter().take(MOST_TEMPLATES).filter_map(|name| self.all.get(name).copied()));
        }
        lineage
    }

    fn resolved(&self, file: &str, name: &str, script: &Node) -> Job {
        let globals = variables(self.all.get("variables").copied(), &BTreeMap::new());
        // Variables are merged, those of a job itself over what it extends.
        let own = self.lineage().into_iter().rev().map(|node| node.get("variables"));
        let settings = own.fold(globals, |outer, node| variables(node, &outer));
        let before = self.get("before_script").map(Node::texts).unwrap_or_default();
        let script = [before, script.texts()].concat().join("\n");
        let commands = go_commands(&script, &settings);
        let caches = self.get("cache").map(Node::items).unwrap_or_default();
        let cache = |cache: &Node| {
            // So are the keys of a cache.
            let inherited = || self.lineage().into_iter().find_map(|node| node.get("cache")?.get("paths"));
            let paths = cache.get("paths").or_else(inherited).map(Node::texts).unwrap_or_default();
            Cache { line: cache.line, paths: paths.into_iter().map(str::to_owned).collect() }
        };
        let image = self.get("image").and_then(|image| image.text().or_else(|| image.get("name")?.text()));
        Job {
            line: self.own.line,
            runs_on: image.unwrap_or_default().to_owned(),
            settings,
            caches: caches.into_iter().map(cache).collect(),
            steps: vec![Step { line: self.own.line, commands, script, ..Step::default() }],
            ..Job::new(Host::GitLab, file, name.to_owned())
        }
    }
}
