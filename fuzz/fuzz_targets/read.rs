//! Any bytes as a trace: each line is an event or a problem, and what is made of them panics nowhere.
#![no_main]

use gotrace::analyze::summary::{self, summarize};
use gotrace::analyze::tally::{Commands, Tally};
use gotrace::build::{Action, Aside, Build, Detail, Kept, Pairing, Reading};
use gotrace::trace::{Event, Glance, Listener, Told, decode, read};
use libfuzzer_sys::fuzz_target;

#[derive(Default)]
struct Heard {
    events: usize,
    problems: usize,
}

impl<'a> Listener<'a> for Heard {
    fn start(&mut self, _: Glance, number: u64, line: &'a str) {
        match Event::parse(line) {
            Ok(event) => self.event(&event),
            Err(what) => self.problem(number, what),
        }
    }

    fn event(&mut self, _: &Event<'a>) {
        self.events += 1;
    }

    fn told(&mut self, _: Told) {
        self.events += 1;
    }

    fn problem(&mut self, _: u64, _: String) {
        self.problems += 1;
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut heard = Heard::default();
    let lines = read(&decode(bytes), &mut heard);
    let written = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    assert!(heard.events + heard.problems >= written, "a line was lost");

    // As two blocks of one trace, cut at a line end.
    let middle = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let reading = Reading::new(Detail::Figures);
    let (mut pairing, mut actions, mut tally) = (Pairing::default(), Vec::new(), Tally::new(Commands::Apart));
    let mut keep = |action: Action, aside: Aside| {
        tally.add(&action, aside.phases);
        actions.push((action, Kept::of(&action, aside)));
    };
    let mut lines_of_parts = 0;
    for block in [&bytes[..middle], &bytes[middle..]] {
        let part = reading.part(0, block);
        lines_of_parts += part.lines;
        reading.take(&mut pairing, part, &mut keep);
    }
    reading.finish(pairing, &mut keep);
    assert!(actions.len() <= heard.events, "an event is at most one action");
    assert!(lines_of_parts >= lines && lines_of_parts <= lines + 1, "lines are counted on");

    let catalog = reading.into_catalog();
    let summary = summarize(&catalog, &tally, &summary::Config { rows: 3, command: None });
    for job in &summary.jobs {
        let sum: u128 = job.account.iter().map(|(_, wall)| u128::from(wall.0)).sum();
        assert_eq!(sum, u128::from(job.wall.0), "what the wall time went to adds up to it");
    }
    let mut text = Vec::new();
    gotrace::render::text::write(&summary, &mut text).expect("memory takes it");
    let text = String::from_utf8(text).expect("text");
    let stray = text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    assert!(!stray.contains(|c: char| c.is_control() && c != '\n'), "a terminal is told nothing but text");
    assert!(Build::new(catalog, actions).actions.len() <= heard.events);
});
