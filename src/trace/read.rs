//! Bytes of a trace to events and problems.
//!
//! Knows lines; does not know what a build is. Never fails on content: a line that is torn, foreign or newer costs
//! itself and becomes a problem. A torn line can have a whole one glued to its end (the disk was full, and then was not);
//! that one is still read.

use std::borrow::Cow;

use memchr::memchr_iter;

use super::event::{Event, Glance, Kind};
use super::told::Told;

/// Something odd in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: the trace's name, with the line where there is one.
    pub place: String,
    /// What is odd there, as the end of the sentence that `place` begins.
    pub what: String,
}

/// What a reader is told, in the order of the lines.
pub trait Listener<'a> {
    /// A start, at a glance: its pid, when it was, and its line. Nearly every start is soon followed by an end that says
    /// all of it again, so a line is parsed only where the end does not come.
    fn start(&mut self, glance: Glance, number: u64, line: &'a str);
    /// Any other event of a tool run, and those of types that are not known.
    fn event(&mut self, event: &Event<'a>);
    /// An event of a job or a go command.
    fn told(&mut self, told: Told);
    /// A line that is no event. Lines count from 1 at the beginning of the text.
    fn problem(&mut self, number: u64, what: String);
}

/// Bytes as text. Bad UTF-8 can stand in a torn line only, and is shown as U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    // Asked first because the lossy way takes several times as long, also where there is nothing to lose.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Reads `text`, which begins at the beginning of a line. Returns how many lines it has.
pub fn read<'a>(text: &'a str, listener: &mut impl Listener<'a>) -> u64 {
    let mut number = 0;
    let mut start = 0;
    let rest = (!text.ends_with('\n')).then_some(text.len());
    for end in memchr_iter(b'\n', text.as_bytes()).chain(rest) {
        number += 1;
        read_line(text.get(start..end).unwrap_or_default(), number, listener);
        start = end + 1;
    }
    number
}

fn read_line<'a>(line: &'a str, number: u64, listener: &mut impl Listener<'a>) {
    let line = line.trim_ascii();
    if line.is_empty() {
        return;
    }
    if let Some(glance) = Glance::at_start(line) {
        return listener.start(glance, number, line);
    }
    match Event::parse(line) {
        Ok(event) if event.kind == Kind::Unknown => match Told::parse(line) {
            Ok(Told::Unknown) => listener.event(&event),
            Ok(told) => listener.told(told),
            Err(what) => listener.problem(number, what),
        },
        Ok(event) => listener.event(&event),
        Err(what) => {
            listener.problem(number, what);
            if let Some(Ok(event)) = last_beginning(line).map(Event::parse) {
                listener.event(&event);
            }
        }
    }
}

/// The last place in a line where our writer could have begun another one.
fn last_beginning(line: &str) -> Option<&str> {
    let at = line.rfind("{\"type\":\"")?;
    line.get(at..).filter(|_| at > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Events as `type pid`, problems as `!line`.
    #[derive(Default)]
    struct Heard(Vec<String>);

    impl<'a> Listener<'a> for Heard {
        fn start(&mut self, glance: Glance, number: u64, line: &'a str) {
            match Event::parse(line) {
                Ok(event) => {
                    assert_eq!((event.kind, event.pid, event.start_ns), (Kind::Start, glance.pid, glance.start_ns));
                    self.event(&event);
                }
                Err(what) => self.problem(number, what),
            }
        }

        fn event(&mut self, event: &Event<'_>) {
            self.0.push(match event.kind {
                Kind::Start => format!("start {}", event.pid),
                Kind::End => format!("end {}", event.pid),
                Kind::Unknown => String::from("unknown"),
            });
        }

        fn told(&mut self, _: Told) {
            self.0.push(String::from("told"));
        }

        fn problem(&mut self, line: u64, _: String) {
            self.0.push(format!("!{line}"));
        }
    }

    fn heard(text: impl AsRef<[u8]>) -> Vec<String> {
        let mut heard = Heard::default();
        read(&decode(text.as_ref()), &mut heard);
        heard.0
    }

    fn start(pid: u64) -> String {
        format!("{{\"type\":\"start\",\"v\":1,\"tool\":\"compile\",\"pid\":{pid},\"start_ns\":5}}\n")
    }

    #[test]
    fn events_come_in_the_order_of_the_lines() {
        let end = "{\"type\":\"end\",\"v\":1,\"pid\":1,\"start_ns\":5,\"end_ns\":9}\n";
        assert_eq!(heard(start(1) + &start(2) + end), ["start 1", "start 2", "end 1"]);
    }

    #[test]
    fn a_bad_line_costs_itself_alone() {
        let text = start(1) + "warning: what is this\n\n[1,2]\n{\"type\":5}\n" + &start(2);
        assert_eq!(heard(text), ["start 1", "!2", "!4", "!5", "start 2"]);
    }

    #[test]
    fn an_event_behind_a_torn_one_is_still_read() {
        let torn = start(1);
        let text = torn[..30].to_owned() + &start(2) + &start(3);
        assert_eq!(heard(text), ["!1", "start 2", "start 3"]);
    }

    #[test]
    fn a_type_or_key_of_the_future_is_skipped_and_a_version_of_the_future_is_not_guessed_at() {
        let text = "{\"type\":\"prophecy\",\"v\":1}\n{\"type\":\"start\",\"v\":1,\"pid\":1,\"start_ns\":1,\"new\":[{}]}\n{\"type\":\"end\",\"v\":2}\n";
        assert_eq!(heard(text), ["unknown", "start 1", "!3"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_every_line_is_accounted_for(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
            prop_assert!(heard(&text).len() >= lines);
        }

        #[test]
        fn lines_of_others_in_between_lose_nothing(
            count in 1_u64..6,
            garbage in prop::collection::vec((0_usize..6, "[^\n]{0,40}"), 0..6),
        ) {
            let mut lines: Vec<String> = (1..=count).map(start).collect();
            for (at, text) in garbage {
                lines.insert(at.min(lines.len()), text + "\n");
            }
            let expected: Vec<String> = (1..=count).map(|pid| format!("start {pid}")).collect();
            let heard: Vec<String> = heard(lines.concat()).into_iter().filter(|heard| heard.starts_with("start")).collect();
            prop_assert_eq!(heard, expected);
        }

        #[test]
        fn cutting_a_trace_anywhere_loses_at_most_one_event(count in 1u64..6, cut in 0usize..400) {
            let text: String = (1..=count).map(start).collect();
            let cut = cut.min(text.len());
            let whole_lines = text[..cut].matches('\n').count();
            let events = heard(&text[..cut]).iter().filter(|heard| heard.starts_with("start")).count();
            prop_assert!(events == whole_lines || events == whole_lines + 1);
        }
    }
}
