//! A base with its members decompressed, for reading at random. A member is decompressed when
//! something in it is read, and kept while there is room.

use std::cell::RefCell;
use std::io::BufReader;

use super::inflate::INFLATE_BYTES;
use super::member::decompress;
use super::page_pool::{Content, PagePool};
use crate::error::{Result, damaged};
use crate::limits::MAX_MEMBER_BYTES;
use crate::read_at::{ReadAt, Region, Source};
use crate::recompression::member::Member;

/// Room for decompressed members: one of the largest, or many.
const CACHE_BYTES: usize = MAX_MEMBER_BYTES;

/// Compressed bytes read at once.
const READ_BYTES: usize = 16 << 10;

/// How often the members of a base may be decompressed on average: matches go through a base mostly
/// in order.
const MAX_DECOMPRESSIONS: u64 = 8;

pub struct DecompressedBase {
    raw: Source,
    places: Vec<Place>,
    cache: RefCell<Cache>,
}

/// A member and where its plain bytes start in the decompressed base.
struct Place {
    start: u64,
    member: Member,
}

struct Cache {
    pages: PagePool,
    /// Of the members that are decompressed, the least recently used first.
    contents: Vec<(usize, Content)>,
    /// Bytes that may still be decompressed.
    work_left: u64,
}

impl DecompressedBase {
    /// `members` are those that `read_members` returned for this base.
    pub fn new(raw: Source, members: &[Member]) -> DecompressedBase {
        let mut grown = 0;
        let place = |member: &Member| {
            let start = (member.start as u64).wrapping_add(grown);
            grown = grown
                .wrapping_add(member.plain_bytes as u64)
                .wrapping_sub(member.compressed_bytes as u64);
            Place {
                start,
                member: *member,
            }
        };
        let places: Vec<Place> = members.iter().map(place).collect();
        let plain_bytes: u64 = members.iter().map(|member| member.plain_bytes as u64).sum();
        DecompressedBase {
            raw,
            places,
            cache: RefCell::new(Cache {
                pages: PagePool::new(cache_bytes(members)),
                contents: Vec::new(),
                work_left: MAX_DECOMPRESSIONS * plain_bytes,
            }),
        }
    }

    /// What a decompressed base takes besides the table of its members.
    pub fn memory_bytes(members: &[Member]) -> u64 {
        match cache_bytes(members) {
            0 => 0,
            cache => cache as u64 + INFLATE_BYTES + READ_BYTES as u64,
        }
    }

    /// How long the decompressed base is.
    pub fn decompressed_bytes(raw_bytes: u64, members: &[Member]) -> u64 {
        members.iter().fold(raw_bytes, |bytes, member| {
            bytes + member.plain_bytes as u64 - member.compressed_bytes as u64
        })
    }

    /// Fills the start of `out` from one member or from what is between two, and returns how much.
    fn read_some(&self, offset: u64, out: &mut [u8]) -> Result<usize> {
        let index = self.places.partition_point(|place| place.start <= offset);
        let next = self.places.get(index).map_or(u64::MAX, |place| place.start);
        let Some(place) = index.checked_sub(1).map(|last| &self.places[last]) else {
            return self.read_raw(offset, next - offset, out);
        };
        let (inside, plain_bytes) = (offset - place.start, place.member.plain_bytes as u64);
        if inside >= plain_bytes {
            let raw = place.member.end() as u64 + (inside - plain_bytes);
            return self.read_raw(raw, next - offset, out);
        }
        let bytes = out.len().min((plain_bytes - inside) as usize);
        let mut cache = self.cache.borrow_mut();
        cache.decompress(index - 1, &place.member, &self.raw)?;
        cache.copy_latest(inside as usize, &mut out[..bytes]);
        Ok(bytes)
    }

    fn read_raw(&self, offset: u64, max: u64, out: &mut [u8]) -> Result<usize> {
        let bytes = max.min(out.len() as u64) as usize;
        self.raw.read_at(offset, &mut out[..bytes])?;
        Ok(bytes)
    }
}

/// Enough for all members, if there is room for them.
fn cache_bytes(members: &[Member]) -> usize {
    let each = members
        .iter()
        .map(|member| PagePool::round_up(member.plain_bytes));
    each.fold(0, usize::saturating_add)
        .min(PagePool::round_up(CACHE_BYTES))
}

