//! What a list of flags that go refuses was probably meant to be.
//!
//! Knows how quotes and blanks go wrong in GOFLAGS; whether go takes what comes out of this, go says.

use std::collections::BTreeSet;

use crate::session::quoting;

/// Flags of `go build` whose value is a list, so that a blank in it ends it too early.
const LISTS: [&str; 6] = ["ldflags", "gcflags", "asmflags", "gccgoflags", "tags", "toolexec"];

/// Flags of `go build` and `go test`: what has one of these names is no part of a list of flags for a tool.
const OWN: [&str; 31] = [
    "a",
    "n",
    "p",
    "v",
    "x",
    "race",
    "msan",
    "asan",
    "cover",
    "covermode",
    "coverpkg",
    "work",
    "asmflags",
    "buildmode",
    "buildvcs",
    "compiler",
    "gccgoflags",
    "gcflags",
    "installsuffix",
    "json",
    "ldflags",
    "linkshared",
    "mod",
    "modcacherw",
    "modfile",
    "overlay",
    "pgo",
    "pkgdir",
    "tags",
    "trimpath",
    "toolexec",
];

/// Other lists of flags, the likeliest first, each in go's own notation.
pub(super) fn candidates(list: &str) -> Vec<String> {
    let words = words(list);
    let grown = grown(&words);
    let mut found: Vec<Vec<String>> = vec![grown.clone(), flags_alone(&grown)];
    for words in [grown, words] {
        let without = |at| [&words[..at], &words[at + 1..]].concat();
        found.extend((0..words.len()).map(without));
    }
    let mut lists: Vec<String> = found.iter().filter_map(|words| quoting::join(words)).collect();
    let mut seen = BTreeSet::from([String::new(), list.to_owned()]);
    lists.retain(|other| seen.insert(other.clone()));
    lists
}

/// As a shell has them: quotes in the midst of a word are quotes, and one that is not closed ends with the list.
fn words(list: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut open) = (None::<String>, None::<char>);
    for letter in list.chars() {
        match open {
            Some(quote) if letter == quote => open = None,
            None if letter == '\'' || letter == '"' => {
                open = Some(letter);
                word.get_or_insert_default();
            }
            None if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Where a list was cut at its blanks, its parts are put together again.
fn grown(words: &[String]) -> Vec<String> {
    let mut grown: Vec<String> = Vec::new();
    for word in words {
        let list = grown.last_mut().filter(|last| LISTS.contains(&name(last)) && last.contains('='));
        match list {
            Some(list) if !(word.starts_with('-') && OWN.contains(&name(word))) => {
                // Tags are separated by commas since Go 1.13.
                list.push(if name(list) == "tags" { ',' } else { ' ' });
                list.push_str(word);
            }
            _ => grown.push(word.clone()),
        }
    }
    grown
}

/// Without what is no flag, as a `go build` or a value that needs its `=`.
fn flags_alone(words: &[String]) -> Vec<String> {
    words.iter().filter(|word| word.starts_with('-')).cloned().collect()
}

fn name(word: &str) -> &str {
    let word = word.trim_start_matches('-');
    word.split_once('=').map_or(word, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, candidates};
    use proptest::prelude::*;

    #[test]
    fn a_list_that_was_cut_at_its_blanks_is_quoted() {
        let first = |list: &str| candidates(list).into_iter().next().unwrap_or_default();
        assert_eq!(first("-ldflags=-s -w"), "'-ldflags=-s -w'");
        assert_eq!(first("-ldflags=-X main.a=1 -w -trimpath"), "'-ldflags=-X main.a=1 -w' -trimpath");
        assert_eq!(first("-ldflags=\"-s -w\" -v"), "'-ldflags=-s -w' -v");
        assert_eq!(first("'-ldflags=-s -w"), "'-ldflags=-s -w'", "a quote that is not closed");
        assert_eq!(first("-tags=a b -race"), "-tags=a,b -race");
        assert_eq!(first("-bogus -race"), "-race", "what nobody can read is left out");
        assert_eq!(candidates("-u"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_list_is_too_strange(list in "[-a-z =\"']{0,30}") {
            let candidates = candidates(&list);
            prop_assert!(candidates.iter().all(|other| *other != list));
            let others: BTreeSet<&String> = candidates.iter().collect();
            prop_assert_eq!(others.len(), candidates.len(), "none is tried twice");
        }
    }
}
