//! A block: literals and matches are collected with the frequency of each code, then written in the
//! shortest of three forms (RFC 1951, 3.2.3): stored, with fixed codes, or with dynamic ones.

use super::bits::BitWriter;
use super::huffman::{MAX_BITS, PrefixCode, SYMBOLS};
use super::lengths::CodeLengths;
use super::recipe::Recipe;
use super::symbols::{
    DISTANCE_CODES, END_OF_BLOCK, LITERAL_CODES, MIN_MATCH, code_distance, code_length,
    distance_extra_bits, literal_extra_bits,
};
use super::window::Match;

/// After so many symbols each, some variants ask whether the block had better end.
const EARLY_END_STEP: usize = 4 << 10;

/// Bits before a block: whether it is the last one, and its form.
const HEADER_BITS: u32 = 3;

#[derive(Clone, Copy)]
enum Form {
    Stored = 0,
    Fixed = 1,
    Dynamic = 2,
}

pub struct Block {
    max_symbols: usize,
    ends_early: bool,
    /// Distance (0: none) above, literal or length less 3 in the low byte.
    symbols: Vec<u32>,
    literals: [u16; LITERAL_CODES],
    distances: [u16; DISTANCE_CODES],
    matches: usize,
    fixed: [PrefixCode; 2],
    bits: BitWriter,
}

impl Block {
    pub fn new(recipe: Recipe) -> Block {
        let traits = recipe.variant().traits();
        let mut block = Block {
            max_symbols: traits.block_symbols,
            ends_early: traits.ends_blocks_early && recipe.level() > 2,
            symbols: Vec::with_capacity(traits.block_symbols),
            literals: [0; LITERAL_CODES],
            distances: [0; DISTANCE_CODES],
            matches: 0,
            fixed: fixed_codes(),
            bits: BitWriter::default(),
        };
        block.clear();
        block
    }

    fn clear(&mut self) {
        self.symbols.clear();
        self.literals = [0; LITERAL_CODES];
        self.literals[END_OF_BLOCK] = 1;
        self.distances = [0; DISTANCE_CODES];
        self.matches = 0;
    }

    /// Returns whether the block is full now; `block_bytes` is what the search has covered since it
    /// began.
    #[inline]
    pub fn push_literal(&mut self, byte: u8, block_bytes: usize) -> bool {
        self.literals[usize::from(byte)] += 1;
        self.push(u32::from(byte), block_bytes)
    }

    #[inline]
    pub fn push_match(&mut self, found: Match, block_bytes: usize) -> bool {
        let (distance, length) = (found.distance as u32, (found.length - MIN_MATCH) as u8);
        self.literals[code_length(length).code] += 1;
        self.distances[code_distance(distance - 1).code] += 1;
        self.matches += 1;
        self.push(distance << 8 | u32::from(length), block_bytes)
    }

    #[inline]
    fn push(&mut self, symbol: u32, block_bytes: usize) -> bool {
        self.symbols.push(symbol);
        let full = self.symbols.len() == self.max_symbols;
        full || self.ends_early
            && self.symbols.len().is_multiple_of(EARLY_END_STEP)
            && self.is_worth_ending(block_bytes)
    }

    /// Whether an upper bound shows that the block shrank to less than half, with few matches.
    fn is_worth_ending(&self, block_bytes: usize) -> bool {
        let counts = self.distances.iter().enumerate();
        let distance_bits: usize = counts
            .map(|(code, count)| usize::from(*count) * (5 + distance_extra_bits(code) as usize))
            .sum();
        let bytes = (8 * self.symbols.len() + distance_bits) / 8;
        self.matches < self.symbols.len() / 2 && bytes < block_bytes / 2
    }

    /// Writes the block and begins the next one. `plain` is what it stands for, unless that has
    /// left the window.
    pub fn write(&mut self, plain: Option<&[u8]>, last: bool, out: &mut Vec<u8>) {
        let literals = PrefixCode::build(&self.literals, MAX_BITS);
        let distances = PrefixCode::build(&self.distances, MAX_BITS);
        let lengths = CodeLengths::new(&literals, &distances);
        let fixed_bytes = self.count_bytes(&self.fixed[0], &self.fixed[1], 0);
        let dynamic_bytes = self.count_bytes(&literals, &distances, lengths.bits);

        let coded_bytes = fixed_bytes.min(dynamic_bytes);
        match plain {
            Some(plain) if plain.len() + 4 <= coded_bytes => {
                self.write_header(Form::Stored, last, out);
                self.write_stored(plain, out);
            }
            _ if fixed_bytes == coded_bytes => {
                self.write_header(Form::Fixed, last, out);
                write_symbols(
                    &self.symbols,
                    &self.fixed[0],
                    &self.fixed[1],
                    &mut self.bits,
                    out,
                );
            }
            _ => {
                self.write_header(Form::Dynamic, last, out);
                lengths.write(literals.used, distances.used, &mut self.bits, out);
                write_symbols(&self.symbols, &literals, &distances, &mut self.bits, out);
            }
        }
        self.clear();
        if last {
            self.bits.align(out);
        }
    }

    fn count_bytes(
        &self,
        literals: &PrefixCode,
        distances: &PrefixCode,
        header_bits: u32,
    ) -> usize {
        let symbol_bits = literals.cost(&self.literals, literal_extra_bits)
            + distances.cost(&self.distances, distance_extra_bits);
        (HEADER_BITS + header_bits + symbol_bits).div_ceil(8) as usize
    }

    fn write_header(&mut self, form: Form, last: bool, out: &mut Vec<u8>) {
        self.bits
            .put((form as u32) << 1 | u32::from(last), HEADER_BITS, out);
    }

    fn write_stored(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        self.bits.align(out);
        let bytes = plain.len() as u16;
        out.extend(bytes.to_le_bytes());
        out.extend((!bytes).to_le_bytes());
        out.extend_from_slice(plain);
    }
}

fn write_symbols(
    symbols: &[u32],
    literals: &PrefixCode,
    distances: &PrefixCode,
    bits: &mut BitWriter,
    out: &mut Vec<u8>,
) {
    let mut put = |code: &PrefixCode, symbol: usize, extra_bits: u32, extra: u32| {
        let length = u32::from(code.lengths[symbol]);
        bits.put(
            u32::from(code.bits[symbol]) | extra << length,
            length + extra_bits,
            out,
        );
    };
    for symbol in symbols {
        let (distance, value) = (symbol >> 8, *symbol as u8);
        if distance == 0 {
            put(literals, usize::from(value), 0, 0);
            continue;
        }
        let length = code_length(value);
        put(literals, length.code, length.extra_bits, length.extra);
        let distance = code_distance(distance - 1);
        put(
            distances,
            distance.code,
            distance.extra_bits,
            distance.extra,
        );
    }
    put(literals, END_OF_BLOCK, 0, 0);
}

/// The codes of RFC 1951, 3.2.6, for literals and for distances.
fn fixed_codes() -> [PrefixCode; 2] {
    let mut literals = [8; SYMBOLS];
    literals[144..256].fill(9);
    literals[256..280].fill(7);
    let mut distances = [0; SYMBOLS];
    distances[..DISTANCE_CODES + 2].fill(5);
    [literals, distances].map(PrefixCode::from_lengths)
}
