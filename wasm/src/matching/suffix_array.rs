//! Finds the longest match of some bytes anywhere in the base, by a suffix array. Nearly every step
//! of a search waits for memory, so the first eight bytes are looked up in a table, which leaves
//! few steps.

use std::ops::Range;

use crate::error::{Result, input};
use crate::limits::MAX_GROUP_BYTES;

pub struct SuffixArray<'a> {
    base: &'a [u8],
    sorted: Vec<i32>,
    /// Where in `sorted` the suffixes that begin with a pair of bytes start; one entry more than
    /// there are pairs.
    starts: Vec<u32>,
    prefix_table: PrefixTable,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub base: usize,
    pub length: usize,
}

impl<'a> SuffixArray<'a> {
    pub fn new(base: &'a [u8]) -> Result<SuffixArray<'a>> {
        if base.len() as u64 > MAX_GROUP_BYTES {
            return Err(input("the base of a group is larger than 256 MiB"));
        }
        let mut sorted = Vec::new();
        sorted
            .try_reserve_exact(base.len())
            .map_err(|_| input("not enough memory to index the base"))?;
        sorted.resize(base.len(), 0);
        divsufsort::sort_in_place(base, &mut sorted);
        let starts = count_pairs(base);
        let prefix_table = PrefixTable::new(base, &sorted)?;
        Ok(SuffixArray {
            base,
            sorted,
            starts,
            prefix_table,
        })
    }

    /// The longest match of the beginning of `wanted`; of equal ones the nearest to `near`, as far
    /// as a few are looked at. Matches of one byte are useless and not looked for.
    pub fn find(&self, wanted: &[u8], near: usize) -> Match {
        let [first, second, ..] = *wanted else {
            return Match::default();
        };
        let pair = pair_of(first, second);
        let all = self.starts[pair] as usize..self.starts[pair + 1] as usize;
        let Range {
            start: mut low,
            end: mut high,
        } = self.narrow(wanted).unwrap_or(all);
        let (mut low_length, mut high_length) = (0, 0);
        let (mut best, mut place) = (Match::default(), 0);
        while low < high {
            let middle = low + (high - low) / 2;
            let position = self.sorted[middle] as usize;
            let suffix = &self.base[position..];
            let known = low_length.min(high_length).min(suffix.len());
            let length = known + common_prefix(&suffix[known..], &wanted[known..]);
            if length > best.length {
                best = Match {
                    base: position,
                    length,
                };
                place = middle;
            }
            if length == wanted.len() {
                break;
            }
            if suffix.get(length) < wanted.get(length) {
                (low, low_length) = (middle + 1, length);
            } else {
                (high, high_length) = (middle, length);
            }
        }
        self.nearest(best, place, &wanted[..best.length], near)
    }

    fn nearest(&self, best: Match, place: usize, wanted: &[u8], near: usize) -> Match {
        if wanted.is_empty() {
            return best;
        }
        let alike = |place: &usize| self.base[self.sorted[*place] as usize..].starts_with(wanted);
        let after = (place + 1..self.sorted.len())
            .take(EQUAL_MATCHES)
            .take_while(alike);
        let before = (0..place).rev().take(EQUAL_MATCHES).take_while(alike);
        let bases = after.chain(before).map(|place| self.sorted[place] as usize);
        let base = bases
            .chain([best.base])
            .min_by_key(|base| base.abs_diff(near))
            .unwrap_or(best.base);
        Match { base, ..best }
    }

    /// The suffixes that begin with the first bytes of `wanted`, if the table knows them.
    fn narrow(&self, wanted: &[u8]) -> Option<Range<usize>> {
        let prefix = wanted.first_chunk()?;
        let start = self.prefix_table.get(prefix)?;
        let begins =
            |rank: usize| self.base[self.sorted[rank] as usize..].first_chunk() == Some(prefix);
        if !begins(start) {
            return None;
        }
        // There are mostly few: look for the end in doubling steps, then between the last two.
        let mut step = 1;
        while start + step < self.sorted.len() && begins(start + step) {
            step *= 2;
        }
        let (mut inside, mut behind) = (start + step / 2, (start + step).min(self.sorted.len()));
        while behind - inside > 1 {
            let middle = inside + (behind - inside) / 2;
            if begins(middle) {
                inside = middle;
            } else {
                behind = middle;
            }
        }
        Some(start..behind)
    }
}

/// Where the suffixes with a certain beginning start: a hash table that does not resolve
/// collisions. Its user checks the answer, and searches all suffixes if it is wrong.
struct PrefixTable {
    /// 0 if there is none, else the place + 1.
    places: Vec<u32>,
    shift: u32,
}

/// Equal matches looked at on either side of the one found.
const EQUAL_MATCHES: usize = 16;

type Prefix = [u8; 8];

/// Entries of four bytes each, as a power of two. Twice as many made no search faster.
const MAX_PREFIX_BITS: u32 = 24;

impl PrefixTable {
    fn new(base: &[u8], sorted: &[i32]) -> Result<PrefixTable> {
        let bits = base.len().max(2).ilog2().min(MAX_PREFIX_BITS);
        let mut places = Vec::new();
        places
            .try_reserve_exact(1 << bits)
            .map_err(|_| input("not enough memory to index the base"))?;
        places.resize(1 << bits, 0);
        let mut prefix_table = PrefixTable {
            places,
            shift: 64 - bits,
        };
        let mut last = None;
        for (rank, &position) in sorted.iter().enumerate() {
            let prefix = base[position as usize..].first_chunk();
            if let Some(prefix) = prefix
                && last != Some(prefix)
            {
                let place = prefix_table.place(prefix);
                if prefix_table.places[place] == 0 {
                    prefix_table.places[place] = rank as u32 + 1;
                }
                last = Some(prefix);
            }
        }
        Ok(prefix_table)
    }

