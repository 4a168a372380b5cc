//! What the bytes of an aligned stretch should be: the old ones, but references as they should be
//! now. It learns only from bytes already coded, so that a decoder computes the same as it goes.

use super::alignment::{Alignment, list_stretches};
use super::block_cache::BlockCache;
use super::open_pair::OpenPair;
use super::pending::{Pending, Predicted};
use super::shift_table::ShiftTable;
use crate::base_cache::BaseCache;
use crate::error::Result;
use crate::matching::Segment;
use crate::references::elf::{read_elf, read_word};
use crate::references::pairs::Pair;
use crate::references::scan::BLOCK_BYTES;

/// Entries, as a power of two, of the table of shifts.
pub const SHIFT_TABLE_BITS: u32 = 17;

/// The sections of the open pair (at most 256, with their names), and what was predicted last.
const OPEN_BYTES: usize = 64 << 10;

/// What a pair takes on the machine where it takes most: stated memory must not depend on who
/// states it.
const PAIR_BYTES: usize = 56;

pub struct Predictor {
    pairs: Vec<Pair>,
    alignment: Alignment,
    shifts: ShiftTable,
    blocks: BlockCache,
    /// The open pair, and how many pairs were opened: a damaged file is not opened again.
    open: Option<OpenPair>,
    opened: usize,
    /// The next byte of the aligned part, and how many are left of it.
    base_at: usize,
    target_at: usize,
    left: usize,
    pending: Pending,
}

impl Predictor {
    /// The shift table gets 2^table_bits entries.
    pub fn new(pairs: Vec<Pair>, segments: &[Segment], table_bits: u32) -> Predictor {
        Predictor {
            pairs,
            alignment: Alignment::new(list_stretches(segments)),
            shifts: ShiftTable::new(table_bits),
            blocks: BlockCache::new(),
            open: None,
            opened: 0,
            base_at: 0,
            target_at: 0,
            left: 0,
            pending: Pending::new(),
        }
    }

    /// The most bytes held.
    pub fn memory_bytes(&self) -> usize {
        let pairs: usize = self
            .pairs
            .iter()
            .map(|pair| size_of_val(pair.moves.as_slice()))
            .sum();
        let pairs = pairs + self.pairs.len() * PAIR_BYTES;
        let tables = self.alignment.memory_bytes() + self.shifts.memory_bytes();
        pairs + tables + BlockCache::memory_bytes() + OPEN_BYTES
    }

    /// The aligned part of segment `index` begins.
    pub fn enter(&mut self, index: usize) {
        let stretch = self.alignment.stretch(index);
        self.base_at = stretch.map_or(0, |stretch| stretch.base as usize);
        self.target_at = stretch.map_or(0, |stretch| stretch.target as usize);
        self.left = stretch.map_or(0, |stretch| stretch.bytes as usize);
        self.pending.clear();
    }

    /// Predictions for the next bytes: at least one unless the aligned part is over, at most `max`,
    /// and none past a field, so that what is learned from it counts for the next.
    pub fn predict(&mut self, max: usize, base: &mut BaseCache) -> Result<Predicted<'_>> {
        if self.pending.given == self.pending.old.len() {
            self.prepare(max, base)?;
        }
        Ok(self.pending.rest(max))
    }

    /// The actual bytes that followed. There may be fewer than predicted (then the next `predict`
    /// returns the rest), but never more.
    pub fn learn(&mut self, actual: &[u8]) {
        self.pending.take(actual);
        self.base_at += actual.len();
        self.target_at += actual.len();
        self.left -= actual.len();
        if self.pending.given < self.pending.old.len() {
            return;
        }
        if let (Some(reference), Some(open)) = (self.pending.field.take(), &mut self.open) {
            let word = read_word(&self.pending.actual[..reference.field.form.width()]);
            open.learn(&reference, word, &mut self.shifts);
        }
    }

    fn prepare(&mut self, max: usize, base: &mut BaseCache) -> Result<()> {
        self.pending.clear();
        let max = max.min(self.left).min(BLOCK_BYTES);
        let (inside, bytes) = self.find_region();
        if inside && !self.is_open() {
            self.open_pair(base)?;
        }
        if !inside || !self.is_open() {
            return self.pending.copy_plain(self.base_at, max.min(bytes), base);
        }
        self.prepare_in_file(max, bytes, base)
    }

    fn is_open(&self) -> bool {
        self.open
            .as_ref()
            .is_some_and(|open| open.covers(self.target_at))
    }

    /// Whether the present position is in a pair, and for how many bytes that stays so.
    fn find_region(&self) -> (bool, usize) {
        let pair = match self.open.as_ref() {
            Some(open) if open.covers(self.target_at) => Some(&open.pair),
            _ => {
                let after = self
                    .pairs
                    .partition_point(|pair| pair.target.end() <= self.target_at);
                self.pairs.get(after)
            }
        };
        let Some(Pair { base, target, .. }) = pair else {
            return (false, self.left);
        };
        if self.target_at < target.start {
            return (false, target.start - self.target_at);
        }
        let left = self.left.min(target.end() - self.target_at);
        match (self.base_at < base.start, self.base_at < base.end()) {
            (true, _) => (false, left.min(base.start - self.base_at)),
            (_, true) => (true, left.min(base.end() - self.base_at)),
            _ => (false, left),
        }
    }

    /// Opens the pair at the present position.
    fn open_pair(&mut self, base: &mut BaseCache) -> Result<()> {
        let number = self
            .pairs
            .partition_point(|pair| pair.target.end() <= self.target_at);
        if number < self.opened {
            return Ok(());
        }
        self.opened = number + 1;
        let Some(pair) = self.pairs.get(number) else {
            return Ok(());
        };
        let start = pair.base.start as u64;
        let read = &mut |offset: usize, out: &mut [u8]| base.copy_to(start + offset as u64, out);
        self.open = read_elf(pair.base.bytes, read)?
            .map(|elf| OpenPair::new(number as u32, pair.clone(), elf));
        self.alignment.open(pair);
        self.blocks.clear();
        Ok(())
    }

    /// Predicts up to the end of the next field, or of the block.
    fn prepare_in_file(&mut self, max: usize, bytes: usize, base: &mut BaseCache) -> Result<()> {
        let Some(open) = &self.open else {
            return Ok(());
        };
        let file = open.pair.base;
        let at = self.base_at - file.start;
        let start = at - at % BLOCK_BYTES;
        let in_block = bytes.min(start + BLOCK_BYTES - at);
        let (block, fields) = self.blocks.find(start, file, &open.elf, base)?;
        let from = at - start;
        let after = fields.partition_point(|field| usize::from(field.at) < from);
        let field = fields.get(after).filter(|field| {
            let end = usize::from(field.at) + field.form.width();
            usize::from(field.at) < from + max && end <= from + in_block
        });
        let Some(field) = field else {
            self.pending.fill(&block[from..from + in_block.min(max)]);
            return Ok(());
        };
        let end = usize::from(field.at) + field.form.width();
        self.pending.fill(&block[from..end]);
        let word = read_word(&block[usize::from(field.at)..end]);
        let new = self.target_at + usize::from(field.at) - from - open.pair.target.start;
        let reference = open.locate(*field, word, start + usize::from(field.at), new);
        let candidates = open.candidates(&reference, &self.alignment, &self.shifts);
        self.pending
            .predict_field(reference, open.origin(&reference), &candidates);
        Ok(())
    }
}
