//! Finds the cheapest way to explain the target. At each byte a few candidates, alignments with the
//! base or new bytes, are followed side by side, each with the price of the best path that ends in
//! it (Viterbi's algorithm over a beam). Others are looked for only where the best one is wrong:
//! whatever is better is right there.

use super::beam::{Beam, Candidate, MAX_PRICE_GAP};
use super::optima::{Optima, Optimum};
use super::path::{Paths, Step, StepId};
use super::price::{History, Price, Prices};
use super::progress::{INDEX_COST, Progress, cost};
use super::seeds::{SEED_BYTES, Seeds};
use super::segment::Segment;
use super::sides::Sides;
use super::suffix_array::SuffixArray;
use crate::error::{Result, input};
use crate::limits::MAX_GROUP_BYTES;

/// A stretch that agrees for so long is taken at once.
const MIN_RUN: usize = 32;

/// The most bytes compared at once. Longer stretches take several steps, so that repetitive input
/// does not take quadratic time.
const MAX_LENGTH: usize = 1 << 14;

/// Bytes that must agree for a recent alignment to be tried again.
const RETURN_BYTES: usize = 4;

/// The best path is settled when so many steps are open: 2 MiB.
const MAX_OPEN_STEPS: usize = 1 << 16;

/// Bytes between two reports of progress.
const REPORT_EVERY: usize = 1 << 16;

/// Returns segments in target order that together make up the whole target.
pub fn align(base: &[u8], target: &[u8], progress: Progress) -> Result<Vec<Segment>> {
    if target.len() as u64 > MAX_GROUP_BYTES {
        return Err(input("the target of a group is larger than 256 MiB"));
    }
    if base.is_empty() || target.is_empty() {
        let whole = Segment {
            base: 0,
            add: 0,
            extra: target.len(),
        };
        return Ok(if target.is_empty() {
            vec![]
        } else {
            vec![whole]
        });
    }
    let index = SuffixArray::new(base)?;
    let indexed = INDEX_COST * base.len() as f64 / cost(base, target);
    progress(indexed)?;
    let mut aligner = Aligner::new(Sides { base, target }, index);
    let mut reported = 0;
    while aligner.at < target.len() {
        aligner.advance();
        if aligner.at >= reported + REPORT_EVERY {
            reported = aligner.at;
            progress(indexed + (1.0 - indexed) * reported as f64 / target.len() as f64)?;
        }
    }
    Ok(aligner.finish())
}

struct Aligner<'a> {
    sides: Sides<'a>,
    index: SuffixArray<'a>,
    seeds: Seeds,
    prices: Prices,
    paths: Paths,
    beam: Beam,
    optima: Optima,
    at: usize,
    /// Nothing is looked up before this place, as what was found last still covers it.
    search_from: usize,
}

