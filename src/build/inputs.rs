//! What a tool run was made from: files, imports and settings, as far as the shim looked at them.
//!
//! Knows names and hashes; does not know what it means that two of them differ. There is no text here that many runs share:
//! modules and imports are handles. Read only where it is asked why something was built, because it is as large as the rest
//! of a trace together.

use super::catalog::{ModuleId, PackageId};
use crate::trace::{Origins, Raw, strings};
use crate::units::Bytes;

/// What a tool run was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Where its sources are.
    pub dir: Option<Box<str>>,
    /// The module that they belong to.
    pub module: Option<ModuleId>,
    /// Files, in the order in which the tool was given them.
    pub files: Vec<File>,
    /// Size of the sources.
    pub source_bytes: Bytes,
    /// What the profile held that a compile optimises by.
    pub profile: Option<Hash>,
    /// What a link writes into the program about the build.
    pub build_info: Option<Hash>,
    /// The commit that a program is linked from.
    pub revision: Option<Box<str>>,
    /// What it imports.
    pub imports: Vec<Import>,
}

/// What something held. Two that are the same were the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 8]);

/// A file that a tool run was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it is to the package.
    pub kind: FileKind,
    /// Its name in the package's directory, or its path.
    pub name: Box<str>,
    /// What it held.
    pub hash: Option<Hash>,
}

/// What a file is to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Go, or assembly for Go's assembler.
    Source,
    /// C and its like, or a header.
    Native,
    /// Embedded.
    Embedded,
    /// Made by another tool of the same go command.
    Generated,
}

/// A package that a tool run was given to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import {
    /// Where its archive was from.
    pub from: Origin,
    /// What the archive held.
    pub content: Option<Hash>,
}

/// Where an archive was from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The same go command built it in this directory in `$WORK`.
    Built(u32),
    /// The build cache had it.
    Cached(PackageId),
}

impl Hash {
    /// Of what the shim wrote for one; it writes dots where it could not read.
    fn of(text: &[u8]) -> Option<Self> {
        <[u8; 8]>::try_from(text).ok().filter(|text| *text != [b'.'; 8]).map(Self)
    }
}

/// The hashes of a text, one behind the other; none behind its end.
fn hashes(text: &str) -> impl Iterator<Item = Option<Hash>> {
    text.as_bytes().chunks(8).map(Hash::of).chain(std::iter::repeat(None))
}

impl Inputs {
    /// Of what an end told. `cached` makes a handle of an import path.
    pub(super) fn of(
        origins: &Origins,
        needs: Option<Raw<'_>>,
        module: Option<ModuleId>,
        mut cached: impl FnMut(&str) -> PackageId,
    ) -> Self {
        let mut files = Vec::new();
        add(&mut files, FileKind::Source, origins.files, origins.file_hashes.as_str());
        add(&mut files, FileKind::Native, origins.native_files, origins.native_hashes.as_str());
        add(&mut files, FileKind::Embedded, origins.embed_files, origins.embed_hashes.as_str());
        let (needs, names) = (strings(needs), strings(origins.cached));
        let built = needs.iter().map(|dir| objdir(dir.as_str()).map(Origin::Built));
        let from = built.chain(names.iter().map(|name| Some(Origin::Cached(cached(name.as_str())))));
        let imports = from.zip(hashes(origins.import_hashes.as_str()));
        Self {
            dir: origins.source_dir.as_ref().map(|dir| dir.as_str().into()),
            module,
            files,
            source_bytes: Bytes(origins.source_bytes),
            profile: Hash::of(origins.pgo_hash.as_str().as_bytes()),
            build_info: Hash::of(origins.build_info_hash.as_str().as_bytes()),
            revision: origins.vcs_revision.as_ref().map(|revision| revision.as_str().into()),
            imports: imports.filter_map(|(from, content)| Some(Import { from: from?, content })).collect(),
        }
    }
}

fn add(files: &mut Vec<File>, kind: FileKind, names: Option<Raw<'_>>, held: &str) {
    for (name, hash) in strings(names).iter().zip(hashes(held)) {
        files.push(match name.as_str().strip_prefix("$WORK/") {
            // The directory in `$WORK` has another number each time.
            Some(made) => {
                let name = made.split_once('/').map_or(made, |(_, name)| name).into();
                File { kind: FileKind::Generated, name, hash }
            }
            None => File { kind, name: name.as_str().into(), hash },
        });
    }
}

/// `b004` as a number.
pub(super) fn objdir(name: &str) -> Option<u32> {
    name.strip_prefix('b')?.parse().ok()
}
