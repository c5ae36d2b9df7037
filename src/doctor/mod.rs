//! `gotrace doctor`: what in this environment slows down or breaks Go builds.
//!
//! Each *check* looks at one thing and says what it saw, why it matters and what mends it. Nothing here changes anything:
//! a mending command is printed, never run.
//!
//! ```text
//!  check       what a check is
//!  answer      what it can answer
//!  evidence    what a trace tells of what things cost
//!  world       the environment as checks see it: variables, go, the module; asked once, whoever wants to know
//!  ask         other programs, which get little time and may say only so much
//!  examine     all the checks, a few at a time, none of them for long
//!  origin      where a setting of go comes from
//!
//!  toolchain   which go, and whether its parts belong together
//!  modules     which modules go into builds, and whether they are what they are taken for
//!  cgo         whether C in Go packages is built, by the right compiler, with the flags that were meant
//! ```
//!
//! A check knows the environment; what a trace tells reaches it as figures.

pub mod answer;
mod ask;
mod cgo;
pub mod check;
pub mod evidence;
pub mod examine;
mod modules;
mod origin;
mod toolchain;
mod world;

pub use world::World;
