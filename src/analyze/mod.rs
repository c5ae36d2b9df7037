//! One file per question about a build. Each is a pure function to a report of plain data: no IO, no clock, no printing.

pub mod timeline;
