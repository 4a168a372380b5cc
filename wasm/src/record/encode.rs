//! Makes a record: decompress archives, blank references, align, pair programs, code.

use std::rc::Rc;

use super::branch_filter::write_ranges;
use super::layout::{Coding, Layout};
use super::lzma_body::{LzmaEncoder, Variant};
use super::runs::{Run, cut, find_runs};
use super::walk::{Step, Walk};
use crate::base_cache::BaseCache;
use crate::coder::Level;
use crate::control::{Plan, code_plan};
use crate::error::Result;
use crate::limits::SEGMENT_MEMORY_BYTES;
use crate::matching::{Progress, Segment, align};
use crate::mixing::{BitEncoder, Body, CHUNK_BYTES, Coders, PredictionSource, Sizes};
use crate::parts::Part;
use crate::recompression::{
    DecompressedBase, Members, Recompressor, decompress_side, find_members, write_members,
};
use crate::references::{
    Machine, Predictor, SHIFT_TABLE_BITS, blank_references, find_code, find_pairs, write_pairs,
};

pub struct Encoded {
    pub record: Vec<u8>,
    /// The lowest format version whose decoders read it.
    pub format_version: u8,
    /// What a decoder needs besides buffers.
    pub memory_bytes: u64,
}

/// Matching's share of the time, as measured on trees of programs. For progress only.
const MATCHING_SHARE: f64 = 0.4;

/// A fast record with at most so many changed bytes is mixed like the others: what LZMA has to
/// learn would cost more bytes than it saves, and modelling so few takes no time that anybody
/// notices.
const MIXED_BYTES: usize = 4 << 10;

/// With more changed bytes than this, LZMA2 takes a fraction of the time of the other, which finds
/// up to a fiftieth more: a whole install, or much that is new.
const LZMA2_BYTES: usize = 1 << 20;

/// Makes a record at a level.
pub fn encode(level: Level, base: Side, target: Side, progress: Progress) -> Result<Encoded> {
    encode_in(
        &|changed, target| choose_coding(level, changed, target),
        base,
        target,
        progress,
    )
}

/// Makes a record in a given coding, whatever the level would choose.
pub fn encode_as(coding: Coding, base: Side, target: Side, progress: Progress) -> Result<Encoded> {
    encode_in(&|_, _| coding, base, target, progress)
}

/// The bytes of a side, and the files they are made of.
pub type Side<'a> = (&'a [u8], &'a [Part]);

fn choose_coding(level: Level, changed: Changed, target_bytes: usize) -> Coding {
    if level == Level::Fast && changed.bytes > LZMA2_BYTES {
        return Coding::Lzma2;
    }
    if level == Level::Fast && changed.bytes > MIXED_BYTES {
        return Coding::Lzma;
    }
    Coding::Mixed(Sizes::choose(
        level,
        changed.bytes + changed.primed,
        target_bytes,
    ))
}

/// `choose` is told what changed, and how many bytes the target has.
fn encode_in(
    choose: &dyn Fn(Changed, usize) -> Coding,
    (base, base_parts): Side,
    (target, target_parts): Side,
    progress: Progress,
) -> Result<Encoded> {
    let runs = find_runs(target, target_parts);
    let (target, target_parts) = cut(target, target_parts, &runs);
    let (target, target_parts) = (&target[..], &target_parts[..]);
    let members = find_members(base, base_parts, target, target_parts);
    let (base, base_parts) = decompress_side(base, base_parts, &members.base)?;
    let (target, target_parts) = decompress_side(target, target_parts, &members.target)?;
    let segments = align_blanked(&base, &base_parts, &target, &target_parts, progress)?;
    let pairs = find_pairs(&base, &base_parts, &target, &target_parts, &segments);
    let plan = Plan {
        base_bytes: base.len() as u64,
        target_bytes: target.len() as u64,
        segments,
        pairs: write_pairs(&pairs),
        members: write_members(&members),
    };
    let control = encode_control(&plan)?;
    let Plan { segments, .. } = plan;
    let held = segments.len() as u64 * SEGMENT_MEMORY_BYTES + members_memory(&members);
    let base_bytes = base.len() as u64;
    let coding = choose(Changed::count(&segments, &base, &target), target.len());
    let mut base = BaseCache::new(Rc::new(base.into_owned()), base_bytes);
    let mut predictor = Predictor::new(pairs, &segments, SHIFT_TABLE_BITS);
    let held = held + predictor.memory_bytes() as u64;
    let source = PredictionSource {
        predictor: &mut predictor,
        base: &mut base,
    };
    // Without a base there was nothing to match.
    let share = if base_bytes > 0 { MATCHING_SHARE } else { 0.0 };
    let mut report = |fraction: f64| progress(share + (1.0 - share) * fraction);
    let (layout, memory) = match coding {
        Coding::Lzma => {
            let body = LzmaBody {
                variant: Variant::Lzma,
                code: Vec::new(),
            };
            encode_lzma(body, control, &segments, &target, source, &mut report)?
        }
        Coding::Lzma2 => {
            let code = find_code(&target, &target_parts);
            let body = LzmaBody {
                variant: Variant::Lzma2,
                code,
            };
            encode_lzma(body, control, &segments, &target, source, &mut report)?
        }
        Coding::Mixed(sizes) => {
            encode_mixed(sizes, control, &segments, &target, source, &mut report)?
        }
    };
    let layout = Layout { runs, ..layout };
    Ok(Encoded {
        format_version: layout.format_version(),
        record: layout.write(),
        memory_bytes: memory + held,
    })
}

