//! A program that does what a script says: it stands in for compile, link, gcc and go itself.
//!
//! The script is the file beside the program, `compile.script` for `compile`: one step per line, words separated by
//! blanks, `"…"` around a word that holds some, `$0` for how the program was called, `$1` for its first argument, `$*` for
//! all; `-bench=FILE`, as Go's compile has it, is an option and not counted. Without a script it does nothing,
//! successfully. What it cannot do it says loudly and exits with 98; where it waited in vain, with 99.
//!
//! Knows nothing of gotrace. Only std, so that `rustc` alone can build it; with a C `main`, because std's own would
//! change the signals that some stories look at.
#![no_main]

use std::ffi::{OsStr, OsString, c_char, c_int, c_void};
use std::fs::{self, File};
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, exit};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a step waits for something that another process does.
const PATIENCE: Duration = Duration::from_secs(20);

/// The option that names the file for a compile's phases.
const BENCH: &[u8] = b"-bench=";

#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    // What the kernel was given, byte for byte; the first word is the program's own name.
    let mut args = words_ended_by_nul(&fs::read("/proc/self/cmdline").unwrap_or_default());
    args.retain(|word| !word.as_bytes().starts_with(BENCH));
    let script = std::env::current_exe().unwrap_or_default().with_extension("script");
    for line in fs::read_to_string(script).unwrap_or_default().lines() {
        let words = expand(&split(line), &args);
        if let Err(error) = step(&words, args.get(1..).unwrap_or_default()) {
            complain(98, &format!("step `{line}`: {error}"));
        }
    }
    0
}

fn step(words: &[OsString], args: &[OsString]) -> io::Result<()> {
    let text = |index: usize| words.get(index).map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    let number = |index: usize| text(index).parse::<u64>().map_err(io::Error::other);
    let path = |index: usize| words.get(index).map(Path::new).unwrap_or(Path::new(""));
    match text(0).as_str() {
        "" => Ok(()),
        "stdout" => say(&mut plain(1), &words[1..]),
        "stderr" => say(&mut plain(2), &words[1..]),
        "part" => plain(1).write_all(words[1].as_bytes()),
        "noise" => noise(number(1)?),
        "echo-stdin" => io::copy(&mut *plain(0), &mut *plain(1)).map(drop),
        "echo-fd" => io::copy(&mut *plain(number(1)? as c_int), &mut *plain(1)).map(drop),
        "copy" => fs::read(path(1)).and_then(|bytes| appear(path(2), &bytes)),
        "bench" => bench(&fs::read(path(1))?),
        "create" => appear(path(1), std::process::id().to_string().as_bytes()),
        "wait-for" => wait_for(path(1)),
        "write" => fs::write(path(2), vec![b'o'; number(1)? as usize]),
        "remove" => fs::remove_dir_all(path(1)),
        "remove-file" => fs::remove_file(path(1)),
        "show-signals" => show_signals(),
        "show-fds" => show_fds(),
        "show-env" => say(&mut plain(1), &[std::env::var_os(&words[1]).unwrap_or_default()]),
        "show-cwd" => say(&mut plain(1), &[fs::read_link("/proc/self/cwd")?.into_os_string()]),
        "count" => Ok(count(number(1)? as c_int)),
        "wait-for-signal" => wait_until(&format!("signal {}", text(1)), || caught(number(1).unwrap_or_default()) > 0),
        "show-count" => say(&mut plain(1), &[OsString::from(caught(number(1)?).to_string())]),
        "burn-cpu" => Ok(burn_cpu(Duration::from_millis(number(1)?))),
        "touch-memory" => Ok(touch_memory(number(1)? as usize * 1024 * 1024)),
        "write-through" => write_through(number(1)?, path(2)),
        "hide" => Ok(hide()),
        "set" => Ok(set(&words[1], &words[2])),
        "run" => run(Path::new("."), &words[1..]),
        "run-in" => run(path(1), &words[2..]),
        "crowd" => crowd(number(1)?, number(2)?, &words[3..]),
        "when" if args.contains(&words[1]) => step(&words[2..], args),
        "when" => Ok(()),
        "exit" => exit(number(1)? as c_int),
        "die-of" => Ok(die_of(number(1)? as c_int)),
        other => Err(io::Error::other(format!("there is no step {other}"))),
    }
}

unsafe extern "C" {
    fn signal(number: c_int, handler: *const c_void) -> *const c_void;
    fn raise(number: c_int) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn clock_gettime(clock: c_int, time: *mut [i64; 2]) -> c_int;
}

/// A descriptor as it is: no lock, no buffer, and left open.
fn plain(fd: c_int) -> ManuallyDrop<File> {
    ManuallyDrop::new(unsafe { File::from_raw_fd(fd) })
}

fn say(to: &mut File, words: &[OsString]) -> io::Result<()> {
    let mut line = words.join(OsString::from(" ").as_os_str()).into_vec();
    line.push(b'\n');
    to.write_all(&line)
}

/// Every byte there is, NUL among them, on both streams in turns.
fn noise(bytes: u64) -> io::Result<()> {
    let chunk: Vec<u8> = (0..=u8::MAX).cycle().skip(7).take(40_961).collect();
    let mut left = bytes as usize;
    while left > 0 {
        let part = &chunk[..left.min(chunk.len())];
        plain(1).write_all(part)?;
        plain(2).write_all(part)?;
        left -= part.len();
    }
    Ok(())
}

