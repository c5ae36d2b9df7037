//! The arguments of the process, where the kernel put them.
//!
//! Knows C strings; does not know what an argument means. The shim hands its arguments on to the tool as they are, so
//! it neither copies nor decodes them: 2 MB of file names, newlines and invalid UTF-8 pass through unseen. Where an option
//! goes in between, pointers to them are copied.

use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::io::Error;
use std::os::unix::ffi::OsStrExt;
use std::ptr;

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

    /// The command that starts with the argument at `program`, with more options right behind the tool.
    #[expect(unsafe_code, reason = "copies the pointers of main")]
    pub(crate) fn command_with(self, program: usize, tool: usize, options: &[&'static CStr]) -> Option<Command> {
        let count = self.count.checked_sub(program).filter(|count| *count > 0)?;
        // SAFETY: `program` is inside the array; the null pointer at its end is counted in.
        let words = unsafe { std::slice::from_raw_parts(self.first.add(program), count.checked_add(1)?) };
        let (until_tool, rest) = words.split_at_checked(tool.checked_sub(program)?.checked_add(1)?)?;
        let mut longer = Vec::with_capacity(words.len().checked_add(options.len())?);
        longer.extend_from_slice(until_tool);
        longer.extend(options.iter().map(|option| option.as_ptr()));
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
    pub(super) fn of_test(arguments: &[&str]) -> Self {
        Self::of_words(&[&["gotrace"], arguments].concat())
    }

    /// Arguments for a test, the name of the program first.
    #[cfg(test)]
    #[expect(unsafe_code, reason = "keeps the promises of `from_main` by leaking")]
    pub(super) fn of_words(words: &[&str]) -> Self {
        let strings = words.iter().map(|word| CString::new(*word).expect("no NUL").into_raw().cast_const());
        let array = Vec::leak(strings.chain([ptr::null()]).collect());
        let count = c_int::try_from(array.len() - 1).expect("a few arguments");
        // SAFETY: `count` leaked strings, and a null pointer behind them.
        unsafe { Self::from_main(count, array.as_ptr()) }
    }
}

/// Arguments of our own making, for a command that is not run as it was called.
#[derive(Debug)]
pub(crate) struct Words {
    strings: Vec<CString>,
    /// Points at `strings`, and ends with a null pointer.
    pointers: Vec<*const c_char>,
}

impl Words {
    /// # Errors
    /// There is no word, or one holds a NUL, which no process can be given.
    #[cold]
    pub(crate) fn of(words: &[OsString]) -> Result<Self, Error> {
        let strings: Result<Vec<_>, _> = words.iter().map(|word| CString::new(word.as_bytes())).collect();
        let strings = strings?;
        if strings.is_empty() {
            return Err(Error::from_raw_os_error(libc::ENOENT));
        }
        let pointers = strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect();
        Ok(Self { strings, pointers })
    }

    /// The command. It borrows from here: drop the words when it runs.
    pub(crate) fn command(&self) -> Command {
        debug_assert_eq!(self.pointers.len(), self.strings.len() + 1);
        Command::from_raw(self.pointers.as_ptr())
    }
}
