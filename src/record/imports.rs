//! What a compile or link was given to import, read from its `-importcfg` while the tool runs: cmd/go deletes the file
//! when the action ends.
//!
//! Knows the file's lines; does not know who built what. A path in `$WORK` names an action of the same go command, any
//! other path is an entry of the build cache.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::tool::{Tool, WorkDir};

/// The dependency edges of one tool run.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    text: Vec<u8>,
}

/// One `packagefile` line.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Import<'a> {
    /// Built by the action with this directory (`b004`) of the same go command.
    Built(&'a [u8]),
    /// Found in the build cache; the import path.
    Cached(&'a [u8]),
}

impl Imports {
    /// Of a tool that has no importcfg, or one that cannot be read, nothing is known.
    pub(crate) fn of(tool: &Tool) -> Self {
        let text = tool.option(b"-importcfg").and_then(|path| std::fs::read(OsStr::from_bytes(path)).ok());
        Self { text: text.unwrap_or_default() }
    }

    /// The imports in the order of the file, which is the order of the action's dependencies.
    pub(crate) fn iter<'a>(&'a self, work: &'a WorkDir) -> impl Iterator<Item = Import<'a>> {
        self.text.split(|byte| *byte == b'\n').filter_map(|line| {
            let line = line.strip_prefix(b"packagefile ")?;
            let equals = line.iter().position(|byte| *byte == b'=')?;
            let (package, file) = (line.get(..equals)?, line.get(equals.checked_add(1)?..)?);
            let inside = file.strip_prefix(work.root).and_then(|file| file.strip_prefix(b"/"));
            Some(match inside.and_then(|inside| inside.split(|byte| *byte == b'/').next()) {
                Some(action) => Import::Built(action),
                None => Import::Cached(package),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::argv::Argv;
    use super::{Import, Imports, Tool};

    #[test]
    fn a_path_in_the_work_directory_is_an_action_and_any_other_is_the_cache() {
        let text = b"# import config\nimportmap golang.org/x/net/idna=vendor/golang.org/x/net/idna\n\
            packagefile example.com/m/lib=/tmp/go-build1/b125/_pkg_.a\npackagefile os=/cache/42/42c2-d\n\
            packagefile odd=/tmp/go-build12/b003/_pkg_.a\n\
            packagefile torn\nmodinfo \"packagefile x=/tmp/go-build1/b009/_pkg_.a\"\n";
        let tool = Tool::of(Argv::of_test(&["/t/compile", "-o", "/tmp/go-build1/b002/_pkg_.a"]), 1);
        let work = tool.work_dir().expect("a work directory");
        let imports = Imports { text: text.to_vec() };
        let found: Vec<_> = imports
            .iter(&work)
            .map(|import| match import {
                Import::Built(action) => format!("built {}", String::from_utf8_lossy(action)),
                Import::Cached(package) => format!("cached {}", String::from_utf8_lossy(package)),
            })
            .collect();
        // go-build12 is another go command's, so to this one it is no action of its own.
        assert_eq!(found, ["built b125", "cached os", "cached odd"]);
    }
}
