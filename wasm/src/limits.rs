//! Every bound on what comes from a file or a caller, with its reason.

/// The most bytes of one group's base, and of its target, that a decoder accepts and an encoder
/// takes: positions in a suffix array have 32 bits, and an encoder holds about six times the base
/// in a wasm instance of at most 4 GiB. Groups are planned much smaller, `PLANNED_GROUP_BYTES` in
/// `shared/src/base/limits.ts`: that is what one usually has.
pub const MAX_GROUP_BYTES: u64 = 256 << 20;

/// The largest length of a delta file, or of anything else: what a JavaScript number holds exactly.
pub const MAX_LENGTH: u64 = (1 << 53) - 1;

/// Groups in a delta: a tree of 64 GiB in groups of 1 MiB.
pub const MAX_GROUPS: u64 = 1 << 16;

/// Base spans of all groups: twice the entries that a tree may have, so that a hostile table cannot
/// fill the memory.
pub const MAX_SPANS: u64 = 1 << 20;

/// Bytes copied at once.
pub const COPY_BYTES: usize = 64 << 10;

/// Members of each side of a group: one for every 2 KiB of a group of 32 MiB, and 4 MB of decoder
/// memory.
pub const MAX_MEMBERS: u64 = 1 << 14;

/// Plain bytes of one member: a decoder keeps the member of the base that it is reading.
pub const MAX_MEMBER_BYTES: usize = 16 << 20;

/// The most bytes that an encoder decompresses a side to, so that its memory stays below 1 GiB: it
/// holds both sides twice, the suffix array (4 bytes for each of the base) and 1.5 bytes more. A
/// decoder accepts more.
pub const MAX_ENCODER_SIDE_BYTES: u64 = 88 << 20;

/// Plain bytes of all members of one side of a group: four times a usual group.
pub const MAX_DECOMPRESSED_BYTES: u64 = 128 << 20;

/// String comparisons that recompressing a member may take for each of its plain bytes. Level 9
/// needs up to 160 for real files, and thousands for some that are made to be slow.
pub const MAX_COMPARISONS: u64 = 256;

/// Pairs of ELF files in a group, and section moves of all pairs: 1.5 MB in a decoder, and enough
/// for 2,000 files of 30 sections each.
pub const MAX_PAIRS: usize = 1 << 13;
pub const MAX_SECTION_MOVES: usize = 1 << 16;

/// What a decoder holds for one segment, besides its place in the alignment, which the predictor
/// counts.
pub const SEGMENT_MEMORY_BYTES: u64 = 24;

/// Memory for the segments of a delta that is only inspected, whatever its header states: as much
/// as the largest decoder may take.
pub const MAX_INSPECT_MEMORY_BYTES: u64 = 256 << 20;

/// Bytes of a record's list of section moves or of archive members: more than a tree of archives
/// has.
pub const MAX_LIST_BYTES: usize = 4 << 20;

/// Bytes of the group table: all spans that a delta may have, in at least four bytes each.
pub const MAX_TABLE_BYTES: usize = 8 << 20;

/// Memory of an unpacker's window or dictionary: twice what `zstd --ultra -22` takes, four times
/// `xz -9`.
pub const MAX_UNPACK_BYTES: u64 = 256 << 20;
