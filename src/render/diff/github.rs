//! Limits that do not hold, as annotations of a GitHub workflow.
//!
//! Knows rulings and the workflow commands of GitHub's runners. Ten errors and ten warnings of a step are shown, so no more are
//! written, and the last one says how many there were.

use std::borrow::Cow;
use std::io::{self, Write};

use super::words;
use crate::analyze::diff::limit::{Ruling, State};
use crate::render::escape;

/// More are not shown.
const MOST: usize = 10;

/// Writes a line for each ruling that is not fine.
///
/// # Errors
/// Those of `out`.
pub fn write(rulings: &[Ruling], out: &mut dyn Write) -> io::Result<()> {
    let (errors, warnings): (Vec<&Ruling>, Vec<&Ruling>) =
        rulings.iter().filter(|it| it.state != State::Holds).partition(|it| it.state == State::Exceeded);
    for (kind, rulings) in [("error", errors), ("warning", warnings)] {
        let shown = if rulings.len() > MOST { MOST - 1 } else { rulings.len() };
        for ruling in &rulings[..shown] {
            let title = format!("gotrace: {} {}", ruling.limit, words::state(ruling.state));
            let message = format!("{}: {}", ruling.about, words::found(ruling));
            writeln!(out, "::{kind} title={}::{}", property(&title), data(&message))?;
        }
        if shown < rulings.len() {
            writeln!(out, "::{kind} title=gotrace::and {} more", rulings.len() - shown)?;
        }
    }
    Ok(())
}

/// The text of a workflow command.
fn data(text: &str) -> String {
    let visible: Cow<str> = escape::terminal(text);
    visible.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which a colon or a comma would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
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
