//! What surrounds a deflate stream and follows from its content: the trailer of gzip, the header
//! and check value of zlib, and the chunks of a PNG.

mod adler;
mod idat;

pub use adler::Adler32;
pub use idat::{CHUNK_CRC_BYTES, CHUNK_HEADER_BYTES, IDAT, IdatLayout, IdatReader, IdatWriter};

/// CRC-32 and length at a gzip member's end, both little-endian.
pub const GZIP_TRAILER_BYTES: usize = 8;

/// Before and after the deflate stream in a zlib stream: method and flags; Adler-32, big-endian.
pub const ZLIB_HEADER_BYTES: usize = 2;
pub const ZLIB_TRAILER_BYTES: usize = 4;

/// What belongs to a member besides its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// Nothing: in a zip.
    Raw,
    /// CRC-32 and length of the plain bytes after the stream (RFC 1952, 2.3.1).
    Gzip,
    /// Header and check value of zlib (RFC 1950), and the IDAT chunks of a PNG (RFC 2083).
    Png,
}

impl Wrapper {
    /// As it is written in a delta.
    pub fn number(self) -> u64 {
        match self {
            Wrapper::Raw => 0,
            Wrapper::Gzip => 1,
            Wrapper::Png => 2,
        }
    }

    pub fn from_number(number: u64) -> Option<Wrapper> {
        match number {
            0 => Some(Wrapper::Raw),
            1 => Some(Wrapper::Gzip),
            2 => Some(Wrapper::Png),
            _ => None,
        }
    }
}

/// What a gzip member with this content ends with.
pub fn gzip_trailer(crc: u32, plain_bytes: usize) -> [u8; GZIP_TRAILER_BYTES] {
    let mut trailer = [0; GZIP_TRAILER_BYTES];
    trailer[..4].copy_from_slice(&crc.to_le_bytes());
    trailer[4..].copy_from_slice(&(plain_bytes as u32).to_le_bytes());
    trailer
}
