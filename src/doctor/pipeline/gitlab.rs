//! Jobs of GitLab: templates, references, includes and defaults resolved as far as they stand in the repository.
//!
//! Knows the keys of `.gitlab-ci.yml`; does not know what is right.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::Tree;
use super::command::Variables;
use super::job::{Cache, Host, Job, Step, variables};
use super::script::{Settings, go_commands};
use super::yaml::Node;

/// A job and templates of templates that are followed.
const MOST_TEMPLATES: usize = 32;

/// References in references that are followed, as GitLab does.
const DEEPEST: usize = 10;

/// More jobs than any pipeline has, and more lines.
const MOST_JOBS: usize = 1_000;
const MOST_LINES: usize = 10_000;

/// Files of the repository that a file includes, by their paths from its root; patterns are not followed.
pub(super) fn local_includes(tree: &Node) -> Vec<PathBuf> {
    let items = tree.get("include").map(Node::items).unwrap_or_default();
    items.into_iter().filter_map(local).collect()
}

fn local(item: &Node) -> Option<PathBuf> {
    let name = item.text().or_else(|| item.get("local")?.text())?;
    let is_plain = !name.contains("://") && !name.contains(['*', '$']);
    let path = PathBuf::from(name.trim_start_matches('/'));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (is_plain && inside && path != Path::new("")).then_some(path)
}

/// The jobs of files that are one pipeline together, the one that includes the others first.
pub(super) fn jobs(trees: &[Tree]) -> Vec<Job> {
    let mut all = Entries::new();
    for (file, tree) in trees {
        for (name, node) in tree.entries() {
            all.entry(name).or_default().push((file, node));
        }
    }
    let is_whole = trees.iter().all(|(_, tree)| {
        let items = tree.get("include").map(Node::items).unwrap_or_default();
        items
            .into_iter()
            .all(|item| local(item).is_some_and(|path| trees.iter().any(|(file, _)| path == Path::new(file))))
    });
    let mut told = BTreeSet::new();
    let names = trees.iter().flat_map(|(_, tree)| tree.entries()).map(|(name, _)| name);
    let names = names.filter(|name| !name.starts_with('.') && !is_reserved(name) && told.insert(*name));
    let jobs = names.take(MOST_JOBS).filter_map(|name| Template { name, all: &all }.resolved());
    jobs.map(|job| Job { is_whole: job.is_whole && is_whole, ..job }).collect()
}

fn is_reserved(name: &str) -> bool {
    ["default", "variables", "workflow", "include", "stages", "spec", "image", "services", "cache"].contains(&name)
}

/// What stands under each name, with its file: where several files have it, their keys are merged, those of the first over
/// those of the others.
type Entries<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a Node)>>;

/// A job with the names of all others.
struct Template<'a> {
    name: &'a str,
    all: &'a Entries<'a>,
}

