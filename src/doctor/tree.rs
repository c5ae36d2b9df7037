//! The files of modules, as they lie there: one walk over their folders, with an end, for all checks that ask.
//!
//! Knows names, sizes, times and how sources begin; does not know what is wrong with any of that. Links are not followed. Left
//! out are other modules, vendor, `node_modules`, and folders whose names begin with a dot or an underscore.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use memchr::memmem;

/// The folders of one module, or of all in a workspace.
#[derive(Debug)]
pub(super) struct Tree {
    /// Where the go.mod is, or the go.work.
    pub(super) root: PathBuf,
    /// Where each go.mod is.
    pub(super) modules: Vec<PathBuf>,
    /// All folders below these, from the root; of a module that is elsewhere, all of the path.
    pub(super) folders: Vec<PathBuf>,
    /// All files.
    pub(super) files: Vec<File>,
    /// Why it is not all of them, where it is not.
    pub(super) cut: Option<String>,
}

/// A file.
#[derive(Debug)]
pub(super) struct File {
    /// From the root; of a module that is elsewhere, all of the path.
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) modified: Option<SystemTime>,
    /// What its beginning shows, where it is a source that go builds, or a script.
    pub(super) signs: Vec<Sign>,
}

/// What the beginning of a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A byte order mark.
    Mark,
    /// One more after it.
    SecondMark,
    /// A `//go:generate` right behind a mark.
    HiddenDirective,
    /// Lines end with CR LF.
    Crlf,
    /// A program wrote it, and says so.
    Generated,
    /// It imports embed.
    Embeds,
}

impl File {
    pub(super) fn shows(&self, sign: Sign) -> bool {
        self.signs.contains(&sign)
    }

    pub(super) fn is(&self, extension: &str) -> bool {
        self.path.extension().is_some_and(|own| own == extension)
    }
}

/// More than the largest of modules have.
const MOST_FILES: usize = 100_000;

const DEEPEST: usize = 40;

/// As much of a file as is read: a mark, headers and imports are in there, and of most files everything.
const HEAD: usize = 16 << 10;

impl Tree {
    /// The modules of some folders, told from a root.
    pub(super) fn of(root: &Path, mut modules: Vec<PathBuf>) -> Self {
        modules.sort();
        modules.dedup();
        let inside = |folder: &PathBuf| folder.strip_prefix(root).unwrap_or(folder).to_path_buf();
        let mut ahead: Vec<PathBuf> = modules.iter().map(inside).collect();
        let mut tree = Self { root: root.to_path_buf(), modules, folders: Vec::new(), files: Vec::new(), cut: None };
        while let Some(folder) = ahead.pop() {
            if tree.files.len() + tree.folders.len() >= MOST_FILES {
                tree.cut = Some(format!("only the first {MOST_FILES} files were looked at"));
                break;
            }
            tree.enter(&folder, &mut ahead);
        }
        tree
    }

    /// What cannot be read is as if it were not there: go would say so.
    fn enter(&mut self, folder: &Path, ahead: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(self.root.join(folder)) else { return };
        for entry in entries.flatten().take(MOST_FILES) {
            let (Ok(kind), path) = (entry.file_type(), folder.join(entry.file_name())) else { continue };
            if kind.is_dir() {
                if is_of_the_module(&self.root.join(&path)) && path.components().count() <= DEEPEST {
                    ahead.push(path.clone());
                }
                self.folders.push(path);
            } else if kind.is_file() {
                let Ok(meta) = entry.metadata() else { continue };
                let signs = signs_of(&self.root.join(&path), &path);
                self.files.push(File { path, bytes: meta.len(), modified: meta.modified().ok(), signs });
            }
        }
    }

    /// Files that show something.
    pub(super) fn showing(&self, sign: Sign) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.shows(sign))
    }
}

fn is_of_the_module(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with(['.', '_'])
        && !["vendor", "node_modules"].contains(&name.as_ref())
        && !folder.join("go.mod").is_file()
}

/// Go takes no sources from testdata, and none whose names begin with a dot or an underscore.
fn signs_of(file: &Path, inside: &Path) -> Vec<Sign> {
    const READ: [&str; 11] = ["go", "s", "S", "c", "cc", "cpp", "cxx", "m", "h", "hpp", "sh"];
    let extension = inside.extension().unwrap_or_default().to_string_lossy();
    let name = inside.file_name().unwrap_or_default().to_string_lossy();
    let ignored = name.starts_with(['.', '_']) || inside.iter().any(|part| part == "testdata");
    if ignored || !READ.contains(&extension.as_ref()) {
        return Vec::new();
    }
    signs(&head(file))
}

/// The first bytes of a file; of one that cannot be read, none.
pub(super) fn head(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let opened = fs::File::open(file);
    // What was read until it failed is what there is.
    let _ = opened.map(|file| file.take(HEAD as u64).read_to_end(&mut bytes));
    bytes
}

/// What such a beginning shows.
pub(super) fn signs(head: &[u8]) -> Vec<Sign> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let behind = head.strip_prefix(MARK);
    let text = behind.unwrap_or(head);
    let has = |needle: &[u8]| memmem::find(text, needle).is_some();
    // A file of data that happens to have these bytes is none of lines.
    let is_text = memchr::memchr(0, text).is_none();
    let found = [
        (Sign::Mark, behind.is_some()),
        (Sign::SecondMark, behind.is_some_and(|text| text.starts_with(MARK))),
        (Sign::HiddenDirective, behind.is_some_and(|text| text.starts_with(b"//go:generate "))),
        (Sign::Crlf, is_text && has(b"\r\n")),
        (Sign::Generated, has(b"// Code generated ") && has(b" DO NOT EDIT.")),
        (Sign::Embeds, has(b"\"embed\"")),
    ];
    found.into_iter().filter_map(|(sign, shown)| shown.then_some(sign)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_told_apart() {
        assert_eq!(signs(b"package a\n"), []);
        assert_eq!(signs(b"\xef\xbb\xbfpackage a\n"), [Sign::Mark]);
        assert_eq!(signs(b"\xef\xbb\xbf\xef\xbb\xbfpackage a\n"), [Sign::Mark, Sign::SecondMark]);
        assert_eq!(signs(b"\xef\xbb\xbf//go:generate true\n"), [Sign::Mark, Sign::HiddenDirective]);
        assert_eq!(signs(b"package a\r\n\r\nimport _ \"embed\"\r\n"), [Sign::Crlf, Sign::Embeds]);
        assert_eq!(signs(b"a\0\r\n"), []);
        assert_eq!(signs(b"// Code generated by x. DO NOT EDIT.\n"), [Sign::Generated]);
    }
}
