//! The bytes coded last, and where in them the present ones stood before.

use super::hash;

/// Lengths of the strings that are looked up, the longest first, and how many bytes must really agree.
const LENGTHS: [u32; 3] = [16, 9, 5];
/// Longer agreement is not counted.
const LONGEST: u32 = 60;
/// A broken match that was this long is followed on, as often only one byte has changed.
const WORTH_RECOVERING: u32 = 12;
/// A recovering match is given up when it has failed too often for its age.
const GIVEN_UP: u32 = 16;

const EMPTY: u32 = u32::MAX;

pub struct Past {
    ring: Vec<u8>,
    mask: usize,
    /// Bytes that came so far.
    at: usize,
    /// The last 16 bytes, the latest lowest.
    latest: u128,
    /// The word so far, hashed; 0 outside of words.
    word: u32,
    heads: [Vec<u32>; LENGTHS.len()],
    head_shift: u32,
    found: Match,
}

/// The last bytes at some time, and the word that they end with.
#[derive(Clone, Copy)]
pub struct Latest {
    bytes: u128,
    word: u32,
}

/// How many bytes that is.
const LATEST: u32 = 16;

/// A place in the past where the same bytes came before.
#[derive(Clone, Copy, Default)]
struct Match {
    at: usize,
    /// 0: there is none.
    length: u32,
    /// Above 0: it was broken, this many steps ago.
    broken: u32,
}

impl Past {
    /// Keeps 2^bits bytes, and finds 2^head_bits strings of each length.
    pub fn new(bits: u32, head_bits: u32) -> Past {
        Past {
            ring: vec![0; 1 << bits],
            mask: (1 << bits) - 1,
            at: 0,
            latest: 0,
            word: 0,
            heads: LENGTHS.map(|_| vec![EMPTY; 1 << head_bits]),
            head_shift: 32 - head_bits,
            found: Match::default(),
        }
    }

    /// The last `bytes` (1 to 4) bytes as a number, the latest lowest.
    #[inline(always)]
    pub fn last(&self, bytes: u32) -> u32 {
        (self.latest as u32) & (u32::MAX >> (32 - 8 * bytes))
    }

    /// The byte `back` (1 to 16) places before the present one.
    #[inline(always)]
    pub fn byte(&self, back: u32) -> u32 {
        (self.latest >> (8 * (back - 1))) as u32 & 255
    }

    /// The letters and digits since the last other byte, hashed; 0 when there are none.
    #[inline(always)]
    pub fn word(&self) -> u32 {
        self.word
    }

    /// One byte more.
    #[inline(always)]
    pub fn push(&mut self, byte: u8) {
        self.ring[self.at & self.mask] = byte;
        self.latest = self.latest << 8 | u128::from(byte);
        self.at += 1;
        let in_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128;
        self.word = if in_word {
            hash(self.word, u32::from(byte))
        } else {
            0
        };
    }

    /// Many bytes that nobody wants to match one by one; only the end of them is found again.
    pub fn push_all(&mut self, bytes: &[u8]) {
        let found_again = LENGTHS[0] as usize;
        let (rest, last) = bytes.split_at(bytes.len().saturating_sub(found_again));
        // The strings that end in the last bytes begin in those before.
        let (far, near) = rest.split_at(rest.len().saturating_sub(found_again));
        let start = self.at & self.mask;
        let (first, wrapped) = far.split_at(far.len().min(self.ring.len() - start));
        self.ring[start..start + first.len()].copy_from_slice(first);
        self.ring[..wrapped.len()].copy_from_slice(wrapped);
        self.at += far.len();
        near.iter().for_each(|&byte| self.push(byte));
        for &byte in last {
            self.remember();
            self.push(byte);
        }
        self.forget_match();
    }

    /// After bytes that were not found.
    pub fn forget_match(&mut self) {
        self.found = Match::default();
    }

    /// Goes on behind the bytes that were the last ones then, whatever was pushed since.
    pub fn return_to(&mut self, then: Latest) {
        for back in (1..=LATEST).rev() {
            self.push((then.bytes >> (8 * (back - 1))) as u8);
        }
        self.word = then.word;
        self.forget_match();
    }

    /// What the last bytes are.
    pub fn latest(&self) -> Latest {
        let (bytes, word) = (self.latest, self.word);
        Latest { bytes, word }
    }

    /// Follows the match, or looks for one, before the next byte is coded.
    #[inline(always)]
    pub fn find(&mut self) {
        let at = self.at as u32;
        let slots = self.hashes();
        if self.found.length == 0 || self.found.broken > 0 {
            self.look(&slots);
        }
        for (heads, slot) in self.heads.iter_mut().zip(slots) {
            heads[slot] = at;
        }
    }

    /// Remembers the present place without looking for a match. Each place is to be remembered once, by this or by `find`.
    #[inline(always)]
    pub fn remember(&mut self) {
        let slots = self.hashes();
        for (heads, slot) in self.heads.iter_mut().zip(slots) {
            heads[slot] = self.at as u32;
        }
    }

