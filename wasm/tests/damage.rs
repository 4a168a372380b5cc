//! Whole delta files: they come back as they were, and whatever is done to one gives an error, and no
//! panic.

use std::rc::Rc;

use infield_codec::coder::Level;
use infield_codec::error::{Code, Result};
use infield_codec::head::{DeltaFile, Group, HeadInput, Span, encode_head};
use infield_codec::parts::Part;
use infield_codec::record;
use sha2::{Digest, Sha256};

const LEVEL: Level = Level::Default;

struct Sample {
    base_manifest: Vec<u8>,
    skeleton: Vec<u8>,
    base: Vec<u8>,
    target: Vec<u8>,
    file: Vec<u8>,
}

fn make_sample() -> Sample {
    let base_manifest = b"infield-tree 1\nf 0644 0:0 900 11aa one\nf 0644 0:0 40 22bb two\n".to_vec();
    let skeleton = b"infield-tree 1\nf 0644 0:0 903 - one\nf 0644 0:0 40 22bb two\n".to_vec();
    let base: Vec<u8> = (0..900u32).map(|at| (at * at / 7) as u8).collect();
    let target = [
        &base[100..],
        b"some new words, and again some new words",
        &base[..63],
    ]
    .concat();
    let (base_parts, target_parts) = ([Part::whole(&base)], [Part::whole(&target)]);
    let encoded = record::encode(LEVEL, &base, &base_parts, &target, &target_parts, &mut |_| Ok(())).unwrap();
    let spans = vec![Span {
        file: 0,
        offset: 0,
        bytes: base.len() as u64,
    }];
    let stored_bytes = encoded.record.len() as u64;
    let group = Group {
        target_bytes: target.len() as u64,
        stored_bytes,
        spans,
    };
    let head = HeadInput {
        base_tree_id: &Sha256::digest(&base_manifest),
        target_tree_id: &[7; 32],
        base_manifest: &base_manifest,
        skeleton: &skeleton,
        groups: &[group],
        groups_memory_bytes: encoded.memory_bytes,
    };
    let file = close([encode_head(&head).unwrap().bytes, encoded.record].concat());
    Sample {
        base_manifest,
        skeleton,
        base,
        target,
        file,
    }
}

/// Puts the CRC behind everything else.
fn close(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn read_all(mut decoder: record::Decoder) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut chunk = vec![0; 100];
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
    let delta = DeltaFile::open(Rc::new(file.to_vec()), file.len() as u64, 64 << 20)?;
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

#[test]
fn a_delta_file_comes_back() {
    let sample = make_sample();
    let (skeleton, target) = decode(&sample, &sample.file).unwrap();
    assert!(skeleton == sample.skeleton && target == sample.target);
}

#[test]
fn every_flipped_bit_is_an_error() {
    let sample = make_sample();
    for at in 0..sample.file.len() {
        for bit in 0..8 {
            let mut file = sample.file.clone();
            file[at] ^= 1 << bit;
            assert!(decode(&sample, &file).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn every_shorter_and_a_longer_file_is_an_error() {
    let sample = make_sample();
    for length in 0..sample.file.len() {
        assert!(decode(&sample, &sample.file[..length]).is_err(), "{length} bytes");
    }
    assert!(decode(&sample, &[&sample.file[..], b"x"].concat()).is_err());
}

/// A hostile sender computes the CRC anew. The result may then be wrong, which its hash shows, or an error.
#[test]
fn no_changed_byte_under_a_valid_checksum_makes_the_decoder_panic() {
    let sample = make_sample();
    let body = &sample.file[..sample.file.len() - 4];
    for at in 0..body.len() {
        for value in [
            0,
            1,
            0x7f,
            0x80,
            0xff,
            body[at].wrapping_add(1),
            body[at].wrapping_sub(1),
            !body[at],
        ] {
            let mut changed = body.to_vec();
            changed[at] = value;
            let _ = decode(&sample, &close(changed));
        }
    }
    for length in 0..body.len() {
        assert!(
            decode(&sample, &close(body[..length].to_vec())).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn what_is_newer_is_told_from_what_is_damaged() {
    let sample = make_sample();
    let code_with = |at: usize, value: u8| {
        let mut file = sample.file.clone();
        file[at] = value;
        decode(&sample, &file).unwrap_err().code
    };
    assert_eq!(code_with(0, b'X'), Code::DeltaDamaged);
    assert_eq!(code_with(4, 2), Code::DeltaTooNew);
    assert_eq!(code_with(4, 0), Code::DeltaDamaged);
    assert_eq!(code_with(5, 9), Code::DeltaTooNew);
    assert_eq!(code_with(60, 0xee), Code::DeltaDamaged);
}

#[test]
fn memory_above_the_limit_or_above_what_the_head_states_is_refused() {
    let sample = make_sample();
    let open = |limit| DeltaFile::open(Rc::new(sample.file.clone()), sample.file.len() as u64, limit);
    let stated = open(u64::MAX).unwrap().memory_bytes;
    assert!(stated > 0);
    assert_eq!(open(stated - 1).err().unwrap().code, Code::DeltaMemory);
    assert!(open(stated).is_ok());

    // The memory varint follows the base manifest's length, which takes one byte here.
    let mut lying = sample.file[..sample.file.len() - 4].to_vec();
    assert_eq!(u64::from(lying[47]) * 4096, stated);
    lying[47] = 0;
    assert_eq!(
        decode(&sample, &close(lying)).unwrap_err().code,
        Code::DeltaMemory
    );
}

#[test]
fn another_base_is_refused() {
    let sample = make_sample();
    let delta = DeltaFile::open(Rc::new(sample.file.clone()), sample.file.len() as u64, 64 << 20).unwrap();
    let other = [&sample.base_manifest[..], b"x"].concat();
    let refused = delta
        .check_base(other.len() as u64, &Sha256::digest(&other))
        .unwrap_err();
    assert_eq!(refused.code, Code::DeltaWrongBase);
}
