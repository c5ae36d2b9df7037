//! Jobs of Buildkite.
//!
//! Knows the steps of `.buildkite/pipeline.yml` and groups of them; does not know what plugins do, or what is right.

use super::Tree;
use super::command::Variables;
use super::job::{Host, Job, Step, text, variables};
use super::script::{Settings, go_commands};
use super::yaml::Node;

/// The jobs of a file.
pub(super) fn jobs((file, tree): &Tree) -> Vec<Job> {
    let settings = variables(tree.get("env"), &Variables::new());
    let steps = tree.get("steps").map(Node::items).unwrap_or_default();
    let groups = steps.iter().filter_map(|step| step.get("steps"));
    let grouped: Vec<&Node> = groups.flat_map(Node::items).collect();
    steps.into_iter().chain(grouped).filter_map(|step| job(file, step, &settings)).collect()
}

fn job(file: &str, step: &Node, outer: &Variables) -> Option<Job> {
    let commands = step.get("command").or_else(|| step.get("commands"))?;
    // `$$` is for the agent what `$` is for the upload of the pipeline.
    let script = commands.texts().join("\n").replace("$$", "$");
    let mut settings = Settings { environment: variables(step.get("env"), outer), ..Settings::default() };
    let name = text(step, "label").or_else(|| text(step, "key")).unwrap_or_else(|| String::from("step"));
    let found = go_commands(&script, &mut settings);
    let own = Step { file: file.to_owned(), line: step.line, script, commands: found, ..Step::default() };
    Some(Job { line: step.line, settings: settings.all(), steps: vec![own], ..Job::new(Host::Buildkite, file, name) })
}