    fn get(&self, prefix: &Prefix) -> Option<usize> {
        let found = self.places[self.place(prefix)];
        found.checked_sub(1).map(|rank| rank as usize)
    }

    fn place(&self, prefix: &Prefix) -> usize {
        let bytes = u64::from_le_bytes(*prefix);
        ((bytes ^ bytes >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }
}

fn pair_of(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// The last byte alone is counted as a pair with zero: it sorts just before all of those.
fn count_pairs(base: &[u8]) -> Vec<u32> {
    let mut starts = vec![0u32; (1 << 16) + 1];
    for pair in base.windows(2) {
        starts[pair_of(pair[0], pair[1]) + 1] += 1;
    }
    if let Some(&last) = base.last() {
        starts[pair_of(last, 0) + 1] += 1;
    }
    for index in 1..starts.len() {
        starts[index] += starts[index - 1];
    }
    starts
}

/// How many bytes two slices begin with in common, eight at a time.
pub fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    let max = left.len().min(right.len());
    let words = left.as_chunks::<8>().0.iter().zip(right.as_chunks::<8>().0);
    let mut length = 0;
    for (left, right) in words {
        let differing = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if differing != 0 {
            return length + (differing.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    while length < max && left[length] == right[length] {
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn longest_by_trying_all(base: &[u8], wanted: &[u8]) -> usize {
        (0..base.len())
            .map(|at| common_prefix(&base[at..], wanted))
            .max()
            .unwrap_or(0)
    }

    /// The suffix sorter that we had before (libsais-rs 0.2) panicked on these.
    #[test]
    fn short_periods_are_sorted() {
        for base in [
            &[1, 0, 1, 0, 1][..],
            &[2, 0, 1, 0, 2, 0, 1, 0, 1],
            &[1, 2, 1, 2, 1, 2],
        ] {
            assert_eq!(
                SuffixArray::new(base).unwrap().find(base, 0).length,
                base.len()
            );
        }
    }

    proptest! {
        #[test]
        fn finds_the_longest_match(
            base in prop::collection::vec(0u8..3, 0..200),
            wanted in prop::collection::vec(0u8..3, 0..40),
        ) {
            let found = SuffixArray::new(&base).unwrap().find(&wanted, 0);
            let longest = longest_by_trying_all(&base, &wanted);
            prop_assert_eq!(found.length, if longest < 2 { found.length.min(1) } else { longest });
            prop_assert!(base[found.base..].starts_with(&wanted[..found.length]));
        }
    }
}
