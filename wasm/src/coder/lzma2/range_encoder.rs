//! LZMA's range coder (7-zip's `lzma-specification.txt`): adaptive bits, and bits that are as often
//! one as the other.

/// A probability of a 0 in 2,048ths.
pub type Probability = u16;

pub const PROBABILITY_BITS: u32 = 11;
pub const EVEN: Probability = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS: u32 = 5;
const TOP: u32 = 1 << 24;

pub struct RangeEncoder {
    low: u64,
    range: u32,
    /// The last byte that a carry can still change, and how many bytes of 255 follow it.
    cache: u8,
    cached: u32,
    out: Vec<u8>,
}

impl RangeEncoder {
    pub fn new() -> RangeEncoder {
        RangeEncoder {
            low: 0,
            range: u32::MAX,
            cache: 0,
            cached: 1,
            out: Vec::with_capacity(1 << 16),
        }
    }

    /// How many bytes `finish` would return.
    pub fn bytes(&self) -> usize {
        self.out.len() + self.cached as usize + 4
    }

    #[inline(always)]
    pub fn bit(&mut self, probability: &mut Probability, bit: u32) {
        let bound = (self.range >> PROBABILITY_BITS) * u32::from(*probability);
        if bit == 0 {
            self.range = bound;
            *probability += ((1 << PROBABILITY_BITS) - *probability) >> MOVE_BITS;
        } else {
            self.low += u64::from(bound);
            self.range -= bound;
            *probability -= *probability >> MOVE_BITS;
        }
        while self.range < TOP {
            self.range <<= 8;
            self.shift_low();
        }
    }

    /// The lowest `count` bits of `value`, from the highest.
    pub fn even_bits(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            self.range >>= 1;
            if value >> at & 1 == 1 {
                self.low += u64::from(self.range);
            }
            while self.range < TOP {
                self.range <<= 8;
                self.shift_low();
            }
        }
    }

    /// The lowest `count` bits of `symbol`, from the highest; `tree` has 2^`count` places.
    #[inline(always)]
    pub fn tree(&mut self, tree: &mut [Probability], symbol: u32, count: u32) {
        let mut node = 1;
        for at in (0..count).rev() {
            let bit = symbol >> at & 1;
            self.bit(&mut tree[node], bit);
            node = node << 1 | bit as usize;
        }
    }

    /// The lowest `count` bits of `symbol`, from the lowest. `offset` is of the tree's place 0.
    #[inline(always)]
    pub fn reverse_tree(&mut self, tree: &mut [Probability], symbol: u32, count: u32) {
        let mut node = 1;
        for at in 0..count {
            let bit = symbol >> at & 1;
            self.bit(&mut tree[node], bit);
            node = node << 1 | bit as usize;
        }
    }

    /// The bytes coded so far; begins anew.
    pub fn finish(&mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift_low();
        }
        std::mem::replace(self, RangeEncoder::new()).out
    }

    fn shift_low(&mut self) {
        if self.low < 0xff00_0000 || self.low > u64::from(u32::MAX) {
            let carry = (self.low >> 32) as u8;
            self.out.push(self.cache.wrapping_add(carry));
            for _ in 1..self.cached {
                self.out.push(0xff_u8.wrapping_add(carry));
            }
            self.cached = 0;
            self.cache = (self.low >> 24) as u8;
        }
        self.cached += 1;
        self.low = (self.low & 0x00ff_ffff) << 8;
    }
}
