//! Stories about gotrace inside builds by real Go toolchains, from Go 1.21 to the newest.
//!
//! `GOTRACE_TEST_GO` lists the go binaries, separated by colons; without toolchains there is nothing to tell, so each test
//! is ignored unless it is asked for. No test looks at how long something took, but for phases beside the run that they are of.
//!
//! The vocabulary: `go` (toolchains, worlds, commands), `trace` (a reader of its own, so that gotrace's is not its own
//! judge), `shown` (what `-x` prints), `cache` (what a build cache holds), `graph` (what `-debug-actiongraph` writes).
//! `recorded` (what `gotrace record` leaves behind). Every other module is a chapter.

mod cache;
#[path = "../shared/cgroup.rs"]
mod cgroup;
mod files;
mod go;
mod graph;
mod recorded;
mod shown;
mod trace;
mod twice;

mod changed;
mod commands;
mod decided;
mod failures;
mod figures;
mod jobs;
mod kinds;
mod phases;
mod places;
mod profile;
mod record;
mod record_downloads;
mod record_memory;
mod same_build;
mod std_and_cmd;
mod why;
mod why_exact;
