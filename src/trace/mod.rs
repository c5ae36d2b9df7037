//! The trace: a file of events, one JSON object a line.
//!
//! ```text
//! {"type":"start","v":1,"tool":"compile","package":"net/http","pid":8054,"go_pid":6432,…,"start_ns":1195326299698}
//! {"type":"end",  "v":1,"tool":"compile","package":"net/http","pid":8054,…,"end_ns":1196213417427,"user_ns":…,"exit_code":0}
//! ```
//!
//! What holds of every trace:
//! - an event is one line and was one `write`, so lines of many processes stand whole beside each other, in any order;
//! - `pid` and `start_ns` pair an end with its start, `go_pid` and `go_start_ticks` name the go command;
//! - times are integer nanoseconds, sizes integer bytes; a key that is not known is not there;
//! - unknown keys and unknown types are skipped by readers, and `v` changes only when a key changes its meaning.
//!
//! docs/format.md lists every key. `write` is the shim's half (no serde), `event`, `told`, `scan`, `read`, `feed` and
//! `note` are the readers'.

mod event;
mod feed;
mod note;
mod place;
mod read;
mod redact;
mod scan;
mod told;
mod write;

pub use event::{Event, Glance, Kind, Origins, Text, each_number, number, strings, text};
pub use feed::{Block, Delivery, Source, for_each_block};
pub use note::Note;
pub use place::{FORMAT_VERSION, TRACE_NAME, note_beside, note_in_temp};
pub use read::{Listener, Problem, decode, read};
pub use redact::Redaction;
pub use scan::Raw;
pub use told::{CommandLine, EndLine, KeyLine, NotSeenLine, SampleLine, SessionLine, SpanLine, Told};
pub use write::Line;
pub(crate) use write::push_digits;
