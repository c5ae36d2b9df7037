//! Questions about a build, one file each, and nothing else: no IO, no clock, no environment, no printing.
//!
//! ```text
//!  tally      the sums of a trace, package by package   what fold and summary are answered from
//!  fold       where did the time go?                    stacks for a flame graph
//!  summary    what did this build do?                   the tables of one screen
//!  phases     … on what?                                the stages of compile and link, as tables
//!  chart      what ran when?                            the build on the wall clock, and what go did besides tools
//!  timeline   … in which lane, beside what?             bars, concurrency, memory
//!  job        what did the whole job do?                its wall time, tests, downloads; was it out of memory?
//!  profile    what did the compiler do?                 a merged CPU profile, as stacks and by area
//!  area       … on what part of its work?               functions by what they are for
//!  steps      what waited for what?                     what cmd/go schedules: a package's tools as one; how many at a time
//!  course     what decided how long it took?            critical path, idle workers, memory, what could be changed
//!  costs      what does a part of it cost?              dependencies, links, what is done twice, large sources, C
//!  whatif     what would it have taken otherwise?       a replay with other workers, processors, packages
//!  diff       what changed between two builds?          figures, packages, paths, and how far they can be trusted
//!  why        why was it built again?               reasons, what each of them cost, packages that came out as before
//!  evidence   what did its environment cost it?    sums that checks of the environment point at
//!  page       all of it                                 a section for each question, beside what ran when
//!  intervals  when did anything go on?                  stretches of time as a set
//!  reach      what remains without a part of it?        one pass over a graph
//! ```
//!
//! Each answer is a report: plain data that renderers can draw without knowing the model.

pub mod area;
pub mod chart;
pub mod costs;
pub mod course;
pub mod diff;
pub mod evidence;
pub mod fold;
pub mod history;
pub mod intervals;
pub mod job;
pub mod page;
pub mod phases;
pub mod profile;
pub mod reach;
pub mod steps;
pub mod summary;
pub mod tally;
pub mod timeline;
pub mod whatif;
pub mod why;
