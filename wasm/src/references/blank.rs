//! Code that only moved differs in the references it holds; once they are blanked, it matches. A
//! blanked reference is a fingerprint of what it refers to. Otherwise tables would look the same
//! everywhere, and nothing in them would say which entry became which.

use super::elf::{
    Content, Elf, Machine, Section, parse_elf, read_word, u32_at, word_at, write_word,
};
use super::field::{Field, Form, kind};
use super::scan::{BLOCK_BYTES, find_fields};
use crate::parts::Part;

/// What replaces a reference at first: rare among new bytes, as zeros are not.
const PATTERN: u64 = 0x5a;

/// Bytes that a fingerprint is made of, and bytes of a symbol's name, as names often begin alike.
const FINGERPRINTED_BYTES: usize = 16;
const NAME_BYTES: usize = 64;

/// Blanks every reference field of every ELF part in place, so that code that only moved matches.
pub fn blank_references(side: &mut [u8], parts: &[Part]) {
    for part in parts {
        let Some(file) = side.get_mut(part.start..part.end()) else {
            continue;
        };
        if let Some(elf) = parse_elf(file) {
            blank_file(file, &elf);
        }
    }
}

/// Stretches of linked code: where each begins, its length, and the machine that it is for.
pub fn find_code(side: &[u8], parts: &[Part]) -> Vec<(usize, usize, Machine)> {
    let mut found = Vec::new();
    for part in parts {
        let Some(elf) = side.get(part.start..part.end()).and_then(parse_elf) else {
            continue;
        };
        let code = |section: &&Section| section.content == Content::Code && section.bytes > 0;
        let mut own: Vec<_> = elf.sections.iter().filter(code).collect();
        own.sort_by_key(|section| section.offset);
        let mut end = part.start;
        for section in own {
            let start = (part.start + section.offset).max(end);
            end = end.max(part.start + section.end());
            found.push((start, end - start, elf.machine));
        }
    }
    found
}

fn blank_file(file: &mut [u8], elf: &Elf) {
    let relocations = find_relocations(file, elf);
    let mut rounds = blank_fields(file, elf);
    let [names, tables, operands, calls] = &mut rounds;
    fingerprint_targets(file, names);
    fingerprint_targets(file, tables);
    fingerprint_relocated(file, &relocations);
    fingerprint_targets(file, operands);
    fingerprint_targets(file, calls);
}

/// A field, and where in the file its target is.
struct Blanked {
    at: u32,
    target: u32,
    form: Form,
}

/// Blanks all fields. Fingerprints follow in rounds, each made from those before: names, other
/// fields of tables, operands of code (which may refer to pointers with fingerprints), calls (of
/// stubs whose operands have fingerprints).
fn blank_fields(file: &mut [u8], elf: &Elf) -> [Vec<Blanked>; 4] {
    let mut rounds = [const { Vec::new() }; 4];
    let mut fields = Vec::new();
    for (index, block) in file.chunks_mut(BLOCK_BYTES).enumerate() {
        let start = index * BLOCK_BYTES;
        find_fields(elf, start, block, &mut fields);
        for field in &fields {
            let at = usize::from(field.at);
            blank(field.form, &mut block[at..at + field.form.width()], PATTERN);
            if let Some(target) = offset_of_target(elf, field) {
                rounds[round_of(field.form)].push(Blanked {
                    at: (start + at) as u32,
                    target: target as u32,
                    form: field.form,
                });
            }
        }
    }
    rounds
}

fn round_of(form: Form) -> usize {
    match form.kind() {
        _ if form == Form::Within32 => 0,
        kind::DATA | kind::PAGE | kind::LOW => 2,
        kind::CALL | kind::BRANCH => 3,
        _ => 1,
    }
}

/// Where in the file the target of a field is.
fn offset_of_target(elf: &Elf, field: &Field) -> Option<usize> {
    if field.form.names_offset() {
        return usize::try_from(field.target).ok();
    }
    let section = &elf.sections[elf.section_at(field.target)?];
    let inside = usize::try_from(field.target - section.address).ok()?;
    (inside < section.bytes).then_some(section.offset + inside)
}

/// A word that the loader fills, and the bytes of the relocation that say with what.
struct Relocation {
    at: usize,
    width: usize,
    entry_bytes: std::ops::Range<usize>,
}

fn find_relocations(file: &[u8], elf: &Elf) -> Vec<Relocation> {
    let width = if elf.wide { 8 } else { 4 };
    let mut found = Vec::new();
    for section in &elf.sections {
        let words = match section.content {
            Content::Rela => 3,
            Content::Rel => 2,
            _ => continue,
        };
        for entry in (section.offset..section.end()).step_by(words * width) {
            if entry + words * width > section.end() {
                break;
            }
            let address = word_at(file, entry, elf.wide);
            let symbol = if elf.wide {
                u32_at(file, entry + 12)
            } else {
                u32_at(file, entry + 4) >> 8
            };
            let Some(index) = elf.section_at(address).filter(|_| words == 3 || symbol > 0) else {
                continue;
            };
            let section = &elf.sections[index];
            let inside = usize::try_from(address - section.address).unwrap_or(usize::MAX);
            if section.content == Content::Data
                && inside < section.bytes
                && section.bytes - inside >= width
            {
                found.push(Relocation {
                    at: section.offset + inside,
                    width,
                    entry_bytes: entry + width..entry + words * width,
                });
            }
        }
    }
    found
}

/// Puts a fingerprint of the relocation, which has fingerprints itself, into each word that the
/// loader fills.
fn fingerprint_relocated(file: &mut [u8], relocations: &[Relocation]) {
    for Relocation {
        at,
        width,
        entry_bytes,
    } in relocations
    {
        let fingerprint = fingerprint(&file[entry_bytes.clone()]);
        write_word(&mut file[*at..*at + width], fingerprint.into());
    }
}

fn fingerprint_targets(file: &mut [u8], blanked: &[Blanked]) {
    // All before any is written: fields may refer to each other.
    let fingerprints: Vec<u32> = blanked
        .iter()
        .map(|blanked| fingerprint_target(file, blanked))
        .collect();
    for (Blanked { at, form, .. }, fingerprint) in blanked.iter().zip(fingerprints) {
        let at = *at as usize;
        blank(*form, &mut file[at..at + form.width()], fingerprint.into());
    }
}

fn fingerprint_target(file: &[u8], blanked: &Blanked) -> u32 {
    let behind = file.get(blanked.target as usize..).unwrap_or_default();
    if blanked.form == Form::Within32 {
        let name = &behind[..behind.len().min(NAME_BYTES)];
        let end = name.iter().position(|byte| *byte == 0);
        return fingerprint(&name[..end.unwrap_or(name.len())]);
    }
    fingerprint(&behind[..behind.len().min(FINGERPRINTED_BYTES)])
}

/// FNV-1a.
fn fingerprint(bytes: &[u8]) -> u32 {
    let mix = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, mix)
}

/// Puts a pattern in place of the reference; the instruction's own bits stay.
fn blank(form: Form, bytes: &mut [u8], pattern: u64) {
    let word = read_word(bytes) & !form.mask() | pattern & form.mask();
    write_word(bytes, word);
}
