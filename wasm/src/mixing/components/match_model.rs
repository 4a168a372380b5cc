//! The match model: the bytes coded last, and where the present ones occurred in them before.

use super::common_suffix::common_suffix;
use crate::mixing::hash::hash;

/// Lengths of the strings that are looked up, the longest first, and how many bytes must really
/// agree.
const MIN_LENGTHS: [u32; 3] = [16, 9, 5];
/// Longer matches are not told apart.
const MAX_MATCH: u32 = 60;
/// A match that was this long is followed on when it fails, as often only one byte has changed.
const MIN_RECOVERABLE: u32 = 12;
/// A recovering match is dropped when it has failed too often for its age.
const RECOVERY_LIMIT: u32 = 16;

const EMPTY: u32 = u32::MAX;

pub struct MatchModel {
    buffer: Vec<u8>,
    mask: usize,
    /// Bytes that came so far.
    at: usize,
    /// The last 16 bytes, the latest lowest.
    last_bytes: u128,
    /// The hash of the present word; 0 outside of words.
    word: u32,
    tables: [Vec<u32>; MIN_LENGTHS.len()],
    hash_shift: u32,
    current: Match,
}

/// The last bytes at some time, and the word that they end with.
#[derive(Clone, Copy)]
pub struct Context {
    bytes: u128,
    word: u32,
}

/// How many bytes that is.
const CONTEXT_BYTES: u32 = 16;

/// A place in the buffer where the same bytes came before.
#[derive(Clone, Copy, Default)]
struct Match {
    at: usize,
    /// 0: there is none.
    length: u32,
    /// Above 0: it failed so many steps ago and recovers.
    recovering: u32,
}

impl MatchModel {
    /// Keeps 2^bits bytes, and finds 2^hash_bits strings of each length.
    pub fn new(bits: u32, hash_bits: u32) -> MatchModel {
        MatchModel {
            buffer: vec![0; 1 << bits],
            mask: (1 << bits) - 1,
            at: 0,
            last_bytes: 0,
            word: 0,
            tables: MIN_LENGTHS.map(|_| vec![EMPTY; 1 << hash_bits]),
            hash_shift: 32 - hash_bits,
            current: Match::default(),
        }
    }

    /// The last `bytes` (1 to 4) bytes as a number, the latest lowest.
    #[inline(always)]
    pub fn last(&self, bytes: u32) -> u32 {
        (self.last_bytes as u32) & (u32::MAX >> (32 - 8 * bytes))
    }

    /// The byte `back` (1 to 16) places before the present one.
    #[inline(always)]
    pub fn byte(&self, back: u32) -> u32 {
        (self.last_bytes >> (8 * (back - 1))) as u32 & 255
    }

    /// The hash of the letters and digits since the last other byte; 0 when there are none.
    #[inline(always)]
    pub fn word(&self) -> u32 {
        self.word
    }

    /// Appends a byte.
    #[inline(always)]
    pub fn push(&mut self, byte: u8) {
        self.buffer[self.at & self.mask] = byte;
        self.last_bytes = self.last_bytes << 8 | u128::from(byte);
        self.at += 1;
        let in_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128;
        self.word = if in_word {
            hash(self.word, u32::from(byte))
        } else {
            0
        };
    }

    /// Appends many bytes that nobody needs to match one by one; only their end can be found again.
    pub fn push_all(&mut self, bytes: &[u8]) {
        let indexed = MIN_LENGTHS[0] as usize;
        let (rest, last) = bytes.split_at(bytes.len().saturating_sub(indexed));
        // The strings that end in the last bytes begin in those before.
        let (far, near) = rest.split_at(rest.len().saturating_sub(indexed));
        let start = self.at & self.mask;
        let (first, wrapped) = far.split_at(far.len().min(self.buffer.len() - start));
        self.buffer[start..start + first.len()].copy_from_slice(first);
        self.buffer[..wrapped.len()].copy_from_slice(wrapped);
        self.at += far.len();
        near.iter().for_each(|&byte| self.push(byte));
        for &byte in last {
            self.insert();
            self.push(byte);
        }
        self.drop_match();
    }

    /// After bytes that were not looked up.
    pub fn drop_match(&mut self) {
        self.current = Match::default();
    }

    /// Continues after the bytes of a context, whatever was pushed since.
    pub fn restore(&mut self, context: Context) {
        for back in (1..=CONTEXT_BYTES).rev() {
            self.push((context.bytes >> (8 * (back - 1))) as u8);
        }
        self.word = context.word;
        self.drop_match();
    }

    /// What the last bytes are.
    pub fn context(&self) -> Context {
        let (bytes, word) = (self.last_bytes, self.word);
        Context { bytes, word }
    }

    /// Follows the match, or looks for one, before the next byte is coded.
    #[inline(always)]
    pub fn find(&mut self) {
        let at = self.at as u32;
        let hashes = self.hashes();
        if self.current.length == 0 || self.current.recovering > 0 {
            self.look_up(&hashes);
        }
        for (table, hash) in self.tables.iter_mut().zip(hashes) {
            table[hash] = at;
        }
    }

