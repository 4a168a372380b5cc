//! Compresses the members of a target again while it streams by.

mod member;
mod recompressor;

pub use recompressor::Recompressor;
