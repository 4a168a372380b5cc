//! What the bytes of an aligned stretch should be: the old ones, but references as they should be now. It learns only
//! from bytes already coded, so that a decoder computes the same as it goes.

use super::alignment::{Alignment, list_stretches};
use super::blank::{read_word, write_word};
use super::blocks::Blocks;
use super::elf::read_elf;
use super::field::{Field, kind};
use super::guess::{Guesses, Open, Spot, sure};
use super::learned::Learned;
use super::pairs::Pair;
use super::scan::BLOCK_BYTES;
use crate::base_window::BaseWindow;
use crate::error::Result;
use crate::matching::Segment;

/// Expectations for the next bytes, in slices of equal length.
pub struct Expected<'a> {
    /// The best guess.
    pub first: &'a [u8],
    /// The second guess inside a field, else as `first`.
    pub second: &'a [u8],
    /// The aligned old bytes as they are.
    pub old: &'a [u8],
    /// 0 outside of fields, else the position in the field from 1.
    pub place: &'a [u8],
    /// Of the field that the bytes belong to, see [`kind`]. It tells nothing about bytes whose place is 0.
    pub kind: u8,
    /// How the first guess for the field was made, see [`sure`]. It tells nothing about bytes whose place is 0.
    pub sure: u8,
}

const NOWHERE: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// The sections of the pair looked at (at most 256, with their names), and what was expected last.
const OPEN_BYTES: usize = 64 << 10;

/// What a pair takes on the machine where it takes most: stated memory must not depend on who states it.
const PAIR_BYTES: usize = 56;

pub struct Predictor {
    pairs: Vec<Pair>,
    alignment: Alignment,
    learned: Learned,
    blocks: Blocks,
    /// The pair looked at last, and how many pairs were looked at: a damaged file is not opened again.
    open: Option<Open>,
    opened: usize,
    /// The next byte of the aligned part, and how many are left of it.
    base_at: usize,
    target_at: usize,
    left: usize,
    next: Next,
}

/// What was expected last; `given` bytes of it are known by now.
struct Next {
    old: Vec<u8>,
    first: Vec<u8>,
    second: Vec<u8>,
    place: Vec<u8>,
    /// The field that ends it.
    field: Option<Spot>,
    sure: u8,
    given: usize,
    /// The field's bytes as they came.
    actual: [u8; 8],
}

impl Predictor {
    /// `memory_bits`: the table of what is learned has 2^memory_bits entries.
    pub fn new(pairs: Vec<Pair>, segments: &[Segment], memory_bits: u32) -> Predictor {
        Predictor {
            pairs,
            alignment: Alignment::new(list_stretches(segments)),
            learned: Learned::new(memory_bits),
            blocks: Blocks::new(),
            open: None,
            opened: 0,
            base_at: 0,
            target_at: 0,
            left: 0,
            next: Next::new(),
        }
    }

    /// Bytes held at most.
    pub fn memory_bytes(&self) -> usize {
        let pairs: usize = self
            .pairs
            .iter()
            .map(|pair| size_of_val(pair.moves.as_slice()))
            .sum();
        let pairs = pairs + self.pairs.len() * PAIR_BYTES;
        let tables = self.alignment.memory_bytes() + self.learned.memory_bytes();
        pairs + tables + Blocks::memory_bytes() + OPEN_BYTES
    }

    /// The aligned part of segment `index` begins.
    pub fn enter(&mut self, index: usize) {
        let stretch = self.alignment.stretch(index);
        self.base_at = stretch.map_or(0, |stretch| stretch.base as usize);
        self.target_at = stretch.map_or(0, |stretch| stretch.target as usize);
        self.left = stretch.map_or(0, |stretch| stretch.bytes as usize);
        self.next.clear();
    }

