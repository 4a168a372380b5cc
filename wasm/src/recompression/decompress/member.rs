//! Decompresses a member with what surrounds its stream.

use std::io::{self, BufRead, Read};

use super::inflate::inflate;
use crate::error::Result;
use crate::limits::MAX_MEMBER_BYTES;
use crate::recompression::wrapper::{
    GZIP_TRAILER_BYTES, IdatReader, Wrapper, ZLIB_HEADER_BYTES, ZLIB_TRAILER_BYTES,
};

/// What decompressing a member revealed.
#[derive(Debug, PartialEq, Eq)]
pub struct Decompressed {
    pub compressed_bytes: usize,
    pub plain_bytes: usize,
}

/// Reads a member from its start and hands on its plain bytes, at most `MAX_MEMBER_BYTES`.
pub fn decompress(
    wrapper: Wrapper,
    compressed: impl BufRead,
    sink: &mut dyn FnMut(&[u8]),
) -> Result<Decompressed> {
    let mut compressed = Counted {
        inner: compressed,
        bytes: 0,
    };
    let plain_bytes = match wrapper {
        Wrapper::Raw => inflate(&mut compressed, MAX_MEMBER_BYTES, sink)?,
        Wrapper::Gzip => {
            let plain_bytes = inflate(&mut compressed, MAX_MEMBER_BYTES, sink)?;
            compressed.read_exact(&mut [0; GZIP_TRAILER_BYTES])?;
            plain_bytes
        }
        Wrapper::Png => {
            let mut stream = IdatReader::new(&mut compressed);
            stream.read_exact(&mut [0; ZLIB_HEADER_BYTES])?;
            let plain_bytes = inflate(&mut stream, MAX_MEMBER_BYTES, sink)?;
            stream.read_exact(&mut [0; ZLIB_TRAILER_BYTES])?;
            stream.finish()?;
            plain_bytes
        }
    };
    Ok(Decompressed {
        compressed_bytes: compressed.bytes,
        plain_bytes,
    })
}

/// Counts what is read.
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
