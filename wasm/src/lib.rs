//! Infield's delta codec. A delta turns one tree of files into another; this crate sees bytes, lengths and spans,
//! and leaves to `shared/` what a manifest means. `docs/delta-format.md` describes the bytes.
//!
//! Encode: archives are unpacked by [`fold`] → [`references`] are blanked → [`matching`] aligns target and base → [`control`]
//! says how, [`mixing`] (or, at the fast level, LZMA in [`coder`]) what was not predicted → [`record`] puts them together →
//! [`head`] goes before the records.
//! Decode: [`head`] → [`record::Decoder`], which reads its base through a [`base_window`], and packs archives again.

#![deny(unsafe_code)]
// Models are made by `new`, as those with sizes are; nothing asks for a default one.
#![allow(clippy::new_without_default)]

pub mod base_cache;
#[cfg(target_arch = "wasm32")]
mod bindings;
pub mod bsdiff40;
pub mod coder;
pub mod control;
pub mod error;
pub mod header;
pub mod limits;
pub mod matching;
pub mod mixing;
pub mod parts;
pub mod read_at;
pub mod recompression;
pub mod record;
pub mod references;
pub mod varint;
pub mod zero_runs;
