//! Finds the members worth decompressing.

mod gzip;
mod members;
mod place;
mod png;
mod recipes;
mod scan;
mod strip;
mod zip;

pub use members::find_members;
