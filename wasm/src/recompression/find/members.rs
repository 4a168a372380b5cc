//! Finds the members of the target that a known compressor makes again, and those of the base that
//! may resemble them.

use std::collections::HashSet;

use super::place::Place;
use super::recipes::RecipeSearch;
use super::scan::{is_archive, scan};
use super::strip::strip;
use crate::limits::MAX_ENCODER_SIDE_BYTES;
use crate::parts::Part;
use crate::recompression::budget::Budget;
use crate::recompression::decompress::decompress;
use crate::recompression::member::{Member, Members};

/// Shorter members are not worth their entry in the table.
const MIN_PLAIN_BYTES: usize = 64;

/// The members of both sides. A member that both have, compressed alike, stays compressed. When no
/// member of the target can be made again, the base has none either.
pub fn find_members(
    base: &[u8],
    base_parts: &[Part],
    target: &[u8],
    target_parts: &[Part],
) -> Members {
    if !target_parts
        .iter()
        .any(|part| is_archive(&target[part.start..part.end()]))
    {
        return Members::default();
    }
    let mut base_members = find_base_members(base, base_parts);
    let compressed = |member: &Member| &base[member.start..member.end()];
    let old: HashSet<&[u8]> = base_members.iter().map(compressed).collect();
    let mut search = TargetSearch {
        raw: target,
        old,
        unchanged: HashSet::new(),
        recipes: RecipeSearch::new(target.len()),
        budget: Budget::new(target.len() as u64, MAX_ENCODER_SIDE_BYTES),
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
    base_members.retain(|member| !search.unchanged.contains(compressed(member)));
    Members {
        base: base_members,
        target: search.members,
    }
}

fn find_base_members(raw: &[u8], parts: &[Part]) -> Vec<Member> {
    let (mut members, mut budget) = (
        Vec::new(),
        Budget::new(raw.len() as u64, MAX_ENCODER_SIDE_BYTES),
    );
    for part in parts {
        scan(&raw[part.start..part.end()], &mut |place| {
            let start = part.start + place.start;
            let compressed = raw.get(start..part.end())?;
            let decompressed = decompress(place.wrapper, compressed, &mut |_| ()).ok()?;
            if decompressed.plain_bytes >= MIN_PLAIN_BYTES && budget.take(decompressed.plain_bytes)
            {
                members.push(Member {
                    start,
                    compressed_bytes: decompressed.compressed_bytes,
                    plain_bytes: decompressed.plain_bytes,
                    wrapper: place.wrapper,
                    recipe: None,
                    idat_layout: None,
                });
            }
            Some(decompressed.compressed_bytes)
        });
    }
    members
}

struct TargetSearch<'a> {
    raw: &'a [u8],
    /// Compressed members of the base, and those of them that the target has too.
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
        let decompressed = decompress(place.wrapper, raw, &mut |bytes| {
            plain.extend_from_slice(bytes)
        })
        .ok()?;
        let compressed = &raw[..decompressed.compressed_bytes];
        if self.old.contains(compressed) {
            self.unchanged.insert(compressed);
        } else if plain.len() >= MIN_PLAIN_BYTES && self.budget.has_room(plain.len()) {
            self.prove(part.start + place.start, compressed, &plain, place);
        }
        Some(compressed.len())
    }

    fn prove(&mut self, start: usize, compressed: &[u8], plain: &[u8], place: Place) {
        let Some(stripped) = strip(place.wrapper, compressed, plain) else {
            return;
        };
        let recipe = self.recipes.find(&stripped.stream, plain, &place);
        if recipe.is_some() {
            self.budget.take(plain.len());
            self.members.push(Member {
                start,
                compressed_bytes: stripped.compressed_bytes,
                plain_bytes: plain.len(),
                wrapper: stripped.wrapper,
                recipe,
                idat_layout: stripped.idat_layout,
            });
        }
    }
}
