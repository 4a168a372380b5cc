//! PNG images (RFC 2083): one zlib stream, divided into IDAT chunks. The other chunks stay as they
//! are.

use std::ops::RangeInclusive;

use super::place::{Place, Visit};
use crate::recompression::wrapper::{CHUNK_CRC_BYTES, CHUNK_HEADER_BYTES, IDAT, Wrapper};

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

pub fn is_png(file: &[u8]) -> bool {
    file.starts_with(SIGNATURE)
}

pub fn scan(file: &[u8], visit: Visit) {
    let mut start = SIGNATURE.len();
    while let Some(header) = file
        .get(start..)
        .and_then(|rest| rest.get(..CHUNK_HEADER_BYTES))
    {
        let bytes = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        if header[4..] == *IDAT {
            let flags = file
                .get(start + CHUNK_HEADER_BYTES + 1)
                .copied()
                .unwrap_or_default();
            visit(Place {
                start,
                wrapper: Wrapper::Png,
                levels: likely_levels(flags),
            });
            return;
        }
        start = start
            .saturating_add(CHUNK_HEADER_BYTES + CHUNK_CRC_BYTES)
            .saturating_add(bytes as usize);
    }
}

/// FLEVEL of the zlib header (RFC 1950, 2.2), as zlib sets it.
fn likely_levels(flags: u8) -> RangeInclusive<u8> {
    match flags >> 6 {
        0 => 1..=1,
        1 => 2..=5,
        2 => 6..=6,
        _ => 7..=9,
    }
}
