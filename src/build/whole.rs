//! A build held in memory as a whole, for the questions that need all actions at once.
//!
//! Knows its parts; `Build::new` orders them so that the same trace gives the same build, whatever the order of its lines.

use std::sync::Arc;

use super::action::{Action, Figures};
use super::assemble::{Aside, Edges};
use super::call::CallId;
use super::catalog::{Catalog, PackageId};
use super::inputs::Inputs;
use super::stage::Phase;
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// Every action of a trace, and what it was told to import.
#[derive(Debug)]
pub struct Build {
    /// Who took part.
    pub catalog: Catalog,
    /// What ran, by start; handles point into `catalog`.
    pub actions: Vec<Action>,
    edges: Vec<Edges>,
    cached: Vec<Vec<PackageId>>,
    figures: Vec<Figures>,
    phases: Vec<Vec<(Phase, Nanos)>>,
    calls: Vec<Option<CallId>>,
    inputs: Vec<Option<Arc<Inputs>>>,
}

/// What an action told besides, kept.
#[derive(Debug, Default)]
pub struct Kept {
    pub(crate) edges: Edges,
    pub(crate) cached: Vec<PackageId>,
    pub(crate) phases: Vec<(Phase, Nanos)>,
    pub(crate) figures: Figures,
    pub(crate) call: Option<CallId>,
    pub(crate) inputs: Option<Arc<Inputs>>,
}

impl Kept {
    /// The phases of links only: those of a million compiles would be half of what is held, and are summed up elsewhere.
    #[must_use]
    pub fn of(action: &Action, aside: Aside) -> Self {
        if action.kind == ToolKind::Link { Self::whole(aside) } else { Self::whole(Aside { phases: &[], ..aside }) }
    }

    /// All of it, for a page that can be asked about each action.
    #[must_use]
    pub fn whole(aside: Aside) -> Self {
        let Aside { edges, cached, phases, figures, call, inputs } = aside;
        let inputs = inputs.cloned();
        Self { edges: edges.to_vec(), cached: cached.to_vec(), phases: phases.to_vec(), figures, call, inputs }
    }
}

impl Build {
    /// Puts the parts together.
    #[must_use]
    pub fn new(catalog: Catalog, mut collected: Vec<(Action, Kept)>) -> Self {
        let key = |action: &Action| (action.start, action.end, action.objdir);
        // Names are made only where nothing else tells two apart.
        let names = |action: &Action| {
            let package = action.package.map(|id| catalog.packages.get(id).name());
            (package, catalog.tools.get(action.tool).name.as_str())
        };
        collected.sort_by(|(one, _), (other, _)| key(one).cmp(&key(other)).then_with(|| names(one).cmp(&names(other))));
        let count = collected.len();
        let (mut actions, mut edges) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut figures, mut phases) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut calls, mut cached) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut inputs = Vec::new();
        for (action, kept) in collected {
            actions.push(action);
            edges.push(kept.edges);
            cached.push(kept.cached);
            figures.push(kept.figures);
            phases.push(kept.phases);
            calls.push(kept.call);
            inputs.push(kept.inputs);
        }
        Self { catalog, actions, edges, cached, figures, phases, calls, inputs }
    }

    /// The directories in `$WORK` that an action was told to import from.
    #[must_use]
    pub fn edges(&self, action: usize) -> &[u32] {
        self.edges.get(action).map_or(&[], Vec::as_slice)
    }

    /// The packages that an action imports and that came from the build cache; none of a link, which only counts them.
    #[must_use]
    pub fn cached(&self, action: usize) -> &[PackageId] {
        self.cached.get(action).map_or(&[], Vec::as_slice)
    }

    /// What an action counted.
    #[must_use]
    pub fn figures(&self, action: usize) -> Figures {
        self.figures.get(action).copied().unwrap_or_default()
    }

    /// What a link spent its time on; any action, where it was kept whole.
    #[must_use]
    pub fn phases(&self, action: usize) -> &[(Phase, Nanos)] {
        self.phases.get(action).map_or(&[], Vec::as_slice)
    }

    /// What an action was made from.
    #[must_use]
    pub fn inputs(&self, action: usize) -> Option<&Inputs> {
        self.inputs.get(action)?.as_deref()
    }

    /// The command line of an action.
    #[must_use]
    pub fn call(&self, action: usize) -> Option<CallId> {
        self.calls.get(action).copied().flatten()
    }
}
