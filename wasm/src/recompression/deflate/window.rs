//! The last 32 KiB and what comes next, with a hash table of the strings in it. Positions are those
//! of the window and slide with it. Where strings are decides which can be found, so the window
//! moves exactly as zlib's does.

use super::recipe::{Config, Recipe};
use super::symbols::{MAX_MATCH, MIN_MATCH};

/// Half the window, by which it slides.
const HALF: usize = 32 << 10;
const WINDOW_BYTES: usize = 2 * HALF;

/// While more input is to come, no search begins with fewer bytes ahead: the longest match, the
/// string after it, one more.
const MIN_LOOKAHEAD: usize = MAX_MATCH + MIN_MATCH + 1;
/// The longest distance of a match.
const MAX_DISTANCE: usize = HALF - MIN_LOOKAHEAD;

/// No string: the one at position 0 is never found.
const NONE: u16 = 0;

/// Whether the next position can be searched.
pub enum Readiness {
    Ready,
    /// The window must slide or, if it still can, take more input.
    Short,
    Done,
}

#[derive(Clone, Copy)]
pub struct Match {
    /// How far back; the window may slide before the match is used.
    pub distance: usize,
    pub length: usize,
}

impl Match {
    /// Shorter than any match.
    pub const NONE: Match = Match {
        distance: 0,
        length: MIN_MATCH - 1,
    };

    pub fn is_some(self) -> bool {
        self.length >= MIN_MATCH
    }
}

pub struct Window {
    bytes: Box<[u8; WINDOW_BYTES]>,
    /// The latest string of each hash.
    head: Vec<u16>,
    /// The string before each one (by its position modulo `HALF`) with the same hash.
    prev: Box<[u16; HALF]>,
    hash: u32,
    hash_shift: u32,
    /// The position of the search.
    at: usize,
    /// Bytes of the input from there on.
    lookahead: usize,
    sees_input_end: bool,
    ended: bool,
    /// The input has ended, and the compressor does not slide after that.
    stopped_sliding: bool,
    comparisons: u64,
}

impl Window {
    pub fn new(recipe: Recipe) -> Window {
        let traits = recipe.variant().traits();
        Window {
            bytes: Box::new([0; WINDOW_BYTES]),
            head: vec![NONE; 1 << traits.hash_bits],
            prev: Box::new([NONE; HALF]),
            hash: 0,
            hash_shift: traits.hash_bits.div_ceil(MIN_MATCH as u32),
            at: 0,
            lookahead: 0,
            sees_input_end: traits.sees_input_end,
            ended: false,
            stopped_sliding: false,
            comparisons: 0,
        }
    }

    /// Takes as much input as there is room for and returns how much. Searches begin only when the
    /// window is full, so that they do not depend on how the input is divided.
    pub fn fill(&mut self, input: &[u8]) -> usize {
        let end = self.at + self.lookahead;
        let bytes = input.len().min(WINDOW_BYTES - end);
        self.bytes[end..end + bytes].copy_from_slice(&input[..bytes]);
        self.lookahead += bytes;
        if self.at == 0 {
            self.start_hash();
        }
        bytes
    }

    pub fn is_full(&self) -> bool {
        self.at + self.lookahead == WINDOW_BYTES
    }

    /// No more input comes.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Slides if it must and returns by how much.
    pub fn slide(&mut self) -> usize {
        if self.stopped_sliding || self.lookahead >= MIN_LOOKAHEAD {
            return 0;
        }
        let must = self.at >= HALF + MAX_DISTANCE;
        if must {
            self.bytes.copy_within(HALF.., 0);
            self.at -= HALF;
            let prev = self.head.iter_mut().chain(self.prev.iter_mut());
            prev.for_each(|position| *position = position.saturating_sub(HALF as u16));
        }
        if self.ended && !self.sees_input_end {
            self.stopped_sliding = true;
            let end = self.at + self.lookahead;
            self.bytes[end..WINDOW_BYTES.min(end + MIN_MATCH - 1)].fill(0);
        }
        if must { HALF } else { 0 }
    }

    pub fn readiness(&self) -> Readiness {
        match self.lookahead {
            MIN_LOOKAHEAD.. => Readiness::Ready,
            0 if self.ended => Readiness::Done,
            _ if self.ended => Readiness::Ready,
            _ => Readiness::Short,
        }
    }

