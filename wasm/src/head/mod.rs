//! Everything of a delta file before its first group: what it turns into what, the decoder memory it needs, the
//! group table, and the skeleton (the target's manifest as a record against the base's).

mod breakdown;
mod decode;
mod encode;
mod table;
#[cfg(test)]
mod write_vectors;

pub use breakdown::Kind;
pub use decode::DeltaFile;
pub use encode::{EncodedHead, HeadInput, encode_head};
pub use table::{Group, Span};

pub const MAGIC: &[u8; 4] = b"INFD";
pub const FORMAT_VERSION: u8 = 3;

/// Magic, format version, 8 bytes of the base tree id, the target tree id.
const FIXED_BYTES: usize = 4 + 1 + 8 + 32;

/// The closing CRC-32.
const CRC_BYTES: u64 = 4;

/// Decoder memory is written in these.
const MEMORY_UNIT: u64 = 4 << 10;
