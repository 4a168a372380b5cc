//! Probabilities that learn: fast at first, slower with every bit seen, down to a limit.

use super::history::Histories;
use super::logistic::squash;

const COUNT_BITS: u32 = 10;
const COUNT_MASK: u32 = (1 << COUNT_BITS) - 1;
const ONE: i32 = (1 << 22) - 1;

/// The share, in 65,536ths, of the way to what came that the n-th bit moves a probability: 1 / (n + 1.5).
const fn build_shares() -> [i32; 1 << COUNT_BITS] {
    let mut shares = [0; 1 << COUNT_BITS];
    let mut n = 0;
    while n < shares.len() {
        shares[n] = 131_072 / (2 * n as i32 + 3);
        n += 1;
    }
    shares
}
static SHARES: [i32; 1 << COUNT_BITS] = build_shares();

/// A row of probabilities: 22 bits of probability, 10 bits of count in each.
pub struct Probabilities {
    cells: Vec<u32>,
}

impl Probabilities {
    /// `cells` is a power of two or is never exceeded by an index.
    pub fn new(cells: usize) -> Probabilities {
        Probabilities {
            cells: vec![1 << 31; cells],
        }
    }

    /// One for every bit history, beginning with what its counts suggest.
    pub fn of_histories(histories: &Histories) -> Probabilities {
        let begin = |&(zeros, ones): &(u8, u8)| {
            let all = u32::from(zeros) + u32::from(ones);
            ((2 * u32::from(ones) + 1) * ONE as u32 / (2 * all + 2)) << COUNT_BITS
        };
        Probabilities {
            cells: histories.counts.iter().map(begin).collect(),
        }
    }

    /// Rows of 33 that begin as the logistic function of -8 to 8 in steps of a half.
    pub fn of_curves(curves: usize) -> Probabilities {
        let point = |index: usize| squash((index % 33) as i32 * 128 - 2048) << 16 | 6;
        Probabilities {
            cells: (0..curves * 33).map(point).collect(),
        }
    }

    /// In 65,536ths.
    #[inline(always)]
    pub fn get(&self, index: usize) -> u32 {
        self.cells[index] >> 16
    }

    /// `limit` (at most 1,023): how many bits count at most; the higher, the slower it follows a change.
    #[inline(always)]
    pub fn learn(&mut self, index: usize, bit: u32, limit: u32) {
        let cell = &mut self.cells[index];
        let (count, now) = (*cell & COUNT_MASK, (*cell >> COUNT_BITS) as i32);
        let goal = if bit == 1 { ONE } else { 0 };
        let step = (i64::from(goal - now) * i64::from(SHARES[count as usize])) >> 16;
        let count = if count < limit { count + 1 } else { count };
        *cell = ((now + step as i32) as u32) << COUNT_BITS | count;
    }
}
