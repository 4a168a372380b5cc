//! Infield's delta codec. A delta turns one tree of files into another; this crate sees bytes,
//! lengths and spans, and leaves it to `shared/` what a manifest means. `docs/delta-format.md`
//! describes the bytes.
//!
//! An encoder decompresses archives ([`recompression`]), blanks [`references`], aligns target and
//! base ([`matching`]), codes how they align ([`control`]) and then the bytes that were not
//! predicted ([`mixing`], or LZMA in [`coder`] at level fast). [`record`] puts that together, and
//! the [`header`] goes before the records.
//!
//! [`unpack`] stands apart: it opens what trees are packed in.
//!
//! A decoder reads the [`header`], then each record ([`record::Decoder`]). It reads its base
//! through a [`base_cache`] and compresses archives again.

#![deny(unsafe_code)]
// Models are made with `new`, as some of them take sizes; nothing asks for a default one.
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
pub mod unpack;
pub mod varint;
pub mod zero_runs;
