//! What differs between two keys of a package, by what cmd/go itself hashed, and whether the reasons that were found say the same.
//!
//! Knows what cmd/go calls its inputs and which reason speaks of which of them. Where no reason does, it makes one: nothing that
//! was hashed stays unsaid.

use std::collections::{BTreeMap, BTreeSet};

use super::reason::{Change, Edit, Lack, Reason, Sureness, What, is_of_c};
use crate::build::{FileKind, Input};

/// What is exactly known of why a package was built.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Exact {
    /// The inputs that differ, by name.
    pub inputs: Vec<(String, Change)>,
    /// What the keys say.
    pub keys: Compared,
    /// Reasons that no input bears out.
    pub unfounded: Vec<Reason>,
    /// Names of inputs that were not found without them.
    pub missed: Vec<String>,
}

/// What two keys say of each other.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// They are the same, and so is all that was hashed.
    #[default]
    Same,
    /// They differ by what the inputs tell.
    Told,
    /// They differ by something that no input tells: a value that the trace hides.
    Hidden,
}

impl Exact {
    /// Whether the reasons would have been the same without it.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        self.unfounded.is_empty() && self.missed.is_empty()
    }
}

/// Compares the inputs of two keys that are not the same, and completes the reasons that were found without them.
pub(super) fn complete(old: &[Input], new: &[Input], reasons: &mut Vec<Reason>) -> Exact {
    let inputs = differences(old, new);
    let is_guess = |reason: &Reason| matches!(reason, Reason::Unknown(_) | Reason::Hidden | Reason::First);
    let unnamed: Vec<&(String, Change)> =
        inputs.iter().filter(|(name, change)| !reasons.iter().any(|reason| speaks_of(reason, name, change))).collect();
    let borne_out =
        |reason: &Reason| !is_of_inputs(reason) || inputs.iter().any(|(name, change)| speaks_of(reason, name, change));
    let unfounded = reasons.iter().filter(|reason| !borne_out(reason)).cloned().collect();
    let missed = unnamed.iter().map(|(name, _)| name.clone()).collect();
    if !unnamed.is_empty() {
        reasons.retain(|reason| !is_guess(reason));
        reasons.extend(named(&unnamed));
        reasons.sort();
        reasons.dedup();
    }
    let keys = if inputs.is_empty() { Compared::Hidden } else { Compared::Told };
    Exact { inputs, keys, unfounded, missed }
}

/// Inputs that are not the same; both sides are by name.
fn differences(old: &[Input], new: &[Input]) -> Vec<(String, Change)> {
    let by_name = |inputs: &[Input]| {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for input in inputs {
            let value = names.entry(input.name.to_string()).or_default();
            let between = if value.is_empty() { "" } else { ", " };
            *value = format!("{value}{between}{}", input.value);
        }
        names
    };
    let (old, new) = (by_name(old), by_name(new));
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let of = |side: &BTreeMap<String, String>, name: &String| {
        // A word such as `trimpath` has no value.
        side.get(name).map(|value| if value.is_empty() { String::from("there") } else { value.clone() })
    };
    let change = |name: &String| {
        let (old, new) = (of(&old, name), of(&new, name));
        (old != new).then(|| (name.clone(), Change { old: old.unwrap_or_default(), new: new.unwrap_or_default() }))
    };
    all.into_iter().filter_map(change).collect()
}

/// Whether a reason is about something that is hashed into the key of a package.
fn is_of_inputs(reason: &Reason) -> bool {
    match reason {
        Reason::Flags { tool, .. } => *tool != "link",
        Reason::First
        | Reason::Forced
        | Reason::Lost
        | Reason::Retried
        | Reason::Relinked
        | Reason::Hidden
        | Reason::BuildInfo(_)
        | Reason::Unknown(_) => false,
        _ => true,
    }
}

