//! LZMA2 (LZMA's chunks, as in xz) for what is new: written by an encoder of our own, which takes
//! half the time of liblzma's level 6 for the same bytes on programs. What cannot be made smaller
//! is stored.

mod match_finder;
mod models;
mod parser;
mod prices;
mod range_encoder;

use self::match_finder::MatchFinder;
use self::models::{MAX_MATCH, Models, PROPERTIES};
use self::parser::{Context, Parser, Symbol};
use self::prices::Prices;
use self::range_encoder::RangeEncoder;
use crate::error::Result;

/// The most bytes of a chunk, coded and plain (eight times as many could be: progress is told of
/// after each), and of one that is stored.
const MAX_CODED_BYTES: usize = 1 << 16;
const MAX_PLAIN_BYTES: usize = 1 << 18;
const STORED_BYTES: usize = 1 << 16;

/// What one settled path may still add to a chunk: each of its symbols less than 8 bytes.
const MARGIN_BYTES: usize = 1 << 12;
const MARGIN_PLAIN_BYTES: usize = 1 << 12;

/// Symbols between two looks at what they cost by now.
const PRICED_SYMBOLS: usize = 1 << 10;

/// How a chunk begins.
const END: u8 = 0;
const STORED_FIRST: u8 = 1;
const STORED: u8 = 2;
const CODED: u8 = 0x80;
const NEW_STATE: u8 = 1 << 5;
const NEW_PROPERTIES: u8 = 2 << 5;
const NEW_DICTIONARY: u8 = 3 << 5;

/// Codes `plain` with a dictionary of so many bytes, and appends it to `out`. `progress` is told
/// how many bytes are done since it was last told.
pub fn encode(
    plain: &[u8],
    dictionary: u32,
    out: Vec<u8>,
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut encoder = Encoder::new(plain, dictionary, out);
    while encoder.coded < plain.len() {
        let before = encoder.coded;
        encoder.write_chunk();
        progress(encoder.coded - before)?;
    }
    encoder.out.push(END);
    Ok(encoder.out)
}

struct Encoder<'a> {
    plain: &'a [u8],
    finder: MatchFinder<'a>,
    parser: Parser,
    models: Models,
    prices: Box<Prices>,
    context: Context,
    symbols: Vec<Symbol>,
    unpriced: usize,
    /// Bytes in `out`.
    coded: usize,
    /// What the next coded chunk has to begin with.
    reset: u8,
    out: Vec<u8>,
}

