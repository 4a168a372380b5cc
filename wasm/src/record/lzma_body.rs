//! The body of a fast record: two streams of LZMA, or of LZMA2. Differences are new bytes minus
//! predicted ones, with zeros run-length coded. In LZMA2 bodies, the new bytes of programs are
//! filtered.

use std::io::{BufReader, Read};

use super::branch_filter::{BranchReader, CodeRange, MAX_RANGES, filter, read_ranges};
use crate::coder::chunked;
use crate::coder::lzma::{self, Kind};
use crate::error::{Code, Error, Result};
use crate::mixing::{CHUNK_BYTES, PredictionSource};
use crate::read_at::Region;
use crate::references::Machine;
use crate::varint::{read_length, write_varint};
use crate::zero_runs::{ZeroRunDecoder, ZeroRunEncoder};

type Plain = BufReader<Box<dyn Read>>;

/// The buffer that stored streams are read through; coded ones have another behind it.
const BUFFER_BYTES: usize = 16 << 10;

/// Bytes that say where code is, at most: two varints for each range.
const MAX_CODE_BYTES: usize = MAX_RANGES * 16;

/// Shorter stretches of code are not worth saying where they are.
const MIN_CODE_BYTES: usize = 4 << 10;

/// Which of the two codes both streams.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Lzma,
    Lzma2,
}

#[derive(Default)]
pub struct LzmaEncoder {
    differences: ZeroRunEncoder,
    new: Vec<u8>,
    code: Vec<CodeRange>,
}

pub struct LzmaStreams {
    pub code: Vec<CodeRange>,
    pub differences: Vec<u8>,
    pub new: Vec<u8>,
    pub memory_bytes: u64,
    /// Decoded bytes of both streams.
    pub work: u64,
}

impl LzmaEncoder {
    /// For so many new bytes: a vector that grows leaves holes that are never given back.
    pub fn new(new_bytes: usize) -> LzmaEncoder {
        LzmaEncoder {
            new: Vec::with_capacity(new_bytes),
            ..LzmaEncoder::default()
        }
    }

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

    /// The last `bytes` new bytes but `after` are code for a machine.
    pub fn note_code(&mut self, after: usize, bytes: usize, machine: Machine) {
        let start = self.new.len() - after - bytes;
        match self.code.last_mut() {
            Some(last) if last.start + last.bytes == start && last.machine == machine => {
                last.bytes += bytes;
            }
            _ => self.code.push(CodeRange {
                start,
                bytes,
                machine,
            }),
        }
    }

    /// `progress` is told which fraction is done.
    pub fn finish(
        mut self,
        variant: Variant,
        progress: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<LzmaStreams> {
        self.code.retain(|range| range.bytes >= MIN_CODE_BYTES);
        self.code.truncate(MAX_RANGES);
        if variant == Variant::Lzma2 {
            filter(&mut self.new, &self.code);
        }
        let differences = self.differences.finish();
        let work = (differences.len() + self.new.len()) as u64;
        let all = work.max(1) as f64;
        let mut done = 0;
        let mut report = |bytes: usize| {
            done += bytes;
            progress(done as f64 / all)
        };
        let (differences, memory_1) = store(variant, Kind::Difference, differences, &mut report)?;
        let (new, memory_2) = store(variant, Kind::Extra, self.new, &mut report)?;
        Ok(LzmaStreams {
            code: self.code,
            differences,
            new,
            memory_bytes: memory_1 + memory_2,
            work,
        })
    }
}

/// The plain length, then the coded bytes, or the plain ones where coding does not shorten them.
fn store(
    variant: Variant,
    kind: Kind,
    plain: Vec<u8>,
    report: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<(Vec<u8>, u64)> {
    let mut stored = Vec::new();
    write_varint(&mut stored, plain.len() as u64);
    if plain.is_empty() {
        return Ok((stored, 0));
    }
    let coded = match variant {
        Variant::Lzma => lzma::encode(kind, &plain, report)?,
        Variant::Lzma2 => chunked::encode(kind, &plain, report)?,
    };
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
        variant: Variant,
        [code, differences, new]: [Region; 3],
        memory_bytes: u64,
        work: u64,
    ) -> Result<LzmaDecoder> {
        let (differences, memory_1, differences_bytes) = open(variant, differences, work)?;
        let left = work - differences_bytes;
        let (mut new, memory_2, new_bytes) = open(variant, new, left)?;
        if variant == Variant::Lzma2 && code.remaining() > 0 {
            let ranges = read_ranges(&code.peek(MAX_CODE_BYTES)?, new_bytes)?;
            let unfiltered = Box::new(BranchReader::new(new, ranges));
            new = BufReader::with_capacity(BUFFER_BYTES, unfiltered);
        }
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
fn open(variant: Variant, mut stored: Region, work: u64) -> Result<(Plain, u64, u64)> {
    let start = stored.peek(8)?;
    let mut rest = start.as_slice();
    let plain = read_length(&mut rest, work)?;
    stored.skip((start.len() - rest.len()) as u64);
    let buffer = |plain: Box<dyn Read>| BufReader::with_capacity(BUFFER_BYTES, plain);
    if stored.remaining() >= plain {
        return Ok((buffer(Box::new(stored)), 0, plain));
    }
    let opened = match variant {
        Variant::Lzma => lzma::open(stored, plain)?,
        Variant::Lzma2 => chunked::open(stored, plain)?,
    };
    Ok((buffer(opened.plain), opened.memory_bytes, plain))
}
