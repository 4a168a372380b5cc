//! Decodes a record from start to end in bounded memory, reading the base at random.

use std::io::BufReader;
use std::rc::Rc;

use super::walk::{Step, Walk};

use super::layout::{Coding, Layout};
use super::lzma_body::{LzmaDecoder, Variant};
use super::runs::RunReader;
use crate::base_cache::BaseCache;
use crate::control::{Plan, code_plan};
use crate::error::{Code, Error, Result, damaged};
use crate::limits::{MAX_GROUP_BYTES, SEGMENT_MEMORY_BYTES};
use crate::matching::Segment;
use crate::mixing::{BitCoder, BitDecoder, Body, Coders, PredictionSource};
use crate::read_at::{Region, Source};
use crate::recompression::{DecompressedBase, Recompressor, read_members};
use crate::references::{Predictor, SHIFT_TABLE_BITS, read_pairs};

type Bits = BitDecoder<BufReader<Region>>;

/// The buffer that coded streams are read through.
const BUFFER_BYTES: usize = 4 << 10;

pub struct Decoder {
    segments: Vec<Segment>,
    walk: Walk,
    base: BaseCache,
    predictor: Predictor,
    body: AnyBody,
    /// Compresses archives again, if there are any.
    recompressor: Option<Recompressor>,
    runs: RunReader,
    /// Target bytes still to be decoded.
    left: u64,
    /// The work that the body may take, see `Layout`.
    work: u64,
    /// The last chunk, and how much of it was handed out.
    chunk: Vec<u8>,
    given: usize,
}

enum AnyBody {
    Lzma(LzmaDecoder),
    Mixed(Box<Body<Bits>>),
}

impl Decoder {
    /// `memory_bytes` is what the header states: a record that needs more is refused before it
    /// allocates any.
    pub fn open(
        record: Region,
        target_bytes: u64,
        base: Source,
        base_bytes: u64,
        memory_bytes: u64,
    ) -> Result<Decoder> {
        if target_bytes > MAX_GROUP_BYTES {
            return Err(damaged("a group is larger than 256 MiB"));
        }
        let layout = Layout::read(record, target_bytes)?;
        let target_bytes = layout.coded_bytes(target_bytes);
        let mut left = memory_bytes;
        if let Coding::Mixed(sizes) = layout.coding {
            take_memory(&mut left, sizes.memory_bytes())?;
        }
        let plan = open_plan(
            layout.control,
            base_bytes,
            target_bytes,
            left / SEGMENT_MEMORY_BYTES,
        )?;
        take_memory(&mut left, plan.segments.len() as u64 * SEGMENT_MEMORY_BYTES)?;
        let pairs = read_pairs(
            &mut plan.pairs.as_slice(),
            plan.base_bytes as usize,
            plan.target_bytes as usize,
        )?;
        let (base, recompressor) = set_up_recompression(&plan, base, base_bytes, &mut left)?;
        let segments = plan.segments;
        let predictor = Predictor::new(pairs, &segments, SHIFT_TABLE_BITS);
        take_memory(&mut left, predictor.memory_bytes() as u64)?;
        let body = match layout.coding {
            Coding::Lzma | Coding::Lzma2 => {
                let variant = match layout.coding {
                    Coding::Lzma2 => Variant::Lzma2,
                    _ => Variant::Lzma,
                };
                let streams = [layout.flags, layout.differences, layout.new];
                AnyBody::Lzma(LzmaDecoder::open(variant, streams, left, layout.work)?)
            }
            Coding::Mixed(sizes) => {
                let coders = Coders {
                    flags: open_bits(layout.flags),
                    differences: open_bits(layout.differences),
                    new: open_bits(layout.new),
                };
                AnyBody::Mixed(Box::new(Body::new(coders, sizes)))
            }
        };
        Ok(Decoder {
            segments,
            walk: Walk::new(plan.base_bytes as usize),
            base: BaseCache::new(base, plan.base_bytes),
            recompressor,
            runs: RunReader::new(layout.runs),
            left: target_bytes,
            work: layout.work,
            predictor,
            body,
            chunk: Vec::new(),
            given: 0,
        })
    }

