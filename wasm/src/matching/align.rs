//! Aligns the target with the base: Colin Percival, "Naive differences of executable code" (2003). Exact matches
//! are only anchors; each is grown in both directions as long as half of the bytes agree, so that code that was
//! moved stays aligned although its addresses changed.

use super::suffix_index::{Match, SuffixIndex, common_prefix};
use super::{INDEX_COST, Progress, Segment, cost};
use crate::error::{Result, input};
use crate::limits::GROUP_BYTES;

/// How many bytes more an anchor must explain than going on with the present alignment would. Percival has 8; longer
/// segments cost a few differing bytes and save instructions, which LZMA squeezes worse.
const SLACK: usize = 16;

/// A match at least this long is followed without looking for a longer one at each of its bytes. It keeps repetitive
/// input (all zeros with a few changes) from taking quadratic time.
const LONG_MATCH: usize = 256;

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
    let mut anchors = Anchors {
        base,
        target,
        index,
        scan: 0,
        found: Match::default(),
        indexed,
        reported: 0,
    };
    let mut segments = Vec::new();
    let mut current = Anchor { target: 0, base: 0 };
    loop {
        let next = anchors.find_next(current, progress)?;
        let (segment, start) = join(base, target, current, next);
        push(&mut segments, segment);
        match start {
            Some(start) => current = start,
            None => return Ok(segments),
        }
    }
}

/// A place where target and base agree.
#[derive(Clone, Copy)]
struct Anchor {
    target: usize,
    base: usize,
}

impl Anchor {
    /// The base byte that stands opposite a byte of the target when this alignment goes on, if there is one.
    fn opposite(self, base: &[u8], target: usize) -> Option<u8> {
        base.get((self.base + target).checked_sub(self.target)?).copied()
    }
}

struct Anchors<'a> {
    base: &'a [u8],
    target: &'a [u8],
    index: SuffixIndex<'a>,
    scan: usize,
    found: Match,
    /// The fraction that was done when the search began.
    indexed: f64,
    reported: usize,
}

impl Anchors<'_> {
    /// The next place where another alignment explains at least `SLACK` bytes more than `current` would.
    fn find_next(&mut self, current: Anchor, progress: Progress) -> Result<Option<Anchor>> {
        loop {
            self.scan += std::mem::take(&mut self.found).length;
            // `agreeing` counts the bytes of target[scan..counted] that the present alignment gets right.
            let (mut agreeing, mut counted) = (0, self.scan);
            loop {
                if self.scan >= self.target.len() {
                    return Ok(None);
                }
                self.report(progress)?;
                self.look_up(current);
                while counted < self.scan + self.found.length {
                    agreeing += usize::from(self.agrees(current, counted));
                    counted += 1;
                }
                if self.found.length > 0 && self.found.length == agreeing {
                    break;
                }
                if self.found.length > agreeing + SLACK {
                    return Ok(Some(Anchor {
                        target: self.scan,
                        base: self.found.base,
                    }));
                }
                // The byte at `scan` leaves the window, and was counted only when the window reached it.
                if counted > self.scan {
                    agreeing -= usize::from(self.agrees(current, self.scan));
                } else {
                    counted = self.scan + 1;
                }
                self.scan += 1;
            }
        }
    }

    fn look_up(&mut self, current: Anchor) {
        let Match { base, length } = self.found;
        let wanted = &self.target[self.scan..];
        let opposite = (current.base + self.scan)
            .checked_sub(current.target)
            .unwrap_or(usize::MAX);
        let straight = self
            .base
            .get(opposite..)
            .map_or(0, |old| common_prefix(old, wanted));
        if straight >= LONG_MATCH {
            self.found = Match {
                base: opposite,
                length: straight,
            };
        } else if length > LONG_MATCH {
            self.found = Match {
                base: base + 1,
                length: length - 1,
            };
        } else {
            self.found = self.index.find(wanted);
        }
    }

    fn agrees(&self, current: Anchor, target: usize) -> bool {
        current.opposite(self.base, target) == Some(self.target[target])
    }

    fn report(&mut self, progress: Progress) -> Result<()> {
        if self.scan < self.reported + REPORT_EVERY {
            return Ok(());
        }
        self.reported = self.scan;
        let searched = self.scan as f64 / self.target.len() as f64;
        progress(self.indexed + (1.0 - self.indexed) * searched)
    }
}

/// The segment from `current` on, and where the following one starts after it has been grown backwards.
fn join(base: &[u8], target: &[u8], current: Anchor, next: Option<Anchor>) -> (Segment, Option<Anchor>) {
    let end = next.map_or(target.len(), |next| next.target);
    let mut forward = grow_forward(&base[current.base..], &target[current.target..end]);
    let mut backward = next.map_or(0, |next| {
        grow_backward(&base[..next.base], &target[current.target..end])
    });
    let between = end - current.target;
    if let (Some(next), true) = (next, forward + backward > between) {
        let overlap = forward + backward - between;
        let kept = split_overlap(base, target, current, next, forward - overlap, overlap);
        forward = forward - overlap + kept;
        backward -= kept;
    }
    let segment = Segment {
        base: current.base,
        add: forward,
        extra: between - backward - forward,
    };
    (
        segment,
        next.map(|next| Anchor {
            target: next.target - backward,
            base: next.base - backward,
        }),
    )
}

/// The length for which the bytes that agree exceed those that differ by most.
fn grow_forward(base: &[u8], target: &[u8]) -> usize {
    grow(base.iter().zip(target))
}

fn grow_backward(base: &[u8], target: &[u8]) -> usize {
    grow(base.iter().rev().zip(target.iter().rev()))
}

fn grow<'a>(pairs: impl Iterator<Item = (&'a u8, &'a u8)>) -> usize {
    let (mut score, mut best, mut length) = (0i64, 0, 0);
    for (seen, (old, new)) in pairs.enumerate() {
        score += if old == new { 1 } else { -1 };
        if score > best {
            (best, length) = (score, seen + 1);
        }
    }
    length
}

/// Both alignments claim `overlap` bytes: gives the number of them that the first keeps.
fn split_overlap(
    base: &[u8],
    target: &[u8],
    current: Anchor,
    next: Anchor,
    start: usize,
    overlap: usize,
) -> usize {
    let (mut score, mut best, mut kept) = (0i64, 0, 0);
    for index in 0..overlap {
        let at = current.target + start + index;
        let new = Some(target[at]);
        let first = current.opposite(base, at) == new;
        let second = next
            .base
            .checked_sub(next.target - at)
            .and_then(|old| base.get(old).copied())
            == new;
        score += i64::from(first) - i64::from(second);
        if score > best {
            (best, kept) = (score, index + 1);
        }
    }
    kept
}

/// Leaves out what is empty, and joins what goes on where the last segment ended.
fn push(segments: &mut Vec<Segment>, segment: Segment) {
    match segments.last_mut() {
        _ if segment.add + segment.extra == 0 => {}
        Some(last) if last.extra == 0 && segment.add > 0 && last.base + last.add == segment.base => {
            last.add += segment.add;
            last.extra = segment.extra;
        }
        Some(last) if segment.add == 0 => last.extra += segment.extra,
        _ => segments.push(segment),
    }
}
