//! Digits to numbers, up to eight at a time: a third of an event is nanoseconds with nineteen of them.
//!
//! Knows decimal digits; does not know which numbers JSON allows.

/// The number that the digits at the beginning are, and how many there are; `None` where it does not fit.
#[inline]
pub(super) fn leading(text: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    let mut length = 0;
    while let Some(eight) = text.get(length..).and_then(<[u8]>::first_chunk) {
        let (value, digits) = beginning(*eight);
        number = number.checked_mul(POWERS[digits])?.checked_add(value)?;
        length += digits;
        if digits < 8 {
            return Some((number, length));
        }
    }
    while let Some(digit) = text.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        number = number.checked_mul(10)?.checked_add(digit.into())?;
        length += 1;
    }
    Some((number, length))
}

/// What the first digits of eight bytes are multiplied with when others follow.
const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The number that the digits at the beginning of eight bytes are, and how many there are.
#[inline]
fn beginning(bytes: [u8; 8]) -> (u64, usize) {
    let digits = u64::from_le_bytes(bytes) ^ u64::from_ne_bytes([b'0'; 8]);
    // A byte that is no digit is above nine now, and gets its highest bit by this addition if it has not got it yet. What it
    // carries over changes the bytes behind it alone, and only the first one counts.
    let others = (digits.wrapping_add(u64::from_ne_bytes([0x76; 8])) | digits) & u64::from_ne_bytes([0x80; 8]);
    let count = others.trailing_zeros() / 8;
    // The digits move up to the last byte, and zeros stand before them.
    let digits = digits.unbounded_shl(64 - count * 8);
    // Neighbours become pairs, pairs fours and fours the whole; the first digit is the lowest byte.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff, count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_not_fit_is_no_number() {
        assert_eq!(leading(b"18446744073709551615,"), Some((u64::MAX, 20)));
        assert_eq!(leading(b"18446744073709551616"), None);
        assert_eq!(leading(b"999999999999999999999999"), None);
        assert_eq!(leading(b""), Some((0, 0)));
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written_whatever_follows(number in any::<u64>(), digits in 0_u32..20, rest in "([^0-9].{0,9})?") {
            let number = number / 10_u64.pow(digits);
            let text = number.to_string();
            prop_assert_eq!(leading((text.clone() + &rest).as_bytes()), Some((number, text.len())));
        }

        #[test]
        fn the_first_digits_of_eight_bytes_count_whatever_follows(bytes in prop::array::uniform8(prop_oneof![9 => b'0'..=b'9', 1 => any::<u8>()])) {
            let digits: String = bytes.into_iter().map(char::from).take_while(char::is_ascii_digit).collect();
            prop_assert_eq!(beginning(bytes), (digits.parse().unwrap_or(0), digits.len()));
        }
    }
}
