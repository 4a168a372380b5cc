//! What references coded before say about where places went, in a table of fixed size that forgets:
//! each entry is the last shift seen for a place, or for its neighbourhood.

/// How precisely a place is looked up.
#[derive(Clone, Copy)]
pub enum Granularity {
    Exact,
    /// Something within 64 bytes.
    Near,
    /// Something within 4 KiB.
    Far,
}

impl Granularity {
    fn bits(self) -> u32 {
        match self {
            Granularity::Exact => 0,
            Granularity::Near => 6,
            Granularity::Far => 12,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Entry {
    /// The bits of the key that did not choose the entry; 0 when it is empty.
    tag: u32,
    shift: i32,
}

pub struct ShiftTable {
    entries: Vec<Entry>,
    bits: u32,
}

impl ShiftTable {
    /// A table of 2^`bits` entries.
    pub fn new(bits: u32) -> ShiftTable {
        ShiftTable {
            entries: vec![Entry::default(); 1 << bits],
            bits,
        }
    }

    /// The shift seen last at `place` of name space `space`.
    pub fn find(&self, space: u32, place: u64, granularity: Granularity) -> Option<i64> {
        let (index, tag) = self.slot(space, place, granularity);
        let entry = self.entries[index];
        (entry.tag == tag).then_some(entry.shift.into())
    }

    pub fn insert(&mut self, space: u32, place: u64, shift: i64) {
        let Ok(shift) = i32::try_from(shift) else {
            return;
        };
        for granularity in [Granularity::Exact, Granularity::Near, Granularity::Far] {
            let (index, tag) = self.slot(space, place, granularity);
            self.entries[index] = Entry { tag, shift };
        }
    }

    fn slot(&self, space: u32, place: u64, granularity: Granularity) -> (usize, u32) {
        let key = (place >> granularity.bits()) << 2 | granularity as u64;
        let hash = (key ^ u64::from(space) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let index = hash >> (64 - self.bits);
        let tag = (hash >> (32 - self.bits)) as u32 | 1;
        (index as usize, tag)
    }

    pub fn memory_bytes(&self) -> usize {
        self.entries.len() * size_of::<Entry>()
    }
}
