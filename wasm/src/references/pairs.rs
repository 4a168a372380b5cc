//! Which ELF file of the base became which of the target, and how far its sections moved: all that a decoder cannot
//! see by itself, as it has no target yet.

use std::collections::BTreeMap;
use std::io::Read;

use super::elf::{Elf, Section, parse_elf};
use crate::error::{Result, damaged};
use crate::limits::{ANY_BYTES, GROUP_BYTES, PAIRS, SECTION_MOVES};
use crate::matching::Segment;
use crate::parts::Part;
use crate::varint::{read_length, read_varint, unzigzag, write_varint, zigzag};

/// How far a section moved in memory and in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SectionMove {
    pub address: i64,
    pub offset: i64,
}

/// An ELF file of the target, the ELF file of the base it mostly aligns with, and how far each section of the base file
/// moved. The last move is that of all further sections, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub base: Part,
    pub target: Part,
    pub moves: Vec<SectionMove>,
}

impl Pair {
    pub fn move_of(&self, section: usize) -> SectionMove {
        let moved = self.moves.get(section).or(self.moves.last());
        moved.copied().unwrap_or_default()
    }
}

/// A file whose aligned bytes differ in fewer places is not worth predicting: nothing moved in it, and copying is faster.
const WORTH_PREDICTING: usize = 64;

/// The pairs of a group, in the target's order.
pub fn find_pairs(
    base: &[u8],
    base_parts: &[Part],
    target: &[u8],
    target_parts: &[Part],
    segments: &[Segment],
) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut moves = 0;
    let differing = list_differing(base, target, segments);
    for (part, partner) in find_partners(base_parts, target_parts, segments) {
        let first = differing.partition_point(|at| (*at as usize) < part.start);
        let enough = differing.get(first + WORTH_PREDICTING - 1);
        if enough.is_none_or(|at| *at as usize >= part.end()) {
            continue;
        }
        let old = base.get(partner.start..partner.end()).and_then(parse_elf);
        let new = target.get(part.start..part.end()).and_then(parse_elf);
        let Some((old, new)) = old.zip(new).filter(|(old, new)| old.machine == new.machine) else {
            continue;
        };
        let pair = Pair {
            base: partner,
            target: part,
            moves: find_moves(&old, &new),
        };
        moves += pair.moves.len();
        if moves > SECTION_MOVES || pairs.len() == PAIRS {
            break;
        }
        pairs.push(pair);
    }
    pairs
}

/// The places of the target that differ from what they are aligned with, in order: 32 bits hold every place of a group.
fn list_differing(base: &[u8], target: &[u8], segments: &[Segment]) -> Vec<u32> {
    let mut differing = Vec::new();
    let mut at = 0;
    for segment in segments {
        let old = &base[segment.base..segment.base + segment.add];
        let new = &target[at..at + segment.add];
        let places = old.iter().zip(new).enumerate();
        differing.extend(
            places
                .filter(|(_, (old, new))| old != new)
                .map(|(place, _)| (at + place) as u32),
        );
        at += segment.add + segment.extra;
    }
    differing
}

/// Each part of the target with the part of the base that has most bytes aligned with it, if there is one.
fn find_partners(base_parts: &[Part], target_parts: &[Part], segments: &[Segment]) -> Vec<(Part, Part)> {
    let mut partners = Vec::new();
    let mut starts = Vec::with_capacity(segments.len());
    let mut end = 0;
    for segment in segments {
        starts.push(end);
        end += segment.add + segment.extra;
    }
    for part in target_parts {
        let mut aligned: BTreeMap<usize, usize> = BTreeMap::new();
        let first = starts
            .partition_point(|start| *start <= part.start)
            .saturating_sub(1);
        for (segment, start) in segments.iter().zip(&starts).skip(first) {
            if *start >= part.end() {
                break;
            }
            let skipped = part.start.saturating_sub(*start);
            let bytes = segment.add.min(part.end() - start);
            if skipped < bytes {
                count_aligned(
                    base_parts,
                    segment.base + skipped,
                    segment.base + bytes,
                    &mut aligned,
                );
            }
        }
        let most = aligned
            .iter()
            .max_by_key(|(index, bytes)| (**bytes, usize::MAX - **index));
        partners.extend(most.map(|(index, _)| (*part, base_parts[*index])));
    }
    partners
}

