//! The mixer: a weighted sum of stretched probabilities, with weights that learn from every bit. Three sets of weights,
//! each chosen by a context of its own, give three opinions; a small mixer on top weighs these; two curves correct what
//! comes out by how it was right or wrong in the same situation before.

use super::lanes::{Lanes, add_scaled, dot};
use super::logistic::{FARTHEST, squash};
use super::probability::Probabilities;

/// 1.0 as a weight of an input, which is the heaviest there is.
const UNIT: i32 = 1 << 15;
/// 1.0 as a weight of an opinion.
const TOP_UNIT: i32 = 1 << 16;
/// So that opinion times weight stays within 31 bits.
const HEAVIEST: i32 = 1 << 19;
/// Learning rates, in the unit of `learn`: what weights begin with and settle at, and the top mixer's.
const FIRST_RATE: i32 = 2600;
const RATE: i32 = 600;
const TOP_RATE: i32 = 100;
/// Bits until the rate has settled.
const SETTLES: i32 = 20_000;
/// How many bits count in a curve's points.
const CURVE_LIMIT: u32 = 120;

pub const SETS: usize = 3;
pub const CURVES: usize = 2;

/// In how many situations each part tells apart.
pub struct Situations {
    pub sets: [usize; SETS],
    pub top: usize,
    pub curves: [usize; CURVES],
}

/// The present situation, as an index for each part.
pub struct Situation {
    pub sets: [usize; SETS],
    pub top: usize,
    pub curves: [usize; CURVES],
}

/// Takes eight times N inputs.
pub struct Mixer<const N: usize> {
    /// Stretched probabilities and other evidence; the caller fills it before `mix`. Without their signs they are 65,535 together at
    /// most, so that their weighed sum has 31 bits.
    pub inputs: [[i16; 8]; N],
    /// The same, as `mix` saw them.
    mixed_inputs: [Lanes; N],
    sets: [Vec<[Lanes; N]>; SETS],
    top: Vec<[i32; SETS]>,
    curves: [Probabilities; CURVES],
    rate: i32,
    seen: i32,
    /// What `learn` needs of the last `mix`.
    now: Situation,
    opinions: [i32; SETS],
    mixed: u32,
}

impl<const N: usize> Mixer<N> {
    /// `used`: how many of the inputs are; each begins with a weight of 2 / used.
    pub fn new(situations: &Situations, used: usize) -> Mixer<N> {
        let begin = Lanes::new([(2 * UNIT / used as i32).min(UNIT - 1) as i16; 8]);
        Mixer {
            inputs: [[0; 8]; N],
            mixed_inputs: [Lanes::new([0; 8]); N],
            sets: situations.sets.map(|count| vec![[begin; N]; count]),
            top: vec![[TOP_UNIT / SETS as i32; SETS]; situations.top],
            curves: situations.curves.map(Probabilities::of_curves),
            rate: FIRST_RATE,
            seen: 0,
            now: Situation {
                sets: [0; SETS],
                top: 0,
                curves: [0; CURVES],
            },
            opinions: [0; SETS],
            mixed: 0,
        }
    }

    /// The probability of a 1, ready for the coder.
    #[inline(always)]
    pub fn mix(&mut self, situation: Situation) -> u32 {
        self.now = situation;
        self.mixed_inputs = self.inputs.map(Lanes::new);
        for (set, opinion) in self.opinions.iter_mut().enumerate() {
            let sum = dot(&self.mixed_inputs, &self.sets[set][self.now.sets[set]]);
            *opinion = (sum >> 15).clamp(-FARTHEST, FARTHEST);
        }
        let stretched = weigh(&self.opinions, &self.top[self.now.top]);
        self.mixed = squash(stretched);
        self.correct(stretched)
    }

    /// Half of it as it is, a quarter from each curve, between its two nearest points.
    #[inline(always)]
    fn correct(&mut self, stretched: i32) -> u32 {
        let place = (stretched + 2048) as u32;
        let (point, part) = ((place >> 7) as usize, place & 127);
        let mut sum = 2 * self.mixed;
        for (curve, at) in self.curves.iter().zip(&mut self.now.curves) {
            let low = *at * 33 + point;
            sum += (curve.get(low) * (128 - part) + curve.get(low + 1) * part) >> 7;
            *at = low + usize::from(part >= 64);
        }
        (sum >> 2).clamp(8, 65_528)
    }

    #[inline(always)]
    pub fn learn(&mut self, bit: u32) {
        for (curve, &at) in self.curves.iter_mut().zip(&self.now.curves) {
            curve.learn(at, bit, CURVE_LIMIT);
        }
        adjust(
            &mut self.top[self.now.top],
            &self.opinions,
            bit,
            self.mixed,
            TOP_RATE,
        );
        for (set, &opinion) in self.opinions.iter().enumerate() {
            // So that the error would have been smaller.
            let error = ((bit << 16) as i32 - squash(opinion) as i32) * self.rate;
            let factor = (error >> 12).clamp(-i32::from(i16::MAX), i32::from(i16::MAX));
            let weights = &mut self.sets[set][self.now.sets[set]];
            add_scaled(weights, &self.mixed_inputs, factor as i16);
        }
        if self.seen < SETTLES {
            self.seen += 1;
            self.rate = RATE + (SETTLES - self.seen) / (SETTLES / (FIRST_RATE - RATE));
        }
    }
}

#[inline(always)]
fn weigh(inputs: &[i32; SETS], weights: &[i32; SETS]) -> i32 {
    let mut sum = 0;
    for (input, weight) in inputs.iter().zip(weights) {
        sum += (input * weight) >> 8;
    }
    (sum >> 8).clamp(-FARTHEST, FARTHEST)
}

/// Moves the weights so that the error would have been smaller.
#[inline(always)]
fn adjust(weights: &mut [i32; SETS], inputs: &[i32; SETS], bit: u32, mixed: u32, rate: i32) {
    let error = (((bit << 16) as i32 - mixed as i32) * rate) >> 10;
    for (weight, input) in weights.iter_mut().zip(inputs) {
        *weight = (*weight + ((input * error + 0x8000) >> 16)).clamp(-HEAVIEST, HEAVIEST);
    }
}
