//! Makes a record: align, split into the three streams, code each.

use super::layout::StreamSizes;
use crate::coder::{CURRENT, Coder, Kind, Level};
use crate::control::write_control;
use crate::error::Result;
use crate::matching::{self, Progress, Segment, align};
use crate::parts::Part;
use crate::varint::write_varint;
use crate::zero_runs::Packer;

pub struct Encoded {
    pub record: Vec<u8>,
    /// What a decoder needs for the dictionaries of all three streams.
    pub memory_bytes: u64,
}

/// What a byte costs to code, in the unit of `matching::cost`.
const CODE_COST: f64 = 4.0;

/// How many bytes there will be to code for each of the target's when there is a base: from a tenth, of one patch
/// version to the next, to a third, of one distant version to another.
const CODED_SHARE: f64 = 0.2;

pub fn encode(
    _level: Level,
    base: &[u8],
    _base_parts: &[Part],
    target: &[u8],
    _target_parts: &[Part],
    progress: Progress,
) -> Result<Encoded> {
    let coder = CURRENT;
    let matching = matching_share(base, target);
    let segments = align(base, target, &mut |fraction| progress(fraction * matching))?;
    let control = write_control(&segments);
    let mut packer = Packer::default();
    let extra = split_streams(base, target, &segments, |difference| packer.push(difference));
    let difference = packer.finish();
    drop(segments);
    let all = control.len() + difference.len() + extra.len();
    let mut done = 0;
    let mut report = |bytes: usize| {
        done += bytes;
        progress(matching + (1.0 - matching) * done as f64 / all as f64)
    };
    let control = Body::encode(coder, Kind::Control, control, &mut report)?;
    let difference = Body::encode(coder, Kind::Difference, difference, &mut report)?;
    let extra = Body::encode(coder, Kind::Extra, extra, &mut report)?;

    let mut record = Vec::new();
    control.sizes.write(&mut record);
    difference.sizes.write(&mut record);
    write_varint(&mut record, extra.sizes.plain);
    for body in [&control, &difference, &extra] {
        record.extend_from_slice(&body.bytes);
    }
    Ok(Encoded {
        record,
        memory_bytes: control.memory_bytes + difference.memory_bytes + extra.memory_bytes,
    })
}

/// The share of the time that matching will take; the rest is coding.
fn matching_share(base: &[u8], target: &[u8]) -> f64 {
    let coded_share = if base.is_empty() { 1.0 } else { CODED_SHARE };
    let matching = matching::cost(base, target);
    matching / (matching + CODE_COST * coded_share * target.len().max(1) as f64)
}

/// Differences (new minus old, byte by byte), handed on one by one, and new bytes.
pub fn split_streams(
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

/// One stream as it is stored: coded, or plain where coding does not make it smaller.
pub struct Body {
    pub sizes: StreamSizes,
    pub bytes: Vec<u8>,
    pub memory_bytes: u64,
}

impl Body {
    pub fn encode(
        coder: &dyn Coder,
        kind: Kind,
        plain: Vec<u8>,
        report: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Body> {
        let plain_bytes = plain.len() as u64;
        if plain.is_empty() {
            return Ok(Body::new(plain_bytes, plain, 0));
        }
        let coded = coder.encode(kind, &plain, report)?;
        if coded.bytes.len() >= plain.len() {
            return Ok(Body::new(plain_bytes, plain, 0));
        }
        Ok(Body::new(plain_bytes, coded.bytes, coded.memory_bytes))
    }

    fn new(plain: u64, bytes: Vec<u8>, memory_bytes: u64) -> Body {
        Body {
            sizes: StreamSizes {
                plain,
                stored: bytes.len() as u64,
            },
            bytes,
            memory_bytes,
        }
    }
}
