//! Keeps secrets out of the trace: a trace is made to be uploaded.
//!
//! Knows how credentials look on a command line; does not know which tool the line is for, except that the linker's
//! `-X` sets a variable of the program. What is masked is the value; the name stays, so a reader sees what was set.

use std::borrow::Cow;

use super::bytes::find;

const MASK: &[u8] = b"***";

/// Words in the name of a setting that make its value a secret.
const SECRET_NAMES: [&[u8]; 11] = [
    b"secret",
    b"token",
    b"password",
    b"passwd",
    b"passphrase",
    b"apikey",
    b"api_key",
    b"api-key",
    b"credential",
    b"private_key",
    b"access_key",
];

/// How well-known services begin the tokens that they hand out.
const TOKEN_PREFIXES: [&[u8]; 16] = [
    b"ghp_",
    b"gho_",
    b"ghs_",
    b"ghu_",
    b"ghr_",
    b"github_pat_",
    b"glpat-",
    b"xoxb-",
    b"xoxp-",
    b"xoxa-",
    b"AKIA",
    b"ASIA",
    b"sk-",
    b"npm_",
    b"pypi-",
    b"eyJ",
];

/// The shortest run of letters and digits behind such a beginning that is taken for a token.
const TOKEN_LENGTH: usize = 16;

/// The arguments of a command, masked one by one.
#[derive(Debug, Default)]
pub(crate) struct Masker {
    /// The argument before was an option whose value decides nothing but may be a secret.
    value_follows: Option<Follows>,
}

#[derive(Debug, Clone, Copy)]
enum Follows {
    /// `-X name=value`.
    Variable,
    /// `--token value`.
    Secret,
}

impl Masker {
    /// The argument as it may be written.
    pub(crate) fn mask<'a>(&mut self, argument: &'a [u8]) -> Cow<'a, [u8]> {
        match self.value_follows.take() {
            Some(Follows::Variable) => return mask_after_equals(argument),
            Some(Follows::Secret) if !argument.starts_with(b"-") => return Cow::Borrowed(MASK),
            _ => {}
        }
        if matches!(argument, b"-X" | b"--X") {
            self.value_follows = Some(Follows::Variable);
        } else if argument.starts_with(b"-") && !argument.contains(&b'=') && is_secret_name(argument) {
            self.value_follows = Some(Follows::Secret);
        }
        text(argument)
    }
}

/// A text that may hold several words, such as `$GOFLAGS` or the value of `-ldflags`.
pub(crate) fn text(text: &[u8]) -> Cow<'_, [u8]> {
    if !may_hold_a_secret(text) {
        return Cow::Borrowed(text);
    }
    let mut masked = Vec::with_capacity(text.len());
    let mut variable_follows = false;
    let mut open_quote = None;
    for (index, word) in text.split(|byte| *byte == b' ').enumerate() {
        if let Some(quote) = open_quote {
            // The rest of a quoted value that holds blanks: gone with its beginning.
            if word.ends_with(&[quote]) {
                open_quote = None;
            }
            continue;
        }
        if index > 0 {
            masked.push(b' ');
        }
        let masked_word = if variable_follows { mask_after_equals(word) } else { mask_word(word) };
        if matches!(masked_word, Cow::Owned(_)) {
            open_quote = unclosed_quote(word);
        }
        masked.extend_from_slice(&masked_word);
        let last_part = word.rsplit(|byte| matches!(byte, b'"' | b'\'' | b'=')).next().unwrap_or(word);
        variable_follows = matches!(last_part, b"-X" | b"--X");
    }
    Cow::Owned(masked)
}

/// The quote that `word` opens and leaves open.
fn unclosed_quote(word: &[u8]) -> Option<u8> {
    let quote = *word.iter().find(|byte| matches!(byte, b'"' | b'\''))?;
    let is_open = word.iter().fold(false, |open, byte| open != (*byte == quote));
    is_open.then_some(quote)
}

/// A cheap look first: nearly all arguments are file names.
fn may_hold_a_secret(text: &[u8]) -> bool {
    text.contains(&b'=') || contains(text, b"://") || contains(text, b"-X") || has_token(text)
}

fn mask_word(word: &[u8]) -> Cow<'_, [u8]> {
    if let Some(at) = find(word, b"-X=") {
        let value = word.get(at.saturating_add(3)..).unwrap_or_default();
        if let Some(equals) = value.iter().position(|byte| *byte == b'=') {
            return cut_and_mask(word, at.saturating_add(4).saturating_add(equals));
        }
    }
    if let Some(equals) = equals_behind_a_secret_name(word) {
        return cut_and_mask(word, equals.saturating_add(1));
    }
    if let Some((from, to)) = user_of_url(word) {
        let mut masked = word.get(..from).unwrap_or_default().to_vec();
        masked.extend_from_slice(MASK);
        masked.extend_from_slice(word.get(to..).unwrap_or_default());
        return Cow::Owned(masked);
    }
    if has_token(word) { Cow::Borrowed(MASK) } else { Cow::Borrowed(word) }
}

