//! The crate as JavaScript sees it; `bind.ts` turns it into the interface that the rest of Infield
//! uses.

mod encode;
mod error;
mod js_source;
mod open;
mod sha256;
mod unpack;
