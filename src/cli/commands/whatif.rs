//! `gotrace whatif`: what a go command would have taken otherwise.

use crate::analyze::steps::Steps;
use crate::analyze::steps::concurrency::Concurrency;
use crate::analyze::whatif::{AsItWas, Change, NoAnswer, Question, what_if};
use crate::build::Detail;
use crate::cli::args::{Format, WhatifArgs};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::{input, output};
use crate::render::text::Nothing;
use crate::render::whatif::{Asked, Page, json, text};

/// Answers.
///
/// # Errors
/// A trace cannot be read, the question is about something that is not there, or the answer cannot be written.
pub(crate) fn run(args: &WhatifArgs) -> Result<Exit, Stop> {
    let (build, problems) = input::build(&args.trace, Detail::Edges)?;
    output::problems(&problems);
    let named = input::command(&args.trace, &build.catalog)?;
    let Some((command, steps)) = Steps::chosen(&build, named) else {
        output::nothing(&Nothing::ran(build.catalog.commands.len()));
        return Ok(Exit::Fine);
    };
    let line = build.catalog.commands.get(command).line();
    let questions = questions(args, &steps);
    let was = AsItWas::of(&steps, &Concurrency::of(&steps));
    let asked: Result<Vec<Asked>, NoAnswer> = questions
        .into_iter()
        .map(|question| what_if(&build, &was, &question).map(|answer| Asked { question, answer }))
        .collect();
    let page = Page { line, workers_are_known: steps.workers.is_some(), asked: asked.map_err(failure)? };
    match args.format {
        Format::Text => output::coloured(|out| text(&page, out))?,
        Format::Json => output::report(None, |out| json(&page, out))?,
    }
    Ok(Exit::Fine)
}

/// What was asked; where nothing was, the question that everybody has: other processors.
fn questions(args: &WhatifArgs, steps: &Steps) -> Vec<Question> {
    let mut changes: Vec<Change> = args.without.iter().cloned().map(Change::Without).collect();
    changes.extend(args.faster.iter().map(|(package, by)| Change::Faster(package.clone(), *by)));
    changes.extend(args.split.iter().map(|(package, parts)| Change::Split(package.clone(), parts.get())));
    changes.extend(args.free.iter().cloned().map(Change::Free));
    changes.extend(args.cached.iter().cloned().map(Change::Cached));
    let (workers, cpus) = (args.workers.map(u64::from), args.cpus.map(u64::from));
    if workers.is_none() && cpus.is_none() && args.mem.is_none() && changes.is_empty() {
        let others = args.others;
        let mut sizes = vec![1, 2, 4, 8, 16, 32];
        sizes.extend(steps.cpus.or(steps.workers));
        sizes.sort_unstable();
        sizes.dedup();
        return sizes.into_iter().map(|cpus| Question { cpus: Some(cpus), others, ..Question::default() }).collect();
    }
    vec![Question { workers, cpus, others: args.others, memory: args.mem, changes }]
}

fn failure(none: NoAnswer) -> Stop {
    let failure = match none {
        NoAnswer::NothingRan => Failure::new(String::from("the go command ran no tool")),
        NoAnswer::NoSuchPackage(package) => Failure::new(format!("the go command built no package {package}"))
            .hint("import paths stand in gotrace summary --rows 100; PKG/... is all below PKG; --command N asks another go command"),
        NoAnswer::NoSuchTool(tool) => Failure::new(format!("the go command ran no tool {tool}"))
            .hint("tools stand in gotrace summary; --command N asks another go command"),
        NoAnswer::NoSuchModule(module) => Failure::new(format!("the go command built no package of a module {module}"))
            .hint("modules stand in gotrace summary --rows 100, std and cmd are Go's own; --command N asks another go command"),
    };
    Stop::Failure(failure)
}
