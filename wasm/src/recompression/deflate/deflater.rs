//! Chooses among the matches that the window finds: greedy levels take the first one, lazy ones
//! only take it when the next position has no longer one.

use super::block::Block;
use super::recipe::{Config, Recipe};
use super::symbols::MIN_MATCH;
use super::window::{Match, Readiness, Window};

/// Matches of 3 bytes from farther back cost more than literals.
const TOO_FAR: usize = 4096;
/// Matches up to this long are dropped where numbers are filtered: they are chance.
const MAX_FILTERED_MATCH: usize = 5;

/// What a compressor takes: a window of 64 KiB, its hash table, a block's symbols.
pub const DEFLATE_BYTES: u64 = 400 << 10;

/// Compresses one stream in `DEFLATE_BYTES`. The output does not depend on how the input is
/// divided.
pub struct Deflater {
    recipe: Recipe,
    config: Config,
    filtered: bool,
    window: Window,
    block: Block,
    /// Where the block begins in the window; negative when that has slid out.
    block_start: isize,
    /// The match at the previous position, while a longer one is looked for at this one.
    previous: Match,
    /// Whether the byte before this position is still undecided.
    literal_pending: bool,
}

impl Deflater {
    pub fn new(recipe: Recipe) -> Deflater {
        Deflater {
            recipe,
            config: recipe.config(),
            filtered: recipe.variant().traits().filtered,
            window: Window::new(recipe),
            block: Block::new(recipe),
            block_start: 0,
            previous: Match::NONE,
            literal_pending: false,
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
    pub fn comparisons(&self) -> u64 {
        self.window.comparisons()
    }

    /// Appends the rest and returns the number of comparisons.
    pub fn finish(mut self, out: &mut Vec<u8>) -> u64 {
        self.window.end();
        self.run(out);
        if self.literal_pending {
            self.push_pending_literal();
        }
        self.end_block(true, out);
        self.comparisons()
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
        let candidate = self.window.insert_string();
        let found = candidate.map_or(Match::NONE, |candidate| {
            self.window
                .longest_match(candidate, Match::NONE.length, &self.config)
        });
        let (at, block_bytes) = (self.window.at(), self.block_bytes());
        let full = if found.is_some() {
            let full = self.block.push_match(found, block_bytes);
            if found.length <= self.config.max_lazy {
                self.window.step_inserting(found.length);
            } else {
                self.window.jump(found.length);
            }
            full
        } else {
            let full = self.block.push_literal(self.window.byte(at), block_bytes);
            self.window.step();
            full
        };
        if full {
            self.end_block(false, out);
        }
    }

    /// Takes a match only when the next position has no longer one.
    fn step_lazily(&mut self, out: &mut Vec<u8>) {
        let candidate = self.window.insert_string();
        let previous = self.previous;
        self.previous = Match::NONE;
        if let Some(candidate) = candidate
            && previous.length < self.config.max_lazy
        {
            let found = self
                .window
                .longest_match(candidate, previous.length, &self.config);
            if !self.is_dropped(found) {
                self.previous = found;
            }
        }
        if previous.is_some() && self.previous.length <= previous.length {
            let full = self.block.push_match(previous, self.block_bytes());
            self.window.step_inserting(previous.length - 1);
            self.literal_pending = false;
            self.previous = Match::NONE;
            if full {
                self.end_block(false, out);
            }
            return;
        }
        if self.literal_pending && self.push_pending_literal() {
            self.end_block(false, out);
        }
        self.literal_pending = true;
        self.window.step();
    }

    fn push_pending_literal(&mut self) -> bool {
        let byte = self.window.byte(self.window.at() - 1);
        self.block.push_literal(byte, self.block_bytes())
    }

    fn is_dropped(&self, found: Match) -> bool {
        let far = found.distance > TOO_FAR;
        self.filtered && found.length <= MAX_FILTERED_MATCH || found.length == MIN_MATCH && far
    }

    /// How much of the block the search has covered.
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
