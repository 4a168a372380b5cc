//! Columns of whole numbers: instructions, section moves, lengths. A number is coded as its length
//! in bits and then these bits from the highest, each mixed from what its neighbours in row and
//! column suggest.

use super::arithmetic::BitCoder;
use super::components::{ContextCounts, Mixer, MixerContexts, StateMap, stretch};
use super::hash::hash;

/// The caller's, and the empty one.
const CONTEXTS: usize = 4;
const INPUTS: usize = 1;
const TABLE_BITS: u32 = 14;
const LIMIT: u32 = 120;
/// Bits after the first that are modelled; the ones after them are nearly random.
const MODELLED: u32 = 5;

pub struct Numbers {
    mixer: Mixer<INPUTS>,
    tables: [StateMap; CONTEXTS],
}

impl Numbers {
    pub fn new() -> Numbers {
        let counts = ContextCounts {
            weight_sets: [64 * 16, 64, 1],
            final_weights: 16,
            apms: [64, 1],
        };
        Numbers {
            mixer: Mixer::new(&counts, CONTEXTS),
            tables: std::array::from_fn(|_| StateMap::new(1 << TABLE_BITS)),
        }
    }

    /// Codes a number of at most 54 bits. `column` (below 16) says what kind of number it is,
    /// `contexts` what may correlate with it.
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        column: u32,
        contexts: [u32; CONTEXTS - 1],
        number: u64,
    ) -> u64 {
        let bits = 64 - number.leading_zeros();
        let bits = self.code_length(coder, column, &contexts, bits).min(54);
        if bits <= 1 {
            return u64::from(bits);
        }
        let mut partial = 1;
        for index in 1..bits {
            let actual = (number >> (bits - 1 - index)) as u32 & 1;
            let modelled =
                (partial as u32).min(1 << MODELLED) | bits << 8 | index.min(MODELLED + 1) << 16;
            let bit = self.code_bit(
                coder,
                column,
                &contexts,
                modelled,
                32 + index.min(31),
                actual,
            );
            partial = partial << 1 | u64::from(bit);
        }
        partial
    }

    /// Codes the length in six bits.
    fn code_length<C: BitCoder>(
        &mut self,
        coder: &mut C,
        column: u32,
        contexts: &[u32; CONTEXTS - 1],
        bits: u32,
    ) -> u32 {
        let mut partial = 1;
        for index in (0..6).rev() {
            let bit = self.code_bit(
                coder,
                column,
                contexts,
                partial | 1 << 30,
                5 - index,
                bits >> index & 1,
            );
            partial = partial << 1 | bit;
        }
        partial & 63
    }

    fn code_bit<C: BitCoder>(
        &mut self,
        coder: &mut C,
        column: u32,
        contexts: &[u32; CONTEXTS - 1],
        node: u32,
        step: u32,
        actual: u32,
    ) -> u32 {
        let here = hash(node, column);
        let mut places = [(here >> (32 - TABLE_BITS)) as usize; CONTEXTS];
        for (number, (place, &context)) in places[1..].iter_mut().zip(contexts).enumerate() {
            *place = (hash(here ^ (number as u32 + 1), context) >> (32 - TABLE_BITS)) as usize;
        }
        for (number, (&place, table)) in places.iter().zip(&self.tables).enumerate() {
            self.mixer.inputs[0][number] = stretch(table.p(place));
        }
        let mixer_contexts = MixerContexts {
            weight_sets: [(step * 16 + column) as usize, step as usize, 0],
            final_weights: column as usize,
            apms: [step as usize, 0],
        };
        let bit = coder.code(actual, self.mixer.mix(mixer_contexts));
        self.mixer.update(bit);
        for (&place, table) in places.iter().zip(&mut self.tables) {
            table.update(place, bit, LIMIT);
        }
        bit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixing::arithmetic::{BitDecoder, BitEncoder};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_of_any_size_come_back(
            numbers in prop::collection::vec((0u32..54, any::<u64>(), 0u32..16), 0..300),
        ) {
            let cut = |&(bits, number, column): &(u32, u64, u32)| {
                (column, number & ((1 << bits) - 1))
            };
            let numbers: Vec<(u32, u64)> = numbers.iter().map(cut).collect();
            let (mut encoder, mut model) = (BitEncoder::new(), Numbers::new());
            for &(column, number) in &numbers {
                model.code(&mut encoder, column, [1, 2, 3], number);
            }
            let coded = encoder.finish();
            let (mut decoder, mut model) = (BitDecoder::new(coded.as_slice()), Numbers::new());
            for &(column, number) in &numbers {
                prop_assert_eq!(model.code(&mut decoder, column, [1, 2, 3], 0), number);
            }
        }
    }
}
