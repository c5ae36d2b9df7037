//! Recording: what runs inside somebody's build.
//!
//! `-toolexec gotrace` makes cmd/go call this program instead of each compile, link, asm, cgo …, with the tool's path and
//! arguments behind it. One call is one life of the shim:
//!
//! ```text
//!  invocation   shim or subcommand?                  argv alone decides
//!  signals      hold back what would end the shim    one rt_sigprocmask
//!  tool         which tool, package, output?         argv
//!  parent       who called?                          /proc/PPID
//!  sink         the trace; append the start event    one write
//!  phases       ask compile and link for their phases  memfd_create, open
//!  child        start the tool                       program, clone
//!  describe     look around while it runs            imports, module, mask
//!  child        wait4, signals passed on
//!  phases       read the answer                      one read
//!  sink         append the end event                 one write
//!  child        die as the tool died
//! ```
//!
//! Nothing here parses JSON, knows clap, or can change what the build does: std, libc and a hash only. Nothing prints, but for one
//! line where there is no tool to run.

mod argv;
mod bytes;
mod child;
pub(crate) mod clock;
pub(crate) mod cpus;
mod describe;
mod embedded;
mod files;
mod fingerprint;
mod heap;
mod imports;
mod invocation;
mod mask;
mod masquerade;
mod module;
mod native;
mod parent;
mod phases;
mod profile;
mod program;
mod settings;
mod shim;
mod signals;
mod sink;
mod tokens;
mod tool;
mod vet;

pub use argv::Argv;
pub use heap::Heap;
pub use invocation::{Invocation, Shim};

pub(crate) use argv::Words;
pub(crate) use child::{Ended, NotStarted, Running};
pub(crate) use describe::{masked_list, usage};
pub(crate) use mask::line as masked;
pub(crate) use parent::Parent;
pub(crate) use profile::VARIABLE as PROFILES_VARIABLE;
pub(crate) use signals::Signals;
pub(crate) use sink::Sink;
pub(crate) use tool::is_compiler;
