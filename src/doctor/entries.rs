//! What a build cache holds: how much, how old, of which toolchains.
//!
//! Knows how cmd/go lays a cache out: 256 folders, filled evenly because entries are named by hashes, so that a few of them
//! stand for all. Does not know what is good or bad.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answer::Unknown;
use super::text::text_of;
use crate::units::Bytes;

/// Folders of a cache.
const FOLDERS: usize = 256;

/// Every so many of them is looked at first; all of them where that is little.
const STRIDE: usize = 16;

/// With more entries in the first of them, the others are not looked at.
const LITTLE: usize = 500;

/// What compiles leave is longer.
const SMALLEST_ARCHIVE: u64 = 1024;

/// The answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entries {
    /// How many folders were looked at; what follows is told for all of them.
    pub(super) looked_at: usize,
    /// Entries.
    pub(super) count: u64,
    /// Bytes of all of them.
    pub(super) size: Bytes,
    /// Bytes of archives, by the toolchain that compiled them: `go1.27.3 linux/amd64`.
    pub(super) toolchains: BTreeMap<String, Bytes>,
    /// How long ago the oldest entry was used.
    pub(super) oldest: Option<Duration>,
    /// How long ago go deleted what had not been used for five days.
    pub(super) trimmed: Option<Duration>,
}

impl Entries {
    /// Looks into the cache.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn of(cache: &Path) -> Result<Self, Unknown> {
        let now = SystemTime::now();
        let mut found = Self { trimmed: last_trim(cache, now), ..Self::default() };
        let (first, others): (Vec<usize>, Vec<usize>) = (0..FOLDERS).partition(|folder| folder % STRIDE == 0);
        found.add(cache, &first, now)?;
        if found.count <= LITTLE as u64 {
            found.add(cache, &others, now)?;
        } else {
            found.scale(FOLDERS as u64 / found.looked_at as u64);
        }
        Ok(found)
    }

    fn add(&mut self, cache: &Path, folders: &[usize], now: SystemTime) -> Result<(), Unknown> {
        for folder in folders {
            let folder = cache.join(format!("{folder:02x}"));
            self.looked_at += 1;
            match fs::read_dir(&folder) {
                Ok(entries) => entries.flatten().for_each(|entry| self.entry(&entry, now)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Unknown(format!("{}: {error}", folder.display()))),
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, now: SystemTime) {
        let Ok(meta) = entry.metadata() else { return };
        let size = Bytes(meta.len());
        self.count += 1;
        self.size += size;
        // Of a time in the future nothing can be said.
        let age = meta.modified().ok().and_then(|used| now.duration_since(used).ok());
        self.oldest = self.oldest.max(age);
        if meta.len() >= SMALLEST_ARCHIVE
            && let Some(toolchain) = toolchain(&entry.path())
        {
            *self.toolchains.entry(toolchain).or_default() += size;
        }
    }

    fn scale(&mut self, by: u64) {
        self.count *= by;
        let scaled = |size: Bytes| Bytes(size.0.saturating_mul(by));
        self.size = scaled(self.size);
        self.toolchains.values_mut().for_each(|size| *size = scaled(*size));
    }

    /// Whether the figures are of all entries.
    pub(super) fn is_whole(&self) -> bool {
        self.looked_at == FOLDERS
    }
}

/// The second in which go last looked for what nobody uses any more.
fn last_trim(cache: &Path, now: SystemTime) -> Option<Duration> {
    let seconds = text_of(&cache.join("trim.txt"), 1 << 20).ok()?.trim().parse().ok()?;
    now.duration_since(UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?).ok()
}

/// An archive begins with `!<arch>`, a header of a file, and `go object linux amd64 go1.27.3 …`.
fn toolchain(archive: &Path) -> Option<String> {
    let mut start = [0; 160];
    let count = File::open(archive).ok()?.read(&mut start).ok()?;
    let text = start.get(..count)?.strip_prefix(b"!<arch>\n")?;
    let text = String::from_utf8_lossy(text);
    let mut words = text.split_once("go object ")?.1.split_whitespace();
    let (os, arch, version) = (words.next()?, words.next()?, words.next()?);
    Some(format!("{version} {os}/{arch}"))
}
