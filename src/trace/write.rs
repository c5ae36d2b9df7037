//! Writes one event as one JSON line into a buffer of the caller.
//!
//! Knows JSON's syntax and nothing of what the keys mean. The shim uses it, so there is no serde here, no panic, and
//! one allocation that grows. Text that is not UTF-8 (a file name may be anything) is written with U+FFFD in its place:
//! a line is always valid JSON.

/// A JSON object under construction: `{"key":value,…}` and, once finished, a line end.
#[derive(Debug, Default)]
pub struct Line {
    bytes: Vec<u8>,
}

impl Line {
    /// Starts the object of one event; `kind` is its `type`.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let mut line = Self { bytes: Vec::with_capacity(2048) };
        line.bytes.push(b'{');
        line.text("type", kind.as_bytes());
        line
    }

    /// The keys of another line, which was begun without a kind.
    pub fn keys_of(&mut self, other: &Self) {
        if !other.bytes.is_empty() {
            self.bytes.push(b',');
            self.bytes.extend_from_slice(&other.bytes);
        }
    }

    /// A string value.
    pub fn text(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.quoted(value);
    }

    /// A string value that is left out where there is none, so that a key that is present means something.
    pub fn text_if(&mut self, key: &str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// An unsigned number.
    pub fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        push_digits(&mut self.bytes, value);
    }

    /// An unsigned number that is left out where it is not known.
    pub fn number_if(&mut self, key: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.number(key, value);
        }
    }

    /// A key that is present, as `true`, only where something holds.
    pub fn flag(&mut self, key: &str) {
        self.key(key);
        self.bytes.extend_from_slice(b"true");
    }

    /// An array of strings; left out when empty.
    pub fn list<'a>(&mut self, key: &str, values: impl IntoIterator<Item = &'a [u8]>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        self.key(key);
        self.bytes.push(b'[');
        for (index, value) in values.enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            self.quoted(value);
        }
        self.bytes.push(b']');
    }

    /// An object of unsigned numbers by names that are the caller's affair, each once; left out when empty.
    pub fn numbers<'a>(&mut self, key: &str, values: impl IntoIterator<Item = (&'a [u8], u64)>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        self.key(key);
        self.bytes.push(b'{');
        for (index, (name, value)) in values.enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            self.quoted(name);
            self.bytes.push(b':');
            push_digits(&mut self.bytes, value);
        }
        self.bytes.push(b'}');
    }

    /// Closes the object: the bytes of one line, its line end included, ready for one `write`.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(b"}\n");
        self.bytes
    }

    fn key(&mut self, key: &str) {
        if self.bytes.len() > 1 {
            self.bytes.push(b',');
        }
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(key.as_bytes());
        self.bytes.extend_from_slice(b"\":");
    }

    fn quoted(&mut self, value: &[u8]) {
        self.bytes.push(b'"');
        // Nearly every text of a build is ASCII, which leaves nothing to decode.
        if value.is_ascii() {
            self.escaped(value);
        } else {
            for chunk in value.utf8_chunks() {
                self.escaped(chunk.valid().as_bytes());
                if !chunk.invalid().is_empty() {
                    self.bytes.extend_from_slice("\u{fffd}".as_bytes());
                }
            }
        }
        self.bytes.push(b'"');
    }

    fn escaped(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(at) = rest.iter().position(|byte| needs_escape(*byte)) {
            let (plain, special) = rest.split_at(at);
            self.bytes.extend_from_slice(plain);
            match special {
                [b'"', ..] => self.bytes.extend_from_slice(b"\\\""),
                [b'\\', ..] => self.bytes.extend_from_slice(b"\\\\"),
                [b'\n', ..] => self.bytes.extend_from_slice(b"\\n"),
                [b'\t', ..] => self.bytes.extend_from_slice(b"\\t"),
                [byte, ..] => self.control(*byte),
                [] => {}
            }
            rest = special.get(1..).unwrap_or_default();
        }
        self.bytes.extend_from_slice(rest);
    }

    fn control(&mut self, byte: u8) {
        let hex = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        self.bytes.extend_from_slice(b"\\u00");
        self.bytes.push(hex(byte >> 4));
        self.bytes.push(hex(byte & 0xf));
    }
}

/// Appends a number in decimal digits.
pub(crate) fn push_digits(text: &mut Vec<u8>, mut number: u64) {
    let start = text.len();
    loop {
        text.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = text.get_mut(start..) {
        digits.reverse();
    }
}

fn needs_escape(byte: u8) -> bool {
    matches!(byte, 0x00..=0x1f | b'"' | b'\\' | 0x7f)
}

#[cfg(test)]
mod tests {
    use super::Line;
    use proptest::prelude::*;

    fn parsed(line: Line) -> serde_json::Value {
        let bytes = line.finish();
        assert_eq!(bytes.iter().position(|byte| *byte == b'\n'), Some(bytes.len() - 1), "one event is one line");
        serde_json::from_slice(&bytes).expect("a written line is JSON")
    }

    #[test]
    fn absent_values_leave_no_key() {
        let mut line = Line::new("end");
        line.text_if("signal", None);
        line.number_if("exit_code", None);
        line.list("needs", []);
        line.numbers("phases", []);
        assert_eq!(line.finish(), b"{\"type\":\"end\"}\n");
    }

    proptest! {
        #[test]
        fn any_bytes_survive_an_independent_reader(text in proptest::collection::vec(any::<u8>(), 0..200), number: u64) {
            let mut line = Line::new("end");
            line.text("text", &text);
            line.number("number", number);
            line.list("list", [text.as_slice(), b"x"]);
            line.numbers("numbers", [(text.as_slice(), number)]);
            line.flag("probe");
            let value = parsed(line);
            let lossy = String::from_utf8_lossy(&text);
            prop_assert_eq!(value["text"].as_str(), Some(lossy.as_ref()));
            prop_assert_eq!(value["number"].as_u64(), Some(number));
            prop_assert_eq!(value["list"][0].as_str(), Some(lossy.as_ref()));
            prop_assert_eq!(value["numbers"][lossy.as_ref()].as_u64(), Some(number));
            prop_assert_eq!(value["probe"].as_bool(), Some(true));
        }
    }
}
