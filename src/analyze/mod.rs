//! Questions about a build, one file each, and nothing else: no IO, no clock, no environment, no printing.
//!
//! ```text
//!  tally      the sums of a trace, package by package     what fold and summary are answered from
//!  fold       where did the time go?                      stacks for a flame graph
//!  summary    what did this build do?                     the tables of one screen
//!  phases     … on what?                                  the stages of compile and link, as tables
//!  chart      what ran when?                              the build on the wall clock
//!  timeline   … in which lane, beside what?               bars, concurrency, memory
//!  job        what did the whole job do?                  its wall time, tests, downloads, memory
//!  forensics  was it out of memory?                       victims, limit, what would have fitted
//!  profile    what did the compiler do?                   a merged CPU profile, as stacks and by area
//!  steps      what waited for what?                   what cmd/go schedules: a package's tools as one
//!  imports    … and who imports whom, and whom alone?  a tree of what goes away with what
//!  dependencies  what does a dependency cost?         what would not be built without it
//!  links      what did linking cost?                  the bill, inputs by size, what was linked again
//!  duplicates what was compiled several times?        why, and what it cost
//!  sources    which are huge, or slow to compile?     by the build's own median, and the cgo bill
//!  cost       … in sums of figures
//!  intervals  when did anything go on?                    stretches of time as a set
//! ```
//!
//! Each answer is a report: plain data that renderers can draw without knowing the model.

pub mod chart;
pub mod cost;
pub mod dependencies;
pub mod duplicates;
pub mod fold;
pub mod forensics;
pub mod imports;
pub mod intervals;
pub mod job;
pub mod links;
pub mod phases;
pub mod profile;
pub mod sources;
pub mod steps;
pub mod summary;
pub mod tally;
pub mod timeline;
