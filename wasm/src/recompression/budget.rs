//! How much more may be decompressed of one side.

use crate::limits::{MAX_DECOMPRESSED_BYTES, MAX_MEMBERS};

pub struct Budget {
    members: u64,
    plain_bytes: u64,
}

impl Budget {
    /// `max`: how long a side of so many bytes may be when it is decompressed.
    pub fn new(raw_bytes: u64, max: u64) -> Budget {
        Budget {
            members: MAX_MEMBERS,
            plain_bytes: max.saturating_sub(raw_bytes).min(MAX_DECOMPRESSED_BYTES),
        }
    }

    pub fn has_room(&self, plain_bytes: usize) -> bool {
        self.members > 0 && plain_bytes as u64 <= self.plain_bytes
    }

    /// Counts a member and returns whether there was room for it.
    pub fn take(&mut self, plain_bytes: usize) -> bool {
        let fits = self.has_room(plain_bytes);
        if fits {
            self.members -= 1;
            self.plain_bytes -= plain_bytes as u64;
        }
        fits
    }
}
