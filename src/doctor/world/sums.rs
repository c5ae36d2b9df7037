//! go.work.sum as it was.
//!
//! Knows that go writes there whatever sums a workspace lacks, with `-mod=readonly` too, and even where it only lists packages;
//! does not know what the sums are.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::World;

/// The file, and what was in it; none where it was not there.
#[derive(Debug)]
pub(super) struct Sums {
    file: PathBuf,
    content: Option<Vec<u8>>,
}

impl World {
    /// Keeps it, before the first command that may change it.
    pub(super) fn remember_sums(&self) {
        let look = || {
            let file = self.go_work().ok()??.with_extension("work.sum");
            let content = content(&file).ok()?;
            Some(Sums { file, content })
        };
        self.sums.get_or_init(look);
    }

    /// Puts it back, where a command did change it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(in crate::doctor) fn put_back(&self) -> Result<(), String> {
        let Some(Some(Sums { file, content: before })) = self.sums.get() else { return Ok(()) };
        let put = || match before {
            _ if content(file)? == *before => Ok(()),
            Some(before) => fs::write(file, before),
            None => fs::remove_file(file),
        };
        put().map_err(|error| format!("{} has new lines of go's, and cannot be put back: {error}", file.display()))
    }
}

fn content(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
