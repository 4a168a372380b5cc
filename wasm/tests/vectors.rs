//! The files of `vectors/`, which `vectors.test.ts` runs too: a second implementation can start from them.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use infield_codec::error::Result;
use infield_codec::head::DeltaFile;
use infield_codec::read_at::Source;
use infield_codec::{bsdiff40, record};
use sha2::{Digest, Sha256};

type Vector = BTreeMap<String, String>;

fn read_vectors() -> Vec<(String, Vector)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut vectors = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let fields = lines.map(|line| line.split_once(':').unwrap());
        let fields = fields
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        vectors.push((path.file_name().unwrap().to_string_lossy().into_owned(), fields));
    }
    vectors
}

fn bytes_of(vector: &Vector, name: &str) -> Vec<u8> {
    let digits = vector[name].as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn read_all(mut decoder: record::Decoder, out: &mut Vec<u8>) -> Result<()> {
    // Small and odd, so that what a reader gives is cut in many places.
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
    let (file, manifest) = (bytes_of(vector, "file"), bytes_of(vector, "base-manifest"));
    let file_bytes = file.len() as u64;
    let delta = DeltaFile::open(Rc::new(file), file_bytes, 64 << 20)?;
    delta.check_base(manifest.len() as u64, &Sha256::digest(&manifest))?;
    let (mut skeleton, mut target) = (Vec::new(), Vec::new());
    read_all(delta.open_skeleton(Rc::new(manifest))?, &mut skeleton)?;
    let base: Source = Rc::new(bytes_of(vector, "base"));
    for group in 0..delta.groups.len() {
        read_all(delta.open_group(group, base.clone())?, &mut target)?;
    }
    Ok((skeleton, target))
}

#[test]
fn every_vector_gives_what_it_says() {
    let vectors = read_vectors();
    assert!(vectors.len() >= 8);
    for (name, vector) in vectors {
        if vector.contains_key("patch") {
            let (base, target) = (bytes_of(&vector, "base"), bytes_of(&vector, "target"));
            let patch = bytes_of(&vector, "patch");
            assert_eq!(
                bsdiff40::decode(&base, &patch, target.len() as u64),
                Ok(target),
                "{name}"
            );
            continue;
        }
        match decode(&vector) {
            Ok((skeleton, target)) => {
                assert_eq!(vector["result"], "ok", "{name}");
                assert_eq!(skeleton, bytes_of(&vector, "skeleton"), "{name}");
                assert_eq!(target, bytes_of(&vector, "target"), "{name}");
            }
            Err(error) => assert_eq!(error.code.name(), vector["result"], "{name}"),
        }
    }
}
