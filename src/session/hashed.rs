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
            (rest, Some(Some(mut inputs))) => {
                if let Some(key) = key(rest) {
                    blocks.insert(key, inputs);
                    continue;
                }
                // A block with a hole in it would differ from others by the hole.
                let input = unquoted(rest);
                let is_whole = input.is_some();
                inputs.extend(input);
                open.insert(name, is_whole.then_some(inputs));
            }
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

/// The same without what looks like a secret.
pub(crate) fn masked_text(text: &str) -> String {
    String::from_utf8_lossy(&masked(text.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "FUOBn_OcIPgP-fGTCbdr";
    const SUM: &str = "1543819ff39c20f80ff9f19309b76b0000000000000000000000000000000000";
    const OTHER_SUM: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn block(package: &str, inputs: &[&str], sum: &str) -> Vec<String> {
        let input = |input: &&str| format!("HASH[build {package}]: {input:?}\n");
        let inputs = inputs.iter().map(input);
        let begin = [format!("HASH[build {package}]\n")].into_iter();
        begin.chain(inputs).chain([format!("HASH[build {package}]: {sum}\n")]).collect()
    }

    /// The events of an answer about `m/lib`, as JSON, and what is said where there are none.
    fn told_of(hashes: &[u8], keys: Option<&[&str]>) -> Result<Vec<serde_json::Value>, String> {
        let packages = format!("m/gone\t\nm/lib [m/lib.test]\t{KEY}/CONTENT\nno line\n");
        let keys = keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
        let answer = Answer { packages: &packages, hashes, keys: keys.as_ref() };
        let go = Identity { pid: 1, start_ticks: None, epoch_ns: 0, start_ns: 0 };
        let mut events = Vec::new();
        tell(&answer, &mut BTreeSet::new(), &go, &mut |event| {
            events.push(serde_json::from_slice(event).expect("JSON"));
        })?;
        Ok(events)
    }

    fn inputs(hashes: &[u8]) -> Vec<String> {
        let events = told_of(hashes, None).expect("an answer");
        let [event] = &events[..] else { panic!("{events:?}") };
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        event["inputs"].as_array().expect("inputs").iter().map(text).collect()
    }

    #[test]
    fn a_package_is_told_with_its_key_and_what_went_into_it() {
        let text =
            block("m/lib", &["go1.27.3", "compile\n", "import \"m/lib\"\n", "file a b.go ZELORxVWi7uNA5kOobfI\n"], SUM);
        let events = told_of(text.concat().as_bytes(), Some(&[KEY])).expect("an answer");
        let [event] = &events[..] else { panic!("{events:?}") };
        assert_eq!(
            (&event["type"], &event["package"], &event["variant"]),
            (&"key".into(), &"m/lib".into(), &"m/lib.test".into())
        );
        assert_eq!(event["action_id"], KEY);
        assert_eq!(event["inputs"], serde_json::json!(["version\tgo1.27.3", "file a b.go\tZELORxVW"]));
    }

    #[test]
    fn what_the_command_had_not_hashed_is_not_told_as_its_own() {
        let text = block("m/lib", &["go1.27.3"], SUM).concat();
        assert_eq!(told_of(text.as_bytes(), Some(&[KEY])).map(|events| events.len()), Ok(1));
        for keys in [&[][..], &["AAAAAAAAAAAAAAAAAAAA"]] {
            assert!(told_of(text.as_bytes(), Some(keys)).is_err_and(|what| what.starts_with("what cmd/go hashed: ")));
        }
        assert!(told_of(b"", None).is_err());
    }

    #[test]
    fn inputs_are_told_once_for_each_key() {
        let text = block("m/lib", &["go1.27.3"], SUM).concat();
        let packages = format!("m/lib\t{KEY}/C\nm/lib [p]\t{KEY}/C\n");
        let answer = Answer { packages: &packages, hashes: text.as_bytes(), keys: None };
        let go = Identity { pid: 1, start_ticks: None, epoch_ns: 0, start_ns: 0 };
        let (mut told, mut with) = (BTreeSet::new(), Vec::new());
        for _ in 0..2 {
            tell(&answer, &mut told, &go, &mut |event| with.push(event.windows(8).any(|part| part == b"\"inputs\"")))
                .expect("an answer");
        }
        assert_eq!(with, [true, false, false, false]);
    }

    #[test]
    fn blocks_of_several_packages_and_any_other_words_may_lie_between_each_other() {
        let (one, other) = (block("m/lib", &["go1.27.3", "go 1.21\n"], SUM), block("m/x", &["a\n", "b\n"], OTHER_SUM));
        let noise =
            ["# m/x\n", "HASH /a/b.go: 00\n", "HASH[link m/lib]: \"x\"\n", "HASH[build m/lib\n", "\n", "\u{0}\u{1}\n"];
        let mixed: String =
            one.iter().zip(&other).zip(noise).map(|((one, other), noise)| format!("{one}{noise}{other}")).collect();
        assert_eq!(inputs(mixed.as_bytes()), ["version\tgo1.27.3", "go\t1.21"]);
    }

    #[test]
    fn a_block_with_a_hole_in_it_is_no_block() {
        let whole = block("m/lib", &["go1.27.3", "go 1.21\n"], SUM);
        let torn = |from: &str, to: &str| whole.concat().replace(from, to);
        for text in [
            torn("\"go 1.21\\n\"", "\"go 1.2"),
            torn("\"go 1.21\\n\"", "\"go \\q\""),
            torn("HASH[build m/lib]\n", ""),
            torn(SUM, "1543"),
            torn(SUM, &SUM.replace('1', "x")),
            whole[..3].concat(),
        ] {
            assert!(told_of(text.as_bytes(), None).is_err(), "{text}");
        }
        assert_eq!(inputs(whole.concat().trim_end().as_bytes()).len(), 2, "no line end at the end");
        let twice = [whole[..2].concat(), whole.concat()].concat();
        assert_eq!(inputs(twice.as_bytes()).len(), 2, "begun anew");
    }

    #[test]
    fn huge_inputs_are_told_by_their_beginning_and_a_fingerprint() {
        let with = |end: &str| {
            inputs(block("m/lib", &[&format!("fuzz {}{end}", "x".repeat(1 << 20))], SUM).concat().as_bytes())
        };
        let (one, other) = (with("a"), with("b"));
        assert!(one[0].len() < 400 && one != other, "{one:?}");
        let many: Vec<String> = (0..100_000).map(|file| format!("file {file}.go AAAAAAAAAA\n")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let told = inputs(block("m/lib", &many, SUM).concat().as_bytes());
        assert_eq!(told.len(), MOST_INPUTS + 1);
        assert!(told.last().is_some_and(|last| last.starts_with("more\t")), "{:?}", told.last());
    }

    #[test]
    fn inputs_have_the_names_that_people_know() {
        #[track_caller]
        fn check(input: &str, expected: &[&str]) {
            assert_eq!(told(&[input.to_owned()]), expected, "{input}");
        }
        check("goos linux goarch amd64\n", &["platform\tlinux/amd64"]);
        check("GOAMD64=v3\n", &["GOAMD64\tv3"]);
        check("GOEXPERIMENT=\"x\"\n", &["GOEXPERIMENT\t\"x\""]);
        check("magic GOCOMPILEDEBUG=a=b\n", &["GOCOMPILEDEBUG\ta=b"]);
        check(
            "compile compile version go1.27.3 [\"-N\"] []\n",
            &["compile tool\tcompile version go1.27.3", "gcflags\t[\"-N\"] []"],
        );
        check("asm \"asm version go1.27.3\" [] []\n", &["asm tool\tasm version go1.27.3", "asmflags\t[] []"]);
        check("CC ID=\"gcc 12\"\n", &["CC ID\t\"gcc 12\""]);
        check("trimpath\n", &["trimpath\t"]);
        check("import fmt CkJkrBMZ8mkV5N7S7YFN\n", &["import fmt\tCkJkrBMZ"]);
        check("pgofile qCinIDyp5-QNKneHJicD\n", &["pgofile\tqCinIDyp"]);
        check("dir /a b/c\n", &["dir\t/a b/c"]);
        check("something new = of a later Go\n", &["something\tnew = of a later Go"]);
        check(
            "modinfo \"path\\tm\\ndep\\tx/y\\tv1.0.0\\th1:s=\\nbuild\\t-tags=a\\n\"\n",
            &["modinfo path\tm", "modinfo dep x/y\tv1.0.0 h1:s=", "modinfo build -tags\ta"],
        );
    }

    #[test]
    fn secrets_are_masked() {
        for input in [
            "modinfo \"build\\t-ldflags=\\\"-X main.password=hunter2\\\"\\nbuild\\tCGO_CFLAGS=-DTOKEN=hunter2\\n\"\n",
            "CC=[\"gcc\"] [] [\"-g\" \"-DTOKEN=hunter2\"] []\n",
            "compile compile version go1.27.3 [] [\"-d=token=hunter2\"]\n",
            "magic GOCOMPILEDEBUG=token=hunter2\n",
        ] {
            let told = told(&[input.to_owned()]).join("\n");
            assert!(!told.contains("hunter2") && told.contains("***"), "{told}");
        }
    }

    #[test]
    fn sources_of_go_itself_are_told_as_one() {
        let of_go = |file: &str| {
            let lines = ["omitdebug false standard true local false prefix \"\"\n", "file a.go AAAAAAAAAA\n", file];
            told(&lines.map(str::to_owned)).split_off(1)
        };
        let [one, other] = ["file b.go BBBBBBBBBB\n", "file b.go CCCCCCCCCC\n"].map(of_go);
        assert!(one.len() == 1 && one[0].starts_with("files\t") && one != other, "{one:?} {other:?}");
    }

    proptest! {
        #[test]
        fn nothing_that_stands_there_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..200_usize) {
            let text = block("m/lib", &["go1.27.3", "go 1.21\n"], SUM).concat();
            let at = cut.min(text.len());
            let torn = [&text.as_bytes()[..at], &bytes, &text.as_bytes()[at..]].concat();
            if let Ok(events) = told_of(&torn, None) {
                prop_assert_eq!(events.len(), 1);
            }
        }

        #[test]
        fn what_is_quoted_is_what_it_was(text in "[ -~\n\t\r\\\\\"é→]{0,40}") {
            prop_assert_eq!(unquoted(&format!("{text:?}")), Some(text));
        }
    }
}
