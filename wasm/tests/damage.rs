//! Whole delta files: whatever is done to one results in an error, or under a new checksum perhaps
//! in other bytes, but in no panic, no endless loop, and no more than its target.

mod vector;

use std::rc::Rc;

use infield_codec::error::{Code, Result};
use infield_codec::header::{
    DeltaFile, FORMAT_VERSION, Group, HeaderInput, OLDEST_FORMAT_VERSION, Span, encode_header,
};
use infield_codec::mixing::Sizes;
use infield_codec::parts::Part;
use infield_codec::record::{self, Coding};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// More than level default states for so little.
const MEMORY_LIMIT_BYTES: u64 = 32 << 20;

/// Magic, version and tree ids, which no decoder of records looks at.
const FIXED_BYTES: usize = 45;

struct Sample {
    base_manifest: Vec<u8>,
    skeleton: Vec<u8>,
    base: Vec<u8>,
    target: Vec<u8>,
    file: Vec<u8>,
}

/// A program and two archives, so that a record has everything that it can have.
fn make_sample(coding: Coding) -> Sample {
    let files = ["delta-program.txt", "delta-archives.txt"].map(vector::read);
    let [base, target] =
        ["base", "target"].map(|side| files.each_ref().map(|file| file.bytes(side)));
    let [base_parts, target_parts] =
        [&base, &target].map(|side| [whole(&side[0], 0), whole(&side[1], side[0].len())]);
    let (base, target) = (base.concat(), target.concat());
    let encoded = record::encode_as(
        coding,
        (&base, &base_parts),
        (&target, &target_parts),
        &mut |_| Ok(()),
    )
    .unwrap();
    let group = Group {
        target_bytes: target.len() as u64,
        stored_bytes: encoded.record.len() as u64,
        spans: vec![Span {
            file: 0,
            offset: 0,
            bytes: base.len() as u64,
        }],
    };
    let [base_manifest, skeleton] = ["base-manifest", "skeleton"].map(|name| files[0].bytes(name));
    let header = HeaderInput {
        base_tree_id: &Sha256::digest(&base_manifest),
        target_tree_id: &[7; 32],
        base_manifest: &base_manifest,
        skeleton: &skeleton,
        groups: &[group],
        groups_memory_bytes: encoded.memory_bytes,
        groups_format_version: encoded.format_version,
    };
    let file = close([encode_header(&header).unwrap().bytes, encoded.record].concat());
    Sample {
        base_manifest,
        skeleton,
        base,
        target,
        file,
    }
}

fn whole(file: &[u8], start: usize) -> Part {
    let bytes = file.len();
    Part { start, bytes }
}

/// Appends the CRC.
fn close(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn read_all(mut decoder: record::Decoder) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut chunk = vec![0; 1000];
    loop {
        match decoder.read(&mut chunk)? {
            0 => return Ok(out),
            bytes => out.extend(&chunk[..bytes]),
        }
        assert!(out.len() < 4 << 20, "a small file gave megabytes");
    }
}

/// Skeleton and target of the only group.
fn decode(sample: &Sample, file: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let delta = DeltaFile::open(
        Rc::new(file.to_vec()),
        file.len() as u64,
        MEMORY_LIMIT_BYTES,
    )?;
    delta.check_base(
        sample.base_manifest.len() as u64,
        &Sha256::digest(&sample.base_manifest),
    )?;
    let skeleton = read_all(delta.open_skeleton(Rc::new(sample.base_manifest.clone()))?)?;
    let target = match delta.groups.len() {
        0 => vec![],
        _ => read_all(delta.open_group(0, Rc::new(sample.base.clone()))?)?,
    };
    Ok((skeleton, target))
}

/// With the smallest models.
const MIXED: Coding = Coding::Mixed(Sizes {
    hash_table: 16,
    buffer: 16,
});
const CODINGS: [Coding; 3] = [Coding::Lzma, Coding::Lzma2, MIXED];

#[test]
fn a_delta_file_comes_back() {
    for sample in CODINGS.map(make_sample) {
        let (skeleton, target) = decode(&sample, &sample.file).unwrap();
        assert!(skeleton == sample.skeleton && target == sample.target);
    }
}

