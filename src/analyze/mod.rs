//! Questions about a build, one file each, and nothing else: no IO, no clock, no environment, no printing.
//!
//! ```text
//!  tally      the sums of a trace, package by package     what fold and summary are answered from
//!  fold       where did the time go?                      stacks for a flame graph
//!  summary    what did this build do?                     the tables of one screen
//!  timeline   what ran when?                              bars in lanes, concurrency, memory
//! ```
//!
//! Each answer is a report: plain data that renderers can draw without knowing the model.

pub mod fold;
pub mod summary;
pub mod tally;
pub mod timeline;
