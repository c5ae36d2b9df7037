//! Other programs, asked for something: with little time, and an end to what they may say.
//!
//! Knows processes; does not know what is asked. Nothing outlives an answer, the end of patience or the doctor that is in the
//! group of what was started here: who leaves it, as daemons do, is let go. Where the doctor is killed (KILL), only those end
//! that it started itself. Needs no thread, of which a machine may have none to give.

mod groups;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, kill_process_group, pidfd_open, waitid};

use super::answer::Unknown;
use groups::Place;
pub(super) use groups::end as end_all;

/// As long as any program may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// As long as all programs together may take that a check asks one after the other, or a question that is kept for all checks.
pub(super) const PATIENCE_WITH_ALL: Duration = Duration::from_secs(14);

/// What is said beyond this is not read: no answer that anybody asked for is as long.
const MOST_BYTES: usize = 64 << 20;

thread_local! {
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// From now on nothing that this thread asks takes longer than to this moment.
pub(super) fn nothing_beyond(end: Option<Instant>) {
    END.set(end);
}

/// The moment beyond which nothing may take that this thread asks: for threads that ask in its place.
pub(super) fn end_of_time() -> Option<Instant> {
    END.get()
}

/// Asks what is kept for all checks: what time the first of them has left is its own.
pub(super) fn for_all<T>(question: impl FnOnce() -> T) -> T {
    let end_of_check = END.replace(Some(Instant::now() + PATIENCE_WITH_ALL));
    let answer = question();
    END.set(end_of_check);
    answer
}

/// How it ended, and what it said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Said {
    /// What it printed, where it was content.
    ///
    /// # Errors
    /// It was not: its own words.
    pub(super) fn fine(self, asked: &str) -> Result<String, Unknown> {
        if self.status.success() {
            return Ok(self.stdout);
        }
        // Where it is which file and which line often stands in the second.
        let words: Vec<&str> = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
        Err(Unknown(match words[..] {
            [] => format!("{asked}: it said nothing"),
            // What stands in the way of all its commands, go says of each in the same words: they are told once.
            [first, ..] if first.starts_with("go: ") => words.join(" "),
            _ => format!("{asked}: {}", words.join(" ")),
        }))
    }
}

/// Why nothing was said.
#[derive(Debug)]
pub(super) enum Silence {
    /// It cannot be started: the words of the system.
    NotStarted(Unknown),
    /// Nothing can be started now, which is no fault of this program.
    NoRoom(Unknown),
    /// It did not end in time.
    Hangs(Unknown),
}

impl From<Silence> for Unknown {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::NotStarted(why) | Silence::NoRoom(why) | Silence::Hangs(why) => why,
        }
    }
}

/// Runs it to its end, or to the end of patience.
///
/// # Errors
/// It cannot be started, or it hangs.
pub(super) fn ask(command: &mut Command, patience: Duration) -> Result<Said, Silence> {
    let name = command.get_program().to_string_lossy().into_owned();
    let began = Instant::now();
    let deadline = END.get().map_or(began + patience, |end| end.min(began + patience));
    if deadline <= began {
        return Err(Silence::Hangs(Unknown(format!("there was no time left to ask {name}"))));
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let place = Place::take();
    let mut child = place.start(command, getpid()).map_err(|error| not_started(&name, &error))?;
    let streams = [child.stdout.take().map(OwnedFd::from), child.stderr.take().map(OwnedFd::from)];
    let texts = heard(streams, deadline).filter(|_| has_ended(&child, deadline));
    let status = end(child, place);
    let Some(([stdout, stderr], status)) = texts.zip(status) else {
        let patience = in_words(deadline - began);
        return Err(Silence::Hangs(Unknown(format!("{name} did not end within {patience}"))));
    };
    Ok(Said { status, stdout, stderr })
}

/// As exact as it is worth while.
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1..10 if time.subsec_millis() > 0 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{seconds} s"),
    }
}

/// What has no processes, files or memory left would not start anything else either.
fn not_started(name: &str, error: &io::Error) -> Silence {
    use rustix::io::Errno;
    let why = Unknown(format!("{name} cannot be run: {error}"));
    let number = error.raw_os_error().unwrap_or_default();
    let starved = [Errno::AGAIN, Errno::NOMEM, Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error).contains(&number);
    if starved { Silence::NoRoom(why) } else { Silence::NotStarted(why) }
}

