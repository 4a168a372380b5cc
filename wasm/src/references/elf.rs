//! The sections of an ELF file ("System V Application Binary Interface", chapters 4 and 5): where its code and tables
//! lie in the file and in memory. A file that is none, or not a plausible one, has no references, which is no error.

use crate::error::Result;

/// Sections looked at, with the three below: an index fits a byte. Linked files have about 30.
const MOST_SECTIONS: usize = 256;

/// Bytes of the table of the sections' names that are looked at, and of one name.
const NAMES_BYTES: usize = 16 << 10;
const NAME_BYTES: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    I386,
    Arm,
    X64,
    Arm64,
}

/// What a section's bytes are, as far as references go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Code,
    /// Writable data, or what the loader writes once.
    Data,
    ReadOnly,
    Frames,
    FrameTable,
    /// ARM's tables of functions and how to unwind them.
    Exceptions,
    /// Relocations with addends.
    Rela,
    Rel,
    /// Packed relative relocations.
    Relr,
    Symbols,
    Dynamic,
    FileHeader,
    ProgramHeaders,
    SectionHeaders,
    /// Takes memory, but no bytes of the file.
    Zeros,
    Other,
}

#[derive(Clone, Debug)]
pub struct Section {
    pub name: Vec<u8>,
    /// The type in the file; for what is no section the content alone says it.
    pub code: u32,
    pub content: Content,
    /// Whether it is in memory, and so has addresses.
    pub loaded: bool,
    pub address: u64,
    pub memory_bytes: u64,
    pub offset: usize,
    /// Bytes in the file, all inside it.
    pub bytes: usize,
    pub link: usize,
}

impl Section {
    pub fn end(&self) -> usize {
        self.offset + self.bytes
    }
}

pub struct Elf {
    pub machine: Machine,
    /// 64-bit.
    pub wide: bool,
    /// Linked to a fixed address, so that code holds addresses as they are.
    pub fixed: bool,
    /// As in the file, so that links are right, then the three kinds of headers.
    pub sections: Vec<Section>,
    /// Indices of the sections with bytes that may hold references, by offset.
    scanned: Vec<u8>,
    /// Start, end and index of those in memory, by address.
    loaded: Vec<(u64, u64, u8)>,
    /// All code lies between these addresses.
    code: (u64, u64),
    /// Index of what the global offset table's register points to.
    pub got: Option<u8>,
    /// Index of the relocations that stubs for calls into other files count.
    pub stub_relocations: Option<u8>,
}

