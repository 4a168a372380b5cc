//! Reading a delta file.

use std::rc::Rc;

use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;

use super::error::{Thrown, to_js};
use super::js_source::JsSource;
use crate::error::{Error, input};
use crate::head;
use crate::record::Decoder;

#[wasm_bindgen]
pub struct DeltaFile {
    file: head::DeltaFile,
    /// Shared by the readers of its records, as they read the delta through the same callback.
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
        let file = head::DeltaFile::open(source, delta_bytes as u64, memory_limit_bytes as u64);
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
            thrown: self.thrown.clone(),
        })
    }

    #[wasm_bindgen(getter)]
    pub fn coder(&self) -> u8 {
        self.file.coder_id()
    }

    #[wasm_bindgen(getter)]
    pub fn format_version(&self) -> u8 {
        head::FORMAT_VERSION
    }

    #[wasm_bindgen(getter)]
    pub fn base_tree_id_prefix(&self) -> Vec<u8> {
        self.file.base_tree_id_prefix.to_vec()
    }

    #[wasm_bindgen(getter)]
    pub fn target_tree_id(&self) -> Vec<u8> {
        self.file.target_tree_id.to_vec()
    }

    /// Base manifest, decoder memory, head, skeleton stored, skeleton plain.
    pub fn sizes(&self) -> Vec<f64> {
        let file = &self.file;
        let stored = file.skeleton_stored_bytes();
        let sizes = [
            file.base_manifest_bytes,
            file.memory_bytes,
            file.head_bytes,
            stored,
            file.skeleton_bytes,
        ];
        sizes.map(|size| size as f64).to_vec()
    }

    /// Of control, difference and extra each stored and plain, over all groups.
    pub fn sum_streams(&self) -> Result<Vec<f64>, JsValue> {
        let sums = self.file.sum_streams().map_err(|error| self.thrown.or(error))?;
        Ok(sums
            .iter()
            .flat_map(|sizes| [sizes.stored as f64, sizes.plain as f64])
            .collect())
    }

    /// For each group its target length, stored length and span count.
    pub fn groups(&self) -> Vec<f64> {
        let groups = self.file.groups.iter();
        groups
            .flat_map(|group| {
                [group.target_bytes, group.stored_bytes, group.spans.len() as u64].map(|size| size as f64)
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
    /// None after an error: what comes behind one cannot be trusted.
    decoder: Option<Decoder>,
    thrown: Thrown,
}

#[wasm_bindgen]
impl RecordReader {
    pub fn read(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let Some(decoder) = &mut self.decoder else {
            return Err(to_js(input("this reader has failed before")));
        };
        match decoder.read() {
            Ok(chunk) if chunk.is_empty() => Ok(None),
            Ok(chunk) => Ok(Some(Uint8Array::from(chunk.as_slice()))),
            Err(error) => {
                self.decoder = None;
                Err(self.thrown.or(error))
            }
        }
    }
}
