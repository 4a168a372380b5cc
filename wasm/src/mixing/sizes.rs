//! How much memory the models of one record take. A record states their sizes, so that a decoder
//! knows before it starts.

use crate::coder::Level;
use crate::error::{Result, damaged};

/// Powers of two, in bytes unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The bit histories of the byte model.
    pub hash_table: u32,
    /// The match model's buffer, and so how far back a match may be.
    pub buffer: u32,
}

/// Bounds of both: smaller models are pointless, and larger ones need more memory than any laptop
/// has to spare.
const HASH_TABLE: std::ops::RangeInclusive<u32> = 16..=27;
const BUFFER: std::ops::RangeInclusive<u32> = 16..=26;

/// Bytes of the hash table for each modelled byte, as a power of two: 18 contexts of two rows each,
/// and as much again for the flags around it.
const HASH_TABLE_RATIO: u32 = 11;
/// Bytes of the buffer likewise: further back, little is alike.
const BUFFER_RATIO: u32 = 10;

impl Sizes {
    /// No larger than the modelled bytes can fill. Where little changed, clearing the memory of the
    /// models would take longer than everything else.
    pub fn choose(level: Level, modelled_bytes: usize, target_bytes: usize) -> Sizes {
        let max = match level {
            // Its records are mixed only where few bytes changed.
            Level::Fast => Sizes {
                hash_table: 18,
                buffer: 20,
            },
            Level::Default => Sizes {
                hash_table: 22,
                buffer: 22,
            },
            Level::Best => Sizes {
                hash_table: 26,
                buffer: 25,
            },
        };
        let [modelled, target] =
            [modelled_bytes, target_bytes].map(|bytes| usize::BITS - bytes.leading_zeros());
        Sizes {
            hash_table: (modelled + HASH_TABLE_RATIO).clamp(*HASH_TABLE.start(), max.hash_table),
            buffer: target
                .min(modelled + BUFFER_RATIO)
                .clamp(*BUFFER.start(), max.buffer),
        }
    }

    /// One byte: how far each is above its minimum.
    pub fn to_byte(self) -> u8 {
        ((self.hash_table - HASH_TABLE.start()) << 4 | (self.buffer - BUFFER.start())) as u8
    }

    pub fn from_byte(byte: u8) -> Result<Sizes> {
        let hash_table = HASH_TABLE.start() + u32::from(byte >> 4);
        let buffer = BUFFER.start() + u32::from(byte & 15);
        if HASH_TABLE.contains(&hash_table) && BUFFER.contains(&buffer) {
            return Ok(Sizes { hash_table, buffer });
        }
        Err(damaged("a record's models have impossible sizes"))
    }

    /// Entries of the flag model's table, and of each of the match model's.
    pub fn flag_states(self) -> u32 {
        (self.hash_table - 2).min(21)
    }

    pub fn match_hashes(self) -> u32 {
        (self.buffer - 4).min(18)
    }

    /// The bytes that all tables take.
    pub fn memory_bytes(self) -> u64 {
        let hashes = (3 * 4) << self.match_hashes();
        (1 << self.hash_table)
            + (1 << self.buffer)
            + (1 << self.flag_states())
            + hashes
            + FIXED_BYTES
    }
}

/// Mixers, APMs and probabilities, whatever the sizes.
const FIXED_BYTES: u64 = 5 << 20;
