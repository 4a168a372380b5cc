//! A side with its members decompressed.

use super::member::decompress;
use std::borrow::Cow;

use crate::error::Result;
use crate::parts::Part;
use crate::recompression::member::Member;

/// Puts the plain bytes of `members` in their places in `raw`. The parts returned with it are the
/// members, what precedes a file's first one, and the files without any.
pub fn decompress_side<'a>(
    raw: &'a [u8],
    parts: &[Part],
    members: &[Member],
) -> Result<(Cow<'a, [u8]>, Vec<Part>)> {
    if members.is_empty() {
        return Ok((raw.into(), parts.to_vec()));
    }
    let grown: usize = members.iter().map(|member| member.plain_bytes).sum();
    let mut side = Vec::with_capacity(raw.len() + grown);
    let mut mapped = Vec::with_capacity(parts.len() + members.len());
    let (mut end, mut left) = (0, members);
    for part in parts {
        side.extend_from_slice(&raw[end..part.start]);
        end = part.start;
        let inside = left
            .iter()
            .take_while(|member| member.end() <= part.end())
            .count();
        let (inside, after) = left.split_at(inside);
        left = after;
        let first = inside.first().map_or(part.end(), |member| member.start);
        push_part(&mut mapped, side.len(), first - part.start);
        for member in inside {
            side.extend_from_slice(&raw[end..member.start]);
            push_part(&mut mapped, side.len(), member.plain_bytes);
            decompress(member.wrapper, &raw[member.start..], &mut |plain| {
                side.extend_from_slice(plain)
            })?;
            end = member.end();
        }
        side.extend_from_slice(&raw[end..part.end()]);
        end = part.end();
    }
    side.extend_from_slice(&raw[end..]);
    Ok((side.into(), mapped))
}

fn push_part(parts: &mut Vec<Part>, start: usize, bytes: usize) {
    if bytes > 0 {
        parts.push(Part { start, bytes });
    }
}
