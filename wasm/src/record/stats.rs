//! What a record says about itself without its base.

use super::decode::open_plan;
use super::layout::Layout;
use crate::error::Result;
use crate::limits::{MAX_INSPECT_MEMORY_BYTES, SEGMENT_MEMORY_BYTES};
use crate::read_at::Region;

/// `work` is that of `Layout`, the rest are bytes: stored ones of the record's header and streams,
/// then plain ones, aligned with the base and new.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    pub header: u64,
    pub control: u64,
    pub flags: u64,
    pub differences: u64,
    pub new: u64,
    pub aligned: u64,
    pub new_bytes: u64,
    pub work: u64,
}

impl Stats {
    pub fn add(&mut self, other: &Stats) {
        self.header += other.header;
        self.control += other.control;
        self.flags += other.flags;
        self.differences += other.differences;
        self.new += other.new;
        self.aligned += other.aligned;
        self.new_bytes += other.new_bytes;
        self.work = self.work.saturating_add(other.work);
    }
}

/// `memory_bytes` is what the delta's header states.
pub fn read_stats(
    record: Region,
    base_bytes: u64,
    target_bytes: u64,
    memory_bytes: u64,
) -> Result<Stats> {
    let all = record.remaining();
    let layout = Layout::read(record, target_bytes)?;
    let target_bytes = layout.coded_bytes(target_bytes);
    let [control, flags, differences, new] = [
        &layout.control,
        &layout.flags,
        &layout.differences,
        &layout.new,
    ]
    .map(Region::remaining);
    let max_segments = memory_bytes.min(MAX_INSPECT_MEMORY_BYTES) / SEGMENT_MEMORY_BYTES;
    let plan = open_plan(layout.control, base_bytes, target_bytes, max_segments)?;
    let sum = |bytes: fn(&crate::matching::Segment) -> usize| {
        plan.segments
            .iter()
            .map(|segment| bytes(segment) as u64)
            .sum()
    };
    Ok(Stats {
        header: all - control - flags - differences - new,
        control,
        flags,
        differences,
        new,
        aligned: sum(|segment| segment.add),
        work: layout.work,
        new_bytes: sum(|segment| segment.extra),
    })
}