    #[inline(always)]
    fn hashes(&self) -> [usize; LENGTHS.len()] {
        LENGTHS.map(|length| self.slot(self.latest & (u128::MAX >> (128 - 8 * length))))
    }

    /// Where the head of a string is, given as a number like `latest`.
    #[inline(always)]
    fn slot(&self, string: u128) -> usize {
        let (low, high) = (string as u64, (string >> 64) as u64);
        let folded = low.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ high.wrapping_mul(0xd6e8_feb8_6659_fd93);
        (hash((folded >> 32) as u32, folded as u32) >> self.head_shift) as usize
    }

    /// Whether some of these bytes, which come next, are remembered: a look at every few of them.
    pub fn holds_parts_of(&self, bytes: &[u8]) -> bool {
        bytes
            .windows(LENGTHS[0] as usize)
            .step_by(LENGTHS[0] as usize)
            .any(|string| {
                let number = string
                    .iter()
                    .fold(0, |number, &byte| number << 8 | u128::from(byte));
                let place = self.heads[0][self.slot(number)];
                let in_ring = |back: usize| self.ring[(place as usize).wrapping_sub(back) & self.mask];
                place != EMPTY
                    && string
                        .iter()
                        .rev()
                        .zip(1..)
                        .all(|(&byte, back)| in_ring(back) == byte)
            })
    }

    fn look(&mut self, slots: &[usize; LENGTHS.len()]) {
        let healing = self.found.broken > 0 && self.found.length > 0;
        for (index, &slot) in slots.iter().enumerate() {
            let last = index == LENGTHS.len() - 1;
            if last && healing && self.found.broken <= 8 {
                continue;
            }
            let candidate = self.heads[index][slot];
            if candidate == EMPTY {
                continue;
            }
            let length = self.agreement(candidate as usize);
            if length < LENGTHS[index] {
                continue;
            }
            if !healing || length >= 16 || self.found.broken > 8 {
                self.found = Match {
                    at: candidate as usize,
                    length,
                    broken: 0,
                };
            }
            return;
        }
    }

    /// How many bytes before `place` are the same as those before the present one.
    fn agreement(&self, place: usize) -> u32 {
        let reach = LONGEST
            .min(place as u32)
            .min((self.mask + 1).saturating_sub(self.at - place) as u32);
        let [place, at] = [place & self.mask, self.at & self.mask];
        let near_start = place.min(at) < reach as usize;
        if near_start {
            let differs = |back: &usize| {
                let [one, other] = [place, at].map(|end| self.ring[end.wrapping_sub(*back) & self.mask]);
                one != other
            };
            return (1..=reach as usize)
                .find(differs)
                .map_or(reach, |back| back as u32 - 1);
        }
        let [one, other] = [place, at].map(|end| &self.ring[end - reach as usize..end]);
        common_suffix(one, other) as u32
    }

    /// The byte that followed in the past plus 1; 0 when nothing like the present was found.
    #[inline(always)]
    pub fn predicted(&self) -> u32 {
        if self.found.length == 0 {
            return 0;
        }
        u32::from(self.ring[self.found.at & self.mask]) + 1
    }

    /// Bytes that agree, at most 60, 0 without a match; and steps since it was broken.
    #[inline(always)]
    pub fn quality(&self) -> (u32, u32) {
        (self.found.length, self.found.broken)
    }

    /// The quality in six steps.
    #[inline(always)]
    pub fn grade(&self) -> u32 {
        match (self.found.broken, self.found.length) {
            (0, 0) => 0,
            (0, 1..8) => 1,
            (0, 8..16) => 2,
            (0, 16..32) => 3,
            (0, _) => 4,
            _ => 5,
        }
    }

    /// What the match makes of the byte that came. To be called before `push`.
    #[inline(always)]
    pub fn judge(&mut self, byte: u8) {
        let found = &mut self.found;
        if found.length == 0 {
            return;
        }
        let right = self.ring[found.at & self.mask] == byte;
        found.at += 1;
        if right {
            found.length = (found.length + 1).min(LONGEST);
            if found.broken > 0 {
                found.broken = if found.length > 16 { 0 } else { found.broken + 1 };
            }
        } else if found.length >= WORTH_RECOVERING && found.broken == 0 {
            (found.length, found.broken) = (1, 1);
        } else if found.broken > 0 && found.broken + 4 < GIVEN_UP {
            (found.length, found.broken) = (1, found.broken + 4);
        } else {
            *found = Match::default();
        }
    }
}

/// How many bytes two slices of the same length end with in common, eight at a time.
fn common_suffix(left: &[u8], right: &[u8]) -> usize {
    let words = left
        .as_rchunks::<8>()
        .1
        .iter()
        .zip(right.as_rchunks::<8>().1)
        .rev();
    let mut length = 0;
    for (left, right) in words {
        let differing = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if differing != 0 {
            return length + (differing.leading_zeros() / 8) as usize;
        }
        length += 8;
    }
    let (left, right) = (left.as_rchunks::<8>().0, right.as_rchunks::<8>().0);
    length
        + left
            .iter()
            .zip(right)
            .rev()
            .take_while(|(left, right)| left == right)
            .count()
}
