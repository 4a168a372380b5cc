//! What the bytes of a delta file are spent on, for a person who wonders why it is not smaller.

use super::decode::DeltaFile;
use super::format::CRC_BYTES;
use crate::error::Result;
use crate::record::{Stats, read_stats};

/// One kind of bytes, over the whole file: how many are stored, and how many they stand for.
pub struct Kind {
    pub name: &'static str,
    pub stored: u64,
    pub plain: u64,
}

impl DeltaFile {
    /// Every byte of the file is of one kind. What only frames the others stands for itself.
    pub fn break_down(&self) -> Result<Vec<Kind>> {
        let stats = self.sum_stats()?;
        let skeleton = self.skeleton.remaining();
        let framing = self.header_bytes - self.table_bytes - skeleton + CRC_BYTES + stats.header;
        let kind = |name, stored, plain| Kind {
            name,
            stored,
            plain,
        };
        Ok(vec![
            kind("header and framing", framing, framing),
            kind("group table", self.table_bytes, self.table_bytes),
            kind("skeleton", skeleton, self.skeleton_bytes),
            kind("instructions", stats.control, stats.control),
            kind("right predictions", stats.flags, stats.aligned),
            kind("differences", stats.differences, stats.aligned),
            kind("new bytes", stats.new, stats.new_bytes),
        ])
    }

    /// What decoding all groups takes: bytes, most of them copied, and steps of one bit (or one
    /// byte of LZMA) each.
    pub fn work(&self) -> Result<Vec<(&'static str, u64)>> {
        let stats = self.sum_stats()?;
        Ok(vec![
            ("bytes predicted", stats.aligned),
            ("steps modelled", stats.work),
        ])
    }

    fn sum_stats(&self) -> Result<Stats> {
        let mut sum = Stats::default();
        for (group, record) in self.groups.iter().zip(&self.records) {
            sum.add(&read_stats(
                record.clone(),
                group.base_bytes(),
                group.target_bytes,
                self.memory_bytes,
            )?);
        }
        Ok(sum)
    }
}
