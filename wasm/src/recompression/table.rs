//! The members of a group as columns of varints. Of a base's members only the places are written,
//! as decompressing them shows their lengths; a target's lengths are written as differences from
//! members of the base.

use std::io::{BufReader, Read};

use super::budget::Budget;
use super::decompress::decompress;
use super::deflate::Recipe;
use super::member::{Member, Members, Recompression};
use super::wrapper::{IdatLayout, Wrapper, ZLIB_HEADER_BYTES};
use crate::error::{Result, damaged};
use crate::limits::{MAX_GROUP_BYTES, MAX_MEMBER_BYTES, MAX_MEMBERS};
use crate::read_at::{Region, Source};
use crate::varint::{read_length, read_varint, unzigzag, write_varint, zigzag};

/// How far from the expected member of the base the most similar one is looked for.
const NEAR: usize = 64;
/// What one costs that is not the expected one: the length must be cheaper by more than that.
const BITS_OF_A_JUMP: u32 = 8;

/// A zlib stream is never much longer than its plain bytes.
const STREAM_BYTES: u64 = 2 * MAX_MEMBER_BYTES as u64;

/// Empty when the target has no members.
pub fn write_members(members: &Members) -> Vec<u8> {
    let Members { base, target } = members;
    let mut out = Vec::new();
    if target.is_empty() {
        return out;
    }
    write_varint(&mut out, target.len() as u64);
    write_varint(&mut out, base.len() as u64);
    for side in [base, target] {
        let mut end = 0;
        for member in side {
            write_varint(&mut out, (member.start - end) as u64);
            end = member.end();
        }
        side.iter()
            .for_each(|member| write_varint(&mut out, member.wrapper.number()));
    }
    for recipe in target.iter().filter_map(|member| member.recipe) {
        write_varint(&mut out, recipe.number());
    }
    let counterparts = choose_counterparts(base, target);
    let mut expected = 0;
    for counterpart in &counterparts {
        write_varint(&mut out, zigzag(*counterpart as i64 - expected as i64));
        expected = base.len().min(counterpart + 1);
    }
    for (member, counterpart) in target.iter().zip(counterparts) {
        let difference = member.plain_bytes as i64 - counterpart_bytes(base, counterpart) as i64;
        write_varint(&mut out, zigzag(difference));
    }
    write_idat_layouts(target, &mut out);
    out
}

/// Of PNGs only.
fn write_idat_layouts(target: &[Member], out: &mut Vec<u8>) {
    let idat_layouts = || target.iter().filter_map(|member| member.idat_layout);
    idat_layouts().for_each(|idat_layout| write_varint(out, idat_layout.chunk_bytes as u64));
    idat_layouts().for_each(|idat_layout| write_varint(out, idat_layout.stream_bytes as u64));
    idat_layouts().for_each(|idat_layout| out.extend(idat_layout.header));
}

/// For each member of the target one of the base, near the one after the last, from whose length
/// its own is cheapest to write.
fn choose_counterparts(base: &[Member], target: &[Member]) -> Vec<usize> {
    let mut expected = 0usize;
    let choose = |member: &Member| {
        let near = expected.saturating_sub(NEAR)..base.len().min(expected + NEAR);
        let cost = |counterpart: &usize| {
            let difference = member
                .plain_bytes
                .abs_diff(counterpart_bytes(base, *counterpart));
            let bits = usize::BITS - difference.leading_zeros();
            (
                bits + if *counterpart == expected {
                    0
                } else {
                    BITS_OF_A_JUMP
                },
                counterpart.abs_diff(expected),
            )
        };
        let counterpart = near.min_by_key(cost).unwrap_or(expected);
        expected = base.len().min(counterpart + 1);
        counterpart
    };
    target.iter().map(choose).collect()
}

/// 0 for a member that does not exist.
fn counterpart_bytes(base: &[Member], counterpart: usize) -> usize {
    base.get(counterpart).map_or(0, |member| member.plain_bytes)
}

/// Reads what `write_members` wrote. The base's members are decompressed once, to see how long they
/// are. Each of them is bounded, and so is what is decompressed of each side together.
///
/// Fails with `delta-damaged` when they do not lie or decompress as they must.
pub fn read_members(
    input: &mut impl Read,
    base: &Source,
    base_bytes: u64,
) -> Result<(Vec<Member>, Vec<Recompression>)> {
    let target_count = read_length(input, MAX_MEMBERS)? as usize;
    let base_count = read_length(input, MAX_MEMBERS)? as usize;
    let base = read_base(input, base_count, base, base_bytes)?;
    let target = read_target(input, target_count, &base)?;
    Ok((base, target))
}

fn read_base(
    input: &mut impl Read,
    count: usize,
    raw: &Source,
    raw_bytes: u64,
) -> Result<Vec<Member>> {
    let gaps = read_column(input, count, raw_bytes)?;
    let wrappers = read_wrappers(input, count)?;
    let mut members = Vec::with_capacity(count);
    let (mut end, mut budget) = (0, Budget::new(raw_bytes, MAX_GROUP_BYTES));
    for (gap, wrapper) in gaps.into_iter().zip(wrappers) {
        let start = end + gap;
        let left = raw_bytes
            .checked_sub(start)
            .ok_or(damaged("a member lies outside the base"))?;
        let compressed = BufReader::new(Region::new(raw.clone(), start, left));
        let decompressed = decompress(wrapper, compressed, &mut |_| ())?;
        end = start + decompressed.compressed_bytes as u64;
        if !budget.take(decompressed.plain_bytes) {
            return Err(damaged("the members of a base decompress to too much"));
        }
        members.push(Member {
            start: start as usize,
            compressed_bytes: decompressed.compressed_bytes,
            plain_bytes: decompressed.plain_bytes,
            wrapper,
            recipe: None,
            idat_layout: None,
        });
    }
    Ok(members)
}

