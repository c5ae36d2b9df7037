//! What parts of a build cost: dependencies, links, what is done twice, large and slow sources, C.
//!
//! Only prose: each question has a file of its own, and they share the graph of imports and the sums of figures.

pub mod cost;
pub mod dependencies;
pub mod duplicates;
pub mod imports;
pub mod links;
pub mod sources;
