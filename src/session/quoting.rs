//! Lists of words in one string, as cmd/go reads them from GOFLAGS and `-toolexec`.
//!
//! Knows the rules: words are separated by blanks, a word may stand in single or in double quotes, and inside them nothing is
//! special. A word that holds both kinds of quotes cannot be written.

/// The words of a string; none where a quote is not closed.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, behind) = match first {
            '\'' | '"' => rest.get(1..)?.split_once(first)?,
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    Some(words)
}

/// The string whose words are these; none where that cannot be said.
pub(crate) fn join(words: &[String]) -> Option<String> {
    let quoted: Option<Vec<String>> = words.iter().map(|word| quote(word)).collect();
    quoted.map(|words| words.join(" "))
}

fn quote(word: &str) -> Option<String> {
    let is_plain = !word.is_empty() && !word.contains(char::is_whitespace) && !word.contains(['\'', '"']);
    match (is_plain, word.contains('\''), word.contains('"')) {
        (true, ..) => Some(word.to_owned()),
        (_, false, _) => Some(format!("'{word}'")),
        (_, _, false) => Some(format!("\"{word}\"")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{join, split};
    use proptest::prelude::*;

    #[test]
    fn words_are_read_as_go_reads_them() {
        let words = |text: &str| split(text).map(|words| words.join("|"));
        assert_eq!(
            words(" -v  '-toolexec=/a b/gotrace -o x' \"-ldflags=-s -w\" ").as_deref(),
            Some("-v|-toolexec=/a b/gotrace -o x|-ldflags=-s -w")
        );
        assert_eq!(words("").as_deref(), Some(""));
        assert_eq!(words("a'b c").as_deref(), Some("a'b|c"), "a quote inside a word is a letter");
        assert_eq!((words("'open"), words("a \"open")), (None, None));
    }

    proptest! {
        #[test]
        fn what_can_be_written_is_read_again(words in prop::collection::vec("[a-z '\"/=-]{0,8}", 0..5)) {
            let both = |word: &String| word.contains('\'') && word.contains('"');
            match join(&words) {
                Some(text) => prop_assert_eq!(split(&text), Some(words)),
                None => prop_assert!(words.iter().any(both)),
            }
        }
    }
}
