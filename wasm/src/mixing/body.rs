//! The bytes of the target, in chunks. Aligned bytes are mostly as predicted: whole blocks of them are passed over with one
//! bit, fields and single bytes with one bit each, and only what is left is coded as bytes.

use super::arithmetic::BitCoder;
use super::blocks::Blocks;
use super::bytes::Bytes;
use super::forecast::{Forecast, Foresight};
use super::history::Histories;
use super::hits::{Hits, Question};
use super::past::Past;
use super::plain::{self, Plain};
use super::sizes::Sizes;
use super::trace::Trace;
use crate::base_window::BaseWindow;
use crate::error::Result;

/// Bytes of a chunk at most: an encoder looks ahead so far, a decoder hands out so much at once.
pub const CHUNK_BYTES: usize = 32 << 10;

/// Right predictions in a row before blocks are tried.
const BLOCKS_AFTER: u32 = 64;

/// The chunk's real bytes for an encoder; a decoder has none.
pub type Actual<'a> = Option<&'a [u8]>;

/// One arithmetic coder for each kind of thing, so that what each costs can be seen from outside.
pub struct Coders<C> {
    /// Whether predictions are right.
    pub hits: C,
    /// Bytes that were predicted wrongly.
    pub differences: C,
    /// Bytes that nothing was aligned with.
    pub new: C,
}

pub struct Body<C> {
    pub coders: Coders<C>,
    histories: Histories,
    past: Past,
    trace: Trace,
    hits: Hits,
    bytes: Bytes,
    blocks: Blocks,
    plain: Plain,
    forecast: Forecast,
    made: Vec<u8>,
    /// What was asked and coded so far, a question being 1.
    work: u64,
}

/// What coding a byte counts as work: its bits, each as dear as a question.
const BYTE_WORK: u64 = 8;
/// What learning a byte counts that both sides know.
const PRIME_WORK: u64 = 2;

impl<C: BitCoder> Body<C> {
    pub fn new(coders: Coders<C>, sizes: Sizes) -> Body<C> {
        let histories = Histories::new();
        Body {
            coders,
            past: Past::new(sizes.past, sizes.match_heads()),
            trace: Trace::new(),
            hits: Hits::new(sizes.hit_histories(), &histories),
            bytes: Bytes::new(sizes.slots, &histories),
            blocks: Blocks::new(),
            plain: Plain::new(),
            forecast: Forecast::default(),
            made: Vec::with_capacity(CHUNK_BYTES),
            work: 0,
            histories,
        }
    }

    /// Bits that were modelled so far: what coding takes time for.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Codes the next `bytes` (at most a chunk) of an aligned stretch, and gives them.
    pub fn code_aligned(&mut self, foresight: &mut Foresight, bytes: usize, actual: Actual) -> Result<&[u8]> {
        self.made.clear();
        self.forecast.begin(bytes);
        if let Some(actual) = actual {
            while self.forecast.known() < bytes {
                self.forecast.extend(foresight, actual)?;
            }
        }
        while self.made.len() < bytes {
            if self.trace.run < BLOCKS_AFTER || self.blocks.wait > 0 {
                self.code_unit(foresight, actual)?;
            } else {
                self.code_block(foresight, bytes, actual)?;
            }
        }
        self.forecast.learn(foresight, &self.made);
        Ok(&self.made)
    }

    /// Lets the models of new bytes learn old ones, `bytes` of the base from `start` on: what follows is much like them.
    pub fn prime(&mut self, base: &mut BaseWindow, start: usize, bytes: usize) -> Result<()> {
        self.work += PRIME_WORK * bytes as u64;
        let before = self.past.latest();
        let mut done = 0;
        while done < bytes {
            self.made.resize(CHUNK_BYTES.min(bytes - done), 0);
            base.copy_to((start + done) as u64, &mut self.made)?;
            done += self.made.len();
            for &byte in &self.made {
                self.past.remember();
                self.bytes.prime(&self.histories, &self.past, byte);
                self.past.push(byte);
            }
        }
        self.past.return_to(before);
        Ok(())
    }

    /// Codes the next `bytes` (at most a chunk) that nothing is aligned with, and gives them.
    pub fn code_new(&mut self, bytes: usize, actual: Actual) -> &[u8] {
        self.made.clear();
        if bytes >= plain::LEAST_BYTES {
            let is_plain = actual.is_some_and(|actual| plain::is_noise(actual, &self.past));
            if self.plain.code(&mut self.coders.new, is_plain) {
                self.code_plain(bytes, actual);
                return &self.made;
            }
        }
        self.work += BYTE_WORK * bytes as u64;
        for index in 0..bytes {
            let actual = actual.map_or(0, |actual| actual[index]);
            self.past.find();
            let scene = (&self.trace, &self.past);
            let byte = self
                .bytes
                .code(&mut self.coders.new, &self.histories, None, scene, actual);
            self.trace.learn_new();
            self.take(byte);
        }
        &self.made
    }

