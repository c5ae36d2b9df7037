//! Keeps secrets out of the trace: a trace is made to be uploaded.
//!
//! Knows how credentials look on a command line; does not know which tool the line is for, except that the linker's
//! `-X` sets a variable of the program. What is masked is the value; the name stays, so a reader sees what was set.
//!
//! An argument may be a line of words of its own, such as the value of `-ldflags`, and what a word is can follow from the
//! one before it. So one walk goes over all words, whether the next one is in the same argument or in the next. It looks
//! at each byte a few times, however long the argument is. Where those who read such a line could disagree about the end
//! of a value, everything is masked to the end of the argument.

use std::borrow::Cow;

use super::bytes::find;
use super::tokens::Tokens;

const MASK: &[u8] = b"***";

/// What stands behind so much of an argument is left out: no list of a trace has room for it.
const ENOUGH: usize = 16 * 1024;

/// Words in the name of a setting that make its value a secret; `key` is one too, at the end and in some company.
const SECRET_NAMES: [&[u8]; 6] = [b"secret", b"token", b"password", b"passwd", b"passphrase", b"credential"];

/// What makes a key a secret one wherever it stands: `api_key_file`.
const SECRET_KEYS: [&[u8]; 3] = [b"api", b"private", b"access"];

/// No option of go, its tools or gcc ends in `key`, but words do.
const NO_KEYS: [&[u8]; 6] = [b"mon", b"don", b"tur", b"hoc", b"joc", b"whis"];

/// The arguments of a command, masked one by one.
#[derive(Debug)]
pub(crate) struct Masker {
    next: Next,
}

/// What a word says of the one behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Anything,
    /// `-X name=value`.
    Variable,
    /// `--token value`.
    Secret,
    /// `-ldflags "-s -w"`.
    Line,
}

/// How far the value of a setting goes with which a text begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// To the end: the text is one argument, blanks and all.
    Argument,
    /// As far as any value in a line of words.
    Word,
}

impl Masker {
    pub(crate) const fn new() -> Self {
        Self { next: Next::Anything }
    }

    /// The argument as it may be written.
    pub(crate) fn mask<'a>(&mut self, argument: &'a [u8]) -> Cow<'a, [u8]> {
        let head = if self.next == Next::Line { Head::Word } else { Head::Argument };
        self.walk(Walk::over(argument, head))
    }

    fn walk<'a>(&mut self, mut walk: Walk<'a>) -> Cow<'a, [u8]> {
        while let Some(start) = walk.next_word() {
            let end = walk.word(start, self.next);
            self.next = Next::after(last_word(walk.text.get(start..end).unwrap_or_default()));
        }
        if walk.at < walk.text.len() {
            self.next = Next::after(last_word(walk.text));
        }
        walk.into_masked()
    }
}

/// A text of several words, such as `$GOFLAGS`, as it may be written.
pub(crate) fn line(text: &[u8]) -> Cow<'_, [u8]> {
    Masker::new().walk(Walk::over(text, Head::Word))
}

impl Next {
    fn after(word: &[u8]) -> Self {
        if !word.contains(&b'-') {
            return Self::Anything;
        }
        let option = word.rsplit(|byte| *byte == b'=').next().unwrap_or(word);
        match trim(option, is_quote) {
            b"-X" | b"--X" => Self::Variable,
            [b'-', .., b'f', b'l', b'a', b'g', b's'] => Self::Line,
            // C's -DNAME has its value in the same word.
            [b'-', b'D', ..] => Self::Anything,
            option @ [b'-', ..] if !option.contains(&b'/') && is_secret_name(option) => Self::Secret,
            _ => Self::Anything,
        }
    }
}

/// A text on the way to what may be written of it.
struct Walk<'a> {
    text: &'a [u8],
    head: Head,
    /// Up to here the words are looked at.
    at: usize,
    /// What may be written of the text up to `copied`.
    masked: Vec<u8>,
    copied: usize,
    /// The quote that an earlier word opened and none has closed.
    around: Option<u8>,
    tokens: Tokens,
}

/// Where a word begins, in it a setting, and in that its value.
#[derive(Clone, Copy)]
struct Found {
    word: usize,
    setting: usize,
    value: usize,
}

