//! Walks through a record's segments: the same steps for every coding, in both directions.

use crate::matching::Segment;
use crate::mixing::CHUNK_BYTES;

/// A part of a segment, at most a chunk long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Segment `.0` begins: what follows is aligned with its base.
    Enter(usize),
    Aligned(usize),
    /// New bytes come next, and these of the base are likely to resemble them.
    Prime {
        start: usize,
        bytes: usize,
    },
    New(usize),
}

/// Bytes of the base that prime the models for the new bytes of a segment: the least, one more for
/// each new byte, and the most. Three more for each gained a hundredth at best.
const MIN_PRIME_BYTES: usize = 64;
const MAX_PRIME_BYTES: usize = 64 << 10;

/// Returns one step after another.
#[derive(Default)]
pub struct Walk {
    /// How many segments have started, and what is left of the present one.
    started: usize,
    add: usize,
    extra: usize,
    primed: bool,
    base_bytes: usize,
}

impl Walk {
    pub fn new(base_bytes: usize) -> Walk {
        Walk {
            base_bytes,
            ..Walk::default()
        }
    }

    pub fn next(&mut self, segments: &[Segment]) -> Option<Step> {
        if self.add > 0 {
            let bytes = self.add.min(CHUNK_BYTES);
            self.add -= bytes;
            return Some(Step::Aligned(bytes));
        }
        if self.extra > 0 && !self.primed {
            self.primed = true;
            let (start, bytes) = self.prime(segments);
            if bytes > 0 {
                return Some(Step::Prime { start, bytes });
            }
        }
        if self.extra > 0 {
            let bytes = self.extra.min(CHUNK_BYTES);
            self.extra -= bytes;
            return Some(Step::New(bytes));
        }
        let segment = segments.get(self.started)?;
        (self.add, self.extra) = (segment.add, segment.extra);
        self.started += 1;
        self.primed = false;
        Some(Step::Enter(self.started - 1))
    }

    /// The old bytes that the present segment's new ones replace: those between it and the next
    /// segment, if that is near, or else those that follow in the base.
    fn prime(&self, segments: &[Segment]) -> (usize, usize) {
        let Segment { base, add, extra } = segments[self.started - 1];
        let start = base + add;
        let max = (MIN_PRIME_BYTES + extra).min(MAX_PRIME_BYTES);
        let next = segments.get(self.started).map_or(start, |next| next.base);
        let bytes = match next.checked_sub(start) {
            Some(replaced) if (1..=4 * max).contains(&replaced) => replaced.min(max),
            _ => MIN_PRIME_BYTES,
        };
        (start, bytes.min(self.base_bytes - start))
    }
}
