//! Stories about the answers: the real program, small traces, and what it prints and draws. Quick, and without Go.
//!
//! The vocabulary is in `desk` (a folder, the program, what it said), `draft` (traces drawn as text, written without
//! gotrace's own writer) and `svg` (flame graphs read back, with what must hold of every one). The chapters:
//!
//! - `errors`: every way to be turned away, word for word
//! - `problems`: odd traces and odd surroundings: the answer still comes
//! - `empty`: nothing to show is said, not failed
//! - `flame`: what a flame graph means, and that the same trace gives the same bytes
//! - `names`: a package may be called anything
//! - `options`: each option does what its help says
//! - `summary`: the tables and the JSON against figures that are computed here
//! - `page`: the page of `gotrace report`
//! - `markdown`: the summary for the page of a CI job
//! - `whatif`: what a go command would have taken otherwise
//! - `diff`: what changed between two builds, and the gate
//! - `history`: how costs went over many traces
//! - `why`: why packages were built again
//! - `jobs`: what the summary says of a job under `gotrace record`, also of one that makes no sense
//! - `chart_of_job`: what the chart shows of such a job besides its tools
//! - `profiles`: what is drawn of a CPU profile of compilers
//! - `help`: help, completions, the manual page
//! - `documents`: what the README and the guide say to type works
//! - `samples`: what real builds recorded is read for ever
//! - `hostile_input`: bytes that no shim wrote, by the million

#![expect(clippy::unwrap_used, reason = "in a story a missing value ends the story")]

mod chart_of_job;
mod desk;
mod diff;
mod documents;
mod draft;
mod empty;
mod errors;
mod flame;
mod help;
mod history;
mod hostile_input;
mod jobs;
mod markdown;
mod names;
mod options;
mod page;
mod problems;
mod profiles;
mod redact;
mod samples;
mod summary;
mod svg;
mod whatif;
mod why;