struct Changed {
    /// Bytes that are new, or differ from what they are aligned with.
    bytes: usize,
    /// Bytes of the base that prime the models for them.
    primed: usize,
}

impl Changed {
    fn count(segments: &[Segment], base: &[u8], target: &[u8]) -> Changed {
        let mut changed = Changed {
            bytes: 0,
            primed: 0,
        };
        let mut walk = Walk::new(base.len());
        let (mut from, mut at) = (0, 0);
        while let Some(step) = walk.next(segments) {
            match step {
                Step::Enter(index) => from = segments[index].base,
                Step::Aligned(bytes) => {
                    let (old, new) = (&base[from..from + bytes], &target[at..at + bytes]);
                    changed.bytes += old.iter().zip(new).filter(|(old, new)| old != new).count();
                    from += bytes;
                    at += bytes;
                }
                Step::Prime { bytes, .. } => changed.primed += bytes,
                Step::New(bytes) => {
                    changed.bytes += bytes;
                    at += bytes;
                }
            }
        }
        changed
    }
}

/// Aligns copies in which references to places that moved do not hide what is the same.
fn align_blanked(
    base: &[u8],
    base_parts: &[Part],
    target: &[u8],
    target_parts: &[Part],
    progress: Progress,
) -> Result<Vec<Segment>> {
    // Without a base there is nothing that references could hide.
    if base.is_empty() {
        return align(base, target, progress);
    }
    let blank = |side: &[u8], parts: &[Part]| {
        let mut copy = side.to_vec();
        blank_references(&mut copy, parts);
        copy
    };
    let runs = find_runs(base, base_parts);
    let (base, target) = (blank(base, base_parts), blank(target, target_parts));
    let (base, _) = cut(&base, &[], &runs);
    let segments = align(&base, &target, &mut |fraction| {
        progress(MATCHING_SHARE * fraction)
    })?;
    Ok(around_runs(segments, &runs))
}

/// Segments of a base without its runs, as those of the base.
fn around_runs(segments: Vec<Segment>, runs: &[Run]) -> Vec<Segment> {
    if runs.is_empty() {
        return segments;
    }
    // Where the rest is cut, and how many bytes are missing from there on.
    let (mut cuts, mut gone) = (vec![(0, 0)], 0);
    for run in runs {
        cuts.push((run.start - gone, gone + run.bytes));
        gone += run.bytes;
    }
    let mut whole = Vec::with_capacity(segments.len());
    for Segment { base, add, extra } in segments {
        let (mut from, mut left) = (base, add);
        loop {
            let at = cuts.partition_point(|cut| cut.0 <= from) - 1;
            let end = cuts.get(at + 1).map_or(usize::MAX, |cut| cut.0);
            let add = left.min(end - from);
            let last = add == left;
            whole.push(Segment {
                base: from + cuts[at].1,
                add,
                extra: if last { extra } else { 0 },
            });
            if last {
                break;
            }
            (from, left) = (from + add, left - add);
        }
    }
    whole
}

fn encode_control(plan: &Plan) -> Result<Vec<u8>> {
    let mut coder = BitEncoder::new();
    code_plan(&mut coder, Some(plan), 0, 0, u64::MAX)?;
    Ok(coder.finish())
}

