//! Jobs of GitHub, with the steps of composite actions that stand in the same repository.
//!
//! Knows the keys of workflow files and of actions; does not know what any action of elsewhere does, or what is right.

use std::collections::BTreeMap;

use super::Tree;
use super::command::Variables;
use super::job::{Host, Job, Step, text, variables};
use super::script::{Settings, go_commands};
use super::yaml::Node;

/// Actions of the repository by what stands behind `uses`; without a tree where there is none, or it cannot be read.
type Actions = BTreeMap<String, Option<Tree>>;

/// Actions in actions that are followed.
const DEEPEST: usize = 8;

/// More steps than any job has.
const MOST_STEPS: usize = 1_000;

/// Longer than any script is with its inputs.
const LONGEST: usize = 1 << 20;

/// The jobs of a workflow, each read when it is asked for: they may be very many.
pub(super) fn jobs<'a>((file, tree): &'a Tree, actions: &'a Actions) -> impl Iterator<Item = Job> {
    let jobs = tree.get("jobs").map(Node::entries).unwrap_or_default();
    jobs.into_iter().map(move |(name, job)| Reading::of(file, tree, job, actions).job(name))
}

/// Actions of the repository that the jobs of a workflow use.
pub(super) fn own_actions(tree: &Node) -> Vec<String> {
    let jobs = tree.get("jobs").map(Node::entries).unwrap_or_default();
    jobs.into_iter().flat_map(|(_, job)| own_actions_of(job)).collect()
}

/// Those that an action uses.
pub(super) fn used_by(action: &Node) -> Vec<String> {
    action.get("runs").map(own_actions_of).unwrap_or_default()
}

fn own_actions_of(steps: &Node) -> Vec<String> {
    let steps = steps.get("steps").map(Node::items).unwrap_or_default();
    steps.into_iter().filter_map(|step| text(step, "uses")).filter(|uses| is_own(uses)).collect()
}

/// One of the same repository, and not of a folder above it.
fn is_own(uses: &str) -> bool {
    uses.starts_with("./") && !uses.split('/').any(|part| part == "..")
}

/// A job whose steps are read, one after the other, because each of them finds what those before it have set.
struct Reading<'a> {
    file: &'a str,
    own: &'a Node,
    actions: &'a Actions,
    /// What steps have by default: a folder, a shell.
    defaults: Vec<&'a Node>,
    runs_on: String,
    settings: Settings,
    steps: Vec<Step>,
}

/// Where steps stand, and what is put into them.
struct Place<'a> {
    file: &'a str,
    inputs: Variables,
    depth: usize,
}

impl<'a> Reading<'a> {
    fn of(file: &'a str, tree: &'a Node, own: &'a Node, actions: &'a Actions) -> Self {
        let environment = variables(own.get("env"), &variables(tree.get("env"), &Variables::new()));
        let settings = Settings { environment, ..Settings::default() };
        let defaults = [own, tree].into_iter().filter_map(|node| node.get("defaults")?.get("run")).collect();
        let runs_on = own.get("runs-on").map(|on| on.texts().join(" ")).unwrap_or_default();
        Self { file, own, actions, defaults, runs_on, settings, steps: Vec::new() }
    }

    fn job(mut self, name: &str) -> Job {
        self.add(self.own, &Place { file: self.file, inputs: Variables::new(), depth: 0 });
        let matrix = self.own.get("strategy").and_then(|strategy| strategy.get("matrix"));
        let container = self.own.get("container");
        let image = container.and_then(|container| container.text().or_else(|| container.get("image")?.text()));
        Job {
            line: self.own.line,
            runs_on: self.runs_on,
            image: image.unwrap_or_default().to_owned(),
            matrix: matrix.map(matrix_of).unwrap_or_default(),
            settings: self.settings.all(),
            is_whole: !self.steps.iter().any(may_hide),
            steps: self.steps,
            ..Job::new(Host::GitHub, self.file, name.to_owned())
        }
    }

    /// The steps of a job or of an action.
    fn add(&mut self, list: &Node, place: &Place) {
        for node in list.get("steps").map(Node::items).unwrap_or_default() {
            let step = self.step(node, place);
            let action = self.actions.get(&step.uses).and_then(Option::as_ref);
            let action = action.and_then(|(file, tree)| Some((file, tree, tree.get("runs")?)));
            let many = self.steps.len() >= MOST_STEPS || place.depth >= DEEPEST;
            match action.filter(|_| !many) {
                Some((file, tree, runs)) => {
                    let inputs = inputs_of(tree, &step.with);
                    self.add(runs, &Place { file, inputs, depth: place.depth + 1 });
                }
                None => self.steps.push(step),
            }
        }
    }

