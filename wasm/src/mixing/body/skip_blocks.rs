//! Blocks of aligned bytes that are all as predicted: each costs one bit, and the more of them were
//! right, the larger the next one is.

use crate::mixing::arithmetic::BitCoder;
use crate::mixing::components::StateMap;

/// Bytes of the smallest block; it doubles with every block that is right.
const BLOCK_BYTES: usize = 32;
const BLOCK_LEVELS: usize = 10;
/// How many of the last blocks' flags make the context.
const BLOCK_HISTORY: u32 = 5;
const BLOCK_LIMIT: u32 = 30;

pub struct SkipBlocks {
    level: usize,
    /// Bytes to be coded one by one before the next try, after the smallest block was wrong.
    pub wait: usize,
    history: usize,
    right: StateMap,
}

impl SkipBlocks {
    pub fn new() -> SkipBlocks {
        SkipBlocks {
            level: 0,
            wait: 0,
            history: 0,
            right: StateMap::new(BLOCK_LEVELS << (BLOCK_HISTORY + 1)),
        }
    }

    pub fn bytes(&self) -> usize {
        BLOCK_BYTES << self.level
    }

    pub fn code<C: BitCoder>(&mut self, coder: &mut C, ends_chunk: bool, right: bool) -> bool {
        let history = self.history & ((1 << BLOCK_HISTORY) - 1);
        let context = (self.level << BLOCK_HISTORY | history) << 1 | usize::from(ends_chunk);
        let p = self.right.p(context).clamp(32, 65_504);
        let right = coder.code(u32::from(right), p);
        self.right.update(context, right, BLOCK_LIMIT);
        self.history = self.history << 1 | right as usize;
        if right == 1 {
            self.level = (self.level + 1).min(BLOCK_LEVELS - 1);
        } else if self.level == 0 {
            self.wait = BLOCK_BYTES;
        } else {
            self.level = self
                .level
                .saturating_sub(if self.level > 3 { 2 } else { 1 });
        }
        right == 1
    }

    /// An aligned byte was coded outside of a block.
    pub fn pass(&mut self, right: bool) {
        self.wait = self.wait.saturating_sub(1);
        if !right {
            self.level = 0;
        }
    }
}
