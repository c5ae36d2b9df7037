//! A trace without names: what may be shown to strangers.
//!
//! Knows lines as JSON, and which words are nobody's own: those of Go, of its tools and its standard library (words.txt). Every
//! other word of every text is replaced by a hash of it, whatever the key; a key that this version does not know is no
//! exception. The same word gives the same hash, so that packages, edges, keys of the build cache and contents stay what they
//! are to each other. Numbers stay: times, sizes and pids.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use siphasher::sip128::{Hasher128, SipHasher24};

/// Makes hashes of words. Without its key nobody can try out which word a hash is of.
#[derive(Debug, Clone, Copy)]
pub struct Redaction {
    key: (u64, u64),
}

impl Redaction {
    /// With a key that nobody knows.
    #[must_use]
    pub fn at_random() -> Self {
        let random = RandomState::new();
        Self { key: (random.hash_one(1), random.hash_one(2)) }
    }

    /// With a key made of this text: redacted with the same one, traces can be compared.
    #[must_use]
    pub fn with_salt(salt: &str) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(salt.as_bytes());
        Self { key: hasher.finish128().as_u64() }
    }

    /// A line of a trace without names. `None` where it is no event, or not a flat one: nothing is known of it, so nothing of
    /// it is kept.
    #[must_use]
    pub fn line(&self, line: &str) -> Option<String> {
        let Members(members) = serde_json::from_str(line).ok()?;
        members.iter().find(|(key, value)| key == "type" && value.get().starts_with('"'))?;
        let is_of_go =
            members.iter().any(|(key, value)| key == "module" && matches!(value.get(), "\"std\"" | "\"cmd\""));
        let mut words = Words { redaction: self, known: HashMap::new() };
        let mut redacted = String::from("{");
        for (index, (key, value)) in members.iter().enumerate() {
            redacted.push_str(if index > 0 { "," } else { "" });
            redacted.push_str(&json(key));
            redacted.push(':');
            let is_public = match key.as_str() {
                "package" | "files" => is_of_go,
                "phases" => true, // numbers by the tool's own names
                _ => false,
            };
            redacted.push_str(&match key.as_str() {
                _ if is_public => Cow::Borrowed(value.get()),
                key if key.ends_with("_hashes") || key.ends_with("_hash") => Cow::Owned(self.contents(value)?),
                _ => words.value(value)?,
            });
        }
        redacted.push('}');
        Some(redacted)
    }

    fn hash(&self, word: &str) -> String {
        // Among a hundred thousand words two with one hash are one in two hundred thousand.
        [HASHED].into_iter().chain(self.letters(word).take(10)).collect()
    }

    /// What files held, eight characters each: whoever has a file could see that it is there, so each becomes another eight.
    fn contents(&self, value: &RawValue) -> Option<String> {
        let text: Vec<char> = serde_json::from_str::<String>(value.get()).ok()?.chars().collect();
        let hashes = text.chunks(8).map(|hash| {
            let hash: String = hash.iter().collect();
            if hash == NOT_READ { hash } else { self.letters(&hash).take(8).collect() }
        });
        Some(json(&hashes.collect::<String>()))
    }

    /// Letters of five bits.
    fn letters(&self, word: &str) -> impl Iterator<Item = char> {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut hasher = SipHasher24::new_with_keys(self.key.0, self.key.1);
        hasher.write(word.as_bytes());
        let hash = hasher.finish();
        (0..12).map(move |at| char::from(LETTERS[usize::try_from(hash >> (at * 5) & 31).unwrap_or(0)]))
    }
}

/// What stands for the hash of a file that could not be read.
const NOT_READ: &str = "........";

/// With this letter every hash begins, so that none is a number.
const HASHED: char = 'x';

/// Words of Go itself: of import paths of the standard library and the toolchain, of flags, events, systems and paths.
static PUBLIC: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("redact/words.txt").split_ascii_whitespace().collect());

/// Whether a word is nobody's own: Go's, a number, a version, or a directory in `$WORK`.
fn is_public(word: &str) -> bool {
    let is_short_number = |text: &str| text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let rest = ["go", "v", "b"].iter().find_map(|prefix| word.strip_prefix(prefix)).filter(|rest| !rest.is_empty());
    PUBLIC.contains(word) || is_short_number(word) || rest.is_some_and(is_short_number)
}

/// The words of one line.
struct Words<'a> {
    redaction: &'a Redaction,
    known: HashMap<String, String>,
}

