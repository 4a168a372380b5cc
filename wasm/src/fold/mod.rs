//! Sees through archives: what is packed inside a file (gzip, zip, PNG) is unpacked on both sides before they are compared,
//! and packed again, bit for bit, while the target is put together. `docs/delta-format.md`, "Members", describes the rules.
//!
//! Encode: [`find_members`] → [`unfold`] both sides → match and code those → [`write_members`].
//! Decode: [`read_members`] → an [`UnfoldedBase`] in front of the base, a [`Folder`] behind the decoder.

mod adler;
mod base;
mod budget;
pub mod deflate;
mod find;
mod folder;
mod idat;
mod inflate;
mod member;
mod packing;
mod pages;
mod table;
mod unfolded;
mod unpack;

#[cfg(test)]
pub mod tests;

pub use base::UnfoldedBase;
pub use find::find_members;
pub use folder::Folder;
pub use member::{Cut, Member, Members, Repack, Wrap};
pub use table::{read_members, write_members};
pub use unfolded::unfold;
