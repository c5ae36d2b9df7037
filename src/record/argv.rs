//! The arguments of the process, where the kernel put them.
//!
//! Knows C strings; does not know what an argument means. The shim hands its arguments on to the tool as they are, so
//! it neither copies nor decodes them: 2 MB of file names, newlines and invalid UTF-8 pass through unseen. Where an option
//! goes in between, pointers to them are copied.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;

use super::child::Command;

/// `argc` and `argv` of `main`.
#[derive(Debug, Clone, Copy)]
pub struct Argv {
    count: usize,
    first: *const *const c_char,
}

impl Argv {
    /// # Safety
    /// These are the arguments of `main`: `first` points at `count` C strings and a null pointer behind them, and nobody
    /// changes or frees them while the process runs.
    #[must_use]
    #[expect(unsafe_code, reason = "vouches for the pointers of main")]
    pub unsafe fn from_main(count: c_int, first: *const *const c_char) -> Self {
        Self { count: usize::try_from(count).unwrap_or(0), first }
    }

    /// The argument at `index`; `None` behind the last one.
    #[must_use]
    #[expect(unsafe_code, reason = "reads the array of main")]
    pub fn get(self, index: usize) -> Option<&'static [u8]> {
        // SAFETY: `from_main` vouches for `count` strings that live as long as the process.
        (index < self.count).then(|| unsafe { CStr::from_ptr(*self.first.add(index)) }.to_bytes())
    }

    /// The arguments from `index` on.
    pub fn from(self, index: usize) -> impl Iterator<Item = &'static [u8]> {
        (index..self.count).filter_map(move |index| self.get(index))
    }

    /// The command that starts with the argument at `index`, if there is one.
    #[expect(unsafe_code, reason = "stays inside the array of main")]
    pub(crate) fn command(self, index: usize) -> Option<Command> {
        // SAFETY: `index` is inside the array, whose end is marked by a null pointer.
        (index < self.count).then(|| Command::from_raw(unsafe { self.first.add(index) }))
    }

    /// The same command with one more option, right behind the tool.
    #[expect(unsafe_code, reason = "copies the pointers of main")]
    pub(crate) fn command_with(self, index: usize, option: &'static CStr) -> Option<Command> {
        let count = self.count.checked_sub(index).filter(|count| *count > 0)?;
        // SAFETY: `index` is inside the array; the null pointer at its end is counted in.
        let words = unsafe { std::slice::from_raw_parts(self.first.add(index), count.checked_add(1)?) };
        let (tool, rest) = words.split_first()?;
        let mut longer = Vec::with_capacity(words.len().checked_add(1)?);
        longer.extend([*tool, option.as_ptr()]);
        longer.extend_from_slice(rest);
        // The tool is started from it, and this process lives little longer: nobody frees it.
        Some(Command::from_raw(longer.leak().as_ptr()))
    }

    /// All arguments as owned text, for the command line of everything but the shim.
    #[must_use]
    pub fn to_os_strings(self) -> Vec<OsString> {
        self.from(0).map(|argument| OsStr::from_bytes(argument).to_os_string()).collect()
    }

    /// Arguments for a test, behind a name for the program itself.
    #[cfg(test)]
    #[expect(unsafe_code, reason = "keeps the promises of `from_main` by leaking")]
    pub(super) fn of_test(arguments: &[&str]) -> Self {
        let words = std::iter::once(&"gotrace").chain(arguments);
        let strings = words.map(|word| std::ffi::CString::new(*word).expect("no NUL").into_raw().cast_const());
        let array = Vec::leak(strings.chain([std::ptr::null()]).collect());
        let count = c_int::try_from(array.len() - 1).expect("a few arguments");
        // SAFETY: `count` leaked strings, and a null pointer behind them.
        unsafe { Self::from_main(count, array.as_ptr()) }
    }
}
