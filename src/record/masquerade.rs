//! Being called by another program's name: `gotrace record` puts a folder in front of PATH in which this program stands as
//! `go`, `gcc` …, as ccache does.
//!
//! Knows PATH and which file this program is; does not know what is done under those names. The program that is really
//! meant is the next of that name in PATH.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::{Metadata, metadata};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Whether a path leads to this very program.
pub(crate) fn is_this_program(path: &CStr) -> bool {
    is_same(Path::new(OsStr::from_bytes(path.to_bytes())), own_file().as_ref())
}

/// PATH without the folders in which `name` is this program. A compiler gets this one: what it starts is its own affair, and
/// another that masquerades, as ccache does, must not come back here.
#[cold]
pub(crate) fn path_without_us(name: &[u8]) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = own_file();
    let is_ours =
        |folder: &&[u8]| is_same(&Path::new(OsStr::from_bytes(folder)).join(OsStr::from_bytes(name)), own.as_ref());
    let others: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b':').filter(|folder| !is_ours(folder)).collect();
    OsString::from_vec(others.join(&b':'))
}

fn own_file() -> Option<Metadata> {
    metadata("/proc/self/exe").ok()
}

fn is_same(path: &Path, own: Option<&Metadata>) -> bool {
    let identity = |meta: &Metadata| (meta.dev(), meta.ino());
    own.is_some_and(|own| metadata(path).is_ok_and(|other| identity(&other) == identity(own)))
}

#[cfg(test)]
mod tests {
    use super::{is_this_program, own_file};
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn this_program_is_known_under_any_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("gcc");
        std::os::unix::fs::symlink(std::env::current_exe().expect("this program"), &link).expect("a link");
        let path = |path: &std::path::Path| CString::new(path.as_os_str().as_bytes()).expect("no NUL");
        assert!(is_this_program(&path(&link)));
        assert!(!is_this_program(c"/bin/sh") && !is_this_program(c"/nowhere"));
        assert!(own_file().is_some());
    }
}
