//! The command line of a tool run, kept so that runs can share it.
//!
//! Knows what of a command line is one run's own: its directory in `$WORK`, its package, and the build ID, which is as long as
//! it is useless to a reader and is left out. What remains is the same for most compiles of a build, so that a trace of a
//! million actions has a few hundred of them.

use super::names::Id;
use crate::trace::Text;

/// A handle of a command line.
pub type CallId = Id<Call>;

/// A command line without what is one run's own, which its marks stand for.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The arguments.
    pub words: Vec<String>,
}

impl Call {
    /// Stands for the name of the run's directory in `$WORK`.
    pub const OWN_DIR: char = '\u{1}';
    /// Stands for the run's package.
    pub const OWN_PACKAGE: char = '\u{2}';

    /// Of what [`shared`] made.
    pub(super) fn of(shared: &str) -> Self {
        Self { words: shared.split('\0').map(str::to_owned).collect() }
    }
}

/// Stands for the build ID.
const LEFT_OUT: &str = "…";

/// The words of a command line with marks for what is its own, each ended by what no argument can hold.
pub(super) fn shared(words: &[Text<'_>], objdir: &str, package: &str) -> String {
    // Its number is all that is kept of it, so only the usual name can be put back from it.
    let is_usual =
        objdir.get(1..).and_then(|digits| digits.parse().ok()).is_some_and(|number: u32| usual(number) == objdir);
    let own_dir = if is_usual { format!("$WORK/{objdir}") } else { String::from("\0") };
    let marked_dir = format!("$WORK/{}", Call::OWN_DIR);
    let mut shared = String::new();
    let mut last = "";
    for word in words.iter().map(Text::as_str) {
        if !shared.is_empty() {
            shared.push('\0');
        }
        match word {
            _ if last == "-buildid" => shared.push_str(LEFT_OUT),
            _ if word.starts_with("-buildid=") => shared.extend(["-buildid=", LEFT_OUT]),
            _ if word == package => shared.push(Call::OWN_PACKAGE),
            // A trace is a foreign file: what looks like a mark is none.
            _ => shared.push_str(&unmarked(word).replace(&own_dir, &marked_dir)),
        }
        last = word;
    }
    shared
}

fn usual(number: u32) -> String {
    format!("b{number:03}")
}

fn unmarked(word: &str) -> String {
    word.replace(['\0', Call::OWN_DIR, Call::OWN_PACKAGE], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::{Call, shared};
    use crate::build::picture;

    fn words(picture: &str) -> Vec<Vec<String>> {
        let build = picture::build(picture);
        let calls = (0..build.actions.len()).filter_map(|index| build.call(index));
        calls.map(|call| build.catalog.calls.get(call).words.clone()).collect()
    }

    #[test]
    fn runs_of_other_packages_in_other_directories_share_a_command_line() {
        let build = picture::build(
            "compile std:a 0-1 dir=b002 args=-o,$WORK/b002/_pkg_.a,-p,a,-buildid,x/x,-pgoprofile=$WORK/b004/p
             compile std:b 1-2 dir=b003 args=-o,$WORK/b003/_pkg_.a,-p,b,-buildid,y/y,-pgoprofile=$WORK/b004/p",
        );
        assert_eq!(build.catalog.calls.len(), 1);
        let call = build.call(0).expect("a command line");
        assert_eq!(build.call(1), Some(call));
        let expected = ["-o", "$WORK/\u{1}/_pkg_.a", "-p", "\u{2}", "-buildid", "…", "-pgoprofile=$WORK/b004/p"];
        assert_eq!(build.catalog.calls.get(call).words, expected);
    }

    #[test]
    fn what_is_not_the_runs_own_stays() {
        assert_eq!(
            words("link p 0-1 dir=b001 args=-buildid=a/b,$WORK/b001,p/q"),
            [["-buildid=…", "$WORK/\u{1}", "p/q"]]
        );
        assert_eq!(words("compile p 0-1"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_trace_cannot_set_marks_of_its_own() {
        assert_eq!(Call::of(&shared(&[], "b1", "p")).words, [""]);
        assert_eq!(words("compile p 0-1 dir=b1 args=\u{1}\u{2}"), [["\u{fffd}\u{fffd}"]]);
    }
}
