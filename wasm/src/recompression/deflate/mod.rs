//! Deflate compressors that give the same bytes, bit for bit, as zlib, GNU gzip and Info-ZIP's zip.
//! RFC 1951 leaves a compressor free to decide everything that is decided here;
//! `docs/delta-format.md`, "Members", describes what these decide.
//!
//! [`window`] finds matches, [`deflater`] chooses among them, [`block`] collects them and writes
//! them with the codes that [`huffman`] builds. [`recipe`] holds in what programs and levels
//! differ.

mod bits;
mod block;
mod deflater;
mod huffman;
mod lengths;
mod recipe;
mod symbols;
#[cfg(test)]
mod tests;
mod window;

pub use deflater::{DEFLATE_BYTES, Deflater};
pub use recipe::{Recipe, Variant};