/// What streams say up to their ends; none where these do not come in time.
fn heard(streams: [Option<OwnedFd>; 2], deadline: Instant) -> Option<[String; 2]> {
    let mut said = [Vec::new(), Vec::new()];
    let streams = streams.into_iter().map(|stream| stream.map(File::from));
    let mut open: Vec<_> = streams.zip(&mut said).filter_map(|(stream, said)| Some((stream?, said))).collect();
    while !open.is_empty() {
        let mut ready = ready(open.iter().map(|(stream, _)| stream), deadline)?.into_iter();
        open.retain_mut(|(stream, said)| ready.next() != Some(Ready::ToRead) || has_more(stream, said));
    }
    drop(open);
    Some(said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ready {
    Not,
    ToRead,
}

/// Waits until something can be read, and says where; none where the time is over.
fn ready<'a, F: AsFd + 'a>(streams: impl Iterator<Item = &'a F>, deadline: Instant) -> Option<Vec<Ready>> {
    let mut polled: Vec<PollFd> = streams.map(|stream| PollFd::new(stream, PollFlags::IN)).collect();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match poll(&mut polled, Some(&Timespec::try_from(left).ok()?)) {
            Ok(0) if left.is_zero() => return None,
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => break,
            Err(_) => return None,
        }
    }
    let told = |one: &PollFd| if one.revents().is_empty() { Ready::Not } else { Ready::ToRead };
    Some(polled.iter().map(told).collect())
}

/// Reads what is there. What was read until a stream ended, failed or became too long is what it said.
fn has_more(stream: &mut File, said: &mut Vec<u8>) -> bool {
    let mut bytes = [0; 1 << 14];
    match stream.read(&mut bytes) {
        Ok(0) => false,
        Ok(count) => {
            said.extend_from_slice(&bytes[..count]);
            said.len() < MOST_BYTES
        }
        Err(error) => error.kind() == ErrorKind::Interrupted,
    }
}

/// Whether it ends in time. Who has closed its streams has nothing left to do but that; few take a moment longer.
fn has_ended(child: &Child, deadline: Instant) -> bool {
    let pid = Pid::from_child(child);
    if let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) {
        return ready([&process].into_iter(), deadline).is_some();
    }
    // Before Linux 5.3, and in some sandboxes, one has to ask again and again.
    let looked = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while Instant::now() < deadline {
        match waitid(WaitId::Pid(pid), looked) {
            Ok(None) => thread::sleep(Duration::from_millis(1)),
            ended => return ended.is_ok(),
        }
    }
    false
}

/// Ends it with all that it left behind. Its group has its number. It has not been waited for yet, even where it has ended, so
/// nobody else has got that number.
fn end(mut child: Child, place: Place) -> Option<ExitStatus> {
    // Whoever is gone already is what was wanted.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    drop(place);
    child.wait().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_no_time_left<T>(then: impl FnOnce() -> T) -> T {
        nothing_beyond(Some(Instant::now()));
        let answer = then();
        nothing_beyond(None);
        answer
    }

    #[test]
    fn what_is_kept_for_all_checks_is_asked_with_patience_and_the_check_has_no_more_than_before() {
        let asked = || ask(&mut Command::new("/bin/true"), PATIENCE);
        with_no_time_left(|| {
            assert!(for_all(asked).is_ok_and(|said| said.status.success()));
            assert!(matches!(asked(), Err(Silence::Hangs(_))));
        });
    }

    #[test]
    fn little_time_is_not_told_as_none() {
        let told = [900, 1000, 3950, 10_000, 10_400].map(|time| in_words(Duration::from_millis(time)));
        assert_eq!(told, ["900 ms", "1 s", "4.0 s", "10 s", "10 s"]);
        let Err(silence) = ask(Command::new("/bin/sleep").arg("600"), Duration::from_millis(20)) else {
            panic!("it sleeps")
        };
        let Unknown(why) = silence.into();
        assert_eq!(why, "/bin/sleep did not end within 20 ms");
    }
}
