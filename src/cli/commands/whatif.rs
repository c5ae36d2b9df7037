//! `gotrace whatif`: what a go command would have taken otherwise.

use crate::analyze::steps::Steps;
use crate::analyze::whatif::{Answer, Change, NoAnswer, Question, what_if};
use crate::build::{Build, Catalog, CommandId, Detail};
use crate::cli::args::{Format, WhatifArgs};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::{input, output};
use crate::render::text::Nothing;
use crate::render::whatif::{Asked, Page, json, text};
use crate::units::Nanos;

/// Answers.
///
/// # Errors
/// A trace cannot be read, the question is about something that is not there, or the answer cannot be written.
pub(crate) fn run(args: &WhatifArgs) -> Result<Exit, Stop> {
    let (build, problems) = input::build(&args.trace, Detail::Edges)?;
    output::problems(&problems);
    let Some((command, steps)) = chosen(args, &build)? else {
        output::nothing(&Nothing::ran(build.catalog.commands.len()));
        return Ok(Exit::Fine);
    };
    let line = build.catalog.commands.get(command).line();
    let questions = questions(args, &steps);
    let asked: Result<Vec<Asked>, NoAnswer> =
        questions.into_iter().map(|question| asked(&build, command, &steps, question)).collect();
    let page = Page { line, workers_are_known: steps.workers.is_some(), asked: asked.map_err(failure)? };
    match args.format {
        Format::Text => output::coloured(|out| text(&page, out))?,
        Format::Json => output::report(None, |out| json(&page, out))?,
    }
    Ok(Exit::Fine)
}

/// The command that is asked about: the one that was named, or the one whose tools took longest.
fn chosen(args: &WhatifArgs, build: &Build) -> Result<Option<(CommandId, Steps)>, Failure> {
    let named = input::command(&args.trace, &build.catalog)?;
    let commands = named.map_or_else(|| build.catalog.commands_by_time(), |command| vec![command]);
    let with_steps = commands.into_iter().map(|command| (command, Steps::of(build, command)));
    let wall = |steps: &Steps| steps.span().1.since(steps.span().0);
    Ok(with_steps.filter(|(_, steps)| !steps.steps.is_empty()).max_by_key(|(_, steps)| wall(steps)))
}

fn asked(build: &Build, command: CommandId, steps: &Steps, question: Question) -> Result<Asked, NoAnswer> {
    let answer: Answer = what_if(build, steps, begin(&build.catalog, command, steps), &question)?;
    Ok(Asked { question, answer })
}

fn begin(catalog: &Catalog, command: CommandId, steps: &Steps) -> Nanos {
    let first = steps.span().0;
    catalog.commands.get(command).go_started().map_or(first, |started| started.min(first))
}

/// What was asked; where nothing was, the question that everybody has: other processors.
fn questions(args: &WhatifArgs, steps: &Steps) -> Vec<Question> {
    let mut changes: Vec<Change> = args.without.iter().cloned().map(Change::Without).collect();
    changes.extend(args.faster.iter().map(|(package, by)| Change::Faster(package.clone(), *by)));
    changes.extend(args.split.iter().map(|(package, parts)| Change::Split(package.clone(), parts.get())));
    changes.extend(args.free.iter().cloned().map(Change::Free));
    let (workers, cpus) = (args.workers.map(u64::from), args.cpus.map(u64::from));
    if workers.is_none() && cpus.is_none() && args.mem.is_none() && changes.is_empty() {
        let mut sizes = vec![1, 2, 4, 8, 16, 32];
        sizes.extend(steps.cpus.or(steps.workers));
        sizes.sort_unstable();
        sizes.dedup();
        return sizes.into_iter().map(|cpus| Question { cpus: Some(cpus), ..Question::default() }).collect();
    }
    vec![Question { workers, cpus, memory: args.mem, changes }]
}

fn failure(none: NoAnswer) -> Stop {
    let failure = match none {
        NoAnswer::NothingRan => Failure::new(String::from("the go command ran no tool")),
        NoAnswer::NoSuchPackage(package) => Failure::new(format!("the go command built no package {package}"))
            .hint("import paths stand in gotrace summary --rows 100; PKG/... is all below PKG; --command N asks another go command"),
        NoAnswer::NoSuchTool(tool) => Failure::new(format!("the go command ran no tool {tool}"))
            .hint("tools stand in gotrace summary; --command N asks another go command"),
    };
    Stop::Failure(failure)
}
