//! The best price at each of the last places: an alignment is often better from before the place
//! where it is found.

use super::path::StepId;
use super::price::{Price, Prices};

/// Places that are remembered.
const RING_PLACES: usize = 1 << 12;

/// The best path up to a place: its price and its last step.
#[derive(Clone, Copy)]
pub struct Optimum {
    pub price: Price,
    pub step: StepId,
}

pub struct Optima {
    /// By place modulo `RING_PLACES`.
    ring: Vec<Optimum>,
    start: usize,
}

impl Optima {
    pub fn new(first: Optimum) -> Optima {
        Optima {
            ring: vec![first; RING_PLACES],
            start: 0,
        }
    }

    pub fn set(&mut self, at: usize, optimum: Optimum) {
        self.ring[at % RING_PLACES] = optimum;
    }

    /// Sets each byte of a stretch that agrees.
    pub fn set_run(
        &mut self,
        at: usize,
        run: usize,
        Optimum { price, step }: Optimum,
        prices: &Prices,
    ) {
        for done in run.saturating_sub(RING_PLACES)..run {
            let price = price + prices.of_run(done);
            self.set(at + done, Optimum { price, step });
        }
    }

    pub fn get(&self, at: usize) -> Optimum {
        self.ring[at % RING_PLACES]
    }

    /// The first place that is still known at `at`.
    pub fn first(&self, at: usize) -> usize {
        self.start.max((at + 1).saturating_sub(RING_PLACES))
    }

    /// Forgets what came before: its steps have no names any more.
    pub fn restart(&mut self, at: usize) {
        self.start = at;
    }
}
