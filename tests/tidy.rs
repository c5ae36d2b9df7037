//! The house rules that a compiler does not hold: who imports whom, what a file begins with, and that the documents speak
//! of the code as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each floor, and the floors that it may import. `record` has a finer rule of its own below.
const FLOORS: [(&str, &[&str]); 12] = [
    ("units", &[]),
    ("pprof", &[]),
    ("tool_kind", &[]),
    ("trace", &[]),
    ("record", &["trace"]),
    ("session", &["units", "pprof", "trace", "record"]),
    ("build", &["units", "tool_kind", "trace"]),
    ("analyze", &["units", "tool_kind", "pprof", "build"]),
    ("doctor", &["units", "session", "analyze"]),
    ("render", &["units", "tool_kind", "analyze", "doctor"]),
    ("cli", &["units", "tool_kind", "pprof", "trace", "session", "build", "analyze", "doctor", "render"]),
    ("main", &["record", "session", "cli"]),
];

/// Crates that belong to one floor or file.
const CRATES: [(&str, &[&str]); 15] = [
    ("clap", &["src/cli/args.rs", "src/cli/start.rs", "src/cli/manual.rs"]),
    ("inferno", &["src/render/flame.rs", "src/render/flame/difference.rs"]),
    (
        "serde_json",
        &[
            "src/trace/event.rs",
            "src/trace/scan.rs",
            "src/trace/told.rs",
            "src/session/",
            "src/doctor/world",
            "src/doctor/toolchain/switch.rs",
            "src/doctor/modules/files.rs",
            "src/doctor/cgo/packages.rs",
            "src/render/diff/json.rs",
            "src/render/doctor.rs",
            "src/render/json.rs",
            "src/render/page/data.rs",
            "src/render/profile.rs",
            "src/render/whatif.rs",
            "src/render/history.rs",
            "src/render/why.rs",
            "src/trace/note.rs",
            "src/trace/redact.rs",
        ],
    ),
    ("serde", &["src/trace/", "src/session/"]),
    ("wide", &["src/trace/scan/"]),
    ("siphasher", &["src/trace/redact.rs"]),
    ("chrono", &["src/render/text.rs", "src/session/graph.rs"]),
    ("libc", &["src/main.rs", "src/record/", "src/session/machine.rs", "src/doctor/ask/groups.rs"]),
    ("flate2", &["src/trace/feed.rs", "src/pprof.rs"]),
    ("prost", &["src/pprof.rs"]),
    ("anstream", &["src/cli/output.rs"]),
    ("twox_hash", &["src/record/fingerprint.rs"]),
    ("rustix", &["src/doctor/"]),
    ("saphyr_parser", &["src/doctor/pipeline/yaml.rs"]),
    ("parking_lot", &["src/trace/feed.rs", "src/build/assemble", "src/doctor/examine.rs", "src/session/samples.rs"]),
];

#[test]
fn data_flows_one_way() {
    for (path, code) in sources() {
        let floor = floor_of(&path);
        let (_, allowed) = FLOORS.iter().find(|(name, _)| *name == floor).unwrap_or_else(|| panic!("{path}: no floor"));
        for imported in imported_floors(&code) {
            let fine = imported == floor || allowed.contains(&imported.as_str());
            assert!(fine, "{path} imports {imported}, which {floor} must not know");
        }
    }
}

#[test]
fn files_of_a_folder_import_one_another_in_no_circle() {
    let neighbours: BTreeMap<String, BTreeSet<String>> = sources()
        .map(|(path, code)| (path.trim_end_matches(".rs").to_owned(), imported_neighbours(&path, &code)))
        .collect();
    for file in neighbours.keys() {
        let (mut known, mut ahead) = (BTreeSet::new(), vec![file]);
        while let Some(next) = ahead.pop() {
            for import in neighbours.get(next).into_iter().flatten() {
                assert!(import != file, "{file} imports {next}, which imports it");
                if known.insert(import) {
                    ahead.push(import);
                }
            }
        }
    }
}

#[test]
fn each_stranger_is_known_in_one_place() {
    for (path, code) in sources() {
        for (name, places) in CRATES {
            let knows = code.lines().any(|line| !line.trim_start().starts_with("//") && names_crate(line, name));
            let may = places.iter().any(|place| path.starts_with(place));
            assert!(may || !knows, "{path} knows {name}, which belongs to {places:?}");
        }
    }
}

#[test]
fn the_shim_knows_no_crate_but_std_libc_and_a_hash() {
    for (path, code) in sources().filter(|(path, _)| path.starts_with("src/record/") || path == "src/trace/write.rs") {
        for line in code.lines().filter(|line| line.trim_start().starts_with("use ")) {
            let root = line.trim_start().trim_start_matches("use ").split([':', ';']).next().unwrap_or_default();
            assert!(["std", "crate", "super", "libc", "self", "twox_hash"].contains(&root), "{path}: {line}");
        }
    }
}

