//! PNG images (RFC 2083): one zlib stream, cut into IDAT chunks. The other chunks stay as they are.

use std::ops::RangeInclusive;

use super::{Place, Visit};
use crate::fold::idat::{CHUNK_HEAD_BYTES, CHUNK_TAIL_BYTES, IDAT};
use crate::fold::member::Wrap;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

pub fn is_png(file: &[u8]) -> bool {
    file.starts_with(SIGNATURE)
}

pub fn scan(file: &[u8], visit: Visit) {
    let mut start = SIGNATURE.len();
    while let Some(head) = file.get(start..).and_then(|rest| rest.get(..CHUNK_HEAD_BYTES)) {
        let bytes = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        if head[4..] == *IDAT {
            let flags = file
                .get(start + CHUNK_HEAD_BYTES + 1)
                .copied()
                .unwrap_or_default();
            visit(Place {
                start,
                wrap: Wrap::Png,
                levels: guess_levels(flags),
            });
            return;
        }
        start = start
            .saturating_add(CHUNK_HEAD_BYTES + CHUNK_TAIL_BYTES)
            .saturating_add(bytes as usize);
    }
}

/// FLEVEL of the zlib head (RFC 1950, 2.2), as zlib sets it.
fn guess_levels(flags: u8) -> RangeInclusive<u8> {
    match flags >> 6 {
        0 => 1..=1,
        1 => 2..=5,
        2 => 6..=6,
        _ => 7..=9,
    }
}
