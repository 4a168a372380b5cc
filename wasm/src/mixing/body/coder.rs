//! The bytes of the target, in chunks. Aligned bytes are mostly as predicted: whole blocks of them
//! are skipped with one bit, fields and single bytes take one bit each, and only what is left is
//! coded as bytes.

use super::byte_model::ByteModel;
use super::coders::{Actual, Coders};
use super::flag_model::{Flag, FlagModel};
use super::outcomes::Outcomes;
use super::predictions::{PredictionSource, Predictions};
use super::skip_blocks::SkipBlocks;
use super::stored::{self, StoredFlag};
use crate::base_cache::BaseCache;
use crate::error::Result;
use crate::mixing::arithmetic::BitCoder;
use crate::mixing::components::{MatchModel, StateTable};
use crate::mixing::sizes::Sizes;

/// The most bytes in a chunk: an encoder looks ahead so far, a decoder hands out so much at once.
pub const CHUNK_BYTES: usize = 32 << 10;

/// Right predictions in a row before blocks are tried.
const BLOCKS_AFTER: u32 = 64;

pub struct Body<C> {
    pub coders: Coders<C>,
    state_table: StateTable,
    match_model: MatchModel,
    outcomes: Outcomes,
    flag_model: FlagModel,
    byte_model: ByteModel,
    skip_blocks: SkipBlocks,
    stored_flag: StoredFlag,
    predictions: Predictions,
    /// The chunk so far.
    chunk: Vec<u8>,
    /// What was coded so far, a flag counting as 1.
    work: u64,
}

/// What a byte counts as work: its bits, each as expensive as a flag.
const BYTE_WORK: u64 = 8;
/// What learning a byte counts that both sides know.
const PRIME_WORK: u64 = 2;

impl<C: BitCoder> Body<C> {
    pub fn new(coders: Coders<C>, sizes: Sizes) -> Body<C> {
        let state_table = StateTable::new();
        Body {
            coders,
            match_model: MatchModel::new(sizes.buffer, sizes.match_hashes()),
            outcomes: Outcomes::new(),
            flag_model: FlagModel::new(sizes.flag_states(), &state_table),
            byte_model: ByteModel::new(sizes.hash_table, &state_table),
            skip_blocks: SkipBlocks::new(),
            stored_flag: StoredFlag::new(),
            predictions: Predictions::default(),
            chunk: Vec::with_capacity(CHUNK_BYTES),
            work: 0,
            state_table,
        }
    }

    /// Bits that were modelled so far: what coding takes time for.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Codes the next `bytes` (at most a chunk) of an aligned stretch and returns them.
    pub fn code_aligned(
        &mut self,
        source: &mut PredictionSource,
        bytes: usize,
        actual: Actual,
    ) -> Result<&[u8]> {
        self.chunk.clear();
        self.predictions.start(bytes);
        if let Some(actual) = actual {
            while self.predictions.known() < bytes {
                self.predictions.extend(source, actual)?;
            }
        }
        while self.chunk.len() < bytes {
            if self.outcomes.run < BLOCKS_AFTER || self.skip_blocks.wait > 0 {
                self.code_unit(source, actual)?;
            } else {
                self.code_block(source, bytes, actual)?;
            }
        }
        self.predictions.learn(source, &self.chunk);
        Ok(&self.chunk)
    }

    /// Primes the models of new bytes with `bytes` old ones from `start` of the base: what follows
    /// is much like them.
    pub fn prime(&mut self, base: &mut BaseCache, start: usize, bytes: usize) -> Result<()> {
        self.work += PRIME_WORK * bytes as u64;
        let context = self.match_model.context();
        let mut done = 0;
        while done < bytes {
            self.chunk.resize(CHUNK_BYTES.min(bytes - done), 0);
            base.copy_to((start + done) as u64, &mut self.chunk)?;
            done += self.chunk.len();
            for &byte in &self.chunk {
                self.match_model.insert();
                self.byte_model
                    .prime(&self.state_table, &self.match_model, byte);
                self.match_model.push(byte);
            }
        }
        self.match_model.restore(context);
        Ok(())
    }

    /// Codes the next `bytes` (at most a chunk) that are aligned with nothing and returns them.
    pub fn code_new(&mut self, bytes: usize, actual: Actual) -> &[u8] {
        self.chunk.clear();
        if bytes >= stored::MIN_BYTES {
            let is_stored =
                actual.is_some_and(|actual| stored::is_incompressible(actual, &self.match_model));
            if self.stored_flag.code(&mut self.coders.new, is_stored) {
                self.code_stored(bytes, actual);
                return &self.chunk;
            }
        }
        self.work += BYTE_WORK * bytes as u64;
        for index in 0..bytes {
            let actual = actual.map_or(0, |actual| actual[index]);
            self.match_model.find();
            let seen = (&self.outcomes, &self.match_model);
            let byte =
                self.byte_model
                    .code(&mut self.coders.new, &self.state_table, None, seen, actual);
            self.outcomes.push_new();
            self.push(byte);
        }
        &self.chunk
    }

