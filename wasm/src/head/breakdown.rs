//! What the bytes of a delta file are, for a person who wonders why it is not smaller.

use super::{CRC_BYTES, DeltaFile};
use crate::error::Result;
use crate::record::{StreamSizes, Streams};

/// One kind of bytes, over the whole file.
pub struct Kind {
    pub name: &'static str,
    pub sizes: StreamSizes,
}

impl DeltaFile {
    /// Every byte of the file is in one kind. What only frames the others counts as plain as it is stored.
    pub fn break_down(&self) -> Result<Vec<Kind>> {
        let skeleton = StreamSizes {
            plain: self.skeleton_bytes,
            stored: self.skeleton.remaining(),
        };
        let [control, difference, extra] = self.sum_streams()?;
        let records: u64 = self.records.iter().map(|record| record.remaining()).sum();
        let streams = control.stored + difference.stored + extra.stored;
        Ok(vec![
            Kind::framing("head", self.head_bytes - self.table.stored - skeleton.stored),
            Kind::new("group table", self.table),
            Kind::new("skeleton", skeleton),
            Kind::new("instructions", control),
            Kind::new("differences", difference),
            Kind::new("new bytes", extra),
            Kind::framing("framing", records - streams + CRC_BYTES),
        ])
    }

    /// What a decoder of all groups has to do beside copying: bytes by the kind of work.
    pub fn work(&self) -> Result<Vec<(&'static str, u64)>> {
        let mut modelled = 0u64;
        for (group, record) in self.groups.iter().zip(&self.records) {
            let sizes = Streams::read(record.clone(), group.target_bytes)?.sizes();
            let coded = sizes.iter().filter(|sizes| sizes.stored < sizes.plain);
            modelled = coded.fold(modelled, |sum, sizes| sum.saturating_add(sizes.plain));
        }
        Ok(vec![("modelled", modelled)])
    }

    /// Of control, difference and extra, each summed over all groups.
    fn sum_streams(&self) -> Result<[StreamSizes; 3]> {
        let mut sums = [StreamSizes::default(); 3];
        for (group, record) in self.groups.iter().zip(&self.records) {
            let sizes = Streams::read(record.clone(), group.target_bytes)?.sizes();
            for (sum, sizes) in sums.iter_mut().zip(sizes) {
                sum.plain = sum.plain.saturating_add(sizes.plain);
                sum.stored = sum.stored.saturating_add(sizes.stored);
            }
        }
        Ok(sums)
    }
}

impl Kind {
    fn new(name: &'static str, sizes: StreamSizes) -> Kind {
        Kind { name, sizes }
    }

    fn framing(name: &'static str, bytes: u64) -> Kind {
        let sizes = StreamSizes {
            plain: bytes,
            stored: bytes,
        };
        Kind { name, sizes }
    }
}
