//! The model of a build: what ran, for whom, and what waited for what.
//!
//! ```text
//!  Catalog   commands, packages, modules, tools: each named once, referred to by handle
//!  Action    one tool run: handles, times, figures, outcome
//!  Stage     what the phases of a tool run mean
//!  Graph     which action imports what which other one wrote
//! ```
//!
//! `assemble` is the border: events come in, actions go out, one at a time or collected into a `Build`. No IO, no JSON.

mod action;
mod assemble;
mod catalog;
mod graph;
mod names;
#[cfg(test)]
pub(crate) mod picture;
mod stage;
mod whole;

pub use action::{Action, Outcome, Purpose};
pub use assemble::{Detail, Edges, Pairing, Part, Reading, Told};
pub use catalog::{
    Anchor, Catalog, Command, CommandId, CommandKey, Facts, Module, ModuleId, Package, PackageId, Tool, ToolId,
};
pub use graph::Graph;
pub use names::{Id, Table};
pub use stage::{Phase, PhaseName, Stage};
pub use whole::Build;
