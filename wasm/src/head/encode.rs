//! Writes the head.

use sha2::{Digest, Sha256};

use super::table::{Group, write_table};
use super::{FORMAT_VERSION, MAGIC, MEMORY_UNIT};
use crate::coder::{CURRENT, Kind, Level};
use crate::error::{Result, input};
use crate::parts::Part;
use crate::record::{self, Body};
use crate::varint::write_varint;

pub struct HeadInput<'a> {
    pub level: Level,
    pub base_tree_id: &'a [u8],
    pub target_tree_id: &'a [u8],
    pub base_manifest: &'a [u8],
    /// The target's manifest without the hashes that the carried files give.
    pub skeleton: &'a [u8],
    pub groups: &'a [Group],
    /// The largest need of any group's record.
    pub groups_memory_bytes: u64,
}

pub struct EncodedHead {
    pub bytes: Vec<u8>,
    /// The decoder memory that it states.
    pub memory_bytes: u64,
}

pub fn encode_head(head: &HeadInput) -> Result<EncodedHead> {
    if head.target_tree_id.len() != 32 || *head.base_tree_id != *Sha256::digest(head.base_manifest) {
        return Err(input("a tree id is the SHA-256 of its manifest"));
    }
    let table = Body::encode(CURRENT, Kind::Control, write_table(head.groups)?, &mut |_| Ok(()))?;
    let (base, target) = (head.base_manifest, head.skeleton);
    let skeleton = record::encode(
        head.level,
        base,
        &[Part::whole(base)],
        target,
        &[Part::whole(target)],
        &mut |_| Ok(()),
    )?;
    let memory_units = head
        .groups_memory_bytes
        .max(table.memory_bytes)
        .max(skeleton.memory_bytes)
        .div_ceil(MEMORY_UNIT);

    let mut out = MAGIC.to_vec();
    out.extend([FORMAT_VERSION, CURRENT.id()]);
    out.extend(&head.base_tree_id[..8]);
    out.extend(head.target_tree_id);
    write_varint(&mut out, head.base_manifest.len() as u64);
    write_varint(&mut out, memory_units);
    write_varint(&mut out, head.skeleton.len() as u64);
    write_varint(&mut out, skeleton.record.len() as u64);
    table.sizes.write(&mut out);
    out.extend(table.bytes);
    out.extend(skeleton.record);
    Ok(EncodedHead {
        bytes: out,
        memory_bytes: memory_units * MEMORY_UNIT,
    })
}
