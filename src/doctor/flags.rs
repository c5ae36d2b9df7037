//! Flags of go, as they stand in GOFLAGS.
//!
//! Knows how GOFLAGS is split, which is at blanks, with quotes around a flag; does not know what flags mean.

/// The flags, without their dashes.
pub(super) fn split(text: &str) -> Vec<&str> {
    words(text).into_iter().map(|flag| flag.trim_start_matches('-')).collect()
}

/// The words of any such list.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            quote @ ('\'' | '"') => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
            _ => rest.split_once(|letter: char| letter.is_ascii_whitespace()).unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// The value of a flag, which is `true` where the flag stands alone; of several the last. None where it is not there.
pub(super) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    split(text).into_iter().rev().find_map(|flag| match flag.split_once('=') {
        Some((key, value)) => (key == name).then_some(value),
        None => (flag == name).then_some("true"),
    })
}

#[cfg(test)]
mod tests {
    use super::{split, value};

    #[test]
    fn flags_are_split_as_go_splits_them() {
        assert_eq!(split("-p=2  --race '-ldflags=-s -w' \"-tags=a b\""), ["p=2", "race", "ldflags=-s -w", "tags=a b"]);
        assert_eq!(split("  "), Vec::<&str>::new());
    }

    #[test]
    fn the_last_of_a_name_counts() {
        assert_eq!(value("-p=2 -race -p=4", "p"), Some("4"));
        assert_eq!(value("-p=2 -race", "race"), Some("true"));
        assert_eq!(value("-pgo=off", "p"), None);
    }
}
