//! Bytes that look like noise, as those of compressed files do. Models would gain nothing and take
//! their time, so these are stored as they are. They still join the match model's buffer, to be
//! found when they come again.

use crate::mixing::arithmetic::BitCoder;
use crate::mixing::components::{MatchModel, StateMap};

/// Shorter chunks of new bytes are always modelled: they are too few to tell noise from chance.
pub const MIN_BYTES: usize = 4 << 10;
const LIMIT: u32 = 30;

/// Codes whether a chunk of new bytes is stored; most are like the one before.
pub struct StoredFlag {
    last: usize,
    stored: StateMap,
}

impl StoredFlag {
    pub fn new() -> StoredFlag {
        StoredFlag {
            last: 0,
            stored: StateMap::new(2),
        }
    }

    pub fn code<C: BitCoder>(&mut self, coder: &mut C, is_stored: bool) -> bool {
        let p = self.stored.p(self.last).clamp(32, 65_504);
        let bit = coder.code(u32::from(is_stored), p);
        self.stored.update(self.last, bit, LIMIT);
        self.last = bit as usize;
        bit == 1
    }
}

/// The next byte as it is: eight bits of equal probability.
#[inline(always)]
pub fn code_byte<C: BitCoder>(coder: &mut C, byte: u8) -> u8 {
    let bits = (0..8).rev().map(|bit| u32::from(byte) >> bit & 1);
    bits.fold(0, |partial, bit| partial << 1 | coder.code(bit, 1 << 15)) as u8
}

/// Distances at which neither bytes nor their differences may repeat more often than by chance:
/// those of numbers and of samples.
const DISTANCES: [usize; 3] = [1, 2, 4];
/// Chi-squared of noise over 256 values, give or take 23.
const NOISE: u64 = 256;
/// One more than that in so many bytes is half a hundredth that modelling would save.
const TOLERATED: u64 = 20;

/// For an encoder: true when modelling would not save one byte in a hundred.
pub fn is_incompressible(bytes: &[u8], match_model: &MatchModel) -> bool {
    let even = |values: &mut dyn Iterator<Item = u8>| {
        chi_squared(values) <= NOISE + bytes.len() as u64 / TOLERATED
    };
    let difference = |distance: usize| {
        let later = bytes[distance..].iter();
        later
            .zip(bytes)
            .map(|(byte, before)| byte.wrapping_sub(*before))
    };
    even(&mut bytes.iter().copied())
        && DISTANCES
            .iter()
            .all(|&distance| even(&mut difference(distance)))
        && !match_model.has_seen_parts_of(bytes)
}

/// Pearson's test statistic against all 256 values being equally frequent.
fn chi_squared(values: &mut dyn Iterator<Item = u8>) -> u64 {
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

    fn empty() -> MatchModel {
        MatchModel::new(16, 12)
    }

    #[test]
    fn noise_is_incompressible_and_what_has_an_order_is_not() {
        let noise = noise(1, 8 << 10);
        assert!(is_incompressible(&noise, &empty()));
        let counted: Vec<u8> = (0..8u32 << 10).map(|at| (at * 7) as u8).collect();
        let ramp = noise.iter().scan(0u8, |sum, &step| {
            *sum = sum.wrapping_add(step & 31);
            Some(*sum)
        });
        let text = noise.iter().map(|byte| b'a' + byte % 26);
        for orderly in [counted, ramp.collect(), text.collect()] {
            assert!(!is_incompressible(&orderly, &empty()));
        }
    }

    #[test]
    fn noise_that_came_before_is_compressible() {
        let noise = noise(1, 8 << 10);
        let mut match_model = empty();
        for &byte in &noise {
            match_model.insert();
            match_model.push(byte);
        }
        assert!(!is_incompressible(&noise[100..6000], &match_model));
    }
}
