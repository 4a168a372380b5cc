//! Writes the files of `vectors/` and the inputs that fuzzing starts from, which are the same
//! deltas: `cargo test --lib write_vectors -- --ignored`. To be run again when the format changes,
//! and only then do they change. (`bsdiff40.txt` is not ours, and stays.)

use std::fs;
use std::ops::Range;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::format::{CRC_BYTES, FIXED_BYTES, FORMAT_VERSION, MEMORY_UNIT, OLDEST_FORMAT_VERSION};
use super::sample_files::{File, alphabet, archives, everything, packed, program, texts};
use super::{Group, HeaderInput, Span, encode_header};
use crate::bsdiff40;
use crate::coder::Level;
use crate::mixing::Sizes;
use crate::parts::Part;
use crate::recompression::{find_members, write_members};
use crate::record::{self, Coding};
use crate::varint::write_varint;

/// What a decoder needs, and what it must return.
#[derive(Clone, Default)]
struct Vector {
    base_manifest: Vec<u8>,
    skeleton: Vec<u8>,
    base: Vec<u8>,
    target: Vec<u8>,
    file: Vec<u8>,
    /// Where in `file` the decoder memory is stated.
    memory: Range<usize>,
    /// Where in `file` the last group's record begins.
    last_record: usize,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn manifest<'a>(lines: impl Iterator<Item = (&'a str, &'a [u8], bool)>) -> Vec<u8> {
    let line = |(name, content, carried): (&str, &[u8], bool)| {
        let hash = if carried {
            "-".into()
        } else {
            hex(&Sha256::digest(content))
        };
        format!("f 0644 0:0 {} {hash} {name}\n", content.len())
    };
    format!("infield-tree 1\n{}", lines.map(line).collect::<String>()).into_bytes()
}

fn parts(contents: &[&[u8]]) -> Vec<Part> {
    let mut start = 0;
    let part = |content: &&[u8]| {
        start += content.len();
        let bytes = content.len();
        Part {
            start: start - bytes,
            bytes,
        }
    };
    contents.iter().map(part).collect()
}

/// One group of all files that have old content, and one of each that has none.
fn make(coding: fn(usize) -> Coding, files: &[File]) -> Vector {
    let (changed, added): (Vec<_>, Vec<_>) = files.iter().partition(|file| !file.old.is_empty());
    let mut vector = Vector::default();
    let (mut groups, mut records, mut memory) = (Vec::new(), Vec::new(), 0);
    let mut format_version = 0;
    for members in [changed]
        .into_iter()
        .chain(added.into_iter().map(|file| vec![file]))
    {
        let old: Vec<&[u8]> = members.iter().map(|file| &file.old[..]).collect();
        let new: Vec<&[u8]> = members.iter().map(|file| &file.new[..]).collect();
        let (base, target) = (old.concat(), new.concat());
        let sides = [
            (&base[..], &parts(&old)[..]),
            (&target[..], &parts(&new)[..]),
        ];
        let encoded = record::encode_as(coding(target.len()), sides[0], sides[1], &mut |_| Ok(()));
        let encoded = encoded.unwrap();
        let spans = (0..).zip(&old).filter(|(_, old)| !old.is_empty());
        groups.push(Group {
            target_bytes: target.len() as u64,
            stored_bytes: encoded.record.len() as u64,
            spans: spans
                .map(|(file, old)| Span {
                    file,
                    offset: 0,
                    bytes: old.len() as u64,
                })
                .collect(),
        });
        vector.base.extend(base);
        vector.target.extend(target);
        memory = memory.max(encoded.memory_bytes);
        format_version = format_version.max(encoded.format_version);
        records.push(encoded.record);
    }
    let in_base = files.iter().filter(|file| !file.old.is_empty());
    vector.base_manifest = manifest(in_base.map(|file| (file.name, &file.old[..], false)));
    vector.skeleton = manifest(files.iter().map(|file| (file.name, &file.new[..], true)));
    let target_manifest = manifest(files.iter().map(|file| (file.name, &file.new[..], false)));
    let header = HeaderInput {
        base_tree_id: &Sha256::digest(&vector.base_manifest),
        target_tree_id: &Sha256::digest(&target_manifest),
        base_manifest: &vector.base_manifest,
        skeleton: &vector.skeleton,
        groups: &groups,
        groups_memory_bytes: memory,
        groups_format_version: format_version,
    };
    let (mut lengths, encoded) = (Vec::new(), encode_header(&header).unwrap());
    write_varint(&mut lengths, vector.base_manifest.len() as u64);
    let memory_at = FIXED_BYTES + lengths.len();
    write_varint(&mut lengths, encoded.memory_bytes / MEMORY_UNIT);
    vector.memory = memory_at..FIXED_BYTES + lengths.len();
    vector.file = encoded.bytes;
    for record in records {
        vector.last_record = vector.file.len();
        vector.file.extend(record);
    }
    vector.file = close(vector.file);
    vector
}