/// Reads the sections of a file of `bytes` bytes; `read` fills a slice with what the file has at an offset, and is
/// only asked for what exists.
pub fn read_elf(bytes: usize, read: &mut dyn FnMut(usize, &mut [u8]) -> Result<()>) -> Result<Option<Elf>> {
    let mut head = [0; 64];
    if bytes < head.len() {
        return Ok(None);
    }
    read(0, &mut head)?;
    let Some(header) = Header::parse(&head, bytes) else {
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

struct Header {
    machine: Machine,
    wide: bool,
    fixed: bool,
    program_table: usize,
    programs: usize,
    section_table: usize,
    sections: usize,
    names: usize,
}

impl Header {
    fn parse(head: &[u8; 64], bytes: usize) -> Option<Header> {
        let wide = head[4] == 2;
        let machine = match (u16_at(head, 18), wide) {
            (3, false) => Machine::I386,
            (40, false) => Machine::Arm,
            (62, true) => Machine::X64,
            (183, true) => Machine::Arm64,
            _ => return None,
        };
        let little_endian = head[5] == 1;
        let linked = matches!(u16_at(head, 16), 2 | 3);
        if !head.starts_with(b"\x7fELF") || !little_endian || !linked {
            return None;
        }
        let counts = if wide { &head[54..64] } else { &head[42..52] };
        let (programs_at, sections_at) = if wide { (32, 40) } else { (28, 32) };
        let header = Header {
            machine,
            wide,
            fixed: u16_at(head, 16) == 2,
            program_table: usize::try_from(word_at(head, programs_at, wide)).ok()?,
            programs: u16_at(counts, 2).into(),
            section_table: usize::try_from(word_at(head, sections_at, wide)).ok()?,
            sections: u16_at(counts, 6).into(),
            names: u16_at(counts, 8).into(),
        };
        let end = header
            .section_table
            .checked_add(header.sections * header.section_bytes())?;
        let plausible = usize::from(u16_at(counts, 4)) == header.section_bytes()
            && header.sections <= MOST_SECTIONS - 3
            && header.names < header.sections
            && end <= bytes;
        plausible.then_some(header)
    }

    fn section_bytes(&self) -> usize {
        if self.wide { 64 } else { 40 }
    }

    fn read_section(&self, entry: &[u8], file_bytes: usize) -> Section {
        let wide = self.wide;
        let field =
            |narrow_at: usize, wide_at: usize| word_at(entry, if wide { wide_at } else { narrow_at }, wide);
        let code = u32_at(entry, 4);
        let size = field(20, 32);
        let inside = usize::try_from(field(16, 24))
            .ok()
            .zip(usize::try_from(size).ok());
        let inside = inside.filter(|(offset, bytes)| {
            code != NOBITS && offset.checked_add(*bytes).is_some_and(|end| end <= file_bytes)
        });
        let (offset, bytes) = inside.unwrap_or((0, 0));
        Section {
            name: Vec::new(),
            code,
            content: Content::Other,
            loaded: field(8, 8) & ALLOCATED != 0,
            address: field(12, 16),
            memory_bytes: size,
            offset,
            bytes,
            link: u32_at(entry, if wide { 40 } else { 24 }) as usize,
        }
    }

    fn content_of(&self, section: &Section, entry: &[u8]) -> Content {
        let flags = word_at(entry, 8, self.wide);
        match (section.code, section.name.as_slice()) {
            (NOBITS, _) if flags & THREAD_LOCAL != 0 => Content::Other,
            (NOBITS, _) => Content::Zeros,
            (2 | 11, _) => Content::Symbols,
            (4, _) => Content::Rela,
            (9, _) => Content::Rel,
            (19, _) => Content::Relr,
            (6, _) => Content::Dynamic,
            (0x7000_0001, _) | (_, b".ARM.extab") if self.machine == Machine::Arm => Content::Exceptions,
            (_, b".eh_frame") => Content::Frames,
            (_, b".eh_frame_hdr") => Content::FrameTable,
            _ if !section.loaded => Content::Other,
            _ if flags & EXECUTABLE != 0 => Content::Code,
            _ if flags & WRITABLE != 0 => Content::Data,
            (1, _) => Content::ReadOnly,
            _ => Content::Other,
        }
    }

    /// The headers, as sections of their own.
    fn tables(&self, file_bytes: usize) -> [Section; 3] {
        let section = |content, offset: usize, bytes: usize| {
            let inside = offset.checked_add(bytes).is_some_and(|end| end <= file_bytes);
            let (offset, bytes) = if inside { (offset, bytes) } else { (0, 0) };
            Section {
                name: Vec::new(),
                code: 0,
                content,
                loaded: false,
                address: 0,
                memory_bytes: 0,
                offset,
                bytes,
                link: 0,
            }
        };
        let (header_bytes, program_bytes) = if self.wide { (64, 56) } else { (52, 32) };
        let section_bytes = self.sections * self.section_bytes();
        [
            section(Content::FileHeader, 0, header_bytes),
            section(
                Content::ProgramHeaders,
                self.program_table,
                self.programs * program_bytes,
            ),
            section(Content::SectionHeaders, self.section_table, section_bytes),
        ]
    }
}

const NOBITS: u32 = 8;
const WRITABLE: u64 = 1;
const ALLOCATED: u64 = 2;
const EXECUTABLE: u64 = 4;
const THREAD_LOCAL: u64 = 0x400;

impl Elf {
    fn new(header: &Header, sections: Vec<Section>) -> Elf {
        let indices = || (0u8..=255).zip(&sections);
        let mut scanned: Vec<u8> = indices()
            .filter(|(_, section)| section.bytes > 0 && may_refer(section.content))
            .map(|(index, _)| index)
            .collect();
        scanned.sort_by_key(|index| sections[usize::from(*index)].offset);
        let mut loaded: Vec<_> = indices()
            .filter(|(_, section)| section.loaded && section.address > 0 && section.memory_bytes > 0)
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
            .fold((u64::MAX, 0), |all, one| (all.0.min(one.0), all.1.max(one.1)));
        let named = |name: &[u8]| indices().find(|(_, section)| section.name == name);
        let got = named(b".got.plt").or(named(b".got")).map(|(index, _)| index);
        let stub_relocations = named(b".rela.plt").or(named(b".rel.plt")).map(|(index, _)| index);
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

    /// Whether an address lies between the first and the last byte of code.
    pub fn is_code(&self, address: u64) -> bool {
        (self.code.0..self.code.1).contains(&address)
    }

    /// The section in memory that an address lies in.
    pub fn section_at(&self, address: u64) -> Option<usize> {
        let after = self.loaded.partition_point(|(start, ..)| *start <= address);
        let (_, end, index) = *self.loaded.get(after.checked_sub(1)?)?;
        (address < end).then_some(index.into())
    }

    /// The section that an address lies in or just behind: ends of tables are referred to, too.
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

pub fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

/// Four bytes, or eight in a 64-bit file.
pub fn word_at(bytes: &[u8], at: usize, wide: bool) -> u64 {
    let high = if wide { u32_at(bytes, at + 4) } else { 0 };
    u64::from(high) << 32 | u64::from(u32_at(bytes, at))
}
