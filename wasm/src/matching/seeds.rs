//! Tells with one memory access that a few bytes are nowhere in the base, so that new content is
//! not looked up in vain: a Bloom filter with both bits of an entry in one word.

/// The fewest bytes that are looked for: shorter repeats are chance, and do not pay for a segment.
pub const SEED_BYTES: usize = 8;

pub struct Seeds {
    words: Vec<u64>,
}

impl Seeds {
    /// Takes a byte for each of the base, so that one new place in twenty is looked up in vain.
    pub fn new(base: &[u8]) -> Seeds {
        let count = base.len() / 8 + 1;
        let mut seeds = Seeds {
            words: vec![0; count],
        };
        for window in base.windows(SEED_BYTES) {
            if let Some((word, bits)) = seeds.place(window) {
                seeds.words[word] |= bits;
            }
        }
        seeds
    }

    /// False if the base does not hold the first `SEED_BYTES` of `wanted`.
    pub fn may_hold(&self, wanted: &[u8]) -> bool {
        self.place(wanted)
            .is_some_and(|(word, bits)| self.words[word] & bits == bits)
    }

    fn place(&self, window: &[u8]) -> Option<(usize, u64)> {
        let seed = u64::from_le_bytes(*window.first_chunk()?);
        let hash = (seed ^ seed >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = 1 << (hash & 63) | 1 << (hash >> 6 & 63);
        let word = ((hash >> 32) * self.words.len() as u64) >> 32;
        Some((word as usize, bits))
    }
}
