//! `gotrace doctor`: what in this environment slows down or breaks Go builds.
//!
//! Each *check* looks at one thing and says what it saw, why it matters and what mends it. Nothing here changes anything:
//! a mending command is printed, never run.
//!
//! ```text
//!  check       what a check is
//!  answer      what it can answer
//!  world       the environment as checks see it: variables, go, the module; asked once, whoever wants to know
//!  version     versions of Go, and which is newer
//!  ask         other programs, which get little time and may say only so much
//!  examine     all the checks, a few at a time, none of them for long
//!  flags       GOFLAGS, taken apart
//!
//!  toolchain   which go, and whether its parts belong together
//!  cache       the build cache: how much, how old, and whether it is of use
//!  limits      processors, memory, files
//!  ci          what CI keeps from run to run, and what it does again
//! ```
//!
//! A check knows the environment; what a trace tells reaches it as figures.

pub mod answer;
mod ask;
mod cache;
pub mod check;
mod ci;
pub mod examine;
mod flags;
mod limits;
mod toolchain;
mod version;
mod world;

pub use world::World;
