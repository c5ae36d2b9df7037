//! Questions about a build, one file each, and nothing else: no IO, no clock, no environment, no printing.
//!
//! ```text
//!  tally        the sums of a trace, package by package    what fold and summary are answered from
//!  fold         where did the time go?                     stacks for a flame graph
//!  summary      what did this build do?                    the tables of one screen
//!  phases       … on what?                                 the stages of compile and link, as tables
//!  chart        what ran when?                             the build on the wall clock
//!  chores       … besides tools?                           what go did itself, what was seen of the machine
//!  timeline     … in which lane, beside what?              bars, concurrency, memory
//!  job          what did the whole job do?                 its wall time, tests, downloads, memory
//!  forensics    was it out of memory?                      victims, limit, what would have fitted
//!  profile      what did the compiler do?                  a merged CPU profile, as stacks and by area
//!  page         all of it                                  a section for each question, beside what ran when
//!  area         … on what part of its work?                functions by what they are for
//!  steps        what waited for what?                      what cmd/go schedules: a package's tools as one
//!  course       what decided how long it took?             the three below, of one go command
//!  path         … which chain?                             the critical path, slack, what each step waited for
//!  account      … were its workers busy?                   saturated, starved, serial, outside, and the windows
//!  memory       … was memory short?                        the peak, and who ran then
//!  concurrency  … how many at a time?                      steps that ran, could have, could not
//!  longest      the arithmetic of chains
//!  whatif       what would it have taken?                  other workers, processors, packages
//!  advice       what could be changed?                     rules, each with what its change would gain
//!  replay       … on paper                                 a scheduler like cmd/go's
//!  imports      who imports whom, and whom alone?          a tree of what goes away with what
//!  dependencies what does a dependency cost?               what would not be built without it
//!  links        what did linking cost?                     the bill, inputs by size, what was linked again
//!  duplicates   what was compiled several times?           why, and what it cost
//!  sources      which are huge, or slow to compile?        by the build's own median, and the cgo bill
//!  cost         the sums of the four above
//!  intervals    when did anything go on?                   stretches of time as a set
//! ```
//!
//! Each answer is a report: plain data that renderers can draw without knowing the model.

pub mod account;
pub mod advice;
pub mod area;
pub mod chart;
pub mod chores;
pub mod concurrency;
pub mod cost;
pub mod course;
pub mod dependencies;
pub mod duplicates;
pub mod fold;
pub mod forensics;
pub mod imports;
pub mod intervals;
pub mod job;
pub mod links;
pub mod longest;
pub mod memory;
pub mod page;
pub mod path;
pub mod phases;
pub mod profile;
pub mod replay;
pub mod sources;
pub mod steps;
pub mod summary;
pub mod tally;
pub mod timeline;
pub mod whatif;
