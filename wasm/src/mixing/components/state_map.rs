//! Adaptive probabilities: they move fast at first and more slowly with every bit seen, down to a
//! limit.

use super::logistic::{squash, stretch};
use super::state_table::{EMPTY_STATE, StateTable};

const COUNT_BITS: u32 = 10;
const COUNT_MASK: u32 = (1 << COUNT_BITS) - 1;
const ONE: i32 = (1 << 22) - 1;

/// How far the n-th bit moves a probability towards itself: 1 / (n + 1.5) of the way, in 65,536ths.
const fn build_reciprocals() -> [i32; 1 << COUNT_BITS] {
    let mut reciprocals = [0; 1 << COUNT_BITS];
    let mut n = 0;
    while n < reciprocals.len() {
        reciprocals[n] = 131_072 / (2 * n as i32 + 3);
        n += 1;
    }
    reciprocals
}
static RECIPROCALS: [i32; 1 << COUNT_BITS] = build_reciprocals();

/// Maps a bit history, or any other small context, to the probability of a 1. Each cell has 22 bits
/// of probability and 10 bits of count.
pub struct StateMap {
    cells: Vec<u32>,
}

impl StateMap {
    pub fn new(cells: usize) -> StateMap {
        StateMap {
            cells: vec![1 << 31; cells],
        }
    }

    /// A cell for every bit history, which starts with what its counts suggest.
    pub fn for_states(state_table: &StateTable) -> StateMap {
        let initial = |&(zeros, ones): &(u8, u8)| {
            let all = u32::from(zeros) + u32::from(ones);
            ((2 * u32::from(ones) + 1) * ONE as u32 / (2 * all + 2)) << COUNT_BITS
        };
        StateMap {
            cells: state_table.counts.iter().map(initial).collect(),
        }
    }

    /// For an APM: 33 buckets for each context, which start as the logistic function of -8 to 8 in
    /// steps of a half.
    pub fn for_apm(contexts: usize) -> StateMap {
        let initial = |index: usize| squash((index % 33) as i32 * 128 - 2048) << 16 | 6;
        StateMap {
            cells: (0..contexts * 33).map(initial).collect(),
        }
    }

    /// The probability of a 1 in 65,536ths.
    #[inline(always)]
    pub fn p(&self, index: usize) -> u32 {
        self.cells[index] >> 16
    }

    /// A bit history's two inputs to a mixer: its probability stretched, and as it is. The empty
    /// one says nothing.
    #[inline(always)]
    pub fn inputs(&self, state: u8) -> [i16; 2] {
        if state == EMPTY_STATE {
            return [0, 0];
        }
        let p = self.p(usize::from(state));
        [stretch(p), ((p as i32 - 32_768) >> 6) as i16]
    }

    /// Learns a bit. `limit` (at most 1,023) is the most bits that count: the higher, the more
    /// slowly the probability follows a change.
    #[inline(always)]
    pub fn update(&mut self, index: usize, bit: u32, limit: u32) {
        let cell = &mut self.cells[index];
        let (count, p) = (*cell & COUNT_MASK, (*cell >> COUNT_BITS) as i32);
        let target = if bit == 1 { ONE } else { 0 };
        let step = (i64::from(target - p) * i64::from(RECIPROCALS[count as usize])) >> 16;
        let count = if count < limit { count + 1 } else { count };
        *cell = ((p + step as i32) as u32) << COUNT_BITS | count;
    }
}