impl ReadAt for DecompressedBase {
    fn read_at(&self, mut offset: u64, mut out: &mut [u8]) -> Result<()> {
        while !out.is_empty() {
            let bytes = self.read_some(offset, out)?;
            offset += bytes as u64;
            out = &mut out[bytes..];
        }
        Ok(())
    }
}

impl Cache {
    /// Makes a member the most recently used of those that are decompressed.
    fn decompress(&mut self, index: usize, member: &Member, raw: &Source) -> Result<()> {
        if let Some(place) = self.contents.iter().rposition(|(cache, _)| *cache == index) {
            self.contents[place..].rotate_left(1);
            return Ok(());
        }
        let spent = self.work_left.checked_sub(member.plain_bytes as u64);
        self.work_left = spent.ok_or(damaged(
            "the delta has its base decompressed over and over again",
        ))?;
        while self.pages.free_bytes() < member.plain_bytes && !self.contents.is_empty() {
            let (_, oldest) = self.contents.remove(0);
            self.pages.release(oldest);
        }
        let compressed = Region::new(
            raw.clone(),
            member.start as u64,
            member.compressed_bytes as u64,
        );
        let mut content = Content::default();
        let (pages, whole) = (
            &mut self.pages,
            BufReader::with_capacity(READ_BYTES, compressed),
        );
        let decompressed = decompress(member.wrapper, whole, &mut |plain| {
            pages.append(&mut content, plain)
        });
        if decompressed.is_ok_and(|decompressed| decompressed.plain_bytes == member.plain_bytes) {
            self.contents.push((index, content));
            return Ok(());
        }
        self.pages.release(content);
        Err(damaged("a member of the base has changed"))
    }

    fn copy_latest(&self, offset: usize, out: &mut [u8]) {
        if let Some((_, content)) = self.contents.last() {
            self.pages.copy_to(content, offset, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::recompression::Wrapper;
    use crate::recompression::deflate::Recipe;
    use crate::recompression::tests::{deflate, text};

    /// Members of these lengths, side by side, and what they decompress to.
    fn make_base(plain_bytes: &[usize]) -> (Source, Vec<Member>, Vec<u8>) {
        let (mut raw, mut members, mut decompressed) = (Vec::new(), Vec::new(), Vec::new());
        for (seed, bytes) in plain_bytes.iter().enumerate() {
            let plain: Vec<u8> = text(seed + 1, 5000)
                .into_iter()
                .cycle()
                .take(*bytes)
                .collect();
            let compressed = deflate(Recipe::from_number(0).unwrap(), &plain);
            members.push(Member {
                start: raw.len(),
                compressed_bytes: compressed.len(),
                plain_bytes: *bytes,
                wrapper: Wrapper::Raw,
                recipe: None,
                idat_layout: None,
            });
            raw.extend(compressed);
            decompressed.extend(plain);
        }
        (Rc::new(raw), members, decompressed)
    }

    #[test]
    fn members_come_and_go_when_there_is_no_room_for_all() {
        let (raw, members, decompressed) = make_base(&[7 << 20, 100, 9 << 20, 0, 5 << 20]);
        let base = DecompressedBase::new(raw, &members);
        for at in [
            0,
            8 << 20,
            17 << 20,
            (7 << 20) - 50,
            (7 << 20) + 50,
            6 << 20,
        ] {
            let mut out = [0; 1000];
            base.read_at(at as u64, &mut out).unwrap();
            assert!(out[..] == decompressed[at..at + 1000], "at {at}");
        }
    }

    #[test]
    fn a_base_that_is_unpacked_over_and_over_is_refused() {
        let (raw, members, _) = make_base(&[9 << 20, 9 << 20]);
        let base = DecompressedBase::new(raw, &members);
        let reads = |base: &DecompressedBase| {
            (0..100).find(|turn| base.read_at(turn % 2 * (9 << 20), &mut [0; 10]).is_err())
        };
        assert_eq!(reads(&base), Some(2 * MAX_DECOMPRESSIONS));
    }

    #[test]
    fn a_member_that_is_not_what_it_was_is_an_error_each_time() {
        let (raw, mut members, _) = make_base(&[5000]);
        members[0].plain_bytes += 1;
        let base = DecompressedBase::new(raw, &members);
        (0..3).for_each(|_| assert!(base.read_at(0, &mut [0; 10]).is_err()));
    }
}