/// Appends the CRC.
fn close(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn write(name: &str, comment: &str, vector: &Vector, result: &str) {
    let mut lines = format!("# {comment}\n");
    for (field, bytes) in [
        ("base-manifest", &vector.base_manifest),
        ("skeleton", &vector.skeleton),
        ("base", &vector.base),
        ("target", &vector.target),
        ("file", &vector.file),
    ] {
        lines += &format!("{field}: {}\n", hex(bytes));
    }
    fs::write(
        path("vectors").join(name),
        lines + "result: " + result + "\n",
    )
    .unwrap();
}

#[test]
#[ignore = "writes files that are committed"]
fn write_vectors() {
    let mixed = |bytes| Coding::Mixed(Sizes::choose(Level::Default, 0, bytes));
    let small = make(mixed, &alphabet());
    let ok = |name: &str, comment: &str, vector: &Vector| write(name, comment, vector, "ok");
    ok(
        "delta-small.txt",
        "One changed byte in one file; docs/delta-format.md explains it.",
        &small,
    );
    let comment = "A text with edits. Two groups, the second has no base; `base` and `target` \
                   are those of both, one behind the other.";
    ok("delta-text.txt", comment, &make(mixed, &texts()));
    let comment = "A program of which one function grew: references to what moved are predicted.";
    ok("delta-program.txt", comment, &make(mixed, &program()));
    let comment = "Two gzip files: they are unpacked, and packed again. One holds a program.";
    ok("delta-archives.txt", comment, &make(mixed, &archives()));
    let comment = "New bytes that look like noise: one chunk of them is plain.";
    ok("delta-plain.txt", comment, &make(mixed, &packed()));
    let best = make(
        |bytes| Coding::Mixed(Sizes::choose(Level::Best, bytes, bytes)),
        &everything(),
    );
    ok(
        "delta-best.txt",
        "All of this in one, at the level best.",
        &best,
    );
    let fast = make(|_| Coding::Lzma, &everything());
    ok(
        "delta-fast.txt",
        "The same files in the coding fast.",
        &fast,
    );
    let lzma2 = make(|_| Coding::Lzma2, &everything());
    let comment = "The same files in the coding fast of format version 4.";
    ok("delta-lzma2.txt", comment, &lzma2);
    write_refused(&small);
    write_seeds([&best, &fast, &lzma2]);
}

fn write_refused(small: &Vector) {
    let refuse = |name: &str, comment: &str, change: &dyn Fn(&mut Vec<u8>), result: &str| {
        let mut changed = small.clone();
        changed.file.truncate(small.file.len() - 4);
        change(&mut changed.file);
        changed.file = close(changed.file);
        write(name, comment, &changed, result);
    };
    refuse(
        "newer-format.txt",
        &format!("Format version {}.", FORMAT_VERSION + 1),
        &|file| file[4] = FORMAT_VERSION + 1,
        "delta-too-new",
    );
    refuse(
        "older-format.txt",
        &format!("Format version {}.", OLDEST_FORMAT_VERSION - 1),
        &|file| file[4] = OLDEST_FORMAT_VERSION - 1,
        "delta-damaged",
    );
    refuse(
        "wrong-base.txt",
        "Made for another base tree.",
        &|file| file[5] ^= 1,
        "delta-wrong-base",
    );
    let comment = "A record says that it is coded in a way that does not exist.";
    refuse(
        "unknown-coding.txt",
        comment,
        &|file| file[small.last_record] = 9,
        "delta-damaged",
    );
    let comment = "The header states less decoder memory than the records need.";
    let understate = |file: &mut Vec<u8>| drop(file.splice(small.memory.clone(), [1]));
    refuse(
        "understated-memory.txt",
        comment,
        &understate,
        "delta-memory",
    );
    let mut damaged = small.clone();
    *damaged.file.last_mut().unwrap() ^= 1;
    write(
        "bad-checksum.txt",
        "The checksum does not match.",
        &damaged,
        "delta-damaged",
    );
}

/// What a fuzzer changes: files without what precedes their lengths and without their checksums, a
/// table of members, a patch.
fn write_seeds([best, fast, lzma2]: [&Vector; 3]) {
    let inside =
        |vector: &Vector| vector.file[FIXED_BYTES..vector.file.len() - CRC_BYTES as usize].to_vec();
    let files = everything();
    let [old, new] = [
        |file: &File| file.old.clone(),
        |file: &File| file.new.clone(),
    ]
    .map(|side| files.iter().map(side).collect::<Vec<_>>());
    let [old_parts, new_parts] =
        [&old, &new].map(|side| parts(&side.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    let members = find_members(&old.concat(), &old_parts, &new.concat(), &new_parts);
    let patch = bsdiff40::encode(&best.base, &best.target, &mut |_| Ok(())).unwrap();
    for (name, seed) in [
        ("delta/best", inside(best)),
        ("delta/fast", inside(fast)),
        ("delta/lzma2", inside(lzma2)),
        ("members/archives", write_members(&members)),
        ("bsdiff40/patch", patch),
    ] {
        let path = path("fuzz/seeds").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, seed).unwrap();
    }
}
