//! The plan: all of what control holds, in order.

use super::columns::{COUNT, DECOMPRESSED};
use super::list::code_list;
use super::segments::code_segments;
use crate::error::{Result, damaged};
use crate::limits::{MAX_DECOMPRESSED_BYTES, MAX_GROUP_BYTES, MAX_LIST_BYTES};
use crate::matching::Segment;
use crate::mixing::{BitCoder, Numbers};

/// How a target is put together.
#[derive(Default)]
pub struct Plan {
    /// The lengths of both sides with archives decompressed.
    pub base_bytes: u64,
    pub target_bytes: u64,
    pub segments: Vec<Segment>,
    /// What `write_pairs` and `write_members` returned.
    pub pairs: Vec<u8>,
    pub members: Vec<u8>,
}

/// Codes the plan and returns it; without one, decodes it. The sides of a record without archives
/// have `base_bytes` and `target_bytes`. `max_segments` bounds the segments.
pub fn code_plan<C: BitCoder>(
    coder: &mut C,
    plan: Option<&Plan>,
    base_bytes: u64,
    target_bytes: u64,
    max_segments: u64,
) -> Result<Plan> {
    let nothing = Plan::default();
    let actual = plan.unwrap_or(&nothing);
    let mut numbers = Numbers::new();
    let members = code_list(coder, &mut numbers, &actual.members, MAX_LIST_BYTES)?;
    let (base_bytes, target_bytes) = if let (Some(plan), true) = (plan, members.is_empty()) {
        (plan.base_bytes, plan.target_bytes)
    } else if members.is_empty() {
        (base_bytes, target_bytes)
    } else {
        let base_bytes = numbers.code(coder, COUNT, [DECOMPRESSED; 3], actual.base_bytes);
        let target_bytes = numbers.code(coder, COUNT, [DECOMPRESSED; 3], actual.target_bytes);
        if base_bytes.max(target_bytes) > MAX_GROUP_BYTES + MAX_DECOMPRESSED_BYTES {
            return Err(damaged("a decompressed side is larger than allowed"));
        }
        (base_bytes, target_bytes)
    };
    let segments = code_segments(
        coder,
        &mut numbers,
        &actual.segments,
        base_bytes,
        target_bytes,
        max_segments,
    )?;
    let pairs = code_list(coder, &mut numbers, &actual.pairs, MAX_LIST_BYTES)?;
    Ok(Plan {
        base_bytes,
        target_bytes,
        segments,
        pairs,
        members,
    })
}