fn mask_after_equals(word: &[u8]) -> Cow<'_, [u8]> {
    match word.iter().position(|byte| *byte == b'=') {
        Some(equals) => cut_and_mask(word, equals.saturating_add(1)),
        None => Cow::Borrowed(MASK),
    }
}

fn cut_and_mask(word: &[u8], at: usize) -> Cow<'_, [u8]> {
    let mut masked = word.get(..at).unwrap_or_default().to_vec();
    masked.extend_from_slice(MASK);
    Cow::Owned(masked)
}

/// The first one whose name is a secret's: in `--token=YWJj=` the value may hold another.
fn equals_behind_a_secret_name(word: &[u8]) -> Option<usize> {
    let name_ends_at = |at: &usize| word.get(*at) == Some(&b'=');
    (0..word.len()).filter(name_ends_at).find(|at| is_secret_name(word.get(..*at).unwrap_or_default()))
}

fn is_secret_name(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| contains(&lower, secret))
}

/// Where `user:password` stands in `scheme://user:password@host`.
fn user_of_url(word: &[u8]) -> Option<(usize, usize)> {
    let from = find(word, b"://")?.saturating_add(3);
    let host_and_path = word.get(from..)?;
    let authority_end = host_and_path.iter().position(|byte| *byte == b'/').unwrap_or(host_and_path.len());
    let at = host_and_path.get(..authority_end)?.iter().rposition(|byte| *byte == b'@')?;
    Some((from, from.saturating_add(at)))
}

fn has_token(word: &[u8]) -> bool {
    let mut inside_a_name = false;
    word.iter().enumerate().any(|(at, byte)| {
        let begins_a_name = !inside_a_name;
        inside_a_name = byte.is_ascii_alphanumeric();
        begins_a_name && may_begin_a_token(*byte) && word.get(at..).is_some_and(begins_with_a_token)
    })
}

/// The letters with which the prefixes begin, one bit each: every name in every argument is asked this.
fn may_begin_a_token(byte: u8) -> bool {
    const LETTERS: u128 = {
        let (mut letters, mut index) = (0, 0);
        while index < TOKEN_PREFIXES.len() {
            letters |= 1 << TOKEN_PREFIXES[index][0];
            index += 1;
        }
        letters
    };
    byte.is_ascii() && LETTERS >> byte & 1 == 1
}

fn begins_with_a_token(text: &[u8]) -> bool {
    TOKEN_PREFIXES.iter().any(|prefix| {
        text.strip_prefix(*prefix).is_some_and(|rest| {
            let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            length >= TOKEN_LENGTH
        })
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arguments: &[&str], expected: &[&str]) {
        let mut masker = Masker::default();
        let written: Vec<String> = arguments
            .iter()
            .map(|argument| String::from_utf8_lossy(&masker.mask(argument.as_bytes())).into_owned())
            .collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn a_linker_variable_keeps_its_name_and_loses_its_value() {
        check(&["-X", "main.version=1.2", "-s"], &["-X", "main.version=***", "-s"]);
        check(&["-X=main.version=1.2"], &["-X=main.version=***"]);
        check(&["--X=main.version=a=b"], &["--X=main.version=***"]);
    }

    #[test]
    fn variables_inside_ldflags_are_found() {
        check(&["-ldflags=-s -X main.key=abc -w"], &["-ldflags=-s -X main.key=*** -w"]);
        check(&["-ldflags", "-X 'main.key=abc' -w"], &["-ldflags", "-X 'main.key=*** -w"]);
        check(&["-ldflags=-X=main.key=abc"], &["-ldflags=-X=main.key=***"]);
        check(&["-ldflags=-X 'main.key=abc def' -w"], &["-ldflags=-X 'main.key=*** -w"]);
    }

    #[test]
    fn whatever_looks_like_a_credential_is_masked() {
        check(&["-DAPI_KEY=abc"], &["-DAPI_KEY=***"]);
        check(&["--token", "abc", "x"], &["--token", "***", "x"]);
        check(&["https://me:pw@example.com/x@y"], &["https://***@example.com/x@y"]);
        check(&["ghp_0123456789abcdef0123"], &["***"]);
        check(&["GITHUB_TOKEN=x"], &["GITHUB_TOKEN=***"]);
        check(&["--token=YWJj=="], &["--token=***"]);
    }

    #[test]
    fn ordinary_arguments_stay_as_they_are() {
        let ordinary =
            ["-p", "net/http", "-c=4", "-trimpath", "/w/b001=>", "-D", "GOOS_linux", "sk-1", "/src/token.go"];
        check(&ordinary, &ordinary);
    }
}
