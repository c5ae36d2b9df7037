//! Short fingerprints of files, so that two traces can say whether a file was the same.
//!
//! Knows bytes; does not know what a file is for. A fingerprint is the first 48 bits of XXH64 in base64url: enough to tell the
//! versions of one file apart, and nothing that an attacker would have to be kept from forging: cmd/go decides by SHA-256,
//! and this only explains. `xxhsum -H64` computes the same.

use std::hash::Hasher;

use twox_hash::XxHash64;

use super::files::Reader;

/// How many characters a fingerprint has.
pub(crate) const LENGTH: usize = 8;

/// What stands in the place of one that is not known: no character of base64url.
const UNKNOWN: [u8; LENGTH] = [b'.'; LENGTH];

/// Fingerprints side by side, each as long as every other: eight bytes a file, where a list would need eleven.
#[derive(Debug)]
pub(crate) struct Fingerprints {
    text: Vec<u8>,
    /// Bytes that were read.
    pub(crate) bytes: u64,
}

impl Fingerprints {
    pub(crate) const fn new() -> Self {
        Self { text: Vec::new(), bytes: 0 }
    }

    /// Adds that of a file; one that cannot be read is not known.
    pub(crate) fn add_file(&mut self, path: &[u8], reader: &mut Reader) {
        let print = self.read(path, reader);
        self.text.extend_from_slice(&print.map_or(UNKNOWN, base64url));
    }

    /// Adds that of a text.
    pub(crate) fn add_text(&mut self, text: &[u8]) {
        self.text.extend_from_slice(&base64url(XxHash64::oneshot(0, text)));
    }

    /// Adds what tells the version of something, of which the beginning is taken.
    pub(crate) fn add_id(&mut self, id: Option<&[u8]>) {
        self.text.extend_from_slice(id.and_then(|id| id.get(..LENGTH)).unwrap_or(&UNKNOWN));
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    fn read(&mut self, path: &[u8], reader: &mut Reader) -> Option<u64> {
        let mut hasher = XxHash64::with_seed(0);
        reader.pieces(path, |piece| {
            self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(0));
            hasher.write(piece);
        })?;
        Some(hasher.finish())
    }
}

fn base64url(hash: u64) -> [u8; LENGTH] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = UNKNOWN;
    for (place, digit) in text.iter_mut().enumerate() {
        let bits = hash.rotate_left(6 * (u32::try_from(place).unwrap_or(0) + 1)) & 63;
        *digit = usize::try_from(bits).ok().and_then(|bits| DIGITS.get(bits)).copied().unwrap_or(b'.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::files::CHUNK;
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    fn of(content: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        let mut prints = Fingerprints::new();
        prints.add_file(file.path().as_os_str().as_bytes(), &mut Reader::new());
        assert_eq!(prints.bytes, content.len() as u64);
        String::from_utf8(prints.text).expect("ASCII")
    }

    #[test]
    fn it_is_the_beginning_of_xxh64_in_base64url() {
        // xxhsum -H64: ef46db3751d8e999 of nothing, 44bc2cf5ad770999 of abc.
        assert_eq!(of(b""), "70bbN1HY");
        assert_eq!(of(b"abc"), "RLws9a13");
    }

    #[test]
    fn a_file_longer_than_a_chunk_is_read_whole() {
        let mut long = vec![b'x'; 3 * CHUNK];
        let before = of(&long);
        *long.last_mut().expect("a byte") = b'y';
        assert_ne!(of(&long), before);
        assert_ne!(of(&long[..2 * CHUNK]), before);
    }

    #[test]
    fn what_cannot_be_read_is_not_known_and_nothing_waits_for_a_pipe() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe.go");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let mut prints = Fingerprints::new();
        let mut reader = Reader::new();
        prints.add_file(b"/nowhere.go", &mut reader);
        prints.add_file(folder.path().as_os_str().as_bytes(), &mut reader);
        prints.add_id(Some(b"short"));
        prints.add_id(Some(b"long enough"));
        prints.add_file(pipe.as_os_str().as_bytes(), &mut reader);
        // A pipe that nobody writes is as good as empty.
        assert_eq!(prints.text(), b"........................long eno70bbN1HY");
    }
}
