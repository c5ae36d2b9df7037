//! Stories about the whole program, told with a fake toolchain: quick, and without Go.
//!
//! `world` is the vocabulary, each other module a chapter.
