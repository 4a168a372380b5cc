/**
 * Every bound on input: name, unit, reason. Nothing that comes from a file or the network is used
 * before one of these was asked.
 */

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/**
 * Entries of one tree. A full desktop system has about 300,000; parsing 500,000 lines stays under a
 * second and 200 MB.
 */
export const MAX_ENTRIES = 500_000;
/** Bytes of one path, and of one link target: PATH_MAX of Linux. */
export const MAX_PATH_BYTES = 4096;
/** Value of an extended attribute, in bytes: Linux takes no more (xattr(7)). */
export const MAX_XATTR_BYTES = 64 * 1024;
/** Name of an extended attribute, in bytes: Linux takes no more (xattr(7)). */
export const MAX_XATTR_NAME_BYTES = 255;
/** Stretches of data of one sparse file in a tar: its map stays under a megabyte. */
export const MAX_SPARSE_PARTS = 32_768;
/** Bytes of an index or manifest of an OCI image, as registries take them. */
export const MAX_OCI_JSON_BYTES = 4 * MiB;
/** Bytes of a file of patterns: a thousand of them, which all paths are held against. */
export const MAX_IGNORE_FILE_BYTES = 64 * KiB;
/** Bytes of one file: what a FAT stick and 32-bit WebAssembly can still hold. */
export const MAX_FILE_BYTES = 4 * GiB;
/** Bytes of all files of a tree: larger than any laptop of a classroom. */
export const MAX_TREE_BYTES = 64 * GiB;
/** Bytes of one manifest's text: 500,000 entries of 256 bytes, which real trees stay well under. */
export const MAX_MANIFEST_BYTES = 128 * MiB;
/**
 * Bytes an archive may unpack to: the largest tree with the largest headers there are in practice.
 */
export const MAX_UNPACKED_BYTES = 2 * MAX_TREE_BYTES;
/**
 * Bytes of one extended header of a tar: extended attributes of a file are 64 KiB each, names 4
 * KiB.
 */
export const MAX_TAR_RECORDS_BYTES = MiB;

/**
 * Bytes of a piece: about 45 packets, so that a lost connection or a lying neighbour costs little.
 */
export const PIECE_BYTES = 64 * KiB;
/** Bytes of one blob: its list of piece hashes (32 bytes each) stays under 2 MiB. */
export const MAX_BLOB_BYTES = 4 * GiB;
/**
 * Blobs of one release: the direct deltas a volunteer makes for stragglers, and the full install.
 */
export const MAX_BLOBS = 64;

/**
 * Bytes of one group's target, and mostly of its base. A worker needs under 1 GiB for the hardest:
 * both sides three times, the suffix array (4 a byte of the base), the coder. Twice as much made no
 * delta of real trees smaller and leaves workers idle; half of it made the delta between two
 * distant versions 6 % larger.
 */
export const PLANNED_GROUP_BYTES = 32 * MiB;
/**
 * Bytes of one group of a full install, which has no base: as many as a decoder's dictionary has. A
 * worker needs 60 MiB for it, and a laptop decodes as many at a time as it has processors.
 */
export const FULL_GROUP_BYTES = 16 * MiB;
/**
 * Bytes any laptop gives a decoder: what level `default` needs, a quarter of the 256 MB that the
 * smallest has in all.
 */
export const SMALL_DECODER_BYTES = 64 * MiB;
/**
 * Share of a laptop's free memory that a decoder may take beyond those: what is in use meanwhile
 * must not be pushed out.
 */
export const MAX_DECODER_SHARE = 0.75;
/**
 * Bytes a decoder may use anywhere: the largest models that the format can name, with archives and
 * references, fit.
 */
export const MAX_DECODER_BYTES = 256 * MiB;

/** Bytes of one signed record's body: a release with notes in forty languages has 40 kB. */
export const MAX_RECORD_BYTES = 256 * KiB;
/** Signatures on one record; thresholds are small numbers of people. */
export const MAX_SIGNATURES = 16;
/** Records in a channel's chain: one a change of keys, for decades. */
export const MAX_CHAIN = 1024;
/** Bytes of channel.json: what a chain may weigh before it is parsed. */
export const MAX_CHAIN_BYTES = 4 * MiB;
/** Characters of a channel's or laptop's name, as the page shows it in one line. */
export const MAX_NAME_CHARS = 80;
/** Characters of a release's notes in one language: two pages of text. */
export const MAX_NOTES_CHARS = 10_000;
/**
 * Highest number of a data format: one a change of it, so even a release a day for centuries stays
 * below.
 */
export const MAX_DATA_FORMAT = 1_000_000;
/** Versions are 32 bits in the announcement packet. */
export const MAX_VERSION = 0xffff_ffff;

/**
 * Bytes of an announcement or query packet: fits every link without fragments, and a slow radio
 * sends it in a millisecond.
 */
export const MAX_PACKET_BYTES = 200;
/**
 * Bytes of one WebSocket text message: a chain is the largest thing sent as text, and JSON escapes
 * may double it.
 */
export const MAX_MESSAGE_BYTES = 8 * MiB;
/**
 * Milliseconds a neighbour has to answer a request: a piece takes 50 ms on a bad radio shared by
 * thirty.
 */
export const PEER_ANSWER_MS = 20_000;
/**
 * Pieces asked of one neighbour at the same time: fills the link while it reads its disk, 256 KiB
 * of memory.
 */
export const MAX_PIECES_IN_FLIGHT = 4;
/**
 * Pieces named by one message: 8 kB of text, and a blob of a gigabyte that is found on the disk is
 * told of in sixteen.
 */
export const MAX_HAVE = 1_000;
/** Connections a laptop accepts from neighbours: a classroom and its teacher. */
export const MAX_PEERS = 64;
/**
 * Laptops that a person named and that are kept connected: a class whose network carries no
 * multicast, typed in by its teacher.
 */
export const MAX_TYPED_PEERS = 32;
/** Addresses of one machine that its page shows: two cards with both families. */
export const MAX_SHOWN_ADDRESSES = 6;
/** Laptops the classroom page remembers; beyond it the longest unseen is forgotten. */
export const MAX_LAPTOPS = 500;
/** Seconds a health check may take at most. */
export const MAX_HEALTH_SECONDS = 600;
