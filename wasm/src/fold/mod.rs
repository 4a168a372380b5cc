//! Sees through archives: what is packed inside a file is unpacked on both sides before they are compared, and packed again,
//! bit for bit, when the target is put together.

pub mod deflate;
