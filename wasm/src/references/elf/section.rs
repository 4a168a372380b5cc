//! What a section is, and where.

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
    /// The type in the file; for what is no real section, the content alone says what it is.
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

/// The type of a section without bytes in the file.
pub const NOBITS: u32 = 8;