    /// Indexes the present position without looking for a match. Each position is indexed once, by
    /// this or by `find`.
    #[inline(always)]
    pub fn insert(&mut self) {
        let hashes = self.hashes();
        for (table, hash) in self.tables.iter_mut().zip(hashes) {
            table[hash] = self.at as u32;
        }
    }

    #[inline(always)]
    fn hashes(&self) -> [usize; MIN_LENGTHS.len()] {
        MIN_LENGTHS.map(|length| self.hash_of(self.last_bytes & (u128::MAX >> (128 - 8 * length))))
    }

    /// Where a string is indexed, given as a number like `last_bytes`.
    #[inline(always)]
    fn hash_of(&self, key: u128) -> usize {
        let (low, high) = (key as u64, (key >> 64) as u64);
        let mixed =
            low.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ high.wrapping_mul(0xd6e8_feb8_6659_fd93);
        (hash((mixed >> 32) as u32, mixed as u32) >> self.hash_shift) as usize
    }

    /// Whether some of these bytes, which come next, are indexed: looks at every few of them.
    pub fn has_seen_parts_of(&self, bytes: &[u8]) -> bool {
        bytes
            .windows(MIN_LENGTHS[0] as usize)
            .step_by(MIN_LENGTHS[0] as usize)
            .any(|string| {
                let key = string
                    .iter()
                    .fold(0, |key, &byte| key << 8 | u128::from(byte));
                let place = self.tables[0][self.hash_of(key)];
                let in_buffer =
                    |back: usize| self.buffer[(place as usize).wrapping_sub(back) & self.mask];
                place != EMPTY
                    && string
                        .iter()
                        .rev()
                        .zip(1..)
                        .all(|(&byte, back)| in_buffer(back) == byte)
            })
    }

    fn look_up(&mut self, hashes: &[usize; MIN_LENGTHS.len()]) {
        let in_recovery = self.current.recovering > 0 && self.current.length > 0;
        for (index, &hash) in hashes.iter().enumerate() {
            let shortest = index == MIN_LENGTHS.len() - 1;
            if shortest && in_recovery && self.current.recovering <= 8 {
                continue;
            }
            let candidate = self.tables[index][hash];
            if candidate == EMPTY {
                continue;
            }
            let length = self.match_length(candidate as usize);
            if length < MIN_LENGTHS[index] {
                continue;
            }
            if !in_recovery || length >= 16 || self.current.recovering > 8 {
                self.current = Match {
                    at: candidate as usize,
                    length,
                    recovering: 0,
                };
            }
            return;
        }
    }

    /// How many bytes before `place` are the same as those before the present position.
    fn match_length(&self, place: usize) -> u32 {
        let reach = MAX_MATCH
            .min(place as u32)
            .min((self.mask + 1).saturating_sub(self.at - place) as u32);
        let [place, at] = [place & self.mask, self.at & self.mask];
        let near_start = place.min(at) < reach as usize;
        if near_start {
            let differs = |back: &usize| {
                let [one, other] =
                    [place, at].map(|end| self.buffer[end.wrapping_sub(*back) & self.mask]);
                one != other
            };
            return (1..=reach as usize)
                .find(differs)
                .map_or(reach, |back| back as u32 - 1);
        }
        let [one, other] = [place, at].map(|end| &self.buffer[end - reach as usize..end]);
        common_suffix(one, other) as u32
    }

    /// The byte that followed the match, plus 1; 0 without a match.
    #[inline(always)]
    pub fn expected_byte(&self) -> u32 {
        if self.current.length == 0 {
            return 0;
        }
        u32::from(self.buffer[self.current.at & self.mask]) + 1
    }

    /// The match's length, at most 60, or 0 without one; and how many steps ago it failed.
    #[inline(always)]
    pub fn quality(&self) -> (u32, u32) {
        (self.current.length, self.current.recovering)
    }

    /// The quality in six steps.
    #[inline(always)]
    pub fn length_bucket(&self) -> u32 {
        match (self.current.recovering, self.current.length) {
            (0, 0) => 0,
            (0, 1..8) => 1,
            (0, 8..16) => 2,
            (0, 16..32) => 3,
            (0, _) => 4,
            _ => 5,
        }
    }

    /// Judges the match by the byte that came. To be called before `push`.
    #[inline(always)]
    pub fn update(&mut self, byte: u8) {
        let current = &mut self.current;
        if current.length == 0 {
            return;
        }
        let right = self.buffer[current.at & self.mask] == byte;
        current.at += 1;
        if right {
            current.length = (current.length + 1).min(MAX_MATCH);
            if current.recovering > 0 {
                current.recovering = if current.length > 16 {
                    0
                } else {
                    current.recovering + 1
                };
            }
        } else if current.length >= MIN_RECOVERABLE && current.recovering == 0 {
            (current.length, current.recovering) = (1, 1);
        } else if current.recovering > 0 && current.recovering + 4 < RECOVERY_LIMIT {
            (current.length, current.recovering) = (1, current.recovering + 4);
        } else {
            *current = Match::default();
        }
    }
}
