//! The contexts that a byte is coded in.

use super::outcomes::Outcomes;
use super::predictions::Prediction;
use crate::mixing::components::{MatchModel, MixerContexts};
use crate::mixing::hash::hash;

pub const HASHED: usize = 18;
/// The first contexts of a new byte, which depend on nothing but the bytes before it.
pub const ORDER_N: usize = 16;
pub const DIRECT: usize = 2;
pub const MATCHED: usize = 2;

/// What stays the same for all bits of a byte.
pub struct ByteContext {
    /// Both predictions and the byte that the match expects, each plus 1; 0 for none.
    first: u32,
    second: u32,
    match_byte: u32,
    position: u32,
    run: u32,
    length_bucket: u32,
    length: u32,
    recovering: u32,
    last: u32,
    flags: u32,
}

impl ByteContext {
    pub fn new(
        prediction: Option<&Prediction>,
        outcomes: &Outcomes,
        match_model: &MatchModel,
    ) -> ByteContext {
        let (length, recovering) = match_model.quality();
        ByteContext {
            first: prediction.map_or(0, |prediction| prediction.first),
            second: prediction.map_or(0, |prediction| prediction.second),
            match_byte: match_model.expected_byte(),
            position: prediction.map_or(0, |prediction| prediction.position.min(9)),
            run: outcomes.run_bucket(),
            length_bucket: match_model.length_bucket(),
            length,
            recovering: recovering.min(15),
            last: match_model.last(1),
            flags: outcomes.flags,
        }
    }

    pub fn is_aligned(&self) -> u32 {
        u32::from(self.first > 0)
    }
}

/// What each expectation says of the next bit: 1 for a zero, 2 for a one, 0 when there is none or
/// the bits so far have refuted it.
pub struct BitContext {
    /// The bits so far behind a leading 1.
    partial: u32,
    bit_number: u32,
    first_bit: u32,
    second_bit: u32,
    match_bit: u32,
}

impl BitContext {
    #[inline(always)]
    pub fn new(context: &ByteContext, partial: u32, bit_number: u32) -> BitContext {
        let bit_of = |expected: u32| {
            let byte = expected.wrapping_sub(1) & 255 | 256;
            let alive = expected > 0 && byte >> (bit_number + 1) == partial;
            if alive {
                1 + (byte >> bit_number & 1)
            } else {
                0
            }
        };
        BitContext {
            partial,
            bit_number,
            first_bit: bit_of(context.first),
            second_bit: bit_of(context.second),
            match_bit: bit_of(context.match_byte),
        }
    }

    #[inline(always)]
    pub fn has_match(&self) -> bool {
        self.match_bit > 0
    }

    #[inline(always)]
    pub fn direct(&self, context: &ByteContext) -> [usize; DIRECT] {
        let aligned = context.is_aligned();
        let near = if aligned == 1 {
            context.first & 255
        } else {
            context.last
        };
        [
            self.partial | aligned << 8 | self.first_bit << 9 | self.second_bit << 11,
            self.partial | near << 8,
        ]
        .map(|index| index as usize)
    }

    #[inline(always)]
    pub fn matched(&self, context: &ByteContext) -> [usize; MATCHED] {
        let one = u32::from(self.match_bit == 2);
        [
            context.length << 5 | context.recovering << 1 | one,
            context.length.min(15) << 6 | self.bit_number << 3 | self.first_bit << 1 | one,
        ]
        .map(|index| index as usize & 2047)
    }

    #[inline(always)]
    pub fn for_mixer(&self, context: &ByteContext) -> MixerContexts {
        let aligned = context.is_aligned();
        let expected = self.first_bit * 3 + self.match_bit;
        let weight_sets = [
            ((context.run * 2 + aligned) * 10 + context.position) * 9 + expected,
            self.partial | aligned << 8,
            ((context.length_bucket * 2 + aligned) * 9 + expected) * 16 + (context.flags & 15),
        ];
        let apms = [
            (self.first_bit * 3 + self.second_bit) * 100 + context.position * 10 + context.run,
            hash(self.partial, context.last) >> 20,
        ];
        MixerContexts {
            weight_sets: weight_sets.map(|index| index as usize),
            final_weights: ((aligned * 9 + expected) * 10 + context.position) as usize,
            apms: apms.map(|index| index as usize),
        }
    }
}

