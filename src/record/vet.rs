//! Where the package is that a vet run is about. vet is given no sources but one file of settings, `vet.cfg`.
//!
//! Knows the one line of that file that names the directory; cmd/go writes it indented, a key a line, in all versions. It is
//! JSON, but a path that needs an escape is rare enough to go without.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::tool::Tool;

/// The package's directory, where the settings name it.
pub(crate) fn directory(tool: &Tool) -> Option<Vec<u8>> {
    let settings = tool.options().last().filter(|path| path.ends_with(b"vet.cfg"))?;
    directory_in(&std::fs::read(OsStr::from_bytes(settings)).ok()?)
}

fn directory_in(settings: &[u8]) -> Option<Vec<u8>> {
    let value =
        settings.split(|byte| *byte == b'\n').find_map(|line| line.trim_ascii().strip_prefix(b"\"Dir\": \""))?;
    let path = value.strip_suffix(b"\",")?;
    (!path.contains(&b'\\')).then(|| path.to_vec())
}

#[cfg(test)]
mod tests {
    use super::directory_in;

    #[test]
    fn the_directory_is_the_value_of_dir() {
        let settings =
            b"{\n\t\"ID\": \"fmt\",\n\t\"Compiler\": \"gc\",\n\t\"Dir\": \"/usr/local/go/src/fmt\",\n\t\"x\": 1\n}";
        assert_eq!(directory_in(settings).as_deref(), Some(&b"/usr/local/go/src/fmt"[..]));
    }

    #[test]
    fn what_is_not_understood_is_not_claimed() {
        for settings in [&b""[..], b"{\"Dir\": \"/a\"}", b"\t\"Dir\": \"/a\\u0026b\",", b"\t\"Dir\": 1,"] {
            assert_eq!(directory_in(settings), None);
        }
    }
}
