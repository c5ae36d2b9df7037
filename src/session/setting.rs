//! How the shim comes into every go command of a job: what is set in the environment, beside what the user has set.
//!
//! Knows GOFLAGS, PATH and `-toolexec`; sets nothing itself.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::quoting;

/// The value of `-toolexec` that records, and runs the user's own in between where there is one.
pub(super) fn toolexec(gotrace: &str, users: &[String]) -> Option<String> {
    let mut words = vec![gotrace.to_owned()];
    if !users.is_empty() && !is_gotrace(users) {
        words.push(format!("--around={}", users.len()));
        words.extend_from_slice(users);
    }
    quoting::join(&words)
}

/// The value of `-toolexec` for a go command that is asked what it hashes; none where `current` is not of this program.
pub(super) fn for_versions(current: &str) -> Option<String> {
    let mut words = quoting::split(current).filter(|words| is_gotrace(words))?;
    words.insert(1, String::from("--versions-only"));
    quoting::join(&words)
}

/// What GOFLAGS says of a flag.
pub(super) fn flag_of(goflags: &str, name: &str) -> Option<String> {
    quoting::split(goflags)?.iter().filter_map(|flag| value_of(flag, name)).next_back().map(str::to_owned)
}

/// GODEBUG with this setting behind those of the user.
pub(super) fn godebug(users: Option<OsString>, setting: &str) -> OsString {
    let mut settings = users.filter(|users| !users.is_empty()).map_or_else(OsString::new, |mut users| {
        users.push(",");
        users
    });
    settings.push(setting);
    settings
}

/// Whoever has gotrace in GOFLAGS for good wants it once.
fn is_gotrace(words: &[String]) -> bool {
    words.first().is_some_and(|program| Path::new(program).file_name() == Some(OsStr::new("gotrace")))
}

/// GOFLAGS with [`toolexec`] in it; none where what the user has set cannot be read or written by cmd/go's rules.
pub(super) fn goflags(users: &str, gotrace: &str) -> Option<String> {
    let mut flags = quoting::split(users)?;
    let value = |flag: &String| value_of(flag, "toolexec").map(str::to_owned);
    // Of several the last one counts, as on a command line.
    let theirs = flags.iter().filter_map(value).next_back().unwrap_or_default();
    flags.retain(|flag| value(flag).is_none());
    flags.push(format!("-toolexec={}", toolexec(gotrace, &quoting::split(&theirs)?)?));
    quoting::join(&flags)
}

/// Whether GOFLAGS has a flag of this name.
pub(super) fn sets(goflags: &str, name: &str) -> bool {
    quoting::split(goflags).is_some_and(|flags| flags.iter().any(|flag| value_of(flag, name).is_some()))
}

/// The value that a word of GOFLAGS has for this flag.
fn value_of<'a>(flag: &'a str, name: &str) -> Option<&'a str> {
    let flag = flag.strip_prefix("--").or(flag.strip_prefix('-'))?;
    flag.strip_prefix(name)?.strip_prefix('=')
}

/// PATH with this folder in front.
pub(super) fn path(folder: &Path, users: Option<OsString>) -> OsString {
    let mut path = folder.as_os_str().to_os_string();
    if let Some(users) = users {
        path.push(":");
        path.push(users);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{goflags, path};
    use std::ffi::OsString;
    use std::path::Path;

    #[track_caller]
    fn check(users: &str, expected: &str) {
        assert_eq!(goflags(users, "/bin/gotrace").as_deref(), Some(expected));
    }

    #[test]
    fn the_shim_comes_beside_the_users_flags() {
        check("", "-toolexec=/bin/gotrace");
        check("-v '-ldflags=-s -w'", "-v '-ldflags=-s -w' -toolexec=/bin/gotrace");
    }

    #[test]
    fn the_users_own_toolexec_is_chained() {
        check("-toolexec=/bin/theirs -v", "-v '-toolexec=/bin/gotrace --around=1 /bin/theirs'");
        check("'-toolexec=theirs -x \"a b\"'", "\"-toolexec=/bin/gotrace --around=3 theirs -x 'a b'\"");
    }

    #[test]
    fn gotrace_itself_is_not_chained() {
        check("'-toolexec=/usr/bin/gotrace -o x'", "-toolexec=/bin/gotrace");
    }

    #[test]
    fn blanks_in_a_path_are_quoted() {
        assert_eq!(goflags("", "/a b/gotrace").as_deref(), Some("\"-toolexec='/a b/gotrace'\""));
        assert_eq!(goflags("-toolexec='theirs", "/bin/gotrace"), None, "what cmd/go would refuse");
    }

    #[test]
    fn the_folder_stands_in_front_of_path() {
        assert_eq!(path(Path::new("/s/bin"), Some(OsString::from("/usr/bin:/bin"))), "/s/bin:/usr/bin:/bin");
        assert_eq!(path(Path::new("/s/bin"), None), "/s/bin");
    }
}
