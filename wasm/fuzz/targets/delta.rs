//! A whole delta file: the input is what is between its fixed front and its checksum, so that both
//! are always right.

#![no_main]

use std::rc::Rc;

use infield_codec::header::{DeltaFile, FORMAT_VERSION, MAGIC};
use infield_codec_fuzz::{MANIFEST, MEMORY_BYTES, base, read_all};
use libfuzzer_sys::fuzz_target;

/// The tree ids, which nothing but `check_base` looks at.
const IDS: [u8; 8 + 32] = [0; 40];

fuzz_target!(|input: &[u8]| {
    let mut file = [MAGIC, &[FORMAT_VERSION][..], &IDS, input].concat();
    file.extend(crc32fast::hash(&file).to_le_bytes());
    let bytes = file.len() as u64;
    let Ok(delta) = DeltaFile::open(Rc::new(file), bytes, MEMORY_BYTES) else {
        return;
    };
    _ = delta.break_down();
    if delta.base_manifest_bytes == MANIFEST.len() as u64 {
        delta
            .open_skeleton(Rc::new(MANIFEST.clone()))
            .into_iter()
            .for_each(read_all);
    }
    for group in 0..delta.groups.len().min(4) {
        delta
            .open_group(group, base())
            .into_iter()
            .for_each(read_all);
    }
});
