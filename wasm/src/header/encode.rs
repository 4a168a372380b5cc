//! Writes the header.

use sha2::{Digest, Sha256};

use super::format::{MAGIC, MEMORY_UNIT};
use super::table::{Group, write_table};
use crate::coder::Level;
use crate::control::code_list;
use crate::error::{Result, input};
use crate::limits::MAX_TABLE_BYTES;
use crate::mixing::{BitEncoder, Numbers};
use crate::parts::Part;
use crate::record;
use crate::varint::write_varint;

pub struct HeaderInput<'a> {
    pub base_tree_id: &'a [u8],
    pub target_tree_id: &'a [u8],
    pub base_manifest: &'a [u8],
    /// The target's manifest without the hashes that follow from the carried files.
    pub skeleton: &'a [u8],
    pub groups: &'a [Group],
    /// The most that any group's record needs.
    pub groups_memory_bytes: u64,
    /// The highest that any group's record needs.
    pub groups_format_version: u8,
}

pub struct EncodedHeader {
    pub bytes: Vec<u8>,
    /// The decoder memory that it states.
    pub memory_bytes: u64,
}

pub fn encode_header(header: &HeaderInput) -> Result<EncodedHeader> {
    if header.target_tree_id.len() != 32
        || *header.base_tree_id != *Sha256::digest(header.base_manifest)
    {
        return Err(input("a tree id is the SHA-256 of its manifest"));
    }
    let table = write_table(header.groups)?;
    let mut coder = BitEncoder::new();
    code_list(&mut coder, &mut Numbers::new(), &table, MAX_TABLE_BYTES)?;
    let table = coder.finish();
    let (base, target) = (header.base_manifest, header.skeleton);
    // Text, and not much of it: worth the default level, whatever the groups' level is.
    let skeleton = record::encode(
        Level::Default,
        (base, &[Part::whole(base)]),
        (target, &[Part::whole(target)]),
        &mut |_| Ok(()),
    )?;
    let memory_units = header
        .groups_memory_bytes
        .max(skeleton.memory_bytes)
        .div_ceil(MEMORY_UNIT);

    let mut out = MAGIC.to_vec();
    out.push(header.groups_format_version.max(skeleton.format_version));
    out.extend(&header.base_tree_id[..8]);
    out.extend(header.target_tree_id);
    write_varint(&mut out, header.base_manifest.len() as u64);
    write_varint(&mut out, memory_units);
    write_varint(&mut out, header.skeleton.len() as u64);
    write_varint(&mut out, skeleton.record.len() as u64);
    write_varint(&mut out, table.len() as u64);
    out.extend(table);
    out.extend(skeleton.record);
    Ok(EncodedHeader {
        bytes: out,
        memory_bytes: memory_units * MEMORY_UNIT,
    })
}
