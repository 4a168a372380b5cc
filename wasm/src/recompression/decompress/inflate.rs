//! Decompresses a deflate stream (RFC 1951) in bounded memory, whatever the stream says.

use std::io::BufRead;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::error::{Result, damaged};

/// How far back a stream may refer.
const WINDOW: usize = 32 << 10;

/// Window and tables.
pub const INFLATE_BYTES: u64 = 48 << 10;

/// Hands on the plain bytes piece by piece, at most `max_bytes`, and returns how many there were.
/// `compressed` is then after the stream.
pub fn inflate(
    compressed: &mut impl BufRead,
    max_bytes: usize,
    sink: &mut dyn FnMut(&[u8]),
) -> Result<usize> {
    let mut state = Box::<DecompressorOxide>::default();
    let mut window = vec![0; WINDOW];
    let (mut at, mut total) = (0, 0);
    loop {
        let input = compressed.fill_buf()?;
        let flags = if input.is_empty() {
            0
        } else {
            TINFL_FLAG_HAS_MORE_INPUT
        };
        let (status, taken, given) = decompress(&mut state, input, &mut window, at, flags);
        compressed.consume(taken);
        total += given;
        if total > max_bytes {
            return Err(damaged("a compressed member is larger than it may be"));
        }
        sink(&window[at..at + given]);
        at = (at + given) % WINDOW;
        match status {
            TINFLStatus::Done => return Ok(total),
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => {}
            _ => return Err(damaged("a compressed member is damaged")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recompression::deflate::{Deflater, Recipe, Variant};

    #[test]
    fn a_stream_that_gives_too_much_is_refused_early() {
        let mut compressed = Vec::new();
        let mut deflater = Deflater::new(Recipe::new(Variant::Zlib, 9).unwrap());
        deflater.push(&vec![0; 10 << 20], &mut compressed);
        deflater.finish(&mut compressed);
        let mut given = 0;
        assert!(
            inflate(&mut &compressed[..], 1000, &mut |bytes| given +=
                bytes.len())
            .is_err()
        );
        assert_eq!(given, 0);
        assert_eq!(
            inflate(&mut &compressed[..], 10 << 20, &mut |_| ()),
            Ok(10 << 20)
        );
    }

    #[test]
    fn a_cut_and_a_senseless_stream_are_refused() {
        assert!(inflate(&mut &[][..], 1000, &mut |_| ()).is_err());
        assert!(inflate(&mut &[0x4b][..], 1000, &mut |_| ()).is_err());
        assert!(inflate(&mut &[0xff; 100][..], 1000, &mut |_| ()).is_err());
    }
}
