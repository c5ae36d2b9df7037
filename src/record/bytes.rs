//! Searches byte strings and reads numbers out of them: what std does for `str` only.
//!
//! Knows bytes; does not know what they say. Arguments, paths and files of `/proc` need not be UTF-8, and asking each time
//! whether they are is work that the shim can do without.

/// Where `part` first stands in `text`.
pub(crate) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| is(window, part))
}

/// Where `part` last stands in `text`.
pub(crate) fn find_last(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| is(window, part))
}

/// The first byte decides nearly always, and costs no call.
fn is(window: &[u8], part: &[u8]) -> bool {
    window.first() == part.first() && window == part
}

/// One behind the other. std's `concat` does the same and lies far from the shim's code, and far code is dear.
pub(crate) fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    let mut both = Vec::with_capacity(first.len().saturating_add(second.len()));
    both.extend_from_slice(first);
    both.extend_from_slice(second);
    both
}

/// The number that decimal digits, and nothing else, stand for.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::{find, find_last, number};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_that_is_written_is_read(number: u64) {
            let mut text = b"x".to_vec();
            crate::trace::push_digits(&mut text, number);
            prop_assert_eq!(super::number(&text[1..]), Some(number));
        }

        #[test]
        fn a_part_is_found_where_str_finds_it(text in "[ab]{0,12}", part in "[ab]{1,3}") {
            prop_assert_eq!(find(text.as_bytes(), part.as_bytes()), text.find(&part));
            prop_assert_eq!(find_last(text.as_bytes(), part.as_bytes()), text.rfind(&part));
        }

        #[test]
        fn a_number_is_read_as_str_reads_it(value: u64, text in "[0-9a+-]{0,21}") {
            prop_assert_eq!(number(value.to_string().as_bytes()), Some(value));
            let by_std = if text.starts_with('+') { None } else { text.parse().ok() };
            prop_assert_eq!(number(text.as_bytes()), by_std);
        }
    }
}
