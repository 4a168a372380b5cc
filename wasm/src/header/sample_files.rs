//! The files that vectors are made of.

use crate::matching::tests::noise;
use crate::recompression::deflate::Recipe;
use crate::recompression::tests::{gzip, text};
use crate::references::tests::{Machine, library};

/// A file of both trees, or of the target only.
pub struct File {
    pub name: &'static str,
    pub old: Vec<u8>,
    pub new: Vec<u8>,
}

pub fn alphabet() -> Vec<File> {
    let old = b"abcdefghijklmnopqrstuvwxyz".to_vec();
    let mut new = old.clone();
    new[13] = b'N';
    vec![File {
        name: "alphabet",
        old,
        new,
    }]
}

/// Words of which some were changed, left out and moved; and a new file.
pub fn texts() -> Vec<File> {
    let old = text(3, 250);
    let mut new = [&old[700..], b"and some words more", &old[..600]].concat();
    (0..new.len()).step_by(97).for_each(|at| new[at] ^= 1);
    let (letter, postscript) = ("letter", "postscript");
    vec![
        File {
            name: letter,
            old,
            new,
        },
        File {
            name: postscript,
            old: vec![],
            new: text(5, 90),
        },
    ]
}

/// A library of which one function grew, so that references to everything after it changed.
pub fn program() -> Vec<File> {
    let [old, new] =
        [(60, 0), (20, 5)].map(|(changed, extra)| library(Machine::X64, 60, changed, extra));
    vec![File {
        name: "libschool.so",
        old,
        new,
    }]
}

/// A text compressed by `gzip`, and a library for another machine, compressed too.
pub fn archives() -> Vec<File> {
    let pack = |level, plain: &[u8]| gzip(Recipe::from_number(level).unwrap(), plain);
    let text = texts().swap_remove(0);
    let [old, new] =
        [(20, 0), (7, 3)].map(|(changed, extra)| library(Machine::Arm64, 20, changed, extra));
    let (letter, library) = ("letter.gz", "library.gz");
    vec![
        File {
            name: letter,
            old: pack(5, &text.old),
            new: pack(5, &text.new),
        },
        File {
            name: library,
            old: pack(8, &old),
            new: pack(8, &new),
        },
    ]
}

/// Compressed by who knows what: noise, as far as anybody can see. Some of it comes again, and is
/// found.
pub fn packed() -> Vec<File> {
    let once = noise(1, 5000);
    let old = text(3, 250);
    vec![File {
        name: "noise",
        new: [&once[..], &old, &once[1000..1200]].concat(),
        old,
    }]
}

pub fn everything() -> Vec<File> {
    let mut files = [archives(), program(), texts()]
        .into_iter()
        .flatten()
        .collect::<Vec<File>>();
    files.sort_by_key(|file| file.name);
    files
}