    fn code_stored(&mut self, bytes: usize, actual: Actual) {
        self.work += bytes as u64;
        for index in 0..bytes {
            let actual = actual.map_or(0, |actual| actual[index]);
            let byte = stored::code_byte(&mut self.coders.new, actual);
            self.match_model.insert();
            self.match_model.push(byte);
            self.outcomes.push_new();
            self.chunk.push(byte);
        }
        self.match_model.drop_match();
    }

    /// Codes whether all bytes of the next block are as predicted, and takes them if so.
    fn code_block(
        &mut self,
        source: &mut PredictionSource,
        bytes: usize,
        actual: Actual,
    ) -> Result<()> {
        let at = self.chunk.len();
        let end = bytes.min(at + self.skip_blocks.bytes());
        let right = actual.is_some_and(|actual| actual[at..end] == self.predictions.first[at..end]);
        if !self
            .skip_blocks
            .code(&mut self.coders.flags, end == bytes, right)
        {
            return Ok(());
        }
        while self.chunk.len() < end {
            let from = self.chunk.len();
            if from == self.predictions.known() {
                self.predictions.extend(source, &self.chunk)?;
            }
            let to = end.min(self.predictions.known());
            self.chunk
                .extend_from_slice(&self.predictions.first[from..to]);
        }
        self.outcomes.push_block(end - at);
        self.match_model.push_all(&self.chunk[at..]);
        Ok(())
    }

    /// Codes a field or a byte. Not inlined, for the reason given at `Aligner::advance`.
    #[inline(never)]
    fn code_unit(&mut self, source: &mut PredictionSource, actual: Actual) -> Result<()> {
        let at = self.chunk.len();
        if at == self.predictions.known() {
            self.predictions.extend(source, &self.chunk)?;
        }
        if self.outcomes.run < BLOCKS_AFTER {
            self.match_model.find();
        } else {
            self.match_model.insert();
        }
        let field = self.predictions.field_bytes(at);
        self.work += 1;
        let begins_field = field > 1 && self.predictions.position[at] == 1;
        if begins_field && self.code_field(at, field, actual) {
            return Ok(());
        }
        self.code_byte(at, actual);
        Ok(())
    }

    /// Codes whether the field that begins at `at` is as one of its predictions, and takes it if
    /// so.
    fn code_field(&mut self, at: usize, bytes: usize, actual: Actual) -> bool {
        let prediction = self.predictions.get(at);
        let field = at..at + bytes;
        let actual = actual.map(|actual| &actual[field.clone()]);
        let is = |predicted: &[u8]| u32::from(actual == Some(predicted));
        let seen = (&self.outcomes, &self.match_model);
        let (coder, state_table) = (&mut self.coders.flags, &self.state_table);
        let first = is(&self.predictions.first[field.clone()]);
        let flagged = (Flag::Field, &prediction);
        if self
            .flag_model
            .code(coder, state_table, flagged, seen, first)
            == 1
        {
            self.take_field(field, false);
            return true;
        }
        if self.predictions.first[field.clone()] == self.predictions.second[field.clone()] {
            return false;
        }
        let second = is(&self.predictions.second[field.clone()]);
        let flagged = (Flag::SecondField, &prediction);
        let right = self
            .flag_model
            .code(coder, state_table, flagged, seen, second)
            == 1;
        if right {
            self.take_field(field, true);
        }
        right
    }

    fn take_field(&mut self, field: std::ops::Range<usize>, second: bool) {
        let start = field.start;
        for at in field {
            let byte = if second {
                self.predictions.second[at]
            } else {
                self.predictions.first[at]
            };
            if at > start {
                self.match_model.insert();
            }
            self.take_aligned(at, byte);
        }
    }

    fn code_byte(&mut self, at: usize, actual: Actual) {
        let prediction = self.predictions.get(at);
        let first = self.predictions.first[at];
        let actual = actual.map_or(0, |actual| actual[at]);
        let seen = (&self.outcomes, &self.match_model);
        let right = u32::from(actual == first);
        let state_table = &self.state_table;
        let right = self.flag_model.code(
            &mut self.coders.flags,
            state_table,
            (Flag::Byte, &prediction),
            seen,
            right,
        );
        let byte = if right == 1 {
            first
        } else {
            self.work += BYTE_WORK;
            self.byte_model.code(
                &mut self.coders.differences,
                state_table,
                Some(&prediction),
                seen,
                actual,
            )
        };
        self.take_aligned(at, byte);
    }

    fn take_aligned(&mut self, at: usize, byte: u8) {
        let last = self.predictions.field_bytes(at) <= 1;
        self.outcomes.push(&self.predictions.get(at), byte, last);
        self.skip_blocks.pass(byte == self.predictions.first[at]);
        self.push(byte);
    }

    fn push(&mut self, byte: u8) {
        self.match_model.update(byte);
        self.match_model.push(byte);
        self.chunk.push(byte);
    }
}
