//! The mixer: a weighted sum of stretched probabilities, whose weights learn from every bit. Three
//! contexts select a weight set each, which gives three outputs; a small final mixer weighs those;
//! and two APM stages refine the result by how it turned out in the same context before.

use super::logistic::{FARTHEST, squash};
use super::state_map::StateMap;
use super::vector::{I16x8, dot_product, train};

/// 1.0 as a weight of an input, just above the largest.
const WEIGHT_ONE: i32 = 1 << 15;
/// 1.0 as a weight of an output.
const FINAL_WEIGHT_ONE: i32 = 1 << 16;
/// Keeps the product of output and weight within 31 bits.
const MAX_FINAL_WEIGHT: i32 = 1 << 19;
/// Learning rates in the unit of `update`: what weight sets start and settle with, and the final
/// mixer's.
const INITIAL_RATE: i32 = 2600;
const RATE: i32 = 600;
const FINAL_RATE: i32 = 100;
/// Bits until the rate has settled.
const DECAY_BITS: i32 = 20_000;
/// The most bits that count in an APM's bucket.
const APM_LIMIT: u32 = 120;

pub const OUTPUTS: usize = 3;
pub const APMS: usize = 2;

/// How many contexts each part tells apart.
pub struct ContextCounts {
    pub weight_sets: [usize; OUTPUTS],
    pub final_weights: usize,
    pub apms: [usize; APMS],
}

/// The present contexts, as an index for each part.
pub struct MixerContexts {
    pub weight_sets: [usize; OUTPUTS],
    pub final_weights: usize,
    pub apms: [usize; APMS],
}

/// Takes eight times N inputs.
pub struct Mixer<const N: usize> {
    /// Stretched probabilities and other evidence; the caller fills them in before `mix`. Their
    /// absolute values add up to at most 65,535, so that the weighted sum has 31 bits.
    pub inputs: [[i16; 8]; N],
    /// The same, as `mix` saw them.
    mixed_inputs: [I16x8; N],
    weight_sets: [Vec<[I16x8; N]>; OUTPUTS],
    final_weights: Vec<[i32; OUTPUTS]>,
    apms: [StateMap; APMS],
    rate: i32,
    bits_seen: i32,
    /// What `update` needs of the last `mix`.
    contexts: MixerContexts,
    outputs: [i32; OUTPUTS],
    p: u32,
}

impl<const N: usize> Mixer<N> {
    /// Each of the `input_count` inputs that are in use starts with a weight of 2 / `input_count`.
    pub fn new(counts: &ContextCounts, input_count: usize) -> Mixer<N> {
        let initial =
            I16x8::new([(2 * WEIGHT_ONE / input_count as i32).min(WEIGHT_ONE - 1) as i16; 8]);
        Mixer {
            inputs: [[0; 8]; N],
            mixed_inputs: [I16x8::new([0; 8]); N],
            weight_sets: counts.weight_sets.map(|count| vec![[initial; N]; count]),
            final_weights: vec![[FINAL_WEIGHT_ONE / OUTPUTS as i32; OUTPUTS]; counts.final_weights],
            apms: counts.apms.map(StateMap::for_apm),
            rate: INITIAL_RATE,
            bits_seen: 0,
            contexts: MixerContexts {
                weight_sets: [0; OUTPUTS],
                final_weights: 0,
                apms: [0; APMS],
            },
            outputs: [0; OUTPUTS],
            p: 0,
        }
    }

    /// The probability of a 1, ready for the coder.
    #[inline(always)]
    pub fn mix(&mut self, contexts: MixerContexts) -> u32 {
        self.contexts = contexts;
        self.mixed_inputs = self.inputs.map(I16x8::new);
        for (index, output) in self.outputs.iter_mut().enumerate() {
            let sum = dot_product(
                &self.mixed_inputs,
                &self.weight_sets[index][self.contexts.weight_sets[index]],
            );
            *output = (sum >> 15).clamp(-FARTHEST, FARTHEST);
        }
        let stretched = mix_outputs(
            &self.outputs,
            &self.final_weights[self.contexts.final_weights],
        );
        self.p = squash(stretched);
        self.refine(stretched)
    }

    /// Half of it as it is, and a quarter from each APM, interpolated between the two nearest
    /// buckets.
    #[inline(always)]
    fn refine(&mut self, stretched: i32) -> u32 {
        let position = (stretched + 2048) as u32;
        let (bucket, fraction) = ((position >> 7) as usize, position & 127);
        let mut sum = 2 * self.p;
        for (apm, at) in self.apms.iter().zip(&mut self.contexts.apms) {
            let low = *at * 33 + bucket;
            sum += (apm.p(low) * (128 - fraction) + apm.p(low + 1) * fraction) >> 7;
            *at = low + usize::from(fraction >= 64);
        }
        (sum >> 2).clamp(8, 65_528)
    }

    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        for (apm, &at) in self.apms.iter_mut().zip(&self.contexts.apms) {
            apm.update(at, bit, APM_LIMIT);
        }
        train_final(
            &mut self.final_weights[self.contexts.final_weights],
            &self.outputs,
            bit,
            self.p,
            FINAL_RATE,
        );
        for (index, &output) in self.outputs.iter().enumerate() {
            // The weights move so that the error would have been smaller.
            let error = ((bit << 16) as i32 - squash(output) as i32) * self.rate;
            let factor = (error >> 12).clamp(-i32::from(i16::MAX), i32::from(i16::MAX));
            let weights = &mut self.weight_sets[index][self.contexts.weight_sets[index]];
            train(weights, &self.mixed_inputs, factor as i16);
        }
        if self.bits_seen < DECAY_BITS {
            self.bits_seen += 1;
            self.rate = RATE + (DECAY_BITS - self.bits_seen) / (DECAY_BITS / (INITIAL_RATE - RATE));
        }
    }
}

#[inline(always)]
fn mix_outputs(inputs: &[i32; OUTPUTS], weights: &[i32; OUTPUTS]) -> i32 {
    let mut sum = 0;
    for (input, weight) in inputs.iter().zip(weights) {
        sum += (input * weight) >> 8;
    }
    (sum >> 8).clamp(-FARTHEST, FARTHEST)
}

/// Moves the weights so that the error would have been smaller.
#[inline(always)]
fn train_final(weights: &mut [i32; OUTPUTS], inputs: &[i32; OUTPUTS], bit: u32, p: u32, rate: i32) {
    let error = (((bit << 16) as i32 - p as i32) * rate) >> 10;
    for (weight, input) in weights.iter_mut().zip(inputs) {
        *weight =
            (*weight + ((input * error + 0x8000) >> 16)).clamp(-MAX_FINAL_WEIGHT, MAX_FINAL_WEIGHT);
    }
}
