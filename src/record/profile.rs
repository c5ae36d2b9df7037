//! Has compile and link write a CPU profile of themselves, where `gotrace record` asks for one.
//!
//! Knows the option and the name of the file; does not know what is in it. Like the phases it is asked for behind cmd/go's back,
//! so no cache key and no output knows of it.

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

use super::clock::Moment;
use super::tool::{Purpose, Tool, base_name};
use crate::trace::push_digits;

/// By this variable the shims of a session find the folder for profiles.
pub(crate) const VARIABLE: &str = "GOTRACE_PROFILES";

/// `-cpuprofile=FOLDER/PID-START`: named as the end event of this run is. None where none is wanted, or where the tool is told
/// something else already. A tool that cannot write its profile fails, so the file is made here first.
pub(crate) fn option(tool: &Tool, start: Moment) -> Option<&'static CStr> {
    let folder = std::env::var_os(VARIABLE)?;
    let can_profile = tool.purpose == Purpose::Work && matches!(base_name(tool.path), b"compile" | b"link");
    if !can_profile || tool.has_any(&[b"cpuprofile"]) {
        return None;
    }
    let mut option = b"-cpuprofile=".to_vec();
    let value = option.len();
    option.extend_from_slice(folder.as_bytes());
    option.push(b'/');
    push_digits(&mut option, u64::from(std::process::id()));
    option.push(b'-');
    push_digits(&mut option, start.monotonic_ns);
    File::create_new(OsStr::from_bytes(option.get(value..)?)).ok()?;
    // It becomes an argument of the tool, so it lives as long as the process.
    Some(Box::leak(CString::new(option).ok()?.into_boxed_c_str()))
}
