//! … and what it hashed: the inputs of each package's key in the build cache, as cmd/go writes them for `GODEBUG=gocachehash=1`.
//!
//! Knows the lines of cmd/go from 1.21 to 1.27, and which of its packages a key is of; does not know who asked. A line that is
//! torn or is none of these costs its package, and nothing else:
//!
//! ```text
//! HASH[build example.com/m/lib]
//! HASH[build example.com/m/lib]: "file lib.go ZELORxVWi7uNA5kOobfI\n"
//! HASH[build example.com/m/lib]: 1543819ff39cf823f8b7e46155
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::identity::Identity;
use crate::record::{fingerprint, masked};

/// What is behind this many inputs of a package is told as one.
const MOST_INPUTS: usize = 2000;

/// A text that is longer than this is told by its beginning and a fingerprint.
const LONGEST: usize = 300;

/// What a go command answered that was asked what it hashes.
pub(super) struct Answer<'a> {
    /// Packages and their build IDs, a line each: `p [p.test]`, a tab, `KEY/CONTENT`.
    pub(super) packages: &'a str,
    /// What it hashed, between whatever else it said.
    pub(super) hashes: &'a [u8],
    /// The keys of the command that is asked about; none where it did not tell.
    pub(super) keys: Option<&'a BTreeSet<String>>,
}

/// Tells the `key` events of a go command. Keys that are in `told` have been told with their inputs before, and are added.
///
/// # Errors
/// Not one package of it is in the answer.
pub(super) fn tell(
    answer: &Answer,
    told: &mut BTreeSet<String>,
    command: &Identity,
    tell: &mut dyn FnMut(&[u8]),
) -> Result<(), String> {
    let blocks = blocks(answer.hashes);
    let mut count = 0_usize;
    for (name, key) in packages(answer.packages) {
        // What was asked for afterwards is this command's where the key is: a key is a hash of its inputs.
        let is_its_own = answer.keys.is_none_or(|keys| keys.contains(key));
        let Some(inputs) = blocks.get(key).filter(|_| is_its_own) else { continue };
        let inputs = if told.insert(key.to_owned()) { Some(inputs) } else { None };
        tell(&event(command, name, key, inputs.map(Vec::as_slice)));
        count += 1;
    }
    if count == 0 { Err(String::from("what cmd/go hashed: it did not answer for any package")) } else { Ok(()) }
}

fn event(command: &Identity, name: &str, key: &str, inputs: Option<&[String]>) -> Vec<u8> {
    let (path, variant) = name.strip_suffix(']').and_then(|name| name.split_once(" [")).unzip();
    let mut line = command.line("key");
    line.text("package", path.unwrap_or(name).as_bytes());
    line.text_if("variant", variant.map(str::as_bytes));
    line.text("action_id", key.as_bytes());
    line.list("inputs", told(inputs.unwrap_or_default()).iter().map(String::as_bytes));
    line.finish()
}

/// Packages with their keys, as `go list` writes them; without those that were not built.
fn packages(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines.filter_map(|(name, id)| Some((name, id.split_once('/')?.0))).filter(|(_, key)| key.len() == KEY_LENGTH)
}

/// How many characters cmd/go shows of a key.
const KEY_LENGTH: usize = 20;

/// What was hashed for each key that is whole, in cmd/go's words and order.
fn blocks(text: &[u8]) -> HashMap<String, Vec<String>> {
    let mut blocks = HashMap::new();
    let mut open: HashMap<&str, Option<Vec<String>>> = HashMap::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Some((name, rest)) = std::str::from_utf8(line).ok().and_then(of_build) else { continue };
        match (rest, open.remove(name)) {
            ("", _) => _ = open.insert(name, Some(Vec::new())),
            (rest, Some(Some(mut inputs))) => match key(rest) {
                Some(key) => _ = blocks.insert(key, inputs),
                None => {
                    // A block with a hole in it would differ from others by the hole.
                    let input = unquoted(rest);
                    let is_whole = input.is_some();
                    inputs.extend(input);
                    open.insert(name, is_whole.then_some(inputs));
                }
            },
            _ => {}
        }
    }
    blocks
}

/// The package of a line about one, and what follows.
fn of_build(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("HASH[build ")?;
    line.split_once("]: ").or_else(|| Some((line.strip_suffix(']')?, "")))
}

/// What cmd/go shows of a hash: its first 15 bytes in base64url.
fn key(hex: &str) -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if hex.len() != 64 {
        return None;
    }
    let nibbles: Vec<u32> = hex.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let digits = nibbles.chunks_exact(3).take(KEY_LENGTH).map(|three| {
        let bits = three.iter().fold(0, |bits, nibble| bits << 4 | nibble);
        [bits >> 6, bits & 63].map(|digit| char::from(DIGITS[usize::try_from(digit).unwrap_or(0)]))
    });
    Some(digits.flatten().take(KEY_LENGTH).collect())
}

