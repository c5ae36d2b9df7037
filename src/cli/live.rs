//! The line at the bottom of a terminal while a command is being recorded.
//!
//! Knows terminals; does not know how the figures come about. The line stands below the cursor, so that whatever the
//! command prints meanwhile stands above it.

use std::io::{self, IsTerminal, Write};

use crate::render::escape;
use crate::session::Progress;
use crate::units::Nanos;

/// No terminal that is used for builds is narrower; a line that wraps would leave its rest behind.
const COLUMNS: usize = 79;

/// An action that has been running for less is not what holds things up.
const LONG: Nanos = Nanos(500_000_000);

/// Whether somebody looks.
pub(crate) fn is_watched() -> bool {
    let can_move = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    can_move && io::stderr().is_terminal()
}

/// Draws the line anew.
pub(crate) fn show(progress: &Progress) {
    put(&words(progress));
}

/// Takes the line away.
pub(crate) fn clear() {
    put("");
}

/// Clears the line of the cursor, which may be an old line of ours that the command has moved onto, writes below it, and
/// comes back.
fn put(text: &str) {
    // A terminal that goes away takes nothing with it that matters.
    let _ = write!(io::stderr(), "\x1b[2K\n\x1b[2K{text}\x1b[A\r");
}

fn words(progress: &Progress) -> String {
    let Progress { elapsed, done, running, rss } = progress;
    let mut text = format!("gotrace: {elapsed}, {done} done, {} running, {rss}", running.len());
    if let Some((tool, package, held)) = running.first().filter(|(.., held)| *held >= LONG) {
        text.push_str(&format!(": {tool} {package} {held}"));
    }
    escape::terminal(&text).chars().take(COLUMNS).collect()
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::session::Progress;
    use crate::units::{Bytes, Nanos};

    #[test]
    fn the_line_names_what_holds_things_up() {
        let running =
            |seconds: u64| vec![(String::from("compile"), String::from("net/http"), Nanos(seconds * 1_000_000_000))];
        let progress = Progress { elapsed: Nanos(3_000_000_000), done: 12, running: running(2), rss: Bytes(1 << 20) };
        assert_eq!(words(&progress), "gotrace: 3.00 s, 12 done, 1 running, 1.00 MiB: compile net/http 2.00 s");
        let progress = Progress { running: running(0), ..progress };
        assert_eq!(words(&progress), "gotrace: 3.00 s, 12 done, 1 running, 1.00 MiB");
    }

    #[test]
    fn the_line_does_not_wrap() {
        let running = vec![(String::from("compile"), "long/".repeat(50), Nanos(u64::MAX))];
        assert_eq!(words(&Progress { running, ..Progress::default() }).chars().count(), 79);
    }
}
