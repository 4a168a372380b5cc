//! What the best way had cost at each of the last places, as an alignment is better from before the place where it is found.

use super::path::StepId;
use super::price::{Price, Prices};

/// Places that are remembered.
const PLACES: usize = 1 << 12;

/// The best way up to a place: its price, and its last step.
#[derive(Clone, Copy)]
pub struct Mark {
    pub price: Price,
    pub step: StepId,
}

pub struct Trail {
    /// By place modulo `PLACES`.
    marks: Vec<Mark>,
    start: usize,
}

impl Trail {
    pub fn new(first: Mark) -> Trail {
        Trail {
            marks: vec![first; PLACES],
            start: 0,
        }
    }

    pub fn mark(&mut self, at: usize, mark: Mark) {
        self.marks[at % PLACES] = mark;
    }

    /// Marks each byte of a stretch that agrees.
    pub fn mark_run(&mut self, at: usize, run: usize, Mark { price, step }: Mark, prices: &Prices) {
        for done in run.saturating_sub(PLACES)..run {
            let price = price + prices.of_run(done);
            self.mark(at + done, Mark { price, step });
        }
    }

    pub fn get(&self, at: usize) -> Mark {
        self.marks[at % PLACES]
    }

    /// The first place that is still known at `at`.
    pub fn first(&self, at: usize) -> usize {
        self.start.max((at + 1).saturating_sub(PLACES))
    }

    /// The steps of earlier marks have no names any more.
    pub fn restart(&mut self, at: usize) {
        self.start = at;
    }
}
