//! A member of the target on its way: the deflate stream, and what follows from its content around it.

use super::adler::Adler32;
use super::deflate::Deflater;
use super::idat::IdatWriter;
use super::member::{Repack, Wrap};
use super::unpack::gzip_trailer;
use crate::error::Result;

pub struct Packing {
    left: usize,
    deflater: Deflater,
    around: Around,
}

enum Around {
    Nothing,
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

impl Packing {
    pub fn new(member: &Repack) -> Packing {
        Packing {
            left: member.plain_bytes,
            deflater: Deflater::new(member.recipe),
            around: Around::new(member),
        }
    }

    /// Plain bytes still to come.
    pub fn left(&self) -> usize {
        self.left
    }

    pub fn push(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.left -= plain.len();
        match &mut self.around {
            Around::Nothing => self.deflater.push(plain, out),
            Around::Gzip { crc, plain_bytes } => {
                self.deflater.push(plain, out);
                crc.update(plain);
                *plain_bytes += plain.len();
            }
            Around::Png {
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
        Ok(())
    }

    pub fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        match self.around {
            Around::Nothing => self.deflater.finish(out),
            Around::Gzip { crc, plain_bytes } => {
                self.deflater.finish(out);
                out.extend(gzip_trailer(crc.finalize(), plain_bytes));
            }
            Around::Png {
                mut chunks,
                adler,
                mut stream,
            } => {
                self.deflater.finish(&mut stream);
                stream.extend(adler.finish().to_be_bytes());
                chunks.push(&stream, out)?;
                chunks.finish()?;
            }
        }
        Ok(())
    }
}

impl Around {
    fn new(member: &Repack) -> Around {
        match (member.wrap, member.cut) {
            (Wrap::Gzip, _) => Around::Gzip {
                crc: crc32fast::Hasher::new(),
                plain_bytes: 0,
            },
            (Wrap::Png, Some(cut)) => Around::Png {
                chunks: IdatWriter::new(cut),
                adler: Adler32::new(),
                stream: cut.head.to_vec(),
            },
            _ => Around::Nothing,
        }
    }
}
