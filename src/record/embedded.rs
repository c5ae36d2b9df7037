//! The files that a compile embeds, read from its `-embedcfg`.
//!
//! Knows the lines of that file as cmd/go writes them, indented, a file a line; a name that needs an escape in JSON is rare
//! enough to go without.

use super::bytes;
use super::files::Reader;
use super::tool::Tool;

/// What a compile embeds.
#[derive(Debug, Default)]
pub(crate) struct Embedded {
    text: Vec<u8>,
}

impl Embedded {
    pub(crate) fn of(tool: &Tool, reader: &mut Reader) -> Self {
        let text = tool.option(b"-embedcfg").and_then(|path| reader.whole(path));
        Self { text: text.unwrap_or_default() }
    }

    /// Names and where they are. Patterns have lists behind them, so only files are lines of two strings.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        const BETWEEN: &[u8] = b"\": \"";
        self.text.split(|byte| *byte == b'\n').filter_map(|line| {
            let line = line.trim_ascii();
            let inner = line.strip_suffix(b",").unwrap_or(line).strip_prefix(b"\"")?.strip_suffix(b"\"")?;
            let at = bytes::find(inner, BETWEEN)?;
            let (name, path) = (inner.get(..at)?, inner.get(at.checked_add(BETWEEN.len())?..)?);
            (!inner.contains(&b'\\')).then_some((name, path))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Embedded;

    #[test]
    fn files_are_told_from_patterns() {
        let text = b"{\n\t\"Patterns\": {\n\t\t\"web/*\": [\n\t\t\t\"web/a.txt\",\n\t\t\t\"web/b \\u0026.txt\"\n\t\t]\n\t},\n\
            \t\"Files\": {\n\t\t\"web/a.txt\": \"/m/web/a.txt\",\n\t\t\"web/b \\u0026.txt\": \"/m/web/b \\u0026.txt\"\n\t}\n}\n";
        let embedded = Embedded { text: text.to_vec() };
        let found: Vec<_> = embedded.iter().collect();
        assert_eq!(found, [(&b"web/a.txt"[..], &b"/m/web/a.txt"[..])]);
    }
}
