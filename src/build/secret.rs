//! Hashing of numbers and names that somebody else chose.
//!
//! A trace is a foreign file: whoever writes one could choose some that a known hash takes for each other, and make a
//! table of them as slow as a list. std's hash is safe from that and made for text; for numbers and short names, a
//! multiplication by a secret for every eight bytes does.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Secrets that are drawn anew for each table. Tables are looked up, never gone through in order, so answers do not depend on
/// them.
#[derive(Debug, Clone)]
pub struct Secret {
    start: u64,
    factor: u64,
}

impl Default for Secret {
    fn default() -> Self {
        let drawn = RandomState::new();
        // An even factor would lose bits.
        Self { start: drawn.hash_one(1), factor: drawn.hash_one(2) | 1 }
    }
}

impl BuildHasher for Secret {
    type Hasher = Mixing;

    fn build_hasher(&self) -> Mixing {
        Mixing { sum: self.start, factor: self.factor }
    }
}

/// A hash on its way.
#[derive(Debug)]
pub struct Mixing {
    sum: u64,
    factor: u64,
}

impl Hasher for Mixing {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        let rest = rest.iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte));
        self.write_u64(rest ^ (bytes.len() as u64) << 56);
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    /// Both halves of the product count: the lower one alone would not know the upper bits of the number.
    #[expect(clippy::cast_possible_truncation, reason = "halves are taken")]
    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.sum ^ number) * u128::from(self.factor);
        self.sum = (product as u64) ^ ((product >> 64) as u64).rotate_left(23);
    }

    fn finish(&self) -> u64 {
        let product = u128::from(self.sum) * u128::from(self.factor);
        #[expect(clippy::cast_possible_truncation, reason = "halves are taken")]
        let halves = (product as u64) ^ ((product >> 64) as u64);
        halves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn numbers_in_a_row_or_far_apart_fall_into_different_places() {
        let secret = Secret::default();
        for shift in [0, 7, 20, 32, 48] {
            let mut places: HashMap<u64, u32> = HashMap::new();
            (0..4096_u64).for_each(|number| *places.entry(secret.hash_one(number << shift) % 4096).or_default() += 1);
            let most = places.values().max().copied().unwrap_or(0);
            assert!(most < 40, "{most} of 4096 numbers in one of 4096 places, {shift} bits up");
        }
    }

    #[test]
    fn no_two_tables_hash_alike() {
        assert_ne!(Secret::default().hash_one(7_u64), Secret::default().hash_one(7_u64));
    }
}
