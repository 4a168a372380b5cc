//! The body of a fast record: two LZMA streams. Differences are new bytes minus predicted ones,
//! with zeros run-length coded.

use std::io::{BufReader, Read};

use crate::coder::lzma::{self, Kind};
use crate::error::{Code, Error, Result};
use crate::mixing::{CHUNK_BYTES, PredictionSource};
use crate::read_at::Region;
use crate::varint::{read_length, write_varint};
use crate::zero_runs::{ZeroRunDecoder, ZeroRunEncoder};

type Plain = BufReader<Box<dyn Read>>;

/// The buffer that stored streams are read through; coded ones have another behind it.
const BUFFER_BYTES: usize = 16 << 10;

#[derive(Default)]
pub struct LzmaEncoder {
    differences: ZeroRunEncoder,
    new: Vec<u8>,
}

pub struct LzmaStreams {
    pub differences: Vec<u8>,
    pub new: Vec<u8>,
    pub memory_bytes: u64,
    /// Decoded bytes of both streams.
    pub work: u64,
}

impl LzmaEncoder {
    pub fn code_aligned(&mut self, source: &mut PredictionSource, actual: &[u8]) -> Result<()> {
        let mut rest = actual;
        while !rest.is_empty() {
            let predicted = source.predictor.predict(rest.len(), source.base)?.first;
            let (now, later) = rest.split_at(predicted.len().min(rest.len()));
            let differences = now
                .iter()
                .zip(predicted)
                .map(|(new, old)| new.wrapping_sub(*old));
            differences.for_each(|difference| self.differences.push(difference));
            source.predictor.learn(now);
            rest = later;
        }
        Ok(())
    }

    pub fn code_new(&mut self, actual: &[u8]) {
        self.new.extend_from_slice(actual);
    }

    /// `progress` is told which fraction is done.
    pub fn finish(self, progress: &mut dyn FnMut(f64) -> Result<()>) -> Result<LzmaStreams> {
        let differences = self.differences.finish();
        let work = (differences.len() + self.new.len()) as u64;
        let all = work.max(1) as f64;
        let mut done = 0;
        let mut report = |bytes: usize| {
            done += bytes;
            progress(done as f64 / all)
        };
        let (differences, memory_1) = store(Kind::Difference, differences, &mut report)?;
        let (new, memory_2) = store(Kind::Extra, self.new, &mut report)?;
        Ok(LzmaStreams {
            differences,
            new,
            memory_bytes: memory_1 + memory_2,
            work,
        })
    }
}

/// The plain length, then the coded bytes, or the plain ones where coding does not shorten them.
fn store(
    kind: Kind,
    plain: Vec<u8>,
    report: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<(Vec<u8>, u64)> {
    let mut stored = Vec::new();
    write_varint(&mut stored, plain.len() as u64);
    if plain.is_empty() {
        return Ok((stored, 0));
    }
    let coded = lzma::encode(kind, &plain, report)?;
    let shorter = coded.bytes.len() < plain.len();
    stored.extend(if shorter { coded.bytes } else { plain });
    Ok((stored, if shorter { coded.memory_bytes } else { 0 }))
}

pub struct LzmaDecoder {
    differences: ZeroRunDecoder<Plain>,
    new: Plain,
    decoded: Vec<u8>,
}

impl LzmaDecoder {
    /// Refuses streams that need more than `memory_bytes` for dictionaries or decode to more than
    /// `work` bytes.
    pub fn open(
        differences: Region,
        new: Region,
        memory_bytes: u64,
        work: u64,
    ) -> Result<LzmaDecoder> {
        let (differences, memory_1, differences_bytes) = open(differences, work)?;
        let left = work - differences_bytes;
        let (new, memory_2, _) = open(new, left)?;
        if memory_1 + memory_2 > memory_bytes {
            let message = "the delta needs more memory than its header states";
            return Err(Error {
                code: Code::DeltaMemory,
                message,
            });
        }
        Ok(LzmaDecoder {
            differences: ZeroRunDecoder::new(differences),
            new,
            decoded: Vec::with_capacity(CHUNK_BYTES),
        })
    }

    pub fn code_aligned(&mut self, source: &mut PredictionSource, bytes: usize) -> Result<&[u8]> {
        self.decoded.clear();
        while self.decoded.len() < bytes {
            let start = self.decoded.len();
            let predicted = source.predictor.predict(bytes - start, source.base)?.first;
            self.decoded
                .extend_from_slice(&predicted[..predicted.len().min(bytes - start)]);
            self.differences.add_to(&mut self.decoded[start..])?;
            source.predictor.learn(&self.decoded[start..]);
        }
        Ok(&self.decoded)
    }

    pub fn code_new(&mut self, bytes: usize) -> Result<&[u8]> {
        self.decoded.resize(bytes, 0);
        self.new.read_exact(&mut self.decoded)?;
        Ok(&self.decoded)
    }
}

/// Returns the stream, the size of its dictionary, and its plain length.
fn open(mut stored: Region, work: u64) -> Result<(Plain, u64, u64)> {
    let start = stored.peek(8)?;
    let mut rest = start.as_slice();
    let plain = read_length(&mut rest, work)?;
    stored.skip((start.len() - rest.len()) as u64);
    let buffer = |plain: Box<dyn Read>| BufReader::with_capacity(BUFFER_BYTES, plain);
    if stored.remaining() >= plain {
        return Ok((buffer(Box::new(stored)), 0, plain));
    }
    let opened = lzma::open(stored, plain)?;
    Ok((buffer(opened.plain), opened.memory_bytes, plain))
}
