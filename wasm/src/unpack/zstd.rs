//! Zstandard (RFC 8878): frames one after another, block by block, so that a frame of zeros does
//! not fill the memory, with their checksums.

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::io::Read;

use super::{Failure, Step, Unpack};
use crate::limits::MAX_UNPACK_BYTES;

const MAGIC: u32 = 0xfd2f_b528;
/// RFC 8878, 3.1.2: the last four bits are free.
const SKIPPABLE_MAGIC: u32 = 0x184d_2a50;
/// Magic and length of a skippable frame.
const SKIPPABLE_HEADER_BYTES: usize = 8;
/// RFC 8878, 3.1.1: magic, descriptor, window, dictionary, content size, each at its longest.
const MAX_HEADER_BYTES: usize = 4 + 1 + 1 + 4 + 8;
const BLOCK_HEADER_BYTES: usize = 3;
const RLE_BLOCK: u32 = 1;
const CHECKSUM_FLAG: u8 = 1 << 2;
const CHECKSUM_BYTES: usize = 4;

enum State {
    BetweenFrames,
    /// So many bytes belong to nobody.
    Skipping(usize),
    /// In a frame; whether a checksum ends it.
    Blocks {
        has_checksum: bool,
    },
}

pub struct Zstd {
    decoder: FrameDecoder,
    state: State,
    /// Input that was taken; from `at` on it is not decoded yet.
    taken: Vec<u8>,
    at: usize,
}

impl Zstd {
    pub fn new() -> Zstd {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_UNPACK_BYTES);
        Zstd {
            decoder,
            state: State::BetweenFrames,
            taken: Vec::new(),
            at: 0,
        }
    }

    fn pending(&self) -> &[u8] {
        &self.taken[self.at..]
    }

    fn take(&mut self, input: &[u8]) {
        self.taken.drain(..self.at);
        self.at = 0;
        self.taken.extend_from_slice(input);
    }

    /// Goes on by one header or block, if all of it is there.
    fn advance(&mut self, is_last: bool) -> Result<bool, Failure> {
        match self.state {
            State::BetweenFrames => self.begin_frame(is_last),
            State::Skipping(bytes) => Ok(self.skip(bytes)),
            State::Blocks { has_checksum } => self.decode_block(has_checksum),
        }
    }

    fn skip(&mut self, bytes: usize) -> bool {
        let skipped = bytes.min(self.pending().len());
        self.at += skipped;
        self.state = match bytes - skipped {
            0 => State::BetweenFrames,
            rest => State::Skipping(rest),
        };
        skipped > 0 || bytes == 0
    }

    fn begin_frame(&mut self, is_last: bool) -> Result<bool, Failure> {
        let Some((magic, rest)) = self.pending().split_first_chunk::<4>() else {
            return Ok(false);
        };
        let magic = u32::from_le_bytes(*magic);
        if magic & !0xf == SKIPPABLE_MAGIC {
            let Some(length) = rest.first_chunk::<4>() else {
                return Ok(false);
            };
            self.state = State::Skipping(u32::from_le_bytes(*length) as usize);
            self.at += SKIPPABLE_HEADER_BYTES;
            return Ok(true);
        }
        if magic != MAGIC {
            return Err(Failure::Damaged);
        }
        if self.pending().len() < MAX_HEADER_BYTES && !is_last {
            return Ok(false);
        }
        let has_checksum = rest.first().is_some_and(|flags| flags & CHECKSUM_FLAG != 0);
        let mut source = &self.taken[self.at..];
        self.decoder.init(&mut source).map_err(to_failure)?;
        self.at = self.taken.len() - source.len();
        self.state = State::Blocks { has_checksum };
        Ok(true)
    }

    fn decode_block(&mut self, has_checksum: bool) -> Result<bool, Failure> {
        let Some(&[a, b, c]) = self.pending().first_chunk::<BLOCK_HEADER_BYTES>() else {
            return Ok(false);
        };
        let header = u32::from_le_bytes([a, b, c, 0]);
        let content = match header >> 1 & 3 {
            RLE_BLOCK => 1,
            _ => (header >> 3) as usize,
        };
        let is_checked = header & 1 != 0 && has_checksum;
        let checksum = if is_checked { CHECKSUM_BYTES } else { 0 };
        if self.pending().len() < BLOCK_HEADER_BYTES + content + checksum {
            return Ok(false);
        }
        let mut source = &self.taken[self.at..];
        self.decoder
            .decode_blocks(&mut source, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(to_failure)?;
        self.at = self.taken.len() - source.len();
        Ok(true)
    }

    /// Takes what is decoded; a frame that is done with is checked.
    fn drain(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        if !matches!(self.state, State::Blocks { .. }) {
            return Ok(0);
        }
        let written = self.decoder.read(output).map_err(|_| Failure::Damaged)?;
        if self.decoder.is_finished() && self.decoder.can_collect() == 0 {
            let stated = self.decoder.get_checksum_from_data();
            if stated.is_some() && stated != self.decoder.get_calculated_checksum() {
                return Err(Failure::Damaged);
            }
            self.state = State::BetweenFrames;
        }
        Ok(written)
    }
}

impl Unpack for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8], is_last: bool) -> Result<Step, Failure> {
        let mut read = 0;
        loop {
            let written = self.drain(output)?;
            if written > 0 {
                return Ok(Step { read, written });
            }
            let is_all = is_last && read == input.len();
            if self.advance(is_all)? {
                continue;
            }
            if read < input.len() {
                self.take(input);
                read = input.len();
                continue;
            }
            let is_whole = self.pending().is_empty() && matches!(self.state, State::BetweenFrames);
            if is_all && !is_whole {
                return Err(Failure::Damaged);
            }
            return Ok(Step { read, written });
        }
    }
}

fn to_failure(error: FrameDecoderError) -> Failure {
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => Failure::Memory,
        _ => Failure::Damaged,
    }
}
