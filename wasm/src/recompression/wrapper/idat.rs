//! The IDAT chunks of a PNG image (RFC 2083, 3.2 and 4.1.3) as one stream, and a stream as such
//! chunks.

use std::io::{self, BufRead, Read};

use crate::error::{Result, damaged};

pub const IDAT: &[u8; 4] = b"IDAT";

/// Length and kind before a chunk's bytes, CRC-32 after them.
pub const CHUNK_HEADER_BYTES: usize = 8;
pub const CHUNK_CRC_BYTES: usize = 4;

/// How a PNG's stream is divided into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdatLayout {
    /// Of every chunk but the last; 0 when there is only one.
    pub chunk_bytes: usize,
    /// Of the whole zlib stream.
    pub stream_bytes: usize,
    /// What the zlib stream begins with.
    pub header: [u8; 2],
}

/// Reads consecutive IDAT chunks as one stream; their CRCs are not checked.
pub struct IdatReader<R> {
    chunks: R,
    /// Bytes left of the present chunk.
    left: usize,
    started: bool,
}

impl<R: BufRead> IdatReader<R> {
    pub fn new(chunks: R) -> IdatReader<R> {
        IdatReader {
            chunks,
            left: 0,
            started: false,
        }
    }

    /// To be called after the last byte: skips the last chunk's CRC.
    pub fn finish(mut self) -> Result<()> {
        if self.left > 0 {
            return Err(damaged("an image has more bytes than its stream"));
        }
        Ok(self.chunks.read_exact(&mut [0; CHUNK_CRC_BYTES])?)
    }

    fn begin_chunk(&mut self) -> io::Result<()> {
        if self.started {
            self.chunks.read_exact(&mut [0; CHUNK_CRC_BYTES])?;
        }
        self.started = true;
        let mut header = [0; CHUNK_HEADER_BYTES];
        self.chunks.read_exact(&mut header)?;
        if header[4..] != *IDAT {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
        Ok(())
    }
}

impl<R: BufRead> Read for IdatReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?.read(out)?;
        self.consume(bytes);
        Ok(bytes)
    }
}

impl<R: BufRead> BufRead for IdatReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.left == 0 {
            self.begin_chunk()?;
        }
        let chunk = self.chunks.fill_buf()?;
        Ok(&chunk[..chunk.len().min(self.left)])
    }

    fn consume(&mut self, bytes: usize) {
        self.left -= bytes;
        self.chunks.consume(bytes);
    }
}

/// Divides a stream of known length into chunks of one length; the last one takes the rest.
pub struct IdatWriter {
    idat_layout: IdatLayout,
    stream_left: usize,
    chunk_left: usize,
    crc: crc32fast::Hasher,
}

impl IdatWriter {
    pub fn new(idat_layout: IdatLayout) -> IdatWriter {
        IdatWriter {
            idat_layout,
            stream_left: idat_layout.stream_bytes,
            chunk_left: 0,
            crc: crc32fast::Hasher::new(),
        }
    }

    /// Fails with `delta-damaged` when the stream is longer than announced.
    pub fn push(&mut self, mut stream: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if stream.len() > self.stream_left {
            return Err(damaged("an image is longer than the delta says"));
        }
        while !stream.is_empty() {
            if self.chunk_left == 0 {
                self.begin_chunk(out);
            }
            let (now, later) = stream.split_at(stream.len().min(self.chunk_left));
            out.extend_from_slice(now);
            self.crc.update(now);
            self.chunk_left -= now.len();
            self.stream_left -= now.len();
            if self.chunk_left == 0 {
                out.extend(self.crc.clone().finalize().to_be_bytes());
            }
            stream = later;
        }
        Ok(())
    }

    /// Fails with `delta-damaged` when the stream is shorter than announced.
    pub fn finish(self) -> Result<()> {
        match self.stream_left {
            0 => Ok(()),
            _ => Err(damaged("an image is shorter than the delta says")),
        }
    }

    fn begin_chunk(&mut self, out: &mut Vec<u8>) {
        self.chunk_left = match self.idat_layout.chunk_bytes {
            0 => self.stream_left,
            max => max.min(self.stream_left),
        };
        out.extend((self.chunk_left as u32).to_be_bytes());
        out.extend(IDAT);
        self.crc = crc32fast::Hasher::new();
        self.crc.update(IDAT);
    }
}
