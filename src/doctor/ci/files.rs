//! Whether the files of CI can be read.
//!
//! Knows what is to be said of those that cannot; does not know what stands in the others.

use crate::doctor::answer::{Answer, Verdict, few};
use crate::doctor::pipeline::{Broken, Fault, Pipelines};

/// Each file is YAML.
pub(super) fn readable(pipelines: &Pipelines) -> Answer {
    if pipelines.files == 0 {
        return Answer::not_applicable(none(pipelines));
    }
    let answers: Vec<Answer> = pipelines.broken.iter().map(of_file).collect();
    Answer::worst(answers, counted(pipelines.files))
}

/// What we do not read others may.
fn of_file(Broken { file, fault }: &Broken) -> Answer {
    match fault {
        Fault::NoYaml(line, why) => Answer::error(format!("{file}:{line} is no YAML: {why}")),
        Fault::NotHere(why) => Answer { verdict: Verdict::Unknown, ..Answer::note(format!("{file}: {why}")) },
    }
}

/// Why there is nothing to look at, where there is nothing.
pub(super) fn nothing_to_see(pipelines: &Pipelines) -> Option<String> {
    let all_broken = pipelines.files == pipelines.broken.len();
    (pipelines.files == 0).then(|| none(pipelines)).or_else(|| unread(pipelines).filter(|_| all_broken))
}

/// The files that were not looked at, where there are some.
pub(super) fn unread(pipelines: &Pipelines) -> Option<String> {
    let names = pipelines.broken.iter().map(|broken| broken.file.clone());
    (!pipelines.broken.is_empty()).then(|| format!("not looked at, because they cannot be read: {}", few(names)))
}

fn none(pipelines: &Pipelines) -> String {
    format!("{} has no workflow files of GitHub, GitLab or Buildkite", pipelines.root.display())
}

fn counted(files: usize) -> String {
    if files == 1 { String::from("1 file is YAML") } else { format!("{files} files are YAML") }
}
