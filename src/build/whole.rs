//! A build held in memory as a whole, for the questions that need all actions at once.
//!
//! Knows its parts; `Build::new` orders them so that the same trace gives the same build, whatever the order of its lines.

use super::action::Action;
use super::assemble::{Aside, Edges};
use super::call::CallId;
use super::catalog::Catalog;
use super::graph::Graph;
use super::stage::Phase;
use crate::units::Nanos;

/// Every action of a trace, and who waited for whom.
#[derive(Debug)]
pub struct Build {
    /// Who took part.
    pub catalog: Catalog,
    /// What ran, by start; handles point into `catalog`.
    pub actions: Vec<Action>,
    /// What waited for what; indexes point into `actions`.
    pub graph: Graph,
    edges: Vec<Edges>,
    phases: Vec<Vec<(Phase, Nanos)>>,
    calls: Vec<Option<CallId>>,
}

/// What an action told besides, kept: an [`Aside`] of its own. Each is empty where it was not asked for.
#[derive(Debug, Default)]
pub struct Told {
    /// What it was given to import.
    pub edges: Edges,
    /// What it spent its time on.
    pub phases: Vec<(Phase, Nanos)>,
    /// Its command line.
    pub call: Option<CallId>,
}

impl From<Aside<'_>> for Told {
    fn from(aside: Aside) -> Self {
        Self { edges: aside.edges.to_vec(), phases: aside.phases.to_vec(), call: aside.call }
    }
}

impl Build {
    /// Puts the parts together.
    #[must_use]
    pub fn new(catalog: Catalog, mut collected: Vec<(Action, Told)>) -> Self {
        collected.sort_by_cached_key(|(action, _)| {
            let package = action.package.map(|id| catalog.packages.get(id).name().into_owned());
            (action.start, action.end, action.objdir, package, catalog.tools.get(action.tool).name.clone())
        });
        let (actions, told): (Vec<_>, Vec<_>) = collected.into_iter().unzip();
        let (edges, rest): (Vec<_>, Vec<_>) =
            told.into_iter().map(|told| (told.edges, (told.phases, told.call))).unzip();
        let (phases, calls) = rest.into_iter().unzip();
        let graph = Graph::new(&actions, &edges);
        Self { catalog, actions, graph, edges, phases, calls }
    }

    /// The directories in `$WORK` that an action was told to import from.
    #[must_use]
    pub fn edges(&self, action: usize) -> &[u32] {
        self.edges.get(action).map_or(&[], Vec::as_slice)
    }

    /// What an action spent its time on.
    #[must_use]
    pub fn phases(&self, action: usize) -> &[(Phase, Nanos)] {
        self.phases.get(action).map_or(&[], Vec::as_slice)
    }

    /// The command line of an action.
    #[must_use]
    pub fn call(&self, action: usize) -> Option<CallId> {
        self.calls.get(action).copied().flatten()
    }
}
