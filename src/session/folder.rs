//! The folder of a session: links that give this program the names of others, and room for what go writes about itself.
//!
//! Knows where things lie; does not know what they say. It is gone when the session ends.

use std::ffi::OsString;
use std::io::{self, Error};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

use super::diary;

/// By this variable the go commands of a session find its folder.
pub(super) const VARIABLE: &str = "GOTRACE_SESSION";

/// What of it comes in front of PATH.
const BIN: &str = "bin";

/// Where profiles are left.
const PROFILES: &str = "profiles";

/// There, beside the links, where go commands are to be asked what they hashed. Nobody runs what cannot be executed.
const ASKS_WHY: &str = ".why";

/// Compilers that are seen wherever cmd/go looks for them; those that CC and CXX name come on top.
const COMPILERS: [&str; 6] = ["gcc", "g++", "cc", "c++", "clang", "clang++"];

/// The folder, while the session lasts.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes one, with the links in it.
    ///
    /// # Errors
    /// Those of making folders and links.
    pub(super) fn create(compilers: &[String]) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        // What stands in PATH has to be found from everywhere.
        let folder = Self { path: make_unique(&std::path::absolute(std::env::temp_dir())?)? };
        std::fs::create_dir(folder.bin())?;
        std::fs::create_dir(folder.profiles())?;
        std::fs::create_dir(diaries(&folder.path))?;
        let names = ["go"].into_iter().chain(COMPILERS).chain(compilers.iter().map(String::as_str));
        for name in names {
            match symlink(&program, folder.bin().join(name)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where compilers and linkers leave their profiles, when they are asked to.
    pub(super) fn profiles(&self) -> PathBuf {
        self.path.join(PROFILES)
    }

    /// Has the go commands of the session asked what they hashed.
    ///
    /// # Errors
    /// Those of making a file.
    pub(super) fn ask_why(&self) -> io::Result<()> {
        std::fs::File::create(self.bin().join(ASKS_WHY)).map(drop)
    }

    /// What comes in front of PATH.
    pub(super) fn bin(&self) -> PathBuf {
        self.path.join(BIN)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the temporary folder, where others clean up.
        let _ = std::fs::remove_dir_all(self.bin());
        // A go command that outlives the job would fail if it could not write here. It removes the rest when it ends.
        if !diary::any_open(&diaries(&self.path)) {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The folder of the session that this process belongs to.
pub(super) fn of_environment() -> Option<OsString> {
    std::env::var_os(VARIABLE).filter(|folder| Path::new(folder).is_absolute())
}

/// Whether go commands of this session are asked what they hashed.
pub(super) fn asks_why(session: &Path) -> bool {
    session.join(BIN).join(ASKS_WHY).exists()
}

/// Removes what a job has left for its last go commands, if this one was the last.
pub(super) fn leave(session: &Path) {
    if !session.join(BIN).exists() && !diary::any_open(&diaries(session)) {
        // What a variable names is not removed as a whole, whatever it is.
        let ours = [diaries(session), session.join(PROFILES)].map(std::fs::remove_dir_all);
        let _ = ours.into_iter().collect::<io::Result<()>>().and_then(|()| std::fs::remove_dir(session));
    }
}

/// Where the go commands of a session write about themselves.
pub(super) fn diaries(session: &Path) -> PathBuf {
    session.join("diaries")
}

fn make_unique(under: &Path) -> io::Result<PathBuf> {
    let mut builder = std::fs::DirBuilder::new();
    builder.mode(0o700);
    for attempt in 0..1000 {
        let path = under.join(format!("gotrace-{}-{attempt}", std::process::id()));
        match builder.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    Err(Error::from(io::ErrorKind::AlreadyExists))
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn the_folder_has_the_names_and_goes_away() {
        let folder = Folder::create(&[String::from("arm-gcc"), String::from("gcc")]).expect("a folder");
        let own = std::env::current_exe().and_then(std::fs::canonicalize).expect("this program");
        for name in ["go", "gcc", "clang++", "arm-gcc"] {
            assert_eq!(std::fs::canonicalize(folder.bin().join(name)).expect(name), own);
        }
        let path = folder.path().to_path_buf();
        drop(folder);
        assert!(!path.exists());
    }
}