/// Tells where the time went, as compile does it: behind whatever is in the file that the last such option names, or not at
/// all where there is no such option.
fn bench(report: &[u8]) -> io::Result<()> {
    let words = words_ended_by_nul(&fs::read("/proc/self/cmdline")?);
    let Some(name) = words.iter().filter_map(|word| word.as_bytes().strip_prefix(BENCH)).next_back() else {
        return Ok(());
    };
    let file = File::options().append(true).create(true).open(Path::new(OsStr::from_bytes(name)));
    file?.write_all(report)
}

/// Puts a file in place whole, so that whoever waits for it never reads half of it.
fn appear(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension(format!("unfinished-{}", std::process::id()));
    fs::write(&unfinished, content)?;
    fs::rename(unfinished, path)
}

fn wait_for(path: &Path) -> io::Result<()> {
    wait_until(&path.display().to_string(), || path.exists())
}

fn wait_until(what: &str, happened: impl Fn() -> bool) -> io::Result<()> {
    let begin = Instant::now();
    while !happened() {
        if begin.elapsed() > PATIENCE {
            complain(99, &format!("waited in vain for {what}"));
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

fn show_signals() -> io::Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let lines = status.lines().filter(|line| ["SigBlk", "SigIgn", "SigCgt"].iter().any(|key| line.starts_with(key)));
    lines.map(OsString::from).try_for_each(|line| say(&mut plain(1), &[line]))
}

fn show_fds() -> io::Result<()> {
    let mut fds: Vec<_> = fs::read_dir("/proc/self/fd")?.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    fds.sort();
    say(&mut plain(1), &fds)
}

/// How often each signal arrived that is counted.
static CAUGHT: [AtomicU32; 65] = [const { AtomicU32::new(0) }; 65];

fn count(number: c_int) {
    extern "C" fn one_more(number: c_int) {
        CAUGHT[number as usize].fetch_add(1, Ordering::SeqCst);
    }
    unsafe { signal(number, one_more as extern "C" fn(c_int) as *const c_void) };
}

fn caught(number: u64) -> u32 {
    CAUGHT[number as usize].load(Ordering::SeqCst)
}

fn burn_cpu(time: Duration) {
    const CLOCK_PROCESS_CPUTIME_ID: c_int = 2;
    let mut used = [0, 0];
    while u128::from(used[0] as u64) * 1_000_000_000 + u128::from(used[1] as u64) < time.as_nanos() {
        unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &raw mut used) };
    }
}

fn touch_memory(bytes: usize) {
    let mut memory = vec![0u8; bytes];
    memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    std::hint::black_box(&memory);
}

/// Writes a file all the way to the disk, where the kernel counts blocks.
fn write_through(bytes: u64, path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&vec![b'b'; bytes as usize])?;
    file.sync_all()
}

/// Lets nobody but root look at this process in /proc, as a program does that holds secrets.
fn hide() {
    const PR_SET_DUMPABLE: c_int = 4;
    unsafe { prctl(PR_SET_DUMPABLE, 0) };
}

fn set(name: &OsString, value: &OsString) {
    // Nothing else runs in this process yet.
    unsafe { std::env::set_var(name, value) };
}

/// Runs a command and passes its failure on the way cmd/go does: in its own words, and as exit code 1.
fn run(directory: &Path, words: &[OsString]) -> io::Result<()> {
    let status = Command::new(&words[0]).args(&words[1..]).current_dir(directory).status()?;
    if !status.success() {
        complain(1, &format!("{}: {}", words[0].to_string_lossy(), in_words(status)));
    }
    Ok(())
}

fn in_words(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => format!("exit status {}", status.code().unwrap_or_default()),
    }
}

/// Many at once, each of them many times.
fn crowd(runners: u64, times: u64, words: &[OsString]) -> io::Result<()> {
    thread::scope(|scope| {
        for _ in 0..runners {
            scope.spawn(|| (0..times).try_for_each(|_| run(Path::new("."), words)));
        }
    });
    Ok(())
}

fn die_of(number: c_int) {
    unsafe { raise(number) };
}

fn complain(code: c_int, text: &str) -> ! {
    let name = std::env::current_exe().unwrap_or_default();
    let _ = writeln!(&mut *plain(2), "{}: {text}", name.file_name().unwrap_or_default().to_string_lossy());
    exit(code)
}

fn words_ended_by_nul(bytes: &[u8]) -> Vec<OsString> {
    let mut words: Vec<_> = bytes.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect();
    words.pop();
    words
}

fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_string());
        } else {
            words.extend(part.split_whitespace().map(str::to_string));
        }
    }
    words
}

fn expand(words: &[String], args: &[OsString]) -> Vec<OsString> {
    let mut expanded = Vec::new();
    for word in words {
        match word.strip_prefix('$').map(|rest| (rest, rest.parse::<usize>())) {
            Some(("*", _)) => expanded.extend_from_slice(args.get(1..).unwrap_or_default()),
            Some((_, Ok(index))) => expanded.extend(args.get(index).cloned()),
            _ => expanded.push(OsString::from(word)),
        }
    }
    debug_assert!(expanded.iter().all(|word| !word.as_bytes().contains(&0)));
    expanded
}
