//! Unpacks a member with what is around its stream.

use std::io::{self, BufRead, Read};

use super::idat::IdatReader;
use super::inflate::inflate;
use super::member::Wrap;
use crate::error::Result;
use crate::limits::MEMBER_BYTES;

/// CRC-32 and length at a gzip member's end, both little-endian.
pub const GZIP_TRAILER_BYTES: usize = 8;

/// Before and behind a zlib stream's deflate stream: method and flags; Adler-32, big-endian.
pub const ZLIB_HEAD_BYTES: usize = 2;
pub const ZLIB_TRAILER_BYTES: usize = 4;

/// What was learned of a member by unpacking it.
#[derive(Debug, PartialEq, Eq)]
pub struct Unpacked {
    pub packed_bytes: usize,
    pub plain_bytes: usize,
}

/// Reads a member from its start and hands its plain bytes on, at most `MEMBER_BYTES`.
pub fn unpack(wrap: Wrap, packed: impl BufRead, sink: &mut dyn FnMut(&[u8])) -> Result<Unpacked> {
    let mut packed = Counted {
        inner: packed,
        bytes: 0,
    };
    let plain_bytes = match wrap {
        Wrap::Bare => inflate(&mut packed, MEMBER_BYTES, sink)?,
        Wrap::Gzip => {
            let plain_bytes = inflate(&mut packed, MEMBER_BYTES, sink)?;
            packed.read_exact(&mut [0; GZIP_TRAILER_BYTES])?;
            plain_bytes
        }
        Wrap::Png => {
            let mut stream = IdatReader::new(&mut packed);
            stream.read_exact(&mut [0; ZLIB_HEAD_BYTES])?;
            let plain_bytes = inflate(&mut stream, MEMBER_BYTES, sink)?;
            stream.read_exact(&mut [0; ZLIB_TRAILER_BYTES])?;
            stream.finish()?;
            plain_bytes
        }
    };
    Ok(Unpacked {
        packed_bytes: packed.bytes,
        plain_bytes,
    })
}

/// What a gzip member with this content ends with.
pub fn gzip_trailer(crc: u32, plain_bytes: usize) -> [u8; GZIP_TRAILER_BYTES] {
    let mut trailer = [0; GZIP_TRAILER_BYTES];
    trailer[..4].copy_from_slice(&crc.to_le_bytes());
    trailer[4..].copy_from_slice(&(plain_bytes as u32).to_le_bytes());
    trailer
}

/// Counts what is taken.
struct Counted<R> {
    inner: R,
    bytes: usize,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(out)?;
        self.bytes += bytes;
        Ok(bytes)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.inner.consume(bytes);
    }
}
