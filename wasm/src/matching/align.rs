//! Finds the cheapest way to explain the target: at each byte a few alignments with the base, and new bytes, are
//! followed side by side, each with the price of the best way that ends in it (Viterbi's algorithm over a beam).
//! Others are looked for only where the best one is wrong: whatever is better is right there.

use super::path::{Paths, Step, StepId};
use super::price::{History, Price, Prices};
use super::seeds::{SEED_BYTES, Seeds};
use super::suffix_index::{SuffixIndex, common_prefix};
use super::{INDEX_COST, Progress, Segment, cost};
use crate::error::{Result, input};
use crate::limits::GROUP_BYTES;

/// Ways followed side by side.
const TRACKS: usize = 8;

/// A way that is dearer than the best by more than this is left: it costs less to come back to it.
const KEEP: Price = 80 * 256;

/// How far an alignment can have begun before the place where it was found.
const TRAIL: usize = 1 << 12;

/// A stretch that agrees this long is taken at once.
const RUN: usize = 32;

/// Bytes looked at at once: what is longer is taken in several steps, so that repetitive input does not take
/// quadratic time.
const LONGEST: usize = 1 << 14;

/// Alignments that were used or tried lately.
const RECENT: usize = 8;

/// Bytes that must agree for a recent alignment to be tried again.
const RETURN_BYTES: usize = 4;

/// Open steps at which the best way is settled.
const OPEN_STEPS: usize = 1 << 16;

/// Positions between two reports of progress.
const REPORT_EVERY: usize = 1 << 16;

/// Segments in target order that together make up the whole target.
pub fn align(base: &[u8], target: &[u8], progress: Progress) -> Result<Vec<Segment>> {
    if target.len() as u64 > GROUP_BYTES {
        return Err(input("the target of a group is larger than 256 MiB"));
    }
    if base.is_empty() || target.is_empty() {
        let whole = Segment {
            base: 0,
            add: 0,
            extra: target.len(),
        };
        return Ok(if target.is_empty() { vec![] } else { vec![whole] });
    }
    let index = SuffixIndex::new(base)?;
    let indexed = INDEX_COST * base.len() as f64 / cost(base, target);
    progress(indexed)?;
    let mut aligner = Aligner::new(base, target, index);
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

/// A way that is followed.
#[derive(Clone, Copy)]
struct Track {
    step: StepId,
    new: bool,
    shift: i64,
    price: Price,
    history: History,
}

/// What the best way cost up to a byte, and its last step then.
#[derive(Clone, Copy)]
struct Mark {
    price: Price,
    step: StepId,
}

struct Aligner<'a> {
    base: &'a [u8],
    target: &'a [u8],
    index: SuffixIndex<'a>,
    seeds: Seeds,
    prices: Prices,
    paths: Paths,
    /// Never empty.
    tracks: Vec<Track>,
    best: usize,
    at: usize,
    /// Marks of the last positions, by position modulo their number; those before `trail_start` do not count.
    trail: Vec<Mark>,
    trail_start: usize,
    recent: Vec<i64>,
    search_from: usize,
}

