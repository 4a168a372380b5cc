//! The sections of an ELF file: where its code and tables are in the file and in memory. A file
//! that is none, or no plausible one, has no references, which is no error.

use super::header::Header;
use super::section::{Content, Machine, NOBITS, Section};
use super::words::u32_at;
use crate::error::Result;

/// How many bytes are looked at of the table of section names, and of one name.
const NAMES_BYTES: usize = 16 << 10;
const NAME_BYTES: usize = 32;

pub struct Elf {
    pub machine: Machine,
    /// 64-bit.
    pub wide: bool,
    /// Linked to a fixed address, so that code holds absolute addresses.
    pub fixed: bool,
    /// As in the file, so that links are right, then the three kinds of headers.
    pub sections: Vec<Section>,
    /// Indices of the sections with bytes that may hold references, by offset.
    scanned: Vec<u8>,
    /// Start, end and index of those in memory, by address.
    loaded: Vec<(u64, u64, u8)>,
    /// All code is between these addresses.
    code: (u64, u64),
    /// Index of the section that the register of the global offset table points to.
    pub got: Option<u8>,
    /// Index of the relocations that stubs for calls into other files refer to by number.
    pub stub_relocations: Option<u8>,
}

/// Reads the sections of a file of `bytes` bytes. `read` fills a slice with what the file has at an
/// offset, and is only asked for what exists.
pub fn read_elf(
    bytes: usize,
    read: &mut dyn FnMut(usize, &mut [u8]) -> Result<()>,
) -> Result<Option<Elf>> {
    let mut header = [0; 64];
    if bytes < header.len() {
        return Ok(None);
    }
    read(0, &mut header)?;
    let Some(header) = Header::parse(&header, bytes) else {
        return Ok(None);
    };
    let mut table = vec![0; header.sections * header.section_bytes()];
    read(header.section_table, &mut table)?;
    let mut sections: Vec<Section> = table
        .chunks_exact(header.section_bytes())
        .map(|entry| header.read_section(entry, bytes))
        .collect();
    let names = &sections[header.names];
    let mut names_bytes = vec![0; names.bytes.min(NAMES_BYTES)];
    read(names.offset, &mut names_bytes)?;
    for (section, entry) in sections
        .iter_mut()
        .zip(table.chunks_exact(header.section_bytes()))
    {
        section.name = name_at(&names_bytes, u32_at(entry, 0) as usize);
        section.content = header.content_of(section, entry);
    }
    sections.extend(header.tables(bytes));
    Ok(Some(Elf::new(&header, sections)))
}

/// The sections of a file in memory.
pub fn parse_elf(file: &[u8]) -> Option<Elf> {
    let read = &mut |offset: usize, out: &mut [u8]| {
        out.copy_from_slice(&file[offset..offset + out.len()]);
        Ok(())
    };
    read_elf(file.len(), read).unwrap_or(None)
}

impl Elf {
    fn new(header: &Header, sections: Vec<Section>) -> Elf {
        let indices = || (0u8..=255).zip(&sections);
        let mut scanned: Vec<u8> = indices()
            .filter(|(_, section)| section.bytes > 0 && may_refer(section.content))
            .map(|(index, _)| index)
            .collect();
        scanned.sort_by_key(|index| sections[usize::from(*index)].offset);
        let mut loaded: Vec<_> = indices()
            .filter(|(_, section)| {
                section.loaded && section.address > 0 && section.memory_bytes > 0
            })
            .filter(|(_, section)| section.code != NOBITS || section.content == Content::Zeros)
            .map(|(index, section)| {
                (
                    section.address,
                    section.address.saturating_add(section.memory_bytes),
                    index,
                )
            })
            .collect();
        loaded.sort_unstable();
        let code = indices()
            .filter(|(_, section)| section.content == Content::Code)
            .map(|(_, section)| {
                (
                    section.address,
                    section.address.saturating_add(section.memory_bytes),
                )
            })
            .fold((u64::MAX, 0), |all, one| {
                (all.0.min(one.0), all.1.max(one.1))
            });
        let named = |name: &[u8]| indices().find(|(_, section)| section.name == name);
        let got = named(b".got.plt")
            .or(named(b".got"))
            .map(|(index, _)| index);
        let stub_relocations = named(b".rela.plt")
            .or(named(b".rel.plt"))
            .map(|(index, _)| index);
        Elf {
            machine: header.machine,
            wide: header.wide,
            fixed: header.fixed,
            sections,
            scanned,
            loaded,
            code,
            got,
            stub_relocations,
        }
    }

    /// Whether an address is between the first and the last byte of code.
    pub fn is_code(&self, address: u64) -> bool {
        (self.code.0..self.code.1).contains(&address)
    }

    /// The section in memory that an address is in.
    pub fn section_at(&self, address: u64) -> Option<usize> {
        let after = self.loaded.partition_point(|(start, ..)| *start <= address);
        let (_, end, index) = *self.loaded.get(after.checked_sub(1)?)?;
        (address < end).then_some(index.into())
    }

    /// The section that an address is in or just after: there are also references to the ends of
    /// tables.
    pub fn section_around(&self, address: u64) -> Option<usize> {
        let found = self.section_at(address);
        found.or_else(|| self.section_at(address.checked_sub(1)?))
    }

    /// The sections that may hold references and have bytes in `start..end` of the file, by offset.
    pub fn sections_in(&self, start: usize, end: usize) -> impl Iterator<Item = (u8, &Section)> {
        let all = self.scanned.iter();
        all.map(|index| (*index, &self.sections[usize::from(*index)]))
            .filter(move |(_, section)| section.offset < end && start < section.end())
    }
}

fn may_refer(content: Content) -> bool {
    !matches!(content, Content::Zeros | Content::Other)
}

fn name_at(names: &[u8], start: usize) -> Vec<u8> {
    let name = names.get(start..).unwrap_or_default();
    let bytes = name.iter().copied().take_while(|byte| *byte != 0);
    bytes.take(NAME_BYTES).collect()
}
