//! Finds the program that a tool's name means.
//!
//! Knows PATH; runs nothing. Looks it up as Go's `exec.LookPath` does, because that is what cmd/go does without a shim:
//! `execvp` would give a text file without `#!` to a shell on glibc (and not on musl), search places that Go does not
//! search, and need more stack than a child between `clone` and `exec` has.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr};
use std::io::Error;
use std::os::unix::ffi::OsStrExt;

/// The path to execute for `name`: a name with a slash is a path, any other is looked up in PATH.
pub(crate) fn find(name: &CStr) -> Result<Cow<'_, CStr>, Error> {
    if name.to_bytes().contains(&b'/') {
        return Ok(Cow::Borrowed(name));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    path.as_bytes()
        .split(|byte| *byte == b':')
        // Go runs nothing that it finds through a relative entry, the empty one included.
        .filter(|directory| directory.starts_with(b"/"))
        .filter_map(|directory| CString::new([directory, b"/", name.to_bytes()].concat()).ok())
        .find(|candidate| is_executable_file(candidate))
        .map(Cow::Owned)
        .ok_or_else(|| Error::from_raw_os_error(libc::ENOENT))
}

/// Why this process cannot execute `path`, as far as can be told without doing it.
pub(crate) fn check(path: &CStr) -> Result<(), Error> {
    if is_executable_file(path) {
        return Ok(());
    }
    let meta = std::fs::metadata(OsStr::from_bytes(path.to_bytes()));
    meta.and_then(|_| Err(Error::from_raw_os_error(libc::EACCES)))
}

#[expect(unsafe_code, reason = "std does not say whether this process may execute a file")]
fn is_executable_file(path: &CStr) -> bool {
    // SAFETY: `path` is a C string that lives through the call.
    let may_execute = unsafe { libc::access(path.as_ptr(), libc::X_OK) } == 0;
    may_execute && std::fs::metadata(OsStr::from_bytes(path.to_bytes())).is_ok_and(|meta| meta.is_file())
}
