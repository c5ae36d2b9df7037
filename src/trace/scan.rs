//! Lines as this program writes them, taken apart fast.
//!
//! Knows the little of JSON that our writer uses: one object without blanks, whose values are strings, unsigned integers and
//! booleans, and lists and objects of these. Whatever else a line holds makes it foreign, and `serde_json` reads it: so
//! nothing is refused here, and what is accepted is what `serde_json` would have read. A trace of a million actions is a
//! gigabyte, nine tenths of which no report wants; stepping over it is most of the work of reading.

mod marks;
mod number;

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use marks::Marks;

/// A line as one of the wire types; `None` where it is foreign.
pub(super) fn from_str<'a, T: Deserialize<'a>>(line: &'a str) -> Option<T> {
    let mut scanner = Scanner { line, at: 0, marks: Marks::of(line) };
    let value = T::deserialize(&mut scanner).ok()?;
    (scanner.at == line.len()).then_some(value)
}

/// The strings of a list of nothing else, without escapes; `None` where it is foreign.
pub(super) fn strings(list: &str) -> Option<Vec<&str>> {
    let mut scanner = Scanner { line: list, at: 0, marks: Marks::of(list) };
    let mut strings = Vec::new();
    scanner.eat(b'[').ok()?;
    while scanner.next() != Some(b']') {
        if !strings.is_empty() {
            scanner.eat(b',').ok()?;
        }
        strings.push(scanner.string().ok()?);
    }
    (scanner.at + 1 == list.len()).then_some(strings)
}

/// Part of a line that is kept as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a>(pub(super) &'a str);

/// By this name our scanner knows that the text itself is wanted.
const RAW: &str = "gotrace::trace::Raw";

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW, RawVisitor).map(Raw)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = &'de str;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any value")
    }

    /// From our scanner.
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(text)
    }

    /// From `serde_json`.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        <&RawValue>::deserialize(deserializer).map(RawValue::get)
    }
}

/// The line is not as our writer writes them.
#[derive(Debug)]
struct Foreign;

impl fmt::Display for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a line that this program has not written")
    }
}

impl std::error::Error for Foreign {}

impl de::Error for Foreign {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Scanned<T> = Result<T, Foreign>;

struct Scanner<'a> {
    line: &'a str,
    at: usize,
    marks: Marks<'a>,
}

impl<'a> Scanner<'a> {
    fn next(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Scanned<()> {
        if self.next() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(Foreign)
    }

    fn eat_word(&mut self, word: &str) -> Scanned<()> {
        let rest = self.line.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(Foreign)
    }

    /// A string without escapes.
    #[inline]
    fn string(&mut self) -> Scanned<&'a str> {
        self.eat(b'"')?;
        let start = self.at;
        self.at = self.marks.next(start);
        let text = self.line.get(start..self.at);
        self.eat(b'"')?;
        text.ok_or(Foreign)
    }

    #[inline]
    fn skip_string(&mut self) -> Scanned<()> {
        self.eat(b'"')?;
        self.at = self.marks.next(self.at);
        if self.next() == Some(b'\\') {
            return self.skip_escaped();
        }
        self.eat(b'"')
    }

    /// The rest of a string, from its first escape on.
    #[cold]
    fn skip_escaped(&mut self) -> Scanned<()> {
        while self.next() == Some(b'\\') {
            self.at += 1;
            if !matches!(self.next(), Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) {
                return Err(Foreign);
            }
            self.at = self.marks.next(self.at + 1);
        }
        self.eat(b'"')
    }

    /// An unsigned integer as JSON has it: no zero before other digits.
    #[inline]
    fn number(&mut self) -> Scanned<u64> {
        let digits = self.line.as_bytes().get(self.at..).unwrap_or_default();
        let (number, length) = number::leading(digits).ok_or(Foreign)?;
        self.at += length;
        if length == 0 || length > 1 && digits.first() == Some(&b'0') { Err(Foreign) } else { Ok(number) }
    }

