//! The fixed part of a delta file.

pub const MAGIC: &[u8; 4] = b"INFD";
pub const FORMAT_VERSION: u8 = 3;

/// Magic, format version, 8 bytes of the base tree id, the target tree id.
pub const FIXED_BYTES: usize = 4 + 1 + 8 + 32;

/// The closing CRC-32.
pub const CRC_BYTES: u64 = 4;

/// Decoder memory is written in these.
pub const MEMORY_UNIT: u64 = 4 << 10;
