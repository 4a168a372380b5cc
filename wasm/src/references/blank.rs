//! Code that only moved differs in the references it holds. With these blanked, it matches. A reference in a table is
//! replaced by a fingerprint of what it refers to: else tables would be all alike, and nothing in them would say which
//! entry became which.

use super::elf::{Content, Elf, parse_elf};
use super::field::{Field, Form};
use super::scan::{BLOCK_BYTES, find_fields};
use crate::parts::Part;

/// What stands in place of a reference in code that fills its field: seldom as new bytes as zeros are.
const PATTERN: u64 = 0x5a;

/// Bytes that a fingerprint is made of.
const PRINTED_BYTES: usize = 16;

/// Blanks every reference field of every ELF part in place, so that code that only moved matches.
pub fn blank_references(side: &mut [u8], parts: &[Part]) {
    for part in parts {
        let Some(file) = side.get_mut(part.start..part.end()) else {
            continue;
        };
        if let Some(elf) = parse_elf(file) {
            let named = blank_file(file, &elf);
            print_targets(file, &named);
        }
    }
}

/// A field of a table, and where in the file its target is.
struct Named {
    at: u32,
    target: u32,
    form: Form,
}

/// Blanks all fields; gives those that are to hold fingerprints.
fn blank_file(file: &mut [u8], elf: &Elf) -> Vec<Named> {
    let (mut fields, mut named) = (Vec::new(), Vec::new());
    for (index, block) in file.chunks_mut(BLOCK_BYTES).enumerate() {
        let start = index * BLOCK_BYTES;
        find_fields(elf, start, block, &mut fields);
        for field in &fields {
            let at = usize::from(field.at);
            blank(field.form, &mut block[at..at + field.form.width()], PATTERN);
            if let Some(target) = offset_of_target(elf, field) {
                named.push(Named {
                    at: (start + at) as u32,
                    target: target as u32,
                    form: field.form,
                });
            }
        }
    }
    named
}

/// Where in the file the target of a table's field is.
fn offset_of_target(elf: &Elf, field: &Field) -> Option<usize> {
    if elf.sections[usize::from(field.section)].content == Content::Code {
        return None;
    }
    if field.form.names_offset() {
        return usize::try_from(field.target).ok();
    }
    let section = &elf.sections[elf.section_at(field.target)?];
    let inside = usize::try_from(field.target - section.address).ok()?;
    (inside < section.bytes).then_some(section.offset + inside)
}

fn print_targets(file: &mut [u8], named: &[Named]) {
    // All before any is written: targets may be in tables, too.
    let prints: Vec<u32> = named
        .iter()
        .map(|named| fingerprint(file, named.target as usize))
        .collect();
    for (Named { at, form, .. }, print) in named.iter().zip(prints) {
        let at = *at as usize;
        blank(*form, &mut file[at..at + form.width()], print.into());
    }
}

/// FNV-1a of what is at `at`.
fn fingerprint(file: &[u8], at: usize) -> u32 {
    let end = file.len().min(at + PRINTED_BYTES);
    let bytes = file.get(at..end).unwrap_or_default();
    let mix = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, mix)
}

/// Puts a pattern into a field that has nothing but the reference, else zeros in its place.
fn blank(form: Form, bytes: &mut [u8], pattern: u64) {
    let mask = form.mask();
    let full = if bytes.len() == 8 { u64::MAX } else { 0xffff_ffff };
    let pattern = if mask == full { pattern } else { 0 };
    let word = read_word(bytes) & !mask | pattern;
    write_word(bytes, word);
}

/// A little-endian word of the slice's length.
pub fn read_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

pub fn write_word(bytes: &mut [u8], word: u64) {
    let count = bytes.len();
    bytes.copy_from_slice(&word.to_le_bytes()[..count]);
}