/// A text as Go's `%q` writes it.
fn unquoted(text: &str) -> Option<String> {
    let mut characters = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut bytes = Vec::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let escaped = match character {
            '"' => return None,
            '\\' => characters.next()?,
            plain => {
                bytes.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        };
        let digits = match escaped {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code: String = characters.by_ref().take(digits).collect();
            let code = u32::from_str_radix(&code, 16).ok().filter(|_| code.len() == digits)?;
            match u8::try_from(code).ok().filter(|_| digits == 2) {
                Some(byte) => bytes.push(byte),
                None => bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            continue;
        }
        bytes.push(match escaped {
            'n' => b'\n',
            't' => b'\t',
            'r' => b'\r',
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'v' => 0x0b,
            '\\' | '"' => u8::try_from(escaped).ok()?,
            _ => return None,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Inputs as they stand in a trace: a name, a tab, a value; masked and of a bounded size.
fn told(inputs: &[String]) -> Vec<String> {
    let is_of_go = inputs.iter().any(|input| input.starts_with("omitdebug ") && input.contains(" standard true "));
    let mut named: Vec<(String, String)> = Vec::new();
    let mut of_go: BTreeMap<&'static str, String> = BTreeMap::new();
    for input in inputs {
        let input = input.trim_end_matches('\n');
        match (is_of_go, input.split_once(' ')) {
            // Go's own sources go with its version: that they are others is all that can be of interest.
            (true, Some(("file", file))) => of_go.entry("files").or_default().push_str(file),
            (true, Some(("import", import))) if !import.starts_with('"') => {
                of_go.entry("imports").or_default().push_str(import);
            }
            _ => add_named(input, &mut named),
        }
    }
    named.extend(of_go.into_iter().map(|(name, all)| (name.to_owned(), fingerprint(all.as_bytes()))));
    let mut told: Vec<String> = named.iter().map(|(name, value)| line(name, value)).collect();
    if told.len() > MOST_INPUTS {
        let rest = told.split_off(MOST_INPUTS).concat();
        told.push(line("more", &fingerprint(rest.as_bytes())));
    }
    // A test imports what the package that it is in imports as well.
    let mut seen = BTreeSet::new();
    told.retain(|input| seen.insert(input.clone()));
    told
}

fn line(name: &str, value: &str) -> String {
    let value = match value.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}… {}", value.get(..at).unwrap_or_default(), fingerprint(value.as_bytes())),
        None => value.to_owned(),
    };
    format!("{}\t{}", name.replace(['\t', '\n'], " "), value.replace('\n', " "))
}

/// What one input is called and what it is, in cmd/go's words as far as they can be told apart.
fn add_named(input: &str, named: &mut Vec<(String, String)>) {
    let mut add = |name: &str, value: &str| named.push((name.to_owned(), value.to_owned()));
    let (first, rest) = input.split_once(' ').unwrap_or((input, ""));
    match first {
        // The same of every package, and its name.
        "compile" if rest.is_empty() => {}
        "import" if rest.starts_with('"') => {}
        "compile" | "asm" => {
            let (tool, flags) = rest.split_once(" [").unwrap_or((rest, ""));
            add(&format!("{first} tool"), tool.trim_matches('"'));
            add(if first == "asm" { "asmflags" } else { "gcflags" }, &masked_text(&format!("[{flags}")));
        }
        "file" | "import" => {
            let (object, hash) = rest.rsplit_once(' ').unwrap_or((rest, ""));
            add(&format!("{first} {object}"), hash.get(..8).unwrap_or(hash));
        }
        "pgofile" => add(first, rest.get(..8).unwrap_or(rest)),
        "goos" => add("platform", &rest.replace(" goarch ", "/")),
        "modinfo" => unquoted(rest).unwrap_or_default().lines().for_each(|line| add_info(line, named)),
        "omitdebug" => add("form", input),
        "magic" => {
            let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
            add(name, &masked_text(value));
        }
        _ if first.starts_with("go1.") || first == "devel" => add("version", input),
        _ => match input.split_once('=').filter(|(name, _)| is_setting(name)) {
            Some((name, _)) => {
                let masked = masked_text(input);
                add(name, masked.split_once('=').map_or("***", |(_, value)| value));
            }
            None => add(first, &masked_text(rest)),
        },
    }
}

/// `build\t-tags=x`, `dep\texample.com/m\tv1.2.3\th1:…`.
fn add_info(line: &str, named: &mut Vec<(String, String)>) {
    let masked = masked_text(line);
    let (kind, rest) = masked.split_once('\t').unwrap_or((&masked, ""));
    if kind.is_empty() {
        return;
    }
    let (name, value) = match kind {
        "build" => rest.split_once('=').unwrap_or((rest, "")),
        "dep" => rest.split_once('\t').unwrap_or((rest, "")),
        _ => ("", rest),
    };
    let name = ["modinfo", kind, name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    named.push((name, value.replace('\t', " ").trim_end().to_owned()));
}

/// `GOAMD64`, `CC`, `CC ID`.
fn is_setting(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b' '))
}

fn masked_text(text: &str) -> String {
    String::from_utf8_lossy(&masked(text.as_bytes())).into_owned()
}
