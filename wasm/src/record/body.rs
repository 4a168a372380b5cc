//! Walking through a record's segments: the same steps for every coding, in both directions.

use crate::matching::Segment;
use crate::mixing::CHUNK_BYTES;

/// A part of a segment, at most a chunk long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Segment `.0` begins: what follows is aligned with its base.
    Enter(usize),
    Aligned(usize),
    New(usize),
}

/// Gives the steps of one segment after another.
#[derive(Default)]
pub struct Walk {
    /// How many segments were begun, and what is left of the present one.
    begun: usize,
    add: usize,
    extra: usize,
}

impl Walk {
    pub fn next(&mut self, segments: &[Segment]) -> Option<Step> {
        if self.add > 0 {
            let bytes = self.add.min(CHUNK_BYTES);
            self.add -= bytes;
            return Some(Step::Aligned(bytes));
        }
        if self.extra > 0 {
            let bytes = self.extra.min(CHUNK_BYTES);
            self.extra -= bytes;
            return Some(Step::New(bytes));
        }
        let segment = segments.get(self.begun)?;
        (self.add, self.extra) = (segment.add, segment.extra);
        self.begun += 1;
        Some(Step::Enter(self.begun - 1))
    }
}
