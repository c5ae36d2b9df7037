//! Limits that do not hold, as annotations of a GitHub workflow.
//!
//! Knows rulings; does not know how an annotation is written.

use std::io::{self, Write};

use super::words;
use crate::analyze::diff::limit::{Ruling, State};
use crate::render::annotation::{self, Level};

/// Writes a line for each ruling that is not fine.
///
/// # Errors
/// Those of `out`.
pub fn write(rulings: &[Ruling], out: &mut dyn Write) -> io::Result<()> {
    let (errors, warnings): (Vec<&Ruling>, Vec<&Ruling>) =
        rulings.iter().filter(|it| it.state != State::Holds).partition(|it| it.state == State::Exceeded);
    for (level, rulings) in [(Level::Error, errors), (Level::Warning, warnings)] {
        let lines: Vec<(String, String)> = rulings.into_iter().map(annotated).collect();
        annotation::write(level, &lines, out)?;
    }
    Ok(())
}

fn annotated(ruling: &Ruling) -> (String, String) {
    // A name from a trace may hold a line end; here it must not start a line.
    let message = format!("{}: {}", ruling.about, words::found(ruling)).replace('\n', "␊");
    (format!("gotrace: {} {}", ruling.limit, words::state(ruling.state)), message)
}
#[cfg(test)]
mod tests {
    use super::*;

    fn ruling(about: &str, state: State) -> Ruling {
        let figures = (String::from("1 s"), String::from("2 s"));
        Ruling {
            limit: String::from("cpu>5%"),
            about: about.to_owned(),
            figures,
            interval: None,
            measured: None,
            state,
        }
    }

    fn lines(rulings: &[Ruling]) -> Vec<String> {
        let mut out = Vec::new();
        write(rulings, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_would_end_a_command_is_written_otherwise() {
        let found = lines(&[ruling("a%,\n::error::b", State::Exceeded), ruling("fine", State::Holds)]);
        assert_eq!(found, ["::error title=gotrace%3A cpu>5%25 EXCEEDED::a%25,␊::error::b: 1 s to 2 s"]);
    }

    #[test]
    fn github_shows_ten_of_a_kind_so_the_tenth_counts_the_others() {
        let many: Vec<Ruling> = (0..25).map(|at| ruling(&format!("p{at}"), State::MayBe)).collect();
        let found = lines(&many);
        assert_eq!((found.len(), found[9].as_str()), (10, "::warning title=gotrace::and 16 more"));
        assert_eq!(lines(&many[..10]).len(), 10);
    }
}
