//! Everything of a delta file before its first group: what it turns into what, the decoder memory
//! it needs, the group table, and the skeleton (the target's manifest, as a record against the
//! base's).

mod breakdown;
mod decode;
mod encode;
mod format;
#[cfg(test)]
mod sample_files;
mod table;
#[cfg(test)]
mod write_vectors;

pub use breakdown::Kind;
pub use decode::DeltaFile;
pub use encode::{EncodedHeader, HeaderInput, encode_header};
pub use format::{FORMAT_VERSION, MAGIC, OLDEST_FORMAT_VERSION};
pub use table::{Group, Span};