#[test]
fn every_file_opens_with_what_it_knows() {
    for (path, code) in sources() {
        assert!(code.starts_with("//! "), "{path} does not open with a `//!` sentence");
    }
}

#[test]
fn mod_files_hold_no_logic() {
    for (path, code) in sources().filter(|(path, _)| path.ends_with("/mod.rs")) {
        assert!(!code.contains("fn "), "{path} has a function: give it a room of its own");
    }
}

#[test]
fn the_code_map_names_every_file_and_no_other() {
    let text = read("ARCHITECTURE.md");
    let mapped: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|word| word.starts_with("src/"))
        .map(str::to_owned)
        .collect();
    let real: BTreeSet<String> = sources().map(|(path, _)| path).collect();
    let missing: Vec<_> = real.difference(&mapped).collect();
    let gone: Vec<_> = mapped.difference(&real).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not on the map: {missing:?}; on the map but gone: {gone:?}");
}

#[test]
fn the_format_is_documented_key_by_key() {
    let documented: BTreeSet<String> = read("docs/format.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .flat_map(|row| {
            row.split('|')
                .next()
                .unwrap_or_default()
                .split(',')
                .map(|key| key.trim().trim_matches('`').to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let writes = |path: &str| {
        path.starts_with("src/session/") || ["src/record/describe.rs", "src/record/shim.rs"].contains(&path)
    };
    let written: BTreeSet<String> =
        sources().filter(|(path, _)| writes(path)).flat_map(|(_, code)| keys_written(&code)).collect();
    let undocumented: Vec<_> = written.difference(&documented).collect();
    let unwritten: Vec<_> = documented.iter().filter(|key| *key != "type" && !written.contains(*key)).collect();
    assert!(undocumented.is_empty(), "docs/format.md lacks {undocumented:?}");
    assert!(unwritten.is_empty(), "docs/format.md has {unwritten:?}, which nobody writes");
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let tables = manifest.split("\n[").filter(|table| table.contains("dependencies]"));
    let lines = tables.flat_map(|table| table.lines().skip(1)).filter(|line| line.contains(" = "));
    for line in lines {
        assert!(line.contains(" # "), "no reason: {line}");
    }
}

#[test]
fn nothing_unfinished_is_left_behind() {
    for (path, code) in sources() {
        for word in ["TODO", "FIXME", "XXX", "unimplemented!", "placeholder"] {
            assert!(!code.contains(word), "{path} has {word}");
        }
    }
}

/// Rust sources below src, by path, without their unit tests.
fn sources() -> impl Iterator<Item = (String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    files.into_iter().map(move |file| {
        let path = file.strip_prefix(root).expect("below the root").display().to_string();
        let code = fs::read_to_string(&file).expect("a source");
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        (path, code)
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn floor_of(path: &str) -> String {
    let inside = path.trim_start_matches("src/");
    let floor = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    if floor == "lib" { String::from("main") } else { floor.to_owned() }
}

/// The files beside a file that it names behind `super::`, alone or in braces; without `.rs`.
fn imported_neighbours(path: &str, code: &str) -> BTreeSet<String> {
    let folder = Path::new(path).parent().expect("below src").display().to_string();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let named = code.split("super::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
        None => vec![rest],
    });
    let word = |text: &str| text.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    let files = named.filter_map(word).map(|name| format!("{folder}/{name}"));
    let is_file = |file: &String| {
        !file.ends_with("/mod") && Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{file}.rs")).is_file()
    };
    files.filter(is_file).collect()
}

fn imported_floors(code: &str) -> BTreeSet<String> {
    let roots: BTreeSet<&str> = FLOORS.iter().map(|(name, _)| *name).collect();
    let mut imported = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for prefix in ["crate::", "gotrace::"] {
            for (at, _) in line.match_indices(prefix) {
                let rest = &line[at + prefix.len()..];
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if roots.contains(name.as_str()) {
                    imported.insert(name);
                }
            }
        }
    }
    imported
}

fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
    })
}

/// The first argument of every call that writes a key.
fn keys_written(code: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let calls = ["text(", "text_if(", "number(", "number_if(", "numbers(", "flag(", "list(", "prints("];
    let compact: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    for call in calls {
        for (at, _) in compact.match_indices(call) {
            let rest = compact[at + call.len()..]
                .trim_start()
                .trim_start_matches("&mut ")
                .trim_start_matches("line, ")
                .trim_start();
            if let Some(key) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                keys.insert(key.to_owned());
            }
        }
    }
    // Tables of a key and the variable that it is taken from: `("goos", "GOOS")`.
    let quoted: Vec<&str> = compact.split('"').collect();
    for (opening, key, between, variable) in quoted.windows(4).map(|part| (part[0], part[1], part[2], part[3])) {
        let is_variable =
            !variable.is_empty() && variable.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
        if opening.ends_with('(') && between == ", " && is_variable {
            keys.insert(key.to_owned());
        }
    }
    keys
}