impl<'a> Walk<'a> {
    fn over(text: &'a [u8], head: Head) -> Self {
        Self { text, head, at: 0, masked: Vec::new(), copied: 0, around: None, tokens: Tokens::default() }
    }

    /// Where the next word begins. There is none at the end, nor where enough of the text is there.
    fn next_word(&mut self) -> Option<usize> {
        let blanks = self.from(self.at).iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = self.at.saturating_add(blanks);
        if start >= self.text.len() {
            self.at = self.text.len();
            return None;
        }
        (start.saturating_sub(self.copied).saturating_add(self.masked.len()) < ENOUGH).then_some(start)
    }

    /// Looks at the word that begins at `start`, and at those behind it that belong to a value in it. Returns their end.
    fn word(&mut self, start: usize, expected: Next) -> usize {
        self.at = match expected {
            Next::Anything | Next::Line => self.settings(start, None),
            Next::Variable => self.settings(start, Some(start)),
            Next::Secret => self.mask(Found { word: start, setting: start, value: start }),
        };
        self.at
    }

    /// Looks for settings, URLs and tokens. `variable` is where the name of a variable of the linker begins.
    fn settings(&mut self, word: usize, mut variable: Option<usize>) -> usize {
        let (mut at, mut name, mut setting) = (word, word, word);
        let mut open = self.around;
        let mut in_a_name = false;
        while let Some((&byte, rest)) = self.from(at).split_first() {
            match byte {
                b'=' => {
                    let value = at.saturating_add(1);
                    let called = self.text.get(name..at).unwrap_or_default();
                    if variable.is_some() {
                        return self.mask(Found { word, setting, value });
                    }
                    if is_secret_name(called) && !self.is_rewrite(name, rest) {
                        return self.mask(Found { word, setting: name, value });
                    }
                    if called.ends_with(b"-X") {
                        (variable, setting) = (Some(value), name);
                    }
                    name = value;
                }
                b'/' | b',' | b';' | b'&' | b'?' => name = at.saturating_add(1),
                b'\'' | b'"' => open = toggled(open, byte),
                b':' if rest.starts_with(b"//") => {
                    name = self.mask_user(at.saturating_add(3));
                    at = name.saturating_sub(1);
                }
                _ if byte.is_ascii_whitespace() => break,
                _ if !in_a_name && self.tokens.begin_at(self.text, at) => {
                    return self.mask(Found { word, setting: at, value: at });
                }
                _ => {}
            }
            in_a_name = byte.is_ascii_alphanumeric();
            at = at.saturating_add(1);
        }
        if let Some(value) = variable {
            // It has no name that could stay.
            return self.mask(Found { word, setting, value });
        }
        self.around = open;
        at
    }

    /// `/src/token=>example.com/token`, as in `-trimpath`, is no setting.
    fn is_rewrite(&self, name: usize, rest: &[u8]) -> bool {
        let before = name.checked_sub(1).and_then(|before| self.text.get(before));
        before == Some(&b'/') && rest.starts_with(b">")
    }

    /// Masks the user of the URL whose host is to begin at `from`. Returns where the host does begin.
    fn mask_user(&mut self, from: usize) -> usize {
        let Some(length) = user_of_url(self.from(from)) else { return from };
        self.write_mask(from);
        self.copied = from.saturating_add(length);
        self.copied
    }

    /// Masks a value. Returns the end of the last word that belongs to it.
    fn mask(&mut self, Found { word, setting, value }: Found) -> usize {
        let mut value = value;
        let mut opened = self
            .text
            .get(word..value)
            .unwrap_or_default()
            .iter()
            .copied()
            .filter(|byte| is_quote(*byte))
            .fold(None, toggled);
        let first = self.from(value).first().copied().filter(|byte| is_quote(*byte));
        if opened.is_none() && first.is_some() && first != self.around {
            (opened, value) = (first, value.saturating_add(1));
        }
        self.write_mask(value);
        let is_head = self.head == Head::Argument && self.is_first_word(setting);
        let end = if is_head { None } else { self.end_of_value(opened, value) };
        let Some((value_end, word_end)) = end else {
            self.masked.extend(opened.into_iter().chain(self.around.take()));
            self.copied = self.text.len();
            return self.copied;
        };
        self.copied = value_end;
        if self.text.get(value_end..word_end).and_then(<[u8]>::last) == self.around.as_ref() {
            self.around = None;
        }
        word_end
    }

