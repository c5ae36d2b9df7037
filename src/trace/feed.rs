//! Traces as a stream of blocks of whole lines, worked on by several threads and delivered in order.
//!
//! Knows files, gzip and threads; does not know what a line says. A trace of a fleet is gigabytes, so nothing here holds
//! more than a few blocks at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;

use flate2::bufread::MultiGzDecoder;
use memchr::memrchr;
use parking_lot::{Condvar, Mutex};

/// Large enough that handing a block over costs nothing beside reading it, small enough that a few fit into a cache.
const BLOCK_BYTES: usize = 1 << 18;

/// What is behind this many bytes of one line is left out. No event is a tenth as long; a device or a file that never ends
/// its line would otherwise fill the memory.
const LINE_BYTES: usize = 1 << 22;

/// An open trace.
pub struct Source {
    name: String,
    bytes: Box<dyn Read + Send>,
}

/// Some whole lines of one source.
#[derive(Debug)]
pub struct Block<'a> {
    /// Which source, counted from 0.
    pub source: usize,
    /// The lines; the last one of a source may lack its line end.
    pub text: &'a [u8],
}

/// What `for_each_block` delivers, in the order of the sources and their lines.
#[derive(Debug)]
pub enum Delivery<T> {
    /// What `map` made of the next block.
    Mapped(T),
    /// The source could not be read to its end.
    Broken {
        /// Which source, counted from 0.
        source: usize,
        /// Why.
        error: io::Error,
    },
}

impl Source {
    /// Opens a trace; `-` is standard input. Gzip is recognised by its first bytes, whatever the name says.
    ///
    /// # Errors
    /// The file cannot be opened or its beginning cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_at(path, 0)
    }

    /// Opens a trace from this byte on, where a line begins.
    ///
    /// # Errors
    /// The file cannot be opened or its beginning cannot be read.
    pub fn open_at(path: &Path, offset: u64) -> io::Result<Self> {
        let name = path.display().to_string();
        let raw: Box<dyn Read + Send> = if name == "-" {
            Box::new(io::stdin())
        } else {
            let mut file = open_file(path)?;
            if offset > 0 {
                file.seek(SeekFrom::Start(offset))?;
            }
            Box::new(file)
        };
        Ok(Self { name, bytes: unzipped(raw)? })
    }

    /// The path as the user gave it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok(file)
}

fn unzipped(mut raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut magic = Vec::new();
    raw.by_ref().take(2).read_to_end(&mut magic)?;
    let is_gzip = magic == [0x1f, 0x8b];
    let whole = io::Cursor::new(magic).chain(raw);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole))) } else { Box::new(whole) })
}

/// Calls `map` for each block, on as many threads as the machine has processors but at most eight, and `deliver` with the
/// results in order, on this thread. A panic in either comes out of here.
pub fn for_each_block<T: Send>(
    sources: Vec<Source>,
    map: impl Fn(&Block) -> T + Sync,
    mut deliver: impl FnMut(Delivery<T>),
) {
    let mut feed = Feed { sources, at: 0, carried: Vec::new(), broken: None };
    // A small trace is not worth a thread.
    let mut text = Buffer::default();
    for _ in 0..2 {
        let Some(read) = feed.next(&mut text) else { return };
        deliver(apply(read, text.filled(), &map));
    }
    let workers = thread::available_parallelism().map_or(1, usize::from).min(8);
    let queue = Queue::new(feed, workers);
    thread::scope(|scope| {
        let _listening = Presence { end: &|| queue.stop() };
        for _ in 0..workers {
            scope.spawn(|| queue.work(&map));
        }
        while let Some(delivery) = queue.next_in_order() {
            deliver(delivery);
        }
    });
}

fn apply<T>(read: BlockRead, text: &[u8], map: &impl Fn(&Block) -> T) -> Delivery<T> {
    match read {
        Ok(source) => Delivery::Mapped(map(&Block { source, text })),
        Err((source, error)) => Delivery::Broken { source, error },
    }
}

/// The source of a block, or the source that broke and why.
type BlockRead = Result<usize, (usize, io::Error)>;

/// Cuts the sources into blocks.
struct Feed {
    sources: Vec<Source>,
    at: usize,
    /// The beginning of a line whose end is in the next block.
    carried: Vec<u8>,
    /// Why the source before `at` has no more, once what could be read of it is delivered.
    broken: Option<io::Error>,
}

