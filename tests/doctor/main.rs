//! Stories about `gotrace doctor`: each makes true what a check looks for, in a house with real Go, and each check is also
//! asked in a house where all is well.
//!
//! `GOTRACE_TEST_GO` lists go binaries, of which the last is used; without one the stories that need it are ignored.
//!
//! The vocabulary: `house` (an environment of its own for each story), `proxy` (modules that can be fetched there). Every
//! other module is a family of checks, but for `all`, which asks them together.

mod all;
mod cache;
mod cgo;
#[path = "../shared/cgroup.rs"]
mod cgroup;
mod ci;
mod hangs;
mod house;
mod limits;
mod modules;
mod network;
mod paths;
mod proxy;
mod sources;
mod toolchain;
mod verify_vendor;