fn read_target(input: &mut impl Read, count: usize, base: &[Member]) -> Result<Vec<Recompression>> {
    let gaps = read_column(input, count, MAX_GROUP_BYTES)?;
    let wrappers = read_wrappers(input, count)?;
    let recipes = read_column(input, count, u64::MAX)?;
    let counterparts = read_counterparts(input, count, base.len())?;
    let differences = read_signed_column(input, count)?;
    let mut budget = Budget::new(0, MAX_GROUP_BYTES);
    let mut members = Vec::with_capacity(count);
    for index in 0..count {
        let plain_bytes = counterpart_bytes(base, counterparts[index]) as i64 + differences[index];
        let plain_bytes = usize::try_from(plain_bytes)
            .ok()
            .filter(|bytes| *bytes <= MAX_MEMBER_BYTES && budget.take(*bytes));
        members.push(Recompression {
            gap: gaps[index] as usize,
            plain_bytes: plain_bytes.ok_or(damaged("a member has an impossible length"))?,
            wrapper: wrappers[index],
            recipe: Recipe::from_number(recipes[index])
                .ok_or(damaged("a member has an unknown recipe"))?,
            idat_layout: None,
        });
    }
    read_idat_layouts(input, &mut members)?;
    Ok(members)
}

/// Each is expected to be the one after the last.
fn read_counterparts(input: &mut impl Read, count: usize, base_count: usize) -> Result<Vec<usize>> {
    let mut expected = 0;
    let mut counterparts = Vec::with_capacity(count);
    for difference in read_signed_column(input, count)? {
        let counterpart = usize::try_from(expected as i64 + difference).ok();
        let counterpart = counterpart.filter(|counterpart| *counterpart <= base_count);
        counterparts.push(counterpart.ok_or(damaged("a member has an impossible counterpart"))?);
        expected = base_count.min(counterparts[counterparts.len() - 1] + 1);
    }
    Ok(counterparts)
}

fn read_idat_layouts(input: &mut impl Read, members: &mut [Recompression]) -> Result<()> {
    let images: Vec<&mut Recompression> = members
        .iter_mut()
        .filter(|member| member.wrapper == Wrapper::Png)
        .collect();
    let chunks = read_column(input, images.len(), STREAM_BYTES)?;
    let streams = read_column(input, images.len(), STREAM_BYTES)?;
    for (image, (chunk_bytes, stream_bytes)) in
        images.into_iter().zip(chunks.into_iter().zip(streams))
    {
        let mut header = [0; ZLIB_HEADER_BYTES];
        input.read_exact(&mut header)?;
        image.idat_layout = Some(IdatLayout {
            chunk_bytes: chunk_bytes as usize,
            stream_bytes: stream_bytes as usize,
            header,
        });
    }
    Ok(())
}

fn read_column(input: &mut impl Read, count: usize, max: u64) -> Result<Vec<u64>> {
    (0..count).map(|_| read_length(input, max)).collect()
}

fn read_signed_column(input: &mut impl Read, count: usize) -> Result<Vec<i64>> {
    (0..count)
        .map(|_| Ok(unzigzag(read_varint(input)?)))
        .collect()
}

fn read_wrappers(input: &mut impl Read, count: usize) -> Result<Vec<Wrapper>> {
    let wrappers = (0..count).map(|_| {
        Wrapper::from_number(read_varint(input)?).ok_or(damaged("a member has an unknown wrapper"))
    });
    wrappers.collect()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::super::find_members;
    use super::super::tests::{gzip, png, text, zip_entry};
    use super::*;
    use crate::parts::Part;

    /// A base with members of each kind, and the table for a similar target.
    fn make_table() -> (Source, u64, Vec<u8>) {
        let recipe = Recipe::from_number(5).unwrap();
        let make = |seed| {
            let files = [
                gzip(recipe, &text(seed, 300)),
                zip_entry(recipe, &text(seed, 200), false),
                png(recipe, &text(seed, 400), 99),
            ];
            let mut end = 0;
            let parts = files.each_ref().map(|file| {
                end += file.len();
                Part {
                    start: end - file.len(),
                    bytes: file.len(),
                }
            });
            (files.concat(), parts)
        };
        let ((base, base_parts), (target, target_parts)) = (make(1), make(2));
        let table = write_members(&find_members(&base, &base_parts, &target, &target_parts));
        let base_bytes = base.len() as u64;
        (Rc::new(base), base_bytes, table)
    }

    #[test]
    fn a_table_that_is_cut_is_refused() {
        let (base, base_bytes, table) = make_table();
        assert!(read_members(&mut &table[..], &base, base_bytes).is_ok());
        for end in 0..table.len() {
            assert!(read_members(&mut &table[..end], &base, base_bytes).is_err());
        }
    }

    proptest! {
        /// No panic, no endless loop, and no memory for what is only claimed.
        #[test]
        fn a_table_of_anything_is_read_or_refused(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
            anything in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let (base, base_bytes, mut table) = make_table();
            for (place, byte) in changes {
                let place = place.index(table.len());
                table[place] = byte;
            }
            for table in [table, anything] {
                if let Ok((_, recompressions)) = read_members(&mut &table[..], &base, base_bytes) {
                    let mut recompressor = super::super::Recompressor::new(recompressions);
                    let mut out = Vec::new();
                    let pushed = recompressor.push(&[b'x'; 10_000], &mut out);
                    let finished = pushed.is_err() || recompressor.finish(&mut out).is_ok();
                    prop_assert!(finished || !out.is_empty());
                }
            }
        }
    }
}
