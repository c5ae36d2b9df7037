//! What go commands write about themselves: files in the session's folder, from the process that asks for them to the one
//! that reads them.
//!
//! Knows where they lie and whose they are; what they say is the business of `graph` and `spans`. `gotrace record` reads them
//! when their go command has ended, while the job goes on: reading takes some ten milliseconds, and a job of many go
//! commands would wait for each.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::hashed::Answer;
use super::identity::Identity;
use super::{downloads, graph, hashed, spans};
use crate::record::Sink;

/// The files of one go command.
#[derive(Debug)]
pub(super) struct Diary {
    graph: PathBuf,
    spans: PathBuf,
    /// Packages and their keys, as a go command lists them that is asked afterwards …
    packages: PathBuf,
    /// … and what it hashed for them.
    hashes: PathBuf,
    /// There while the command may still write.
    open: PathBuf,
    /// There when it has ended: whose the others are.
    closed: PathBuf,
}

const OPEN: &str = "open-";
const CLOSED: &str = "closed-";

#[derive(Debug, Serialize, Deserialize)]
struct LastPage {
    command: Identity,
    end_ns: u64,
}

impl Diary {
    /// A new one, for the go command in whose place this process stands. None where nothing can be written: go would fail.
    pub(super) fn begin(folder: &Path) -> Option<Self> {
        let diary = Self::named(folder, &std::process::id().to_string());
        File::create(&diary.open).ok().map(|_| diary)
    }

    fn named(folder: &Path, name: &str) -> Self {
        let file = |kind: &str| folder.join(format!("{kind}{name}"));
        let (packages, hashes) = (file("packages-"), file("hashes-"));
        Self { graph: file("graph-"), spans: file("spans-"), packages, hashes, open: file(OPEN), closed: file(CLOSED) }
    }

    /// The flags that have go write it, and into which files.
    pub(super) fn flags(&self) -> [(&'static str, &Path); 2] {
        [("debug-actiongraph", &self.graph), ("debug-trace", &self.spans)]
    }

    /// Where the answers go of a go command that is asked what it hashes.
    pub(super) fn answers(&self) -> [&Path; 2] {
        [&self.packages, &self.hashes]
    }

    /// Leaves it to who reads.
    pub(super) fn close(&self, command: &Identity, end_ns: u64) {
        let page = serde_json::to_vec(&LastPage { command: *command, end_ns }).map_err(io::Error::from);
        let written = page.and_then(|page| fs::write(&self.open, page));
        if written.and_then(|()| fs::rename(&self.open, &self.closed)).is_err() {
            self.remove();
        }
    }

    /// Nobody is to read it.
    pub(super) fn remove(&self) {
        for path in [&self.graph, &self.spans, &self.packages, &self.hashes, &self.open, &self.closed] {
            // It goes with the session's folder otherwise.
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a go command that still runs has a diary there.
pub(super) fn any_open(folder: &Path) -> bool {
    let is_running = |pid: &str| Path::new("/proc").join(pid).exists();
    named(folder, OPEN).iter().any(|pid| is_running(pid))
}

/// What the names of files of this kind go on with.
fn named(folder: &Path, kind: &str) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.strip_prefix(kind).map(str::to_owned)).collect()
}

/// Who reads the diaries of a session.
#[derive(Debug)]
pub(super) struct Reader {
    /// Where they are.
    folder: PathBuf,
    /// Where modules are downloaded to; empty where that is not known.
    module_cache: PathBuf,
    /// Keys whose inputs were told.
    keys: BTreeSet<String>,
}

impl Reader {
    pub(super) const fn of(folder: PathBuf, module_cache: PathBuf) -> Self {
        Self { folder, module_cache, keys: BTreeSet::new() }
    }

    /// Tells what stands in those that were closed since this was called last, and removes them.
    pub(super) fn read_on(&mut self, sink: &mut Sink) {
        for name in named(&self.folder, CLOSED) {
            let diary = Diary::named(&self.folder, &name);
            // A record that is thin is seen as thin; the job goes on.
            let _ = catch_unwind(AssertUnwindSafe(|| self.tell(&diary, &mut |event| sink.append(event))));
            diary.remove();
        }
    }

    /// The events of one. What is not there, or not understood, is not seen, and that is an event as well.
    fn tell(&mut self, diary: &Diary, tell: &mut dyn FnMut(&[u8])) {
        let page = fs::read(&diary.closed).ok().and_then(|page| serde_json::from_slice(&page).ok());
        let Some(LastPage { command, end_ns }) = &page else { return };
        let graph = fs::read(&diary.graph).ok();
        if let Some(text) = &graph
            && let Err(what) = graph::tell(text, command, tell)
        {
            tell(&not_understood(command, &what));
        }
        if let (Ok(packages), Ok(hashes)) = (fs::read_to_string(&diary.packages), fs::read(&diary.hashes)) {
            let keys = graph.as_deref().and_then(graph::keys);
            let answer = Answer { packages: &packages, hashes: &hashes, keys: keys.as_ref() };
            if let Err(what) = hashed::tell(&answer, &mut self.keys, command, tell) {
                tell(&not_understood(command, &what));
            }
        }
        if let Ok(text) = fs::read(&diary.spans) {
            let meanwhile = command.epoch_ns..=command.epoch(*end_ns);
            let fetched = downloads::during(&self.module_cache, &meanwhile);
            if let Err(what) = spans::tell(&text, &fetched, command, tell) {
                tell(&not_understood(command, &what));
            }
        }
    }
}

fn not_understood(command: &Identity, what: &str) -> Vec<u8> {
    let mut line = command.line("not_seen");
    line.text("what", what.as_bytes());
    line.finish()
}
