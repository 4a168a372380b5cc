//! Where the alignment says that an old place went: the segments of one pair of files by old
//! offset.

use crate::matching::Segment;
use crate::references::pairs::Pair;

/// Aligned bytes of a segment. Positions have 32 bits, as the sides of a group have at most 256
/// MiB.
#[derive(Clone, Copy)]
pub struct Stretch {
    pub base: u32,
    pub target: u32,
    pub bytes: u32,
}

/// The stretches of all segments, at the same index.
pub fn list_stretches(segments: &[Segment]) -> Vec<Stretch> {
    let mut target = 0;
    let mut stretches = Vec::with_capacity(segments.len());
    for segment in segments {
        stretches.push(Stretch {
            base: segment.base as u32,
            target,
            bytes: segment.add as u32,
        });
        target += (segment.add + segment.extra) as u32;
    }
    stretches
}

/// Several stretches may begin before a place and reach over it; so many are looked at.
const MAX_LOOKED_AT: usize = 8;

/// A place at most this far outside a stretch is assumed to have moved with it.
const REACH: u32 = 256;

const BUCKETS: usize = 1 << 12;

/// Finds stretches by old offset, of one pair at a time.
pub struct Alignment {
    stretches: Vec<Stretch>,
    /// Indices of the present pair's stretches, by old offset.
    by_base: Vec<u32>,
    /// For each bucket of old offsets, how many of `by_base` begin before it: a search begins
    /// there.
    buckets: Vec<u32>,
    bucket_shift: u32,
    base_start: u32,
}

/// Where a place went: exactly, when a stretch covers it, or near one.
#[derive(Clone, Copy, Default)]
pub struct Projection {
    pub covered: Option<u32>,
    pub near: Option<u32>,
}

impl Alignment {
    pub fn new(stretches: Vec<Stretch>) -> Alignment {
        Alignment {
            stretches,
            by_base: Vec::new(),
            buckets: Vec::new(),
            bucket_shift: 0,
            base_start: 0,
        }
    }

    pub fn stretch(&self, index: usize) -> Option<Stretch> {
        self.stretches.get(index).copied()
    }

    /// Turns to the stretches of a pair.
    pub fn open(&mut self, pair: &Pair) {
        let (start, end) = (pair.target.start as u32, pair.target.end() as u32);
        let first = self
            .stretches
            .partition_point(|one| one.target + one.bytes <= start);
        let last = self.stretches.partition_point(|one| one.target < end);
        let stretches = &self.stretches;
        self.by_base.clear();
        self.by_base.extend(
            (first as u32..last as u32).filter(|index| stretches[*index as usize].bytes > 0),
        );
        self.by_base
            .sort_unstable_by_key(|index| (stretches[*index as usize].base, *index));
        self.base_start = pair.base.start as u32;
        self.bucket_shift = 0;
        while pair.base.bytes >> self.bucket_shift >= BUCKETS {
            self.bucket_shift += 1;
        }
        self.fill_buckets();
    }

    fn fill_buckets(&mut self) {
        self.buckets.clear();
        let mut before = 0;
        for bucket in 0..=BUCKETS as u32 {
            let start = u64::from(self.base_start) + (u64::from(bucket) << self.bucket_shift);
            while before < self.by_base.len() && u64::from(self.old_start(before)) < start {
                before += 1;
            }
            self.buckets.push(before as u32);
        }
    }

    fn old_start(&self, order: usize) -> u32 {
        self.stretches[self.by_base[order] as usize].base
    }

    /// Where the byte at `base` went; of several places the one nearest to `target`.
    pub fn find(&self, base: u32, target: u32) -> Projection {
        let after = self.count_up_to(base);
        let mut found = Projection::default();
        let mut nearest = u32::MAX;
        let mut gap = REACH;
        for index in self.by_base[..after].iter().rev().take(MAX_LOOKED_AT) {
            let one = self.stretches[*index as usize];
            let inside = base - one.base;
            let Some(moved) = one.target.checked_add(inside) else {
                continue;
            };
            if inside < one.bytes {
                if moved.abs_diff(target) < nearest {
                    nearest = moved.abs_diff(target);
                    found.covered = Some(moved);
                }
            } else if inside - one.bytes < gap {
                gap = inside - one.bytes;
                found.near = Some(moved);
            }
        }
        let next = self
            .by_base
            .get(after)
            .map(|index| self.stretches[*index as usize]);
        if let Some(next) = next.filter(|next| next.base - base < gap) {
            found.near = next.target.checked_sub(next.base - base).or(found.near);
        }
        found
    }

    /// How many stretches begin at or before a byte of the base.
    fn count_up_to(&self, base: u32) -> usize {
        let bucket = (base.saturating_sub(self.base_start) >> self.bucket_shift) as usize;
        let bound = |bucket: usize| self.buckets.get(bucket).copied();
        let low = bound(bucket).unwrap_or(0) as usize;
        let high = bound(bucket + 1).map_or(self.by_base.len(), |count| count as usize);
        let candidates = self.by_base.get(low..high).unwrap_or_default();
        low + candidates.partition_point(|index| self.stretches[*index as usize].base <= base)
    }

    pub fn memory_bytes(&self) -> usize {
        let stretches = self.stretches.capacity();
        stretches * size_of::<Stretch>() + (stretches + BUCKETS + 1) * size_of::<u32>()
    }
}
