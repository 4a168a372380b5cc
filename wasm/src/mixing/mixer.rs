//! The mixer: a weighted sum of stretched probabilities, with weights that learn from every bit. Three sets of weights,
//! each chosen by a context of its own, give three opinions; a small mixer on top weighs these; two curves correct what
//! comes out by how it was right or wrong in the same situation before.

use super::logistic::{FARTHEST, squash};
use super::probability::Probabilities;

/// 1.0 as a weight.
const UNIT: i32 = 1 << 16;
/// So that input times weight stays within 31 bits.
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

pub struct Mixer<const N: usize> {
    /// Stretched probabilities and other evidence; the caller fills it before `mix`.
    pub inputs: [i32; N],
    sets: [Vec<[i32; N]>; SETS],
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
        let begin = 2 * UNIT / used as i32;
        Mixer {
            inputs: [0; N],
            sets: situations.sets.map(|count| vec![[begin; N]; count]),
            top: vec![[UNIT / SETS as i32; SETS]; situations.top],
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
        for (set, opinion) in self.opinions.iter_mut().enumerate() {
            *opinion = weigh(&self.inputs, &self.sets[set][self.now.sets[set]]);
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
            let weights = &mut self.sets[set][self.now.sets[set]];
            adjust(weights, &self.inputs, bit, squash(opinion), self.rate);
        }
        if self.seen < SETTLES {
            self.seen += 1;
            self.rate = RATE + (SETTLES - self.seen) / (SETTLES / (FIRST_RATE - RATE));
        }
    }
}

#[inline(always)]
fn weigh<const N: usize>(inputs: &[i32; N], weights: &[i32; N]) -> i32 {
    let mut sum = 0;
    for (input, weight) in inputs.iter().zip(weights) {
        sum += (input * weight) >> 8;
    }
    (sum >> 8).clamp(-FARTHEST, FARTHEST)
}

/// Moves the weights so that the error would have been smaller.
#[inline(always)]
fn adjust<const N: usize>(weights: &mut [i32; N], inputs: &[i32; N], bit: u32, mixed: u32, rate: i32) {
    let error = (((bit << 16) as i32 - mixed as i32) * rate) >> 10;
    for (weight, input) in weights.iter_mut().zip(inputs) {
        *weight = (*weight + ((input * error + 0x8000) >> 16)).clamp(-HEAVIEST, HEAVIEST);
    }
}