    /// How many strings all searches have compared.
    pub fn comparisons(&self) -> u64 {
        self.comparisons
    }

    pub fn at(&self) -> usize {
        self.at
    }

    #[inline]
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes[at]
    }

    pub fn slice(&self, start: usize, end: usize) -> &[u8] {
        &self.bytes[start..end]
    }

    fn start_hash(&mut self) {
        self.hash = u32::from(self.bytes[self.at]);
        self.roll_hash(self.bytes[self.at + 1]);
    }

    #[inline]
    fn roll_hash(&mut self, byte: u8) {
        self.hash = (self.hash << self.hash_shift ^ u32::from(byte)) & (self.head.len() as u32 - 1);
    }

    /// Inserts the string at the present position, and returns the latest one with its hash that is
    /// not too far back.
    #[inline]
    pub fn insert_string(&mut self) -> Option<usize> {
        if self.lookahead < MIN_MATCH {
            return None;
        }
        self.roll_hash(self.bytes[self.at + MIN_MATCH - 1]);
        let head = std::mem::replace(&mut self.head[self.hash as usize], self.at as u16);
        self.prev[self.at % HALF] = head;
        // Only a compressor that no longer slides gets past where it may search.
        let found = head != NONE
            && self.at - usize::from(head) <= MAX_DISTANCE
            && self.at <= WINDOW_BYTES - MIN_LOOKAHEAD;
        found.then_some(usize::from(head))
    }

    #[inline]
    pub fn step(&mut self) {
        self.at += 1;
        self.lookahead -= 1;
    }

    /// Advances by `bytes` and inserts all strings on the way but the last one's.
    pub fn step_inserting(&mut self, bytes: usize) {
        for _ in 1..bytes {
            self.step();
            self.insert_string();
        }
        self.step();
    }

    /// Advances by `bytes` without inserting anything.
    pub fn jump(&mut self, bytes: usize) {
        self.at += bytes;
        self.lookahead -= bytes;
        self.start_hash();
    }

    /// The longest match among the strings from `candidate` back along its chain, and the nearest
    /// of equally long ones; none unless it is longer than `length_to_beat`.
    pub fn longest_match(
        &mut self,
        mut candidate: usize,
        length_to_beat: usize,
        config: &Config,
    ) -> Match {
        let scan = &self.bytes[self.at..self.at + MAX_MATCH];
        let oldest = self.at.saturating_sub(MAX_DISTANCE);
        let max_chain = if length_to_beat >= config.good_length {
            config.max_chain / 4
        } else {
            config.max_chain
        };
        let enough = if self.sees_input_end {
            config.nice_length.min(self.lookahead)
        } else {
            config.nice_length
        };
        let (mut longest, mut found, mut comparisons) = (length_to_beat, candidate, 0);
        loop {
            comparisons += 1;
            let candidate_bytes = &self.bytes[candidate..candidate + MAX_MATCH];
            if candidate_bytes[longest - 1..=longest] == scan[longest - 1..=longest]
                && candidate_bytes[0] == scan[0]
            {
                let length = count_equal(scan, candidate_bytes);
                if length > longest {
                    (longest, found) = (length, candidate);
                    if length >= enough {
                        break;
                    }
                }
            }
            candidate = usize::from(self.prev[candidate % HALF]);
            if candidate <= oldest || comparisons == max_chain {
                break;
            }
        }
        self.comparisons += comparisons as u64;
        if longest == length_to_beat {
            return Match::NONE;
        }
        Match {
            distance: self.at - found,
            length: longest.min(self.lookahead),
        }
    }
}

#[inline]
fn count_equal(one: &[u8], other: &[u8]) -> usize {
    let words = one.chunks_exact(8).zip(other.chunks_exact(8));
    let mut equal = 0;
    for (one, other) in words {
        let [one, other] = [one, other].map(|word| {
            word.iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        });
        if one != other {
            return equal + (one ^ other).trailing_zeros() as usize / 8;
        }
        equal += 8;
    }
    equal
        + one[equal..]
            .iter()
            .zip(&other[equal..])
            .take_while(|(one, other)| one == other)
            .count()
}
