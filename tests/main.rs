//! Stories about the whole program, told with a fake toolchain: quick, and without Go.
//!
//! `world` is the vocabulary; each other module is a chapter:
//!
//! - `shim`: with it and without it a tool sees and does the same
//! - `shim_events`: what a trace says of a tool run, and where the trace is
//! - `shim_faults`: no tool, no disk, no process: the tool's result stands
//! - `shim_phases`: compile and link are asked where their time goes, and nothing else changes
//! - `session`: with `gotrace record` and without it a job sees and does the same
//! - `session_events`: what a trace says of a job and of its go commands
//! - `shim_signals`: who gets a signal, who dies of it, and which records arrive

mod session;
mod session_events;
mod shim;
mod shim_events;
mod shim_faults;
mod shim_phases;
mod shim_signals;
mod terminal;
mod tidy;
mod world;
