//! What `-debug-actiongraph` writes: cmd/go's own account of its actions, to hold the trace against.
//!
//! Knows the file's fields from Go 1.21 to 1.27; they are not documented and lack what they like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The graph of one go command.
#[derive(Debug)]
pub(crate) struct Graph {
    nodes: BTreeMap<u64, Node>,
}

/// What cmd/go measured of all commands that it ran for one folder of `$WORK`.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) real_ns: u64,
    pub(crate) cpu_ns: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    #[serde(rename = "ID")]
    id: u64,
    mode: String,
    #[serde(default)]
    package: String,
    #[serde(default)]
    deps: Option<Vec<u64>>,
    #[serde(default)]
    objdir: String,
    #[serde(default)]
    cmd: Option<Vec<String>>,
    #[serde(default)]
    cmd_real: u64,
    #[serde(default)]
    cmd_user: u64,
    #[serde(default)]
    cmd_sys: u64,
}

impl Graph {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("an action graph");
        let nodes: Vec<Node> = serde_json::from_str(&text).expect("an action graph is JSON");
        Self { nodes: nodes.into_iter().map(|node| (node.id, node)).collect() }
    }

    /// For each folder in which a package was built: the folders of the packages that were built before, for it.
    pub(crate) fn builds(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        self.ran("build")
    }

    /// For each folder in which vet looked at a package: the folders of what it had to look at before. That it also waits for
    /// the archives of these, and before 1.26 for that of fmt, is not here.
    pub(crate) fn checks(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        self.ran("vet")
    }

    fn ran(&self, mode: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let nodes = self.nodes.values().filter(|node| node.has_run(mode));
        nodes.map(|node| (node.folder(), self.ran_before(node, mode))).collect()
    }

    /// What was measured, for each folder in which nothing but tools ran. C compilers go past `-toolexec`, so the two
    /// accounts of a folder with one of them cannot agree.
    pub(crate) fn measured(&self, shim: &str) -> BTreeMap<&str, Measured> {
        let mut measured = BTreeMap::<&str, Measured>::new();
        let mut past_the_shim = BTreeSet::new();
        for node in self.nodes.values() {
            let Some(commands) = &node.cmd else { continue };
            let sum = measured.entry(node.folder()).or_default();
            sum.real_ns += node.cmd_real;
            sum.cpu_ns += node.cmd_user + node.cmd_sys;
            if commands.iter().any(|command| !command.contains(shim)) {
                past_the_shim.insert(node.folder());
            }
        }
        measured.retain(|folder, _| !past_the_shim.contains(folder));
        measured
    }

    /// The chain of actions, each waiting for the one before, whose commands took longest: how long, and the packages, from
    /// the first one to the last.
    pub(crate) fn longest_chain(&self) -> (u64, Vec<&str>) {
        let mut chains: BTreeMap<u64, (u64, Option<u64>)> = BTreeMap::new();
        // Actions need not come after what they need, so all are asked until nobody has a longer chain.
        loop {
            let mut has_grown = false;
            for (id, node) in &self.nodes {
                let before = node.deps.iter().flatten().filter_map(|dep| Some((chains.get(dep)?.0, Some(*dep)))).max();
                let (before, last) = before.unwrap_or_default();
                let chain = (before + node.cmd_real, last);
                has_grown |= chains.insert(*id, chain).is_none_or(|old| old.0 != chain.0);
            }
            if !has_grown {
                break;
            }
        }
        let Some((_, (longest, _))) = chains.iter().max_by_key(|(_, (length, _))| *length) else {
            return (0, Vec::new());
        };
        let mut at = chains.iter().find(|(_, (length, _))| length == longest).map(|(id, _)| *id);
        let mut packages = Vec::new();
        while let Some(node) = at.and_then(|id| self.nodes.get(&id)) {
            if node.cmd_real > 0 {
                packages.push(node.package.as_str());
            }
            at = chains.get(&node.id).and_then(|(_, before)| *before);
        }
        packages.reverse();
        (*longest, packages)
    }

    /// How long the commands for these packages took, all actions of each.
    pub(crate) fn commands_of(&self, packages: &[&str]) -> u64 {
        self.nodes.values().filter(|node| packages.contains(&node.package.as_str())).map(|node| node.cmd_real).sum()
    }

    fn ran_before(&self, node: &Node, mode: &str) -> BTreeSet<&str> {
        let deps = node.deps.iter().flatten().filter_map(|id| self.nodes.get(id));
        deps.filter(|dep| dep.has_run(mode)).map(Node::folder).collect()
    }
}

impl Node {
    /// It did not find its result in the cache.
    fn has_run(&self, mode: &str) -> bool {
        self.mode == mode && self.cmd.is_some()
    }

    /// `b004`.
    fn folder(&self) -> &str {
        self.objdir.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }
}
