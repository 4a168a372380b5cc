//! Strips from a compressed member what follows from its content.

use std::borrow::Cow;
use std::io::Read;

use crate::recompression::wrapper::{
    Adler32, GZIP_TRAILER_BYTES, IdatLayout, IdatReader, IdatWriter, Wrapper, ZLIB_HEADER_BYTES,
    ZLIB_TRAILER_BYTES, gzip_trailer,
};

pub struct Stripped<'a> {
    /// The deflate stream alone.
    pub stream: Cow<'a, [u8]>,
    pub wrapper: Wrapper,
    pub idat_layout: Option<IdatLayout>,
    /// The stream and what was stripped from around it.
    pub compressed_bytes: usize,
}

/// None when too little follows for the member to be worth it.
pub fn strip<'a>(wrapper: Wrapper, compressed: &'a [u8], plain: &[u8]) -> Option<Stripped<'a>> {
    match wrapper {
        Wrapper::Raw => Some(Stripped::raw(compressed)),
        Wrapper::Gzip => Some(strip_gzip(compressed, plain)),
        Wrapper::Png => strip_png(compressed, plain),
    }
}

impl<'a> Stripped<'a> {
    fn raw(stream: &'a [u8]) -> Stripped<'a> {
        Stripped {
            stream: stream.into(),
            wrapper: Wrapper::Raw,
            idat_layout: None,
            compressed_bytes: stream.len(),
        }
    }
}

/// A trailer that does not match the content stays as it is.
fn strip_gzip<'a>(compressed: &'a [u8], plain: &[u8]) -> Stripped<'a> {
    let (stream, trailer) = compressed.split_at(compressed.len() - GZIP_TRAILER_BYTES);
    let raw = Stripped::raw(stream);
    if trailer == gzip_trailer(crc32fast::hash(plain), plain.len()) {
        Stripped {
            wrapper: Wrapper::Gzip,
            compressed_bytes: compressed.len(),
            ..raw
        }
    } else {
        raw
    }
}

/// All chunks but the last must have one length, and all check values must be right.
fn strip_png<'a>(compressed: &'a [u8], plain: &[u8]) -> Option<Stripped<'a>> {
    let mut stream = Vec::with_capacity(compressed.len());
    // Ends with an error where the chunks do.
    let _ = IdatReader::new(compressed).read_to_end(&mut stream);
    let first_chunk = u32::from_be_bytes(*compressed.first_chunk()?) as usize;
    let idat_layout = IdatLayout {
        chunk_bytes: if first_chunk == stream.len() {
            0
        } else {
            first_chunk
        },
        stream_bytes: stream.len(),
        header: *stream.first_chunk()?,
    };
    let (mut chunks, mut made) = (
        IdatWriter::new(idat_layout),
        Vec::with_capacity(compressed.len()),
    );
    chunks.push(&stream, &mut made).ok()?;
    let mut adler = Adler32::new();
    adler.update(plain);
    if made != compressed || !stream.ends_with(&adler.finish().to_be_bytes()) {
        return None;
    }
    stream.truncate(stream.len() - ZLIB_TRAILER_BYTES);
    stream.drain(..ZLIB_HEADER_BYTES);
    Some(Stripped {
        stream: stream.into(),
        wrapper: Wrapper::Png,
        idat_layout: Some(idat_layout),
        compressed_bytes: compressed.len(),
    })
}
