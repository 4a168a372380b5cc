//! Reads a delta file.

use std::rc::Rc;

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::*;

use super::error::{Thrown, to_js};
use super::js_source::JsSource;
use crate::error::{Error, input};
use crate::header::{self, Kind};
use crate::limits::COPY_BYTES;
use crate::record::Decoder;

#[wasm_bindgen]
pub struct DeltaFile {
    file: header::DeltaFile,
    /// Shared with the readers of its records, which read the delta through the same callback.
    thrown: Thrown,
}

#[wasm_bindgen]
impl DeltaFile {
    pub fn open(
        read_delta: Function,
        delta_bytes: f64,
        memory_limit_bytes: f64,
    ) -> Result<DeltaFile, JsValue> {
        let thrown = Thrown::default();
        let source = Rc::new(JsSource {
            read: read_delta,
            thrown: thrown.clone(),
        });
        let file = header::DeltaFile::open(source, delta_bytes as u64, memory_limit_bytes as u64);
        Ok(DeltaFile {
            file: file.map_err(|error| thrown.or(error))?,
            thrown,
        })
    }

    pub fn check_base(&self, manifest_bytes: f64, tree_id: &[u8]) -> Result<(), JsValue> {
        self.file
            .check_base(manifest_bytes as u64, tree_id)
            .map_err(to_js)
    }

    pub fn open_skeleton(&self, read_base: Function) -> Result<RecordReader, JsValue> {
        self.start(self.file.open_skeleton(self.source(read_base)))
    }

    pub fn open_group(&self, index: usize, read_base: Function) -> Result<RecordReader, JsValue> {
        if index >= self.file.groups.len() {
            return Err(to_js(input("the delta has no group of this number")));
        }
        self.start(self.file.open_group(index, self.source(read_base)))
    }

    fn source(&self, read: Function) -> Rc<JsSource> {
        Rc::new(JsSource {
            read,
            thrown: self.thrown.clone(),
        })
    }

    fn start(&self, decoder: Result<Decoder, Error>) -> Result<RecordReader, JsValue> {
        let decoder = decoder.map_err(|error| self.thrown.or(error))?;
        Ok(RecordReader {
            decoder: Some(decoder),
            chunk: vec![0; COPY_BYTES],
            thrown: self.thrown.clone(),
        })
    }

    #[wasm_bindgen(getter)]
    pub fn format_version(&self) -> u8 {
        self.file.format_version
    }

    #[wasm_bindgen(getter)]
    pub fn base_tree_id_prefix(&self) -> Vec<u8> {
        self.file.base_tree_id_prefix.to_vec()
    }

    #[wasm_bindgen(getter)]
    pub fn target_tree_id(&self) -> Vec<u8> {
        self.file.target_tree_id.to_vec()
    }

    #[wasm_bindgen(getter)]
    pub fn base_manifest_bytes(&self) -> f64 {
        self.file.base_manifest_bytes as f64
    }

    #[wasm_bindgen(getter)]
    pub fn memory_bytes(&self) -> f64 {
        self.file.memory_bytes as f64
    }

    /// For each kind of bytes its name, stored length and plain length.
    pub fn break_down(&self) -> Result<Array, JsValue> {
        let kinds = self
            .file
            .break_down()
            .map_err(|error| self.thrown.or(error))?;
        let row = |Kind {
                       name,
                       stored,
                       plain,
                   }: Kind| {
            Array::of3(
                &name.into(),
                &(stored as f64).into(),
                &(plain as f64).into(),
            )
        };
        Ok(kinds.into_iter().map(row).collect())
    }

    /// For each kind of work its name and how much there is.
    pub fn work(&self) -> Result<Array, JsValue> {
        let work = self.file.work().map_err(|error| self.thrown.or(error))?;
        let row = |(name, bytes): (&str, u64)| Array::of2(&name.into(), &(bytes as f64).into());
        Ok(work.into_iter().map(row).collect())
    }

    /// For each group its target length, stored length and span count.
    pub fn groups(&self) -> Vec<f64> {
        let groups = self.file.groups.iter();
        groups
            .flat_map(|group| {
                [
                    group.target_bytes,
                    group.stored_bytes,
                    group.spans.len() as u64,
                ]
                .map(|size| size as f64)
            })
            .collect()
    }

    /// For each span of all groups its file, offset and length.
    pub fn spans(&self) -> Vec<f64> {
        let spans = self.file.groups.iter().flat_map(|group| &group.spans);
        spans
            .flat_map(|span| [span.file, span.offset, span.bytes].map(|size| size as f64))
            .collect()
    }
}

#[wasm_bindgen]
pub struct RecordReader {
    /// None after an error: nothing that follows one can be trusted.
    decoder: Option<Decoder>,
    /// Bytes on their way from Rust into the caller's array.
    chunk: Vec<u8>,
    thrown: Thrown,
}

#[wasm_bindgen]
impl RecordReader {
    /// Fills `into` and returns how many bytes were read: fewer than asked for only at the end.
    /// Allocates no array for each chunk, as JavaScript would collect those only after tens of
    /// megabytes.
    pub fn read(&mut self, into: &Uint8Array) -> Result<u32, JsValue> {
        let mut filled = 0;
        while filled < into.length() {
            let max = self.chunk.len().min((into.length() - filled) as usize);
            let bytes = self.read_chunk(max)?;
            let end = filled + bytes as u32;
            into.subarray(filled, end).copy_from(&self.chunk[..bytes]);
            filled = end;
            if bytes < max {
                break;
            }
        }
        Ok(filled)
    }

    fn read_chunk(&mut self, max: usize) -> Result<usize, JsValue> {
        let Some(decoder) = &mut self.decoder else {
            return Err(to_js(input("this reader has failed before")));
        };
        decoder.read(&mut self.chunk[..max]).map_err(|error| {
            self.decoder = None;
            self.thrown.or(error)
        })
    }
}