impl<'a> Encoder<'a> {
    fn new(plain: &'a [u8], dictionary: u32, out: Vec<u8>) -> Encoder<'a> {
        let models = Models::new();
        Encoder {
            plain,
            finder: MatchFinder::new(plain, dictionary),
            parser: Parser::new(),
            prices: Prices::new(&models),
            models,
            context: Context::new(),
            symbols: Vec::new(),
            unpriced: 0,
            coded: 0,
            reset: NEW_DICTIONARY,
            out,
        }
    }

    fn write_chunk(&mut self) {
        let next = &self.plain[self.coded..self.plain.len().min(self.coded + STORED_BYTES)];
        if looks_random(next) {
            self.finder.skip(next.len(), u32::MAX);
            return self.store(next.len());
        }
        let (start, context) = (self.coded, self.context);
        let coded = self.code_chunk();
        let plain = self.coded - start;
        if coded.len() >= plain.min(MAX_CODED_BYTES + 1) {
            (self.coded, self.context) = (start, context);
            self.store(plain);
            return self.reset_state();
        }
        let (plain, coded_bytes) = (plain - 1, coded.len() - 1);
        self.out.push(CODED | self.reset | (plain >> 16) as u8);
        self.out.extend((plain as u16).to_be_bytes());
        self.out.extend((coded_bytes as u16).to_be_bytes());
        if self.reset >= NEW_PROPERTIES {
            self.out.push(PROPERTIES);
        }
        self.out.extend(coded);
        self.reset = 0;
    }

    fn store(&mut self, bytes: usize) {
        for chunk in self.plain[self.coded..self.coded + bytes].chunks(STORED_BYTES) {
            let kind = if self.reset == NEW_DICTIONARY {
                STORED_FIRST
            } else {
                STORED
            };
            self.out.push(kind);
            self.out
                .extend((chunk.len() as u16).wrapping_sub(1).to_be_bytes());
            self.out.extend(chunk);
            self.reset = self.reset.min(NEW_PROPERTIES);
        }
        self.coded += bytes;
    }

    /// A chunk that was coded in vain has taught the models what no decoder sees.
    fn reset_state(&mut self) {
        self.models = Models::new();
        self.prices.fill(&self.models);
        self.context = Context::new();
        self.reset = self.reset.max(NEW_STATE);
    }

    fn code_chunk(&mut self) -> Vec<u8> {
        let mut coder = RangeEncoder::new();
        let start = self.coded;
        while self.coded < self.plain.len()
            && coder.bytes() + MARGIN_BYTES <= MAX_CODED_BYTES
            && self.coded - start + MARGIN_PLAIN_BYTES <= MAX_PLAIN_BYTES
        {
            self.symbols.clear();
            self.parser.parse(
                self.plain,
                &mut self.finder,
                (&self.models, &self.prices),
                self.context,
                &mut self.symbols,
            );
            self.unpriced += self.symbols.len();
            for symbol in std::mem::take(&mut self.symbols).iter().copied() {
                self.code(&mut coder, symbol);
            }
            if self.unpriced >= PRICED_SYMBOLS {
                self.unpriced = 0;
                self.prices.fill(&self.models);
            }
        }
        coder.finish()
    }

    #[inline(always)]
    fn code(&mut self, coder: &mut RangeEncoder, symbol: Symbol) {
        let (at, state) = (self.coded, self.context.state);
        self.coded += match symbol {
            Symbol::Literal => {
                let old = |distance: usize| at.checked_sub(distance).map_or(0, |at| self.plain[at]);
                let bytes = (
                    self.plain[at],
                    old(1),
                    old(self.context.reps[0] as usize + 1),
                );
                self.models.code_literal(coder, state, bytes);
                1
            }
            Symbol::ShortRep => {
                self.models.code_short_rep(coder, state);
                1
            }
            Symbol::Rep { rep, length } => {
                self.models
                    .code_rep(coder, state, rep as usize, length as usize);
                length as usize
            }
            Symbol::Match { distance, length } => {
                self.models
                    .code_match(coder, state, distance, length as usize);
                length as usize
            }
        };
        self.context.take(symbol);
    }
}

/// Bytes of which fewer than one in so many would be saved are not worth coding.
const LEAST_SAVED: usize = 64;

/// Whether every byte is about as frequent as any other: what was compressed, or is encrypted.
fn looks_random(bytes: &[u8]) -> bool {
    if bytes.len() < STORED_BYTES / 4 {
        return false;
    }
    let mut counts = [0u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    // The sum of squares tells about as much as the entropy, and needs whole numbers only: for
    // random bytes it is n² / 256 + n.
    let squares: u64 = counts.iter().map(|count| u64::from(*count).pow(2)).sum();
    let even = (bytes.len() as u64).pow(2) / 256 + bytes.len() as u64;
    squares <= even + even / LEAST_SAVED as u64 * 4 && !repeats(bytes)
}

/// Whether stretches come again nearby, which counts of bytes do not tell.
fn repeats(bytes: &[u8]) -> bool {
    let mut places = vec![0u32; 1 << 12];
    let mut again = 0;
    for (at, next) in bytes.as_chunks::<4>().0.iter().enumerate() {
        let next = u32::from_le_bytes(*next);
        let place = &mut places[(next.wrapping_mul(0x9e37_79b1) >> 20) as usize];
        again += usize::from(*place == next && at > 0);
        *place = next;
    }
    again * LEAST_SAVED > bytes.len() / 4
}

const _: () = assert!(MARGIN_PLAIN_BYTES > 2048 + MAX_MATCH * 2 && MARGIN_BYTES > 2048);

#[cfg(test)]
mod tests;