    fn code_plain(&mut self, bytes: usize, actual: Actual) {
        self.work += bytes as u64;
        for index in 0..bytes {
            let actual = actual.map_or(0, |actual| actual[index]);
            let byte = plain::code_byte(&mut self.coders.new, actual);
            self.past.remember();
            self.past.push(byte);
            self.trace.learn_new();
            self.made.push(byte);
        }
        self.past.forget_match();
    }

    /// Are all bytes of the next block as predicted? If so they are done.
    fn code_block(&mut self, foresight: &mut Foresight, bytes: usize, actual: Actual) -> Result<()> {
        let at = self.made.len();
        let end = bytes.min(at + self.blocks.bytes());
        let right = actual.is_some_and(|actual| actual[at..end] == self.forecast.first[at..end]);
        if !self.blocks.code(&mut self.coders.hits, end == bytes, right) {
            return Ok(());
        }
        while self.made.len() < end {
            let from = self.made.len();
            if from == self.forecast.known() {
                self.forecast.extend(foresight, &self.made)?;
            }
            let to = end.min(self.forecast.known());
            self.made.extend_from_slice(&self.forecast.first[from..to]);
        }
        self.trace.learn_run(end - at);
        self.past.push_all(&self.made[at..]);
        Ok(())
    }

    /// A field or a byte. Not inlined, as `Aligner::advance` is not.
    #[inline(never)]
    fn code_unit(&mut self, foresight: &mut Foresight, actual: Actual) -> Result<()> {
        let at = self.made.len();
        if at == self.forecast.known() {
            self.forecast.extend(foresight, &self.made)?;
        }
        if self.trace.run < BLOCKS_AFTER {
            self.past.find();
        } else {
            self.past.remember();
        }
        let field = self.forecast.field_bytes(at);
        self.work += 1;
        if field > 1 && self.forecast.place[at] == 1 && self.code_field(at, field, actual) {
            return Ok(());
        }
        self.code_byte(at, actual);
        Ok(())
    }

    /// Whether the field that begins at `at` is one of its guesses; if so it is done.
    fn code_field(&mut self, at: usize, bytes: usize, actual: Actual) -> bool {
        let guess = self.forecast.guess(at);
        let field = at..at + bytes;
        let actual = actual.map(|actual| &actual[field.clone()]);
        let is = |guessed: &[u8]| u32::from(actual == Some(guessed));
        let scene = (&self.trace, &self.past);
        let (coder, histories) = (&mut self.coders.hits, &self.histories);
        let first = is(&self.forecast.first[field.clone()]);
        if self
            .hits
            .code(coder, histories, (Question::Field, &guess), scene, first)
            == 1
        {
            self.take_field(field, false);
            return true;
        }
        if self.forecast.first[field.clone()] == self.forecast.second[field.clone()] {
            return false;
        }
        let second = is(&self.forecast.second[field.clone()]);
        let hit = self
            .hits
            .code(coder, histories, (Question::SecondField, &guess), scene, second)
            == 1;
        if hit {
            self.take_field(field, true);
        }
        hit
    }

    fn take_field(&mut self, field: std::ops::Range<usize>, second: bool) {
        let start = field.start;
        for at in field {
            let byte = if second {
                self.forecast.second[at]
            } else {
                self.forecast.first[at]
            };
            if at > start {
                self.past.remember();
            }
            self.take_aligned(at, byte);
        }
    }

    fn code_byte(&mut self, at: usize, actual: Actual) {
        let guess = self.forecast.guess(at);
        let expected = self.forecast.first[at];
        let actual = actual.map_or(0, |actual| actual[at]);
        let scene = (&self.trace, &self.past);
        let hit = u32::from(actual == expected);
        let histories = &self.histories;
        let hit = self.hits.code(
            &mut self.coders.hits,
            histories,
            (Question::Byte, &guess),
            scene,
            hit,
        );
        let byte = if hit == 1 {
            expected
        } else {
            self.work += BYTE_WORK;
            self.bytes.code(
                &mut self.coders.differences,
                histories,
                Some(&guess),
                scene,
                actual,
            )
        };
        self.take_aligned(at, byte);
    }

    fn take_aligned(&mut self, at: usize, byte: u8) {
        let last = self.forecast.field_bytes(at) <= 1;
        self.trace.learn(&self.forecast.guess(at), byte, last);
        self.blocks.pass(byte == self.forecast.first[at]);
        self.take(byte);
    }

    fn take(&mut self, byte: u8) {
        self.past.judge(byte);
        self.past.push(byte);
        self.made.push(byte);
    }
}
