//! Any arguments: whether this process is the shim depends on the first few alone, and what follows them changes nothing.
#![no_main]

use std::ffi::{CString, c_char, c_int};
use std::ptr;

use gotrace::cli::SUBCOMMANDS;
use gotrace::record::{Argv, Invocation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let arguments: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let is_shim = |count: usize| decided_for(&arguments[..count]);
    let all = is_shim(arguments.len());
    if arguments.len() > 4 {
        assert_eq!(is_shim(4), all, "what stands behind the fourth argument changed the decision");
    }
    match arguments.get(1) {
        None | Some([]) => assert!(!all, "nothing to run"),
        Some(path) if !path.starts_with(b"-") && path.contains(&b'/') => assert!(all, "a path is always a tool"),
        Some(name) if SUBCOMMANDS.iter().any(|subcommand| subcommand.as_bytes() == *name) => assert!(!all),
        Some(_) => {}
    }
});

/// Whether these arguments are the shim's.
fn decided_for(arguments: &[&[u8]]) -> bool {
    let strings: Vec<CString> = arguments.iter().map(|text| CString::new(*text).expect("no NUL")).collect();
    let mut pointers: Vec<*const c_char> = strings.iter().map(|text| text.as_ptr()).collect();
    pointers.push(ptr::null());
    let count = c_int::try_from(strings.len()).expect("few");
    // SAFETY: the array ends with a null pointer, and nothing of it is kept beyond this function.
    let argv = unsafe { Argv::from_main(count, pointers.as_ptr()) };
    assert_eq!(argv.to_os_strings().len(), strings.len());
    matches!(Invocation::of(argv, &SUBCOMMANDS), Invocation::Shim(_))
}
