//! The segments of a target.

use super::columns::{ADD, CHECKED_EVERY, COUNT, EXTRA, JUMP, STEP};
use crate::error::{Code, Error, Result, damaged};
use crate::matching::Segment;
use crate::mixing::{BitCoder, Numbers};
use crate::varint::{unzigzag, zigzag};

/// Where a segment's base is: right after the last one's, as if new bytes had replaced as many old
/// ones; in line with the segment before the last jump; anywhere.
const GOES_ON: u64 = 0;
const GOES_BACK: u64 = 1;
const JUMPS: u64 = 2;

/// Stands for what a decoder does not know yet.
const NO_SEGMENT: Segment = Segment {
    base: 0,
    add: 0,
    extra: 0,
};

/// Codes at most `max_segments` segments and returns them: in order they make `target_bytes` bytes
/// out of `base_bytes`.
pub fn code_segments<C: BitCoder>(
    coder: &mut C,
    numbers: &mut Numbers,
    segments: &[Segment],
    base_bytes: u64,
    target_bytes: u64,
    max_segments: u64,
) -> Result<Vec<Segment>> {
    let count = numbers.code(coder, COUNT, [0; 3], segments.len() as u64);
    if count > max_segments {
        let message = "the delta needs more memory than its header states";
        return Err(Error {
            code: Code::DeltaMemory,
            message,
        });
    }
    let mut row = Row::default();
    let mut all = Vec::new();
    let mut left = target_bytes;
    for index in 0..count as usize {
        let actual = segments.get(index).copied().unwrap_or(NO_SEGMENT);
        let segment = row.code(coder, numbers, actual);
        let base = u64::try_from(segment.base)
            .ok()
            .filter(|&base| base <= base_bytes);
        let base = base.ok_or(damaged("a segment begins outside of the base"))?;
        if segment.add > base_bytes - base {
            return Err(damaged("a segment ends outside of the base"));
        }
        let bytes = segment.add + segment.extra;
        left = left
            .checked_sub(bytes)
            .ok_or(damaged("segments are longer than the target"))?;
        if bytes == 0 {
            return Err(damaged("a segment is empty"));
        }
        if index % CHECKED_EVERY == 0 {
            coder.check()?;
        }
        all.push(Segment {
            base: base as usize,
            add: segment.add as usize,
            extra: segment.extra as usize,
        });
    }
    if left > 0 {
        return Err(damaged("segments are shorter than the target"));
    }
    Ok(all)
}

/// A segment as decoded, not checked yet.
#[derive(Clone, Copy, Default)]
struct Coded {
    base: i64,
    add: u64,
    extra: u64,
}

/// The rows before, as contexts, and where the next base position would be.
#[derive(Default)]
struct Row {
    /// The base position if the present diagonal continues, and if the one before the last jump
    /// does.
    next: i64,
    back: i64,
    steps: u32,
    jump: u32,
    adds: [u32; 2],
    extras: [u32; 2],
}

impl Row {
    fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        numbers: &mut Numbers,
        actual: Segment,
    ) -> Coded {
        let base = self.code_base(coder, numbers, actual.base as i64);
        let [add_1, add_2] = self.adds;
        let [extra_1, extra_2] = self.extras;
        let step = self.steps & 3;
        let contexts = [
            add_1 | step << 6,
            extra_1 | step << 6,
            add_1 | add_2 << 6 | extra_1 << 12,
        ];
        let add = numbers.code(coder, ADD, contexts, actual.add as u64);
        let add_bits = length(add);
        let contexts = [
            add_bits,
            extra_1 | extra_2 << 6,
            add_bits | extra_1 << 6 | add_1 << 12,
        ];
        let extra = numbers.code(coder, EXTRA, contexts, actual.extra as u64);
        self.next = base.wrapping_add_unsigned(add).wrapping_add_unsigned(extra);
        self.back = self
            .back
            .wrapping_add_unsigned(add)
            .wrapping_add_unsigned(extra);
        self.adds = [add_bits, add_1];
        self.extras = [length(extra), extra_1];
        Coded { base, add, extra }
    }

    fn code_base<C: BitCoder>(&mut self, coder: &mut C, numbers: &mut Numbers, actual: i64) -> i64 {
        let step = if actual == self.next {
            GOES_ON
        } else if actual == self.back {
            GOES_BACK
        } else {
            JUMPS
        };
        let (add, extra) = (self.adds[0], self.extras[0]);
        let contexts = [
            self.steps & 15,
            extra | self.steps << 6 & 0xff << 6,
            extra | add << 6 | (self.steps & 3) << 12,
        ];
        let step = numbers.code(coder, STEP, contexts, step);
        self.steps = self.steps << 2 | (step & 3) as u32;
        let base = match step {
            GOES_ON => return self.next,
            GOES_BACK => self.back,
            _ => {
                let contexts = [self.jump, extra, self.jump | extra << 8];
                let jump = unzigzag(numbers.code(
                    coder,
                    JUMP,
                    contexts,
                    zigzag(actual.wrapping_sub(self.next)),
                ));
                self.jump = length(jump.unsigned_abs()) << 1 | u32::from(jump < 0);
                self.next.wrapping_add(jump)
            }
        };
        self.back = self.next;
        base
    }
}

fn length(number: u64) -> u32 {
    64 - number.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixing::{BitDecoder, BitEncoder};
    use proptest::prelude::*;

    fn encode(segments: &[Segment], base_bytes: u64, target_bytes: u64) -> Vec<u8> {
        let mut coder = BitEncoder::new();
        _ = code_segments(
            &mut coder,
            &mut Numbers::new(),
            segments,
            base_bytes,
            target_bytes,
            u64::MAX,
        );
        coder.finish()
    }

    fn decode(coded: &[u8], base_bytes: u64, target_bytes: u64) -> Result<Vec<Segment>> {
        code_segments(
            &mut BitDecoder::new(coded),
            &mut Numbers::new(),
            &[],
            base_bytes,
            target_bytes,
            u64::MAX,
        )
    }

    proptest! {
        #[test]
        fn segments_come_back(
            rows in prop::collection::vec((0usize..100_000, 0usize..1_000, 1usize..1_000), 0..200),
        ) {
            let to_segment = |&(base, add, extra): &_| Segment { base, add, extra };
            let segments: Vec<Segment> = rows.iter().map(to_segment).collect();
            let target = segments.iter().map(|one| (one.add + one.extra) as u64).sum();
            let coded = encode(&segments, 200_000, target);
            prop_assert_eq!(decode(&coded, 200_000, target).unwrap(), segments);
        }
    }

    #[test]
    fn segments_that_leave_the_base_or_miss_the_target_are_refused() {
        let segment = |base, add, extra| Segment { base, add, extra };
        for (segments, fits) in [
            ([segment(0, 10, 5), segment(3, 7, 0)], true),
            ([segment(4, 10, 5), segment(3, 7, 0)], false),
            ([segment(11, 0, 15), segment(3, 7, 0)], false),
            ([segment(0, 10, 5), segment(3, 6, 0)], false),
            ([segment(0, 10, 5), segment(3, 7, 1)], false),
        ] {
            let coded = encode(&segments, 100, 22 + u64::from(!fits));
            let decoded = decode(&coded, 10, 22);
            assert_eq!(decoded.is_ok(), fits, "{segments:?}");
        }
    }
}