#[test]
fn every_flipped_bit_is_an_error() {
    for sample in CODINGS.map(make_sample) {
        for at in 0..sample.file.len() {
            for bit in 0..8 {
                let mut file = sample.file.clone();
                file[at] ^= 1 << bit;
                assert!(decode(&sample, &file).is_err(), "bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn every_shorter_and_a_longer_file_is_an_error() {
    for sample in CODINGS.map(make_sample) {
        for length in 0..sample.file.len() {
            assert!(
                decode(&sample, &sample.file[..length]).is_err(),
                "{length} bytes"
            );
        }
        assert!(decode(&sample, &[&sample.file[..], b"x"].concat()).is_err());
    }
}

/// A hostile sender recomputes the CRC. The result may then be wrong, which its hash shows, or an
/// error.
#[test]
fn no_changed_byte_under_a_valid_checksum_makes_the_decoder_panic() {
    for sample in CODINGS.map(make_sample) {
        let body = &sample.file[..sample.file.len() - 4];
        for at in FIXED_BYTES..body.len() {
            for value in [0, 0xff, body[at] ^ 0x80, body[at].wrapping_add(1)] {
                let mut changed = body.to_vec();
                changed[at] = value;
                let decoded = decode(&sample, &close(changed));
                assert!(
                    !decoded
                        .is_ok_and(|(_, target)| target.len() > sample.target.len() + (1 << 20))
                );
            }
        }
    }
}

/// The last stream may lose its end without a gap in what it says; every other cut is noticed.
#[test]
fn no_shorter_file_under_a_valid_checksum_gives_its_target() {
    for sample in CODINGS.map(make_sample) {
        for length in 0..sample.file.len() - 4 {
            let decoded = decode(&sample, &close(sample.file[..length].to_vec()));
            assert!(decoded.is_err(), "{length} bytes");
        }
    }
}

proptest! {
    #[test]
    fn no_changes_under_a_valid_checksum_make_the_decoder_panic(
        coding in prop::sample::select(CODINGS.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let sample = make_sample(coding);
        let mut body = sample.file[..sample.file.len() - 4].to_vec();
        for (at, value) in changes {
            let at = FIXED_BYTES + at.index(body.len() - FIXED_BYTES);
            body[at] = value;
        }
        if let Some((from, bytes)) = cut {
            let from = FIXED_BYTES + from.index(body.len() - FIXED_BYTES);
            let bytes = bytes.index(body.len() - from);
            body.drain(from..from + bytes);
        }
        _ = decode(&sample, &close(body));
    }
}

#[test]
fn what_is_newer_is_told_from_what_is_damaged() {
    let sample = make_sample(MIXED);
    let code_with = |at: usize, value: u8| {
        let mut file = sample.file.clone();
        file[at] = value;
        decode(&sample, &file).unwrap_err().code
    };
    assert_eq!(code_with(0, b'X'), Code::DeltaDamaged);
    assert_eq!(code_with(4, FORMAT_VERSION + 1), Code::DeltaTooNew);
    assert_eq!(code_with(4, OLDEST_FORMAT_VERSION - 1), Code::DeltaDamaged);
    assert_eq!(code_with(4, 0), Code::DeltaDamaged);
    assert_eq!(code_with(60, 0xee), Code::DeltaDamaged);
}

#[test]
fn memory_above_the_limit_or_above_what_the_head_states_is_refused() {
    let sample = make_sample(MIXED);
    let open = |limit| {
        DeltaFile::open(
            Rc::new(sample.file.clone()),
            sample.file.len() as u64,
            limit,
        )
    };
    let stated = open(u64::MAX).unwrap().memory_bytes;
    assert!(stated > 0);
    assert_eq!(open(stated - 1).err().unwrap().code, Code::DeltaMemory);
    assert!(open(stated).is_ok());

    // The memory varint, two bytes, follows the base manifest's length, which takes one.
    let mut lying = sample.file[..sample.file.len() - 4].to_vec();
    let units = u64::from(lying[46] & 0x7f) | u64::from(lying[47]) << 7;
    assert_eq!(units * 4096, stated);
    lying.splice(46..48, [1]);
    let refused = decode(&sample, &close(lying)).unwrap_err();
    assert_eq!(refused.code, Code::DeltaMemory);
}

#[test]
fn another_base_is_refused() {
    let sample = make_sample(MIXED);
    let delta = DeltaFile::open(
        Rc::new(sample.file.clone()),
        sample.file.len() as u64,
        MEMORY_LIMIT_BYTES,
    )
    .unwrap();
    let other = [&sample.base_manifest[..], b"x"].concat();
    let refused = delta
        .check_base(other.len() as u64, &Sha256::digest(&other))
        .unwrap_err();
    assert_eq!(refused.code, Code::DeltaWrongBase);
}
