//! The ways that are followed side by side, each with what it cost so far, and the alignments that were left lately.

use super::path::StepId;
use super::price::{History, Price, Prices};
use super::sides::Sides;

/// Ways followed side by side. Twice as many made no delta smaller.
const TRACKS: usize = 8;

/// A way that is dearer than the best by more than this is left: it costs less to come back to it.
pub const KEEP: Price = 96 * 256;

/// Alignments that are remembered.
const RECENT: usize = 8;

/// Dearer than any way can be: of an alignment that has left the base.
const IMPOSSIBLE: Price = Price::MAX / 2;

/// A way that is followed.
#[derive(Clone, Copy)]
pub struct Track {
    pub step: StepId,
    /// Whether it takes new bytes; `shift` is then that of the alignment before.
    pub new: bool,
    pub shift: i64,
    pub price: Price,
    pub history: History,
}

impl Track {
    fn goes_on_like(&self, other: &Track) -> bool {
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

pub struct Tracks {
    /// Never empty.
    all: Vec<Track>,
    best: usize,
    recent: Vec<i64>,
}

impl Tracks {
    pub fn new(first: Track) -> Tracks {
        Tracks {
            all: vec![first],
            best: 0,
            recent: vec![first.shift],
        }
    }

    pub fn best(&self) -> Track {
        self.all[self.best]
    }

    /// The only one there is.
    pub fn only(&self) -> Option<Track> {
        if self.all.len() == 1 {
            Some(self.best())
        } else {
            None
        }
    }

    pub fn follows(&self, shift: i64) -> bool {
        self.all.iter().any(|track| !track.new && track.shift == shift)
    }

    pub fn recent(&self) -> [Option<i64>; RECENT] {
        std::array::from_fn(|place| self.recent.get(place).copied())
    }

    /// How many bytes all of them agree with: `most` at most, and 0 when it is less than `least`.
    pub fn run(&self, sides: Sides, at: usize, least: usize, most: usize) -> usize {
        let is_short = |track: &Track| track.new || sides.run(track.shift, at, least) < least;
        if self.all.iter().any(is_short) {
            return 0;
        }
        let shifts = self.all.iter().map(|track| track.shift);
        shifts.fold(most, |run, shift| sides.run(shift, at, run))
    }

    /// True when following this one is of use: nothing cheaper goes on like it, and it may still become the best.
    pub fn wants(&self, track: &Track) -> bool {
        let same = self.all.iter().find(|known| known.goes_on_like(track));
        same.is_none_or(|known| track.price < known.price) && track.price <= self.best().price + KEEP
    }

    /// Follows one more, in the place of one that goes on like it, or of the dearest when there are many.
    pub fn follow(&mut self, track: Track) {
        match self.all.iter().position(|known| known.goes_on_like(&track)) {
            Some(place) => self.all[place] = track,
            None if self.all.len() < TRACKS => self.all.push(track),
            None => {
                if let Some(dearest) = self.all.iter_mut().max_by_key(|known| known.price)
                    && dearest.price > track.price
                {
                    *dearest = track;
                }
            }
        }
        self.find_best();
    }

    /// All take a byte; those that have become too dear are left.
    pub fn take_byte(&mut self, sides: Sides, at: usize, prices: &Prices) {
        for track in &mut self.all {
            track.take_byte(sides, at, prices);
        }
        self.find_best();
        let most = self.best().price + KEEP;
        if self.all.iter().all(|track| track.price <= most) {
            return;
        }
        let recent = &mut self.recent;
        self.all.retain(|track| {
            let keep = track.price <= most;
            if !keep && !track.new {
                remember(recent, track.shift);
            }
            keep
        });
        self.find_best();
    }

    /// All take bytes that they agree with.
    pub fn take_run(&mut self, run: usize, prices: &Prices) {
        for track in &mut self.all {
            track.price += prices.of_run(run);
            track.history = History::MAX;
        }
    }

    /// Leaves all but the best, whose last step is called `step` now.
    pub fn settle(&mut self, step: StepId) {
        let best = self.best();
        self.all.clear();
        self.all.push(Track { step, ..best });
        self.best = 0;
    }

    fn find_best(&mut self) {
        self.best = (0..self.all.len())
            .min_by_key(|place| self.all[*place].price)
            .unwrap_or(0);
    }
}

fn remember(recent: &mut Vec<i64>, shift: i64) {
    match recent.iter().position(|known| *known == shift) {
        Some(place) => recent[..=place].rotate_right(1),
        None => {
            recent.insert(0, shift);
            recent.truncate(RECENT);
        }
    }
}
