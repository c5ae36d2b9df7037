//! Text of a file that somebody else wrote.
//!
//! Knows that a name may lead to a device, a pipe or something without end, which a repository can hold as a link; does not
//! know what the text means.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// All of it.
///
/// # Errors
/// It cannot be read, is no plain file, no text, or longer than `most` bytes.
pub(super) fn text_of(path: &Path, most: u64) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let mut text = String::new();
    File::open(path)?.take(most + 1).read_to_string(&mut text)?;
    if text.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {} MiB", most >> 20)));
    }
    Ok(text)
}
