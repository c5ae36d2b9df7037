//! Reports to bytes, one file per format. Takes reports, never the model; analyses nothing.
//!
//! `escape` is the border for text from a trace, `palette` gives a kind of tool the same colour in every picture.

mod annotation;
pub mod chart;
mod course;
pub mod diff;
pub mod doctor;
pub mod escape;
pub mod flame;
pub mod folded;
pub mod history;
mod job;
pub mod json;
pub mod markdown;
pub mod page;
pub mod palette;
mod phases;
pub mod profile;
pub mod table;
pub mod text;
pub mod whatif;
pub mod why;
