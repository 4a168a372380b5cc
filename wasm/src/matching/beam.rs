//! The candidates that are followed side by side, each with its price so far, and the alignments
//! that were left lately.

use super::path::StepId;
use super::price::{History, Price, Prices};
use super::sides::Sides;

/// Candidates followed side by side. Twice as many made no delta smaller.
const BEAM_WIDTH: usize = 8;

/// A candidate that costs more than the best one by this much is left: coming back to it is
/// cheaper.
pub const MAX_PRICE_GAP: Price = 96 * 256;

/// Alignments that are remembered.
const RECENT_SHIFTS: usize = 8;

/// More than any candidate can cost: the price of an alignment that has left the base.
const IMPOSSIBLE: Price = Price::MAX / 2;

/// A path that is followed.
#[derive(Clone, Copy)]
pub struct Candidate {
    pub step: StepId,
    /// Whether it takes new bytes; `shift` is then that of the alignment before.
    pub new: bool,
    pub shift: i64,
    pub price: Price,
    pub history: History,
}

impl Candidate {
    fn continues_like(&self, other: &Candidate) -> bool {
        self.new == other.new && (self.new || self.shift == other.shift)
    }

    fn take_byte(&mut self, sides: Sides, at: usize, prices: &Prices) {
        let [before, byte] = sides.pair(at);
        if self.new {
            self.price += prices.of_new(before, byte);
            return;
        }
        let old = sides.opposite(self.shift, at);
        let agrees = old == Some(byte);
        self.price += prices.of_aligned(self.history, agrees, before, byte);
        self.history = self.history << 1 | History::from(agrees);
        if old.is_none() {
            self.price = IMPOSSIBLE;
        }
    }
}

pub struct Beam {
    /// Never empty.
    candidates: Vec<Candidate>,
    best: usize,
    recent_shifts: Vec<i64>,
}

impl Beam {
    pub fn new(first: Candidate) -> Beam {
        Beam {
            candidates: vec![first],
            best: 0,
            recent_shifts: vec![first.shift],
        }
    }

    pub fn best(&self) -> Candidate {
        self.candidates[self.best]
    }

    /// The only candidate, if there is just one.
    pub fn single(&self) -> Option<Candidate> {
        if self.candidates.len() == 1 {
            Some(self.best())
        } else {
            None
        }
    }

    pub fn has_shift(&self, shift: i64) -> bool {
        self.candidates
            .iter()
            .any(|candidate| !candidate.new && candidate.shift == shift)
    }

    pub fn recent_shifts(&self) -> [Option<i64>; RECENT_SHIFTS] {
        std::array::from_fn(|place| self.recent_shifts.get(place).copied())
    }

    /// How many bytes all candidates agree with: at most `max`, and 0 if fewer than `min`.
    pub fn run(&self, sides: Sides, at: usize, min: usize, max: usize) -> usize {
        let is_short =
            |candidate: &Candidate| candidate.new || sides.run(candidate.shift, at, min) < min;
        if self.candidates.iter().any(is_short) {
            return 0;
        }
        let shifts = self.candidates.iter().map(|candidate| candidate.shift);
        shifts.fold(max, |run, shift| sides.run(shift, at, run))
    }

    /// Whether a candidate is worth following: nothing cheaper continues like it, and it may still
    /// become the best.
    pub fn admits(&self, candidate: &Candidate) -> bool {
        let same = self
            .candidates
            .iter()
            .find(|known| known.continues_like(candidate));
        same.is_none_or(|known| candidate.price < known.price)
            && candidate.price <= self.best().price + MAX_PRICE_GAP
    }

    /// Follows a candidate, in place of one that continues like it, or of the most expensive one
    /// when the beam is full.
    pub fn insert(&mut self, candidate: Candidate) {
        match self
            .candidates
            .iter()
            .position(|known| known.continues_like(&candidate))
        {
            Some(place) => self.candidates[place] = candidate,
            None if self.candidates.len() < BEAM_WIDTH => self.candidates.push(candidate),
            None => {
                if let Some(dearest) = self.candidates.iter_mut().max_by_key(|known| known.price)
                    && dearest.price > candidate.price
                {
                    *dearest = candidate;
                }
            }
        }
        self.update_best();
    }

    /// All candidates take a byte; those that have become too expensive are left.
    pub fn take_byte(&mut self, sides: Sides, at: usize, prices: &Prices) {
        for candidate in &mut self.candidates {
            candidate.take_byte(sides, at, prices);
        }
        self.update_best();
        let max = self.best().price + MAX_PRICE_GAP;
        if self
            .candidates
            .iter()
            .all(|candidate| candidate.price <= max)
        {
            return;
        }
        let recent_shifts = &mut self.recent_shifts;
        self.candidates.retain(|candidate| {
            let keep = candidate.price <= max;
            if !keep && !candidate.new {
                move_to_front(recent_shifts, candidate.shift);
            }
            keep
        });
        self.update_best();
    }

    /// All candidates take bytes that they agree with.
    pub fn take_run(&mut self, run: usize, prices: &Prices) {
        for candidate in &mut self.candidates {
            candidate.price += prices.of_run(run);
            candidate.history = History::MAX;
        }
    }

    /// Leaves all candidates but the best, whose last step is now called `step`.
    pub fn settle(&mut self, step: StepId) {
        let best = self.best();
        self.candidates.clear();
        self.candidates.push(Candidate { step, ..best });
        self.best = 0;
    }

    fn update_best(&mut self) {
        self.best = (0..self.candidates.len())
            .min_by_key(|place| self.candidates[*place].price)
            .unwrap_or(0);
    }
}

fn move_to_front(recent_shifts: &mut Vec<i64>, shift: i64) {
    match recent_shifts.iter().position(|known| *known == shift) {
        Some(place) => recent_shifts[..=place].rotate_right(1),
        None => {
            recent_shifts.insert(0, shift);
            recent_shifts.truncate(RECENT_SHIFTS);
        }
    }
}