    fn boolean(&mut self) -> Scanned<bool> {
        let is_true = self.next() == Some(b't');
        self.eat_word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    fn skip_value(&mut self) -> Scanned<()> {
        match self.next() {
            Some(b'[') if self.skip_strings().is_some() => Ok(()),
            Some(b'[') => self.skip_members(b']', Self::skip_single),
            Some(b'{') => self.skip_members(b'}', |scanner| {
                scanner.skip_string()?;
                scanner.eat(b':')?;
                scanner.skip_single()
            }),
            _ => self.skip_single(),
        }
    }

    /// A list of strings without escapes, which is what most of a line is. Does nothing where it is another one.
    #[inline]
    fn skip_strings(&mut self) -> Option<()> {
        let bytes = self.line.as_bytes();
        let mut start = self.at + 2;
        bytes.get(self.at..start).filter(|begin| begin == b"[\"")?;
        loop {
            let end = self.marks.next(start);
            match bytes.get(end..)?.first_chunk()? {
                b"\",\"" => start = end + 3,
                [b'"', b']', _] => {
                    self.at = end + 2;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    #[inline]
    fn skip_members(&mut self, end: u8, skip: impl Fn(&mut Self) -> Scanned<()>) -> Scanned<()> {
        self.at += 1;
        if self.next() == Some(end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            skip(self)?;
            match self.next() {
                Some(b',') => self.at += 1,
                _ => return self.eat(end),
            }
        }
    }

    #[inline]
    fn skip_single(&mut self) -> Scanned<()> {
        match self.next() {
            Some(b'"') => self.skip_string(),
            Some(b't' | b'f') => self.boolean().map(drop),
            _ => self.number().map(drop),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Scanner<'de> {
    type Error = Foreign;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Scanned<V::Value> {
        Err(Foreign)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Scanned<V::Value> {
        self.eat(b'{')?;
        visitor.visit_map(Fields { scanner: self, is_first: true })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Scanned<V::Value> {
        if name != RAW {
            return Err(Foreign);
        }
        let start = self.at;
        self.skip_value()?;
        visitor.visit_borrowed_str(self.line.get(start..self.at).ok_or(Foreign)?)
    }

    /// Our writer leaves out what there is not, so what is there is something.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Scanned<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Scanned<V::Value> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Scanned<V::Value> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Scanned<V::Value> {
        visitor.visit_borrowed_str(self.string()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Scanned<V::Value> {
        self.skip_value()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        enum identifier
    }
}

struct Fields<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    is_first: bool,
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Foreign;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Scanned<Option<K::Value>> {
        if self.scanner.next() == Some(b'}') {
            self.scanner.at += 1;
            return Ok(None);
        }
        if !std::mem::take(&mut self.is_first) {
            self.scanner.eat(b',')?;
        }
        let key = self.scanner.string()?;
        self.scanner.eat(b':')?;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Scanned<V::Value> {
        seed.deserialize(&mut *self.scanner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Event, Line};
    use proptest::prelude::*;

    /// What was accepted, as words; none of a foreign line.
    fn scanned(line: &str) -> Option<String> {
        from_str::<Event>(line).map(|event| format!("{event:?}"))
    }

    #[test]
    fn what_this_program_writes_is_not_foreign() {
        let mut line = Line::new("end");
        line.number("v", 1);
        line.text("package", b"net/http");
        line.flag("probe");
        line.list("args", [b"-p".as_slice(), b"say \"\\\n\""]);
        line.list("needs", [b"b001".as_slice()]);
        line.numbers("phases", [(b"fe:parse".as_slice(), u64::MAX), (b"b", 0)]);
        line.number("end_ns", u64::MAX);
        let line = line.finish();
        let line = std::str::from_utf8(&line).expect("UTF-8").trim_end();
        let words = scanned(line).expect(line);
        for part in ["\"net/http\"", "probe: true", "b001", "\\\"b\\\":0", "end_ns: 18446744073709551615"] {
            assert!(words.contains(part), "{part} in {words}");
        }
    }

    #[test]
    fn what_it_does_not_write_is_left_to_the_real_reader() {
        for value in
            ["null", "-1", "1.5", "1e3", "01", "18446744073709551616", "[[1]]", "{\"a\":{}}", "\"\\u0041\"", " 1"]
        {
            let line = format!("{{\"type\":\"end\",\"later\":{value}}}");
            assert_eq!(scanned(&line), None, "{line}");
            assert!(value == "01" || serde_json::from_str::<Event>(&line).is_ok(), "{line}");
        }
    }

    proptest! {
        /// Lines that are nearly as ours are, in every way: some bytes of one are put in the place of some of another.
        #[test]
        fn what_is_accepted_is_what_serde_json_reads(
            package in "[a\"\\\\/\n\u{1}é]{0,9}", number: u64, cut in 0_usize..200, skip in 0_usize..8,
            insert in prop::sample::select(vec![
                "", "\"", "\\", ",", ":", "[", "]", "{", "}", "0", "-", ".", "e", "t", "true", "null", " ", "\"pid\":1,", "\u{1f}", "\\u00e9",
            ]),
        ) {
            let mut line = Line::new("end");
            line.number("v", 1);
            line.text("package", package.as_bytes());
            line.number("pid", number);
            line.flag("probe");
            line.numbers("phases", [(package.as_bytes(), number)]);
            line.list("needs", [b"b001".as_slice(), package.as_bytes()]);
            line.list("args", [package.as_bytes()]);
            line.number("start_ns", number);
            let mut line = line.finish();
            let cut = cut.min(line.len());
            let end = (cut + skip).min(line.len());
            line.splice(cut..end, insert.bytes());
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            if let Some(words) = scanned(line) {
                let read = serde_json::from_str::<Event>(line).map(|event| format!("{event:?}"));
                prop_assert_eq!(read.ok(), Some(words), "{}", line);
            }
        }
    }
}
