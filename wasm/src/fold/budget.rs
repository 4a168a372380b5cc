//! How much more may be unpacked of one side.

use crate::limits::{GROUP_BYTES, MEMBERS, UNFOLDED_BYTES};

pub struct Budget {
    members: u64,
    plain_bytes: u64,
}

impl Budget {
    /// An unfolded side is not longer than a side may be as it is.
    pub fn new(raw_bytes: u64) -> Budget {
        Budget {
            members: MEMBERS,
            plain_bytes: GROUP_BYTES.saturating_sub(raw_bytes).min(UNFOLDED_BYTES),
        }
    }

    pub fn has_room(&self, plain_bytes: usize) -> bool {
        self.members > 0 && plain_bytes as u64 <= self.plain_bytes
    }

    /// Counts a member; whether there was room for it.
    pub fn take(&mut self, plain_bytes: usize) -> bool {
        let fits = self.has_room(plain_bytes);
        if fits {
            self.members -= 1;
            self.plain_bytes -= plain_bytes as u64;
        }
        fits
    }
}
