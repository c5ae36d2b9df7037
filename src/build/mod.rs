//! The model of a build: what ran, for whom, and what waited for what.
//!
//! ```text
//!  Catalog   commands, packages, modules, tools: each named once, referred to by handle
//!  Action    one tool run: handles, times, figures, outcome
//!  Stage     what the phases of a tool run mean
//!  Session   a job: what go commands did themselves, and the machine over time
//! ```
//!
//! `assemble` is the border: events come in, actions go out, one at a time or collected into a `Build`. No IO, no JSON.

mod action;
mod assemble;
mod call;
mod catalog;
mod excerpt;
mod inputs;
mod names;
#[cfg(test)]
pub(crate) mod picture;
mod secret;
mod session;
mod stage;
mod whole;

pub use action::{Action, ActionId, Figures, Outcome, Purpose, Ways};
pub use assemble::{Aside, Detail, Edges, Pairing, Part, Reading};
pub use call::{Call, CallId};
pub use catalog::{
    Anchor, Catalog, Command, CommandId, CommandKey, Facts, Module, ModuleId, Package, PackageId, Tool, ToolId,
};
pub use excerpt::Excerpt;
pub use inputs::{File, FileKind, Hash, Import, Inputs, Origin};
pub use names::{Id, Table};
pub use secret::Secret;
pub use session::{Death, Doing, Ending, Limits, Sample, Session, SessionKey, Sessions, Span};
pub use stage::{Phase, PhaseName, Stage};
pub use whole::{Build, Kept};
