//! Words of a command that is printed for somebody to type.
//!
//! Knows the shell's quotes; does not know what the words mean.

use std::fmt::Display;

/// The word as a shell takes it for one.
pub(super) fn quoted(word: impl Display) -> String {
    let word = word.to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+=:@%,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    // Double quotes are easier to read around single ones, as in GOFLAGS="'-ldflags=-s -w'".
    if word.contains('\'') && !word.contains(['"', '$', '`', '\\', '!']) {
        return format!("\"{word}\"");
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shell_reads_the_word_that_was_meant(word in "[a-z '\"$`\\\\*;|&]{0,12}") {
            let script = format!("printf %s {}", quoted(&word));
            let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().expect("a shell");
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
    }
}
