//! Patterns with `*`, `?` and classes of letters, as Go's path.Match reads them.
//!
//! Knows the rule; does not know what is named with it.

/// Whether a pattern fits all of a text. Stars and question marks stop at slashes.
///
/// Takes no longer than the one length times the other: of several stars the last alone is tried again, because what an
/// earlier one could take in its stead the last one can take as well.
pub(super) fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', behind @ ..] = pattern {
            star = Some((behind, text));
            pattern = behind;
        } else if let Some(behind) = letter(pattern, text) {
            (pattern, text) = behind;
        } else if pattern.is_empty() && text.is_empty() {
            return true;
        } else {
            let Some((behind, [first, rest @ ..])) = star else { return false };
            if *first == b'/' {
                return false;
            }
            star = Some((behind, rest));
            (pattern, text) = (behind, rest);
        }
    }
}

/// What is behind a letter and what stands for it, where they fit.
fn letter<'a>(pattern: &'a [u8], text: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (first, text) = text.split_first()?;
    let (fits, behind) = match pattern {
        [b'?', behind @ ..] => (*first != b'/', behind),
        [b'[', behind @ ..] => {
            let end = behind.iter().position(|byte| *byte == b']')?;
            (*first != b'/' && is_of(&behind[..end], *first), &behind[end + 1..])
        }
        [b'\\', literal, behind @ ..] | [literal, behind @ ..] => (literal == first, behind),
        [] => return None,
    };
    fits.then_some((behind, text))
}

/// Whether a letter is one of a class: `a-z_`, or with `^` before them none of these.
fn is_of(class: &[u8], letter: u8) -> bool {
    let (wanted, mut class) = class.strip_prefix(b"^").map_or((true, class), |rest| (false, rest));
    let mut found = false;
    while let [low, rest @ ..] = class {
        let (high, behind) = match rest {
            [b'-', high, behind @ ..] => (high, behind),
            _ => (low, rest),
        };
        found |= (low..=high).contains(&&letter);
        class = behind;
    }
    found == wanted
}

#[cfg(test)]
mod tests {
    use super::{fits, letter};
    use proptest::prelude::*;

    #[test]
    fn a_pattern_with_many_stars_is_tried_in_no_time() {
        let (stars, letters) = ("a*".repeat(200), "a".repeat(4_000));
        assert!(fits(stars.as_bytes(), letters.as_bytes()));
        assert!(!fits(format!("{stars}b").as_bytes(), letters.as_bytes()));
    }

    /// All ways, one after the other.
    fn tried(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => {
                let reach = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
                (0..=reach).any(|taken| tried(rest, &text[taken..]))
            }
            _ => letter(pattern, text).is_some_and(|(pattern, text)| tried(pattern, text)),
        }
    }

    proptest! {
        #[test]
        fn no_way_to_fit_is_missed(pattern in "[ab*?/]{0,8}|[ab*]{0,3}\\[\\^?a\\][ab*/]{0,4}", text in "[abc/]{0,8}") {
            prop_assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), tried(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