impl Words<'_> {
    fn value<'v>(&mut self, value: &'v RawValue) -> Option<Cow<'v, str>> {
        match value.get().as_bytes().first()? {
            b'[' => {
                let list: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
                let members: Vec<String> = list.into_iter().map(|member| self.single(member)).collect::<Option<_>>()?;
                Some(Cow::Owned(format!("[{}]", members.join(","))))
            }
            b'{' => {
                let Members(members) = serde_json::from_str(value.get()).ok()?;
                let single = |(key, value): (String, &RawValue)| {
                    Some(format!("{}:{}", json(&self.text(&key)), self.single(value)?))
                };
                let members: Vec<String> = members.into_iter().map(single).collect::<Option<_>>()?;
                Some(Cow::Owned(format!("{{{}}}", members.join(","))))
            }
            b'"' => self.single(value).map(Cow::Owned),
            _ => Some(Cow::Borrowed(value.get())),
        }
    }

    fn single(&mut self, value: &RawValue) -> Option<String> {
        match value.get().as_bytes().first()? {
            b'[' | b'{' => None,
            b'"' => {
                let text: String = serde_json::from_str(value.get()).ok()?;
                Some(json(&self.text(&text)))
            }
            _ => Some(value.get().to_owned()),
        }
    }

    /// What stands between words tells nothing, and is what makes a path a path.
    fn text(&mut self, text: &str) -> String {
        let mut redacted = String::new();
        let mut rest = text;
        while let Some(begin) = rest.find(char::is_alphanumeric) {
            let (between, words) = rest.split_at(begin);
            let (word, behind) =
                words.split_at(words.find(|next: char| !next.is_alphanumeric()).unwrap_or(words.len()));
            redacted.push_str(between);
            redacted.push_str(&self.word(word));
            rest = behind;
        }
        redacted + rest
    }

    fn word<'w>(&mut self, word: &'w str) -> Cow<'w, str> {
        if is_public(word) {
            return Cow::Borrowed(word);
        }
        if let Some(hash) = self.known.get(word) {
            return Cow::Owned(hash.clone());
        }
        let hash = self.redaction.hash(word);
        self.known.insert(word.to_owned(), hash.clone());
        Cow::Owned(hash)
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The members of an object in their order, as they stand.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redacted(line: &str) -> String {
        Redaction::with_salt("salt").line(line).expect("an event")
    }

    fn words(text: &str) -> impl Iterator<Item = &str> {
        text.split(|each: char| !each.is_alphanumeric()).filter(|word| !word.is_empty())
    }

    #[test]
    fn names_become_hashes_and_what_is_of_go_or_a_number_stays() {
        let line = redacted(
            r#"{"type":"end","v":1,"tool":"compile","package":"acme.io/rocket/internal/fuel_test","pid":7,"args":["-o","$WORK/b012/_pkg_.a","-p","acme.io/rocket","-c=4"],"phases":{"fe:parse":5}}"#,
        );
        assert!(line.contains(r#""tool":"compile""#), "{line}");
        assert!(line.contains("/internal/x") && line.contains("_test\""), "{line}");
        assert!(line.contains(r#""-o","$WORK/b012/_pkg_.a","-p","x"#) && line.contains(r#""-c=4""#), "{line}");
        assert!(line.contains(r#""phases":{"fe:parse":5}"#) && line.contains(r#""pid":7"#), "{line}");
        assert!(!line.contains("acme") && !line.contains("rocket") && !line.contains("fuel"), "{line}");
    }

    #[test]
    fn files_of_the_standard_library_stay_and_those_of_others_do_not() {
        let line = |module: &str| {
            format!(r#"{{"type":"end","package":"net/http","module":"{module}","files":["h2_bundle.go"]}}"#)
        };
        assert_eq!(redacted(&line("std")), line("std"));
        assert!(!redacted(&line("acme.io")).contains("bundle"));
    }

    #[test]
    fn what_files_held_stays_eight_characters_a_file_and_the_same_where_it_was_the_same() {
        let held = |hashes: &str| {
            let line = redacted(&format!(r#"{{"type":"end","file_hashes":"{hashes}"}}"#));
            line.split('"').nth(7).expect("a text").to_owned()
        };
        let (both, one) = (held("AAAAAAAA-_BBBBBB........"), held("-_BBBBBB"));
        assert_eq!((both.len(), one.len()), (24, 8));
        assert_eq!(both.get(8..16), Some(one.as_str()));
        assert!(both.ends_with("........") && !both.contains("AAAA") && !both.contains("BBBB"), "{both}");
    }

    #[test]
    fn one_word_has_one_hash_for_each_salt() {
        let hash = |salt: &str| Redaction::with_salt(salt).hash("rocket");
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
        assert_ne!(Redaction::at_random().hash("rocket"), Redaction::at_random().hash("rocket"));
    }

    #[test]
    fn nothing_is_kept_of_what_is_no_event() {
        let deep = format!(r#"{{"type":"end","a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        for line in [
            "",
            "secret",
            "[\"end\"]",
            "{}",
            r#"{"name":"x"}"#,
            r#"{"type":7}"#,
            r#"{"type":"end","a":[["b"]]}"#,
            &deep,
        ] {
            assert_eq!(Redaction::at_random().line(line), None, "{}", line.get(..60).unwrap_or(line));
        }
    }

    proptest! {
        #[test]
        fn no_word_that_is_not_public_gets_through_and_the_same_ones_stay_the_same(
            texts in prop::collection::vec("([a-zA-Z]{3,9}[/._ =:@\"\\\\-]{0,2}|é{1,3}|[0-9]{1,8}){0,6}", 1..6), key in "[a-z_]{1,9}",
        ) {
            let line = serde_json::json!({ "type": "end", "needs": texts, key: texts[0] }).to_string();
            let redacted = redacted(&line);
            let value: serde_json::Value = serde_json::from_str(&redacted).expect("JSON");
            let mut hashes = HashMap::new();
            for (before, after) in texts.iter().zip(value["needs"].as_array().expect("a list")) {
                let after = after.as_str().expect("a text");
                prop_assert_eq!(words(before).count(), words(after).count());
                for (before, after) in words(before).zip(words(after)) {
                    prop_assert!(after == before && is_public(before) || after.starts_with(HASHED) && after.len() == 11, "{} {}", before, after);
                    prop_assert_eq!(*hashes.entry(before).or_insert(after), after);
                }
            }
            let distinct: HashSet<_> = hashes.values().collect();
            prop_assert_eq!(distinct.len(), hashes.len());
        }
    }
}
