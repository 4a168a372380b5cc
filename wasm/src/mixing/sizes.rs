//! How much memory the models of one record take. A record names its sizes, so that a decoder knows before it starts.

use crate::coder::Level;
use crate::error::{Result, damaged};

/// Powers of two, in bytes except where said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Histories of the byte model.
    pub slots: u32,
    /// The past, and with it how far back a match may lie.
    pub past: u32,
}

/// Bounds of both: below, models are pointless; above, a decoder would need more than any laptop gives it.
const SLOTS: std::ops::RangeInclusive<u32> = 16..=27;
const PAST: std::ops::RangeInclusive<u32> = 16..=26;

/// Bytes of slots for each byte that is modelled, as a power of two: 18 contexts of two slots each, and as much again for
/// the questions asked around it.
const SLOT_RATIO: u32 = 11;
/// And bytes of the past: further back there is little that is like it.
const PAST_RATIO: u32 = 10;

impl Sizes {
    /// No larger than what is modelled can fill: so many bytes one by one, of a target of so many. Where little changed,
    /// making room for models would take longer than everything else.
    pub fn choose(level: Level, modelled_bytes: usize, target_bytes: usize) -> Sizes {
        let most = match level {
            // Its records are mixed only where few bytes changed.
            Level::Fast => Sizes { slots: 18, past: 20 },
            Level::Default => Sizes { slots: 22, past: 22 },
            Level::Best => Sizes { slots: 26, past: 25 },
        };
        let [modelled, target] =
            [modelled_bytes, target_bytes].map(|bytes| usize::BITS - bytes.leading_zeros());
        Sizes {
            slots: (modelled + SLOT_RATIO).clamp(*SLOTS.start(), most.slots),
            past: target.min(modelled + PAST_RATIO).clamp(*PAST.start(), most.past),
        }
    }

    /// One byte: each as its distance from the least.
    pub fn to_byte(self) -> u8 {
        ((self.slots - SLOTS.start()) << 4 | (self.past - PAST.start())) as u8
    }

    pub fn from_byte(byte: u8) -> Result<Sizes> {
        let slots = SLOTS.start() + u32::from(byte >> 4);
        let past = PAST.start() + u32::from(byte & 15);
        if SLOTS.contains(&slots) && PAST.contains(&past) {
            return Ok(Sizes { slots, past });
        }
        Err(damaged("a record's models have impossible sizes"))
    }

    /// Entries of the tables of hits, of matches, of the memory of field errors.
    pub fn hit_histories(self) -> u32 {
        (self.slots - 2).min(21)
    }

    pub fn match_heads(self) -> u32 {
        (self.past - 4).min(18)
    }

    /// What all tables take, in bytes.
    pub fn memory_bytes(self) -> u64 {
        let heads = (3 * 4) << self.match_heads();
        (1 << self.slots) + (1 << self.past) + (1 << self.hit_histories()) + heads + FIXED_BYTES
    }
}

/// Mixers, curves and probabilities, whatever the sizes.
const FIXED_BYTES: u64 = 5 << 20;
