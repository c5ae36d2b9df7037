//! `gotrace flame` and `gotrace summary` of a CPU profile of compilers and linkers, as `gotrace record --compiler-profile`
//! writes it: told by its name, `….pb.gz`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analyze::fold::Order;
use crate::analyze::profile::{self, Root};
use crate::cli::args::{FlameArgs, Level, SummaryArgs, SummaryFormat, WeightArg};
use crate::cli::exit::{Exit, Failure, Stop, reason};
use crate::cli::output;
use crate::pprof::Profile;
use crate::render::flame::{self, Style, Unit};
use crate::render::text::Nothing;
use crate::render::{folded, profile as areas};
use crate::units::Percent;

/// Stacks of functions are many and deep: what is narrower is not seen.
const NARROWEST: Percent = Percent::from_thousandths(100);

/// The profile among the traces that are named, if it is one.
///
/// # Errors
/// There are several, of which one is a profile.
pub(crate) fn named(traces: &[PathBuf]) -> Result<Option<&Path>, Failure> {
    let is_profile = |path: &&PathBuf| path.to_string_lossy().ends_with(".pb.gz");
    match (traces.iter().find(is_profile), traces.len()) {
        (Some(path), 1) => Ok(Some(path)),
        (Some(path), _) => {
            Err(Failure::new(format!("{} is a profile, and cannot be put together with others", path.display())).hint(
                "name it alone; `gotrace record --compiler-profile` has merged the profiles of a whole job in it",
            ))
        }
        (None, _) => Ok(None),
    }
}

/// Draws a profile.
///
/// # Errors
/// It cannot be read, the picture not be written, or something is asked that a profile does not know.
pub(crate) fn flame(args: &FlameArgs, path: &Path) -> Result<Exit, Stop> {
    let roots = roots(args)?;
    let stacks = profile::fold(&read(path)?, &roots, args.package.as_ref(), order(args));
    let out = args.output.as_deref();
    if stacks.stacks.is_empty() {
        let nothing =
            args.package.as_ref().map_or_else(|| Nothing::weighs("CPU time"), |it| Nothing::matches(it.as_str()));
        output::nothing(&nothing);
        let empty = |out: &mut dyn std::io::Write| if args.folded { Ok(()) } else { flame::write_empty(&nothing, out) };
        output::report(out, empty)?;
        return Ok(Exit::Fine);
    }
    if args.folded {
        output::report(out, |out| folded::write(&stacks, out))?;
        return Ok(Exit::Fine);
    }
    let total = flame::weight_text(stacks.total(), Unit::Time);
    let style = Style {
        title: args.title.clone().unwrap_or_else(|| format!("compilers and linkers · CPU time: {total}")),
        width: args.width.and_then(|width| usize::try_from(width).ok()),
        min: args.min.unwrap_or(NARROWEST),
        unit: Unit::Time,
    };
    output::report(out, |out| flame::write(&stacks, &style, out))?;
    Ok(Exit::Fine)
}

fn order(args: &FlameArgs) -> Order {
    if args.reverse { Order::Reversed } else { Order::Forward }
}

/// The levels below the functions. What was not typed is `module,package,tool`, of which a profile has the last two; without a
/// wish the tool is enough.
fn roots(args: &FlameArgs) -> Result<Vec<Root>, Failure> {
    let known = "a profile knows the functions of compilers and linkers, by package and by tool, in CPU time";
    if args.chart || !matches!(args.weight, WeightArg::Wall | WeightArg::Cpu) {
        return Err(Failure::new(known).hint("leave out --chart and --weight"));
    }
    if args.by == [Level::Module, Level::Package, Level::Tool] {
        return Ok(vec![Root::Tool]);
    }
    let root = |level: &Level| match level {
        Level::Package => Ok(Root::Package),
        Level::Tool => Ok(Root::Tool),
        _ => Err(Failure::new(known).hint("--by takes package and tool here")),
    };
    args.by.iter().map(root).collect()
}

/// Prints what the compiler did, by area.
///
/// # Errors
/// The profile cannot be read, or the table not be written.
pub(crate) fn summary(args: &SummaryArgs, path: &Path) -> Result<Exit, Stop> {
    let areas = profile::areas(&read(path)?);
    match args.format {
        SummaryFormat::Text => output::coloured(|out| areas::write(&areas, out))?,
        SummaryFormat::Markdown => output::report(None, |out| areas::write_markdown(&areas, out))?,
        SummaryFormat::Json => output::report(None, |out| areas::write_json(&areas, out))?,
    }
    Ok(Exit::Fine)
}

/// Reads a profile.
///
/// # Errors
/// There is no such file, or it is no profile.
pub(crate) fn read(path: &Path) -> Result<Profile, Failure> {
    let read = fs::read(path).and_then(|bytes| Profile::read(&bytes));
    read.map_err(|error| {
        Failure::new(format!("cannot read the profile {}: {}", path.display(), reason(&error.to_string())))
            .hint("`gotrace record --compiler-profile -- go build …` writes one")
    })
}
