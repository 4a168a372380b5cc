//! How a block describes its codes: the lengths of both, as runs, in a third code (RFC 1951,
//! 3.2.7).

use super::bits::BitWriter;
use super::huffman::PrefixCode;

/// Symbols of the third code: lengths 0 to 15, then these three.
const REPEAT: usize = 16;
const ZEROS: usize = 17;
const MANY_ZEROS: usize = 18;
const SYMBOLS: usize = 19;
const MAX_BITS: usize = 7;

/// The order in which the lengths of the third code itself are written, so that the last ones are
/// often not needed.
const ORDER: [usize; SYMBOLS] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
/// At least so many of these are written.
const MIN_WRITTEN: usize = 4;

/// A symbol of the third code and what follows it.
struct Run {
    symbol: usize,
    extra: u32,
}

fn extra_bits(symbol: usize) -> u32 {
    match symbol {
        REPEAT => 2,
        ZEROS => 3,
        MANY_ZEROS => 7,
        _ => 0,
    }
}

/// The lengths of both codes, ready to be written.
pub struct CodeLengths {
    runs: Vec<Run>,
    code: PrefixCode,
    written: usize,
    pub bits: u32,
}

impl CodeLengths {
    pub fn new(literals: &PrefixCode, distances: &PrefixCode) -> CodeLengths {
        let mut runs = Vec::new();
        for code in [literals, distances] {
            push_runs(&code.lengths[..code.used], &mut runs);
        }
        let mut counts = [0; SYMBOLS];
        runs.iter().for_each(|run| counts[run.symbol] += 1);
        let code = PrefixCode::build(&counts, MAX_BITS);
        let last = ORDER.iter().rposition(|symbol| code.lengths[*symbol] > 0);
        let written = last.map_or(0, |last| last + 1).max(MIN_WRITTEN);
        let bits = 5 + 5 + 4 + 3 * written as u32 + code.cost(&counts, extra_bits);
        CodeLengths {
            runs,
            code,
            written,
            bits,
        }
    }

    /// `literals` and `distances` are how many lengths of each there are.
    pub fn write(
        &self,
        literals: usize,
        distances: usize,
        bits: &mut BitWriter,
        out: &mut Vec<u8>,
    ) {
        bits.put(literals as u32 - 257, 5, out);
        bits.put(distances as u32 - 1, 5, out);
        bits.put((self.written - MIN_WRITTEN) as u32, 4, out);
        for symbol in &ORDER[..self.written] {
            bits.put(u32::from(self.code.lengths[*symbol]), 3, out);
        }
        for run in &self.runs {
            let length = u32::from(self.code.lengths[run.symbol]);
            bits.put(u32::from(self.code.bits[run.symbol]), length, out);
            bits.put(run.extra, extra_bits(run.symbol), out);
        }
    }
}

/// One run takes up to 138 zeros, or up to six repeats of another length after the first.
fn push_runs(mut lengths: &[u8], runs: &mut Vec<Run>) {
    let mut previous = None;
    while let Some(&length) = lengths.first() {
        let max = match length {
            0 => 138,
            _ if previous == Some(length) => 6,
            _ => 7,
        };
        let run = lengths
            .iter()
            .take(max)
            .take_while(|next| **next == length)
            .count();
        lengths = &lengths[run..];
        push_run(length, run, previous == Some(length), runs);
        previous = Some(length);
    }
}

fn push_run(length: u8, run: usize, repeated: bool, runs: &mut Vec<Run>) {
    let literal = |_| Run {
        symbol: usize::from(length),
        extra: 0,
    };
    let coded = |symbol, extra: usize| Run {
        symbol,
        extra: extra as u32,
    };
    match (length, run) {
        (0, 11..) => runs.push(coded(MANY_ZEROS, run - 11)),
        (0, 3..) => runs.push(coded(ZEROS, run - 3)),
        (1.., 3..) if repeated => runs.push(coded(REPEAT, run - 3)),
        (1.., 4..) => runs.extend([literal(0), coded(REPEAT, run - 4)]),
        _ => runs.extend((0..run).map(literal)),
    }
}
