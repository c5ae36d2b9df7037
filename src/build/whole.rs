//! A build held in memory as a whole, for the questions that need all actions at once.
//!
//! Knows its parts; `Build::new` orders them so that the same trace gives the same build, whatever the order of its lines.

use super::action::Action;
use super::assemble::Edges;
use super::catalog::Catalog;
use super::graph::Graph;

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
}

impl Build {
    /// Puts the parts together.
    #[must_use]
    pub fn new(catalog: Catalog, mut collected: Vec<(Action, Edges)>) -> Self {
        collected.sort_by_cached_key(|(action, _)| {
            let package = action.package.map(|id| catalog.packages.get(id).name().into_owned());
            (action.start, action.end, action.objdir, package, catalog.tools.get(action.tool).name.clone())
        });
        let (actions, edges): (Vec<_>, Vec<_>) = collected.into_iter().unzip();
        let graph = Graph::new(&actions, &edges);
        Self { catalog, actions, graph, edges }
    }

    /// The directories in `$WORK` that an action was told to import from.
    #[must_use]
    pub fn edges(&self, action: usize) -> &[u32] {
        self.edges.get(action).map_or(&[], Vec::as_slice)
    }
}