/// What a decoder needs for archives.
fn members_memory(members: &Members) -> u64 {
    DecompressedBase::memory_bytes(&members.base) + Recompressor::memory_bytes(members.target.len())
}

type Report<'a> = &'a mut dyn FnMut(f64) -> Result<()>;

struct LzmaBody {
    variant: Variant,
    /// Where the target has code to be filtered.
    code: Vec<(usize, usize, Machine)>,
}

fn encode_lzma(
    LzmaBody { variant, code }: LzmaBody,
    control: Vec<u8>,
    segments: &[Segment],
    target: &[u8],
    mut source: PredictionSource,
    report: Report,
) -> Result<(Layout<Vec<u8>>, u64)> {
    let new_bytes = segments.iter().map(|segment| segment.extra).sum();
    let mut body = LzmaEncoder::new(new_bytes);
    let (mut at, mut code) = (0, code.as_slice());
    walk(
        segments,
        source.base.base_bytes(),
        target,
        |step, actual| {
            at += actual.len();
            match step {
                Step::Enter(index) => source.predictor.enter(index),
                Step::Prime { .. } => {}
                Step::Aligned(_) => body.code_aligned(&mut source, actual)?,
                Step::New(_) => {
                    body.code_new(actual);
                    note_code(&mut body, &mut code, at - actual.len(), at);
                }
            }
            Ok(())
        },
    )?;
    let streams = body.finish(variant, report)?;
    let (coding, flags) = match variant {
        Variant::Lzma => (Coding::Lzma, Vec::new()),
        Variant::Lzma2 => (Coding::Lzma2, write_ranges(&streams.code)),
    };
    let layout = Layout {
        coding,
        runs: Vec::new(),
        work: streams.work,
        control,
        flags,
        differences: streams.differences,
        new: streams.new,
    };
    Ok((layout, streams.memory_bytes))
}

/// What of the target's new bytes from `start` to `end` is code; `code` begins with the first
/// stretch that may reach into them.
fn note_code(
    body: &mut LzmaEncoder,
    code: &mut &[(usize, usize, Machine)],
    start: usize,
    end: usize,
) {
    while let Some(((first, bytes, machine), rest)) = code.split_first() {
        let (from, to) = ((*first).max(start), (first + bytes).min(end));
        if from < to {
            body.note_code(end - to, to - from, *machine);
        }
        if first + bytes > end {
            return;
        }
        *code = rest;
    }
}

fn encode_mixed(
    sizes: Sizes,
    control: Vec<u8>,
    segments: &[Segment],
    target: &[u8],
    mut source: PredictionSource,
    report: Report,
) -> Result<(Layout<Vec<u8>>, u64)> {
    let coders = Coders {
        flags: BitEncoder::new(),
        differences: BitEncoder::new(),
        new: BitEncoder::new(),
    };
    let mut body = Body::new(coders, sizes);
    let mut done = 0;
    walk(
        segments,
        source.base.base_bytes(),
        target,
        |step, actual| {
            match step {
                Step::Enter(index) => source.predictor.enter(index),
                Step::Aligned(bytes) => _ = body.code_aligned(&mut source, bytes, Some(actual))?,
                Step::Prime { start, bytes } => body.prime(source.base, start, bytes)?,
                Step::New(bytes) => _ = body.code_new(bytes, Some(actual)),
            }
            let before = done / CHUNK_BYTES;
            done += actual.len();
            if done / CHUNK_BYTES > before {
                report(done as f64 / target.len() as f64)
            } else {
                Ok(())
            }
        },
    )?;
    report(1.0)?;
    let layout = Layout {
        coding: Coding::Mixed(sizes),
        runs: Vec::new(),
        work: body.work(),
        control,
        flags: body.coders.flags.finish(),
        differences: body.coders.differences.finish(),
        new: body.coders.new.finish(),
    };
    Ok((layout, sizes.memory_bytes()))
}

/// Hands its part of the target to every step.
fn walk(
    segments: &[Segment],
    base_bytes: usize,
    target: &[u8],
    mut take: impl FnMut(Step, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut walk = Walk::new(base_bytes);
    let mut rest = target;
    while let Some(step) = walk.next(segments) {
        let bytes = match step {
            Step::Enter(_) | Step::Prime { .. } => 0,
            Step::Aligned(bytes) | Step::New(bytes) => bytes,
        };
        let (now, later) = rest.split_at(bytes);
        take(step, now)?;
        rest = later;
    }
    Ok(())
}
