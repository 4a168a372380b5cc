//! Is the prediction right? One bit for an aligned byte, or for all bytes of a field at once.

use super::arithmetic::BitCoder;
use super::hash;
use super::history::{Histories, NOTHING};
use super::logistic::stretch;
use super::mixer::{Mixer, Situation, Situations};
use super::past::Past;
use super::probability::Probabilities;
use super::trace::{Guess, Trace};

const HASHED: usize = 14;
const DIRECT: usize = 4;
/// Two inputs for each hashed context, one for each direct one, in eights.
const INPUTS: usize = 32 / 8;
/// Bits that count in a probability at most.
const LIMIT: u32 = 255;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Is this byte the first guess?
    Byte,
    /// Are all bytes of this field the first guess?
    Field,
    /// Are they all the second guess, now that they are not all the first?
    SecondField,
}

pub struct Hits {
    mixer: Mixer<INPUTS>,
    histories: Vec<u8>,
    shift: u32,
    meanings: [Probabilities; HASHED],
    direct: [Probabilities; DIRECT],
}

impl Hits {
    /// 2^bits histories.
    pub fn new(bits: u32, histories: &Histories) -> Hits {
        let situations = Situations {
            sets: [3 * 160, 512, 1024],
            top: 3 * 48,
            curves: [3 * 600, 1 << 13],
        };
        Hits {
            mixer: Mixer::new(&situations, 2 * HASHED + DIRECT),
            histories: vec![NOTHING; 1 << bits],
            shift: 32 - bits,
            meanings: std::array::from_fn(|_| Probabilities::of_histories(histories)),
            direct: std::array::from_fn(|_| Probabilities::new(1 << 16)),
        }
    }

    /// Codes the answer and learns from it.
    #[inline(always)]
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        histories: &Histories,
        (question, guess): (Question, &Guess),
        (trace, past): (&Trace, &Past),
        answer: u32,
    ) -> u32 {
        let scene = Scene::new(question, guess, trace, past);
        let places = scene.hashed().map(|context| context as usize);
        let mut index = 0;
        let slots = places.map(|context| {
            index += 1;
            (hash(context as u32, index + 77) >> self.shift) as usize
        });
        let states = slots.map(|slot| self.histories[slot]);
        let (pairs, others) = self.mixer.inputs.as_flattened_mut().split_at_mut(2 * HASHED);
        for ((pair, &state), meaning) in pairs
            .as_chunks_mut()
            .0
            .iter_mut()
            .zip(&states)
            .zip(&self.meanings)
        {
            *pair = evidence(state, meaning);
        }
        let direct = scene.direct();
        for (number, &context) in direct.iter().enumerate() {
            others[number] = stretch(self.direct[number].get(context));
        }
        let bit = coder.code(answer, self.mixer.mix(scene.situation()));
        self.mixer.learn(bit);
        for (number, (&state, &slot)) in states.iter().zip(&slots).enumerate() {
            self.meanings[number].learn(usize::from(state), bit, LIMIT);
            self.histories[slot] = histories.next[usize::from(state)][bit as usize];
        }
        for (number, &context) in direct.iter().enumerate() {
            self.direct[number].learn(context, bit, LIMIT);
        }
        bit
    }
}

/// What a history says: stretched, and as it is. One that saw nothing says nothing.
#[inline(always)]
pub fn evidence(state: u8, meanings: &Probabilities) -> [i16; 2] {
    if state == NOTHING {
        return [0, 0];
    }
    let one = meanings.get(usize::from(state));
    [stretch(one), ((one as i32 - 32_768) >> 6) as i16]
}

/// Everything that contexts are made of, in small numbers.
struct Scene<'a> {
    question: u32,
    guess: &'a Guess,
    trace: &'a Trace,
    /// Position in a field, what is asked, and whether there is a second guess that differs.
    place: u32,
    run: u32,
    /// What the match in the past expects: nothing, the first guess, something else.
    matched: u32,
    grade: u32,
    match_byte: u32,
    /// Whether errors like the last ones were followed by no error.
    echoes: u32,
    echo_times: u32,
    word: u32,
    last: u32,
}

