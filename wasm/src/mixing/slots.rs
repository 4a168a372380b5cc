//! Bit histories by hashed context. A slot holds the 15 histories that the next four bits can lead through, so that
//! half a byte costs one look into memory; a byte of the hash tells most collisions.

pub struct Slots {
    slots: Vec<[u8; 16]>,
    shift: u32,
}

impl Slots {
    /// 2^bits bytes, of which 16 make a slot.
    pub fn new(bits: u32) -> Slots {
        Slots {
            slots: vec![[0; 16]; 1 << (bits - 4)],
            shift: 32 - (bits - 4),
        }
    }

    /// The slots of several contexts, found one after another.
    #[inline(always)]
    pub fn find_all<const N: usize>(&mut self, hashes: [u32; N]) -> [usize; N] {
        // Each lies somewhere else in memory. Looked at together before any decision, they arrive together.
        let checks = hashes.map(|hash| self.slots[(hash >> self.shift) as usize][0]);
        std::hint::black_box(checks);
        hashes.map(|hash| self.find(hash))
    }

    /// The slot of a context: its own, or the poorer of two, emptied.
    #[inline(always)]
    fn find(&mut self, hash: u32) -> usize {
        let check = (hash as u8).max(1);
        let index = (hash >> self.shift) as usize;
        let near = index ^ 1;
        if self.slots[index][0] == check {
            return index;
        }
        if self.slots[near][0] == check {
            return near;
        }
        let poorer = if self.slots[index][1] <= self.slots[near][1] {
            index
        } else {
            near
        };
        self.slots[poorer] = [0; 16];
        self.slots[poorer][0] = check;
        poorer
    }

    /// `node`, 1 to 15: a 1 and behind it the bits that came since the slot was found.
    #[inline(always)]
    pub fn history(&mut self, slot: usize, node: usize) -> &mut u8 {
        &mut self.slots[slot][node & 15]
    }
}