    fn step(&mut self, node: &Node, place: &Place) -> Step {
        let with = node.get("with").map(Node::entries).unwrap_or_default().into_iter();
        let with = with.filter_map(|(key, value)| Some((key.to_owned(), filled(value.text()?, &place.inputs))));
        let with: Variables = with.collect();
        // What an action runs for the step.
        let script = text(node, "run").map(|script| filled(&script, &place.inputs));
        let script = script.or_else(|| with.get("run").cloned()).unwrap_or_default();
        // What is exported in a step ends with it.
        let mut own = self.settings.clone();
        let given = node.get("env").map(|node| variables(Some(node), &Variables::new())).unwrap_or_default();
        own.environment.extend(given.into_iter().map(|(name, value)| (name, filled(&value, &place.inputs))));
        let commands = go_commands(self.readable(node, &script).as_str(), &mut own);
        self.settings.written = own.written;
        self.settings.environment.extend(own.announced);
        let is_elsewhere = |of: &&Node| of.get("working-directory").is_some();
        Step {
            file: place.file.to_owned(),
            line: node.line,
            uses: text(node, "uses").unwrap_or_default(),
            loses_a_zero: node.get("with").and_then(|with| with.get("go-version")).is_some_and(Node::loses_a_zero),
            elsewhere: is_elsewhere(&node) || self.defaults.iter().any(is_elsewhere),
            with,
            script,
            commands,
        }
    }

    /// What of a script is one of sh. Of others, lines that mean the same everywhere; nothing where variables are set in ways
    /// that are not known here, because the commands are others with them.
    fn readable(&self, step: &Node, script: &str) -> String {
        let nodes = [step].into_iter().chain(self.defaults.iter().copied());
        let shell = nodes.into_iter().find_map(|node| text(node, "shell"));
        let is_sh = match &shell {
            Some(shell) => shell.split([' ', '/']).any(|word| word == "sh" || word == "bash" || word == "zsh"),
            None => !self.runs_on.contains("windows") && !script.contains("$env:"),
        };
        if is_sh {
            return script.to_owned();
        }
        let lower = script.to_ascii_lowercase();
        if ["$env:", "set ", "setenvironmentvariable"].iter().any(|word| lower.contains(word)) {
            return String::new();
        }
        let is_plain =
            |line: &&str| !line.contains(['\'', '"', '`', '$', '(', '{', '|', ';', '&', '<', '>', '@', '\\', '^']);
        script.lines().filter(is_plain).collect::<Vec<_>>().join("\n")
    }
}

/// Whether an action of elsewhere may well set Go up or keep its caches.
fn may_hide(step: &Step) -> bool {
    const KNOWN: [&str; 4] = ["actions/", "golangci/", "goreleaser/", "docker/"];
    let name = step.uses.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    let named = last.split(['-', '_']).any(|word| ["go", "golang", "setup"].contains(&word)) || name.contains("cache");
    let told = step.with.keys().any(|input| input.contains("cache"));
    name.starts_with("./") || (named || told) && !KNOWN.iter().any(|owner| name.starts_with(owner))
}

/// The inputs of an action as a step gives them, else as they are by default.
fn inputs_of(action: &Node, given: &Variables) -> Variables {
    let inputs = action.get("inputs").map(Node::entries).unwrap_or_default();
    let default = |input: &Node| input.get("default").and_then(Node::text).unwrap_or_default().to_owned();
    let value = |name: &str, input: &Node| given.get(name).cloned().unwrap_or_else(|| default(input));
    inputs.into_iter().map(|(name, input)| (name.to_owned(), value(name, input))).collect()
}

/// A text with the inputs that it names in their places.
fn filled(text: &str, inputs: &Variables) -> String {
    let mut pieces = text.split("${{");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let named = piece.split_once("}}").and_then(|(name, behind)| {
            let value = inputs.get(name.trim().strip_prefix("inputs.")?)?;
            Some([value, behind])
        });
        match named {
            _ if whole.len() > LONGEST => return text.to_owned(),
            Some(parts) => whole.extend(parts),
            None => whole.extend(["${{", piece]),
        }
    }
    whole
}

/// The values of each key of a matrix, with a mark at those that lose a zero.
fn matrix_of(matrix: &Node) -> BTreeMap<String, Vec<(String, bool)>> {
    let values = |node: &Node| -> Vec<(String, bool)> {
        let items = node.items().into_iter();
        items.filter_map(|item| Some((item.text()?.to_owned(), item.loses_a_zero()))).collect()
    };
    let mut all: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for (key, node) in matrix.entries().into_iter().filter(|(key, _)| *key != "exclude") {
        if key != "include" {
            all.entry(key.to_owned()).or_default().extend(values(node));
            continue;
        }
        for (key, node) in node.items().into_iter().flat_map(Node::entries) {
            all.entry(key.to_owned()).or_default().extend(values(node));
        }
    }
    all
}
