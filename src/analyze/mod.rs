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
//!  page       all of it                           a section for each question, beside what ran when
//!  intervals  when did anything go on?                    stretches of time as a set
//! ```
//!
//! Each answer is a report: plain data that renderers can draw without knowing the model.

pub mod chart;
pub mod fold;
pub mod forensics;
pub mod intervals;
pub mod job;
pub mod page;
pub mod phases;
pub mod profile;
pub mod steps;
pub mod summary;
pub mod tally;
pub mod timeline;