/// Whether a reason speaks of an input, also by something that it follows from.
fn speaks_of(reason: &Reason, name: &str, change: &Change) -> bool {
    let (kind, object) = name.split_once(' ').unwrap_or((name, ""));
    let is_file = matches!(kind, "file" | "files");
    let is_import = matches!(kind, "import" | "imports");
    let is_of_set = change.old.is_empty() || change.new.is_empty();
    match reason {
        // Everything is another then.
        Reason::Toolchain(_) | Reason::Platform(_) => true,
        Reason::Version(_) => is_file || is_import || matches!(kind, "dir" | "module" | "go" | "modinfo"),
        Reason::Moved(_) => matches!(kind, "dir" | "modinfo"),
        Reason::Tags(..) => is_file || is_import || kind == "modinfo" || is_of_c_sources(kind),
        Reason::Setting(setting, _) => {
            let of_c = is_of_c(setting) || setting == "CGO_ENABLED";
            name == setting || kind == "modinfo" || is_file || is_import || of_c && is_of_c_sources(kind)
        }
        Reason::Flags { tool, .. } => match *tool {
            "compile" => {
                let kinds = ["compile", "gcflags", "cover", "fuzz", "form", "trimpath", "dir", "module", "modinfo"];
                // -race and its like are build tags, too.
                kinds.contains(&kind) || is_import || is_file && (is_of_set || kind == "files") || name == "pgofile"
            }
            "asm" => matches!(kind, "asm" | "asmflags" | "trimpath" | "dir"),
            "cgo" => is_of_c_sources(kind) || kind == "dir",
            _ => kind == "modinfo",
        },
        Reason::Language(_) => matches!(kind, "go" | "modinfo"),
        Reason::Profile(_) => kind == "pgofile" || name == "modinfo build -pgo",
        // A file that imports something else brings the import with it, and the first C file brings C.
        Reason::Files(_, edits) => {
            kind == "files"
                || kind == "file"
                    && edits.iter().any(|edit| edit.file == object || edit.file.ends_with(&format!("/{object}")))
                || is_of_set && (is_import || is_of_c_sources(kind) || matches!(kind, "asm" | "asmflags"))
        }
        Reason::Sources => is_file || is_of_set && is_import,
        Reason::BuildInfo(_) => kind == "modinfo",
        Reason::Import(path, _) => kind == "imports" || kind == "import" && object == path,
        Reason::Input(input, _) => name == input,
        Reason::First
        | Reason::Forced
        | Reason::Lost
        | Reason::Retried
        | Reason::Relinked
        | Reason::Hidden
        | Reason::Unknown(Lack::Hashes | Lack::Nothing) => false,
    }
}

fn is_of_c_sources(kind: &str) -> bool {
    matches!(kind, "cgo" | "CC" | "CXX" | "FC")
}

