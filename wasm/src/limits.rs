//! Every bound on what comes from a file or a caller, with its reason.

/// Bytes of one group's base, and of its target. Positions in a suffix array are 32 bits, and an encoder holds about
/// six times the base in a wasm instance of at most 4 GiB.
pub const MAX_GROUP_BYTES: u64 = 256 << 20;

/// Bytes of a whole delta file or of any other length: what a JavaScript number holds exactly.
pub const MAX_LENGTH: u64 = (1 << 53) - 1;

/// Groups in a delta: a tree of 64 GiB in groups of 1 MiB.
pub const MAX_GROUPS: u64 = 1 << 16;

/// Base spans over all groups: twice the entries a tree may have, so that a hostile table cannot fill the memory.
pub const MAX_SPANS: u64 = 1 << 20;

/// Bytes copied at once.
pub const COPY_BYTES: usize = 64 << 10;

/// Packed members of each side of a group: 2 KiB of each on average in a group of 32 MiB, and 4 MB of decoder memory.
pub const MAX_MEMBERS: u64 = 1 << 14;

/// Plain bytes of one packed member: a decoder keeps the one of the base that it reads whole.
pub const MAX_MEMBER_BYTES: usize = 16 << 20;

/// Bytes of a side that an encoder unfolds to at most, so that its memory stays below 1 GiB: it holds both sides twice, the
/// suffix array (4 a byte of the base) and 1.5 bytes more. A decoder takes more.
pub const MAX_ENCODER_SIDE_BYTES: u64 = 88 << 20;

/// Plain bytes of all packed members of one side of a group: four times what a group usually has.
pub const MAX_DECOMPRESSED_BYTES: u64 = 128 << 20;

/// Strings that packing a member again may compare for each of its plain bytes: level 9 needs up to 160 for real files, and
/// thousands for some that are made for it.
pub const MAX_COMPARISONS: u64 = 256;

/// Pairs of ELF files in a group, and moves of sections over all of them: 1.5 MB in a decoder, enough for the 30 sections
/// each of 2,000 files.
pub const MAX_PAIRS: usize = 1 << 13;
pub const MAX_SECTION_MOVES: usize = 1 << 16;

/// What a decoder holds for one segment, beside its place in the alignment, which the predictor counts.
pub const SEGMENT_MEMORY_BYTES: u64 = 24;

/// What may be held of segments to look at a delta, whatever its head states: as much as the neediest decoder may have.
pub const MAX_INSPECT_MEMORY_BYTES: u64 = 256 << 20;

/// Bytes of a record's list of section moves or of archive members: more than a tree of archives has.
pub const MAX_LIST_BYTES: usize = 4 << 20;

/// Bytes of the group table: all spans a delta may have, each in four bytes and more.
pub const MAX_TABLE_BYTES: usize = 8 << 20;
