//! What a byte is, eight bits from the highest: one that was predicted wrongly, or a new one.

use super::arithmetic::BitCoder;
use super::hash;
use super::history::Histories;
use super::hits::evidence;
use super::logistic::stretch;
use super::mixer::{Mixer, Situation, Situations};
use super::past::Past;
use super::probability::Probabilities;
use super::slots::Slots;
use super::trace::{Guess, Trace};

const HASHED: usize = 18;
/// Those of a new byte that speak of the bytes before it alone.
const OF_PAST: usize = 16;
const DIRECT: usize = 2;
const MATCHED: usize = 2;
/// Two inputs for each hashed context, one for each other, one that is always there; in eights.
const INPUTS: usize = 48 / 8;
/// Bits that count in a probability at most.
const LIMIT: u32 = 255;
/// The input that is always there: 1.0, stretched.
const ALWAYS: i16 = 256;

pub struct Bytes {
    mixer: Mixer<INPUTS>,
    slots: Slots,
    /// Of new bytes, then of those that were predicted wrongly.
    meanings: [[Probabilities; HASHED]; 2],
    direct: [Probabilities; DIRECT],
    matched: [Probabilities; MATCHED],
}

impl Bytes {
    /// Histories in 2^bits bytes.
    pub fn new(bits: u32, histories: &Histories) -> Bytes {
        let situations = Situations {
            sets: [18 * 10 * 9, 512, 2 * 6 * 9 * 16],
            top: 2 * 9 * 10,
            curves: [9 * 100, 1 << 12],
        };
        Bytes {
            mixer: Mixer::new(&situations, 2 * HASHED + DIRECT + MATCHED),
            slots: Slots::new(bits),
            meanings: std::array::from_fn(|_| {
                std::array::from_fn(|_| Probabilities::of_histories(histories))
            }),
            direct: std::array::from_fn(|_| Probabilities::new(1 << 16)),
            matched: std::array::from_fn(|_| Probabilities::new(1 << 11)),
        }
    }

    /// Codes a byte and learns from it. `guess` is what was predicted, and is wrong; none for a new byte.
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        histories: &Histories,
        guess: Option<&Guess>,
        (trace, past): (&Trace, &Past),
        actual: u8,
    ) -> u8 {
        let scene = Scene::new(guess, trace, past);
        let contexts = number(match guess {
            Some(guess) => predicted_contexts(guess, &scene, trace, past),
            None => new_contexts(&scene, past),
        });
        let mut so_far = 1;
        for half in 0..2 {
            let slots = self.slots.find_all(in_half(half, contexts, so_far));
            let mut node = 1;
            for bit_number in bits_of(half) {
                let actual = u32::from(actual) >> bit_number & 1;
                let bit = self.code_bit(
                    coder,
                    histories,
                    &scene,
                    &slots,
                    (node, so_far, bit_number),
                    actual,
                );
                so_far = so_far << 1 | bit;
                node = node << 1 | bit as usize;
            }
        }
        so_far as u8
    }

    /// Learns a byte that both sides know: which bits follow which contexts, but not whom to believe, which is better learned
    /// from what is coded.
    pub fn prime(&mut self, histories: &Histories, past: &Past, byte: u8) {
        let contexts = number(past_contexts(past));
        let mut so_far = 1;
        for half in 0..2 {
            let slots = self.slots.find_all(in_half(half, contexts, so_far));
            let mut node = 1;
            for bit_number in bits_of(half) {
                let bit = u32::from(byte) >> bit_number & 1;
                for (&slot, meaning) in slots.iter().zip(&mut self.meanings[0]) {
                    let history = self.slots.history(slot, node);
                    meaning.learn(usize::from(*history), bit, LIMIT);
                    *history = histories.next[usize::from(*history)][bit as usize];
                }
                so_far = so_far << 1 | bit;
                node = node << 1 | bit as usize;
            }
        }
    }

    #[inline(always)]
    fn code_bit<C: BitCoder>(
        &mut self,
        coder: &mut C,
        histories: &Histories,
        scene: &Scene,
        slots: &[usize; HASHED],
        (node, so_far, bit_number): (usize, u32, u32),
        actual: u32,
    ) -> u32 {
        let aligned = scene.is_aligned() as usize;
        let states = slots.map(|slot| *self.slots.history(slot, node));
        let (pairs, others) = self.mixer.inputs.as_flattened_mut().split_at_mut(2 * HASHED);
        let meanings = &self.meanings[aligned];
        for ((pair, &state), meaning) in pairs.as_chunks_mut().0.iter_mut().zip(&states).zip(meanings) {
            *pair = evidence(state, meaning);
        }
        let view = View::new(scene, so_far, bit_number);
        let direct = view.direct(scene);
        for (number, &context) in direct.iter().enumerate() {
            others[number] = stretch(self.direct[number].get(context));
        }
        let matched = view.matched(scene);
        for (number, &context) in matched.iter().enumerate() {
            let one = self.matched[number].get(context);
            others[DIRECT + number] = if view.match_bit > 0 { stretch(one) } else { 0 };
        }
        others[DIRECT + MATCHED] = ALWAYS;
        let bit = coder.code(actual, self.mixer.mix(view.situation(scene)));
        self.mixer.learn(bit);
        for (number, (&state, &slot)) in states.iter().zip(slots).enumerate() {
            self.meanings[aligned][number].learn(usize::from(state), bit, LIMIT);
            *self.slots.history(slot, node) = histories.next[usize::from(state)][bit as usize];
        }
        for (number, &context) in direct.iter().enumerate() {
            self.direct[number].learn(context, bit, LIMIT);
        }
        if view.match_bit > 0 {
            for (number, &context) in matched.iter().enumerate() {
                self.matched[number].learn(context, bit, LIMIT);
            }
        }
        bit
    }
}