    /// Where a value ends, and where its word does, quotes included. `None` where the value goes on to the end, or where
    /// that depends on the reader: to cmd/go a quote inside a word is a letter, to a shell it is a quote.
    fn end_of_value(&self, opened: Option<u8>, value: usize) -> Option<(usize, usize)> {
        let length = match opened {
            None => self
                .from(value)
                .iter()
                .position(|byte| is_blank_or_quote(*byte))
                .unwrap_or_else(|| self.from(value).len()),
            quote if quote == self.around => return None,
            quote => self.from(value).iter().position(|byte| Some(*byte) == quote)?,
        };
        let end = value.saturating_add(length);
        let behind = self.from(end);
        let quotes = behind.iter().position(u8::is_ascii_whitespace).unwrap_or(behind.len());
        let is_closed = match (opened, behind.get(..quotes)?) {
            (None, []) | (Some(_), [_]) => true,
            (None, [quote]) | (Some(_), [_, quote]) => Some(*quote) == self.around,
            _ => false,
        };
        is_closed.then_some((end, end.saturating_add(quotes)))
    }

    fn is_first_word(&self, at: usize) -> bool {
        self.text.get(..at).is_some_and(|before| before.iter().all(u8::is_ascii_whitespace))
    }

    fn write_mask(&mut self, at: usize) {
        self.masked.extend_from_slice(self.text.get(self.copied..at).unwrap_or_default());
        self.masked.extend_from_slice(MASK);
    }

    fn from(&self, at: usize) -> &'a [u8] {
        self.text.get(at..).unwrap_or_default()
    }

    fn into_masked(mut self) -> Cow<'a, [u8]> {
        let rest = self.text.get(self.copied..self.at).unwrap_or_default();
        if self.masked.is_empty() {
            return Cow::Borrowed(rest);
        }
        self.masked.extend_from_slice(rest);
        Cow::Owned(self.masked)
    }
}

fn is_secret_name(name: &[u8]) -> bool {
    (0..name.len()).any(|at| {
        let (before, rest) = name.split_at(at);
        match rest.first().map(u8::to_ascii_lowercase) {
            Some(b's' | b't' | b'p' | b'c') => SECRET_NAMES.iter().any(|word| begins_with(rest, word)),
            Some(b'k') => is_secret_key(before, rest),
            _ => false,
        }
    })
}

fn is_secret_key(before: &[u8], rest: &[u8]) -> bool {
    let Some(behind) = rest.get(3..).filter(|_| begins_with(rest, b"key")) else { return false };
    let is_last = !behind.iter().any(u8::is_ascii_alphanumeric);
    let kind = trim(before, |byte| matches!(byte, b'-' | b'_'));
    SECRET_KEYS.iter().any(|word| ends_with(kind, word))
        || is_last && !NO_KEYS.iter().any(|word| ends_with(before, word))
}

fn begins_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word))
}

fn ends_with(text: &[u8], word: &[u8]) -> bool {
    let start = text.len().checked_sub(word.len());
    start.and_then(|start| text.get(start..)).is_some_and(|part| part.eq_ignore_ascii_case(word))
}

/// How long `user:password` is in `user:password@host`.
fn user_of_url(rest: &[u8]) -> Option<usize> {
    let is_end = |byte: &u8| matches!(byte, b'/' | b'?' | b'#') || byte.is_ascii_whitespace();
    let authority = rest.get(..rest.iter().position(is_end).unwrap_or(rest.len()))?;
    let last_at = |text: &[u8]| text.iter().rposition(|byte| *byte == b'@');
    last_at(authority).or_else(|| {
        // What is no port behind the colon is the beginning of a password that holds one of these signs.
        let colon = authority.iter().position(|byte| *byte == b':')?;
        let is_host = authority.starts_with(b"[") || authority.get(colon..)?.iter().skip(1).all(u8::is_ascii_digit);
        let this_url = rest.get(..find(rest, b"://").unwrap_or(rest.len()))?;
        let word = this_url.split(u8::is_ascii_whitespace).next()?;
        if is_host { None } else { last_at(word) }
    })
}

