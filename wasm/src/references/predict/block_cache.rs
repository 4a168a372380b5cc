//! The blocks of the base's file that were looked at last, with their fields.

use crate::base_cache::BaseCache;
use crate::error::Result;
use crate::parts::Part;
use crate::references::elf::Elf;
use crate::references::field::Field;
use crate::references::scan::{BLOCK_BYTES, find_fields};

/// Code advances in the base as in the target, so few blocks are in use at a time.
const BLOCKS: usize = 4;

struct Block {
    /// Where it starts in the base's file; none when it is empty.
    start: Option<usize>,
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

pub struct BlockCache {
    blocks: Vec<Block>,
    /// Which block is replaced next.
    oldest: usize,
}

impl BlockCache {
    pub fn new() -> BlockCache {
        let empty = || Block {
            start: None,
            bytes: Vec::with_capacity(BLOCK_BYTES),
            fields: Vec::with_capacity(BLOCK_BYTES / 4),
        };
        BlockCache {
            blocks: std::iter::repeat_with(empty).take(BLOCKS).collect(),
            oldest: 0,
        }
    }

    /// Forgets all blocks, as another file is looked at.
    pub fn clear(&mut self) {
        for block in &mut self.blocks {
            block.start = None;
        }
    }

    /// The bytes of the block at `start` of the file, and its fields.
    pub fn find(
        &mut self,
        start: usize,
        file: Part,
        elf: &Elf,
        base: &mut BaseCache,
    ) -> Result<(&[u8], &[Field])> {
        let kept = self
            .blocks
            .iter()
            .position(|block| block.start == Some(start));
        let index = match kept {
            Some(index) => index,
            None => self.load(start, file, elf, base)?,
        };
        let block = &self.blocks[index];
        Ok((&block.bytes, &block.fields))
    }

    fn load(&mut self, start: usize, file: Part, elf: &Elf, base: &mut BaseCache) -> Result<usize> {
        let index = self.oldest;
        self.oldest = (self.oldest + 1) % BLOCKS;
        let block = &mut self.blocks[index];
        block.start = None;
        block.bytes.resize(BLOCK_BYTES.min(file.bytes - start), 0);
        base.copy_to((file.start + start) as u64, &mut block.bytes)?;
        find_fields(elf, start, &block.bytes, &mut block.fields);
        block.start = Some(start);
        Ok(index)
    }

    pub fn memory_bytes() -> usize {
        BLOCKS * (BLOCK_BYTES + BLOCK_BYTES / 4 * size_of::<Field>())
    }
}
