//! The adaptive bits of LZMA, with what a symbol does to them. No bit depends on the position (pb
//! and lp are 0), and literals depend on three bits of the byte before (lc is 3).

use super::range_encoder::{EVEN, Probability, RangeEncoder};

/// The properties byte of a chunk: (pb × 5 + lp) × 9 + lc.
pub const PROPERTIES: u8 = 3;

pub const STATES: usize = 12;
pub const REPS: usize = 4;
pub const MIN_MATCH: usize = 2;
pub const MAX_MATCH: usize = 273;

pub const LITERAL_CONTEXTS: usize = 8;
pub const LITERAL_NODES: usize = 0x300;
const LOW_LENGTHS: usize = 8;
/// Distances are coded after lengths of 2, 3, 4 and more in different ways.
pub const LENGTH_STATES: usize = 4;
pub const SLOTS: usize = 64;
/// From this slot on, the middle bits of a distance are even and the last four have a model.
pub const EVEN_SLOT: usize = 14;
/// Distances below have a model for all of their bits.
pub const MODELLED_DISTANCES: usize = 1 << (EVEN_SLOT / 2);
pub const ALIGN_BITS: u32 = 4;

/// What the last symbols were, as LZMA's twelve states. Below 7, the last one was a literal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State(pub u8);

impl State {
    pub fn is_after_literal(self) -> bool {
        self.0 < 7
    }
    pub fn after_literal(self) -> State {
        State(match self.0 {
            0..4 => 0,
            4..10 => self.0 - 3,
            _ => self.0 - 6,
        })
    }
    pub fn after_match(self) -> State {
        State(if self.0 < 7 { 7 } else { 10 })
    }
    pub fn after_rep(self) -> State {
        State(if self.0 < 7 { 8 } else { 11 })
    }
    pub fn after_short_rep(self) -> State {
        State(if self.0 < 7 { 9 } else { 11 })
    }
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

pub struct LengthModel {
    pub choice: [Probability; 2],
    pub low: [Probability; LOW_LENGTHS],
    pub middle: [Probability; LOW_LENGTHS],
    pub high: [Probability; 256],
}

impl LengthModel {
    fn new() -> LengthModel {
        LengthModel {
            choice: [EVEN; 2],
            low: [EVEN; LOW_LENGTHS],
            middle: [EVEN; LOW_LENGTHS],
            high: [EVEN; 256],
        }
    }

    fn code(&mut self, coder: &mut RangeEncoder, length: usize) {
        let length = (length - MIN_MATCH) as u32;
        let low = LOW_LENGTHS as u32;
        coder.bit(&mut self.choice[0], u32::from(length >= low));
        if length < low {
            return coder.tree(&mut self.low, length, 3);
        }
        coder.bit(&mut self.choice[1], u32::from(length >= 2 * low));
        if length < 2 * low {
            return coder.tree(&mut self.middle, length - low, 3);
        }
        coder.tree(&mut self.high, length - 2 * low, 8);
    }
}

pub struct Models {
    pub is_match: [Probability; STATES],
    pub is_rep: [Probability; STATES],
    pub is_not_rep0: [Probability; STATES],
    pub is_not_rep1: [Probability; STATES],
    pub is_not_rep2: [Probability; STATES],
    pub is_long_rep0: [Probability; STATES],
    pub literals: Vec<[Probability; LITERAL_NODES]>,
    pub slots: [[Probability; SLOTS]; LENGTH_STATES],
    /// The trees of slots 4 to 13, one behind the other; a tree's place 0 is unused.
    pub distances: [Probability; MODELLED_DISTANCES],
    pub align: [Probability; 1 << ALIGN_BITS],
    pub match_lengths: LengthModel,
    pub rep_lengths: LengthModel,
}

impl Models {
    pub fn new() -> Models {
        Models {
            is_match: [EVEN; STATES],
            is_rep: [EVEN; STATES],
            is_not_rep0: [EVEN; STATES],
            is_not_rep1: [EVEN; STATES],
            is_not_rep2: [EVEN; STATES],
            is_long_rep0: [EVEN; STATES],
            literals: vec![[EVEN; LITERAL_NODES]; LITERAL_CONTEXTS],
            slots: [[EVEN; SLOTS]; LENGTH_STATES],
            distances: [EVEN; MODELLED_DISTANCES],
            align: [EVEN; 1 << ALIGN_BITS],
            match_lengths: LengthModel::new(),
            rep_lengths: LengthModel::new(),
        }
    }

