//! `gotrace record`: a job with everything switched on.
//!
//! A *session* is one job: a command that a person typed behind `gotrace record --`, and every go command below it. The
//! shim alone sees the tools that go runs; a session also sees the go commands themselves, the C compilers, and the machine.
//!
//! ```text
//!  folder      a folder in front of PATH, in which this program is called go, gcc …
//!  setting     GOFLAGS, PATH …: how the shim comes into every go command, beside what the user has set
//!  job         start it, watch it, wait; it has the terminal, and its exit code is ours
//!  machine     what the job has: processors, memory, limits
//!  samples     what it uses, a few times per second
//!  profiles    what compilers and linkers spent CPU on, merged
//!  command     one go command, called through the folder
//!  go_line       … what its command line says
//!  diary       what go commands write about themselves, and who reads it
//!  graph         … what -debug-actiongraph tells
//!  spans         … what -debug-trace tells
//!  downloads     … and what came into the module cache meanwhile
//!  asking      a go command asked once more, what it hashed
//!  hashed        … and its answer
//! ```
//!
//! Nothing here changes what a build does, and nothing that cannot be seen stops it: what is missing is named.

mod asking;
mod command;
mod diary;
mod downloads;
mod folder;
mod go_line;
mod graph;
mod hashed;
mod identity;
mod job;
pub(crate) mod machine;
mod profiles;
pub(crate) mod quoting;
mod samples;
mod setting;
mod spans;

pub use command::go;
pub(crate) use hashed::masked_text;
pub use job::{Asked, Job, Report, record};
pub use profiles::Merged;
pub use samples::Progress;
