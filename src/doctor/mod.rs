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
//!  filesystem  which file system a folder is on, and how much room is there
//!  ask         other programs, which get little time and may say only so much
//!  examine     all the checks, a few at a time, none of them for long
//!  manual      what the documents say of each check
//!  flags       a flag in GOFLAGS
//!  origin      where a setting of go comes from, and how it is taken back
//!  proxies     the entries of GOPROXY, as go reads them
//!  secrets     what of an answer everybody may read
//!  text        a file that somebody else wrote
//!  glob        patterns with stars
//!  quoting     words of commands that are printed
//!  entries     what the build cache holds, looked into once
//!  repository  where the repository begins
//!  tree        the files of the module, walked over once
//!  pipeline    the jobs of CI, as its files have them, read once
//!  age         an age in words
//!
//!  toolchain   which go, and whether its parts belong together
//!  paths       where go keeps things, and whether that is a good place
//!  cache       the build cache: how much, how old, and whether it is of use
//!  modules     which modules go into builds, and whether they are what they are taken for
//!  cgo         whether C in Go packages is built, by the right compiler, with the flags that were meant
//!  sources     what tools and other machines make of the module's files
//!  network     the servers that go asks, with --network
//!  limits      processors, memory, files
//!  ci          what CI keeps from run to run, and what it does again
//! ```
//!
//! A check knows the environment; what a trace tells reaches it as figures.

mod age;
pub mod answer;
mod ask;
mod cache;
mod cgo;
pub mod check;
mod ci;
mod entries;
pub mod examine;
mod filesystem;
mod flags;
mod glob;
mod limits;
pub mod manual;
mod modules;
mod network;
mod origin;
mod paths;
mod pipeline;
mod proxies;
mod quoting;
mod repository;
mod secrets;
mod sources;
mod text;
mod toolchain;
mod tree;
mod version;
mod world;

pub use world::{Network, World};
