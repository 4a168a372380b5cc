//! The files of `vectors/`, which `vectors.test.ts` runs too: a second implementation can start
//! from them. `src/header/write_vectors.rs` writes them.

mod vector;

use std::rc::Rc;

use infield_codec::error::Result;
use infield_codec::header::DeltaFile;
use infield_codec::read_at::Source;
use infield_codec::{bsdiff40, record};
use sha2::{Digest, Sha256};
use vector::Vector;

/// What the tables of level best take, and more than a small delta needs.
const MEMORY_LIMIT_BYTES: u64 = 256 << 20;

fn read_all(mut decoder: record::Decoder, out: &mut Vec<u8>) -> Result<()> {
    // Small and odd, so that what a reader returns is cut in many places.
    let mut chunk = [0; 7];
    loop {
        match decoder.read(&mut chunk)? {
            0 => return Ok(()),
            bytes => out.extend(&chunk[..bytes]),
        }
    }
}

/// Skeleton, and the targets of all groups.
fn decode(vector: &Vector) -> Result<(Vec<u8>, Vec<u8>)> {
    let (file, manifest) = (vector.bytes("file"), vector.bytes("base-manifest"));
    let file_bytes = file.len() as u64;
    let delta = DeltaFile::open(Rc::new(file), file_bytes, MEMORY_LIMIT_BYTES)?;
    delta.check_base(manifest.len() as u64, &Sha256::digest(&manifest))?;
    let (mut skeleton, mut target) = (Vec::new(), Vec::new());
    read_all(delta.open_skeleton(Rc::new(manifest))?, &mut skeleton)?;
    let base: Source = Rc::new(vector.bytes("base"));
    for group in 0..delta.groups.len() {
        read_all(delta.open_group(group, base.clone())?, &mut target)?;
    }
    Ok((skeleton, target))
}

#[test]
fn every_vector_gives_what_it_says() {
    let names = vector::list();
    assert!(names.len() >= 13);
    for name in names {
        let vector = vector::read(&name);
        if vector.has("patch") {
            let (base, target) = (vector.bytes("base"), vector.bytes("target"));
            let decoded = bsdiff40::decode(&base, &vector.bytes("patch"), target.len() as u64);
            assert_eq!(decoded, Ok(target), "{name}");
            continue;
        }
        match decode(&vector) {
            Ok((skeleton, target)) => {
                assert_eq!(vector.text("result"), "ok", "{name}");
                assert_eq!(skeleton, vector.bytes("skeleton"), "{name}");
                assert_eq!(target, vector.bytes("target"), "{name}");
            }
            Err(error) => assert_eq!(
                error.code.name(),
                vector.text("result"),
                "{name}: {}",
                error.message
            ),
        }
    }
}

/// A newer format is told from an older one, and that from damage, by what a person can do about
/// it.
#[test]
fn an_older_format_says_what_to_do() {
    let error = decode(&vector::read("older-format.txt")).unwrap_err();
    assert_eq!(
        error.message,
        "the delta has an older format than this program reads: make it again"
    );
}

/// Too small to have been coded any other way: fields are predicted, and archives decompressed.
#[test]
fn vectors_of_programs_and_archives_use_what_is_known_of_them() {
    for (name, most) in [("delta-program.txt", 160), ("delta-archives.txt", 280)] {
        let bytes = vector::read(name).bytes("file").len();
        assert!(bytes <= most, "{name} has {bytes} bytes");
    }
}
