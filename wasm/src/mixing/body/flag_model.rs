//! Is the prediction right? One flag for an aligned byte, or for all bytes of a field at once.

use super::outcomes::Outcomes;
use super::predictions::Prediction;
use crate::mixing::arithmetic::BitCoder;
use crate::mixing::components::{
    ContextCounts, EMPTY_STATE, MatchModel, Mixer, MixerContexts, StateMap, StateTable, stretch,
};
use crate::mixing::hash::hash;

const HASHED: usize = 14;
const DIRECT: usize = 4;
/// Two inputs for each hashed context, one for each direct one, in eights.
const INPUTS: usize = 32 / 8;
/// The most bits that count in a probability.
const LIMIT: u32 = 255;

/// What is flagged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// This byte is as predicted first.
    Byte,
    /// All bytes of this field are as predicted first.
    Field,
    /// They are not, but all are as predicted second.
    SecondField,
}

pub struct FlagModel {
    mixer: Mixer<INPUTS>,
    /// Bit histories by hashed context.
    states: Vec<u8>,
    shift: u32,
    state_maps: [StateMap; HASHED],
    direct: [StateMap; DIRECT],
}

impl FlagModel {
    /// Keeps 2^bits bit histories.
    pub fn new(bits: u32, state_table: &StateTable) -> FlagModel {
        let counts = ContextCounts {
            weight_sets: [3 * 160, 512, 1024],
            final_weights: 3 * 48,
            apms: [3 * 600, 1 << 13],
        };
        FlagModel {
            mixer: Mixer::new(&counts, 2 * HASHED + DIRECT),
            states: vec![EMPTY_STATE; 1 << bits],
            shift: 32 - bits,
            state_maps: std::array::from_fn(|_| StateMap::for_states(state_table)),
            direct: std::array::from_fn(|_| StateMap::new(1 << 16)),
        }
    }

    /// Codes the flag and learns from it.
    #[inline(always)]
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        state_table: &StateTable,
        (flag, prediction): (Flag, &Prediction),
        (outcomes, match_model): (&Outcomes, &MatchModel),
        actual: u32,
    ) -> u32 {
        let context = FlagContext::new(flag, prediction, outcomes, match_model);
        let hashed = context.hashed().map(|context| context as usize);
        let mut number = 0;
        let slots = hashed.map(|context| {
            number += 1;
            (hash(context as u32, number + 77) >> self.shift) as usize
        });
        let states = slots.map(|slot| self.states[slot]);
        let (pairs, others) = self
            .mixer
            .inputs
            .as_flattened_mut()
            .split_at_mut(2 * HASHED);
        for ((pair, &state), state_map) in pairs
            .as_chunks_mut()
            .0
            .iter_mut()
            .zip(&states)
            .zip(&self.state_maps)
        {
            *pair = state_map.inputs(state);
        }
        let direct = context.direct();
        for (number, &index) in direct.iter().enumerate() {
            others[number] = stretch(self.direct[number].p(index));
        }
        let p = self.mixer.mix(context.for_mixer());
        let bit = coder.code(actual, p);
        self.mixer.update(bit);
        for (number, (&state, &slot)) in states.iter().zip(&slots).enumerate() {
            self.state_maps[number].update(usize::from(state), bit, LIMIT);
            self.states[slot] = state_table.next[usize::from(state)][bit as usize];
        }
        for (number, &index) in direct.iter().enumerate() {
            self.direct[number].update(index, bit, LIMIT);
        }
        bit
    }
}

/// Everything that contexts are made of, in small numbers.
struct FlagContext<'a> {
    flag: u32,
    prediction: &'a Prediction,
    outcomes: &'a Outcomes,
    /// Position in a field, whether there is a second prediction that differs, and what is flagged.
    position: u32,
    run: u32,
    /// What the match expects: nothing, the first prediction, something else.
    matched: u32,
    length_bucket: u32,
    match_byte: u32,
    /// Whether errors like the last ones were followed by none: by field, by error.
    none_follows: u32,
    run_counts: u32,
    word: u32,
    last: u32,
}

