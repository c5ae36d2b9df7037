//! The subcommands, a few dozen lines each: arguments to a config, read, analyse, render.

pub(crate) mod chart;
pub(crate) mod diff;
pub(crate) mod difference;
pub(crate) mod doctor;
pub(crate) mod flame;
mod folding;
pub(crate) mod history;
pub(crate) mod profile;
pub(crate) mod record;
pub(crate) mod redact;
pub(crate) mod report;
pub(crate) mod summary;
pub(crate) mod whatif;
pub(crate) mod why;
