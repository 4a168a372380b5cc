//! Finds the pairs of a group.

use std::collections::BTreeMap;

use super::pair::{Pair, SectionMove};
use crate::limits::{MAX_LENGTH, MAX_PAIRS, MAX_SECTION_MOVES};
use crate::matching::Segment;
use crate::parts::Part;
use crate::references::elf::{Elf, Section, parse_elf};

/// A file whose aligned bytes differ in fewer places is not worth predicting: nothing moved in it,
/// and copying is faster.
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
        if moves > MAX_SECTION_MOVES || pairs.len() == MAX_PAIRS {
            break;
        }
        pairs.push(pair);
    }
    pairs
}

/// The places of the target that differ from what they are aligned with, in order. 32 bits hold
/// every place of a group.
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

/// Each part of the target with the part of the base that most of its bytes are aligned with, if
/// there is one.
fn find_partners(
    base_parts: &[Part],
    target_parts: &[Part],
    segments: &[Segment],
) -> Vec<(Part, Part)> {
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
        let partner = aligned
            .iter()
            .max_by_key(|(index, bytes)| (**bytes, usize::MAX - **index));
        partners.extend(partner.map(|(index, _)| (*part, base_parts[*index])));
    }
    partners
}

/// Adds to `aligned`, by index of the base's part, how much of `start..end` is in it.
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

/// None when a damaged file claims that a section is further away than can be written.
fn move_between(old: &Section, new: &Section) -> Option<SectionMove> {
    let address = new.address.wrapping_sub(old.address) as i64;
    let moved = SectionMove {
        address,
        offset: new.offset as i64 - old.offset as i64,
    };
    (address.unsigned_abs() <= MAX_LENGTH).then_some(moved)
}