    /// Fills `out` with the next bytes of the target and returns how many: fewer than asked for
    /// only at the end.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        loop {
            filled += self.runs.fill(&mut out[filled..]);
            if filled == out.len() {
                break;
            }
            if self.given == self.chunk.len() && !self.make_chunk()? {
                break;
            }
            let wanted = (out.len() - filled).min(self.runs.before_next());
            let bytes = wanted.min(self.chunk.len() - self.given);
            out[filled..filled + bytes]
                .copy_from_slice(&self.chunk[self.given..self.given + bytes]);
            self.runs.pass(bytes);
            filled += bytes;
            self.given += bytes;
        }
        Ok(filled)
    }

    /// False at the end of the target.
    fn make_chunk(&mut self) -> Result<bool> {
        self.chunk.clear();
        self.given = 0;
        while self.chunk.is_empty() {
            match self.walk.next(&self.segments) {
                Some(step) => self.take(step)?,
                None => match self.recompressor.take() {
                    Some(recompressor) => recompressor.finish(&mut self.chunk)?,
                    None => break,
                },
            }
        }
        self.left = self
            .left
            .checked_sub(self.chunk.len() as u64)
            .ok_or(damaged("a record makes more bytes than its target has"))?;
        if self.chunk.is_empty() && self.left > 0 {
            return Err(damaged("a record makes fewer bytes than its target has"));
        }
        Ok(!self.chunk.is_empty())
    }

    /// All the work is done here, and it is bounded whatever a record says. A step takes at least
    /// one byte of the target or primes for a bounded number of them; there are at most as many
    /// segments as the header states memory for; a byte costs the same few models wherever it comes
    /// from; and after each step, a stream that has ended is noticed. A step reads at most one new
    /// block of the base for each of its bytes. Decompressing and compressing archives has limits
    /// of its own, in `recompression`.
    fn take(&mut self, step: Step) -> Result<()> {
        let mut source = PredictionSource {
            predictor: &mut self.predictor,
            base: &mut self.base,
        };
        let decoded = match (step, &mut self.body) {
            (Step::Enter(index), _) => {
                self.predictor.enter(index);
                return Ok(());
            }
            (Step::Prime { .. }, AnyBody::Lzma(_)) => return Ok(()),
            (Step::Prime { start, bytes }, AnyBody::Mixed(body)) => {
                return body.prime(&mut self.base, start, bytes);
            }
            (Step::Aligned(bytes), AnyBody::Lzma(body)) => body.code_aligned(&mut source, bytes)?,
            (Step::New(bytes), AnyBody::Lzma(body)) => body.code_new(bytes)?,
            (Step::Aligned(bytes), AnyBody::Mixed(body)) => {
                body.code_aligned(&mut source, bytes, None)?
            }
            (Step::New(bytes), AnyBody::Mixed(body)) => body.code_new(bytes, None),
        };
        match &mut self.recompressor {
            Some(recompressor) => recompressor.push(decoded, &mut self.chunk)?,
            None => self.chunk.extend_from_slice(decoded),
        }
        if let AnyBody::Mixed(body) = &self.body {
            if body.work() > self.work {
                return Err(damaged("a record takes more work than it states"));
            }
            let coders = &body.coders;
            [&coders.flags, &coders.differences, &coders.new]
                .iter()
                .try_for_each(|coder| coder.check())?;
        }
        Ok(())
    }
}

/// Reads how a target is put together. `max_segments` bounds the segments.
pub fn open_plan(
    stream: Region,
    base_bytes: u64,
    target_bytes: u64,
    max_segments: u64,
) -> Result<Plan> {
    let mut coder = open_bits(stream);
    let plan = code_plan(&mut coder, None, base_bytes, target_bytes, max_segments)?;
    coder.check()?;
    Ok(plan)
}

/// Puts a decompressor in front of the base and makes a compressor for the target, if there are
/// archives.
fn set_up_recompression(
    plan: &Plan,
    base: Source,
    base_bytes: u64,
    left: &mut u64,
) -> Result<(Source, Option<Recompressor>)> {
    if plan.members.is_empty() {
        return Ok((base, None));
    }
    let (members, recompressions) = read_members(&mut plan.members.as_slice(), &base, base_bytes)?;
    if DecompressedBase::decompressed_bytes(base_bytes, &members) != plan.base_bytes {
        return Err(damaged("the base does not decompress to the stated length"));
    }
    take_memory(
        left,
        DecompressedBase::memory_bytes(&members) + Recompressor::memory_bytes(recompressions.len()),
    )?;
    Ok((
        Rc::new(DecompressedBase::new(base, &members)),
        Some(Recompressor::new(recompressions)),
    ))
}

fn open_bits(stream: Region) -> Bits {
    BitDecoder::new(BufReader::with_capacity(BUFFER_BYTES, stream))
}

fn take_memory(left: &mut u64, bytes: u64) -> Result<()> {
    let message = "the delta needs more memory than its header states";
    *left = left.checked_sub(bytes).ok_or(Error {
        code: Code::DeltaMemory,
        message,
    })?;
    Ok(())
}