impl<'a> Template<'a> {
    /// A key of its own, else of what it extends, the last first, else of the defaults.
    fn get(&self, key: &str) -> Option<&'a Node> {
        let inherited = || self.lineage().into_iter().find_map(|(_, node)| self.followed(node.get(key)?));
        let default = || self.named("default").find_map(|(_, default)| self.followed(default.get(key)?));
        let global = || self.named(key).find_map(|(_, node)| self.followed(node));
        inherited().or_else(default).or_else(global)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        self.all.get(name).into_iter().flatten().copied()
    }

    /// Itself and what it extends, in the order in which a key is looked for.
    fn lineage(&self) -> Vec<(&'a str, &'a Node)> {
        let (mut lineage, mut ahead) = (Vec::new(), vec![self.name]);
        while let Some(name) = ahead.pop().filter(|_| lineage.len() < MOST_TEMPLATES) {
            lineage.extend(self.named(name).take(MOST_TEMPLATES));
            ahead.extend(self.parents(name).into_iter().take(MOST_TEMPLATES));
        }
        lineage
    }

    fn parents(&self, name: &str) -> Vec<&'a str> {
        self.named(name).find_map(|(_, node)| node.get("extends")).map(Node::texts).unwrap_or_default()
    }

    /// A node, or what it refers to.
    fn followed(&self, mut node: &'a Node) -> Option<&'a Node> {
        for _ in 0..DEEPEST {
            if !node.is_reference {
                return Some(node);
            }
            let keys = node.texts();
            let (first, rest) = keys.split_first()?;
            node = rest.iter().try_fold(self.named(first).next()?.1, |node, key| node.get(key))?;
        }
        None
    }

    /// The lines of a script, with those that it refers to.
    fn lines(&self, script: &'a Node, depth: usize, lines: &mut Vec<&'a str>) {
        let Some(script) = self.followed(script).filter(|_| depth < DEEPEST && lines.len() < MOST_LINES) else {
            return;
        };
        match script.text() {
            Some(line) => lines.push(line),
            None => script.items().into_iter().for_each(|item| self.lines(item, depth + 1, lines)),
        }
    }

    /// Nothing of it stands elsewhere.
    fn is_whole(&self) -> bool {
        let names =
            self.lineage().into_iter().flat_map(|(_, node)| node.get("extends").map(Node::texts).unwrap_or_default());
        let refers = ["script", "before_script", "cache", "variables"].iter().filter_map(|key| self.own(key));
        let refers = refers.flat_map(|node| [vec![node], node.items()].concat());
        names.into_iter().all(|name| self.all.contains_key(name))
            && refers.into_iter().all(|node| self.followed(node).is_some())
    }

    /// A key of its own, else of what it extends, as it stands there.
    fn own(&self, key: &str) -> Option<&'a Node> {
        self.lineage().into_iter().find_map(|(_, node)| node.get(key))
    }

    fn settings(&self) -> Settings {
        // Variables are merged, those of a job itself over what it extends.
        let global = self.named("variables").map(|(_, node)| node).collect::<Vec<_>>().into_iter().rev();
        let own = self.lineage().into_iter().rev().filter_map(|(_, node)| self.followed(node.get("variables")?));
        let environment = global.chain(own).fold(Variables::new(), |outer, node| variables(Some(node), &outer));
        Settings { environment, ..Settings::default() }
    }

    fn caches(&self) -> Vec<Cache> {
        let caches = self.get("cache").map(Node::items).unwrap_or_default();
        let inherited =
            || self.lineage().into_iter().find_map(|(_, node)| self.followed(node.get("cache")?)?.get("paths"));
        let cache = |cache: &'a Node| {
            // Keys of a cache are merged, too.
            let mut paths = Vec::new();
            if let Some(node) = cache.get("paths").or_else(inherited) {
                self.lines(node, 0, &mut paths);
            }
            Cache { line: cache.line, paths: paths.into_iter().map(str::to_owned).collect() }
        };
        caches.into_iter().filter_map(|node| self.followed(node)).map(cache).collect()
    }

    /// The job, where it is one: with a script of its own, or of what it extends.
    fn resolved(&self) -> Option<Job> {
        let script = self.own("script")?;
        let (file, own) = self.named(self.name).next()?;
        let mut lines = Vec::new();
        for part in [self.get("before_script"), Some(script)].into_iter().flatten() {
            self.lines(part, 0, &mut lines);
        }
        let script = lines.join("\n");
        let mut settings = self.settings();
        let commands = go_commands(&script, &mut settings);
        let image = self.get("image").and_then(|image| image.text().or_else(|| image.get("name")?.text()));
        let image = image.unwrap_or_default().to_owned();
        let step = Step { file: file.to_owned(), line: own.line, commands, script, ..Step::default() };
        Some(Job {
            line: own.line,
            runs_on: image.clone(),
            image,
            settings: settings.all(),
            caches: self.caches(),
            steps: vec![step],
            is_whole: self.is_whole(),
            ..Job::new(Host::GitLab, file, self.name.to_owned())
        })
    }
}