impl<'a> Aligner<'a> {
    fn new(base: &'a [u8], target: &'a [u8], index: SuffixIndex<'a>) -> Aligner<'a> {
        let (paths, step) = Paths::new();
        let first = Track {
            step,
            new: true,
            shift: 0,
            price: 0,
            history: 0,
        };
        Aligner {
            base,
            target,
            index,
            seeds: Seeds::new(base),
            prices: Prices::new(target),
            paths,
            tracks: vec![first],
            best: 0,
            at: 0,
            trail: vec![Mark { price: 0, step }; TRAIL],
            trail_start: 0,
            recent: vec![0],
            search_from: 0,
        }
    }

    fn advance(&mut self) {
        let run = self.common_run();
        if run >= RUN {
            self.take_run(run);
            return;
        }
        self.mark(self.at, self.tracks[self.best].price);
        let best = self.tracks[self.best];
        if best.new || !self.agrees(best.shift, self.at) {
            self.look_around();
        }
        self.take_byte();
    }

    /// How far all tracks agree with the target; 0 when that is less than `RUN`.
    fn common_run(&self) -> usize {
        let short = |track: &Track| track.new || self.run_of(track.shift, RUN) < RUN;
        if self.tracks.iter().any(short) {
            return 0;
        }
        let shifts = self.tracks.iter().map(|track| track.shift);
        shifts.fold(LONGEST, |run, shift| self.run_of(shift, run))
    }

    /// How far an alignment agrees with the target from here on; `most` bounds it.
    fn run_of(&self, shift: i64, most: usize) -> usize {
        let new = &self.target[self.at..];
        let new = &new[..most.min(new.len())];
        self.opposite(shift, self.at)
            .and_then(|old| self.base.get(old..))
            .map_or(0, |old| common_prefix(old, new))
    }

    fn opposite(&self, shift: i64, at: usize) -> Option<usize> {
        usize::try_from(at as i64 + shift).ok()
    }

    fn agrees(&self, shift: i64, at: usize) -> bool {
        self.opposite(shift, at).and_then(|old| self.base.get(old)) == Some(&self.target[at])
    }

    fn take_run(&mut self, run: usize) {
        let price = self.tracks[self.best].price;
        if let [only] = self.tracks.as_mut_slice() {
            only.step = self.paths.settle(only.step);
            self.trail_start = self.at;
        }
        for back in 1..=run.min(TRAIL) {
            let bytes = run - back;
            self.mark(self.at + bytes, price + self.prices.of_run(bytes));
        }
        for track in &mut self.tracks {
            track.price += self.prices.of_run(run);
            track.history = History::MAX;
        }
        self.at += run;
    }

    fn mark(&mut self, at: usize, price: Price) {
        let step = self.tracks[self.best].step;
        self.trail[at % TRAIL] = Mark { price, step };
    }

    /// Adds the alignments that may be better than the best one from here on.
    fn look_around(&mut self) {
        self.offer_new();
        let mut index = 0;
        while index < self.recent.len() {
            let shift = self.recent[index];
            if self.run_of(shift, RETURN_BYTES) == RETURN_BYTES {
                self.offer(shift);
            }
            index += 1;
        }
        if self.at >= self.search_from && self.seeds.may_hold(&self.target[self.at..]) {
            self.search();
        }
    }

    fn search(&mut self) {
        let wanted = &self.target[self.at..];
        let found = self.index.find(&wanted[..LONGEST.min(wanted.len())]);
        if found.length >= SEED_BYTES {
            self.offer(found.base as i64 - self.at as i64);
            self.search_from = self.at + found.length / 8;
        }
    }

    fn offer_new(&mut self) {
        let best = self.tracks[self.best];
        let price = best.price + self.prices.of_new_bytes();
        if !best.new {
            self.add(best.step, self.at, true, best.shift, price, 0);
        }
    }

    /// Follows an alignment, too, from where it is best to change to it.
    fn offer(&mut self, shift: i64) {
        let (mut price, mut entry) = (Price::MAX, None);
        let (mut behind, mut history) = (0, History::MAX);
        let first = self.trail_start.max(self.at.saturating_sub(TRAIL - 1));
        let mut at = self.at;
        loop {
            let mark = self.trail[at % TRAIL];
            let so_far = mark.price + behind;
            if so_far < price {
                let change = so_far + self.price_of_change(mark.step, at, shift);
                if change < price {
                    (price, entry) = (change, Some((at, mark.step)));
                }
            }
            if at == first || so_far > price.saturating_add(KEEP) {
                break;
            }
            at -= 1;
            if self.opposite(shift, at).is_none_or(|old| old >= self.base.len()) {
                break;
            }
            let agrees = self.agrees(shift, at);
            behind += self.price_of_aligned(history, agrees, at);
            history = history << 1 | History::from(agrees);
        }
        if let Some((start, before)) = entry {
            let history = self.history_of(shift);
            self.add(before, start, false, shift, price, history);
        }
    }

    fn price_of_aligned(&self, history: History, agrees: bool, at: usize) -> Price {
        self.prices
            .of_aligned(history, agrees, self.before(at), self.target[at])
    }

    fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.target[before])
    }

    fn price_of_change(&self, step: StepId, at: usize, shift: i64) -> Price {
        let Step {
            start,
            new,
            shift: last,
        } = self.paths.get(step);
        let turn = shift - last;
        let movement = if new { turn + (at - start) as i64 } else { turn };
        self.prices.of_segment(movement.abs().min(turn.abs()))
    }

    fn history_of(&self, shift: i64) -> History {
        let bytes = self.at.min(32);
        (self.at - bytes..self.at).fold(0, |history, at| {
            history << 1 | History::from(self.agrees(shift, at))
        })
    }

    /// Follows a way, in the place of a dearer one that does the same.
    fn add(&mut self, before: StepId, start: usize, new: bool, shift: i64, price: Price, history: History) {
        let same = |track: &Track| track.new == new && (new || track.shift == shift);
        let place = self.tracks.iter().position(same);
        if place.is_some_and(|place| self.tracks[place].price <= price) {
            return;
        }
        if price > self.tracks[self.best].price + KEEP {
            return;
        }
        let step = self.paths.add(before, Step { start, new, shift });
        let track = Track {
            step,
            new,
            shift,
            price,
            history,
        };
        match place {
            Some(place) => self.tracks[place] = track,
            None if self.tracks.len() < TRACKS => self.tracks.push(track),
            None => {
                let dearest = (0..TRACKS).max_by_key(|at| self.tracks[*at].price).unwrap_or(0);
                if self.tracks[dearest].price > price {
                    self.tracks[dearest] = track;
                }
            }
        }
        self.best = self.find_best();
    }

    fn find_best(&self) -> usize {
        (0..self.tracks.len())
            .min_by_key(|at| self.tracks[*at].price)
            .unwrap_or(0)
    }

    fn take_byte(&mut self) {
        let (at, before) = (self.at, self.before(self.at));
        let byte = self.target[at];
        for track in &mut self.tracks {
            if track.new {
                track.price += self.prices.of_new(before, byte);
                continue;
            }
            let old = usize::try_from(at as i64 + track.shift)
                .ok()
                .and_then(|old| self.base.get(old));
            let agrees = old == Some(&byte);
            track.price += self.prices.of_aligned(track.history, agrees, before, byte);
            track.history = track.history << 1 | History::from(agrees);
            if old.is_none() {
                track.price = Price::MAX / 2;
            }
        }
        self.at += 1;
        self.best = self.find_best();
        self.drop_dear();
    }

    fn drop_dear(&mut self) {
        let best = self.tracks[self.best];
        let most = best.price + KEEP;
        if self.tracks.iter().any(|track| track.price > most) {
            let recent = &mut self.recent;
            self.tracks.retain(|track| {
                if track.price > most && !track.new {
                    remember(recent, track.shift);
                }
                track.price <= most
            });
            self.best = self.find_best();
        }
        if self.paths.count_open() > OPEN_STEPS {
            let step = self.paths.settle(best.step);
            self.tracks = vec![Track { step, ..best }];
            self.best = 0;
            self.trail_start = self.at;
        }
    }

    fn finish(self) -> Vec<Segment> {
        let last = self.tracks[self.best].step;
        self.paths.into_segments(last, self.target.len())
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
