//! Recompression, as precomp, preflate and Puffin do it: what is compressed inside a file (gzip,
//! zip, PNG) is decompressed on both sides before they are compared, and compressed again, bit for
//! bit, while the target is put together. `docs/delta-format.md`, "Members", describes the rules.
//!
//! An encoder finds the members ([`find_members`]), decompresses both sides ([`decompress_side`]),
//! matches and codes those, and writes the table ([`write_members`]). A decoder reads the table
//! ([`read_members`]), puts a [`DecompressedBase`] in front of the base and a [`Recompressor`]
//! behind itself.

mod budget;
mod decompress;
pub mod deflate;
mod find;
mod member;
mod recompress;
mod table;
mod wrapper;

#[cfg(test)]
pub mod tests;

pub use decompress::{DecompressedBase, decompress_side};
pub use find::find_members;
pub use member::{Member, Members, Recompression};
pub use recompress::Recompressor;
pub use table::{read_members, write_members};
pub use wrapper::{IdatLayout, Wrapper};