    /// Expectations for the next bytes: at least one unless the aligned part is over, at most `most`, and none behind a
    /// field, so that what is learned from it counts for the next.
    pub fn expect(&mut self, most: usize, base: &mut BaseWindow) -> Result<Expected<'_>> {
        if self.next.given == self.next.old.len() {
            self.prepare(most, base)?;
        }
        Ok(self.next.rest(most))
    }

    /// The real bytes that followed; may be fewer than expected (then the next `expect` gives the rest of the same),
    /// never more.
    pub fn learn(&mut self, actual: &[u8]) {
        self.next.take(actual);
        self.base_at += actual.len();
        self.target_at += actual.len();
        self.left -= actual.len();
        if self.next.given < self.next.old.len() {
            return;
        }
        if let (Some(spot), Some(open)) = (self.next.field.take(), &mut self.open) {
            let word = read_word(&self.next.actual[..spot.field.form.width()]);
            open.learn(&spot, word, &mut self.learned);
        }
    }

    fn prepare(&mut self, most: usize, base: &mut BaseWindow) -> Result<()> {
        self.next.clear();
        let most = most.min(self.left).min(BLOCK_BYTES);
        let (inside, bytes) = self.find_region();
        if inside && !self.is_open() {
            self.open_pair(base)?;
        }
        if !inside || !self.is_open() {
            return self.next.copy_plain(self.base_at, most.min(bytes), base);
        }
        self.prepare_in_file(most, bytes, base)
    }

    fn is_open(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.covers(self.target_at))
    }

    /// Whether the present position lies in a pair, and for how many bytes that stays so.
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

    /// Makes the pair at the present position the open one.
    fn open_pair(&mut self, base: &mut BaseWindow) -> Result<()> {
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
        self.open = read_elf(pair.base.bytes, read)?.map(|elf| Open::new(number as u32, pair.clone(), elf));
        self.alignment.open(pair);
        self.blocks.clear();
        Ok(())
    }

    /// The stretch up to and with the next field, or up to the end of what may hold fields or not.
    fn prepare_in_file(&mut self, most: usize, bytes: usize, base: &mut BaseWindow) -> Result<()> {
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
            usize::from(field.at) < from + most && end <= from + in_block
        });
        let Some(field) = field else {
            self.next.fill(&block[from..from + in_block.min(most)]);
            return Ok(());
        };
        let end = usize::from(field.at) + field.form.width();
        self.next.fill(&block[from..end]);
        let word = read_word(&block[usize::from(field.at)..end]);
        let new = self.target_at + usize::from(field.at) - from - open.pair.target.start;
        let spot = open.locate(*field, word, start + usize::from(field.at), new);
        let guesses = open.guess(&spot, &self.alignment, &self.learned);
        self.next.expect_field(spot, open.origin(&spot), &guesses);
        Ok(())
    }
}

impl Next {
    fn new() -> Next {
        let bytes = || Vec::with_capacity(BLOCK_BYTES);
        Next {
            old: bytes(),
            first: bytes(),
            second: bytes(),
            place: bytes(),
            field: None,
            sure: sure::PLAIN,
            given: 0,
            actual: [0; 8],
        }
    }

    fn clear(&mut self) {
        self.old.clear();
        self.field = None;
        self.sure = sure::PLAIN;
        self.given = 0;
    }

    fn copy_plain(&mut self, base_at: usize, bytes: usize, base: &mut BaseWindow) -> Result<()> {
        self.old.resize(bytes, 0);
        base.copy_to(base_at as u64, &mut self.old)
    }

    fn fill(&mut self, old: &[u8]) {
        self.old.extend_from_slice(old);
    }

    /// Puts the two best guesses that fit into the field at the end.
    fn expect_field(&mut self, spot: Spot, origin: u64, guesses: &Guesses) {
        let Field { form, detail, .. } = spot.field;
        let start = self.old.len() - form.width();
        let mut words = guesses.targets.iter().flatten().filter_map(|target| {
            let distance = target.wrapping_sub(origin) as i64;
            form.encode(spot.word, detail, distance)
        });
        let first = words.next();
        let second = words
            .find(|word| Some(*word) != first)
            .or(first)
            .unwrap_or(spot.word);
        self.sure = if first.is_some() {
            guesses.sure
        } else {
            sure::PLAIN
        };
        self.first.clear();
        self.first.extend_from_slice(&self.old);
        self.second.clear();
        self.second.extend_from_slice(&self.old);
        write_word(&mut self.first[start..], first.unwrap_or(spot.word));
        write_word(&mut self.second[start..], second);
        self.place.clear();
        self.place.resize(start, 0);
        self.place.extend(1..=form.width() as u8);
        self.field = Some(spot);
    }

    fn rest(&self, most: usize) -> Expected<'_> {
        let end = self.old.len().min(self.given.saturating_add(most));
        let range = self.given..end;
        let old = &self.old[range.clone()];
        match &self.field {
            Some(spot) => Expected {
                first: &self.first[range.clone()],
                second: &self.second[range.clone()],
                old,
                place: &self.place[range],
                kind: spot.field.form.kind(),
                sure: self.sure,
            },
            None => Expected {
                first: old,
                second: old,
                old,
                place: &NOWHERE[..old.len()],
                kind: kind::PLAIN,
                sure: sure::PLAIN,
            },
        }
    }

    fn take(&mut self, actual: &[u8]) {
        if let Some(spot) = &self.field {
            let start = self.old.len() - spot.field.form.width();
            let skipped = start.saturating_sub(self.given);
            let inside = (self.given + skipped).saturating_sub(start);
            for (into, byte) in self.actual[inside..].iter_mut().zip(actual.iter().skip(skipped)) {
                *into = *byte;
            }
        }
        self.given += actual.len();
    }
}

impl Open {
    fn new(number: u32, pair: Pair, elf: super::elf::Elf) -> Open {
        let moves = (0..elf.sections.len()).map(|index| pair.move_of(index).address);
        Open {
            number,
            last_shifts: moves.collect(),
            pages: [(0, 0); 32],
            pair,
            elf,
        }
    }

    fn covers(&self, target_at: usize) -> bool {
        (self.pair.target.start..self.pair.target.end()).contains(&target_at)
    }
}
