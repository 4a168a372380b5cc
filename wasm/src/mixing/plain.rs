//! Bytes that look like noise, as those of compressed files do: no model would gain anything, and modelling takes longest of all.
//! They are coded as they are, and join the past, where they are found when they come again.

use super::arithmetic::BitCoder;
use super::past::Past;
use super::probability::Probabilities;

/// Fewer new bytes on end are always modelled: too few to tell noise from chance.
pub const LEAST_BYTES: usize = 4 << 10;
const LIMIT: u32 = 30;

/// Whether chunks of new bytes are plain. Mostly such as the one before.
pub struct Plain {
    last: usize,
    plain: Probabilities,
}

impl Plain {
    pub fn new() -> Plain {
        Plain {
            last: 0,
            plain: Probabilities::new(2),
        }
    }

    pub fn code<C: BitCoder>(&mut self, coder: &mut C, is_plain: bool) -> bool {
        let one = self.plain.get(self.last).clamp(32, 65_504);
        let bit = coder.code(u32::from(is_plain), one);
        self.plain.learn(self.last, bit, LIMIT);
        self.last = bit as usize;
        bit == 1
    }
}

/// The next byte as it is: eight even bits.
#[inline(always)]
pub fn code_byte<C: BitCoder>(coder: &mut C, byte: u8) -> u8 {
    let bits = (0..8).rev().map(|bit| u32::from(byte) >> bit & 1);
    bits.fold(0, |so_far, bit| so_far << 1 | coder.code(bit, 1 << 15)) as u8
}

/// Distances at which neither bytes nor their differences may repeat more than by chance: those of numbers and samples.
const DISTANCES: [usize; 3] = [1, 2, 4];
/// What chi-squared of 256 kinds is for noise, give or take 23.
const NOISE: u64 = 256;
/// More than noise by one in so many bytes is half a hundredth that modelling would save.
const TOLERATED: u64 = 20;

/// For an encoder: true when modelling would not save one byte in a hundred.
pub fn is_noise(bytes: &[u8], past: &Past) -> bool {
    let even =
        |values: &mut dyn Iterator<Item = u8>| unevenness(values) <= NOISE + bytes.len() as u64 / TOLERATED;
    let difference = |distance: usize| {
        let later = bytes[distance..].iter();
        later.zip(bytes).map(|(byte, before)| byte.wrapping_sub(*before))
    };
    even(&mut bytes.iter().copied())
        && DISTANCES.iter().all(|&distance| even(&mut difference(distance)))
        && !past.holds_parts_of(bytes)
}

/// Pearson's chi-squared against all 256 values being as frequent.
fn unevenness(values: &mut dyn Iterator<Item = u8>) -> u64 {
    let mut counts = [0u64; 256];
    values.for_each(|value| counts[usize::from(value)] += 1);
    let all = counts.iter().sum::<u64>().max(1);
    let squares = counts.iter().map(|count| count * count).sum::<u64>();
    (256 * squares / all).saturating_sub(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::tests::noise;

    fn empty_past() -> Past {
        Past::new(16, 12)
    }

    #[test]
    fn noise_is_noise_and_what_has_an_order_is_not() {
        let noise = noise(1, 8 << 10);
        assert!(is_noise(&noise, &empty_past()));
        let counted: Vec<u8> = (0..8u32 << 10).map(|at| (at * 7) as u8).collect();
        let ramp = noise.iter().scan(0u8, |sum, &step| {
            *sum = sum.wrapping_add(step & 31);
            Some(*sum)
        });
        let text = noise.iter().map(|byte| b'a' + byte % 26);
        for orderly in [counted, ramp.collect(), text.collect()] {
            assert!(!is_noise(&orderly, &empty_past()));
        }
    }

    #[test]
    fn noise_that_came_before_is_not_noise() {
        let noise = noise(1, 8 << 10);
        let mut past = empty_past();
        for &byte in &noise {
            past.remember();
            past.push(byte);
        }
        assert!(!is_noise(&noise[100..6000], &past));
    }
}
