//! From raw bytes to their decompressed form and back, as an encoder and a decoder do it.

use std::rc::Rc;

use proptest::prelude::*;

use super::deflate::{Deflater, Recipe};
use super::*;
use crate::base_cache::BaseCache;
use crate::parts::Part;
use crate::read_at::{ReadAt, Source};

pub fn deflate(recipe: Recipe, plain: &[u8]) -> Vec<u8> {
    let (mut compressed, mut deflater) = (Vec::new(), Deflater::new(recipe));
    deflater.push(plain, &mut compressed);
    deflater.finish(&mut compressed);
    compressed
}

pub fn gzip(recipe: Recipe, plain: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, b'n', 0];
    file.extend(deflate(recipe, plain));
    file.extend(crc32fast::hash(plain).to_le_bytes());
    file.extend((plain.len() as u32).to_le_bytes());
    file
}

/// A local header and its deflated file, with the sizes before or after it.
pub fn zip_entry(recipe: Recipe, plain: &[u8], sizes_behind: bool) -> Vec<u8> {
    let compressed = deflate(recipe, plain);
    let mut sizes = crc32fast::hash(plain).to_le_bytes().to_vec();
    sizes.extend((compressed.len() as u32).to_le_bytes());
    sizes.extend((plain.len() as u32).to_le_bytes());
    let mut file = b"PK\x03\x04\x14\0".to_vec();
    file.extend(if sizes_behind { [8, 0] } else { [0, 0] });
    file.extend([8, 0, 0, 0, 0, 0]);
    file.extend(if sizes_behind {
        vec![0; 12]
    } else {
        sizes.clone()
    });
    file.extend(b"\x04\0\x02\0name\0\0");
    file.extend(compressed);
    if sizes_behind {
        file.extend(b"PK\x07\x08");
        file.extend(sizes);
    }
    file
}

/// A header, a text chunk, an image of these rows in chunks of `chunk_bytes`, an end.
pub fn png(recipe: Recipe, plain: &[u8], chunk_bytes: usize) -> Vec<u8> {
    let mut adler = wrapper::Adler32::new();
    adler.update(plain);
    let stream = [
        &[0x78, 0x9c],
        &deflate(recipe, plain)[..],
        &adler.finish().to_be_bytes(),
    ]
    .concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut push = |kind: &[u8], content: &[u8]| {
        file.extend((content.len() as u32).to_be_bytes());
        let chunk = [kind, content].concat();
        file.extend(&chunk);
        file.extend(crc32fast::hash(&chunk).to_be_bytes());
    };
    push(b"IHDR", &[0; 13]);
    push(b"tEXt", b"key\0value");
    stream
        .chunks(chunk_bytes)
        .for_each(|chunk| push(b"IDAT", chunk));
    push(b"IEND", b"");
    file
}

/// Some text that compresses, different for each seed.
pub fn text(seed: usize, words: usize) -> Vec<u8> {
    (0..words)
        .flat_map(|at| format!("word{} ", (at * (seed + 7) + at * at * seed) % 97).into_bytes())
        .collect()
}

fn side(files: &[Vec<u8>]) -> (Vec<u8>, Vec<Part>) {
    let mut parts = Vec::new();
    let mut raw = Vec::new();
    for file in files {
        parts.push(Part {
            start: raw.len(),
            bytes: file.len(),
        });
        raw.extend_from_slice(file);
    }
    (raw, parts)
}

/// Decompresses both sides, checks that a decoder reads the same decompressed base and makes the
/// target again, and returns the members.
pub fn check_round_trip(base: &[Vec<u8>], target: &[Vec<u8>]) -> Members {
    let ((base, base_parts), (target, target_parts)) = (side(base), side(target));
    let members = find_members(&base, &base_parts, &target, &target_parts);
    let (decompressed_base, mapped) = decompress_side(&base, &base_parts, &members.base).unwrap();
    assert!(mapped.is_sorted_by(|one, other| one.end() <= other.start));
    let (decompressed_target, _) =
        decompress_side(&target, &target_parts, &members.target).unwrap();
    let written = write_members(&members);
    if written.is_empty() {
        assert!(decompressed_base == base && decompressed_target == target);
        return members;
    }
    let raw: Source = Rc::new(base.clone());
    let mut rest = &written[..];
    let (read_base, recompressions) = read_members(&mut rest, &raw, base.len() as u64).unwrap();
    assert!(rest.is_empty());
    assert_eq!(read_base, members.base);
    check_base(raw, &read_base, &decompressed_base);
    for step in [1 << 20, 1000] {
        let (mut recompressor, mut made) = (Recompressor::new(recompressions.clone()), Vec::new());
        decompressed_target
            .chunks(step)
            .for_each(|step| recompressor.push(step, &mut made).unwrap());
        recompressor.finish(&mut made).unwrap();
        assert!(made == target);
    }
    members
}

