//! What remains of a graph when something is taken out of it.
//!
//! Knows nodes by number, where each needs only nodes before it, so one pass from the last to the first finds all; does not
//! know what they stand for.

/// Of each node whether it remains: what is wanted by itself, and what something that remains needs, but for what is taken
/// out.
#[must_use]
pub fn remaining<'a>(
    is_wanted: impl Iterator<Item = bool>,
    needs: impl Fn(usize) -> &'a [usize],
    is_out: impl Fn(usize) -> bool,
) -> Vec<bool> {
    let mut remains: Vec<bool> = is_wanted.collect();
    for node in (0..remains.len()).rev() {
        remains[node] &= !is_out(node);
        if remains[node] {
            needs(node).iter().for_each(|need| remains[*need] = true);
        }
    }
    remains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_something_gone_needs_is_gone_too() {
        let needs: [&[usize]; 5] = [&[], &[0], &[0], &[1, 2], &[2]];
        let without =
            |out: usize| remaining([false, false, false, true, true].into_iter(), |at| needs[at], |at| at == out);
        assert_eq!(without(9), [true; 5]);
        assert_eq!(without(1), [true, false, true, true, true]);
        assert_eq!(without(3), [true, false, true, false, true]);
    }
}
