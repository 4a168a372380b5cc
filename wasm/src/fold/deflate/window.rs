//! The last 32 KiB and what comes next, with a hash table of the strings in it. Positions are those of the window and slide
//! with it: which strings can be found depends on where they lie, so it moves exactly as zlib's does.

use super::recipe::{Effort, Recipe};
use super::symbols::{LONGEST_MATCH, SHORTEST_MATCH};

/// Half the window: it slides by this.
const HALF: usize = 32 << 10;
const WINDOW: usize = 2 * HALF;

/// While more input is to come, no search begins with fewer bytes ahead: the longest match, the string behind it, one more.
const LEAST_AHEAD: usize = LONGEST_MATCH + SHORTEST_MATCH + 1;
/// The longest distance of a match.
const FARTHEST: usize = HALF - LEAST_AHEAD;

/// No string; so the one at position 0 is never found.
const NONE: u16 = 0;

/// Whether the next position can be looked at.
pub enum Readiness {
    Ready,
    /// The window must slide, or, if it still can, take more input.
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
        length: SHORTEST_MATCH - 1,
    };

    pub fn is_some(self) -> bool {
        self.length >= SHORTEST_MATCH
    }
}

pub struct Window {
    bytes: Box<[u8; WINDOW]>,
    /// The latest string of each hash.
    heads: Vec<u16>,
    /// The string before each one (by its position modulo `HALF`) with the same hash.
    links: Box<[u16; HALF]>,
    hash: u32,
    hash_shift: u32,
    /// Where the search stands.
    at: usize,
    /// Bytes of the input from there on.
    ahead: usize,
    minds_the_end: bool,
    ended: bool,
    /// The end was met by a compressor that does not slide after it.
    rests: bool,
    compared: u64,
}

impl Window {
    pub fn new(recipe: Recipe) -> Window {
        let habits = recipe.maker().habits();
        Window {
            bytes: Box::new([0; WINDOW]),
            heads: vec![NONE; 1 << habits.hash_bits],
            links: Box::new([NONE; HALF]),
            hash: 0,
            hash_shift: habits.hash_bits.div_ceil(SHORTEST_MATCH as u32),
            at: 0,
            ahead: 0,
            minds_the_end: habits.minds_the_end,
            ended: false,
            rests: false,
            compared: 0,
        }
    }

    /// Takes as much input as there is room for; gives how much. Searches begin only when it is full, so that they do not
    /// depend on how the input comes.
    pub fn fill(&mut self, input: &[u8]) -> usize {
        let end = self.at + self.ahead;
        let bytes = input.len().min(WINDOW - end);
        self.bytes[end..end + bytes].copy_from_slice(&input[..bytes]);
        self.ahead += bytes;
        if self.at == 0 {
            self.start_hash();
        }
        bytes
    }

    pub fn is_full(&self) -> bool {
        self.at + self.ahead == WINDOW
    }

    /// No input comes any more.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Slides if it must; gives by how much.
    pub fn slide(&mut self) -> usize {
        if self.rests || self.ahead >= LEAST_AHEAD {
            return 0;
        }
        let must = self.at >= HALF + FARTHEST;
        if must {
            self.bytes.copy_within(HALF.., 0);
            self.at -= HALF;
            let links = self.heads.iter_mut().chain(self.links.iter_mut());
            links.for_each(|link| *link = link.saturating_sub(HALF as u16));
        }
        if self.ended && !self.minds_the_end {
            self.rests = true;
            let end = self.at + self.ahead;
            self.bytes[end..WINDOW.min(end + SHORTEST_MATCH - 1)].fill(0);
        }
        if must { HALF } else { 0 }
    }

    pub fn readiness(&self) -> Readiness {
        match self.ahead {
            LEAST_AHEAD.. => Readiness::Ready,
            0 if self.ended => Readiness::Done,
            _ if self.ended => Readiness::Ready,
            _ => Readiness::Short,
        }
    }

    /// How many strings all searches have compared with those at their positions.
    pub fn compared(&self) -> u64 {
        self.compared
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
        self.hash = (self.hash << self.hash_shift ^ u32::from(byte)) & (self.heads.len() as u32 - 1);
    }

    /// Enters the string at the present position, and gives the latest one with its hash that is not too far back.
    #[inline]
    pub fn enter(&mut self) -> Option<usize> {
        if self.ahead < SHORTEST_MATCH {
            return None;
        }
        self.roll_hash(self.bytes[self.at + SHORTEST_MATCH - 1]);
        let head = std::mem::replace(&mut self.heads[self.hash as usize], self.at as u16);
        self.links[self.at % HALF] = head;
        // Only a compressor that no longer slides gets beyond where it may search.
        let found =
            head != NONE && self.at - usize::from(head) <= FARTHEST && self.at <= WINDOW - LEAST_AHEAD;
        found.then_some(usize::from(head))
    }

    #[inline]
    pub fn step(&mut self) {
        self.at += 1;
        self.ahead -= 1;
    }

    /// Goes on by `bytes` and enters all strings on the way but the last one's.
    pub fn step_entering(&mut self, bytes: usize) {
        for _ in 1..bytes {
            self.step();
            self.enter();
        }
        self.step();
    }

    /// Goes on by `bytes` without entering anything.
    pub fn jump(&mut self, bytes: usize) {
        self.at += bytes;
        self.ahead -= bytes;
        self.start_hash();
    }

    /// The longest match among the strings from `candidate` back along its chain, the nearest of those equally long; none if
    /// it is no longer than `beaten`.
    pub fn search(&mut self, mut candidate: usize, beaten: usize, effort: &Effort) -> Match {
        let here = &self.bytes[self.at..self.at + LONGEST_MATCH];
        let oldest = self.at.saturating_sub(FARTHEST);
        let most = if beaten >= effort.good {
            effort.chain / 4
        } else {
            effort.chain
        };
        let enough = if self.minds_the_end {
            effort.nice.min(self.ahead)
        } else {
            effort.nice
        };
        let (mut longest, mut found, mut compared) = (beaten, candidate, 0);
        loop {
            compared += 1;
            let there = &self.bytes[candidate..candidate + LONGEST_MATCH];
            if there[longest - 1..=longest] == here[longest - 1..=longest] && there[0] == here[0] {
                let length = count_equal(here, there);
                if length > longest {
                    (longest, found) = (length, candidate);
                    if length >= enough {
                        break;
                    }
                }
            }
            candidate = usize::from(self.links[candidate % HALF]);
            if candidate <= oldest || compared == most {
                break;
            }
        }
        self.compared += compared as u64;
        if longest == beaten {
            return Match::NONE;
        }
        Match {
            distance: self.at - found,
            length: longest.min(self.ahead),
        }
    }
}

#[inline]
fn count_equal(here: &[u8], there: &[u8]) -> usize {
    let words = here.chunks_exact(8).zip(there.chunks_exact(8));
    let mut equal = 0;
    for (here, there) in words {
        let [here, there] = [here, there].map(|word| {
            word.iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        });
        if here != there {
            return equal + (here ^ there).trailing_zeros() as usize / 8;
        }
        equal += 8;
    }
    equal
        + here[equal..]
            .iter()
            .zip(&there[equal..])
            .take_while(|(here, there)| here == there)
            .count()
}
