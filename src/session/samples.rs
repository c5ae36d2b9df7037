//! What the machine and the job do, a few times per second: `sample` events, and the state of things for who watches.
//!
//! Knows figures of the moment and the events that shims append meanwhile; does not know how they are shown.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::diary::Reader;
use super::machine::{Below, Cgroup, Memory, Processors, stall_ns};
use crate::record::{Sink, clock};
use crate::trace::{Event, FORMAT_VERSION, Kind, Line};
use crate::units::{Bytes, Nanos};

/// How often: fine enough to see a compile's memory grow, coarse enough to cost nothing.
const EVERY: Duration = Duration::from_millis(250);

/// The state of a job.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Since the job was started.
    pub elapsed: Nanos,
    /// Actions that have ended.
    pub done: u64,
    /// Actions in flight: tool, package, for how long; the oldest first.
    pub running: Vec<(String, String, Nanos)>,
    /// Resident memory of all processes of the job.
    pub rss: Bytes,
}

/// Tells the sampling thread that the job has ended.
#[derive(Debug, Default)]
pub(super) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(super) fn now(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_all();
    }

    /// Sleeps until the next sample is due; whether there is to be one.
    fn sleep(&self) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped {
            self.changed.wait_for(&mut stopped, EVERY);
        }
        !*stopped
    }
}

/// What is sampled.
pub(super) struct Sampler<'a> {
    pub(super) session: &'a str,
    /// The process whose descendants are the job.
    pub(super) root: u32,
    pub(super) started_ns: u64,
    pub(super) cgroup: Option<&'a Cgroup>,
    pub(super) flight: Flight,
    /// Who reads what go commands have written about themselves meanwhile.
    pub(super) diaries: Option<Reader>,
}

impl Sampler<'_> {
    /// Samples until it is told to stop, once more then, and calls `view` each time. What there is to read is read behind
    /// that: the job does not wait for it, and the next sample can.
    pub(super) fn run(mut self, stop: &Stop, sink: &mut Sink, view: &mut dyn FnMut(&Progress)) {
        loop {
            let goes_on = stop.sleep();
            let below = Below::of(self.root);
            let now = clock::monotonic_ns();
            sink.append(&self.event(now, below));
            self.flight.read_on();
            view(&self.flight.progress(Nanos(now).since(Nanos(self.started_ns)), Nanos(now), Bytes(below.rss_bytes)));
            if let Some(diaries) = &mut self.diaries {
                diaries.read_on(sink);
            }
            if !goes_on {
                return;
            }
        }
    }

    fn event(&self, now: u64, below: Below) -> Vec<u8> {
        let mut line = Line::new("sample");
        line.number("v", FORMAT_VERSION);
        line.text("session", self.session.as_bytes());
        line.number("at_ns", now);
        line.number("processes", below.processes);
        line.number("rss_bytes", below.rss_bytes);
        if let Some(processors) = Processors::read() {
            line.number("host_busy_ns", processors.busy_ns);
            line.number("host_steal_ns", processors.steal_ns);
        }
        line.number_if("available_bytes", Memory::read().available);
        line.number_if("cpu_stall_ns", stall_ns("cpu"));
        line.number_if("memory_stall_ns", stall_ns("memory"));
        line.number_if("io_stall_ns", stall_ns("io"));
        line.number_if("cgroup_bytes", self.cgroup.and_then(Cgroup::usage));
        line.number_if("oom_kills", self.cgroup.and_then(Cgroup::oom_kills));
        line.finish()
    }
}

/// The actions in flight, from the events that shims append to the trace.
#[derive(Debug)]
pub(super) struct Flight {
    trace: Option<File>,
    /// The beginning of a line whose end is not there yet.
    rest: Vec<u8>,
    done: u64,
    running: BTreeMap<(u64, u64), (String, String)>,
}

impl Flight {
    /// From this place of the trace on.
    pub(super) fn from(trace: &Path, offset: u64) -> Self {
        let trace = File::open(trace).ok().and_then(|mut file| file.seek(SeekFrom::Start(offset)).ok().map(|_| file));
        Self { trace, rest: Vec::new(), done: 0, running: BTreeMap::new() }
    }

    fn read_on(&mut self) {
        let Some(trace) = &mut self.trace else { return };
        // Who watches can do without what cannot be read; the readers will complain of it.
        let _ = trace.read_to_end(&mut self.rest);
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        for line in lines.split(|byte| *byte == b'\n') {
            if let Some(event) = std::str::from_utf8(line).ok().and_then(|line| Event::parse(line).ok()) {
                self.hear(&event);
            }
        }
    }

    fn hear(&mut self, event: &Event) {
        let key = (event.start_ns, event.pid);
        match event.kind {
            _ if event.probe => {}
            Kind::Start => {
                let package = event.package.as_ref().map(|package| package.as_str().to_owned()).unwrap_or_default();
                self.running.insert(key, (event.tool.as_str().to_owned(), package));
            }
            Kind::End => {
                self.running.remove(&key);
                self.done += 1;
            }
            Kind::Unknown => {}
        }
    }

    fn progress(&self, elapsed: Nanos, now: Nanos, rss: Bytes) -> Progress {
        let running = self.running.iter();
        let running =
            running.map(|((start, _), (tool, package))| (tool.clone(), package.clone(), now.since(Nanos(*start))));
        Progress { elapsed, done: self.done, running: running.collect(), rss }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_in_flight_is_read_off_the_trace_as_it_grows() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trace.jsonl");
        let mut trace = File::create(&path).expect("a trace");
        let mut write = |text: &str| trace.write_all(text.as_bytes()).expect("written");
        write("{\"type\":\"end\",\"v\":1,\"tool\":\"link\",\"pid\":9,\"start_ns\":1,\"end_ns\":2}\n");
        let offset = std::fs::metadata(&path).expect("its size").len();
        let mut flight = Flight::from(&path, offset);
        let now = |flight: &mut Flight| {
            flight.read_on();
            let progress = flight.progress(Nanos(0), Nanos(100), Bytes(0));
            (progress.done, progress.running)
        };
        let running = |package: &str, for_ns| vec![(String::from("compile"), package.to_owned(), Nanos(for_ns))];
        write(
            "{\"type\":\"start\",\"v\":1,\"tool\":\"compile\",\"package\":\"a\",\"pid\":7,\"start_ns\":90}\n{\"type\":\"sta",
        );
        assert_eq!(now(&mut flight), (0, running("a", 10)));
        write("rt\",\"v\":1,\"tool\":\"compile\",\"package\":\"b\",\"pid\":8,\"start_ns\":95}\nnoise\n");
        write(
            "{\"type\":\"end\",\"v\":1,\"tool\":\"compile\",\"package\":\"a\",\"pid\":7,\"start_ns\":90,\"end_ns\":99}\n",
        );
        assert_eq!(now(&mut flight), (1, running("b", 5)));
    }

    #[test]
    fn a_stop_ends_the_sleep() {
        let stop = Stop::default();
        stop.now();
        assert!(!stop.sleep());
    }
}
