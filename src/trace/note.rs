//! What the shim could not write into a trace and noted elsewhere, as it is read.
//!
//! Knows the lines of a file of notes; does not know which notes are about which trace.

use std::path::Path;

use serde::Deserialize;

use super::read::decode;

/// One trouble of one shim.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Note {
    /// The trace that it could not write to.
    #[serde(default)]
    pub trace: Option<String>,
    /// What went wrong.
    #[serde(default = "unknown")]
    pub what: String,
    /// Why, in the words of the system.
    #[serde(default = "unknown")]
    pub reason: String,
}

impl Note {
    /// All notes of a file, the oldest first. A file that is not there has none, and a line that is no note is skipped.
    #[must_use]
    pub fn all_in(path: &Path) -> Vec<Self> {
        let bytes = std::fs::read(path).unwrap_or_default();
        decode(&bytes).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

fn unknown() -> String {
    String::from("?")
}

#[cfg(test)]
mod tests {
    use super::Note;

    #[test]
    fn what_can_be_read_of_a_file_of_notes_is_read() {
        let world = tempfile::tempdir().expect("a folder");
        let path = world.path().join("t.problems");
        assert_eq!(Note::all_in(&path), []);
        let note = "{\"type\":\"problem\",\"trace\":\"/t\",\"what\":\"w\",\"reason\":\"r\"}";
        std::fs::write(&path, [note.as_bytes(), b"\n{\"what\"\n\xff\n[\n{}\n"].concat()).expect("notes");
        let told: Vec<_> = Note::all_in(&path).into_iter().map(|note| (note.trace, note.what, note.reason)).collect();
        let text = String::from;
        assert_eq!(told, [(Some(text("/t")), text("w"), text("r")), (None, text("?"), text("?"))]);
    }
}