impl Feed {
    /// Fills `text` with the next block.
    fn next(&mut self, text: &mut Buffer) -> Option<BlockRead> {
        text.filled = 0;
        if let Some(error) = self.broken.take() {
            return Some(Err((self.at - 1, error)));
        }
        text.append(&self.carried);
        self.carried.clear();
        loop {
            let before = text.filled;
            match self.read_on(text)? {
                Progress::Ended if text.filled == 0 => {}
                Progress::Ended => return Some(Ok(self.at - 1)),
                Progress::Broken(error) => {
                    // The line that the fault cut off is lost with it.
                    text.filled = memrchr(b'\n', text.filled()).map_or(0, |line_end| line_end + 1);
                    if text.filled == 0 {
                        return Some(Err((self.at - 1, error)));
                    }
                    self.broken = Some(error);
                    return Some(Ok(self.at - 1));
                }
                Progress::More => {
                    if let Some(line_end) = memrchr(b'\n', &text.filled()[before..]) {
                        let whole = before + line_end + 1;
                        self.carried.extend_from_slice(&text.filled()[whole..]);
                        text.filled = whole;
                        return Some(Ok(self.at));
                    }
                    text.filled = text.filled.min(LINE_BYTES);
                }
            }
        }
    }

    /// Appends up to a block of the source that is being read. There is `None` where all sources are at their end.
    fn read_on(&mut self, text: &mut Buffer) -> Option<Progress> {
        let source = self.sources.get_mut(self.at)?;
        let progress = text.fill(&mut source.bytes, BLOCK_BYTES);
        self.at += usize::from(!matches!(progress, Progress::More));
        Some(progress)
    }
}

/// Bytes of which some are filled. It is a reader's own and is used again: to give a megabyte back to the system and to get
/// it anew, or to write zeros into it, costs as much as to read it.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    filled: usize,
}

impl Buffer {
    fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Room for so many bytes more.
    fn room(&mut self, wanted: usize) -> &mut [u8] {
        let end = self.filled + wanted;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.filled..end]
    }

    fn append(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    /// Appends as many bytes as `wanted`, fewer only at the end: in few large pieces, where `read_to_end` begins with small
    /// ones every time.
    fn fill(&mut self, source: &mut impl Read, wanted: usize) -> Progress {
        let end = self.filled + wanted;
        while self.filled < end {
            match source.read(self.room(end - self.filled)) {
                Ok(0) => return Progress::Ended,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Progress::Broken(error),
            }
        }
        Progress::More
    }
}

/// How far a source was read.
enum Progress {
    /// A block further.
    More,
    /// To its end.
    Ended,
    /// As far as it can be read.
    Broken(io::Error),
}

/// Hands blocks to the workers and collects what they make of them.
struct Queue<T> {
    feed: Mutex<Numbered>,
    made: Mutex<Made<T>>,
    /// The next result is there, or none will come.
    ready: Condvar,
    /// There is room for results, or nobody wants them.
    taken: Condvar,
    /// How many results may wait for a slow one before them.
    room: usize,
}

struct Numbered {
    feed: Feed,
    next: u64,
}

struct Made<T> {
    waiting: BTreeMap<u64, Delivery<T>>,
    next: u64,
    working: usize,
    /// Nobody takes results any more.
    is_over: bool,
}

/// Says that its owner is gone, also where a panic takes him: the others wait for him no longer.
struct Presence<'a> {
    end: &'a dyn Fn(),
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        (self.end)();
    }
}

impl<T: Send> Queue<T> {
    fn new(feed: Feed, workers: usize) -> Self {
        Self {
            feed: Mutex::new(Numbered { feed, next: 0 }),
            made: Mutex::new(Made { waiting: BTreeMap::new(), next: 0, working: workers, is_over: false }),
            ready: Condvar::new(),
            taken: Condvar::new(),
            room: workers * 2,
        }
    }

    fn work(&self, map: &impl Fn(&Block) -> T) {
        let _working = Presence { end: &|| self.leave() };
        let mut text = Buffer::default();
        while let Some((number, read)) = self.take(&mut text) {
            let delivery = apply(read, text.filled(), map);
            let mut made = self.made.lock();
            made.waiting.insert(number, delivery);
            let is_next = number == made.next;
            drop(made);
            if is_next {
                self.ready.notify_one();
            }
        }
    }

    /// A worker that panics leaves a gap that nothing fills, so with it all is over.
    fn leave(&self) {
        let mut made = self.made.lock();
        made.working -= 1;
        made.is_over |= thread::panicking();
        drop(made);
        self.wake_all();
    }

    fn stop(&self) {
        self.made.lock().is_over = true;
        self.wake_all();
    }

    fn wake_all(&self) {
        self.ready.notify_all();
        self.taken.notify_all();
    }

