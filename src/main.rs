//! The program: the shim first, then the command line. Knows nothing but where each begins.
//!
//! `main` is C's, not std's. The shim is started once per tool run, and what std does before a Rust `main` (a stack guard,
//! signal handlers, a look at the standard descriptors, on glibc a read of /proc/self/maps) is a tenth of what it costs.
//! docs/performance.md has the figures.
#![no_main]

use std::ffi::{c_char, c_int};

use gotrace::cli;
use gotrace::record::{Argv, Heap, Invocation};
use gotrace::session;

#[global_allocator]
static HEAP: Heap = Heap::new();

#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "the C entry point")]
extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    // SAFETY: these are the arguments of main.
    let argv = unsafe { Argv::from_main(argc, argv) };
    match Invocation::of(argv, &cli::SUBCOMMANDS) {
        Invocation::Shim(shim) => shim.run(),
        Invocation::GoCommand(argv) => session::go(argv),
        Invocation::CommandLine => {
            // A reader that closes the pipe is not an error of ours, so it must not kill us either. What `record` runs would
            // inherit that, and `yes | head` not end: there the signal is held back while the job runs, and behind it.
            if argv.get(1) != Some(b"record") {
                // Whoever started us with SIGCHLD ignored would have the kernel throw away how programs end that are asked.
                // SAFETY: no other thread exists yet.
                unsafe {
                    libc::signal(libc::SIGPIPE, libc::SIG_IGN);
                    libc::signal(libc::SIGCHLD, libc::SIG_DFL);
                }
            }
            cli::run(argv.to_os_strings())
        }
    }
}
