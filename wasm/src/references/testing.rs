//! Small ELF files for tests, made of sections that are given byte by byte.

use super::elf::Machine;

pub struct TestSection {
    pub name: &'static str,
    pub code: u32,
    pub flags: u64,
    pub bytes: Vec<u8>,
    /// Number of another section in the file, from 1; 0 for none.
    pub link: u32,
}

/// Sections are so much higher in memory than in the file.
pub const LOADED_AT: u64 = 0x10_0000;

const HEADER_BYTES: usize = 64;
const SECTION_BYTES: usize = 64;

/// Where each section begins in the file: on multiples of 16.
pub fn offsets(sections: &[TestSection]) -> Vec<usize> {
    let mut end = HEADER_BYTES;
    let place = |section: &TestSection| {
        let start = end.next_multiple_of(16);
        end = start + section.bytes.len();
        start
    };
    sections.iter().map(place).collect()
}

/// A 64-bit shared library; its section table and section names come last.
pub fn build_elf(machine: Machine, sections: &[TestSection]) -> Vec<u8> {
    let code: u16 = if machine == Machine::X64 { 62 } else { 183 };
    let mut file = vec![0; HEADER_BYTES];
    let offsets = offsets(sections);
    let mut names = vec![0];
    let mut table = vec![0; SECTION_BYTES];
    for (section, offset) in sections.iter().zip(&offsets) {
        file.resize(*offset, 0);
        file.extend(&section.bytes);
        let address = if section.flags & 2 == 0 {
            0
        } else {
            *offset as u64 + LOADED_AT
        };
        table.extend((names.len() as u32).to_le_bytes());
        table.extend(section.code.to_le_bytes());
        for word in [
            section.flags,
            address,
            *offset as u64,
            section.bytes.len() as u64,
        ] {
            table.extend(word.to_le_bytes());
        }
        table.extend(section.link.to_le_bytes());
        table.extend([0; 20]);
        names.extend(section.name.as_bytes());
        names.push(0);
    }
    let names_at = file.len();
    file.extend(&names);
    let mut entry = [0; SECTION_BYTES];
    entry[4] = 3;
    entry[24..32].copy_from_slice(&(names_at as u64).to_le_bytes());
    entry[32..40].copy_from_slice(&(names.len() as u64).to_le_bytes());
    table.extend(entry);
    let table_at = file.len() as u64;
    file.extend(&table);
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16] = 3;
    file[18..20].copy_from_slice(&code.to_le_bytes());
    file[40..48].copy_from_slice(&table_at.to_le_bytes());
    file[54] = 56;
    file[58] = SECTION_BYTES as u8;
    file[60] = sections.len() as u8 + 2;
    file[62] = sections.len() as u8 + 1;
    file
}
