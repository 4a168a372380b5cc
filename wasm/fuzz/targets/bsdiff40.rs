//! A patch of bsdiff 4.3.

#![no_main]

use infield_codec::bsdiff40::decode;
use infield_codec_fuzz::BASE;
use libfuzzer_sys::fuzz_target;

const MAX_BYTES: u64 = 1 << 20;

fuzz_target!(|patch: &[u8]| {
    if let Ok(target) = decode(&BASE, patch, MAX_BYTES) {
        assert!(target.len() as u64 <= MAX_BYTES);
    }
});