impl<'a> Scene<'a> {
    #[inline(always)]
    fn new(question: Question, guess: &'a Guess, trace: &'a Trace, past: &Past) -> Scene<'a> {
        let (by_field, by_error) = trace.echoes(guess.place);
        let match_byte = past.predicted();
        let question = question as u32;
        Scene {
            question,
            guess,
            trace,
            place: guess.place | u32::from(guess.second != guess.first) << 4 | question << 5,
            run: trace.run_grade(),
            matched: u32::from(match_byte > 0) + u32::from(match_byte > 0 && match_byte != guess.first),
            grade: past.grade(),
            match_byte,
            echoes: u32::from(by_field.error == 0) | u32::from(by_error.error == 0) << 1,
            echo_times: u32::from(by_field.times.min(3)) | u32::from(by_error.times.min(3)) << 2,
            word: past.word(),
            last: past.last(4),
        }
    }

    #[inline(always)]
    fn hashed(&self) -> [u32; HASHED] {
        let Guess {
            first,
            old,
            old_before,
            old_after,
            kind,
            sure,
            ..
        } = *self.guess;
        let (trace, place, run) = (self.trace, self.place, self.run);
        let made = kind | sure << 4;
        let last = |bytes: u32| self.last & (u32::MAX >> (32 - 8 * bytes));
        [
            hash(
                run | place << 4 | (trace.fields & 7) << 12 | self.echoes << 16,
                self.matched | made << 4,
            ),
            hash(first | place << 9 | run << 17, 0),
            hash((trace.hits & 0xfff) | place << 12, self.matched | made << 4),
            hash(first | trace.errors << 9, place | self.matched << 8),
            hash(trace.errors, trace.gap.min(63) | place << 8),
            hash(first | old << 9 | place << 17, trace.field_change),
            hash(first | old_after << 9 | last(1) << 18, place),
            hash(first | last(2) << 9, place | (self.last >> 16 & 255) << 8),
            hash(self.match_byte | first << 9, self.grade | run << 4 | place << 8),
            hash(self.word, first | place << 9),
            hash(first | old_before << 9 | last(1) << 18, run | place << 4),
            hash((trace.fields & 0x1ff) | place << 12, made | self.echoes << 8),
            hash(
                trace.real_errors,
                place | self.echoes << 8 | trace.gap.min(255) << 10,
            ),
            hash(first | self.echo_times << 9 | self.echoes << 13, place | run << 8),
        ]
    }

    #[inline(always)]
    fn direct(&self) -> [usize; DIRECT] {
        let (trace, run) = (self.trace, self.run);
        let place = self.guess.place.min(9) | self.question << 4;
        let Guess {
            first, kind, sure, ..
        } = *self.guess;
        [
            run | place << 4 | (trace.fields & 7) << 10 | self.matched << 13,
            (trace.hits & 0xff) | place << 8 | (self.place >> 4 & 1) << 14,
            kind.min(15)
                | sure.min(15) << 4
                | (trace.fields & 7) << 8
                | self.question << 11
                | self.echoes << 13,
            first | run.min(7) << 9 | self.question << 12,
        ]
        .map(|context| context as usize & 0xffff)
    }

    #[inline(always)]
    fn situation(&self) -> Situation {
        let (trace, run, question) = (self.trace, self.run, self.question);
        let place = self.guess.place.min(9);
        let sets = [
            (question * 10 + run) * 16 + place,
            (trace.hits & 63) | self.matched << 6 | self.place.min(1) << 8,
            (self.grade * 3 + self.matched + self.echoes * 32 + (trace.fields & 7) * 128) & 1023,
        ];
        let curves = [
            ((question * 2 + (self.place >> 4 & 1)) * 3 + self.matched) * 100 + place * 10 + run,
            (self.guess.first | (trace.hits & 15) << 9) & 0x1fff,
        ];
        Situation {
            sets: sets.map(|index| index as usize),
            top: (question * 48 + place + self.matched * 16) as usize,
            curves: curves.map(|index| index as usize),
        }
    }
}
