//! A flag of go, as it stands in GOFLAGS.
//!
//! Knows how flags are given values; does not know what they mean.

use crate::session::quoting;

/// The value of a flag, which is `true` where the flag stands alone; of several the last. None where it is not there, or go
/// cannot read the list.
pub(super) fn value(list: &str, name: &str) -> Option<String> {
    quoting::split(list)?.iter().rev().find_map(|word| {
        let flag = word.trim_start_matches('-');
        let (key, value) = flag.split_once('=').unwrap_or((flag, "true"));
        (key == name).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn the_last_of_a_name_counts() {
        assert_eq!(value("-p=2 -race --p=4", "p").as_deref(), Some("4"));
        assert_eq!(value("-p=2 -race", "race").as_deref(), Some("true"));
        assert_eq!(value("'-ldflags=-s -w'", "ldflags").as_deref(), Some("-s -w"));
        assert_eq!(value("-pgo=off", "p"), None);
    }
}
