//! The classic patch format of bsdiff 4.3 (Colin Percival, <https://www.daemonology.net/bsdiff/>),
//! so that Infield's matching can be used with, and checked against, tools that every system has.
//!
//! `BSDIFF40`, three lengths (compressed control block, compressed diff block, target), then three
//! bzip2 streams: control, diff and extra. Numbers have 8 bytes, little-endian, and the top bit is
//! the sign. Control is triples of add length, extra length and seek.

use std::io::{Read, Write};

use bzip2::{Compression, read::BzDecoder, write::BzEncoder};

use crate::error::{Code, Error, Result, input};
use crate::matching::{Progress, Segment, align};

const MAGIC: &[u8; 8] = b"BSDIFF40";
const HEADER_BYTES: usize = 32;

pub fn encode(base: &[u8], target: &[u8], progress: Progress) -> Result<Vec<u8>> {
    let segments = align(base, target, &mut |fraction| progress(fraction * 0.8))?;
    let mut difference = Vec::new();
    let extra = split_streams(base, target, &segments, |byte| difference.push(byte));
    let control = pack(&write_control(&segments))?;
    let difference = pack(&difference)?;
    progress(0.9)?;
    let mut out = MAGIC.to_vec();
    for number in [control.len(), difference.len(), target.len()] {
        write_number(&mut out, number as i64);
    }
    out.extend(control);
    out.extend(difference);
    out.extend(pack(&extra)?);
    Ok(out)
}

/// Here a triple seeks *after* its bytes, so a first segment that does not start at 0 needs an
/// empty triple before it.
fn write_control(segments: &[Segment]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut end = 0;
    let mut waiting = (0, 0);
    for (index, segment) in segments.iter().enumerate() {
        let base = if segment.add == 0 { end } else { segment.base };
        if index > 0 || base > 0 {
            write_triple(&mut out, waiting, base as i64 - end as i64);
        }
        waiting = (segment.add, segment.extra);
        end = base + segment.add;
    }
    if !segments.is_empty() {
        write_triple(&mut out, waiting, 0);
    }
    out
}

fn write_triple(out: &mut Vec<u8>, (add, extra): (usize, usize), movement: i64) {
    for number in [add as i64, extra as i64, movement] {
        write_number(out, number);
    }
}

fn write_number(out: &mut Vec<u8>, number: i64) {
    let sign = if number < 0 { 1 << 63 } else { 0 };
    out.extend((number.unsigned_abs() | sign).to_le_bytes());
}

fn read_number(input: &mut impl Read) -> Result<i64> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes).map_err(damaged)?;
    let number = u64::from_le_bytes(bytes);
    let size = (number & !(1 << 63)) as i64;
    Ok(if number >> 63 == 0 { size } else { -size })
}

fn pack(plain: &[u8]) -> Result<Vec<u8>> {
    let mut writer = BzEncoder::new(Vec::new(), Compression::best());
    let packed = writer.write_all(plain).and_then(|()| writer.finish());
    packed.map_err(|_| input("not enough memory to compress"))
}

fn damaged(_: impl Sized) -> Error {
    Error {
        code: Code::BsdiffDamaged,
        message: "the patch is damaged or not in the format of bsdiff 4.3",
    }
}

pub fn decode(base: &[u8], patch: &[u8], max_target_bytes: u64) -> Result<Vec<u8>> {
    let mut header = patch.strip_prefix(MAGIC).ok_or(()).map_err(damaged)?;
    let mut read_size =
        || read_number(&mut header).and_then(|size| u64::try_from(size).map_err(damaged));
    let (control, difference, target_bytes) = (read_size()?, read_size()?, read_size()?);
    if target_bytes > max_target_bytes {
        let message = "the patch makes more bytes than are allowed here";
        return Err(Error {
            code: Code::BsdiffTooLarge,
            message,
        });
    }
    let (control, rest) = split_at(&patch[HEADER_BYTES..], control)?;
    let (difference, extra) = split_at(rest, difference)?;
    let mut streams = [control, difference, extra].map(BzDecoder::new);
    let mut target = Vec::new();
    apply(base, &mut streams, target_bytes, &mut target)?;
    Ok(target)
}

fn split_at(bytes: &[u8], at: u64) -> Result<(&[u8], &[u8])> {
    usize::try_from(at)
        .ok()
        .and_then(|at| bytes.split_at_checked(at))
        .ok_or(())
        .map_err(damaged)
}

fn apply(
    base: &[u8],
    streams: &mut [impl Read; 3],
    target_bytes: u64,
    target: &mut Vec<u8>,
) -> Result<()> {
    let [control, difference, extra] = streams;
    let mut position = 0i64;
    // bsdiff advances by at least a byte between two triples: more triples than bytes can only be
    // meant to keep us busy.
    let mut triples = target_bytes + 1;
    while (target.len() as u64) < target_bytes {
        triples = triples.checked_sub(1).ok_or(()).map_err(damaged)?;
        let [add, new, movement] = [
            read_number(control)?,
            read_number(control)?,
            read_number(control)?,
        ];
        let start = target.len();
        append(target, difference, add, target_bytes)?;
        add_base(base, position, &mut target[start..]);
        append(target, extra, new, target_bytes)?;
        position = position
            .checked_add(add)
            .and_then(|end| end.checked_add(movement))
            .ok_or(())
            .map_err(damaged)?;
    }
    Ok(())
}

fn append(target: &mut Vec<u8>, from: &mut impl Read, bytes: i64, target_bytes: u64) -> Result<()> {
    let bytes = u64::try_from(bytes).map_err(damaged)?;
    if bytes > target_bytes - target.len() as u64 {
        return Err(damaged(()));
    }
    let read = from.take(bytes).read_to_end(target).map_err(damaged)?;
    if read as u64 == bytes {
        Ok(())
    } else {
        Err(damaged(()))
    }
}

/// Like `bspatch`, counts bytes outside the base as zeros.
fn add_base(base: &[u8], position: i64, out: &mut [u8]) {
    let before = usize::try_from(position.saturating_neg().max(0))
        .unwrap_or(usize::MAX)
        .min(out.len());
    let start = usize::try_from(position.max(0))
        .unwrap_or(usize::MAX)
        .min(base.len());
    for (new, old) in out[before..].iter_mut().zip(&base[start..]) {
        *new = new.wrapping_add(*old);
    }
}
/// Hands on the differences (new minus old) byte by byte, and returns the new bytes.
fn split_streams(
    base: &[u8],
    target: &[u8],
    segments: &[Segment],
    mut difference: impl FnMut(u8),
) -> Vec<u8> {
    let mut extra = Vec::with_capacity(segments.iter().map(|segment| segment.extra).sum());
    let mut rest = target;
    for segment in segments {
        let (added, after) = rest.split_at(segment.add);
        let old = &base[segment.base..segment.base + segment.add];
        added
            .iter()
            .zip(old)
            .for_each(|(new, old)| difference(new.wrapping_sub(*old)));
        let (new, after) = after.split_at(segment.extra);
        extra.extend_from_slice(new);
        rest = after;
    }
    extra
}
