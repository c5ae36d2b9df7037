//! Other programs, asked for something: with little time, and an end to what they may say.
//!
//! Knows processes; does not know what is asked. Whatever hangs is ended, with all that it started.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::answer::Unknown;

/// As long as any program may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What is said beyond this is not read: no answer that anybody asked for is as long.
const MOST_BYTES: u64 = 64 << 20;

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
        let words = if words.is_empty() { String::from("it said nothing") } else { words.join(" ") };
        Err(Unknown(format!("{asked}: {words}")))
    }
}

/// Why nothing was said.
#[derive(Debug)]
pub(super) enum Silence {
    /// It cannot be started: the words of the system.
    NotStarted(Unknown),
    /// It did not end in time.
    Hangs(Unknown),
}

impl From<Silence> for Unknown {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::NotStarted(why) | Silence::Hangs(why) => why,
        }
    }
}

/// Runs it to its end, or to the end of patience.
///
/// # Errors
/// It cannot be started, or it hangs.
pub(super) fn ask(command: &mut Command, patience: Duration) -> Result<Said, Silence> {
    let name = command.get_program().to_string_lossy().into_owned();
    let deadline = Instant::now() + patience;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child =
        command.spawn().map_err(|error| Silence::NotStarted(Unknown(format!("{name} cannot be run: {error}"))))?;
    let streams = (heard(child.stdout.take()), heard(child.stderr.take()));
    let left = || deadline.saturating_duration_since(Instant::now());
    let texts = streams.0.recv_timeout(left()).and_then(|out| Ok((out, streams.1.recv_timeout(left())?)));
    let (Ok((stdout, stderr)), Some(status)) = (texts, ended(&mut child, deadline)) else {
        end(&mut child);
        return Err(Silence::Hangs(Unknown(format!("{name} did not end within {} s", patience.as_secs()))));
    };
    Ok(Said { status, stdout, stderr })
}

/// What a stream says up to its end, as soon as that is there.
fn heard(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until it failed is what it said.
        let _ = stream.map(|stream| stream.take(MOST_BYTES).read_to_end(&mut bytes));
        // Where nobody waits any more, nobody is told.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// Who has closed its streams has nothing left to do but to end; few take a moment longer.
fn ended(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Its group has its number, and nobody else can get it while it is not waited for.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // Whoever is gone already is what was wanted.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}
