//! JavaScript callbacks as sources of bytes and as listeners to progress.

use js_sys::{Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::error::Thrown;
use crate::error::{Error, Result, input};
use crate::read_at::ReadAt;

/// A `ReadAt` of `codec.ts`.
pub struct JsSource {
    pub read: Function,
    pub thrown: Thrown,
}

impl ReadAt for JsSource {
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let (offset, bytes) = (
            JsValue::from(offset as f64),
            JsValue::from(out.len() as f64),
        );
        let given = self
            .read
            .call2(&JsValue::NULL, &offset, &bytes)
            .map_err(|value| keep(&self.thrown, value))?;
        match given.dyn_into::<Uint8Array>() {
            Ok(given) if given.length() as usize == out.len() => {
                given.copy_to(out);
                Ok(())
            }
            _ => {
                let error =
                    input("a read callback did not return a Uint8Array of the requested length");
                Err(keep(&self.thrown, super::error::to_js(error)))
            }
        }
    }
}

/// Passes fractions to an `OnProgress` of `codec.ts`.
pub fn report(listener: Option<Function>, thrown: Thrown) -> impl FnMut(f64) -> Result<()> {
    move |fraction| match &listener {
        Some(listener) => match listener.call1(&JsValue::NULL, &JsValue::from(fraction)) {
            Ok(_) => Ok(()),
            Err(value) => Err(keep(&thrown, value)),
        },
        None => Ok(()),
    }
}

fn keep(thrown: &Thrown, value: JsValue) -> Error {
    thrown.keep(value);
    input("a callback threw")
}