/// Tells contexts of the same content apart by their number.
#[inline(always)]
fn number<const N: usize>(contexts: [u32; N]) -> [u32; N] {
    let mut number = 0;
    contexts.map(|context| {
        number += 1;
        hash(context, number)
    })
}

/// Where the histories for a half of the byte are kept.
#[inline(always)]
fn in_half<const N: usize>(half: u32, contexts: [u32; N], so_far: u32) -> [u32; N] {
    match half {
        0 => contexts,
        _ => contexts.map(|context| hash(context, so_far)),
    }
}

/// The higher half comes first.
#[inline(always)]
fn bits_of(half: u32) -> impl Iterator<Item = u32> {
    (0..4).rev().map(move |bit| bit + 4 * (1 - half))
}

/// What stays the same for all bits of a byte.
struct Scene {
    /// The two guesses and the match, plus 1 each; 0 for none.
    first: u32,
    second: u32,
    match_byte: u32,
    place: u32,
    run: u32,
    grade: u32,
    length: u32,
    broken: u32,
    last: u32,
    hits: u32,
}

impl Scene {
    fn new(guess: Option<&Guess>, trace: &Trace, past: &Past) -> Scene {
        let (length, broken) = past.quality();
        Scene {
            first: guess.map_or(0, |guess| guess.first),
            second: guess.map_or(0, |guess| guess.second),
            match_byte: past.predicted(),
            place: guess.map_or(0, |guess| guess.place.min(9)),
            run: trace.run_grade(),
            grade: past.grade(),
            length,
            broken: broken.min(15),
            last: past.last(1),
            hits: trace.hits,
        }
    }

    fn is_aligned(&self) -> u32 {
        u32::from(self.first > 0)
    }
}

/// What each expectation says of the next bit: 0 nothing (it was wrong already, or there is none), 1 a zero, 2 a one.
struct View {
    so_far: u32,
    bit_number: u32,
    first_bit: u32,
    second_bit: u32,
    match_bit: u32,
}

impl View {
    #[inline(always)]
    fn new(scene: &Scene, so_far: u32, bit_number: u32) -> View {
        let bit_of = |expected: u32| {
            let byte = expected.wrapping_sub(1) & 255 | 256;
            let alive = expected > 0 && byte >> (bit_number + 1) == so_far;
            if alive { 1 + (byte >> bit_number & 1) } else { 0 }
        };
        View {
            so_far,
            bit_number,
            first_bit: bit_of(scene.first),
            second_bit: bit_of(scene.second),
            match_bit: bit_of(scene.match_byte),
        }
    }

    #[inline(always)]
    fn direct(&self, scene: &Scene) -> [usize; DIRECT] {
        let aligned = scene.is_aligned();
        let near = if aligned == 1 {
            scene.first & 255
        } else {
            scene.last
        };
        [
            self.so_far | aligned << 8 | self.first_bit << 9 | self.second_bit << 11,
            self.so_far | near << 8,
        ]
        .map(|context| context as usize)
    }

