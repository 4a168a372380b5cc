//! The header of an ELF file, and the tables it points to.

use super::section::{Content, Machine, NOBITS, Section};
use super::words::{u16_at, u32_at, word_at};

/// Sections looked at, with the three below, so that an index fits a byte. Linked files have about
/// 30.
const MAX_SECTIONS: usize = 256;

const WRITABLE: u64 = 1;
const ALLOCATED: u64 = 2;
const EXECUTABLE: u64 = 4;
const THREAD_LOCAL: u64 = 0x400;

pub struct Header {
    pub machine: Machine,
    pub wide: bool,
    pub fixed: bool,
    program_table: usize,
    programs: usize,
    pub section_table: usize,
    pub sections: usize,
    pub names: usize,
}

impl Header {
    pub fn parse(header: &[u8; 64], bytes: usize) -> Option<Header> {
        let wide = header[4] == 2;
        let machine = match (u16_at(header, 18), wide) {
            (3, false) => Machine::I386,
            (40, false) => Machine::Arm,
            (62, true) => Machine::X64,
            (183, true) => Machine::Arm64,
            _ => return None,
        };
        let little_endian = header[5] == 1;
        let linked = matches!(u16_at(header, 16), 2 | 3);
        if !header.starts_with(b"\x7fELF") || !little_endian || !linked {
            return None;
        }
        let counts = if wide {
            &header[54..64]
        } else {
            &header[42..52]
        };
        let (programs_at, sections_at) = if wide { (32, 40) } else { (28, 32) };
        let header = Header {
            machine,
            wide,
            fixed: u16_at(header, 16) == 2,
            program_table: usize::try_from(word_at(header, programs_at, wide)).ok()?,
            programs: u16_at(counts, 2).into(),
            section_table: usize::try_from(word_at(header, sections_at, wide)).ok()?,
            sections: u16_at(counts, 6).into(),
            names: u16_at(counts, 8).into(),
        };
        let end = header
            .section_table
            .checked_add(header.sections * header.section_bytes())?;
        let plausible = usize::from(u16_at(counts, 4)) == header.section_bytes()
            && header.sections <= MAX_SECTIONS - 3
            && header.names < header.sections
            && end <= bytes;
        plausible.then_some(header)
    }

    pub fn section_bytes(&self) -> usize {
        if self.wide { 64 } else { 40 }
    }

    pub fn read_section(&self, entry: &[u8], file_bytes: usize) -> Section {
        let wide = self.wide;
        let field = |narrow_at: usize, wide_at: usize| {
            word_at(entry, if wide { wide_at } else { narrow_at }, wide)
        };
        let code = u32_at(entry, 4);
        let size = field(20, 32);
        let inside = usize::try_from(field(16, 24))
            .ok()
            .zip(usize::try_from(size).ok());
        let inside = inside.filter(|(offset, bytes)| {
            code != NOBITS
                && offset
                    .checked_add(*bytes)
                    .is_some_and(|end| end <= file_bytes)
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

    pub fn content_of(&self, section: &Section, entry: &[u8]) -> Content {
        let flags = word_at(entry, 8, self.wide);
        match (section.code, section.name.as_slice()) {
            (NOBITS, _) if flags & THREAD_LOCAL != 0 => Content::Other,
            (NOBITS, _) => Content::Zeros,
            (2 | 11, _) => Content::Symbols,
            (4, _) => Content::Rela,
            (9, _) => Content::Rel,
            (19, _) => Content::Relr,
            (6, _) => Content::Dynamic,
            (0x7000_0001, _) | (_, b".ARM.extab") if self.machine == Machine::Arm => {
                Content::Exceptions
            }
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
    pub fn tables(&self, file_bytes: usize) -> [Section; 3] {
        let section = |content, offset: usize, bytes: usize| {
            let inside = offset
                .checked_add(bytes)
                .is_some_and(|end| end <= file_bytes);
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