/// Reasons that say what differs.
fn named(inputs: &[&(String, Change)]) -> Vec<Reason> {
    let mut edits = Vec::new();
    let mut reasons = Vec::new();
    let is_toolchain = inputs.iter().any(|(name, _)| name == "version");
    // In another way of building all imports are others, and Go's own packages have other files.
    let is_way = |name: &str| name.starts_with("GO") || ["gcflags", "platform", "trimpath", "cover"].contains(&name);
    let is_other_way = inputs.iter().any(|(name, _)| is_way(name));
    for (name, change) in inputs {
        let (kind, object) = name.split_once(' ').unwrap_or((name, ""));
        let what = match (change.old.is_empty(), change.new.is_empty()) {
            (true, _) => What::Added,
            (_, true) => What::Removed,
            _ => What::Changed,
        };
        match kind {
            "file" => edits.push(Edit { what, file: object.to_owned() }),
            "version" => reasons.push(Reason::Toolchain(change.clone())),
            // These follow from that.
            _ if is_toolchain => {}
            "import" | "imports" | "files" if is_other_way => {}
            "import" => reasons.push(Reason::Import(object.to_owned(), Sureness::Known)),
            "dir" => reasons.push(Reason::Moved(change.clone())),
            "go" => reasons.push(Reason::Language(change.clone())),
            "platform" => reasons.push(Reason::Platform(change.clone())),
            "pgofile" => reasons.push(Reason::Profile(what)),
            _ if name.starts_with("GO") => reasons.push(Reason::Setting(name.clone(), change.clone())),
            _ => reasons.push(Reason::Input(name.clone(), change.clone())),
        }
    }
    if !edits.is_empty() && !is_toolchain {
        reasons.push(Reason::Files(FileKind::Source, edits));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Keys;

    /// What is told of two keys for which these reasons were found.
    fn of(old: &[&str], new: &[&str], found: &[Reason]) -> (Vec<Reason>, Exact) {
        let inputs = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| text.replace('=', "\t")).collect();
            Keys::of_test(&texts)
        };
        let mut reasons = found.to_vec();
        let exact = complete(&inputs(old), &inputs(new), &mut reasons);
        (reasons, exact)
    }

    fn edit(what: What, file: &str) -> Reason {
        Reason::Files(FileKind::Source, vec![Edit { what, file: file.to_owned() }])
    }

    fn change(old: &str, new: &str) -> Change {
        Change { old: old.to_owned(), new: new.to_owned() }
    }

    /// Both ways say the same, and nothing is added.
    #[track_caller]
    fn check_agrees(old: &[&str], new: &[&str], reason: Reason) {
        let (reasons, exact) = of(old, new, std::slice::from_ref(&reason));
        assert_eq!((reasons, exact.agrees()), (vec![reason], true), "{exact:?}");
    }

    #[test]
    fn a_reason_that_speaks_of_all_that_differs_stands() {
        check_agrees(&["file a.go=1", "go=1.21"], &["file a.go=2", "go=1.21"], edit(What::Changed, "a.go"));
        check_agrees(&["file a.go=1"], &["file a.go=2", "import fmt=1"], edit(What::Changed, "a.go"));
        check_agrees(&["import fmt=1"], &["import fmt=2"], Reason::Import(String::from("fmt"), Sureness::Known));
        check_agrees(&["go=1.21"], &["go=1.22"], Reason::Language(change("1.21", "1.22")));
        let amd64 = Reason::Setting(String::from("GOAMD64"), change("v1", "v3"));
        check_agrees(&["GOAMD64=v1", "files=1", "import fmt=1"], &["GOAMD64=v3", "files=2", "import fmt=2"], amd64);
        let toolchain = Reason::Toolchain(change("go1.26", "go1.27"));
        check_agrees(&["version=go1.26", "compile tool=1"], &["version=go1.27", "compile tool=2"], toolchain);
        check_agrees(&["trimpath="], &["dir=/m"], Reason::Flags { tool: "compile", gone: Vec::new(), new: Vec::new() });
    }

    #[test]
    fn what_no_reason_speaks_of_becomes_a_reason_and_is_said_to_have_been_missed() {
        let found = [edit(What::Changed, "a.go")];
        let (reasons, exact) = of(&["file a.go=1", "odd=1"], &["file a.go=2", "odd=2"], &found);
        assert_eq!(reasons, [found[0].clone(), Reason::Input(String::from("odd"), change("1", "2"))]);
        assert_eq!((exact.missed, exact.unfounded), (vec![String::from("odd")], Vec::new()));
    }

    #[test]
    fn what_was_not_known_is_known_now() {
        let old = ["file a.go=1", "file b.go=1", "import fmt=1", "dir=/a", "GOARM64=v8.0"];
        for guess in [Reason::Unknown(Lack::Nothing), Reason::Hidden, Reason::First] {
            let (reasons, exact) =
                of(&old, &["file a.go=2", "file c.go=1", "import fmt=1", "dir=/a", "GOARM64=v8.0"], &[guess]);
            let [Reason::Files(FileKind::Source, edits)] = &reasons[..] else { panic!("{reasons:?}") };
            assert_eq!((edits.len(), exact.inputs.len(), exact.agrees()), (3, 3, false));
        }
        let (reasons, _) =
            of(&old, &["file a.go=1", "file b.go=1", "import fmt=2", "dir=/a", "GOARM64=v9.0"], &[Reason::First]);
        assert_eq!(reasons, [Reason::Setting(String::from("GOARM64"), change("v8.0", "v9.0"))], "the import follows");
    }

    #[test]
    fn a_reason_that_nothing_bears_out_stands_and_is_said_to_be_unfounded() {
        let found = [edit(What::Changed, "a.go"), Reason::Import(String::from("fmt"), Sureness::Likely)];
        let (reasons, exact) = of(&["file a.go=1", "import fmt=1"], &["file a.go=2", "import fmt=1"], &found);
        assert_eq!((reasons.as_slice(), exact.agrees()), (&found[..], false));
        assert_eq!(exact.unfounded, found[1..]);
    }

    #[test]
    fn keys_that_differ_by_nothing_that_is_told_differ_by_what_is_hidden() {
        let (reasons, exact) = of(&["modinfo build -ldflags=***"], &["modinfo build -ldflags=***"], &[Reason::Hidden]);
        assert_eq!((reasons, exact.keys, exact.agrees()), (vec![Reason::Hidden], Compared::Hidden, true));
    }

    #[test]
    fn words_that_come_and_go_and_names_that_come_twice_are_told() {
        let (_, exact) = of(&["forcelibrary="], &["import fmt=1", "import fmt=2"], &[Reason::First]);
        let expected =
            [(String::from("forcelibrary"), change("there", "")), (String::from("import fmt"), change("", "1, 2"))];
        assert_eq!(exact.inputs, expected);
    }
}
