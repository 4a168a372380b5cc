//! A member of the target on its way: the deflate stream, and around it what follows from its
//! content.

use crate::error::{Result, damaged};
use crate::limits::MAX_COMPARISONS;
use crate::recompression::deflate::Deflater;
use crate::recompression::member::Recompression;
use crate::recompression::wrapper::{Adler32, IdatWriter, Wrapper, gzip_trailer};

pub struct MemberRecompressor {
    left: usize,
    max_comparisons: u64,
    deflater: Deflater,
    wrapper: WrapperState,
}

enum WrapperState {
    Raw,
    Gzip {
        crc: crc32fast::Hasher,
        plain_bytes: usize,
    },
    Png {
        chunks: IdatWriter,
        adler: Adler32,
        /// On its way from the compressor to the chunks.
        stream: Vec<u8>,
    },
}

impl MemberRecompressor {
    pub fn new(member: &Recompression) -> MemberRecompressor {
        MemberRecompressor {
            left: member.plain_bytes,
            max_comparisons: MAX_COMPARISONS * member.plain_bytes as u64,
            deflater: Deflater::new(member.recipe),
            wrapper: WrapperState::new(member),
        }
    }

    /// Plain bytes still to come.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Fails with `delta-damaged` when that takes too long, or results in more than was written.
    pub fn push(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.left -= plain.len();
        match &mut self.wrapper {
            WrapperState::Raw => self.deflater.push(plain, out),
            WrapperState::Gzip { crc, plain_bytes } => {
                self.deflater.push(plain, out);
                crc.update(plain);
                *plain_bytes += plain.len();
            }
            WrapperState::Png {
                chunks,
                adler,
                stream,
            } => {
                adler.update(plain);
                self.deflater.push(plain, stream);
                chunks.push(stream, out)?;
                stream.clear();
            }
        }
        check_work(self.deflater.comparisons(), self.max_comparisons)
    }

    pub fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        let comparisons = match self.wrapper {
            WrapperState::Raw => self.deflater.finish(out),
            WrapperState::Gzip { crc, plain_bytes } => {
                let comparisons = self.deflater.finish(out);
                out.extend(gzip_trailer(crc.finalize(), plain_bytes));
                comparisons
            }
            WrapperState::Png {
                mut chunks,
                adler,
                mut stream,
            } => {
                let comparisons = self.deflater.finish(&mut stream);
                stream.extend(adler.finish().to_be_bytes());
                chunks.push(&stream, out)?;
                chunks.finish()?;
                comparisons
            }
        };
        check_work(comparisons, self.max_comparisons)
    }
}

fn check_work(comparisons: u64, max: u64) -> Result<()> {
    if comparisons > max {
        return Err(damaged("a member takes too long to compress"));
    }
    Ok(())
}

impl WrapperState {
    fn new(member: &Recompression) -> WrapperState {
        match (member.wrapper, member.idat_layout) {
            (Wrapper::Gzip, _) => WrapperState::Gzip {
                crc: crc32fast::Hasher::new(),
                plain_bytes: 0,
            },
            (Wrapper::Png, Some(idat_layout)) => WrapperState::Png {
                chunks: IdatWriter::new(idat_layout),
                adler: Adler32::new(),
                stream: idat_layout.header.to_vec(),
            },
            _ => WrapperState::Raw,
        }
    }
}
