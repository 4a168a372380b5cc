//! The fixed parts of a delta file.

pub const MAGIC: &[u8; 4] = b"INFD";
/// The newest version that is read, and the oldest. A file is of the lowest one that says all that
/// is in it, so that older programs read what they can: version 4 has records coded as LZMA2.
pub const FORMAT_VERSION: u8 = 4;
pub const OLDEST_FORMAT_VERSION: u8 = 3;

/// Magic, format version, 8 bytes of the base tree id, the target tree id.
pub const FIXED_BYTES: usize = 4 + 1 + 8 + 32;

/// The CRC-32 at the end.
pub const CRC_BYTES: u64 = 4;

/// Decoder memory is written in units of this.
pub const MEMORY_UNIT: u64 = 4 << 10;
