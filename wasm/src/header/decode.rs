//! Opens a delta file: everything in it is checked before it is used, and nothing large is held.

use std::io::{BufReader, Read};

use super::format::{
    CRC_BYTES, FIXED_BYTES, FORMAT_VERSION, MAGIC, MEMORY_UNIT, OLDEST_FORMAT_VERSION,
};
use super::table::{Group, read_table};
use crate::control::code_list;
use crate::error::{Code, Error, Result, damaged};
use crate::limits::{COPY_BYTES, MAX_GROUP_BYTES, MAX_LENGTH, MAX_TABLE_BYTES};
use crate::mixing::{BitCoder, BitDecoder, Numbers};
use crate::read_at::{Region, Source};
use crate::record::Decoder;
use crate::varint::read_length;

/// The lengths after the fixed part: five varints.
const LENGTHS_BYTES: usize = 5 * 8;

pub struct DeltaFile {
    pub format_version: u8,
    pub base_tree_id_prefix: [u8; 8],
    pub target_tree_id: [u8; 32],
    pub base_manifest_bytes: u64,
    pub memory_bytes: u64,
    pub skeleton_bytes: u64,
    /// Everything before the first group.
    pub header_bytes: u64,
    pub groups: Vec<Group>,
    pub(super) table_bytes: u64,
    pub(super) skeleton: Region,
    pub(super) records: Vec<Region>,
}

impl DeltaFile {
    pub fn open(source: Source, file_bytes: u64, memory_limit_bytes: u64) -> Result<DeltaFile> {
        let mut rest = Region::new(source.clone(), 0, file_bytes);
        let start = rest.peek(FIXED_BYTES + LENGTHS_BYTES)?;
        let format_version = check_kind(&start)?;
        rest = check_crc(rest)?;

        let mut base_tree_id_prefix = [0; 8];
        let mut target_tree_id = [0; 32];
        let mut fields = start.get(5..).unwrap_or_default();
        fields.read_exact(&mut base_tree_id_prefix)?;
        fields.read_exact(&mut target_tree_id)?;
        let base_manifest_bytes = read_length(&mut fields, MAX_GROUP_BYTES)?;
        let memory_bytes = read_length(&mut fields, MAX_LENGTH / MEMORY_UNIT)? * MEMORY_UNIT;
        let skeleton_bytes = read_length(&mut fields, MAX_GROUP_BYTES)?;
        let skeleton_stored = read_length(&mut fields, MAX_LENGTH)?;
        let table_bytes = read_length(&mut fields, MAX_LENGTH)?;
        if memory_bytes > memory_limit_bytes {
            let message = "the delta needs more memory than is allowed here";
            return Err(Error {
                code: Code::DeltaMemory,
                message,
            });
        }
        rest.split((start.len() - fields.len()) as u64)?;
        let table = rest.split(table_bytes)?;
        let skeleton = rest.split(skeleton_stored)?;
        let header_bytes = file_bytes - CRC_BYTES - rest.remaining();
        let groups = open_table(table)?;
        let records = groups
            .iter()
            .map(|group| rest.split(group.stored_bytes))
            .collect::<Result<_>>()?;
        if rest.remaining() > 0 {
            return Err(damaged("the delta is longer than its contents"));
        }
        Ok(DeltaFile {
            format_version,
            base_tree_id_prefix,
            target_tree_id,
            base_manifest_bytes,
            memory_bytes,
            skeleton_bytes,
            header_bytes,
            groups,
            table_bytes,
            skeleton,
            records,
        })
    }

    /// Refuses a base manifest that this delta was not made for.
    pub fn check_base(&self, manifest_bytes: u64, tree_id: &[u8]) -> Result<()> {
        if manifest_bytes == self.base_manifest_bytes
            && tree_id.starts_with(&self.base_tree_id_prefix)
        {
            return Ok(());
        }
        Err(Error {
            code: Code::DeltaWrongBase,
            message: "the delta was made for another base tree",
        })
    }

    pub fn open_skeleton(&self, base_manifest: Source) -> Result<Decoder> {
        let (base_bytes, record) = (self.base_manifest_bytes, self.skeleton.clone());
        Decoder::open(
            record,
            self.skeleton_bytes,
            base_manifest,
            base_bytes,
            self.memory_bytes,
        )
    }

    pub fn open_group(&self, index: usize, base: Source) -> Result<Decoder> {
        let (group, record) = (&self.groups[index], self.records[index].clone());
        Decoder::open(
            record,
            group.target_bytes,
            base,
            group.base_bytes(),
            self.memory_bytes,
        )
    }
}

/// Tells a newer format from damage before anything else in the file is trusted; returns it.
fn check_kind(start: &[u8]) -> Result<u8> {
    let Some(start) = start.strip_prefix(MAGIC) else {
        return Err(damaged("this is not a delta file"));
    };
    match *start {
        [version, ..] if version > FORMAT_VERSION => {
            let message =
                "the delta has a newer format than this program knows: update the program";
            Err(Error {
                code: Code::DeltaTooNew,
                message,
            })
        }
        [version @ OLDEST_FORMAT_VERSION..=FORMAT_VERSION, ..] => Ok(version),
        [1..OLDEST_FORMAT_VERSION, ..] => Err(damaged(
            "the delta has an older format than this program reads: make it again",
        )),
        _ => Err(damaged("the delta has no valid format version")),
    }
}

/// Reads the whole file once, so that damage is known before any of it is used. Returns what the
/// CRC covers.
fn check_crc(mut rest: Region) -> Result<Region> {
    let covered = rest
        .remaining()
        .checked_sub(CRC_BYTES)
        .ok_or(damaged("the delta ends too early"))?;
    let region = rest.split(covered)?;
    let mut reading = region.clone();
    let mut crc = crc32fast::Hasher::new();
    let mut chunk = vec![0; COPY_BYTES];
    loop {
        match reading.read(&mut chunk)? {
            0 => break,
            bytes => crc.update(&chunk[..bytes]),
        }
    }
    if rest.peek(CRC_BYTES as usize)? != crc.finalize().to_le_bytes() {
        return Err(damaged("the delta's checksum does not match its contents"));
    }
    Ok(region)
}

fn open_table(table: Region) -> Result<Vec<Group>> {
    let mut coder = BitDecoder::new(BufReader::new(table));
    let plain = code_list(&mut coder, &mut Numbers::new(), &[], MAX_TABLE_BYTES)?;
    coder.check()?;
    read_table(&mut plain.as_slice())
}