/// Adds to `aligned`, by index of the base's part, what of `start..end` lies in it.
fn count_aligned(parts: &[Part], start: usize, end: usize, aligned: &mut BTreeMap<usize, usize>) {
    let first = parts.partition_point(|part| part.end() <= start);
    for (index, part) in parts.iter().enumerate().skip(first) {
        if part.start >= end {
            break;
        }
        *aligned.entry(index).or_default() += part.end().min(end) - part.start.max(start);
    }
}

/// A section without a counterpart moves like the one before it.
fn find_moves(old: &Elf, new: &Elf) -> Vec<SectionMove> {
    let mut moves: Vec<SectionMove> = Vec::new();
    for section in &old.sections {
        let same = |other: &&Section| is_same(section, other);
        let moved = new
            .sections
            .iter()
            .find(same)
            .and_then(|now| move_between(section, now));
        let like_last = moves.last().copied().unwrap_or_default();
        moves.push(moved.unwrap_or(like_last));
    }
    while moves.len() > 1 && moves.last() == moves.get(moves.len() - 2) {
        moves.pop();
    }
    if moves == [SectionMove::default()] {
        moves.clear();
    }
    moves
}

fn is_same(one: &Section, other: &Section) -> bool {
    (one.content, one.code, &one.name) == (other.content, other.code, &other.name)
}

/// None when a damaged file says that a section lies further away than can be written.
fn move_between(old: &Section, new: &Section) -> Option<SectionMove> {
    let address = new.address.wrapping_sub(old.address) as i64;
    let moved = SectionMove {
        address,
        offset: new.offset as i64 - old.offset as i64,
    };
    (address.unsigned_abs() <= ANY_BYTES).then_some(moved)
}

/// Columns of varints: the number of pairs; of all pairs the target's start, counted from the end of the one before,
/// and its length; the base's start (zigzag, from where the one before ended) and how much longer the base is (zigzag); the number of
/// moves. Then of all moves of all pairs the address, then the offset, each as the difference to the move before (zigzag).
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
pub fn read_pairs(input: &mut impl Read, base_bytes: usize, target_bytes: usize) -> Result<Vec<Pair>> {
    let count = read_length(input, PAIRS as u64)? as usize;
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
        pair.base.start = read_length(input, 4 * GROUP_BYTES)? as usize;
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

const OUTSIDE: crate::error::Error = crate::error::Error {
    code: crate::error::Code::DeltaDamaged,
    message: "a pair of files reaches outside the group",
};

/// The checked start of a part that begins `distance` behind `end`.
fn place(end: usize, distance: i64, bytes: usize, all: usize) -> Result<usize> {
    let start = i64::try_from(end).ok().and_then(|end| end.checked_add(distance));
    let start = start.and_then(|start| usize::try_from(start).ok());
    let inside = start.filter(|start| start.checked_add(bytes).is_some_and(|end| end <= all));
    inside.ok_or(OUTSIDE)
}

fn read_moves(input: &mut impl Read, pairs: &mut [Pair]) -> Result<()> {
    let mut left = SECTION_MOVES;
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
        last = last.checked_add(step).ok_or(damaged("a section moved too far"))?;
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
        prop::collection::vec((0usize..50, 0usize..500, 0usize..500, 0usize..500, moves), 0..8).prop_map(
            |all| {
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
                    pairs.push(Pair { base, target, moves });
                }
                pairs
            },
        )
    }

    proptest! {
        #[test]
        fn pairs_come_back(pairs in any_pairs()) {
            let written = write_pairs(&pairs);
            prop_assert_eq!(read_pairs(&mut written.as_slice(), 1000, 5000), Ok(pairs));
        }

        #[test]
        fn damaged_pairs_stay_inside(mut pairs in any_pairs(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut written = write_pairs(&pairs);
            let at = at.index(written.len());
            written[at] = byte;
            pairs = read_pairs(&mut written.as_slice(), 1000, 5000).unwrap_or_default();
            let mut end = 0;
            for pair in pairs {
                prop_assert!(pair.base.end() <= 1000 && pair.target.end() <= 5000 && pair.target.start >= end);
                end = pair.target.end();
            }
        }
    }
}
