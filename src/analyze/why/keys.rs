//! … which keys packages had, one go command after the other, whether they were built or found in the build cache.
//!
//! Knows what cmd/go told of each command. What was built is compared with the build that the reasons are about; what was never
//! seen to be built, with the last time that it was there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::Found;
use super::exact::{self, Exact};
use super::history::History;
use super::reason::Reason;
use crate::build::{ActionId, Build, CommandId, Input};
use crate::tool_kind::ToolKind;

/// Keys of packages in the order of commands.
#[derive(Debug, Default)]
pub(super) struct KeyHistory<'b> {
    /// By name: the place of the command and the key.
    keys: HashMap<&'b str, Vec<(usize, ActionId)>>,
    commands: Vec<CommandId>,
}

impl<'b> KeyHistory<'b> {
    pub(super) fn of(build: &'b Build, commands: &[CommandId]) -> Self {
        let mut history = Self { keys: HashMap::new(), commands: commands.to_vec() };
        for (order, command) in commands.iter().enumerate() {
            for keyed in &build.catalog.commands.get(*command).run.keys {
                history.keys.entry(&keyed.package).or_default().push((order, keyed.key));
            }
        }
        for keys in history.keys.values_mut() {
            keys.sort_unstable();
        }
        history
    }

    /// What is exactly known of something that was made, compared with what was made `before`; completes its reasons.
    pub(super) fn complete(
        &self,
        build: &Build,
        (history, at): (&History, usize),
        before: Option<usize>,
        reasons: &mut Vec<Reason>,
    ) -> Option<Exact> {
        let made = &history.made[at];
        let key = |made: usize| history.made[made].key(build, ToolKind::Compile);
        let new = build.catalog.keys.inputs(key(at)?)?;
        let name = build.catalog.packages.get(made.package).name();
        let old = match before {
            Some(before) => key(before)?,
            // It was there before, if only in the cache; or it was built from the same.
            None if reasons.contains(&Reason::First) => self.before(&name, made.order)?,
            None => return Some(Exact::default()),
        };
        if Some(old) == key(at) {
            return Some(Exact::default());
        }
        Some(exact::complete(build.catalog.keys.inputs(old)?, new, reasons))
    }

    /// The last key of a package before this command.
    fn before(&self, package: &str, order: usize) -> Option<ActionId> {
        let keys = self.keys.get(package)?;
        keys[..keys.partition_point(|(of, _)| *of < order)].last().map(|(_, key)| *key)
    }

    /// Packages of these commands that had another key than the last time and were not built, by what had been hashed otherwise.
    pub(super) fn found(&self, build: &Build, history: &History, asked: &[CommandId]) -> Vec<Found> {
        let is_made = |package: &str, order: usize| {
            let id = build.catalog.packages.find(package);
            id.is_some_and(|id| history.is_made(id, order))
        };
        let inputs = |key: ActionId| -> Option<&[Input]> { build.catalog.keys.inputs(key) };
        let mut found: BTreeMap<Vec<Reason>, Vec<String>> = BTreeMap::new();
        for (package, keys) in &self.keys {
            for pair in keys.windows(2) {
                let [(_, old), (order, new)] = *pair else { continue };
                if old == new || !asked.contains(&self.commands[order]) || is_made(package, order) {
                    continue;
                }
                if let (Some(old), Some(new)) = (inputs(old), inputs(new)) {
                    let mut reasons = Vec::new();
                    exact::complete(old, new, &mut reasons);
                    found.entry(reasons).or_default().push((*package).to_owned());
                }
            }
        }
        let mut found: Vec<Found> = found.into_iter().map(|(reasons, packages)| Found { packages, reasons }).collect();
        for Found { packages, .. } in &mut found {
            packages.sort_unstable();
        }
        found.sort_by(|one, other| {
            (Reverse(one.packages.len()), &one.packages).cmp(&(Reverse(other.packages.len()), &other.packages))
        });
        found
    }
}
