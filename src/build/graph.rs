//! Which action waits for which, as the importcfg files told.
//!
//! Knows edges between actions of one go command; an import that came from the build cache has no action and no edge. Edges
//! to an action that the trace lacks are left out and counted.

use std::collections::HashMap;

use super::action::{Action, Purpose};
use super::assemble::Edges;
use crate::tool_kind::ToolKind;

/// For each action, by its index, the actions whose output it imports.
#[derive(Debug, Default)]
pub struct Graph {
    needs: Vec<Vec<u32>>,
    /// Edges whose other end is not in the trace.
    pub missing: usize,
}

impl Graph {
    /// `edges` are parallel to `actions`.
    #[must_use]
    pub fn new(actions: &[Action], edges: &[Edges]) -> Self {
        let mut graph = Self { needs: Vec::with_capacity(actions.len()), missing: 0 };
        let archives = archives(actions);
        for (action, edges) in actions.iter().zip(edges) {
            let found: Vec<u32> =
                edges.iter().filter_map(|dir| archives.get(&(action.command.index(), *dir)).copied()).collect();
            // vet also waits for what vet found out of a package whose archive came from the cache.
            if action.kind != ToolKind::Vet {
                graph.missing += edges.len() - found.len();
            }
            graph.needs.push(found);
        }
        graph
    }

    /// The indexes of the actions that the one at `action` waited for.
    pub fn needs(&self, action: usize) -> impl Iterator<Item = usize> {
        self.needs.get(action).into_iter().flatten().map(|index| *index as usize)
    }
}

/// Which action wrote the archive in each directory of `$WORK`: the compile, whatever else ran there.
fn archives(actions: &[Action]) -> HashMap<(usize, u32), u32> {
    let compiles = actions
        .iter()
        .zip(0u32..)
        .filter(|(action, _)| action.purpose == Purpose::Work && action.kind == ToolKind::Compile);
    compiles.filter_map(|(action, index)| Some(((action.command.index(), action.objdir?), index))).collect()
}
