use std::io::Write;

use super::{Failure, open};

/// Bytes that repeat, zeros, and bytes that do not repeat.
fn sample() -> Vec<u8> {
    let mut state = 1_u32;
    let random = (0..50_000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let text = b"in the field ".iter().copied().cycle().take(100_000);
    text.chain(std::iter::repeat_n(0, 400_000))
        .chain(random)
        .collect()
}

fn pack(name: &str, bytes: &[u8]) -> Vec<u8> {
    match name {
        "xz" => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        "bzip2" => {
            let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        _ => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

/// As a caller does it, who has `chunk` bytes at a time.
fn unpack(name: &str, packed: &[u8], chunk: usize) -> Result<Vec<u8>, Failure> {
    let mut unpacker = open(name).unwrap();
    let mut output = vec![0; 10_000];
    let mut all = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        let input = &packed[start..end];
        let step = unpacker.step(input, &mut output, end == packed.len())?;
        start += step.read;
        all.extend_from_slice(&output[..step.written]);
        if step.read > 0 || step.written > 0 {
            continue;
        }
        if end == packed.len() {
            return Ok(all);
        }
        end = (end + chunk).min(packed.len());
    }
}

const FORMATS: [&str; 3] = ["xz", "bzip2", "zstd"];

#[test]
fn whatever_comes_at_once_the_bytes_are_the_same() {
    let bytes = sample();
    for name in FORMATS {
        let packed = pack(name, &bytes);
        for chunk in [1, 1000, 300_000] {
            assert!(
                unpack(name, &packed, chunk) == Ok(bytes.clone()),
                "{name} {chunk}"
            );
        }
    }
}

#[test]
fn several_streams_one_after_another_are_one() {
    for name in FORMATS {
        let packed = [pack(name, b"one "), pack(name, b""), pack(name, b"two")].concat();
        assert_eq!(unpack(name, &packed, 7), Ok(b"one two".to_vec()), "{name}");
    }
}

#[test]
fn frames_that_belong_to_nobody_are_skipped() {
    let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"???"].concat();
    let packed = [skipped.clone(), pack("zstd", b"bytes"), skipped].concat();
    assert_eq!(unpack("zstd", &packed, 5), Ok(b"bytes".to_vec()));
}

#[test]
fn what_is_cut_is_damaged() {
    for name in FORMATS {
        let packed = pack(name, b"what is cut somewhere is damaged, wherever that is");
        for end in 1..packed.len() {
            let result = unpack(name, &packed[..end], 1000);
            assert_eq!(result, Err(Failure::Damaged), "{name} {end}");
        }
    }
}

#[test]
fn what_is_changed_never_gives_other_bytes() {
    let bytes = &sample()[90_000..150_000];
    for name in FORMATS {
        let packed = pack(name, bytes);
        for at in (0..packed.len()).step_by(packed.len() / 150 + 1) {
            let mut changed = packed.clone();
            changed[at] ^= 1;
            let result = unpack(name, &changed, 1000);
            assert!(!result.is_ok_and(|found| found != bytes), "{name} {at}");
        }
    }
}

#[test]
fn a_window_that_takes_too_much_memory_is_refused() {
    // A window of 2^31 bytes (RFC 8878, 3.1.1.1.2).
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, (31 - 10) << 3, 1, 0, 0];
    assert_eq!(unpack("zstd", &frame, 100), Err(Failure::Memory));
}
