//! Finds earlier stretches that begin like what comes next: the nearest that shares two, three and
//! four bytes, and the last few that share five. Those few are in one row of a table, not in a
//! chain: memory is what a match finder waits for, and a row is one access where a chain is many,
//! each after the other.

use super::models::{MAX_MATCH, MIN_MATCH};

#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Match {
    /// Bytes.
    pub length: u32,
    /// 0 is the byte before.
    pub distance: u32,
}

/// A match that is so long is taken without looking for a longer one.
pub const NICE_LENGTH: usize = 40;

/// Places in a row, the latest first.
const ROW_PLACES: usize = 8;
const HASH3_BITS: u32 = 16;
const MAX_HASH4_BITS: u32 = 20;
const MAX_ROW_BITS: u32 = 19;
/// Bytes from which all hashes are made.
const HASHED_BYTES: usize = 8;
/// Behind a stretch that repeats a byte or few, only so many places are worth finding again.
const REPEATED_PLACES: usize = 64;
/// A row is asked for so many places before it is needed, as memory takes that long.
const AHEAD: usize = 6;

pub struct MatchFinder<'a> {
    data: &'a [u8],
    dictionary: u32,
    /// Places + 1; 0 is none.
    hash2: Vec<u32>,
    hash3: Vec<u32>,
    hash4: Vec<u32>,
    rows: Vec<[u32; ROW_PLACES]>,
    /// What is before has a place in the tables.
    at: usize,
    /// Of what was asked for ahead, so that it is asked for.
    asked: u32,
}

impl<'a> MatchFinder<'a> {
    /// `dictionary` is the longest distance.
    pub fn new(data: &'a [u8], dictionary: u32) -> MatchFinder<'a> {
        let bits = data.len().max(1 << 8).next_power_of_two().ilog2();
        MatchFinder {
            data,
            dictionary,
            hash2: vec![0; 1 << 16],
            hash3: vec![0; 1 << HASH3_BITS],
            hash4: vec![0; 1 << bits.min(MAX_HASH4_BITS)],
            rows: vec![[0; ROW_PLACES]; 1 << (bits - 3).min(MAX_ROW_BITS)],
            at: 0,
            asked: 0,
        }
    }

    /// The place that `find` looks at next.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Matches at the next place, of ever longer lengths; each is the nearest of its length.
    pub fn find(&mut self, found: &mut Vec<Match>) {
        found.clear();
        let at = self.at;
        self.at += 1;
        let Some(next) = word_at(self.data, at) else {
            return;
        };
        if let Some(later) = word_at(self.data, at + AHEAD) {
            let row = self.row_of(later);
            self.asked ^= self.rows[row][0];
        }
        let here = at as u32 + 1;
        let (near, row) = self.enter(next, here);
        let limit = MAX_MATCH.min(self.data.len() - at);
        let oldest = here.saturating_sub(self.dictionary).max(1);
        let mut longest = MIN_MATCH - 1;
        for (near, bytes) in near.into_iter().zip(2..) {
            if near < oldest || longest >= bytes {
                continue;
            }
            let length = common(self.data, near as usize - 1, at, limit);
            if length > longest {
                longest = length;
                found.push(Match {
                    length: length as u32,
                    distance: here - near - 1,
                });
            }
        }
        for place in row {
            if place < oldest || longest >= limit || longest >= NICE_LENGTH {
                return;
            }
            let old = place as usize - 1;
            if self.data[old + longest] != self.data[at + longest] {
                continue;
            }
            let length = common(self.data, old, at, limit);
            if length > longest {
                longest = length;
                found.push(Match {
                    length: length as u32,
                    distance: here - place - 1,
                });
            }
        }
    }

    /// Passes `bytes` bytes, whose matches nobody asks for.
    pub fn skip(&mut self, bytes: usize, distance: u32) {
        let end = self.at + bytes;
        if (distance as usize) < REPEATED_PLACES {
            self.at = self.at.max(end.saturating_sub(REPEATED_PLACES));
        }
        while self.at < end
            && let Some(next) = word_at(self.data, self.at)
        {
            self.enter(next, self.at as u32 + 1);
            self.at += 1;
        }
        self.at = end;
    }

    /// Puts a place into the tables, and returns what was there.
    #[inline(always)]
    fn enter(&mut self, next: u64, here: u32) -> ([u32; 3], [u32; ROW_PLACES]) {
        let low = next as u32;
        let hash4 = spread(low.into(), self.hash4.len());
        let hash3 = spread((low << 8).into(), 1 << HASH3_BITS);
        let near = [
            std::mem::replace(&mut self.hash2[low as usize & 0xffff], here),
            std::mem::replace(&mut self.hash3[hash3], here),
            std::mem::replace(&mut self.hash4[hash4], here),
        ];
        let row = self.row_of(next);
        let row = &mut self.rows[row];
        let before = *row;
        row[1..].copy_from_slice(&before[..ROW_PLACES - 1]);
        row[0] = here;
        (near, before)
    }

    #[inline(always)]
    fn row_of(&self, next: u64) -> usize {
        spread(next << 24, self.rows.len())
    }
}

#[inline(always)]
fn word_at(data: &[u8], at: usize) -> Option<u64> {
    let word = data.get(at..at + HASHED_BYTES)?.first_chunk()?;
    Some(u64::from_le_bytes(*word))
}

/// A place in a table whose length is a power of two.
#[inline(always)]
fn spread(bytes: u64, length: usize) -> usize {
    (bytes.wrapping_mul(0x9e37_79b1_85eb_ca87) >> (64 - length.ilog2())) as usize & (length - 1)
}

/// How many bytes from `old` and from `new` agree, at most `limit`; `new` + `limit` is inside.
#[inline(always)]
pub fn common(data: &[u8], old: usize, new: usize, limit: usize) -> usize {
    let (old, new) = (&data[old..old + limit], &data[new..new + limit]);
    let mut length = 0;
    while let (Some(a), Some(b)) = (
        old[length..].first_chunk::<8>(),
        new[length..].first_chunk::<8>(),
    ) {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return length + differ.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    while length < limit && old[length] == new[length] {
        length += 1;
    }
    length
}