    fn take(&self, text: &mut Buffer) -> Option<(u64, BlockRead)> {
        let mut made = self.made.lock();
        // The worker that has the next block never waits here, so the line always moves.
        while made.waiting.len() >= self.room && !made.is_over {
            self.taken.wait(&mut made);
        }
        if made.is_over {
            return None;
        }
        drop(made);
        let mut numbered = self.feed.lock();
        let read = numbered.feed.next(text)?;
        numbered.next += 1;
        Some((numbered.next - 1, read))
    }

    fn next_in_order(&self) -> Option<Delivery<T>> {
        let mut made = self.made.lock();
        loop {
            let next = made.next;
            if let Some(delivery) = made.waiting.remove(&next) {
                made.next += 1;
                drop(made);
                self.taken.notify_all();
                return Some(delivery);
            }
            if made.working == 0 || made.is_over {
                return None;
            }
            self.ready.wait(&mut made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::Ordering;

    fn source(text: &[u8]) -> Source {
        Source { name: String::from("test"), bytes: unzipped(Box::new(io::Cursor::new(text.to_vec()))).expect("bytes") }
    }

    fn all_lines(sources: Vec<Source>) -> Vec<String> {
        let mut lines = Vec::new();
        let map = |block: &Block| String::from_utf8(block.text.to_vec()).expect("text");
        for_each_block(sources, map, |delivery| match delivery {
            Delivery::Mapped(text) => lines.extend(text.lines().map(str::to_owned)),
            Delivery::Broken { source, .. } => lines.push(format!("broken {source}")),
        });
        lines
    }

    #[test]
    fn lines_of_many_blocks_come_whole_and_in_order() {
        let lines: Vec<String> = (0..60_000).map(|number| format!("{number} {}", "x".repeat(number % 100))).collect();
        let text = lines.join("\n");
        assert!(text.len() > 3 * BLOCK_BYTES, "the test needs several blocks");
        assert_eq!(all_lines(vec![source(text.as_bytes())]), lines);
    }

    #[test]
    fn a_line_longer_than_a_block_stays_whole() {
        let long = "y".repeat(3 * BLOCK_BYTES);
        let text = format!("a\n{long}\nb");
        assert_eq!(all_lines(vec![source(text.as_bytes())]), ["a", &long, "b"]);
    }

    #[test]
    fn a_line_without_end_costs_itself_and_no_more_memory_than_the_longest_line() {
        let endless = "z".repeat(3 * LINE_BYTES);
        let read = all_lines(vec![source(format!("a\n{endless}\nb").as_bytes())]);
        assert_eq!([&read[0], &read[read.len() - 1]], ["a", "b"]);
        assert_eq!(read.len(), 3);
        assert!(read[1].len() <= LINE_BYTES + BLOCK_BYTES, "{} bytes are kept", read[1].len());
    }

    #[test]
    fn gzip_is_seen_by_its_bytes_and_a_broken_one_costs_only_what_is_missing() {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(b"a\nb\n").expect("zip");
        let zipped = zip.finish().expect("zip");
        assert_eq!(all_lines(vec![source(&zipped), source(b"c\n")]), ["a", "b", "c"]);
        assert_eq!(all_lines(vec![source(&zipped[..zipped.len() - 3]), source(b"c\n")]), ["a", "b", "broken 0", "c"]);
        assert_eq!(all_lines(vec![source(&zipped[..11]), source(b"c\n")]), ["broken 0", "c"]);
    }

    /// Runs this on a thread of its own, so that a hang is told from a panic that comes out.
    #[track_caller]
    fn check_panic_comes_out(
        map: impl Fn(&Block) + Sync + Send + 'static,
        deliver: impl FnMut(Delivery<()>) + Send + 'static,
    ) {
        let (sender, ended) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let text = vec![b'\n'; 40 * BLOCK_BYTES];
            let work = AssertUnwindSafe(|| for_each_block(vec![source(&text)], map, deliver));
            sender.send(catch_unwind(work).is_err())
        });
        assert_eq!(ended.recv_timeout(std::time::Duration::from_secs(30)), Ok(true), "a panic and no hang");
    }

    #[test]
    fn a_panic_comes_out_wherever_it_happens() {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let is_fifth = move |_: &Block| assert_ne!(count.fetch_add(1, Ordering::Relaxed), 4);
        check_panic_comes_out(is_fifth, |_| ());
        let mut count = 0;
        let deliver = move |_| {
            count += 1;
            assert_ne!(count, 5);
        };
        check_panic_comes_out(|_| (), deliver);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(all_lines(vec![]).is_empty());
        assert!(all_lines(vec![source(b""), source(b"")]).is_empty());
    }
}
