//! Codes what a byte is, eight bits from the highest: one that was mispredicted, or a new one.

use super::byte_contexts::{
    BitContext, ByteContext, DIRECT, HASHED, MATCHED, mispredicted_contexts, new_contexts,
    order_n_contexts,
};
use super::outcomes::Outcomes;
use super::predictions::Prediction;
use crate::mixing::arithmetic::BitCoder;
use crate::mixing::components::{
    ContextCounts, HashTable, MatchModel, Mixer, StateMap, StateTable, stretch,
};
use crate::mixing::hash::hash;

/// Two inputs for each hashed context, one for each of the others, and the bias; in eights.
const INPUTS: usize = 48 / 8;
/// The most bits that count in a probability.
const LIMIT: u32 = 255;
/// The input that never changes: 1.0, stretched.
const BIAS: i16 = 256;

pub struct ByteModel {
    mixer: Mixer<INPUTS>,
    hash_table: HashTable,
    /// For new bytes, then for mispredicted ones.
    state_maps: [[StateMap; HASHED]; 2],
    direct: [StateMap; DIRECT],
    matched: [StateMap; MATCHED],
}

impl ByteModel {
    /// Keeps its bit histories in 2^bits bytes.
    pub fn new(bits: u32, state_table: &StateTable) -> ByteModel {
        let counts = ContextCounts {
            weight_sets: [18 * 10 * 9, 512, 2 * 6 * 9 * 16],
            final_weights: 2 * 9 * 10,
            apms: [9 * 100, 1 << 12],
        };
        ByteModel {
            mixer: Mixer::new(&counts, 2 * HASHED + DIRECT + MATCHED),
            hash_table: HashTable::new(bits),
            state_maps: std::array::from_fn(|_| {
                std::array::from_fn(|_| StateMap::for_states(state_table))
            }),
            direct: std::array::from_fn(|_| StateMap::new(1 << 16)),
            matched: std::array::from_fn(|_| StateMap::new(1 << 11)),
        }
    }

    /// Codes a byte and learns from it. `prediction` is what was predicted wrongly; none for a new
    /// byte.
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        state_table: &StateTable,
        prediction: Option<&Prediction>,
        (outcomes, match_model): (&Outcomes, &MatchModel),
        actual: u8,
    ) -> u8 {
        let context = ByteContext::new(prediction, outcomes, match_model);
        let contexts = hash_each(match prediction {
            Some(prediction) => mispredicted_contexts(prediction, &context, outcomes, match_model),
            None => new_contexts(&context, match_model),
        });
        let mut partial = 1;
        for nibble in 0..2 {
            let rows = self
                .hash_table
                .find_rows(for_nibble(nibble, contexts, partial));
            let mut node = 1;
            for bit_number in bits_of(nibble) {
                let actual = u32::from(actual) >> bit_number & 1;
                let bit = self.code_bit(
                    coder,
                    state_table,
                    &context,
                    &rows,
                    (node, partial, bit_number),
                    actual,
                );
                partial = partial << 1 | bit;
                node = node << 1 | bit as usize;
            }
        }
        partial as u8
    }

    /// Learns a byte that both sides know: which bits follow which contexts. How far to trust each
    /// context is better learned from what is coded, so the mixer is left alone.
    pub fn prime(&mut self, state_table: &StateTable, match_model: &MatchModel, byte: u8) {
        let contexts = hash_each(order_n_contexts(match_model));
        let mut partial = 1;
        for nibble in 0..2 {
            let rows = self
                .hash_table
                .find_rows(for_nibble(nibble, contexts, partial));
            let mut node = 1;
            for bit_number in bits_of(nibble) {
                let bit = u32::from(byte) >> bit_number & 1;
                for (&row, state_map) in rows.iter().zip(&mut self.state_maps[0]) {
                    let state = self.hash_table.state(row, node);
                    state_map.update(usize::from(*state), bit, LIMIT);
                    *state = state_table.next[usize::from(*state)][bit as usize];
                }
                partial = partial << 1 | bit;
                node = node << 1 | bit as usize;
            }
        }
    }

    #[inline(always)]
    fn code_bit<C: BitCoder>(
        &mut self,
        coder: &mut C,
        state_table: &StateTable,
        context: &ByteContext,
        rows: &[usize; HASHED],
        (node, partial, bit_number): (usize, u32, u32),
        actual: u32,
    ) -> u32 {
        let aligned = context.is_aligned() as usize;
        let states = rows.map(|row| *self.hash_table.state(row, node));
        let (pairs, others) = self
            .mixer
            .inputs
            .as_flattened_mut()
            .split_at_mut(2 * HASHED);
        let state_maps = &self.state_maps[aligned];
        for ((pair, &state), state_map) in pairs
            .as_chunks_mut()
            .0
            .iter_mut()
            .zip(&states)
            .zip(state_maps)
        {
            *pair = state_map.inputs(state);
        }
        let bit_context = BitContext::new(context, partial, bit_number);
        let direct = bit_context.direct(context);
        for (number, &index) in direct.iter().enumerate() {
            others[number] = stretch(self.direct[number].p(index));
        }
        let matched = bit_context.matched(context);
        for (number, &index) in matched.iter().enumerate() {
            let p = self.matched[number].p(index);
            others[DIRECT + number] = if bit_context.has_match() {
                stretch(p)
            } else {
                0
            };
        }
        others[DIRECT + MATCHED] = BIAS;
        let p = self.mixer.mix(bit_context.for_mixer(context));
        let bit = coder.code(actual, p);
        self.mixer.update(bit);
        for (number, (&state, &row)) in states.iter().zip(rows).enumerate() {
            self.state_maps[aligned][number].update(usize::from(state), bit, LIMIT);
            *self.hash_table.state(row, node) = state_table.next[usize::from(state)][bit as usize];
        }
        for (number, &index) in direct.iter().enumerate() {
            self.direct[number].update(index, bit, LIMIT);
        }
        if bit_context.has_match() {
            for (number, &index) in matched.iter().enumerate() {
                self.matched[number].update(index, bit, LIMIT);
            }
        }
        bit
    }
}

/// Hashes each context with its number, so that equal contents in different places stay apart.
#[inline(always)]
fn hash_each<const N: usize>(contexts: [u32; N]) -> [u32; N] {
    let mut number = 0;
    contexts.map(|context| {
        number += 1;
        hash(context, number)
    })
}

/// What to look the bit histories of a nibble up by.
#[inline(always)]
fn for_nibble<const N: usize>(nibble: u32, contexts: [u32; N], partial: u32) -> [u32; N] {
    match nibble {
        0 => contexts,
        _ => contexts.map(|context| hash(context, partial)),
    }
}

/// The higher nibble comes first.
#[inline(always)]
fn bits_of(nibble: u32) -> impl Iterator<Item = u32> {
    (0..4).rev().map(move |bit| bit + 4 * (1 - nibble))
}