    #[inline(always)]
    fn matched(&self, scene: &Scene) -> [usize; MATCHED] {
        let one = u32::from(self.match_bit == 2);
        [
            scene.length << 5 | scene.broken << 1 | one,
            scene.length.min(15) << 6 | self.bit_number << 3 | self.first_bit << 1 | one,
        ]
        .map(|context| context as usize & 2047)
    }

    #[inline(always)]
    fn situation(&self, scene: &Scene) -> Situation {
        let aligned = scene.is_aligned();
        let expected = self.first_bit * 3 + self.match_bit;
        let sets = [
            ((scene.run * 2 + aligned) * 10 + scene.place) * 9 + expected,
            self.so_far | aligned << 8,
            ((scene.grade * 2 + aligned) * 9 + expected) * 16 + (scene.hits & 15),
        ];
        let curves = [
            (self.first_bit * 3 + self.second_bit) * 100 + scene.place * 10 + scene.run,
            hash(self.so_far, scene.last) >> 20,
        ];
        Situation {
            sets: sets.map(|index| index as usize),
            top: ((aligned * 9 + expected) * 10 + scene.place) as usize,
            curves: curves.map(|index| index as usize),
        }
    }
}

/// Contexts of a byte that was predicted wrongly: the old bytes around it, the guesses, how guesses went wrong lately.
fn predicted_contexts(guess: &Guess, scene: &Scene, trace: &Trace, past: &Past) -> [u32; HASHED] {
    let Guess {
        first,
        second,
        old,
        old_before,
        old_after,
        place,
        kind,
        ..
    } = *guess;
    let (run, error) = (scene.run, trace.errors & 255);
    let (by_field, by_error) = trace.echoes(place);
    let repeated = |error: u8| (first.wrapping_sub(1).wrapping_add(u32::from(error)) & 255) + 1;
    let (again_field, again_error) = (repeated(by_field.error), repeated(by_error.error));
    let last = |bytes: u32| past.last(bytes);
    [
        first | run << 9 | place << 14,
        hash(first | error << 9, place),
        hash(first, trace.errors ^ 0x5555),
        hash(first | old << 9 | place << 17, trace.field_change),
        hash(last(1) | 1 << 8, kind | place << 4),
        hash(last(2), place),
        last(3),
        hash(last(4), 7),
        hash(first | old_after << 9, last(1)),
        hash(scene.match_byte | first << 9, scene.grade),
        hash(past.word(), 1),
        hash(first, last(2)),
        hash(
            first | second << 9,
            place | (trace.hits & 1) << 4 | (trace.fields & 7) << 8,
        ),
        hash(second | place << 9, (trace.fields & 0xff) | error << 10),
        hash(again_field | u32::from(by_field.times) << 9 | place << 14, kind),
        hash(again_error | u32::from(by_error.times) << 9 | run << 14, kind),
        hash(again_field | again_error << 9, first),
        hash(
            old | old_after << 9 | old_before << 18,
            if place > 0 { place } else { first + 77 },
        ),
    ]
}

/// Contexts of a new byte: the bytes before it, and what the past expects.
fn new_contexts(scene: &Scene, past: &Past) -> [u32; HASHED] {
    let quality = if scene.broken > 0 {
        16 + scene.broken
    } else {
        scene.length.min(15)
    };
    let mut contexts = [0; HASHED];
    contexts[..OF_PAST].copy_from_slice(&past_contexts(past));
    contexts[OF_PAST] = scene.match_byte | quality << 9 | 1 << 20;
    contexts[OF_PAST + 1] = hash(scene.match_byte, past.byte(1) | scene.grade << 8);
    contexts
}

/// The bytes before, in several lengths and patterns, and their word.
fn past_contexts(past: &Past) -> [u32; OF_PAST] {
    let byte = |back: u32| past.byte(back);
    let last = |bytes: u32| past.last(bytes);
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
        hash(past.word(), 1),
        hash(past.word(), byte(1) + 0x1000),
        hash(byte(2) | byte(3) << 8, 3),
        hash(byte(4) | byte(8) << 8, 4),
        hash(byte(3) | byte(4) << 8, 5),
        hash(byte(1) | byte(4) << 8 | byte(8) << 16, 6),
    ]
}