/// Contexts of a mispredicted byte: the old bytes around it, the predictions, and how predictions
/// went wrong lately.
pub fn mispredicted_contexts(
    prediction: &Prediction,
    context: &ByteContext,
    outcomes: &Outcomes,
    match_model: &MatchModel,
) -> [u32; HASHED] {
    let Prediction {
        first,
        second,
        old,
        old_before,
        old_after,
        position,
        kind,
        ..
    } = *prediction;
    let (run, error) = (context.run, outcomes.errors & 255);
    let (by_field, by_error) = outcomes.error_runs(position);
    let repeated = |error: u8| (first.wrapping_sub(1).wrapping_add(u32::from(error)) & 255) + 1;
    let (again_field, again_error) = (repeated(by_field.error), repeated(by_error.error));
    let last = |bytes: u32| match_model.last(bytes);
    [
        first | run << 9 | position << 14,
        hash(first | error << 9, position),
        hash(first, outcomes.errors ^ 0x5555),
        hash(first | old << 9 | position << 17, outcomes.field_change),
        hash(last(1) | 1 << 8, kind | position << 4),
        hash(last(2), position),
        last(3),
        hash(last(4), 7),
        hash(first | old_after << 9, last(1)),
        hash(context.match_byte | first << 9, context.length_bucket),
        hash(match_model.word(), 1),
        hash(first, last(2)),
        hash(
            first | second << 9,
            position | (outcomes.flags & 1) << 4 | (outcomes.fields & 7) << 8,
        ),
        hash(
            second | position << 9,
            (outcomes.fields & 0xff) | error << 10,
        ),
        hash(
            again_field | u32::from(by_field.count) << 9 | position << 14,
            kind,
        ),
        hash(
            again_error | u32::from(by_error.count) << 9 | run << 14,
            kind,
        ),
        hash(again_field | again_error << 9, first),
        hash(
            old | old_after << 9 | old_before << 18,
            if position > 0 { position } else { first + 77 },
        ),
    ]
}

/// Contexts of a new byte: the bytes before it, and what the match expects.
pub fn new_contexts(context: &ByteContext, match_model: &MatchModel) -> [u32; HASHED] {
    let quality = if context.recovering > 0 {
        16 + context.recovering
    } else {
        context.length.min(15)
    };
    let mut contexts = [0; HASHED];
    contexts[..ORDER_N].copy_from_slice(&order_n_contexts(match_model));
    contexts[ORDER_N] = context.match_byte | quality << 9 | 1 << 20;
    contexts[ORDER_N + 1] = hash(
        context.match_byte,
        match_model.byte(1) | context.length_bucket << 8,
    );
    contexts
}

/// The bytes before in orders 0 to 7, some sparse ones, and their word.
pub fn order_n_contexts(match_model: &MatchModel) -> [u32; ORDER_N] {
    let byte = |back: u32| match_model.byte(back);
    let last = |bytes: u32| match_model.last(bytes);
    [
        0x100,
        hash(last(4) & 0xf0f0_f0f0, byte(5) & 0xf0),
        hash(last(4), byte(5) | 1 << 30),
        hash(last(4), byte(5) | byte(6) << 8 | byte(7) << 16),
        byte(1),
        last(2),
        last(3),
        hash(last(4), 7),
        hash(last(4), byte(5) | byte(6) << 8 | 1 << 29),
        hash(byte(1) | byte(3) << 8, 9),
        hash(match_model.word(), 1),
        hash(match_model.word(), byte(1) + 0x1000),
        hash(byte(2) | byte(3) << 8, 3),
        hash(byte(4) | byte(8) << 8, 4),
        hash(byte(3) | byte(4) << 8, 5),
        hash(byte(1) | byte(4) << 8 | byte(8) << 16, 6),
    ]
}