    /// `before` is the byte before it, `matched` the one that the last distance refers to.
    pub fn code_literal(
        &mut self,
        coder: &mut RangeEncoder,
        state: State,
        (byte, before, matched): (u8, u8, u8),
    ) {
        coder.bit(&mut self.is_match[state.index()], 0);
        let tree = &mut self.literals[usize::from(before >> 5)];
        if state.is_after_literal() {
            return coder.tree(&mut tree[..256], byte.into(), 8);
        }
        let (mut node, mut offset, mut matched) = (1, 0x100, usize::from(matched));
        for at in (0..8).rev() {
            matched <<= 1;
            let bit = usize::from(byte >> at & 1);
            let match_bit = matched & offset;
            coder.bit(&mut tree[offset + match_bit + node], bit as u32);
            node = node << 1 | bit;
            // Once a bit differs, the matched byte tells nothing any more.
            offset &= if bit == 1 { match_bit } else { !match_bit };
        }
    }

    /// A single byte at the last distance.
    pub fn code_short_rep(&mut self, coder: &mut RangeEncoder, state: State) {
        let state = state.index();
        coder.bit(&mut self.is_match[state], 1);
        coder.bit(&mut self.is_rep[state], 1);
        coder.bit(&mut self.is_not_rep0[state], 0);
        coder.bit(&mut self.is_long_rep0[state], 0);
    }

    pub fn code_rep(&mut self, coder: &mut RangeEncoder, state: State, rep: usize, length: usize) {
        let state = state.index();
        coder.bit(&mut self.is_match[state], 1);
        coder.bit(&mut self.is_rep[state], 1);
        coder.bit(&mut self.is_not_rep0[state], u32::from(rep > 0));
        if rep == 0 {
            coder.bit(&mut self.is_long_rep0[state], 1);
        } else {
            coder.bit(&mut self.is_not_rep1[state], u32::from(rep > 1));
            if rep > 1 {
                coder.bit(&mut self.is_not_rep2[state], u32::from(rep > 2));
            }
        }
        self.rep_lengths.code(coder, length);
    }

    /// `distance` is 0 for the byte before.
    pub fn code_match(
        &mut self,
        coder: &mut RangeEncoder,
        state: State,
        distance: u32,
        length: usize,
    ) {
        let state = state.index();
        coder.bit(&mut self.is_match[state], 1);
        coder.bit(&mut self.is_rep[state], 0);
        self.match_lengths.code(coder, length);
        let slot = slot_of(distance);
        coder.tree(&mut self.slots[length_state(length)], slot as u32, 6);
        if slot < 4 {
            return;
        }
        let bits = (slot >> 1) as u32 - 1;
        let start = (2 | slot & 1) << bits;
        let rest = distance - start as u32;
        if slot < EVEN_SLOT {
            coder.reverse_tree(&mut self.distances[start - slot..], rest, bits);
        } else {
            coder.even_bits(rest >> ALIGN_BITS, bits - ALIGN_BITS);
            coder.reverse_tree(&mut self.align, rest & 15, ALIGN_BITS);
        }
    }
}

pub fn length_state(length: usize) -> usize {
    (length - MIN_MATCH).min(LENGTH_STATES - 1)
}

/// Twice the number of a distance's bits, and its second-highest bit.
#[inline(always)]
pub fn slot_of(distance: u32) -> usize {
    if distance < 4 {
        return distance as usize;
    }
    let highest = 31 - distance.leading_zeros();
    (highest << 1 | distance >> (highest - 1) & 1) as usize
}
