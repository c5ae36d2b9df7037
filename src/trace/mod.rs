//! x
mod place;
mod write;

pub use place::{FORMAT_VERSION, TRACE_NAME, note_beside, note_in_temp};
pub use write::Line;