impl<'a> FlagContext<'a> {
    #[inline(always)]
    fn new(
        flag: Flag,
        prediction: &'a Prediction,
        outcomes: &'a Outcomes,
        match_model: &MatchModel,
    ) -> FlagContext<'a> {
        let (by_field, by_error) = outcomes.error_runs(prediction.position);
        let match_byte = match_model.expected_byte();
        let has_match = match_byte > 0;
        let has_second = prediction.second != prediction.first;
        let flag = flag as u32;
        FlagContext {
            flag,
            prediction,
            outcomes,
            position: prediction.position | u32::from(has_second) << 4 | flag << 5,
            run: outcomes.run_bucket(),
            matched: u32::from(has_match) + u32::from(has_match && match_byte != prediction.first),
            length_bucket: match_model.length_bucket(),
            match_byte,
            none_follows: u32::from(by_field.error == 0) | u32::from(by_error.error == 0) << 1,
            run_counts: u32::from(by_field.count.min(3)) | u32::from(by_error.count.min(3)) << 2,
            word: match_model.word(),
            last: match_model.last(4),
        }
    }

    #[inline(always)]
    fn hashed(&self) -> [u32; HASHED] {
        let Prediction {
            first,
            old,
            old_before,
            old_after,
            kind,
            confidence,
            ..
        } = *self.prediction;
        let (outcomes, position, run) = (self.outcomes, self.position, self.run);
        let origin = kind | confidence << 4;
        let last = |bytes: u32| self.last & (u32::MAX >> (32 - 8 * bytes));
        [
            hash(
                run | position << 4 | (outcomes.fields & 7) << 12 | self.none_follows << 16,
                self.matched | origin << 4,
            ),
            hash(first | position << 9 | run << 17, 0),
            hash(
                (outcomes.flags & 0xfff) | position << 12,
                self.matched | origin << 4,
            ),
            hash(first | outcomes.errors << 9, position | self.matched << 8),
            hash(outcomes.errors, outcomes.gap.min(63) | position << 8),
            hash(first | old << 9 | position << 17, outcomes.field_change),
            hash(first | old_after << 9 | last(1) << 18, position),
            hash(
                first | last(2) << 9,
                position | (self.last >> 16 & 255) << 8,
            ),
            hash(
                self.match_byte | first << 9,
                self.length_bucket | run << 4 | position << 8,
            ),
            hash(self.word, first | position << 9),
            hash(first | old_before << 9 | last(1) << 18, run | position << 4),
            hash(
                (outcomes.fields & 0x1ff) | position << 12,
                origin | self.none_follows << 8,
            ),
            hash(
                outcomes.nonzero_errors,
                position | self.none_follows << 8 | outcomes.gap.min(255) << 10,
            ),
            hash(
                first | self.run_counts << 9 | self.none_follows << 13,
                position | run << 8,
            ),
        ]
    }

    #[inline(always)]
    fn direct(&self) -> [usize; DIRECT] {
        let (outcomes, run) = (self.outcomes, self.run);
        let position = self.prediction.position.min(9) | self.flag << 4;
        let Prediction {
            first,
            kind,
            confidence,
            ..
        } = *self.prediction;
        [
            run | position << 4 | (outcomes.fields & 7) << 10 | self.matched << 13,
            (outcomes.flags & 0xff) | position << 8 | (self.position >> 4 & 1) << 14,
            kind.min(15)
                | confidence.min(15) << 4
                | (outcomes.fields & 7) << 8
                | self.flag << 11
                | self.none_follows << 13,
            first | run.min(7) << 9 | self.flag << 12,
        ]
        .map(|index| index as usize & 0xffff)
    }

    #[inline(always)]
    fn for_mixer(&self) -> MixerContexts {
        let (outcomes, run, flag) = (self.outcomes, self.run, self.flag);
        let position = self.prediction.position.min(9);
        let weight_sets = [
            (flag * 10 + run) * 16 + position,
            (outcomes.flags & 63) | self.matched << 6 | self.position.min(1) << 8,
            (self.length_bucket * 3
                + self.matched
                + self.none_follows * 32
                + (outcomes.fields & 7) * 128)
                & 1023,
        ];
        let apms = [
            ((flag * 2 + (self.position >> 4 & 1)) * 3 + self.matched) * 100 + position * 10 + run,
            (self.prediction.first | (outcomes.flags & 15) << 9) & 0x1fff,
        ];
        MixerContexts {
            weight_sets: weight_sets.map(|index| index as usize),
            final_weights: (flag * 48 + position + self.matched * 16) as usize,
            apms: apms.map(|index| index as usize),
        }
    }
}
