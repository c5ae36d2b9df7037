//! `gotrace redact`: a trace without names.

use std::io;

use crate::cli::args::RedactArgs;
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::{input, output};
use crate::trace::{Block, Delivery, Redaction, decode, for_each_block};

/// Writes it.
///
/// # Errors
/// The trace cannot be read to its end, or what is left of it not be written.
pub(crate) fn run(args: &RedactArgs) -> Result<Exit, Stop> {
    let source = input::open(&args.trace, 0)?;
    let redaction = args.salt.as_deref().map_or_else(Redaction::at_random, Redaction::with_salt);
    let mut left_out = 0_u64;
    let mut end: io::Result<()> = Ok(());
    let mut broken = None;
    output::report(args.output.as_deref(), |out| {
        for_each_block(
            vec![source],
            |block| redacted(&redaction, block),
            |delivery| match delivery {
                Delivery::Mapped((text, foreign)) => {
                    left_out += foreign;
                    if end.is_ok() {
                        end = out.write_all(text.as_bytes());
                    }
                }
                Delivery::Broken { error, .. } => broken = Some(error),
            },
        );
        end
    })?;
    if left_out > 0 {
        let trace = args.trace.display();
        let what = match left_out {
            1 => format!("1 line of {trace} is no event and was left out"),
            lines => format!("{lines} lines of {trace} are no events and were left out"),
        };
        output::say(&format!("gotrace: {what}"));
    }
    match broken {
        None => Ok(Exit::Fine),
        Some(error) => {
            Err(Failure::new(format!("cannot read the trace {} to its end: {error}", args.trace.display())).into())
        }
    }
}

/// The lines of a block without names, and how many are none of an event.
fn redacted(redaction: &Redaction, block: &Block) -> (String, u64) {
    let text = decode(block.text);
    let mut redacted = String::with_capacity(text.len());
    let mut foreign = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match redaction.line(line) {
            Some(line) => redacted.extend([line.as_str(), "\n"]),
            None => foreign += 1,
        }
    }
    (redacted, foreign)
}
