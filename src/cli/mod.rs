//! The command line: the outside world of everything but the shim.
//!
//! Holds both ends of the flow: opens traces, hands them down, and prints what comes back. Exit codes are in `exit`, all
//! printing is in `output`.

mod args;
mod commands;
mod exit;
mod input;
mod live;
mod manual;
mod output;
mod start;

pub use args::SUBCOMMANDS;
pub use start::run;
