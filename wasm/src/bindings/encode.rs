//! Makes records, headers and BSDIFF40 patches.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::error::{Thrown, to_js};
use super::js_source::report;
use crate::coder::Level;
use crate::error::{Error, input};
use crate::header::{Group, HeaderInput, Span};
use crate::parts::Part;
use crate::{bsdiff40, header, record};

/// A part of a delta file, and the memory that a decoder needs for it.
#[wasm_bindgen]
pub struct Encoded {
    bytes: Vec<u8>,
    memory_bytes: u64,
    format_version: u8,
}

#[wasm_bindgen]
impl Encoded {
    /// The lowest version whose decoders read it.
    #[wasm_bindgen(getter)]
    pub fn format_version(&self) -> u8 {
        self.format_version
    }

    #[wasm_bindgen(getter)]
    pub fn memory_bytes(&self) -> f64 {
        self.memory_bytes as f64
    }

    /// Gives the bytes away and is empty afterwards.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// `base_parts` and `target_parts` are the lengths of what each side is made of, `level` is an
/// index of `levels` in `codec.ts`.
#[wasm_bindgen]
pub fn encode_group(
    level: u8,
    base: &[u8],
    base_parts: &[f64],
    target: &[u8],
    target_parts: &[f64],
    listener: Option<Function>,
) -> Result<Encoded, JsValue> {
    let thrown = Thrown::default();
    let encoded = record::encode(
        to_level(level).map_err(to_js)?,
        (base, &to_parts(base, base_parts).map_err(to_js)?),
        (target, &to_parts(target, target_parts).map_err(to_js)?),
        &mut report(listener, thrown.clone()),
    );
    let encoded = encoded.map_err(|error| thrown.or(error))?;
    Ok(Encoded {
        format_version: encoded.format_version,
        bytes: encoded.record,
        memory_bytes: encoded.memory_bytes,
    })
}

fn to_level(place: u8) -> Result<Level, Error> {
    let levels = [Level::Fast, Level::Default, Level::Best];
    let level = levels.get(usize::from(place)).copied();
    level.ok_or(input("there is no such level"))
}

fn to_parts(side: &[u8], lengths: &[f64]) -> Result<Vec<Part>, Error> {
    let mut start = 0usize;
    let mut parts = Vec::with_capacity(lengths.len());
    for &length in lengths {
        let bytes = length as usize;
        parts.push(Part { start, bytes });
        start = start.saturating_add(bytes);
    }
    match start == side.len() {
        true => Ok(parts),
        false => Err(input("the parts of a side are not as long as the side")),
    }
}

/// `groups` has three numbers for each group: target length, stored length, span count. `spans` has
/// three for each span: file, offset, length.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "the fields of a header, as only numbers and arrays cross cheaply"
)]
pub fn encode_header(
    base_tree_id: &[u8],
    target_tree_id: &[u8],
    base_manifest: &[u8],
    skeleton: &[u8],
    groups: &[f64],
    spans: &[f64],
    groups_memory_bytes: f64,
    groups_format_version: u8,
) -> Result<Encoded, JsValue> {
    let mut spans = spans.as_chunks::<3>().0.iter();
    let mut take_spans = |count: f64| {
        let spans = spans.by_ref().take(count as usize);
        spans
            .map(|&[file, offset, bytes]| to_span(file, offset, bytes))
            .collect()
    };
    let groups = groups
        .as_chunks::<3>()
        .0
        .iter()
        .map(|&[target_bytes, stored_bytes, count]| Group {
            target_bytes: target_bytes as u64,
            stored_bytes: stored_bytes as u64,
            spans: take_spans(count),
        });
    let input = HeaderInput {
        base_tree_id,
        target_tree_id,
        base_manifest,
        skeleton,
        groups: &groups.collect::<Vec<_>>(),
        groups_memory_bytes: groups_memory_bytes as u64,
        groups_format_version,
    };
    let header = header::encode_header(&input).map_err(to_js)?;
    Ok(Encoded {
        format_version: groups_format_version,
        bytes: header.bytes,
        memory_bytes: header.memory_bytes,
    })
}

fn to_span(file: f64, offset: f64, bytes: f64) -> Span {
    Span {
        file: file as u64,
        offset: offset as u64,
        bytes: bytes as u64,
    }
}

#[wasm_bindgen]
pub fn encode_bsdiff40(
    base: &[u8],
    target: &[u8],
    listener: Option<Function>,
) -> Result<Vec<u8>, JsValue> {
    let thrown = Thrown::default();
    let patch = bsdiff40::encode(base, target, &mut report(listener, thrown.clone()));
    patch.map_err(|error| thrown.or(error))
}

#[wasm_bindgen]
pub fn decode_bsdiff40(
    base: &[u8],
    patch: &[u8],
    max_target_bytes: f64,
) -> Result<Vec<u8>, JsValue> {
    bsdiff40::decode(base, patch, max_target_bytes as u64).map_err(to_js)
}
