//! Zip archives, and so wheels, jars and activity bundles (PKWARE's `APPNOTE.TXT`, 4.3). Each
//! deflated file is a member; headers, directory and all else stay as they are.

use std::ops::RangeInclusive;

use super::place::{Place, Visit};
use super::{gzip, png};
use crate::recompression::wrapper::Wrapper;

/// What a file begins with, and what comes before the directory after the files.
const LOCAL_HEADER: &[u8; 4] = b"PK\x03\x04";
const DIRECTORY_ENTRY: &[u8; 4] = b"PK\x01\x02";

/// A local header without name and extra field.
const HEADER_BYTES: usize = 30;

/// The end of the directory, which is found from the file's own end (4.3.16): its bytes without the
/// comment, and where it tells how long the directory is, and where it begins.
const DIRECTORY_END: &[u8; 4] = b"PK\x05\x06";
const DIRECTORY_END_BYTES: usize = 22;
const DIRECTORY_SIZE_AT: usize = 12;
const DIRECTORY_START_AT: usize = 16;
/// A comment is at most this long.
const MAX_COMMENT_BYTES: usize = 0xffff;
/// Where an entry of the directory tells where its local header is.
const ENTRY_HEADER_AT: usize = 42;
/// What programs begin with that carry a zip behind them: zipapps, self-extracting archives.
const PREFIXES: [&[u8]; 3] = [b"#!", b"MZ", b"\x7fELF"];

/// Flags: the file is encrypted; its sizes follow it in a data descriptor.
const ENCRYPTED: u16 = 1;
const HAS_DESCRIPTOR: u16 = 8;

/// Lengths of a data descriptor: CRC and two sizes of 4 or 8 bytes, with or without an
/// identification.
const DESCRIPTOR_BYTES: [usize; 4] = [16, 12, 24, 20];

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

pub fn is_zip(file: &[u8]) -> bool {
    find_first_header(file).is_some()
}

/// Where the first local header is: at the front, or behind a program, which leaves its place to
/// the directory to tell. Its offsets count from the zip's own front or from the file's.
fn find_first_header(file: &[u8]) -> Option<usize> {
    if file.starts_with(LOCAL_HEADER) {
        return Some(0);
    }
    if !PREFIXES.iter().any(|prefix| file.starts_with(prefix)) {
        return None;
    }
    let end = find_directory_end(file)?;
    let directory = end.checked_sub(long(file, end + DIRECTORY_SIZE_AT)?)?;
    let prefix = directory.checked_sub(long(file, end + DIRECTORY_START_AT)?)?;
    if !file.get(directory..)?.starts_with(DIRECTORY_ENTRY) {
        return None;
    }
    let first = prefix.checked_add(long(file, directory + ENTRY_HEADER_AT)?)?;
    file.get(first..)?
        .starts_with(LOCAL_HEADER)
        .then_some(first)
}

fn find_directory_end(file: &[u8]) -> Option<usize> {
    let last = file.len().checked_sub(DIRECTORY_END_BYTES)?;
    let first = last.saturating_sub(MAX_COMMENT_BYTES);
    (first..=last)
        .rev()
        .find(|&at| file[at..].starts_with(DIRECTORY_END))
}

fn long(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

pub fn scan(file: &[u8], visit: Visit) {
    let Some(mut start) = find_first_header(file) else {
        return;
    };
    while let Some(header) = LocalHeader::read(file, start) {
        let compressed_bytes = match header.method {
            DEFLATED if header.flags & ENCRYPTED == 0 => visit(Place {
                start: header.end,
                wrapper: Wrapper::Raw,
                levels: likely_levels(header.flags),
            }),
            _ => None,
        };
        let Some(end) = compressed_bytes
            .or(header.stored_bytes())
            .map(|bytes| header.end + bytes)
        else {
            return;
        };
        if header.method == STORED && header.flags & ENCRYPTED == 0 {
            scan_stored(
                file.get(header.end..end).unwrap_or_default(),
                header.end,
                visit,
            );
        }
        start = if header.flags & HAS_DESCRIPTOR == 0 {
            end
        } else {
            skip_descriptor(file, end)
        };
    }
}

/// A stored file may be compressed itself. It is not scanned as a zip, which could hold another
/// one, and so on.
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

/// What is used of a local header.
struct LocalHeader {
    flags: u16,
    method: u16,
    stored_size: u32,
    /// Where the file's bytes begin.
    end: usize,
}

impl LocalHeader {
    fn read(file: &[u8], start: usize) -> Option<LocalHeader> {
        let header = file.get(start..)?.get(..HEADER_BYTES)?;
        if !header.starts_with(LOCAL_HEADER) {
            return None;
        }
        let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        Some(LocalHeader {
            flags: short(6),
            method: short(8),
            stored_size: u32::from(short(20)) << 16 | u32::from(short(18)),
            end: start + HEADER_BYTES + usize::from(short(26)) + usize::from(short(28)),
        })
    }

    /// Unknown when it follows the file, or is in an extra field.
    fn stored_bytes(&self) -> Option<usize> {
        let known = self.flags & HAS_DESCRIPTOR == 0 && self.stored_size != u32::MAX;
        known.then_some(self.stored_size as usize)
    }
}

/// Where the next header is: a descriptor does not say how long it is.
fn skip_descriptor(file: &[u8], end: usize) -> usize {
    let is_header = |at: &usize| {
        let next = file.get(*at..).unwrap_or_default();
        next.starts_with(LOCAL_HEADER) || next.starts_with(DIRECTORY_ENTRY)
    };
    let mut ends = DESCRIPTOR_BYTES
        .map(|bytes| end.saturating_add(bytes))
        .into_iter();
    ends.find(is_header).unwrap_or(file.len())
}

/// Two bits of the flags say how thorough the compressor was; many programs leave them 0.
fn likely_levels(flags: u16) -> RangeInclusive<u8> {
    match flags >> 1 & 3 {
        1 => 8..=9,
        2 | 3 => 1..=2,
        _ => 3..=7,
    }
}
