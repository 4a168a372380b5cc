//! Zip archives, and so wheels, jars and activity bundles (PKWARE's `APPNOTE.TXT`, 4.3). Each deflated file is a member;
//! heads, directory and all else stay as they are.

use std::ops::RangeInclusive;

use super::{Place, Visit, gzip, png};
use crate::fold::member::Wrap;

/// What a file begins with, and what stands in front of the directory behind the files.
const LOCAL_HEAD: &[u8; 4] = b"PK\x03\x04";
const DIRECTORY_ENTRY: &[u8; 4] = b"PK\x01\x02";

/// A local head without name and extra field.
const HEAD_BYTES: usize = 30;

/// Flags: the file is encrypted; its sizes stand behind it.
const ENCRYPTED: u16 = 1;
const SIZES_BEHIND: u16 = 8;

/// Lengths of what may stand behind a file: CRC and two sizes of 4 or 8 bytes, with or without an identification.
const DESCRIPTOR_BYTES: [usize; 4] = [16, 12, 24, 20];

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

pub fn is_zip(file: &[u8]) -> bool {
    file.starts_with(LOCAL_HEAD)
}

pub fn scan(file: &[u8], visit: Visit) {
    let mut start = 0;
    while let Some(head) = Head::read(file, start) {
        let packed_bytes = match head.method {
            DEFLATED if head.flags & ENCRYPTED == 0 => visit(Place {
                start: head.end,
                wrap: Wrap::Bare,
                levels: guess_levels(head.flags),
            }),
            _ => None,
        };
        let Some(end) = packed_bytes.or(head.stored_bytes()).map(|bytes| head.end + bytes) else {
            return;
        };
        if head.method == STORED && head.flags & ENCRYPTED == 0 {
            scan_stored(file.get(head.end..end).unwrap_or_default(), head.end, visit);
        }
        start = if head.flags & SIZES_BEHIND == 0 {
            end
        } else {
            skip_descriptor(file, end)
        };
    }
}

/// A stored file may be packed itself. Not looked at as a zip, which could hold another one, and so on.
fn scan_stored(inner: &[u8], offset: usize, visit: Visit) {
    let mut shifted = |mut place: Place| {
        place.start += offset;
        visit(place)
    };
    if gzip::is_gzip(inner) {
        gzip::scan(inner, &mut shifted);
    } else if png::is_png(inner) {
        png::scan(inner, &mut shifted);
    }
}

/// What is used of a local head.
struct Head {
    flags: u16,
    method: u16,
    stored_size: u32,
    /// Where the file's bytes begin.
    end: usize,
}

impl Head {
    fn read(file: &[u8], start: usize) -> Option<Head> {
        let head = file.get(start..)?.get(..HEAD_BYTES)?;
        if !is_zip(head) {
            return None;
        }
        let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        Some(Head {
            flags: short(6),
            method: short(8),
            stored_size: u32::from(short(20)) << 16 | u32::from(short(18)),
            end: start + HEAD_BYTES + usize::from(short(26)) + usize::from(short(28)),
        })
    }

    /// Unknown when it stands behind the file, or in an extra field.
    fn stored_bytes(&self) -> Option<usize> {
        let known = self.flags & SIZES_BEHIND == 0 && self.stored_size != u32::MAX;
        known.then_some(self.stored_size as usize)
    }
}

/// Where the next head is: a descriptor has no length of its own.
fn skip_descriptor(file: &[u8], end: usize) -> usize {
    let is_head = |at: &usize| {
        let next = file.get(*at..).unwrap_or_default();
        next.starts_with(LOCAL_HEAD) || next.starts_with(DIRECTORY_ENTRY)
    };
    let mut ends = DESCRIPTOR_BYTES
        .map(|bytes| end.saturating_add(bytes))
        .into_iter();
    ends.find(is_head).unwrap_or(file.len())
}

/// Two bits of the flags say how thorough the compressor was; many programs leave them 0.
fn guess_levels(flags: u16) -> RangeInclusive<u8> {
    match flags >> 1 & 3 {
        1 => 8..=9,
        2 | 3 => 1..=2,
        _ => 3..=7,
    }
}
