//! What of an answer everybody may read: pages of it go into public issues, and settings hold passwords.
//!
//! Knows names and passwords before a host where there is no scheme, too; which words hide a secret otherwise, traces know.

use crate::session::masked_text;

/// The same without what looks like a secret.
pub(super) fn masked(text: &str) -> String {
    let ends_word = |letter: char| letter.is_whitespace() || letter == ',' || letter == '|';
    masked_text(text).split_inclusive(ends_word).map(without_user).collect()
}

/// `***@host` for `user:password@host`.
fn without_user(word: &str) -> String {
    let (before, place) = word.split_at(start_of_place(word));
    let user = place.match_indices('@').map(|(at, _)| place.split_at(at)).rfind(|(user, rest)| !is_module(user, rest));
    match user {
        Some((user, rest)) if is_user(before, user) => format!("{before}***{rest}"),
        _ => word.to_owned(),
    }
}

/// Behind a scheme, or behind the name of a setting and a quote.
fn start_of_place(word: &str) -> usize {
    if let Some(scheme) = word.find("://") {
        return scheme + "://".len();
    }
    let head = &word[..word.find([':', '@']).unwrap_or(word.len())];
    let value = &word[head.rfind('=').map_or(0, |at| at + 1)..];
    let value = value.trim_start_matches(['\'', '"', '`', '(']);
    word.len() - value.strip_prefix("//").unwrap_or(value).len()
}

/// Go's `module@v1.2.3`, a path of a module proxy, and the digest of an image.
fn is_module(before: &str, rest: &str) -> bool {
    let mut numbers = rest.strip_prefix("@v").unwrap_or_default().splitn(3, '.');
    let is_number = |part: Option<&str>| part.is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let is_version = (0..3).all(|_| is_number(numbers.next()));
    let is_asked_of_proxy = before.ends_with('/') && (rest.starts_with("@v/") || rest.starts_with("@latest"));
    is_version || is_asked_of_proxy || rest.starts_with("@sha256:")
}

fn is_user(before: &str, user: &str) -> bool {
    let is_path = user.starts_with('/');
    !is_path && (user.contains(':') || before.ends_with("//") && !user.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_before_a_host_is_masked_with_a_scheme_and_without() {
        for (text, expected) in [
            ("me:s3cret@proxy.example.com", "***@proxy.example.com"),
            ("GOPROXY is //me:s3cret@proxy, in", "GOPROXY is //***@proxy, in"),
            ("//s3cret@proxy", "//***@proxy"),
            ("https://me:12/s3cret@proxy/go", "https://***@proxy/go"),
            ("export GOPROXY='me:s3=cret@proxy|direct'", "export GOPROXY='***@proxy|direct'"),
            ("a.example,me:s3cr@et@proxy:81,direct", "a.example,***@proxy:81,direct"),
            ("parse \"me:s3/cret@proxy\": no", "parse \"***@proxy\": no"),
            ("ADDRESS=:s3cret@localhost", "ADDRESS=***@localhost"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn modules_paths_and_addresses_stay_as_they_are() {
        for text in [
            "go: example.com/dep@v1.0.0: missing go.sum entry",
            "reading http://127.0.0.1:81/example.com/dep/@v/v1.0.0.mod: 404",
            "reading http://127.0.0.1:81/example.com/dep/@latest: 404",
            "http://proxy:81/sumdb/sums/lookup/example.com/dep@v1.0.0",
            "PATH=/usr/bin:/opt/go@1.21/bin",
            "git@git.example.com:team/lib",
            "https://git.example.com/team/lib@main",
            "main.go:3:2: actions/setup-go@v5, golang:1.21@sha256:00",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
