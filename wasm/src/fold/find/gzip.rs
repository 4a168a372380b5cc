//! gzip files (RFC 1952). Their heads stay as they are; a file may have several members.

use std::ops::RangeInclusive;

use super::{Place, Visit};
use crate::fold::member::Wrap;

/// Identification, and the only method there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// Identification, method, flags, time, extra flags, system.
const HEAD_BYTES: usize = 10;

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
    while let Some(head_bytes) = measure_head(&file[start..]) {
        let place = Place {
            start: start + head_bytes,
            wrap: Wrap::Gzip,
            levels: guess_levels(file[start + 8]),
        };
        let Some(packed_bytes) = visit(place) else {
            return;
        };
        start += head_bytes + packed_bytes;
    }
}

fn measure_head(file: &[u8]) -> Option<usize> {
    let fixed = file.get(..HEAD_BYTES).filter(|_| is_gzip(file))?;
    let flags = fixed[3];
    let mut end = HEAD_BYTES;
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
fn guess_levels(extra_flags: u8) -> RangeInclusive<u8> {
    match extra_flags {
        2 => 9..=9,
        4 => 1..=1,
        _ => 2..=8,
    }
}
