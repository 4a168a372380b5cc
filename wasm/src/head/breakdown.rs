//! What the bytes of a delta file are, for a person who wonders why it is not smaller.

use super::{CRC_BYTES, DeltaFile};
use crate::error::Result;
use crate::record::{Facts, read_facts};

/// One kind of bytes, over the whole file: how many are stored, and how many they stand for.
pub struct Kind {
    pub name: &'static str,
    pub stored: u64,
    pub plain: u64,
}

impl DeltaFile {
    /// Every byte of the file is in one kind. What only frames the others counts as plain as it is stored.
    pub fn break_down(&self) -> Result<Vec<Kind>> {
        let facts = self.sum_facts()?;
        let skeleton = self.skeleton.remaining();
        let framing = self.head_bytes - self.table_bytes - skeleton + CRC_BYTES + facts.front;
        let kind = |name, stored, plain| Kind { name, stored, plain };
        Ok(vec![
            kind("head and framing", framing, framing),
            kind("group table", self.table_bytes, self.table_bytes),
            kind("skeleton", skeleton, self.skeleton_bytes),
            kind("instructions", facts.control, facts.control),
            kind("right predictions", facts.hits, facts.aligned),
            kind("differences", facts.differences, facts.aligned),
            kind("new bytes", facts.new, facts.fresh),
        ])
    }

    /// What a decoder of all groups has to do: bytes that are mostly copied, and steps, of a bit each (or a byte of LZMA).
    pub fn work(&self) -> Result<Vec<(&'static str, u64)>> {
        let facts = self.sum_facts()?;
        Ok(vec![
            ("bytes predicted", facts.aligned),
            ("steps modelled", facts.work),
        ])
    }

    fn sum_facts(&self) -> Result<Facts> {
        let mut sum = Facts::default();
        for (group, record) in self.groups.iter().zip(&self.records) {
            sum.add(&read_facts(
                record.clone(),
                group.base_bytes(),
                group.target_bytes,
                self.memory_bytes,
            )?);
        }
        Ok(sum)
    }
}
