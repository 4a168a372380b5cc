//! Errors on their way to JavaScript: `Error` objects with a `code`. What a callback threw comes
//! back untouched.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Error as JsError, Reflect};
use wasm_bindgen::JsValue;

use crate::error::Error;

/// Keeps what a callback threw while Rust returns an error of its own in its place.
#[derive(Clone, Default)]
pub struct Thrown(Rc<RefCell<Option<JsValue>>>);

impl Thrown {
    pub fn keep(&self, value: JsValue) {
        self.0.borrow_mut().get_or_insert(value);
    }

    pub fn or(&self, error: Error) -> JsValue {
        self.0.borrow_mut().take().unwrap_or_else(|| to_js(error))
    }
}

pub fn to_js(error: Error) -> JsValue {
    let object = JsError::new(error.message);
    // Setting a property on a fresh object cannot fail.
    let _ = Reflect::set(&object, &"code".into(), &error.code.name().into());
    object.into()
}