fn last_word(text: &[u8]) -> &[u8] {
    text.rsplit(u8::is_ascii_whitespace).find(|word| !word.is_empty()).unwrap_or_default()
}

/// Which quote is open behind `quote`.
fn toggled(open: Option<u8>, quote: u8) -> Option<u8> {
    match open {
        None => Some(quote),
        Some(open) if open == quote => None,
        Some(_) => open,
    }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"')
}

fn is_blank_or_quote(byte: u8) -> bool {
    is_quote(byte) || byte.is_ascii_whitespace()
}

fn trim(text: &[u8], is_trimmed: impl Fn(u8) -> bool) -> &[u8] {
    let start = text.iter().position(|byte| !is_trimmed(*byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_trimmed(*byte)).map_or(start, |at| at.saturating_add(1));
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn masked(arguments: &[&str]) -> Vec<String> {
        let mut masker = Masker::new();
        arguments
            .iter()
            .map(|argument| String::from_utf8_lossy(&masker.mask(argument.as_bytes())).into_owned())
            .collect()
    }

    #[track_caller]
    fn check(arguments: &[&str], expected: &[&str]) {
        assert_eq!(masked(arguments), expected, "{arguments:?}");
    }

    #[test]
    fn a_linker_variable_keeps_its_name_and_loses_its_value() {
        check(&["-X", "main.version=1.2", "-s"], &["-X", "main.version=***", "-s"]);
        check(&["-X=main.version=1.2"], &["-X=main.version=***"]);
        check(&["--X=main.version=a=b"], &["--X=main.version=***"]);
        check(&["-X", "example.com/m/nameless", "-X=nameless"], &["-X", "***", "-X=***"]);
    }

    #[test]
    fn variables_inside_ldflags_are_found() {
        check(&["-ldflags=-s -X main.key=abc -w"], &["-ldflags=-s -X main.key=*** -w"]);
        check(&["-ldflags", "-X 'main.key=abc' -w"], &["-ldflags", "-X 'main.key=***' -w"]);
        check(&["-ldflags=-X=main.key=abc"], &["-ldflags=-X=main.key=***"]);
        check(&["-ldflags=-X 'main.key=abc def' -w"], &["-ldflags=-X 'main.key=***' -w"]);
        check(&["-ldflags", "-X=main.key=abc -w"], &["-ldflags", "-X=main.key=*** -w"]);
        check(&["-ldflags=example.com/token=-X main.a=abc"], &["-ldflags=example.com/token=*** main.a=***"]);
    }

    #[test]
    fn words_are_cut_where_go_cuts_them() {
        check(&["-ldflags=-s -X  main.dbpw=hunter2"], &["-ldflags=-s -X  main.dbpw=***"]);
        check(&["-ldflags=-X\tmain.a=b\n-X\r\n main.c=d\n-s"], &["-ldflags=-X\tmain.a=***\n-X\r\n main.c=***\n-s"]);
        check(&[" -X\n", "main.a=b"], &[" -X\n", "main.a=***"]);
        check(
            &["-ldflags=all='-X' 'main.a=b c' \"-X\" \"main.d=e\""],
            &["-ldflags=all='-X' 'main.a=***' \"-X\" \"main.d=***\""],
        );
    }

    #[test]
    fn an_argument_that_is_a_setting_is_masked_to_its_end() {
        check(&["-X=main.dbpw=correct horse battery", "x"], &["-X=main.dbpw=***", "x"]);
        check(&["--X=main.dbpw=correct horse"], &["--X=main.dbpw=***"]);
        check(&["--password=correct horse battery"], &["--password=***"]);
        check(&["-DPASSWORD=correct horse"], &["-DPASSWORD=***"]);
        check(&["-X", "main.dbpw=correct horse battery"], &["-X", "main.dbpw=***"]);
        check(&["-X", " main.dbpw=correct horse", "x"], &["-X", " main.dbpw=***", "x"]);
        check(&["--token", "correct horse battery", "x"], &["--token", "***", "x"]);
    }

    #[test]
    fn an_option_and_its_value_are_found_inside_an_argument() {
        check(&["-exec", "wrap --password hunter2 -v"], &["-exec", "wrap --password *** -v"]);
        check(&["-exec=wrap --password 'hunter 2' -v"], &["-exec=wrap --password '***' -v"]);
        check(&["--token", "-abc", "x"], &["--token", "***", "x"]);
        check(&["--token", "-X", "main.a=abc"], &["--token", "***", "main.a=***"]);
    }

    #[test]
    fn quotes_stay_balanced_and_hide_what_they_hold() {
        check(&["-ldflags=-X main.a='b c' -s"], &["-ldflags=-X main.a='***' -s"]);
        check(&["-exec='w --token=b' x"], &["-exec='w --token=***' x"]);
        check(&["'-ldflags=-X \"main.a=b c\" -s' -mod=mod"], &["'-ldflags=-X \"main.a=***\" -s' -mod=mod"]);
        check(&["'-ldflags=-s -X \"main.a=b c\"' -mod=mod"], &["'-ldflags=-s -X \"main.a=***\"' -mod=mod"]);
        check(&["'-ldflags=-X main.a=b' -tags=x"], &["'-ldflags=-X main.a=***' -tags=x"]);
        check(&["-DKEY=\"b c\""], &["-DKEY=\"***\""]);
    }

    /// To cmd/go the quote in `it's` is a letter, to a shell it opens what the next quote closes.
    #[test]
    fn where_readers_disagree_on_the_end_of_a_value_nothing_behind_it_is_written() {
        check(&["-ldflags=-X main.a=it's -X 'main.b=hunter 2' -s"], &["-ldflags=-X main.a=***"]);
        check(&["-ldflags=-X 'main.a=b'hunter2 -s"], &["-ldflags=-X 'main.a=***'"]);
        check(&["-ldflags=-X 'main.a=hunter 2"], &["-ldflags=-X 'main.a=***'"]);
    }

    #[test]
    fn the_names_of_secrets_are_known() {
        for name in [
            "--password",
            "--db-passwd",
            "-passphrase",
            "--token",
            "--client-secret",
            "--aws-credentials",
            "--key",
            "--signing-key",
            "-DENCRYPTION_KEY",
            "-DprivateKey",
            "--private-key",
            "--access-key",
            "-DAPI_KEY",
            "--apikey",
            "--api-key-id",
            "-signingkey",
            "GITHUB_TOKEN",
            "\"SSH_KEY\"",
            "-Wl,--token",
        ] {
            check(&[&format!("{name}=abc")], &[&format!("{name}=***")]);
        }
        check(&["--token=YWJj=="], &["--token=***"]);
        check(&["x", "--signing-key", "abc", "x"], &["x", "--signing-key", "***", "x"]);
    }

    #[test]
    fn the_users_of_all_urls_are_masked() {
        check(&["https://me:pw@example.com/x@y"], &["https://***@example.com/x@y"]);
        check(&["https://u:p@a,https://u2:p2@b|direct"], &["https://***@a,https://***@b|direct"]);
        check(&["postgres://user:pa/ss@host/db"], &["postgres://***@host/db"]);
        check(&["postgres://user:p?s#s@host/db"], &["postgres://***@host/db"]);
        check(&["ssh://git@example.com:22/x"], &["ssh://***@example.com:22/x"]);
        check(&["https://me@h/x?k=ghp_0123456789abcdef0123"], &["https://***@h/x?k=***"]);
        check(&["https://me@h/x?access_token=abc&y=1"], &["https://***@h/x?access_token=***"]);
        let plain = ["https://proxy:8080/x@v1", "http://[::1]:8080/x@v1", "https://a,https://b/c@v1", "x://", "://@"];
        check(&plain[..4], &plain[..4]);
    }

    #[test]
    fn tokens_are_found_wherever_a_name_can_begin() {
        check(&["ghp_0123456789abcdef0123"], &["***"]);
        check(&["-header=Authorization:ghp_0123456789abcdef0123"], &["-header=Authorization:***"]);
        check(&["a glpat-ab-cD3eF6-hI9jK2mN b"], &["a *** b"]);
        check(
            &["/src/sk-learn-feature-extraction-utilities/x.go"],
            &["/src/sk-learn-feature-extraction-utilities/x.go"],
        );
    }

    #[test]
    fn ordinary_arguments_stay_as_they_are() {
        let ordinary = [
            "-p",
            "net/http",
            "-c=4",
            "-trimpath",
            "/w/b001=>;/src/go/token=>go/token;/src/key=>./key",
            "-D",
            "GOOS_linux",
            "sk-1",
            "/src/token.go",
            "-monkey=1",
            "-o",
            "/tmp/key",
            "-I/src/token/include",
            "x.c",
            "-DUSE_KEY",
            "-O2",
            "-lang=go1.21",
            "-buildid",
            "A/A",
            "'",
            "",
            " ",
            "-run=TestKey",
            "-keyfile=x",
            "-gcflags",
            "-N -l",
            "go/token",
            "-ldflags=-s -w -extldflags '-static -lm'",
            "-tags=a,b",
            "-X509",
        ];
        check(&ordinary, &ordinary);
        assert_eq!(line(b"-mod=mod '-ldflags=-X main.a=b c' -v").as_ref(), b"-mod=mod '-ldflags=-X main.a=*** c' -v");
    }

    #[track_caller]
    fn check_fast(argument: &str) {
        let began = Instant::now();
        masked(&[argument]);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?} for {} bytes of {}", argument.len(), &argument[..12]);
    }

    #[test]
    fn the_longest_argument_there_can_be_costs_no_more_than_its_length() {
        for part in [
            "=",
            "a=",
            "key",
            "k-=",
            "-X",
            "-X=",
            "token",
            "'",
            "\"'",
            " '",
            "://",
            "://a:b",
            "://:x/",
            "/a=>b;",
            "sk-",
            "ghp_a ",
            "@",
            "-",
            " -ldflags",
            "to=",
            "-k_",
        ] {
            check_fast(&part.repeat(128 * 1024 / part.len()));
        }
    }

    #[test]
    fn of_a_long_argument_no_more_is_kept_than_a_trace_has_room_for_and_its_last_word_still_counts() {
        let mut masker = Masker::new();
        let long = "-s ".repeat(40_000) + "-X";
        assert!(masker.mask(long.as_bytes()).len() < ENOUGH + 4);
        assert_eq!(masker.mask(b"main.a=abc").as_ref(), b"main.a=***");
    }

    /// As cmd/go quotes the words of a flag that is a list.
    fn quoted(word: &str) -> String {
        let quote = if word.contains('\'') { '"' } else { '\'' };
        if word.contains([' ', '\t', '\n', '\'', '"']) { format!("{quote}{word}{quote}") } else { word.to_owned() }
    }

    proptest! {
        /// A value is made of `sesame`, and of what may stand beside it.
        #[test]
        fn no_part_of_a_value_is_left_however_it_is_quoted(
            words in prop::collection::vec((0..6_u8, "(sesame|[ '=-]|\t|x){1,6}|(sesame|[ \"=/:@]|x){1,6}"), 1..6),
            blank in "[ \t\n]{1,3}",
            quoting in 0..3_u8,
        ) {
            let setting = |(kind, value): &(u8, String)| match kind {
                0 => format!("-X{blank}{}", quoted(&format!("main.a={value}"))),
                1 => quoted(&format!("-X=main.a={value}")),
                2 => quoted(&format!("--signing-key={value}")),
                3 => format!("'-X'{blank}{}", quoted(&format!("main.a={value}"))),
                4 => format!("--token{blank}{}", quoted(&format!("s{value}"))),
                _ => String::from("-w"),
            };
            let line = words.iter().map(setting).collect::<Vec<_>>().join(&blank);
            let arguments = match quoting {
                0 => vec![format!("-ldflags={line}")],
                1 => vec![String::from("-ldflags"), line],
                _ => vec![String::from("-exec"), format!("wrap {line}")],
            };
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let written = masked(&arguments).concat();
            prop_assert!(!written.contains("sesame"), "{arguments:?} {written}");
        }

        #[test]
        fn what_holds_no_secret_stays_as_it_is(words in prop::collection::vec("[-/a-d.=,;:>'\" ]{0,9}", 0..6)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            prop_assume!(!words.concat().contains("://"));
            prop_assert_eq!(masked(&words), words);
        }
    }
}
