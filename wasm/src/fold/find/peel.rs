//! Takes away from a packed member what follows from its content.

use std::borrow::Cow;
use std::io::Read;

use crate::fold::adler::Adler32;
use crate::fold::idat::{IdatReader, IdatWriter};
use crate::fold::member::{Cut, Wrap};
use crate::fold::unpack::{GZIP_TRAILER_BYTES, ZLIB_HEAD_BYTES, ZLIB_TRAILER_BYTES, gzip_trailer};

pub struct Peeled<'a> {
    /// The deflate stream alone.
    pub stream: Cow<'a, [u8]>,
    pub wrap: Wrap,
    pub cut: Option<Cut>,
    /// The stream and what follows around it.
    pub packed_bytes: usize,
}

/// None when too little follows for the member to be worth it.
pub fn peel<'a>(wrap: Wrap, packed: &'a [u8], plain: &[u8]) -> Option<Peeled<'a>> {
    match wrap {
        Wrap::Bare => Some(Peeled::bare(packed)),
        Wrap::Gzip => Some(peel_gzip(packed, plain)),
        Wrap::Png => peel_png(packed, plain),
    }
}

impl<'a> Peeled<'a> {
    fn bare(stream: &'a [u8]) -> Peeled<'a> {
        Peeled {
            stream: stream.into(),
            wrap: Wrap::Bare,
            cut: None,
            packed_bytes: stream.len(),
        }
    }
}

/// A trailer that does not fit the content stays as it is.
fn peel_gzip<'a>(packed: &'a [u8], plain: &[u8]) -> Peeled<'a> {
    let (stream, trailer) = packed.split_at(packed.len() - GZIP_TRAILER_BYTES);
    let bare = Peeled::bare(stream);
    if trailer == gzip_trailer(crc32fast::hash(plain), plain.len()) {
        Peeled {
            wrap: Wrap::Gzip,
            packed_bytes: packed.len(),
            ..bare
        }
    } else {
        bare
    }
}

/// All chunks but the last one must be of one length, and all check values right.
fn peel_png<'a>(packed: &'a [u8], plain: &[u8]) -> Option<Peeled<'a>> {
    let mut stream = Vec::with_capacity(packed.len());
    // Ends with an error where the chunks do.
    let _ = IdatReader::new(packed).read_to_end(&mut stream);
    let first_chunk = u32::from_be_bytes(*packed.first_chunk()?) as usize;
    let cut = Cut {
        chunk_bytes: if first_chunk == stream.len() {
            0
        } else {
            first_chunk
        },
        stream_bytes: stream.len(),
        head: *stream.first_chunk()?,
    };
    let (mut chunks, mut made) = (IdatWriter::new(cut), Vec::with_capacity(packed.len()));
    chunks.push(&stream, &mut made).ok()?;
    let mut adler = Adler32::new();
    adler.update(plain);
    if made != packed || !stream.ends_with(&adler.finish().to_be_bytes()) {
        return None;
    }
    stream.truncate(stream.len() - ZLIB_TRAILER_BYTES);
    stream.drain(..ZLIB_HEAD_BYTES);
    Some(Peeled {
        stream: stream.into(),
        wrap: Wrap::Png,
        cut: Some(cut),
        packed_bytes: packed.len(),
    })
}
