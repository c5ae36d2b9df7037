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
