//! `gotrace flame --diff`: two traces as one flame graph.

use std::path::PathBuf;

use super::{diff, folding};
use crate::analyze::diff::machine::Machine;
use crate::analyze::diff::run::Run;
use crate::analyze::fold::{Difference, fold_sides};
use crate::analyze::tally::Commands;
use crate::build::Catalog;
use crate::cli::args::{FlameArgs, TraceArgs, WeightArg};
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::output;
use crate::render::flame::{Style, Unit, Yardstick, weight_text, write_difference, write_empty};
use crate::render::folded;
use crate::render::text::Nothing;
use crate::units::Change;

/// Draws.
///
/// # Errors
/// A trace cannot be read, or the picture not be written.
pub(crate) fn run(args: &FlameArgs, old: &PathBuf) -> Result<Exit, Stop> {
    let yardstick = yardstick(args, old)?;
    // Both sides have one catalog, so that what is the same has the same name.
    let traces = [old].into_iter().chain(&args.trace.traces).cloned().collect();
    let both = TraceArgs { traces, command: None };
    let (catalog, tally, imports, problems) = folding::read_all(&both, &args.by, Commands::Apart)?;
    output::problems(&problems);
    let is_old = old_commands(&catalog);
    let config = folding::config(args, &catalog, imports)?;
    let difference = fold_sides(&catalog, &tally, &config, |id| is_old.get(id.index()).copied().unwrap_or(false));
    let file = args.output.as_deref();
    if difference.stacks.is_empty() {
        let nothing = match &args.package {
            Some(pattern) => Nothing::matches(pattern.as_str()),
            None => Nothing::weighs(folding::name(args.weight)),
        };
        output::nothing(&nothing);
        output::report(file, |out| if args.folded { Ok(()) } else { write_empty(&nothing, out) })?;
        return Ok(Exit::Fine);
    }
    if args.folded {
        output::report(file, |out| folded::write_sides(&difference, out))?;
        return Ok(Exit::Fine);
    }
    let style = Style { title: args.title.clone().unwrap_or_else(|| title(args, &difference)), ..folding::style(args) };
    output::report(file, |out| write_difference(&difference, &yardstick, &style, out))?;
    Ok(Exit::Fine)
}

/// What the machine did to the figures that widths mean, and how far they differ by chance.
fn yardstick(args: &FlameArgs, old: &PathBuf) -> Result<Yardstick, Failure> {
    let read = |path: &PathBuf| diff::one(path, None).map(|(run, _)| run);
    let (old, new) = (read(old)?, args.trace.traces.iter().map(read).collect::<Result<Vec<Run>, Failure>>()?);
    let is_time = folding::unit(args.weight) == Unit::Time;
    let Some(machine) = Machine::of(&[old], &new).filter(|_| is_time) else { return Ok(Yardstick::default()) };
    let noise = machine.noise().into_iter().map(|(most, noise)| (most.0, noise)).collect();
    let is_wall = args.weight == WeightArg::Wall;
    Ok(Yardstick { machine: if is_wall { machine.change_of_wall() } else { machine.change() }, noise })
}

/// Of each command, by its number, whether it is of the first trace.
fn old_commands(catalog: &Catalog) -> Vec<bool> {
    let mut is_old = vec![false; catalog.commands.len()];
    for (key, id) in catalog.commands.keys() {
        is_old[id.index()] = key.source == 0;
    }
    is_old
}

fn title(args: &FlameArgs, difference: &Difference) -> String {
    let unit = folding::unit(args.weight);
    let (mut old, mut new) = (0_u64, 0_u64);
    for (_, it) in &difference.stacks {
        (old, new) = (old.saturating_add(it.old), new.saturating_add(it.new));
    }
    let change = Change::between(old, new).map(|change| format!(", {change} as measured")).unwrap_or_default();
    let totals = format!("{} before, {} now{change}", weight_text(old, unit), weight_text(new, unit));
    format!("{}: {totals}", folding::name(args.weight))
}
