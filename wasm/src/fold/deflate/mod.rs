//! Deflate compressors that give the same bytes, bit for bit, as zlib, GNU gzip and Info-ZIP's zip (RFC 1951 leaves a
//! compressor free in everything that is decided here). What they decide is described in `docs/delta-format.md`, "Members".
//!
//! [`window`] finds matches, [`Deflater`] chooses among them, [`block`] gathers and writes them with the codes that
//! [`huffman`] makes. [`recipe`] holds in which the programs and their levels differ.

mod bits;
mod block;
mod huffman;
mod lengths;
mod recipe;
mod symbols;
#[cfg(test)]
mod tests;
mod window;

use block::Block;
use recipe::Effort;
pub use recipe::{Maker, Recipe};
use symbols::SHORTEST_MATCH;
use window::{Match, Readiness, Window};

/// Matches of 3 bytes cost more than literals from farther back.
const FARTHEST_SHORTEST: usize = 4096;
/// Matches up to this long are dropped where numbers are filtered: they are there by chance.
const LONGEST_BY_CHANCE: usize = 5;

/// What a compressor takes: a window of 64 KiB, its hash table, a block's symbols.
pub const DEFLATE_BYTES: u64 = 400 << 10;

/// Compresses one stream in `DEFLATE_BYTES`. How the input is cut does not change the output.
pub struct Deflater {
    recipe: Recipe,
    effort: Effort,
    filtered: bool,
    window: Window,
    block: Block,
    /// Where the block begins in the window; negative when that has slid out.
    block_start: isize,
    /// The match at the position before, while a longer one is looked for at this one.
    earlier: Match,
    /// Whether the byte before this position belongs to nothing yet.
    byte_waits: bool,
}

impl Deflater {
    pub fn new(recipe: Recipe) -> Deflater {
        Deflater {
            recipe,
            effort: recipe.effort(),
            filtered: recipe.maker().habits().filtered,
            window: Window::new(recipe),
            block: Block::new(recipe),
            block_start: 0,
            earlier: Match::NONE,
            byte_waits: false,
        }
    }

    /// Appends to `out` what is settled.
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) {
        while !plain.is_empty() {
            self.slide();
            let taken = self.window.fill(plain);
            plain = &plain[taken..];
            if self.window.is_full() {
                self.run(out);
            }
        }
    }

    /// How many strings were compared so far: what a stream costs to make.
    pub fn compared(&self) -> u64 {
        self.window.compared()
    }

    /// Appends the rest; gives what `compared` came to.
    pub fn finish(mut self, out: &mut Vec<u8>) -> u64 {
        self.window.end();
        self.run(out);
        if self.byte_waits {
            self.push_byte_before();
        }
        self.end_block(true, out);
        self.compared()
    }

    fn run(&mut self, out: &mut Vec<u8>) {
        loop {
            self.slide();
            match self.window.readiness() {
                Readiness::Ready if self.recipe.is_greedy() => self.step_greedily(out),
                Readiness::Ready => self.step_lazily(out),
                Readiness::Short | Readiness::Done => break,
            }
        }
    }

    fn slide(&mut self) {
        self.block_start -= self.window.slide() as isize;
    }

    /// Takes the first match there is.
    fn step_greedily(&mut self, out: &mut Vec<u8>) {
        let candidate = self.window.enter();
        let found = candidate.map_or(Match::NONE, |candidate| {
            self.window.search(candidate, Match::NONE.length, &self.effort)
        });
        let (at, so_far) = (self.window.at(), self.block_bytes());
        let full = if found.is_some() {
            let full = self.block.push_match(found, so_far);
            if found.length <= self.effort.lazy {
                self.window.step_entering(found.length);
            } else {
                self.window.jump(found.length);
            }
            full
        } else {
            let full = self.block.push_literal(self.window.byte(at), so_far);
            self.window.step();
            full
        };
        if full {
            self.end_block(false, out);
        }
    }

    /// Takes a match only when the next position has no longer one.
    fn step_lazily(&mut self, out: &mut Vec<u8>) {
        let candidate = self.window.enter();
        let earlier = self.earlier;
        self.earlier = Match::NONE;
        if let Some(candidate) = candidate
            && earlier.length < self.effort.lazy
        {
            let found = self.window.search(candidate, earlier.length, &self.effort);
            if !self.is_by_chance(found) {
                self.earlier = found;
            }
        }
        if earlier.is_some() && self.earlier.length <= earlier.length {
            let full = self.block.push_match(earlier, self.block_bytes());
            self.window.step_entering(earlier.length - 1);
            self.byte_waits = false;
            self.earlier = Match::NONE;
            if full {
                self.end_block(false, out);
            }
            return;
        }
        if self.byte_waits && self.push_byte_before() {
            self.end_block(false, out);
        }
        self.byte_waits = true;
        self.window.step();
    }

    fn push_byte_before(&mut self) -> bool {
        let byte = self.window.byte(self.window.at() - 1);
        self.block.push_literal(byte, self.block_bytes())
    }

    fn is_by_chance(&self, found: Match) -> bool {
        let far = found.distance > FARTHEST_SHORTEST;
        self.filtered && found.length <= LONGEST_BY_CHANCE || found.length == SHORTEST_MATCH && far
    }

    /// What the search has covered of the block.
    fn block_bytes(&self) -> usize {
        (self.window.at() as isize - self.block_start) as usize
    }

    fn end_block(&mut self, last: bool, out: &mut Vec<u8>) {
        let at = self.window.at();
        let plain = usize::try_from(self.block_start)
            .ok()
            .map(|start| self.window.slice(start, at));
        self.block.write(plain, last, out);
        self.block_start = at as isize;
    }
}
