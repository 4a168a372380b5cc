//! The parts of the base that were used last. Segments are often a hundred bytes long and close to
//! each other, and leaving the wasm instance to read a file for each of them would cost more than
//! all the rest.

use crate::error::Result;
use crate::read_at::Source;

const BLOCK_BYTES: usize = 16 << 10;
const BLOCKS: usize = 64;

#[derive(Clone, Copy)]
struct Block {
    /// Which block of the base this is; `NONE` when it is empty.
    number: u64,
    last_used: u64,
}

const NONE: u64 = u64::MAX;

pub struct BaseCache {
    source: Source,
    source_bytes: u64,
    blocks: [Block; BLOCKS],
    /// The bytes of all blocks, allocated at once. One by one they would end up between the
    /// dictionaries, which then could not grow in place.
    bytes: Vec<u8>,
    uses: u64,
    /// Where the last block was found: most reads continue in it.
    latest: usize,
}

impl BaseCache {
    pub fn new(source: Source, source_bytes: u64) -> BaseCache {
        let empty = Block {
            number: NONE,
            last_used: 0,
        };
        let needed = source_bytes.div_ceil(BLOCK_BYTES as u64);
        BaseCache {
            source,
            source_bytes,
            blocks: [empty; BLOCKS],
            bytes: vec![0; needed.min(BLOCKS as u64) as usize * BLOCK_BYTES],
            uses: 0,
            latest: 0,
        }
    }

    /// The length of the whole base.
    pub fn base_bytes(&self) -> usize {
        self.source_bytes as usize
    }

    /// Fills `out` with the base's bytes from `offset`; the caller has checked that they exist.
    pub fn copy_to(&mut self, mut offset: u64, mut out: &mut [u8]) -> Result<()> {
        while !out.is_empty() {
            let block = self.find(offset / BLOCK_BYTES as u64)?;
            let old = &block[(offset % BLOCK_BYTES as u64) as usize..];
            let bytes = old.len().min(out.len());
            let (now, later) = out.split_at_mut(bytes);
            now.copy_from_slice(&old[..bytes]);
            out = later;
            offset += bytes as u64;
        }
        Ok(())
    }

    fn find(&mut self, number: u64) -> Result<&[u8]> {
        self.uses += 1;
        if self.blocks[self.latest].number != number {
            self.latest = match self.blocks.iter().position(|block| block.number == number) {
                Some(index) => index,
                None => self.load(number)?,
            };
        }
        self.blocks[self.latest].last_used = self.uses;
        Ok(&self.bytes[self.place(self.latest, number)])
    }

    /// Reads a block over the least recently used one.
    fn load(&mut self, number: u64) -> Result<usize> {
        let oldest = self
            .blocks
            .iter()
            .enumerate()
            .min_by_key(|(_, block)| block.last_used);
        let index = oldest.map_or(0, |(index, _)| index);
        // It gets its number only once it holds the bytes: the read may fail.
        self.blocks[index].number = NONE;
        let place = self.place(index, number);
        self.source
            .read_at(number * BLOCK_BYTES as u64, &mut self.bytes[place])?;
        self.blocks[index].number = number;
        Ok(index)
    }

    /// Where in `bytes` block `number` of the base is kept. The last block may be shorter.
    fn place(&self, index: usize, number: u64) -> std::ops::Range<usize> {
        let start = index * BLOCK_BYTES;
        let left = self.source_bytes - number * BLOCK_BYTES as u64;
        start..start + left.min(BLOCK_BYTES as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::rc::Rc;

    proptest! {
        /// More blocks than are kept, a shorter last one, ranges over several of them.
        #[test]
        fn what_is_copied_is_what_the_source_has(
            extra in 0usize..BLOCK_BYTES,
            blocks in prop_oneof![0usize..3, Just(BLOCKS + 2)],
            reads in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40_000), 1..100),
        ) {
            let bytes = 0..blocks * BLOCK_BYTES + extra;
            let base: Vec<u8> = bytes.map(|at| (at / 64 + at) as u8).collect();
            let mut cache = BaseCache::new(Rc::new(base.clone()), base.len() as u64);
            for (offset, bytes) in reads {
                let offset = offset.index(base.len() + 1);
                let mut out = vec![0; bytes.min(base.len() - offset)];
                cache.copy_to(offset as u64, &mut out).unwrap();
                prop_assert!(out == base[offset..offset + out.len()]);
            }
        }
    }
}
