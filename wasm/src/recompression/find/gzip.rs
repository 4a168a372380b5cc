//! gzip files (RFC 1952). Their headers stay as they are; a file may have several members.

use std::ops::RangeInclusive;

use super::place::{Place, Visit};
use crate::recompression::wrapper::Wrapper;

/// Identification, and the only method there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// Identification, method, flags, time, extra flags, system.
const HEADER_BYTES: usize = 10;

/// Bits of the flags (RFC 1952, 2.3.1): optional fields, in the order in which they follow.
const HAS_CHECK: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;

pub fn is_gzip(file: &[u8]) -> bool {
    file.starts_with(&MAGIC)
}

pub fn scan(file: &[u8], visit: Visit) {
    let mut start = 0;
    while let Some(header_bytes) = measure_header(&file[start..]) {
        let place = Place {
            start: start + header_bytes,
            wrapper: Wrapper::Gzip,
            levels: likely_levels(file[start + 8]),
        };
        let Some(compressed_bytes) = visit(place) else {
            return;
        };
        start += header_bytes + compressed_bytes;
    }
}

fn measure_header(file: &[u8]) -> Option<usize> {
    let fixed = file.get(..HEADER_BYTES).filter(|_| is_gzip(file))?;
    let flags = fixed[3];
    let mut end = HEADER_BYTES;
    if flags & HAS_EXTRA != 0 {
        let length = file.get(end..end + 2)?;
        end += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            end += file.get(end..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & HAS_CHECK != 0 {
        end += 2;
    }
    (end <= file.len()).then_some(end)
}

/// The extra flags say whether the compressor was told to be thorough or fast.
fn likely_levels(extra_flags: u8) -> RangeInclusive<u8> {
    match extra_flags {
        2 => 9..=9,
        4 => 1..=1,
        _ => 2..=8,
    }
}
