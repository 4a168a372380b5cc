//! A member of the target on its way: the deflate stream, and what follows from its content around it.

use super::adler::Adler32;
use super::deflate::Deflater;
use super::idat::IdatWriter;
use super::member::{Repack, Wrap};
use super::unpack::gzip_trailer;
use crate::error::{Result, damaged};
use crate::limits::COMPARISONS;

pub struct Packing {
    left: usize,
    most_compared: u64,
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
            most_compared: COMPARISONS * member.plain_bytes as u64,
            deflater: Deflater::new(member.recipe),
            around: Around::new(member),
        }
    }

    /// Plain bytes still to come.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Fails with `delta-damaged` when that takes too long, or gives more than was written.
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
        check_work(self.deflater.compared(), self.most_compared)
    }

    pub fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        let compared = match self.around {
            Around::Nothing => self.deflater.finish(out),
            Around::Gzip { crc, plain_bytes } => {
                let compared = self.deflater.finish(out);
                out.extend(gzip_trailer(crc.finalize(), plain_bytes));
                compared
            }
            Around::Png {
                mut chunks,
                adler,
                mut stream,
            } => {
                let compared = self.deflater.finish(&mut stream);
                stream.extend(adler.finish().to_be_bytes());
                chunks.push(&stream, out)?;
                chunks.finish()?;
                compared
            }
        };
        check_work(compared, self.most_compared)
    }
}

fn check_work(compared: u64, most: u64) -> Result<()> {
    if compared > most {
        return Err(damaged("a member takes too long to pack"));
    }
    Ok(())
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
