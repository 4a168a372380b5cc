//! Columns of whole numbers: instructions, section moves, lengths. A number is coded as how many bits it has, then these
//! bits from the highest, each mixed from what its neighbours in row and column suggest.

use super::arithmetic::BitCoder;
use super::hash;
use super::logistic::stretch;
use super::mixer::{Mixer, Situation, Situations};
use super::probability::Probabilities;

/// The caller's contexts, and none at all.
const CONTEXTS: usize = 4;
const INPUTS: usize = 1;
const TABLE_BITS: u32 = 14;
const LIMIT: u32 = 120;
/// Bits behind the first that are modelled; those after them are nearly random.
const MODELLED: u32 = 5;

pub struct Numbers {
    mixer: Mixer<INPUTS>,
    tables: [Probabilities; CONTEXTS],
}

impl Numbers {
    pub fn new() -> Numbers {
        let situations = Situations {
            sets: [64 * 16, 64, 1],
            top: 16,
            curves: [64, 1],
        };
        Numbers {
            mixer: Mixer::new(&situations, CONTEXTS),
            tables: std::array::from_fn(|_| Probabilities::new(1 << TABLE_BITS)),
        }
    }

    /// Codes a number of at most 54 bits. `column` (under 16) tells which kind of number it is, `contexts` what may
    /// go with it.
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
        let mut so_far = 1;
        for index in 1..bits {
            let actual = (number >> (bits - 1 - index)) as u32 & 1;
            let modelled = (so_far as u32).min(1 << MODELLED) | bits << 8 | index.min(MODELLED + 1) << 16;
            let bit = self.code_bit(coder, column, &contexts, modelled, 32 + index.min(31), actual);
            so_far = so_far << 1 | u64::from(bit);
        }
        so_far
    }

    /// The number of bits, as six bits of its own.
    fn code_length<C: BitCoder>(
        &mut self,
        coder: &mut C,
        column: u32,
        contexts: &[u32; CONTEXTS - 1],
        bits: u32,
    ) -> u32 {
        let mut so_far = 1;
        for index in (0..6).rev() {
            let bit = self.code_bit(
                coder,
                column,
                contexts,
                so_far | 1 << 30,
                5 - index,
                bits >> index & 1,
            );
            so_far = so_far << 1 | bit;
        }
        so_far & 63
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
            self.mixer.inputs[0][number] = stretch(table.get(place));
        }
        let situation = Situation {
            sets: [(step * 16 + column) as usize, step as usize, 0],
            top: column as usize,
            curves: [step as usize, 0],
        };
        let bit = coder.code(actual, self.mixer.mix(situation));
        self.mixer.learn(bit);
        for (&place, table) in places.iter().zip(&mut self.tables) {
            table.learn(place, bit, LIMIT);
        }
        bit
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BitDecoder, BitEncoder};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_of_any_size_come_back(numbers in prop::collection::vec((0u32..54, any::<u64>(), 0u32..16), 0..300)) {
            let numbers: Vec<(u32, u64)> = numbers.iter().map(|&(bits, number, column)| (column, number & ((1 << bits) - 1))).collect();
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
