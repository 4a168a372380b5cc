//! A table of members, then the plain bytes to be recompressed.

#![no_main]

use std::rc::Rc;

use infield_codec::read_at::{ReadAt, Source};
use infield_codec::recompression::{DecompressedBase, Recompressor, read_members};
use infield_codec_fuzz::{BASE, base};
use libfuzzer_sys::fuzz_target;

/// Plain bytes of one run.
const MAX_BYTES: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let source: Source = base();
    let mut rest = input;
    let Ok((members, recompressions)) = read_members(&mut rest, &source, BASE.len() as u64) else {
        return;
    };
    let bytes = DecompressedBase::decompressed_bytes(BASE.len() as u64, &members);
    let decompressed = Rc::new(DecompressedBase::new(source, &members));
    let mut all = vec![0; (bytes as usize).min(MAX_BYTES)];
    _ = decompressed.read_at(0, &mut all);
    let (mut recompressor, mut out) = (Recompressor::new(recompressions), Vec::new());
    for plain in [rest, &all] {
        for piece in plain.chunks(1000) {
            if recompressor.push(piece, &mut out).is_err() {
                return;
            }
            out.clear();
        }
    }
    _ = recompressor.finish(&mut out);
});
