//! The IDAT chunks of a PNG image (RFC 2083, 3.2 and 4.1.3) as one stream, and a stream as such chunks.

use std::io::{self, BufRead, Read};

use super::member::Cut;
use crate::error::{Result, damaged};

pub const IDAT: &[u8; 4] = b"IDAT";

/// Length and kind before a chunk's bytes, CRC-32 behind them.
pub const CHUNK_HEAD_BYTES: usize = 8;
pub const CHUNK_TAIL_BYTES: usize = 4;

/// Reads what is in consecutive IDAT chunks; their CRCs are not checked.
pub struct IdatReader<R> {
    chunks: R,
    /// Of the present chunk.
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

    /// To be called behind the last byte: steps over the last chunk's CRC.
    pub fn finish(mut self) -> Result<()> {
        if self.left > 0 {
            return Err(damaged("an image has more bytes than its stream"));
        }
        Ok(self.chunks.read_exact(&mut [0; CHUNK_TAIL_BYTES])?)
    }

    fn begin_chunk(&mut self) -> io::Result<()> {
        if self.started {
            self.chunks.read_exact(&mut [0; CHUNK_TAIL_BYTES])?;
        }
        self.started = true;
        let mut head = [0; CHUNK_HEAD_BYTES];
        self.chunks.read_exact(&mut head)?;
        if head[4..] != *IDAT {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
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

/// Cuts a stream, whose length is known, into chunks of one length; the last one takes the rest.
pub struct IdatWriter {
    cut: Cut,
    stream_left: usize,
    chunk_left: usize,
    crc: crc32fast::Hasher,
}

impl IdatWriter {
    pub fn new(cut: Cut) -> IdatWriter {
        IdatWriter {
            cut,
            stream_left: cut.stream_bytes,
            chunk_left: 0,
            crc: crc32fast::Hasher::new(),
        }
    }

    /// Fails with `delta-damaged` when the stream is longer than it was said to be.
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

    /// Fails with `delta-damaged` when the stream is shorter than it was said to be.
    pub fn finish(self) -> Result<()> {
        match self.stream_left {
            0 => Ok(()),
            _ => Err(damaged("an image is shorter than the delta says")),
        }
    }

    fn begin_chunk(&mut self, out: &mut Vec<u8>) {
        self.chunk_left = match self.cut.chunk_bytes {
            0 => self.stream_left,
            most => most.min(self.stream_left),
        };
        out.extend((self.chunk_left as u32).to_be_bytes());
        out.extend(IDAT);
        self.crc = crc32fast::Hasher::new();
        self.crc.update(IDAT);
    }
}
