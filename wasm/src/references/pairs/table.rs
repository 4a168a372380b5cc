//! The pairs of a group as columns of varints.

use std::io::Read;

use super::pair::{Pair, SectionMove};
use crate::error::{Code, Error, Result, damaged};
use crate::limits::{MAX_GROUP_BYTES, MAX_PAIRS, MAX_SECTION_MOVES};
use crate::parts::Part;
use crate::varint::{read_length, read_varint, unzigzag, write_varint, zigzag};

/// Columns of varints: the number of pairs; of all pairs the target's start, counted from the end
/// of the one before, and its length; the base's start (zigzag, from where the one before ended)
/// and how much longer the base is (zigzag); the number of moves. Then of all moves of all pairs
/// the address, then the offset, each as the difference from the move before (zigzag).
pub fn write_pairs(pairs: &[Pair]) -> Vec<u8> {
    let mut out = Vec::new();
    write_varint(&mut out, pairs.len() as u64);
    let (mut target_end, mut base_end) = (0, 0);
    for pair in pairs {
        write_varint(&mut out, (pair.target.start - target_end) as u64);
        target_end = pair.target.end();
    }
    for pair in pairs {
        write_varint(&mut out, pair.target.bytes as u64);
    }
    for pair in pairs {
        write_varint(&mut out, zigzag(pair.base.start as i64 - base_end as i64));
        base_end = pair.base.end();
    }
    for pair in pairs {
        write_varint(
            &mut out,
            zigzag(pair.base.bytes as i64 - pair.target.bytes as i64),
        );
    }
    for pair in pairs {
        write_varint(&mut out, pair.moves.len() as u64);
    }
    write_steps(&mut out, pairs, |moved| moved.address);
    write_steps(&mut out, pairs, |moved| moved.offset);
    out
}

fn write_steps(out: &mut Vec<u8>, pairs: &[Pair], value_of: fn(&SectionMove) -> i64) {
    for pair in pairs {
        let mut last = 0;
        for moved in &pair.moves {
            write_varint(out, zigzag(value_of(moved) - last));
            last = value_of(moved);
        }
    }
}

/// Reads pairs; each lies inside the base and the target, in the target's order.
pub fn read_pairs(
    input: &mut impl Read,
    base_bytes: usize,
    target_bytes: usize,
) -> Result<Vec<Pair>> {
    let count = read_length(input, MAX_PAIRS as u64)? as usize;
    let nowhere = Part { start: 0, bytes: 0 };
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        let mut pair = Pair {
            base: nowhere,
            target: nowhere,
            moves: Vec::new(),
        };
        pair.target.start = read_length(input, target_bytes as u64)? as usize;
        pairs.push(pair);
    }
    let (mut target_end, mut base_end) = (0usize, 0usize);
    for pair in &mut pairs {
        pair.target.bytes = read_length(input, target_bytes as u64)? as usize;
        pair.target.start = place(
            target_end,
            pair.target.start as i64,
            pair.target.bytes,
            target_bytes,
        )?;
        target_end = pair.target.end();
    }
    for pair in &mut pairs {
        // Its length is not known yet: the distance waits in its place.
        pair.base.start = read_length(input, 4 * MAX_GROUP_BYTES)? as usize;
    }
    for pair in &mut pairs {
        let longer = unzigzag(read_varint(input)?);
        let bytes = usize::try_from(pair.target.bytes as i64 + longer).ok();
        pair.base.bytes = bytes.filter(|bytes| *bytes <= base_bytes).ok_or(OUTSIDE)?;
        let distance = unzigzag(pair.base.start as u64);
        pair.base.start = place(base_end, distance, pair.base.bytes, base_bytes)?;
        base_end = pair.base.end();
    }
    read_moves(input, &mut pairs)?;
    Ok(pairs)
}

const OUTSIDE: Error = Error {
    code: Code::DeltaDamaged,
    message: "a pair of files reaches outside the group",
};

/// The checked start of a part that begins `distance` after `end`.
fn place(end: usize, distance: i64, bytes: usize, all: usize) -> Result<usize> {
    let start = i64::try_from(end)
        .ok()
        .and_then(|end| end.checked_add(distance));
    let start = start.and_then(|start| usize::try_from(start).ok());
    let inside = start.filter(|start| start.checked_add(bytes).is_some_and(|end| end <= all));
    inside.ok_or(OUTSIDE)
}

fn read_moves(input: &mut impl Read, pairs: &mut [Pair]) -> Result<()> {
    let mut left = MAX_SECTION_MOVES;
    for pair in &mut *pairs {
        let count = read_length(input, left as u64)? as usize;
        left -= count;
        pair.moves = vec![SectionMove::default(); count];
    }
    for pair in &mut *pairs {
        read_steps(input, pair.moves.iter_mut().map(|moved| &mut moved.address))?;
    }
    for pair in pairs {
        read_steps(input, pair.moves.iter_mut().map(|moved| &mut moved.offset))?;
    }
    Ok(())
}

fn read_steps<'a>(input: &mut impl Read, values: impl Iterator<Item = &'a mut i64>) -> Result<()> {
    let mut last = 0i64;
    for value in values {
        let step = unzigzag(read_varint(input)?);
        last = last
            .checked_add(step)
            .ok_or(damaged("a section moved too far"))?;
        *value = last;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_pairs() -> impl Strategy<Value = Vec<Pair>> {
        let moved = (-9i64..9, any::<i32>()).prop_map(|(address, offset)| SectionMove {
            address: address << 40,
            offset: offset.into(),
        });
        let moves = prop::collection::vec(moved, 0..5);
        prop::collection::vec(
            (0usize..50, 0usize..500, 0usize..500, 0usize..500, moves),
            0..8,
        )
        .prop_map(|all| {
            let mut end = 0;
            let mut pairs = Vec::new();
            for (gap, bytes, base, base_bytes, moves) in all {
                let target = Part {
                    start: end + gap,
                    bytes,
                };
                end = target.end();
                let base = Part {
                    start: base,
                    bytes: base_bytes,
                };
                pairs.push(Pair {
                    base,
                    target,
                    moves,
                });
            }
            pairs
        })
    }

    proptest! {
        #[test]
        fn pairs_come_back(pairs in any_pairs()) {
            let written = write_pairs(&pairs);
            prop_assert_eq!(read_pairs(&mut written.as_slice(), 1000, 5000), Ok(pairs));
        }

        #[test]
        fn damaged_pairs_stay_inside(
            mut pairs in any_pairs(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut written = write_pairs(&pairs);
            let at = at.index(written.len());
            written[at] = byte;
            pairs = read_pairs(&mut written.as_slice(), 1000, 5000).unwrap_or_default();
            let mut end = 0;
            for pair in pairs {
                prop_assert!(pair.base.end() <= 1000 && pair.target.end() <= 5000);
                prop_assert!(pair.target.start >= end);
                end = pair.target.end();
            }
        }
    }
}
