//! The parts of the base that were used last. Segments are often a hundred bytes long and near each other: a call
//! out of the wasm instance and a read of a file for each would cost more than all the rest.

use crate::error::Result;
use crate::read_at::Source;

const BLOCK_BYTES: usize = 16 << 10;
const BLOCKS: usize = 64;

struct Block {
    number: u64,
    last_used: u64,
    bytes: Vec<u8>,
}

pub struct BaseWindow {
    source: Source,
    source_bytes: u64,
    blocks: Vec<Block>,
    uses: u64,
    /// Where the last block was found: most reads go on in it.
    latest: usize,
}

impl BaseWindow {
    pub fn new(source: Source, source_bytes: u64) -> BaseWindow {
        BaseWindow {
            source,
            source_bytes,
            blocks: Vec::new(),
            uses: 0,
            latest: 0,
        }
    }

    /// Fills `out` with the base's bytes from `offset`; the caller has checked that they exist.
    pub fn copy_to(&mut self, mut offset: u64, mut out: &mut [u8]) -> Result<()> {
        while !out.is_empty() {
            let block = self.find(offset / BLOCK_BYTES as u64)?;
            let old = &block.bytes[(offset % BLOCK_BYTES as u64) as usize..];
            let bytes = old.len().min(out.len());
            let (now, later) = out.split_at_mut(bytes);
            now.copy_from_slice(&old[..bytes]);
            out = later;
            offset += bytes as u64;
        }
        Ok(())
    }

    fn find(&mut self, number: u64) -> Result<&Block> {
        self.uses += 1;
        if self
            .blocks
            .get(self.latest)
            .is_none_or(|block| block.number != number)
        {
            self.latest = match self.blocks.iter().position(|block| block.number == number) {
                Some(index) => index,
                None => self.load(number)?,
            };
        }
        let block = &mut self.blocks[self.latest];
        block.last_used = self.uses;
        Ok(block)
    }

    /// Reads a block into the place of the one that was not used for longest.
    fn load(&mut self, number: u64) -> Result<usize> {
        let oldest = (0..self.blocks.len()).min_by_key(|&index| self.blocks[index].last_used);
        let index = match oldest {
            Some(index) if self.blocks.len() == BLOCKS => index,
            _ => {
                self.blocks.push(Block {
                    number,
                    last_used: 0,
                    bytes: Vec::with_capacity(BLOCK_BYTES),
                });
                self.blocks.len() - 1
            }
        };
        let offset = number * BLOCK_BYTES as u64;
        let block = &mut self.blocks[index];
        // Named only when it holds what its name says: the read may fail.
        block.number = u64::MAX;
        block
            .bytes
            .resize((self.source_bytes - offset).min(BLOCK_BYTES as u64) as usize, 0);
        self.source.read_at(offset, &mut block.bytes)?;
        block.number = number;
        Ok(index)
    }
}
