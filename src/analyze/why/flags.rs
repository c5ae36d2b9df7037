//! What differs between two command lines of one tool, as far as a cache key would differ.
//!
//! Knows which options cmd/go adds for its own needs (`-o`, `-importcfg`, `-c` …) and which others are told as reasons of their
//! own (the Go version, the language, the profile). What remains is what somebody typed.

use crate::build::Call;

/// What differs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// Options that are gone.
    pub(super) gone: Vec<String>,
    /// Options that are new.
    pub(super) new: Vec<String>,
}

/// Of two command lines, with the directories of the sources.
pub(super) fn difference(old: (&Call, Option<&str>), new: (&Call, Option<&str>)) -> Difference {
    if old == new {
        return Difference::default();
    }
    let (mut gone, mut new) = (options(old.0, old.1), options(new.0, new.1));
    // Both are sets with repetitions, and short.
    gone.retain(|option| match new.iter().position(|other| other == option) {
        Some(at) => {
            new.remove(at);
            false
        }
        None => true,
    });
    Difference { gone, new }
}

/// The value of an option that has one.
pub(super) fn value<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    let mut words = call.words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word.strip_prefix(name) {
            Some("") => return words.next(),
            Some(rest) if rest.starts_with('=') => return rest.get(1..),
            _ => {}
        }
    }
    None
}

/// What cmd/go adds for its own needs, what follows from the files of the package, and what is told elsewhere.
const LEFT_OUT: [&str; 22] = [
    "-o",
    "-buildid",
    "-p",
    "-importcfg",
    "-c",
    "-goversion",
    "-lang",
    "-pgoprofile",
    "-embedcfg",
    "-symabis",
    "-asmhdr",
    "-complete",
    "-std",
    "-objdir",
    "-importpath",
    "-I",
    "-pack",
    "-exportheader",
    "-gensymabis",
    "-nolocalimports",
    "-D_",
    "-import_runtime_cgo",
];

/// The options that count, each with its value.
fn options(call: &Call, dir: Option<&str>) -> Vec<String> {
    let mut options = Vec::new();
    let mut words = call.words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let mut option = plain(word, dir);
        let takes_next = word.starts_with('-') && word != "--" && !word.contains('=');
        if takes_next && let Some(value) = words.next_if(|next| !next.starts_with('-')) {
            option = format!("{option} {}", plain(value, dir));
        }
        let name = option.split(['=', ' ']).next().unwrap_or_default();
        // The archive that a link begins with stands by itself.
        if !LEFT_OUT.contains(&name) && name.starts_with('-') && name != "--" {
            options.push(if name == "-trimpath" && !option.contains("=>$") && !option.contains(';') {
                continue;
            } else if name == "-trimpath" {
                String::from("-trimpath")
            } else {
                option
            });
        }
    }
    options
}

/// Without the numbers that directories in `$WORK` have, and the place of the sources.
fn plain(word: &str, dir: Option<&str>) -> String {
    let mut plain = String::new();
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once("$WORK/") {
        plain.extend([before, "$WORK/"]);
        let end = behind.find(['/', '=', ';']).unwrap_or(behind.len());
        rest = &behind[end..];
    }
    plain.push_str(rest);
    match dir {
        Some(dir) if dir.len() > 1 => plain.replace(dir, "."),
        _ => plain,
    }
}
