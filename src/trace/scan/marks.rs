//! Where strings can end: the quotes, backslashes and control characters of a line.
//!
//! Knows bytes, sixty-four at a time; does not know JSON. Most of a line is text that is stepped over, and most of its strings
//! are short: looked for one by one, their ends cost several times as much as when all of a window are found together.

use wide::u8x16;

/// A line, and the marks of the window of it that was looked at last: the next question is nearly always about the same one.
pub(super) struct Marks<'a> {
    windows: &'a [[u8; WINDOW]],
    rest: &'a [u8],
    /// Which window the bits are of.
    at: usize,
    /// A bit for each byte that is a mark, the first byte's the lowest.
    bits: u64,
}

const WINDOW: usize = 64;

impl<'a> Marks<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        let (windows, rest) = line.as_bytes().as_chunks();
        let mut marks = Self { windows, rest, at: 0, bits: 0 };
        marks.look_at(0);
        marks
    }

    /// Where the next mark is at this place or behind it; the end of the line where there is none.
    #[inline]
    pub(super) fn next(&mut self, from: usize) -> usize {
        let mut from = from;
        loop {
            let window = from / WINDOW;
            if window != self.at {
                self.look_at(window);
            }
            let bits = self.bits >> (from % WINDOW);
            if bits != 0 {
                return from + bits.trailing_zeros() as usize;
            }
            from = (window + 1) * WINDOW;
        }
    }

    fn look_at(&mut self, window: usize) {
        self.at = window;
        self.bits = if let Some(bytes) = self.windows.get(window) {
            marks(bytes)
        } else {
            // Behind the end there are zeros, which are control characters: the end is found like any other mark.
            let mut bytes = [0; WINDOW];
            bytes[..self.rest.len()].copy_from_slice(self.rest);
            marks(&bytes)
        };
    }
}

fn marks(window: &[u8; WINDOW]) -> u64 {
    let (quarters, _) = window.as_chunks();
    let mut bits = 0;
    for (number, quarter) in quarters.iter().enumerate() {
        let bytes = u8x16::new(*quarter);
        // With this bit turned over a quote stands right behind the control characters, which stay among themselves.
        let low = (bytes ^ u8x16::splat(2)).simd_le(u8x16::splat(b'"' ^ 2));
        let backslash = bytes.simd_eq(u8x16::splat(b'\\'));
        bits |= u64::from((low | backslash).to_bitmask()) << (number * 16);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mark_is_a_quote_a_backslash_or_a_control_character() {
        for byte in 0..0x80 {
            let line = String::from("x") + char::from(byte).encode_utf8(&mut [0; 4]);
            let is_mark = matches!(byte, b'"' | b'\\' | ..0x20);
            assert_eq!(Marks::of(&line).next(0), if is_mark { 1 } else { 2 }, "{byte}");
        }
    }

    proptest! {
        #[test]
        fn the_next_mark_is_found_wherever_it_is(line in "([ -~é]{0,90}[\"\\\\\n\u{1}\u{1f}]){0,4}[ -~é]{0,90}", places in prop::collection::vec(0_usize..400, 1..9)) {
            let mut marks = Marks::of(&line);
            for from in places.into_iter().map(|from| from.min(line.len())) {
                let is_mark = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
                let expected = line.as_bytes()[from..].iter().position(is_mark).map_or(line.len(), |at| from + at);
                prop_assert_eq!(marks.next(from), expected);
            }
        }
    }
}
