//! The program: the shim first, then the command line. Knows nothing but where each begins.
//!
//! `main` is C's, not std's. The shim is started once per tool run, and what std does before a Rust `main` (a stack guard,
//! signal handlers, a look at the standard descriptors, on glibc a read of /proc/self/maps) is a quarter of its
//! start-up. docs/performance.md has the figures.
#![no_main]

use std::ffi::{c_char, c_int};

use gotrace::record::{Argv, Invocation};

#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "the C entry point")]
extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    // SAFETY: these are the arguments of main.
    let argv = unsafe { Argv::from_main(argc, argv) };
    match Invocation::of(argv, &["flame", "summary"]) {
        Invocation::Shim(shim) => shim.run(),
        Invocation::CommandLine => 2,
    }
}