fn check_base(raw: Source, members: &[Member], decompressed: &[u8]) {
    let raw_bytes = decompressed.len() as u64;
    let base = Rc::new(DecompressedBase::new(raw, members));
    let mut cache = BaseCache::new(base.clone(), raw_bytes);
    let mut out = vec![0; decompressed.len()];
    cache.copy_to(0, &mut out).unwrap();
    assert!(out == decompressed);
    for at in (0..decompressed.len()).step_by(997).rev() {
        let mut out = vec![0; 1500.min(decompressed.len() - at)];
        base.read_at(at as u64, &mut out).unwrap();
        assert!(out == decompressed[at..at + out.len()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn archives_come_back(
        files in prop::collection::vec((0u64..54, 0usize..20, 0usize..4000, 0usize..5), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let make = |change: usize| -> Vec<Vec<u8>> {
            files.iter().map(|(recipe, seed, words, kind)| {
                let plain = text(seed + change, *words);
                let recipe = Recipe::from_number(*recipe).unwrap();
                match kind {
                    0 => plain,
                    1 => gzip(recipe, &plain),
                    2 => [true, false].map(|behind| zip_entry(recipe, &plain, behind)).concat(),
                    3 => png(recipe, &plain, 100 + seed),
                    _ => png(recipe, &plain, 1 << 20),
                }
            }).collect()
        };
        let (base, mut target) = (make(0), make(1));
        // A group may end with the start of a file.
        if let (Some(cut), Some(last)) = (cut, target.last_mut()) {
            last.truncate(cut.index(last.len() + 1));
        }
        check_round_trip(&base, &target);
    }
}

#[test]
fn gzip_files_are_taken_with_their_trailers() {
    let recipe = Recipe::from_number(42).unwrap();
    let members = check_round_trip(
        &[gzip(recipe, &text(1, 900))],
        &[gzip(recipe, &text(2, 1000))],
    );
    assert_eq!((members.base.len(), members.target.len()), (1, 1));
    let member = members.target[0];
    assert_eq!(
        (member.start, member.wrapper, member.plain_bytes),
        (12, Wrapper::Gzip, text(2, 1000).len())
    );
}

#[test]
fn a_wrong_trailer_stays_as_it_is() {
    let recipe = Recipe::from_number(42).unwrap();
    let mut file = gzip(recipe, &text(2, 1000));
    *file.last_mut().unwrap() ^= 1;
    assert_eq!(
        check_round_trip(&[], &[file]).target[0].wrapper,
        Wrapper::Raw
    );
}

#[test]
fn a_member_that_did_not_change_stays_packed() {
    let recipe = Recipe::from_number(8).unwrap();
    let [one, two, three] = [1, 2, 3].map(|seed| gzip(recipe, &text(seed, 500)));
    let members = check_round_trip(&[one.clone(), two], &[[one, three].concat()]);
    assert_eq!((members.base.len(), members.target.len()), (1, 1));
}

#[test]
fn what_no_recipe_makes_leaves_both_sides_alone() {
    let plain = text(1, 3000);
    let mut foreign = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    // A compressor of another family.
    let level = 5;
    foreign.extend(miniz_oxide::deflate::compress_to_vec(&plain, level));
    foreign.extend(crc32fast::hash(&plain).to_le_bytes());
    foreign.extend((plain.len() as u32).to_le_bytes());
    let base = gzip(Recipe::from_number(8).unwrap(), &text(2, 3000));
    assert_eq!(check_round_trip(&[base], &[foreign]), Members::default());
}

#[test]
fn files_of_a_zip_are_members_wherever_their_sizes_stand() {
    let recipe = Recipe::from_number(5).unwrap();
    let zip = |seed| {
        [
            zip_entry(recipe, &text(seed, 300), true),
            zip_entry(recipe, &text(seed + 1, 400), false),
        ]
    };
    let members = check_round_trip(&[zip(1).concat()], &[zip(5).concat()]);
    assert_eq!((members.base.len(), members.target.len()), (2, 2));
}

/// One file with its directory, behind a program; `shift`: by what its offsets count the program.
fn prefixed_zip(recipe: Recipe, seed: usize, program: &[u8], shift: usize) -> Vec<u8> {
    let entry = zip_entry(recipe, &text(seed, 400), false);
    let mut directory = b"PK\x01\x02".to_vec();
    directory.resize(42, 0);
    directory.extend((shift as u32).to_le_bytes());
    let mut end = b"PK\x05\x06".to_vec();
    end.resize(12, 0);
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend(((shift + entry.len()) as u32).to_le_bytes());
    end.extend([7, 0]);
    end.extend(b"comment");
    [program, &entry, &directory, &end].concat()
}

#[test]
fn a_zip_behind_a_program_is_seen_through() {
    let recipe = Recipe::from_number(5).unwrap();
    for (program, shift) in [("#!/usr/bin/python3\n", 19), ("MZ self-extracting", 0)] {
        let zip = |seed| prefixed_zip(recipe, seed, program.as_bytes(), shift);
        let members = check_round_trip(&[zip(1)], &[zip(5)]);
        assert_eq!((members.base.len(), members.target.len()), (1, 1));
    }
    let mut cut = prefixed_zip(recipe, 5, b"#!", 2);
    cut.truncate(cut.len() - 20);
    assert!(check_round_trip(&[cut.clone()], &[cut]).target.is_empty());
}

#[test]
fn an_image_is_a_member_without_its_chunks() {
    let recipe = Recipe::from_number(23).unwrap();
    let files = [png(recipe, &text(3, 900), 100)];
    let members = check_round_trip(&[png(recipe, &text(2, 900), 50)], &files);
    let member = members.target[0];
    assert_eq!(members.base.len(), 1);
    // Between the chunks before it and IEND.
    assert_eq!(
        (member.start, member.end()),
        (8 + 25 + 21, files[0].len() - 12)
    );
}

#[test]
fn an_image_with_a_wrong_check_value_is_left_alone() {
    let recipe = Recipe::from_number(23).unwrap();
    let mut file = png(recipe, &text(3, 900), 1 << 20);
    let last = file.len() - 12 - 5;
    file[last] ^= 1;
    assert_eq!(check_round_trip(&[], &[file]), Members::default());
}

/// Files made by the programs in their names, and what makes each of their members again, in order.
#[test]
fn archives_of_real_programs_are_taken_whole() {
    use super::deflate::Variant;
    type Made = (Variant, u8, Wrapper);
    let files: [(&[u8], &[Made]); 5] = [
        (
            include_bytes!("vectors/gnu-gzip-9.gz"),
            &[(Variant::Gzip, 9, Wrapper::Gzip)],
        ),
        (
            include_bytes!("vectors/python-gzip.gz"),
            &[
                (Variant::Zlib, 9, Wrapper::Gzip),
                (Variant::Zlib, 6, Wrapper::Gzip),
            ],
        ),
        (
            include_bytes!("vectors/info-zip-9.zip"),
            &[(Variant::InfoZip, 9, Wrapper::Raw); 2],
        ),
        (
            include_bytes!("vectors/python-pipe.whl"),
            &[(Variant::Zlib, 6, Wrapper::Raw); 2],
        ),
        (
            include_bytes!("vectors/pillow.png"),
            &[(Variant::ZlibLargeFiltered, 6, Wrapper::Png)],
        ),
    ];
    for (file, made) in files {
        let members = check_round_trip(&[], &[file.to_vec()]);
        assert_eq!(members.target.len(), made.len());
        for (member, (variant, level, wrapper)) in members.target.iter().zip(made) {
            // Many recipes make the same of a short file.
            let plain = check_recipe(file, member, Recipe::new(*variant, *level).unwrap());
            assert!(plain >= 1000 && member.wrapper == *wrapper);
        }
    }
}

/// Checks that this recipe makes the member too, and returns the length of its content.
fn check_recipe(file: &[u8], member: &Member, recipe: Recipe) -> usize {
    let (decompressed, parts) = decompress_side(file, &[Part::whole(file)], &[*member]).unwrap();
    let plain = &decompressed[parts[1].start..parts[1].end()];
    let recompression = Recompression {
        gap: 0,
        plain_bytes: plain.len(),
        wrapper: member.wrapper,
        recipe,
        idat_layout: member.idat_layout,
    };
    let (mut recompressor, mut made) = (Recompressor::new(vec![recompression]), Vec::new());
    recompressor.push(plain, &mut made).unwrap();
    recompressor.finish(&mut made).unwrap();
    assert!(made == file[member.start..member.end()]);
    plain.len()
}