impl<'a> Aligner<'a> {
    fn new(sides: Sides<'a>, index: SuffixArray<'a>) -> Aligner<'a> {
        let (paths, step) = Paths::new();
        let (price, history) = (0, 0);
        Aligner {
            sides,
            index,
            seeds: Seeds::new(sides.base),
            prices: Prices::new(sides.target),
            paths,
            beam: Beam::new(Candidate {
                step,
                new: true,
                shift: 0,
                price,
                history,
            }),
            optima: Optima::new(Optimum { price, step }),
            at: 0,
            search_from: 0,
        }
    }

    /// Takes a byte, or a stretch that all candidates agree with. A function of its own, because
    /// WebAssembly engines switch to the code that they have optimized when it is called, never in
    /// the middle of a loop.
    #[inline(never)]
    fn advance(&mut self) {
        let run = self.beam.run(self.sides, self.at, MIN_RUN, MAX_LENGTH);
        if run > 0 {
            return self.take_run(run);
        }
        let best = self.beam.best();
        let (price, step) = (best.price, best.step);
        self.optima.set(self.at, Optimum { price, step });
        if best.new || !self.sides.agrees(best.shift, self.at) {
            self.look_around(best);
        }
        self.beam.take_byte(self.sides, self.at, &self.prices);
        self.at += 1;
        if self.paths.count_open() > MAX_OPEN_STEPS {
            self.settle();
        }
    }

    fn take_run(&mut self, run: usize) {
        if self.beam.single().is_some() {
            self.settle();
        }
        let Candidate { price, step, .. } = self.beam.best();
        self.optima
            .set_run(self.at, run, Optimum { price, step }, &self.prices);
        self.beam.take_run(run, &self.prices);
        self.at += run;
    }

    /// Decides for the best path so far.
    fn settle(&mut self) {
        let step = self.paths.settle(self.beam.best().step);
        self.beam.settle(step);
        self.optima.restart(self.at);
    }

    /// Adds candidates that may be better than the best one from here on.
    fn look_around(&mut self, best: Candidate) {
        if !best.new {
            let price = best.price + self.prices.of_new_bytes();
            let candidate = Candidate {
                new: true,
                price,
                ..best
            };
            self.follow(candidate, best.step, self.at);
        }
        for shift in self.beam.recent_shifts().into_iter().flatten() {
            if self.sides.run(shift, self.at, RETURN_BYTES) == RETURN_BYTES {
                self.try_alignment(shift);
            }
        }
        let wanted = &self.sides.target[self.at..];
        if self.at >= self.search_from && self.seeds.may_hold(wanted) {
            self.search(&wanted[..MAX_LENGTH.min(wanted.len())]);
        }
    }

    fn search(&mut self, wanted: &[u8]) {
        let near = (self.at as i64 + self.beam.best().shift).max(0) as usize;
        let found = self.index.find(wanted, near);
        if found.length >= SEED_BYTES {
            self.try_alignment(found.base as i64 - self.at as i64);
            // A longer match would hardly pay. This keeps repetitive input from being looked up at
            // every byte.
            self.search_from = self.at + found.length / 64;
        }
    }

    /// Adds an alignment from where it is best to switch to it, which may be well before this
    /// place.
    fn try_alignment(&mut self, shift: i64) {
        let (mut lowest, mut entry) = (Price::MAX, None);
        let (mut since, mut history) = (0, History::MAX);
        // A candidate that is followed was entered where that was best, or may be entered anew
        // where it agrees again.
        let followed = self.beam.has_shift(shift);
        let first = self.optima.first(self.at);
        for at in (first..=self.at).rev() {
            if at < self.at {
                let Some(old) = self.sides.opposite(shift, at) else {
                    break;
                };
                let [before, byte] = self.sides.pair(at);
                if followed && old != byte {
                    break;
                }
                since += self.prices.of_aligned(history, old == byte, before, byte);
                history = history << 1 | History::from(old == byte);
            }
            let Optimum { price, step } = self.optima.get(at);
            if price + since > lowest.saturating_add(MAX_PRICE_GAP) {
                break;
            }
            let price = price + since + self.price_of_change(step, at, shift);
            if price < lowest {
                (lowest, entry) = (price, Some((at, step)));
            }
        }
        if let Some((start, before)) = entry {
            let candidate = Candidate {
                step: before,
                new: false,
                shift,
                price: lowest,
                history: self.sides.history(shift, self.at),
            };
            self.follow(candidate, before, start);
        }
    }

    fn follow(&mut self, candidate: Candidate, before: StepId, start: usize) {
        if self.beam.admits(&candidate) {
            let Candidate { new, shift, .. } = candidate;
            let step = self.paths.add(before, Step { start, new, shift });
            self.beam.insert(Candidate { step, ..candidate });
        }
    }

    /// The price of starting a segment at a place: the nearer to where the last one ended, or to
    /// its alignment, the cheaper.
    fn price_of_change(&self, last: StepId, at: usize, shift: i64) -> Price {
        let last = self.paths.get(last);
        let turn = shift - last.shift;
        let movement = if last.new {
            turn + (at - last.start) as i64
        } else {
            turn
        };
        self.prices.of_segment(movement.abs().min(turn.abs()))
    }

    fn finish(self) -> Vec<Segment> {
        let last = self.beam.best().step;
        self.paths.into_segments(last, self.sides.target.len())
    }
}
