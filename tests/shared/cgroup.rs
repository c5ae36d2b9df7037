//! Groups of processes with a limit that the kernel holds, for the stories that need a real one.
//!
//! Knows both versions of cgroups; does not know what a limit is for.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A group of a controller; gone with this.
pub(crate) struct Cgroup(PathBuf);

/// Files of a group, and what is written into them.
type Settings<'a> = &'a [(&'a str, String)];

impl Cgroup {
    /// With these settings, as version 1 and as version 2 call them. None, with a word why, where it cannot be made.
    #[expect(clippy::print_stdout, reason = "a word to whoever runs the tests")]
    pub(crate) fn with(controller: &str, first: Settings, second: Settings) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gotrace-test-{}-{number}", std::process::id());
        for (mount, settings) in
            [(Path::new("/sys/fs/cgroup").join(controller), first), ("/sys/fs/cgroup".into(), second)]
        {
            let group = Self(mount.join(&name));
            // A folder that is no group has no such files.
            let set = |(file, value): &(&str, String)| {
                File::options().write(true).open(group.0.join(file))?.write_all(value.as_bytes())
            };
            if fs::create_dir(&group.0).and_then(|()| settings.iter().try_for_each(set)).is_ok() {
                return Some(group);
            }
        }
        println!("skipped: no cgroup with a limit for {controller} can be made here");
        None
    }

    /// With so much memory.
    pub(crate) fn with_memory(bytes: u64) -> Option<Self> {
        let bytes = bytes.to_string();
        Self::with("memory", &[("memory.limit_in_bytes", bytes.clone())], &[("memory.max", bytes)])
    }

    /// What a shell says first so that it, and what it starts, is in the group.
    pub(crate) fn join_in_shell(&self) -> String {
        format!("echo $$ > {}/cgroup.procs &&", self.0.display())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // One that was not made is not there to be removed; what was killed may take a moment to be gone.
        for _ in 0..100 {
            if !self.0.exists() || fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}
