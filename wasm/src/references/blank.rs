//! Code that only moved differs in the references it holds. With these blanked, it matches.

use super::elf::{Elf, parse_elf};
use super::field::{Field, Form};
use super::scan::{BLOCK_BYTES, find_fields};
use crate::parts::Part;

/// What stands in place of a reference that fills its field: seldom as new bytes as zeros are.
const PATTERN: u64 = 0x5a;

/// Blanks every reference field of every ELF part in place (a fixed pattern of the field's width), so that code that
/// only moved matches.
pub fn blank_references(side: &mut [u8], parts: &[Part]) {
    let mut fields = Vec::new();
    for part in parts {
        let Some(file) = side.get_mut(part.start..part.end()) else {
            continue;
        };
        if let Some(elf) = parse_elf(file) {
            blank_file(file, &elf, &mut fields);
        }
    }
}

fn blank_file(file: &mut [u8], elf: &Elf, fields: &mut Vec<Field>) {
    for (index, block) in file.chunks_mut(BLOCK_BYTES).enumerate() {
        find_fields(elf, index * BLOCK_BYTES, block, fields);
        for field in &*fields {
            let at = usize::from(field.at);
            blank(field.form, &mut block[at..at + field.form.width()]);
        }
    }
}

fn blank(form: Form, bytes: &mut [u8]) {
    let mask = form.mask();
    let full = if bytes.len() == 8 { u64::MAX } else { 0xffff_ffff };
    let pattern = if mask == full { PATTERN } else { 0 };
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
