//! Finds the members worth unpacking: those of the target that a known compressor makes again, and all of the base that they
//! could be like.

mod gzip;
mod peel;
mod png;
mod recipes;
mod zip;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::budget::Budget;
use super::member::{Member, Members, Wrap};
use super::unpack::unpack;
use crate::limits::ENCODED_BYTES;
use crate::parts::Part;
use peel::peel;
use recipes::RecipeSearch;

/// Shorter members are not worth their entry in the table.
const LEAST_PLAIN_BYTES: usize = 64;

/// A place where a packed stream should start.
struct Place {
    /// In the file.
    start: usize,
    wrap: Wrap,
    /// Levels with which it was made, by what its surroundings say: surely in a PNG, else probably.
    levels: RangeInclusive<u8>,
}

/// Looks at a place; gives how many bytes were packed there, none if it was no stream.
type Visit<'a> = &'a mut dyn FnMut(Place) -> Option<usize>;

/// The members of both sides. A member that both have, packed alike, stays packed. When no member of the target can be made
/// again, there are none in the base either.
pub fn find_members(base: &[u8], base_parts: &[Part], target: &[u8], target_parts: &[Part]) -> Members {
    if !target_parts
        .iter()
        .any(|part| is_archive(&target[part.start..part.end()]))
    {
        return Members::default();
    }
    let mut base_members = find_base_members(base, base_parts);
    let packed = |member: &Member| &base[member.start..member.end()];
    let old: HashSet<&[u8]> = base_members.iter().map(packed).collect();
    let mut search = TargetSearch {
        raw: target,
        old,
        unchanged: HashSet::new(),
        recipes: RecipeSearch::new(target.len()),
        budget: Budget::new(target.len() as u64, ENCODED_BYTES),
        members: Vec::new(),
    };
    for part in target_parts {
        scan(&target[part.start..part.end()], &mut |place| {
            search.visit(part, place)
        });
    }
    if search.members.is_empty() {
        return Members::default();
    }
    base_members.retain(|member| !search.unchanged.contains(packed(member)));
    Members {
        base: base_members,
        target: search.members,
    }
}

fn is_archive(file: &[u8]) -> bool {
    gzip::is_gzip(file) || zip::is_zip(file) || png::is_png(file)
}

fn scan(file: &[u8], visit: Visit) {
    if gzip::is_gzip(file) {
        gzip::scan(file, visit);
    } else if zip::is_zip(file) {
        zip::scan(file, visit);
    } else if png::is_png(file) {
        png::scan(file, visit);
    }
}

fn find_base_members(raw: &[u8], parts: &[Part]) -> Vec<Member> {
    let (mut members, mut budget) = (Vec::new(), Budget::new(raw.len() as u64, ENCODED_BYTES));
    for part in parts {
        scan(&raw[part.start..part.end()], &mut |place| {
            let start = part.start + place.start;
            let packed = raw.get(start..part.end())?;
            let unpacked = unpack(place.wrap, packed, &mut |_| ()).ok()?;
            if unpacked.plain_bytes >= LEAST_PLAIN_BYTES && budget.take(unpacked.plain_bytes) {
                members.push(Member {
                    start,
                    packed_bytes: unpacked.packed_bytes,
                    plain_bytes: unpacked.plain_bytes,
                    wrap: place.wrap,
                    recipe: None,
                    cut: None,
                });
            }
            Some(unpacked.packed_bytes)
        });
    }
    members
}

struct TargetSearch<'a> {
    raw: &'a [u8],
    /// Packed members of the base, and those of them that the target has too.
    old: HashSet<&'a [u8]>,
    unchanged: HashSet<&'a [u8]>,
    recipes: RecipeSearch,
    budget: Budget,
    members: Vec<Member>,
}

impl<'a> TargetSearch<'a> {
    fn visit(&mut self, part: &Part, place: Place) -> Option<usize> {
        let raw = self.raw.get(part.start + place.start..part.end())?;
        let mut plain = Vec::new();
        let unpacked = unpack(place.wrap, raw, &mut |bytes| plain.extend_from_slice(bytes)).ok()?;
        let packed = &raw[..unpacked.packed_bytes];
        if self.old.contains(packed) {
            self.unchanged.insert(packed);
        } else if plain.len() >= LEAST_PLAIN_BYTES && self.budget.has_room(plain.len()) {
            self.prove(part.start + place.start, packed, &plain, place);
        }
        Some(packed.len())
    }

    fn prove(&mut self, start: usize, packed: &[u8], plain: &[u8], place: Place) {
        let Some(peeled) = peel(place.wrap, packed, plain) else {
            return;
        };
        let recipe = self.recipes.find(&peeled.stream, plain, &place);
        if recipe.is_some() {
            self.budget.take(plain.len());
            self.members.push(Member {
                start,
                packed_bytes: peeled.packed_bytes,
                plain_bytes: plain.len(),
                wrap: peeled.wrap,
                recipe,
                cut: peeled.cut,
            });
        }
    }
}
